"""Index jobs: one at a time, in a thread of its own, watched and cancelled from anywhere."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from sightline.errors import SightlineError
from sightline.gallery import Gallery
from sightline.server.http.problems import unexpected
from sightline.server.http.refusals import JobNotFoundError, JobRunningError, NotReadyError
from sightline.types import Progress, SyncReport

_KEPT = 50
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


@dataclass(frozen=True, slots=True)
class Job:
    """A job at one moment.

    Attributes:
        id: In hex.
        work: What it does.
        started_at: When.
        state: What has become of it.
        progress: How far it has come.
        rate: Files a second in this stage, once it can be told.
        report: What it did, when it is done.
        error: Why it failed, in a sentence.
        ended_at: When, or None.
        version: Rises with every change.
    """

    id: str
    work: Work
    started_at: datetime
    state: JobState = JobState.RUNNING
    progress: Progress = field(default_factory=lambda: Progress("finding", 0, None))
    rate: float | None = None
    report: SyncReport | None = None
    error: str | None = None
    ended_at: datetime | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class _End:
    """How a job ended."""

    state: JobState
    report: SyncReport | None = None
    error: str | None = None


class _CancelledError(Exception):
    """Raised in a job's own thread, where the pipeline reports its progress."""


class Jobs:
    """The last jobs, and the one that runs. Safe to share by threads.

    Args:
        gallery: What jobs change.
        ended: Called with each job that ended, from its thread.
    """

    def __init__(self, gallery: Gallery, ended: Callable[[Job], None] = lambda job: None) -> None:
        self._gallery = gallery
        self._ended = ended
        self._jobs: dict[str, Job] = {}
        self._thread: threading.Thread | None = None
        self._running: str | None = None
        self._cancelled = threading.Event()
        self._closed = False
        self._mutex = threading.Lock()
        self._listeners: set[Callable[[], None]] = set()

    def start(self, work: Work) -> Job:
        """Start a job, and return it as it begins.

        Raises:
            JobRunningError: there is one already.
            NotReadyError: the service is about to end.
        """
        with self._mutex:
            if self._closed:
                raise NotReadyError("it is about to end")
            if self._running is not None:
                raise JobRunningError(self._running)
            job = Job(secrets.token_hex(8), work, _now())
            self._jobs[job.id] = job
            self._running = job.id
            self._cancelled.clear()
            while len(self._jobs) > _KEPT:
                del self._jobs[next(iter(self._jobs))]
            self._thread = threading.Thread(target=self._run, args=(job,), name="job")
            self._thread.start()
        return job

    def all(self) -> Sequence[Job]:
        """Return the last jobs, newest first."""
        with self._mutex:
            return list(reversed(self._jobs.values()))

    def get(self, id: str) -> Job:
        """Return a job as it is at this moment.

        Raises:
            JobNotFoundError: no job has the id.
        """
        with self._mutex:
            job = self._jobs.get(id)
        if job is None:
            raise JobNotFoundError(id)
        return job

    def cancel(self, id: str) -> Job:
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

    def _run(self, job: Job) -> None:
        pace = _Pace()

        def report(progress: Progress) -> None:
            if self._cancelled.is_set():
                raise _CancelledError
            self._change(job.id, progress=progress, rate=pace.rate(progress))

        end = self._end(job, report)
        with self._mutex:
            before = self._jobs[job.id]
            last = replace(
                before,
                state=end.state,
                report=end.report,
                error=end.error,
                ended_at=_now(),
                version=before.version + 1,
            )
            self._jobs[job.id] = last
            self._running = None
        self._tell()
        self._ended(last)

    def _end(self, job: Job, report: Callable[[Progress], None]) -> _End:
        work = job.work
        try:
            done = self._gallery.sync(
                list(work.paths) or None, force=work.force, retry=work.retry, progress=report
            )
        except _CancelledError:
            return _End(JobState.CANCELLED)
        except SightlineError as error:
            return _End(JobState.FAILED, error=str(error))
        except Exception as error:
            # The service goes on; whoever runs it finds the traceback in its log.
            id = unexpected(error, f"job {job.id} ran")
            return _End(JobState.FAILED, error=f"an unexpected error; the log has it as {id}")
        return _End(JobState.DONE, report=done)

    def _change(self, id: str, *, progress: Progress, rate: float | None) -> None:
        with self._mutex:
            before = self._jobs[id]
            self._jobs[id] = replace(
                before, progress=progress, rate=rate, version=before.version + 1
            )
        self._tell()

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
        return (progress.done - self._first) / elapsed_s


def _now() -> datetime:
    return datetime.now(UTC)
