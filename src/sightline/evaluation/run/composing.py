"""Composed searches of topics: what users get for a picture and an instruction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sightline import __version__
from sightline.errors import CancelledQueryError, ImageUnreadableError, InvalidValueError
from sightline.evaluation.run.asking import Asking, QueryVectors
from sightline.evaluation.run.pictures import file_of, opened
from sightline.evaluation.tasks import QueryMode, Topic
from sightline.gallery import Gallery
from sightline.types import Composition, ImageSource, Indexed, Mode, Query, Skipped, Vectors
from sightline.types.composition import COMPOSING


class TopicComposer:
    """Composes topics as ``Gallery.find`` composes what users ask.

    A topic's picture that is a document, of which there are the ids, goes by its stored vector.
    """

    def __init__(self, gallery: Gallery, ids: Mapping[str, int], asking: Asking) -> None:
        assert asking.mode is not None
        self._mode = asking.mode
        self._ids = ids
        self._max_megapixels = asking.max_megapixels
        self._composing = gallery.composing(asking.words, prompt=asking.prompt)
        self._gallery = [str(gallery.path), gallery.change]
        self._none = np.empty((0, gallery.encoder.spec.dimensions), dtype=np.float32)

    @property
    def mark(self) -> object:
        """All that the vectors depend on besides model, prompt and topics, as JSON has it."""
        asked = (*self._composing.captioners, *self._composing.composers)
        identities = [[one.name, one.identity] for one in asked]
        # Captions and statistics depend on what is usual in the gallery, and rules on the version.
        return [self._mode, identities, self._gallery, __version__]

    def made(self, topics: Sequence[Topic]) -> QueryVectors:
        """Return the vectors of topics.

        Raises:
            InvalidValueError: a topic is not a picture and words.
            SightlineError: nobody could caption or compose one.
        """
        composed: dict[str, Composition] = {}
        skipped, cancelled = [], []
        for topic in topics:
            try:
                composed[topic.id] = self._composing.compose(self._query(topic))
            except ImageUnreadableError as error:
                assert topic.image is not None
                skipped.append(Skipped(file_of(topic.image), error.reason))
            except CancelledQueryError:
                cancelled.append(topic.id)
        found = list(composed.values())
        return QueryVectors(
            tuple(composed),
            np.stack([_rows(one) for one in found]) if found else self._none,
            tuple(skipped),
            tuple(cancelled),
            next((one.fusion.statistics for one in found if one.fusion is not None), None),
            tuple(dict.fromkeys(one.captioner for one in found if one.captioner)),
            tuple(dict.fromkeys(one.composer for one in found if one.composer)),
            tuple(fallen for one in found for fallen in one.fell_back),
        )

    def again(self, topics: Sequence[Topic], vectors: Vectors) -> QueryVectors:
        """Return vectors that were kept, of all of these topics, with what else belongs to them."""
        # Kept is only what the first captioner and composer answered.
        first = self._composing.captioners[0].name, self._composing.composers[0].name
        captioners, composers = ((name,) if self._mode in COMPOSING else () for name in first)
        return QueryVectors(
            tuple(topic.id for topic in topics),
            vectors,
            statistics=self._composing.statistics() if self._mode is Mode.FUSION else None,
            captioners=captioners,
            composers=composers,
        )

    def _query(self, topic: Topic) -> Query:
        if topic.mode is not QueryMode.BOTH:
            allowed = "left out where a query is not a picture and words"
            raise InvalidValueError("the mode", str(self._mode), allowed)
        return Query(
            images=[self._image(topic)], instruction=" and ".join(topic.texts), mode=self._mode
        )

    def _image(self, topic: Topic) -> ImageSource:
        assert topic.image is not None
        if topic.own is not None and topic.own in self._ids:
            return Indexed(self._ids[topic.own])
        if isinstance(topic.image, Path):
            return topic.image
        return opened(topic.image, self._max_megapixels)


def _rows(composition: Composition) -> Vectors:
    """Return a vector, shape (d,); in ``fusion`` those of picture and words, shape (2, d)."""
    fusion = composition.fusion
    if fusion is None:
        return np.asarray(composition.vector[0])
    return np.concatenate([fusion.image, fusion.words])
