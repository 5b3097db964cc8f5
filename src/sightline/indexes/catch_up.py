"""Bringing an index to the state of its catalog, by the catalog's change numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from sightline.indexes.exact import ExactIndex
from sightline.indexes.store import IndexState, load, stored_change
from sightline.types import Ids, ModelSpec, Vectors


class VectorSnapshot(Protocol):
    """One model's vectors as they stand at one moment. The catalog has such snapshots."""

    @property
    def change(self) -> int:
        """The number of the last change that is visible."""
        ...

    @property
    def ids(self) -> Ids:
        """Every picture with a vector, ascending."""
        ...

    def knows(self, change: int) -> bool:
        """Whether a change number lies in the past of this snapshot; 0 does."""
        ...

    def vectors(self, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the rows written after a change."""
        ...


class VectorSource(Protocol):
    """Where snapshots come from. The catalog is one."""

    def snapshot(self, model: ModelSpec) -> AbstractContextManager[VectorSnapshot]:
        """Hold one consistent view of a model's vectors."""
        ...

    @property
    def change(self) -> int:
        """The number of the last change."""
        ...


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What it took.

    Attributes:
        removed: Rows whose picture is gone.
        written: Rows that are new, or have a new vector.
        rebuilt: Whether the index had to be filled afresh.
        change: The change number that the index is at now.
    """

    removed: int
    written: int
    rebuilt: bool
    change: int


@dataclass(frozen=True, slots=True)
class OpenedIndex:
    """An index that agrees with the catalog, in memory.

    Attributes:
        index: At ``change``.
        change: The catalog's change number when it was opened. Save the index under it.
        state: What the file was like. Unless CURRENT, saving it spares the next one the work.
        caught_up: What it took.
    """

    index: ExactIndex
    change: int
    state: IndexState
    caught_up: CaughtUp


def catch_up(index: ExactIndex, snapshot: VectorSnapshot, since: int) -> CaughtUp:
    """Change an index so that it holds just what a snapshot holds.

    An index whose past the catalog does not share (after a backup was restored, say) is filled
    afresh, and so is one that still disagrees about the ids when all changes are in.

    Args:
        index: Changed in place. A search in another thread sees some state in between.
        snapshot: What to agree with.
        since: The change number that the index is at; 0 for an empty one.
    """
    rebuilt = not snapshot.knows(since)
    removed = index.remove(index.ids if rebuilt else _gone(index, snapshot))
    written = _write(index, snapshot, 0 if rebuilt else since)
    if not np.array_equal(np.sort(index.ids), snapshot.ids):
        rebuilt = True
        removed += index.remove(index.ids)
        written = _write(index, snapshot, 0)
    return CaughtUp(removed, written, rebuilt, snapshot.change)


def open_index(source: VectorSource, model: ModelSpec, path: Path) -> OpenedIndex:
    """Return an index that agrees with the catalog, from its file as far as that helps.

    Writes nothing, so a reader may call it at any time.
    """
    stored = load(path, model)
    with source.snapshot(model) as snapshot:
        index = stored.index or ExactIndex(model.dimensions, capacity=len(snapshot.ids))
        if stored.index is not None and stored.change == snapshot.change:
            state = IndexState.CURRENT
        elif stored.index is not None:
            state = IndexState.STALE
        else:
            state = stored.state
        caught_up = catch_up(index, snapshot, stored.change)
    return OpenedIndex(index, caught_up.change, state, caught_up)


def index_state(source: VectorSource, model: ModelSpec, path: Path) -> IndexState:
    """Return how an index file stands to the catalog, by its header alone: quick, for a status."""
    stored = stored_change(path, model)
    if stored.state is IndexState.CURRENT and stored.change != source.change:
        return IndexState.STALE
    return stored.state


def _gone(index: ExactIndex, snapshot: VectorSnapshot) -> Ids:
    return np.setdiff1d(index.ids, snapshot.ids)


def _write(index: ExactIndex, snapshot: VectorSnapshot, since: int) -> int:
    written = 0
    for ids, vectors in snapshot.vectors(since):
        index.add(ids, vectors)
        written += len(ids)
    return written
