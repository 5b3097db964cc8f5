"""What a run waited for: measured where it stands still, not guessed from its parts."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

from sightline.types import Limit


class Waits:
    """The seconds for which a run's own thread stood still, and why.

    The thread that gathers and commits has next to nothing to do itself, so the run goes on as
    fast as whatever it waits for: the next decoded picture, the model, or a commit. What the next
    picture was waited for is told apart by what the reading threads did meanwhile: if they spent
    a third of their time in reading files, a third of it was the disk's.
    """

    def __init__(self) -> None:
        self._spent_s: defaultdict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def for_pictures(self) -> AbstractContextManager[None]:
        """Count a block as waiting for the next picture."""
        return self._counted("pictures")

    def for_the_model(self) -> AbstractContextManager[None]:
        """Count a block as waiting for the model."""
        return self._counted("model")

    def for_commits(self) -> AbstractContextManager[None]:
        """Count a block as waiting for the disk that the catalog is on."""
        return self._counted("commits")

    def reading(self) -> AbstractContextManager[None]:
        """Count a block as one thread's time in reading a file."""
        return self._counted("reading")

    def decoding(self) -> AbstractContextManager[None]:
        """Count a block as one thread's time in decoding, waiting for room to do it included."""
        return self._counted("decoding")

    def seconds(self) -> Mapping[Limit, float]:
        """Return the seconds that were waited for each, so far."""
        spent = self._spent_s
        work_s = spent["reading"] + spent["decoding"]
        share = spent["reading"] / work_s if work_s else 0.0
        return {
            Limit.DISK: spent["pictures"] * share + spent["commits"],
            Limit.DECODING: spent["pictures"] * (1 - share),
            Limit.MODEL: spent["model"],
        }

    @contextmanager
    def _counted(self, what: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._spent_s[what] += time.perf_counter() - began
