"""The composed searches of a gallery: its model, its statistics and its memory, put together."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from threading import Lock
from typing import TypeAlias

import numpy as np
from cachetools import LRUCache

from sightline.composed import Composing, Surroundings, WordsSettings, words_for
from sightline.composed.captioners.tags import example_captions
from sightline.composed.fusion import gallery_statistics, numbers, sample_of
from sightline.composed.memory import CatalogMemory, key_of
from sightline.composed.pipeline import Eyes
from sightline.composed.registry import bank_for
from sightline.errors import EmptyGalleryError
from sightline.gallery.identity import mark_of
from sightline.gallery.model import GalleryModel
from sightline.gallery.probes import EVERYTHING
from sightline.gallery.query import embed_texts
from sightline.gallery.search import GallerySearch
from sightline.protocols import GalleryStore, Specialist
from sightline.system.single_flight import SingleFlight
from sightline.types import Page, Query, SearchResult, Vectors
from sightline.types.composition import Statistics

_STATISTICS = "statistics"
_VERSION = "1"
# A gallery that grew by less has much the same statistics.
_GROWTH = 1.2
# Each may hold a captioner's model.
_KEPT = 4

_Made: TypeAlias = tuple[WordsSettings, str | None, int, int]
"""All that a ``Composing`` is made for: settings, prompt, size of the gallery, encoder."""


class GalleryComposing:
    """Answers composed queries on one gallery. Safe to share by threads.

    Args:
        catalog: The truth; keeps captions, targets and statistics.
        model: Of the gallery.
        search: Of the gallery; reads its vectors and pictures.
        device: What captioners with a model of their own run on.
    """

    def __init__(
        self, catalog: GalleryStore, model: GalleryModel, search: GallerySearch, device: str
    ) -> None:
        self._catalog = catalog
        self._model = model
        self._search = search
        self._device = device
        self._memory = CatalogMemory(catalog)
        self._kept: LRUCache[_Made, Composing] = LRUCache(_KEPT)
        self._mutex = Lock()
        self._making: SingleFlight[_Made, Composing] = SingleFlight()

    def find(
        self, query: Query, page: Page, prompt: str | None, words: WordsSettings
    ) -> SearchResult:
        """Return what ``Gallery.find`` promises of a query with an instruction."""
        composition = self._kept_composing(words, prompt).compose(query)
        return self._search.composed(composition, page, query.filters)

    def _kept_composing(self, settings: WordsSettings, prompt: str | None) -> Composing:
        """Return what composes: made once for all who come at once, since it may load a model.

        It is made anew once the gallery has grown by a fifth, since what is usual in it may be
        something else by then; and when something else embeds queries.
        """
        size = round(math.log(1 + self._catalog.count(), _GROWTH))
        place = (settings, prompt, size, id(self._model.for_queries))

        def kept_or_made() -> Composing:
            with self._mutex:
                composing = self._kept.get(place)
            if composing is None:
                composing = self.composing(settings, prompt)
                with self._mutex:
                    self._kept[place] = composing
            return composing

        return self._making.get(place, kept_or_made)

    def composing(self, settings: WordsSettings, prompt: str | None) -> Composing:
        """Return what ``Gallery.composing`` promises."""
        surroundings = self._surroundings(prompt)
        captioners, composers = words_for(settings, surroundings)
        encoder = self._model.for_queries
        eyes = Eyes(
            embed_images=self._search.embed_images,
            embed_texts=lambda texts: embed_texts(texts, encoder, prompt),
            pixels=self._search.pixels,
            statistics=lambda: self._statistics(surroundings),
        )
        return Composing(
            eyes, captioners, composers, memory=self._memory, budget_s=settings.budget_s
        )

    def _surroundings(self, prompt: str | None) -> Surroundings:
        # The phrases of captioners are no queries: hundreds of them a picture would push what
        # people ask for out of the memory that a service has for queries.
        encoder = self._model.encoder

        def embed(texts: Sequence[str]) -> Vectors:
            return embed_texts(texts, encoder, prompt)

        spec = encoder.spec
        around = Surroundings(
            embed=embed,
            model=f"{spec.name} {spec.digest} {prompt or ''}",
            knows=encoder.knows if isinstance(encoder, Specialist) else "",
            device=self._device,
        )
        return replace(around, image_mean=lambda: self._image_mean(around))

    # Statistics

    def _image_mean(self, surroundings: Surroundings) -> Vectors | None:
        return self._statistics(surroundings).image_mean if len(self._search.index()) else None

    def _statistics(self, surroundings: Surroundings) -> Statistics:
        """Return how scores are spread here: kept, unless the gallery has changed much since."""
        index, spec = self._search.index(), self._model.spec_for(EVERYTHING)
        key = key_of(_VERSION, mark_of(spec), surroundings.model)
        kept = _read(self._memory.kept(_STATISTICS, key), spec.dimensions)
        if kept is not None and kept.count / _GROWTH <= len(index) <= kept.count * _GROWTH:
            return kept
        if not len(index):
            raise EmptyGalleryError
        texts = surroundings.embed(example_captions(bank_for(surroundings)))
        found = replace(
            gallery_statistics(sample_of(self._search.rows()[1]), texts), count=len(index)
        )
        self._memory.keep(_STATISTICS, key, _text(found))
        return found


def _text(statistics: Statistics) -> str:
    def encoded(vector: Vectors) -> str:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")

    return json.dumps(
        {
            "count": statistics.count,
            "image_mean": encoded(statistics.image_mean),
            "text_mean": encoded(statistics.text_mean),
            "numbers": list(numbers(statistics)),
        }
    )


def _read(text: str | None, dimensions: int) -> Statistics | None:
    """Return kept statistics, or None where another version kept them in another form."""
    if text is None:
        return None
    try:
        facts = json.loads(text)
        image_mean, text_mean = (
            np.frombuffer(base64.b64decode(facts[name]), dtype="<f4").astype(np.float32)
            for name in ("image_mean", "text_mean")
        )
        image_least, image_usual, text_least, text_usual = map(float, facts["numbers"])
        count = int(facts["count"])
    except (ValueError, KeyError, TypeError):
        return None
    if image_mean.shape != (dimensions,) or text_mean.shape != (dimensions,):
        return None
    return Statistics(
        count, image_mean, text_mean, image_least, image_usual, text_least, text_usual
    )
