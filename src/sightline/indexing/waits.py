"""What a run waited for: measured where it stands still, not guessed from its parts."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sightline.types import Limit


class Waits:
    """The seconds for which a run's own thread stood still, and why.

    The thread that gathers and commits has next to nothing to do itself, so the run goes on as
    fast as whatever it waits for: the next decoded picture, the model, or a commit. What the next
    picture was waited for is told apart by what the reading threads did meanwhile: if they spent
    a third of their time in reading files, a third of it was the disk's.
    """

    def __init__(self) -> None:
        self._pictures_s = 0.0
        self._model_s = 0.0
        self._commits_s = 0.0
        self._reading_s = 0.0
        self._decoding_s = 0.0
        self._lock = threading.Lock()

    @contextmanager
    def for_pictures(self) -> Iterator[None]:
        """Count the block as waiting for the next picture."""
        began = time.perf_counter()
        yield
        self._pictures_s += time.perf_counter() - began

    @contextmanager
    def for_the_model(self) -> Iterator[None]:
        """Count the block as waiting for the model."""
        began = time.perf_counter()
        yield
        self._model_s += time.perf_counter() - began

    @contextmanager
    def for_commits(self) -> Iterator[None]:
        """Count the block as waiting for the disk that the catalog is on."""
        began = time.perf_counter()
        yield
        self._commits_s += time.perf_counter() - began

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count the block as one thread's time in reading a file."""
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._reading_s += time.perf_counter() - began

    @contextmanager
    def decoding(self) -> Iterator[None]:
        """Count the block as one thread's time in decoding, waiting for room to do it included."""
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self._decoding_s += time.perf_counter() - began

    def seconds(self) -> Mapping[Limit, float]:
        """Return the seconds that were waited for each, so far."""
        work_s = self._reading_s + self._decoding_s
        share = self._reading_s / work_s if work_s else 0.0
        return {
            Limit.DISK: self._pictures_s * share + self._commits_s,
            Limit.DECODING: self._pictures_s * (1 - share),
            Limit.MODEL: self._model_s,
        }
