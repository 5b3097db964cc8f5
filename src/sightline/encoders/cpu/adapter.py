"""Lets a graph of another exporter be fed and read as if it were one of transformers.js.

Other names and number types, one picture at a time, a row for every token: all of it is known from
the graph's outline, so the encoders need to know one way only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.files.towers import Pooling, TowerFiles

PIXELS, IDS, MASK = "pixel_values", "input_ids", "attention_mask"
"""What the encoders call a tower's inputs."""

_Feeds = Mapping[str, NDArray[Any]]


class RunnableTower(Protocol):
    """What is adapted: a tower of whichever runtime."""

    @property
    def compiled(self) -> bool:
        """Whether the graph was needed yet."""
        ...

    def run_all(self, batches: Sequence[_Feeds], streams: int = 1) -> list[NDArray[np.float32]]:
        """Return the output for each batch, in order."""
        ...


def is_foreign(files: TowerFiles) -> bool:
    """Whether a graph differs from what the encoders feed and read."""
    names = (files.pixels or PIXELS, files.ids or IDS, files.mask or MASK)
    usual = "float32" if files.pixels else "int64"
    return (
        names != (PIXELS, IDS, MASK)
        or files.input_dtype != usual
        or files.pooling is not Pooling.NONE
        or files.batch is not None
    )


class AdaptedTower:
    """A tower that is fed under the usual names and gives (n, d), whatever its graph wants.

    Args:
        tower: Runs the graph.
        files: What the graph takes and gives.
    """

    def __init__(self, tower: RunnableTower, files: TowerFiles) -> None:
        self._tower = tower
        self._files = files
        self._names = {PIXELS: files.pixels, IDS: files.ids, MASK: files.mask}

    @property
    def compiled(self) -> bool:
        """Whether the graph was needed yet."""
        return self._tower.compiled

    def run(self, feeds: _Feeds) -> NDArray[np.float32]:
        """Return the vectors of one batch, shape (n, d), float32, owned by the caller.

        Raises:
            ModelFilesError: the graph cannot be run.
            MemoryError: there is too little memory; a smaller batch may do.
        """
        return self.run_all([feeds])[0]

    def run_all(self, batches: Sequence[_Feeds], streams: int = 1) -> list[NDArray[np.float32]]:
        """Return the vectors of each batch, in order, like ``run``, but several at once.

        Raises:
            ModelFilesError: the graph cannot be run.
            MemoryError: there is too little memory; smaller batches may do.
        """
        pieces = [list(self._pieces(feeds)) for feeds in batches]
        outputs = iter(self._tower.run_all([piece for few in pieces for piece in few], streams))
        return [np.concatenate([self._vectors(next(outputs)) for _ in few]) for few in pieces]

    def _pieces(self, feeds: _Feeds) -> Iterator[dict[str, NDArray[Any]]]:
        """A batch in the graph's own names, types and number of rows."""
        wanted = {
            self._names[name]: np.ascontiguousarray(rows, self._files.input_dtype)
            for name, rows in feeds.items()
        }
        count = max(1, len(next(iter(wanted.values()))))
        step = self._files.batch or count
        for start in range(0, count, step):
            yield {name: rows[start : start + step] for name, rows in wanted.items()}

    def _vectors(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.ascontiguousarray(raw[:, 0]) if self._files.pooling is Pooling.FIRST else raw
