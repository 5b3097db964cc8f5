"""Who may search now: so many at once, so many more in the queue, and the rest is sent away."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import anyio.to_thread

from sightline.server.http.refusals import OverloadedError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Admitted:
    """A search that has its thread. ``queue_s`` is how long it waited for it."""

    queue_s: float


class Admission:
    """Runs blocking searches, or work on pictures, in threads of their own.

    Used from one event loop; the counts may be read from any thread.

    Args:
        threads: How many run at once.
        places: How many may run or wait, from ``threads``.
        what: Is going on here, as is told where more is refused.
    """

    def __init__(self, threads: int, places: int, what: str = "searches are running") -> None:
        self._threads = threads
        self._places = max(places, threads)
        self._what = what
        self._inside = 0
        self._limiter: anyio.CapacityLimiter | None = None

    @property
    def running(self) -> int:
        """How many searches have a thread."""
        return min(self._inside, self._threads)

    @property
    def waiting(self) -> int:
        """How many searches wait for one."""
        return max(0, self._inside - self._threads)

    async def run(self, search: Callable[[Admitted], Result]) -> Result:
        """Run a search in a thread, and return what it returns.

        Raises:
            OverloadedError: the queue is full.
        """
        if self._inside >= self._places:
            raise OverloadedError(self._inside, self._what)
        if self._limiter is None:  # belongs to the loop, which is not there when this is made
            self._limiter = anyio.CapacityLimiter(self._threads)
        self._inside += 1
        asked = time.perf_counter()
        try:
            return await anyio.to_thread.run_sync(
                lambda: search(Admitted(time.perf_counter() - asked)), limiter=self._limiter
            )
        finally:
            self._inside -= 1
