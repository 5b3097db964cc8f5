"""The model's side of the pipeline: one batch is gathered while another one is in the model."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import OutOfMemoryError
from sightline.gallery.sync.reading import Taken
from sightline.gallery.sync.waits import Waits
from sightline.protocols import BulkEncoder, Encoder, TunableEncoder
from sightline.system.threads import Answer, Workers
from sightline.types import Pixels, Vectors

BATCH = 32
"""Pictures that go to the model together, unless it asks for more or they are huge."""

_SMALLEST = 8  # models are slower with less at once
_BATCH_BYTES = 64 << 20
# What is in the model is lost when a run is killed, and waited for when it is interrupted.
_LONGEST_S = 2.0


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file with the vector of its picture: unit float32, shape (d,)."""

    taken: Taken
    vector: Vectors


@dataclass(frozen=True, slots=True)
class _Vectors:
    rows: Vectors
    seconds: float


class Batches:
    """Gathers prepared pictures into batches, and takes them through the model in a thread.

    There are two arrays of at most 64 MiB (or one picture): one is filled while the other is in
    the model. A batch that takes longer than 2 s makes the next ones smaller, down to 8 pictures.

    Used in a ``with`` block, whose end waits for the batch that is in the model.

    Args:
        encoder: The model. It is tuned when the first picture comes, so never in vain.
        expected: How many pictures there are at most.
        waits: Gets the time for which ``add`` and ``drain`` stood still.
        turn: Held while the model works, so that nobody else uses it meanwhile.
    """

    def __init__(self, encoder: Encoder, expected: int, waits: Waits, turn: threading.Lock) -> None:
        self._encoder = encoder
        self._expected = expected
        self._waits = waits
        self._turn = turn
        self._thread = Workers(1, "model")
        self._size = self._most = 0
        self._gathered: list[Taken] = []
        self._filling: NDArray[np.float32] | None = None
        self._inside: list[Taken] = []
        self._busy: NDArray[np.float32] | None = None
        self._answer: Answer[_Vectors] | None = None

    def __enter__(self) -> Batches:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.end()

    def add(self, taken: Taken, pixels: Pixels) -> list[Embedded]:
        """Gather one picture; return those that the model has finished by now.

        Raises:
            OutOfMemoryError: not even one picture fits into memory beside the model.
        """
        finished = self._collect() if self._answer is not None and self._answer.is_there else []
        if self._filling is None:
            self._filling = self._array_for(pixels)
        self._filling[len(self._gathered)] = pixels
        self._gathered.append(taken)
        if len(self._gathered) >= self._size:
            finished += self._hand_over()
        return finished

    def drain(self) -> list[Embedded]:
        """Take all that was gathered through the model; return what it has not given back yet.

        Raises:
            OutOfMemoryError: not even one picture fits into memory beside the model.
        """
        finished = self._hand_over() if self._gathered else []
        return finished + self._collect()

    def _hand_over(self) -> list[Embedded]:
        """Wait for the model, give it what was gathered, and return what it gave back."""
        finished = self._collect()
        full, self._filling = self._filling, self._busy
        self._inside, self._busy, self._gathered = self._gathered, full, []
        if full is not None:
            pixels = full[: len(self._inside)]
            self._answer = self._thread.do(lambda: self._encode(pixels))
        return finished

    def _collect(self) -> list[Embedded]:
        """Wait for the batch that is in the model, if there is one."""
        if self._answer is None:
            return []
        with self._waits.for_the_model():
            found = self._answer.take()
        self._keep_pace(found.seconds)
        pairs = zip(self._inside, found.rows, strict=True)
        self._answer, self._inside = None, []
        return [Embedded(taken, vector) for taken, vector in pairs]

    def _keep_pace(self, seconds: float) -> None:
        if seconds > _LONGEST_S and len(self._inside) >= self._size > _SMALLEST:
            self._size = max(_SMALLEST, self._size // 2)
        elif seconds < _LONGEST_S / 4:  # the first one was only slow because it compiled
            self._size = min(self._size * 2, self._most)

    def _encode(self, pixels: NDArray[np.float32]) -> _Vectors:
        with self._turn:
            began = time.perf_counter()
            return _Vectors(self._in_halves(pixels), time.perf_counter() - began)

    def _in_halves(self, pixels: NDArray[np.float32]) -> Vectors:
        """Embed as many at once as there is memory for."""
        try:
            return self._encoder.encode_images(pixels)
        except MemoryError as error:
            if len(pixels) == 1:
                raise OutOfMemoryError(self._encoder.spec.name) from error
        middle = len(pixels) // 2
        return np.concatenate([self._in_halves(pixels[:middle]), self._in_halves(pixels[middle:])])

    def _array_for(self, pixels: Pixels) -> NDArray[np.float32]:
        if not self._most:
            self._tune()
            wanted = BATCH
            if isinstance(self._encoder, BulkEncoder):
                wanted = max(wanted, self._encoder.pictures_at_once)
            self._most = max(1, min(wanted, _BATCH_BYTES // pixels.nbytes))
            self._size = self._most
        return np.empty((self._most, *pixels.shape), dtype=np.float32)

    def _tune(self) -> None:
        if isinstance(self._encoder, TunableEncoder):
            with self._waits.for_the_model():
                self._encoder.tune(self._expected)
