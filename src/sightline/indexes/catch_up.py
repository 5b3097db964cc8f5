"""Bringing an index to the state of its catalog, by the catalog's change numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sightline.indexes.exact import ExactIndex, with_room
from sightline.indexes.store import IndexState, load, stored_change
from sightline.types import Ids, ModelSpec, Vectors


class VectorSnapshot(Protocol):
    """One model's vectors as they stand at one moment. The catalog has such snapshots."""

    @property
    def change(self) -> int:
        """The number of the last change that is visible."""
        ...

    @property
    def count(self) -> int:
        """How many vectors there are, known without counting."""
        ...

    def knows(self, change: int) -> bool:
        """Whether a change number lies in the past of this snapshot; 0 does."""
        ...

    def differs_from(self, change: int) -> bool:
        """Whether any vector was written or lost after a change."""
        ...

    def vectors(self, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the rows written after a change."""
        ...

    def removed(self, since: int) -> Ids:
        """Return the pictures that lost their vector after a change, and have none now."""
        ...

    def verify(self) -> None:
        """Raise if the source is damaged, after looking at all of it."""
        ...


class VectorSource(Protocol):
    """Where snapshots come from. The catalog is one."""

    def snapshot(self, model: ModelSpec) -> AbstractContextManager[VectorSnapshot]:
        """Hold one consistent view of a model's vectors."""
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

    @property
    def is_nothing(self) -> bool:
        """Whether the index was as it had to be, so that a file of it need not be written again."""
        return not (self.removed or self.written or self.rebuilt)


@dataclass(frozen=True, slots=True)
class OpenedIndex:
    """An index that agrees with the catalog, in memory.

    Attributes:
        index: At ``change``.
        change: The catalog's change number when it was opened. Save the index under it.
        state: What the file was like. Unless CURRENT, saving it spares the next one the work.
            A file of an earlier change is CURRENT too, if no vector changed since.
        caught_up: What it took.
    """

    index: ExactIndex
    change: int
    state: IndexState
    caught_up: CaughtUp


def catch_up(index: ExactIndex, snapshot: VectorSnapshot, since: int) -> CaughtUp:
    """Change an index so that it holds just what a snapshot holds.

    Only what changed is read. An index whose past the catalog does not share (after a backup was
    restored, say) is filled afresh, and so is one that still has another number of rows when all
    changes are in, if the catalog proves whole.

    Args:
        index: Changed in place. A search in another thread sees some state in between.
        snapshot: What to agree with.
        since: The change number that the index is at; 0 for an empty one.

    Raises:
        GalleryCorruptError: the catalog contradicts the index or itself, and is damaged.
    """
    if not snapshot.knows(since):
        return _fill(index, snapshot)
    removed = index.remove(snapshot.removed(since))
    written = _write(index, snapshot, since)
    if len(index) != snapshot.count:
        # A damaged catalog must not pass for one that has lost its pictures.
        snapshot.verify()
        return _fill(index, snapshot)
    return CaughtUp(removed, written, False, snapshot.change)


def open_index(source: VectorSource, model: ModelSpec, path: Path) -> OpenedIndex:
    """Return an index that agrees with the catalog, from its file as far as that helps.

    Writes nothing, so a reader may call it at any time.
    """
    stored = load(path, model)
    with source.snapshot(model) as snapshot:
        index = stored.index
        if index is None:
            index = ExactIndex(model.dimensions, capacity=with_room(snapshot.count))
        caught_up = catch_up(index, snapshot, stored.change)
    state = stored.state
    if stored.index is not None and not caught_up.is_nothing:
        state = IndexState.STALE
    return OpenedIndex(index, caught_up.change, state, caught_up)


def index_state(source: VectorSource, model: ModelSpec, path: Path) -> IndexState:
    """Return how an index file stands to the catalog, by its header alone: quick, for a status."""
    stored = stored_change(path, model)
    if stored.state is not IndexState.CURRENT:
        return stored.state
    with source.snapshot(model) as snapshot:
        if not snapshot.knows(stored.change) or snapshot.differs_from(stored.change):
            return IndexState.STALE
    return IndexState.CURRENT


def _fill(index: ExactIndex, snapshot: VectorSnapshot) -> CaughtUp:
    removed = index.remove(index.ids)
    written = _write(index, snapshot, 0)
    if written != snapshot.count:
        snapshot.verify()
    return CaughtUp(removed, written, True, snapshot.change)


def _write(index: ExactIndex, snapshot: VectorSnapshot, since: int) -> int:
    written = 0
    for ids, vectors in snapshot.vectors(since):
        index.add(ids, vectors)
        written += len(ids)
    return written
