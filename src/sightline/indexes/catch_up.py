"""Bringing an index to the state of its catalog, by the catalog's change numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sightline.indexes.exact import ExactIndex, with_room
from sightline.indexes.store import IndexState, load, stored_change
from sightline.protocols import VectorIndex, VectorSnapshot, VectorSource
from sightline.types import Ids, ModelSpec, Vectors


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


def catch_up(index: VectorIndex, snapshot: VectorSnapshot, since: int) -> CaughtUp:
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
        return _fill_afresh(index, snapshot)
    removed = index.remove(snapshot.removed(since))
    written = fill(index, snapshot.vectors(since))
    if len(index) != snapshot.count:
        # A damaged catalog must not pass for one that has lost its pictures.
        snapshot.verify()
        return _fill_afresh(index, snapshot)
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


def fill(index: VectorIndex, rows: Iterable[tuple[Ids, Vectors]]) -> int:
    """Add rows to an index, some at a time, ids (m,) and vectors (m, d); return how many."""
    written = 0
    for ids, vectors in rows:
        index.add(ids, vectors)
        written += len(ids)
    return written


def _fill_afresh(index: VectorIndex, snapshot: VectorSnapshot) -> CaughtUp:
    removed = index.remove(index.ids)
    written = fill(index, snapshot.vectors())
    if written != snapshot.count:
        snapshot.verify()
    return CaughtUp(removed, written, True, snapshot.change)
