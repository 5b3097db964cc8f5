"""The searches of a gallery: from a query to hits, by its model, its index and its catalog."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from cachetools import LRUCache

from sightline.composed.fusion import best_fused
from sightline.errors import ImageNotFoundError, VectorMissingError
from sightline.gallery.index import GalleryIndex
from sightline.gallery.model import GalleryModel
from sightline.gallery.probes import EVERYTHING, Need
from sightline.gallery.query import Pictures, Stopwatch, pixels_of, query_vector
from sightline.images.memory import Room
from sightline.indexes.exact import exact_scores
from sightline.protocols import Encoder, GalleryStore, VectorIndex
from sightline.types import (
    Filters,
    Hit,
    Ids,
    ImageSource,
    Indexed,
    ModelSpec,
    Neighbours,
    Page,
    Query,
    SearchResult,
    Step,
    Vectors,
)
from sightline.types.composition import Composition

if TYPE_CHECKING:
    from PIL import Image

_FILTERS_KEPT = 16


class GallerySearch:
    """Answers queries on one gallery. Safe to share by threads.

    Args:
        catalog: The truth.
        model: Of the gallery.
        index: Of the gallery.
        max_megapixels: Refuse larger query pictures.
        room: What decoding them may take, of all threads together.
    """

    def __init__(
        self,
        catalog: GalleryStore,
        model: GalleryModel,
        index: GalleryIndex,
        max_megapixels: float,
        room: Room,
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._index = index
        self._max_megapixels = max_megapixels
        self._room = room
        self._allowed = _AllowedIds(catalog)

    def find(self, query: Query, page: Page, prompt: str | None) -> SearchResult:
        """Return what ``Gallery.find`` promises of a query without an instruction."""
        spec = self._model.spec_for(_need_of(query))
        self._index.open_ahead(spec)
        watch = Stopwatch()
        encoder = self._model.for_queries
        pictures = self._pictures(encoder, spec, watch)
        vector = query_vector(query, encoder, pictures, prompt=prompt, watch=watch)
        with watch.timing(Step.SEARCH):
            among = self._allowed.by(query.filters, spec)
        return self._answer(vector, spec, watch, page, among)

    def similar(self, id: int, page: Page, filters: Filters) -> SearchResult:
        """Return what ``Gallery.similar`` promises."""
        query = Query(images=[Indexed(id)], filters=filters)
        found = self.find(query, Page(page.end + 1, min_score=page.min_score), None)
        others = [hit for hit in found.hits if hit.id != id]
        ranked = enumerate(others[page.offset : page.end], start=page.offset + 1)
        among = self._allowed.by(filters, self._model.spec_for(Need.PICTURES))
        counts = among is None or id in among
        return SearchResult(
            tuple(Hit(rank, hit.score, hit.image) for rank, hit in ranked),
            found.considered - counts,
            len(others) > page.end or (found.more and len(others) == page.end),
            found.seconds,
        )

    def nearest(self, vector: Vectors, k: int) -> SearchResult:
        """Return the pictures most similar to a unit vector of shape (1, d)."""
        spec = self._model.spec_for(EVERYTHING)
        return self._answer(vector, spec, Stopwatch(), Page(k), None)

    def composed(self, composition: Composition, page: Page, filters: Filters) -> SearchResult:
        """Return what ``Gallery.find_composed`` promises."""
        spec = self._model.spec_for(EVERYTHING)
        watch = Stopwatch()
        with watch.timing(Step.SEARCH):
            among = self._allowed.by(filters, spec)
        if composition.fusion is not None:
            found = self._fused(composition, spec, watch, page, among)
        else:
            found = self._answer(composition.vector, spec, watch, page, among)
        return replace(found, composition=composition)

    def embed_images(self, images: Sequence[ImageSource]) -> Vectors:
        """Return a unit row for each query picture, shape (q, d)."""
        spec = self._model.spec_for(Need.PICTURES)
        return self._pictures(self._model.for_queries, spec, Stopwatch()).embed(images)

    def pixels(self, image: ImageSource, shortest_px: int) -> Image.Image:
        """Return a query picture, as ``query.pixels_of`` does."""
        with self._room.part() as part:
            return pixels_of(
                image,
                shortest_px,
                max_megapixels=self._max_megapixels,
                file_of=self._file_of,
                reserve=part.take,
            )

    def index(self) -> VectorIndex:
        """Return the vectors that searches by words and by pictures compare with."""
        return self._index.of(self._model.spec_for(EVERYTHING))

    def rows(self) -> tuple[Ids, Vectors]:
        """Return those vectors themselves: ids (n,) and unit rows (n, d). Read only."""
        return self._index.rows_of(self._model.spec_for(EVERYTHING))

    def nearest_of_each(self, vectors: Vectors, k: int) -> Neighbours:
        """Do what ``Gallery.nearest_of_each`` promises."""
        return self.index().search(vectors, k)

    def stored_vectors(self) -> tuple[Ids, Vectors]:
        """Do what ``Gallery.stored_vectors`` promises."""
        ids, rows = self.rows()
        if np.all(ids[1:] > ids[:-1]):
            return ids, rows
        order = np.argsort(ids)
        return ids[order], rows[order]

    def vector_of(self, id: int) -> Vectors:
        """Return the vector that a picture of the gallery is found by, unit float32, shape (d,).

        Raises:
            ImageNotFoundError: there is no such picture.
            VectorMissingError: it has no vector of the gallery's model.
        """
        return self._stored(id, self._model.spec_for(Need.PICTURES))

    def _answer(
        self, vector: Vectors, spec: ModelSpec, watch: Stopwatch, page: Page, among: Ids | None
    ) -> SearchResult:
        with watch.timing(Step.SEARCH):
            index = self._index.of(spec)
            # An index pads to k, so a k far beyond its length would only cost memory. One more
            # than is asked for tells whether others follow.
            most = min(page.end + 1, max(1, len(index)))
            found = index.search(vector, most, among)
            pairs = [
                (int(id), float(score))
                for id, score in zip(found.ids[0], found.scores[0], strict=True)
                if id >= 0 and (page.min_score is None or score >= page.min_score)
            ]
        with watch.timing(Step.FETCH):
            hits = self._hits(pairs, page)
        considered = len(index) if among is None else len(among)
        return SearchResult(hits, considered, len(pairs) > page.end, watch.seconds())

    def _fused(
        self,
        composition: Composition,
        spec: ModelSpec,
        watch: Stopwatch,
        page: Page,
        among: Ids | None,
    ) -> SearchResult:
        assert composition.fusion is not None
        with watch.timing(Step.SEARCH):
            ids, rows = self._index.rows_of(spec)
            if among is not None:
                passing = np.isin(ids, among)
                ids, rows = ids[passing], rows[passing]
            considered = len(ids)
            if page.min_score is not None:
                # Before the cut: the order is not that of the scores, so those below are anywhere.
                passing = exact_scores(rows, composition.vector[0]) >= page.min_score
                ids, rows = ids[passing], rows[passing]
            best = best_fused(composition.fusion, ids, rows, page.end + 1)
            pairs = best.cosines(composition.vector)
        with watch.timing(Step.FETCH):
            hits = self._hits(pairs, page)
        return SearchResult(hits, considered, len(pairs) > page.end, watch.seconds())

    def _hits(self, pairs: list[tuple[int, float]], page: Page) -> tuple[Hit, ...]:
        wanted = pairs[page.offset : page.end]
        records = self._catalog.records([id for id, _ in wanted])
        # A picture may have been removed between the search and this moment.
        there = [(id, score) for id, score in wanted if id in records]
        ranked = enumerate(there, start=page.offset + 1)
        return tuple(Hit(rank, score, records[id]) for rank, (id, score) in ranked)

    def _pictures(self, encoder: Encoder, spec: ModelSpec, watch: Stopwatch) -> Pictures:
        return Pictures(
            encoder,
            lambda id: self._stored(id, spec),
            self._file_of,
            max_megapixels=self._max_megapixels,
            room=self._room,
            watch=watch,
        )

    def _stored(self, id: int, spec: ModelSpec) -> Vectors:
        vector = self._catalog.vector(id, spec)
        if vector is not None:
            return vector
        self._file_of(id)  # raises where there is no such picture at all
        raise VectorMissingError(id, spec.name)

    def _file_of(self, id: int) -> Path:
        record = self._catalog.records([id]).get(id)
        if record is None:
            raise ImageNotFoundError(id)
        return record.path


class _AllowedIds:
    """Which pictures pass some filters, remembered until the catalog changes."""

    def __init__(self, catalog: GalleryStore) -> None:
        self._catalog = catalog
        self._known: LRUCache[tuple[Filters, ModelSpec, int], Ids] = LRUCache(_FILTERS_KEPT)
        self._mutex = Lock()

    def by(self, filters: Filters, spec: ModelSpec) -> Ids | None:
        """Return the ids that pass, or None where there is no filter."""
        if filters.let_all_pass:
            return None
        key = (filters, spec, self._catalog.change)
        with self._mutex:
            ids = self._known.get(key)
        if ids is None:
            ids = self._catalog.matching(filters, spec)
            with self._mutex:
                self._known[key] = ids
        return ids


def _need_of(query: Query) -> Need:
    words = Need.WORDS if query.texts or query.excluded_texts else Need(0)
    pictures = Need.PICTURES if query.images or query.excluded_images else Need(0)
    return words | pictures
