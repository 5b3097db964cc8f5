"""A job's progress as a stream of events (server-sent events), ended with the job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from fastapi.sse import format_sse_event

from sightline.server.jobs.runner import Job, Jobs, JobState

HEARTBEAT_S = 15.0
"""So often a silent stream says that it lives, or proxies would cut it off."""

_BETWEEN_S = 0.1  # a person sees no more than ten changes a second


async def job_events(
    jobs: Jobs,
    id: str,
    show: Callable[[Job], str],
    *,
    heartbeat_s: float = HEARTBEAT_S,
    between_s: float = _BETWEEN_S,
) -> AsyncIterator[bytes]:
    """Yield an event for each change of a job, until it has ended or the service ends.

    Args:
        jobs: All jobs.
        id: Of the job.
        show: Returns a job as JSON.
        heartbeat_s: How long the stream may be silent.
        between_s: How long it is silent at least; what changes meanwhile is told together.

    Raises:
        JobNotFoundError: no job has the id, any longer.
    """
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    stop = jobs.listen(lambda: _wake(loop, changed))
    told = -1
    try:
        while True:
            changed.clear()  # before looking: what changes from here on wakes us again
            job = jobs.get(id)
            has_ended = job.state is not JobState.RUNNING
            if job.version != told:
                told = job.version
                event = "end" if has_ended else "progress"
                yield format_sse_event(event=event, data_str=show(job), id=str(told))
            if has_ended or jobs.is_closed:
                return
            await asyncio.sleep(between_s)
            try:
                await asyncio.wait_for(changed.wait(), heartbeat_s)
            except TimeoutError:
                yield format_sse_event(comment="alive")
    finally:
        stop()


def _wake(loop: asyncio.AbstractEventLoop, changed: asyncio.Event) -> None:
    # A loop that has ended has nobody left who waits.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(changed.set)
