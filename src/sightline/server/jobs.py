"""Index jobs: one at a time, in a thread of its own, watched and cancelled from anywhere."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from fastapi.sse import format_sse_event
from pydantic import BaseModel, ConfigDict, Field

from sightline.errors import SightlineError
from sightline.gallery import Gallery
from sightline.server.http.problems import unexpected
from sightline.server.http.refusals import JobNotFoundError, JobRunningError, NotReadyError
from sightline.server.schemas.answers import FaultAnswer, shown
from sightline.types import Progress, SyncReport

HEARTBEAT_S = 15.0
"""So often a silent stream of events says that it lives, or proxies would cut it off."""

_BETWEEN_S = 0.1  # a person sees no more than ten changes a second
_KEPT = 50
_SKIPPED_KEPT = 50
_LEAST_FOR_A_RATE_S = 0.5


class JobState(StrEnum):
    """What has become of a job."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Work:
    """What a job is to do.

    Attributes:
        paths: Absolute; none means all that is known.
        force: As for ``Gallery.sync``.
        retry: As for ``Gallery.sync``.
    """

    paths: tuple[str, ...] = ()
    force: bool = False
    retry: bool = False


class SkippedFile(FaultAnswer):
    """A file that an index job could not read."""


class ReportAnswer(BaseModel):
    """What an index job did."""

    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    embedded: int
    seconds: float
    skipped: Annotated[list[SkippedFile], Field(description="At most 50.")]
    skipped_count: int

    @classmethod
    def of(cls, report: SyncReport) -> Self:
        """Return a report as it is answered and kept: of skipped files only the first."""
        first = report.skipped[:_SKIPPED_KEPT]
        return cls(
            added=report.added,
            changed=report.changed,
            moved=report.moved,
            removed=report.removed,
            unchanged=report.unchanged,
            embedded=report.embedded,
            seconds=round(report.seconds, 3),
            skipped=[SkippedFile.of(skipped) for skipped in first],
            skipped_count=len(report.skipped),
        )


class JobAnswer(BaseModel):
    """A job: what it does, and how far it has come."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: Literal["index"]
    # Not as JobState: the interface describes it in place.
    state: Literal[JobState.RUNNING, JobState.DONE, JobState.FAILED, JobState.CANCELLED]
    paths: list[str]
    stage: Annotated[str, Field(description='"finding", "embedding" or "indexing".')]
    done: Annotated[int, Field(description="Files finished in this stage.")]
    total: Annotated[int | None, Field(description="Files in this stage, once it is known.")]
    skipped: int
    rate: Annotated[float | None, Field(description="Files a second in this stage.")]
    report: ReportAnswer | None
    error: str | None
    started_at: str
    ended_at: str | None

    @classmethod
    def beginning(cls, work: Work) -> Self:
        """Return a job that is about to run."""
        return cls(
            id=secrets.token_hex(8),
            kind="index",
            state=JobState.RUNNING,
            paths=[shown(path) for path in work.paths],
            stage="finding",
            done=0,
            total=None,
            skipped=0,
            rate=None,
            report=None,
            error=None,
            started_at=_now(),
            ended_at=None,
        )


class _CancelledError(Exception):
    """Raised in a job's own thread, where the pipeline reports its progress."""


