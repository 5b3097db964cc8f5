"""Composed searches of a service: what composes them stays loaded from one request to the next."""

from __future__ import annotations

import math
import threading
from dataclasses import replace

from sightline.composed import Composing, WordsSettings
from sightline.gallery import Gallery
from sightline.server.schemas.requests import ComposedSearch
from sightline.server.search.recent import Recent
from sightline.types import ImageSource, SearchResult
from sightline.types.composition import ComposedQuery, Composition

# Each may hold a captioner's model. A gallery that grew by a fifth gets a new one, since what is
# usual in it may be something else by then.
_KEPT = 4
_GROWTH = 1.2


class Composer:
    """Composes searches of one gallery, and finds what they look for. Safe to share by threads.

    Args:
        gallery: What is searched.
        words: Which captioners and composers are asked, unless a request names others.
    """

    def __init__(self, gallery: Gallery, words: WordsSettings) -> None:
        self._gallery = gallery
        self._words = words
        self._kept: Recent[tuple[WordsSettings, str | None, int], Composing] = Recent(_KEPT)
        self._making = threading.Lock()

    @property
    def words(self) -> WordsSettings:
        """Which captioners and composers are asked."""
        return self._words

    def find(
        self, asked: ComposedSearch, picture: ImageSource | None, key: str
    ) -> tuple[SearchResult, Composition]:
        """Return what a composed search found, and how it came about.

        Args:
            asked: The parameters.
            picture: What came with the request, or is kept under its token.
            key: For the language model, if the request brought one along.

        Raises:
            SightlineError: as ``Composing.compose`` and ``Gallery.find_composed`` do.
        """
        composition = self._composing(asked, key).compose(self._query(asked, picture))
        found = self._gallery.find_composed(
            composition,
            asked.k,
            offset=asked.offset,
            min_score=asked.min_score,
            filters=asked.filters(),
        )
        return found, composition

    def _query(self, asked: ComposedSearch, picture: ImageSource | None) -> ComposedQuery:
        images = asked.sources(picture)
        if len(images) == 1:
            return asked.composed(image=images[0])
        # Several stand for what they have in common; only captioners that read vectors see that.
        return asked.composed(vector=self._gallery.embed_images(images))

    def _composing(self, asked: ComposedSearch, key: str) -> Composing:
        settings = self._words.with_key(key) if key else self._words
        if asked.captioner is not None:
            settings = replace(settings, captioners=(asked.captioner,))
        if asked.composer is not None:
            settings = replace(settings, composers=(asked.composer,))
        size = round(math.log(1 + len(self._gallery), _GROWTH))
        place = (settings, asked.prompt, size)
        # One for all who come at once: what it loads, and it may be a model, is loaded once.
        with self._making:
            composing = self._kept.get(place)
            if composing is None:
                composing = self._gallery.composing(settings, prompt=asked.prompt)
                self._kept.put(place, composing)
        return composing
