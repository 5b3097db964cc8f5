"""The index of a gallery: a model's vectors in memory, in agreement with the store."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sightline.errors import GalleryBusyError, StorageError
from sightline.gallery.identity import mark_of
from sightline.indexes import (
    IndexState,
    OpenedIndex,
    catch_up,
    clear_stale,
    index_state,
    open_index,
    save,
)
from sightline.protocols import GalleryStore, VectorIndex
from sightline.types import Ids, ModelSpec, Vectors


class GalleryIndex:
    """Opens, keeps up to date and saves the index of each model of one gallery.

    Safe to share by threads.

    Args:
        store: The truth.
        folder: Where the index files are, one for each model.
    """

    def __init__(self, store: GalleryStore, folder: Path) -> None:
        self._store = store
        self._folder = folder
        self._opened: dict[ModelSpec, OpenedIndex] = {}
        self._mutex = threading.RLock()
        self._openers: dict[ModelSpec, threading.Thread] = {}
        self._opening = threading.Lock()

    def open_ahead(self, spec: ModelSpec) -> None:
        """Begin to open a model's index beside what else a first search has to load.

        What is wrong with it is raised by ``of``, which tries again.
        """
        if spec in self._opened:
            return
        with self._opening:
            if spec not in self._openers:
                opener = threading.Thread(target=self._try, args=(spec,), name="index")
                opener.start()
                self._openers[spec] = opener

    def close(self) -> None:
        """Wait for indexes that are being opened. The store can be closed afterwards."""
        with self._opening:
            openers = list(self._openers.values())
        for opener in openers:
            opener.join()

    def _try(self, spec: ModelSpec) -> None:
        with suppress(Exception):
            self.of(spec)
        with self._opening:  # so that the next search may try again
            del self._openers[spec]

    def of(self, spec: ModelSpec) -> VectorIndex:
        """Return the vectors of a model as they stand in the store at this moment."""
        return self._current(spec).index

    def rows_of(self, spec: ModelSpec) -> tuple[Ids, Vectors]:
        """Return the id (n,) and unit row (n, d) of every vector of a model. Read only."""
        return self._current(spec).index.at_once()

    def _current(self, spec: ModelSpec) -> OpenedIndex:
        with self._mutex:
            opened = self._opened.get(spec)
            if opened is None:
                opened = open_index(self._store, spec, self._file(spec))
                if opened.state is not IndexState.CURRENT:
                    self._spare_the_next(opened, spec)
            elif opened.change != self._store.change:
                with self._store.snapshot(spec) as snapshot:
                    caught_up = catch_up(opened.index, snapshot, opened.change)
                state = opened.state if caught_up.is_nothing else IndexState.STALE
                opened = replace(opened, change=caught_up.change, state=state)
            self._opened[spec] = opened
            return opened

    def save(self, spec: ModelSpec) -> None:
        """Bring a model's index file up to date. Only the gallery's writer may.

        Raises:
            DiskFullError: there is no room.
            NotWritableError: the file may not be written.
        """
        file = self._file(spec)
        if index_state(self._store, spec, file) is IndexState.CURRENT:
            return
        with self._mutex:
            opened = self._current(spec)
            change = self._store.change
        # Outside of the mutex, so that other threads go on searching; nobody else may write.
        save(opened.index, file, change, spec)
        clear_stale(self._folder, [self._file(model) for model in self._store.models()])

    def worst_state(self) -> IndexState:
        """Return the state of the file that is in the worst one, by their headers alone."""
        models = self._store.models()
        states = {index_state(self._store, spec, self._file(spec)) for spec in models}
        return max(states, key=list(IndexState).index, default=IndexState.MISSING)

    def _spare_the_next(self, opened: OpenedIndex, spec: ModelSpec) -> None:
        """Save an index that had to be brought up to date, if nobody is writing."""
        if not len(opened.index):
            return
        # A search must not fail because its cache cannot be kept.
        with suppress(GalleryBusyError, StorageError), self._store.writer("sightline search"):
            save(opened.index, self._file(spec), opened.change, spec)

    def _file(self, spec: ModelSpec) -> Path:
        return self._folder / f"vectors-{mark_of(spec)}.index"