class Jobs:
    """The last jobs, and the one that runs. Safe to share by threads.

    Args:
        gallery: What jobs change.
        ended: Called with each job that ended, from its thread.
    """

    def __init__(
        self, gallery: Gallery, ended: Callable[[JobAnswer], None] = lambda job: None
    ) -> None:
        self._gallery = gallery
        self._ended = ended
        self._jobs: dict[str, JobAnswer] = {}
        self._thread: threading.Thread | None = None
        self._running: str | None = None
        self._cancelled = threading.Event()
        self._closed = False
        self._mutex = threading.Lock()
        self._listeners: set[Callable[[], None]] = set()

    def start(self, work: Work) -> JobAnswer:
        """Start a job, and return it as it begins.

        Raises:
            JobRunningError: there is one already.
            NotReadyError: the service is about to end, or there is no thread for the job.
        """
        with self._mutex:
            if self._closed:
                raise NotReadyError("it is about to end")
            if self._running is not None:
                raise JobRunningError(self._running)
            job = JobAnswer.beginning(work)
            thread = threading.Thread(target=self._run, args=(job.id, work), name="job")
            self._cancelled.clear()
            try:
                thread.start()  # the job goes no further than the mutex, yet
            except RuntimeError as error:
                raise NotReadyError("there is no thread left for a job") from error
            self._jobs[job.id] = job
            self._running, self._thread = job.id, thread
            while len(self._jobs) > _KEPT:
                del self._jobs[next(iter(self._jobs))]
        return job

    def all(self) -> Sequence[JobAnswer]:
        """Return the last jobs, newest first."""
        with self._mutex:
            return list(reversed(self._jobs.values()))

    def get(self, id: str) -> JobAnswer:
        """Return a job as it is at this moment.

        Raises:
            JobNotFoundError: no job has the id.
        """
        with self._mutex:
            job = self._jobs.get(id)
        if job is None:
            raise JobNotFoundError(id)
        return job

    def cancel(self, id: str) -> JobAnswer:
        """Ask a job to stop, and return it. It keeps what it has committed; nothing, if it ended.

        Raises:
            JobNotFoundError: no job has the id.
        """
        job = self.get(id)
        with self._mutex:
            if self._running == id:
                self._cancelled.set()
        return job

    @property
    def is_running(self) -> bool:
        """Whether a job runs."""
        return self._running is not None

    @property
    def is_closed(self) -> bool:
        """Whether no job will ever run again."""
        return self._closed

    def close(self) -> None:
        """Cancel what runs, and take no more. Streams that watch come to their end."""
        with self._mutex:
            self._closed = True
            self._cancelled.set()
        self._tell()

    def wait(self) -> None:
        """Wait until the last job has ended."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def listen(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call a function, from any thread, whenever a job changes; return what ends that."""
        with self._mutex:
            self._listeners.add(changed)

        def stop() -> None:
            with self._mutex:
                self._listeners.discard(changed)

        return stop

    # In the job's thread

    def _run(self, id: str, work: Work) -> None:
        pace = _Pace()

        def report(progress: Progress) -> None:
            if self._cancelled.is_set():
                raise _CancelledError
            self._change(
                id,
                stage=progress.stage,
                done=progress.done,
                total=progress.total,
                skipped=progress.skipped,
                rate=pace.rate(progress),
            )

        end = self._work(id, work, report)
        self._ended(self._change(id, **end, ended_at=_now()))

    def _work(
        self, id: str, work: Work, report: Callable[[Progress], None]
    ) -> dict[str, JobState | ReportAnswer | str]:
        """Do the work; return the fields of a job that tell how it ended."""
        try:
            done = self._gallery.sync(
                list(work.paths) or None, force=work.force, retry=work.retry, progress=report
            )
        except _CancelledError:
            return {"state": JobState.CANCELLED}
        except SightlineError as error:
            return {"state": JobState.FAILED, "error": str(error)}
        except Exception as error:
            # The service goes on; whoever runs it finds the traceback in its log.
            known_as = unexpected(error, f"job {id} ran")
            said = f"an unexpected error; the log has it as {known_as}"
            return {"state": JobState.FAILED, "error": said}
        return {"state": JobState.DONE, "report": ReportAnswer.of(done)}

    def _change(self, id: str, **fields: object) -> JobAnswer:
        with self._mutex:
            job = self._jobs[id] = self._jobs[id].model_copy(update=fields)
            if job.state is not JobState.RUNNING:
                self._running = None
        self._tell()
        return job

    def _tell(self) -> None:
        with self._mutex:
            listeners = list(self._listeners)
        for changed in listeners:
            changed()


class _Pace:
    """Files a second, within one stage."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._first = 0

    def rate(self, progress: Progress) -> float | None:
        now = time.monotonic()
        if progress.stage != self._stage:
            self._stage, self._began, self._first = progress.stage, now, progress.done
        elapsed_s = now - self._began
        if elapsed_s < _LEAST_FOR_A_RATE_S or progress.done <= self._first:
            return None
        return round((progress.done - self._first) / elapsed_s, 1)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def job_events(
    jobs: Jobs, id: str, *, heartbeat_s: float = HEARTBEAT_S, between_s: float = _BETWEEN_S
) -> AsyncIterator[bytes]:
    """Yield a server-sent event for each change of a job, until it or the service ends.

    Args:
        jobs: All jobs.
        id: Of the job.
        heartbeat_s: How long the stream may be silent.
        between_s: How long it is silent at least; what changes meanwhile is told together.

    Raises:
        JobNotFoundError: no job has the id, any longer.
    """
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    stop = jobs.listen(lambda: _wake(loop, changed))
    told, count = None, 0
    try:
        while True:
            changed.clear()  # before looking: what changes from here on wakes us again
            job = jobs.get(id)
            has_ended = job.state is not JobState.RUNNING
            if job is not told:
                event = "end" if has_ended else "progress"
                yield format_sse_event(event=event, data_str=job.model_dump_json(), id=str(count))
                told, count = job, count + 1
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
