"""Drawing many pictures on all cores."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

from sightline.system.files import write_whole
from sightline.system.threads import cores
from sightline_scenes.files import storage_errors
from sightline_scenes.world import Scene

_QUALITY = 90
_BATCH = 16
# Starting a process takes about as long as drawing so many small pictures.
_WORTH_A_PROCESS = 48


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to draw and write as JPEG; the folder of ``path`` must exist."""

    path: Path
    scene: Scene
    seed: str
    width_px: int
    height_px: int


def draw_jobs(jobs: Sequence[Job], workers: int | None = None) -> Generator[int, None, None]:
    """Draw every job; yield how many more are done, now and then.

    Close it when it is left early: its processes go on drawing until then.

    Args:
        jobs: In any order; they end in any order.
        workers: Processes; None for as many as there are cores. With 1, or with few jobs,
            everything is drawn in this process.

    Raises:
        DiskFullError: there is no room for a picture.
        NotWritableError: a picture cannot be written.
    """
    batches = [jobs[i : i + _BATCH] for i in range(0, len(jobs), _BATCH)]
    count = min(workers or cores(), max(1, len(jobs) // _WORTH_A_PROCESS))
    if count == 1:
        for batch in batches:
            yield _draw_batch(batch)
    else:
        yield from _draw_in_processes(batches, count)


def _draw_in_processes(batches: Sequence[Sequence[Job]], count: int) -> Generator[int, None, None]:
    left = dict(enumerate(batches))
    # Spawned, not forked: a fork copies the locks of threads that do not exist in it.
    pool = ProcessPoolExecutor(count, get_context("spawn"), _start_worker)
    try:
        numbers = {pool.submit(_draw_batch, batch): n for n, batch in left.items()}
        for future in as_completed(numbers):
            done = future.result()
            del left[numbers[future]]
            yield done
    except BrokenProcessPool:
        # A worker was killed, or none can start because the main script draws without
        # `if __name__ == "__main__"`. This process can still do it alone.
        for batch in left.values():
            yield _draw_batch(batch)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    # Ctrl-C goes to every process of the group; the parent alone decides what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone: its queue would never tell."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _draw_batch(jobs: Sequence[Job]) -> int:
    from sightline_scenes.drawing import draw

    for job in jobs:
        image = draw(job.scene, job.seed, job.width_px, job.height_px)
        encoded = io.BytesIO()
        image.save(encoded, "JPEG", quality=_QUALITY, subsampling="4:4:4")
        with storage_errors(job.path):
            write_whole(job.path, encoded.getvalue())
    return len(jobs)
