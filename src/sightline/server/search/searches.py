"""One search from its parameters to its answer: kept answers, the gallery, the figures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from sightline.composed import WordsSettings
from sightline.gallery import Gallery
from sightline.images import bytes_hash
from sightline.server.http.metrics import Metrics
from sightline.server.schemas.answers import (
    API,
    HitAnswer,
    KeptPicture,
    Milliseconds,
    SearchAnswer,
)
from sightline.server.schemas.composition import CompositionAnswer
from sightline.server.schemas.requests import ComposedSearch, Page, Ranking, SearchParameters
from sightline.server.search.concurrency import Admitted
from sightline.server.search.notes import collecting
from sightline.server.search.query_pictures import KeptQuery, QueryPictures
from sightline.server.search.recent import Recent
from sightline.system.single_flight import SingleFlight
from sightline.types import Query, SearchResult, Step
from sightline.types.composition import Mode

COMPOSE = "compose"
"""The step of a composed search before it is searched for."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What is kept of a search: everything but the time it took."""

    answer: SearchAnswer
    seconds: Mapping[str, float]
    lasts: bool = True


class Searches:
    """Answers searches, from memory where nothing has changed since. Safe to share by threads.

    Args:
        gallery: What is searched.
        pictures: Where query pictures are kept.
        words: Which captioners and composers are asked, unless a request names others.
        metrics: Where searches are counted.
        kept_hits: How many hits are remembered, of the last answers.
    """

    def __init__(
        self,
        gallery: Gallery,
        pictures: QueryPictures,
        words: WordsSettings,
        metrics: Metrics,
        kept_hits: int,
    ) -> None:
        self._gallery = gallery
        self._pictures = pictures
        self._words = words
        self._metrics = metrics
        self._kept: Recent[tuple[str, int], _Found] = Recent(
            kept_hits, lambda found: 1 + len(found.answer.hits)
        )
        self._under_way: SingleFlight[tuple[str, int], _Found] = SingleFlight()
        self._counted: Recent[int, tuple[int, int]] = Recent(1)

    def by_parameters(
        self,
        asked: SearchParameters,
        upload: BinaryIO | None,
        admitted: Admitted,
        model_key: str = "",
    ) -> SearchAnswer:
        """Return the answer to a search by words, pictures or both.

        Args:
            asked: The parameters.
            upload: A picture file that came along. Read only now: whoever waits holds no memory.
            admitted: When it got its turn.
            model_key: For the language model, if the request brought one along.

        Raises:
            QueryPictureNotFoundError: the picture that is named is no longer kept.
            SightlineError: as ``Gallery.find`` does.
        """
        picture = None if upload is None else upload.read()
        if picture is None and asked.picture is not None:
            picture = self._pictures.read(asked.picture)
        content = None if picture is None else bytes_hash(picture)

        key = {"asked": asked.asked(), "content": content}
        if isinstance(asked, ComposedSearch):
            # Another key may reach another answer; the key itself is not kept.
            key |= {"key": bytes_hash(model_key.encode()) if model_key else ""}
        answer = self._answer(key, admitted, lambda: self._find(asked, picture, model_key))
        return answer if picture is None else self._with_picture(answer, picture, str(content))

    def similar(self, id: int, page: Ranking, admitted: Admitted) -> SearchAnswer:
        """Return the pictures most like one of the gallery's, which itself is left out.

        Raises:
            ImageNotFoundError: there is no such picture.
        """
        query = {"images": [id], **page.model_dump(mode="json")}

        def find() -> _Found:
            found = self._gallery.similar(
                id,
                page.k,
                offset=page.offset,
                min_score=page.min_score,
                filters=page.filters(),
            )
            return self._as_found(found, page, Mode.IMAGE, query, [])

        return self._answer({"similar": query}, admitted, find)

    # Inside

    def _answer(
        self, key: Mapping[str, object], admitted: Admitted, find: Callable[[], _Found]
    ) -> SearchAnswer:
        began = time.perf_counter()
        # The number before the search: what changes during it makes this answer one of the past.
        place = (json.dumps(key, sort_keys=True), self._gallery.change)
        cached = True

        def kept_or_found() -> _Found:
            nonlocal cached
            kept = self._kept.get(place)
            if kept is not None:
                return kept
            cached = False
            found = find()
            if found.lasts:
                self._kept.put(place, found)
            return found

        # Many who ask the same at once, such as a page that a link leads to, cost one search.
        found = self._under_way.get(place, kept_or_found)
        self._metrics.look_up("answers", cached)
        seconds = {} if cached else dict(found.seconds)
        self._metrics.time_steps({"queue": admitted.queue_s} | seconds)
        took_s = admitted.queue_s + time.perf_counter() - began
        times = _milliseconds(seconds, queue_s=admitted.queue_s, total_s=took_s)
        return found.answer.model_copy(update={"milliseconds": times, "cached": cached})

    def _find(self, asked: SearchParameters, picture: bytes | None, model_key: str) -> _Found:
        query, words = asked.query(picture), self._words
        if isinstance(asked, ComposedSearch):
            words = asked.words(words, model_key)
        with collecting() as notes:
            found = self._gallery.find(
                query,
                asked.k,
                offset=asked.offset,
                min_score=asked.min_score,
                prompt=asked.prompt,
                words=words,
            )
        return self._as_found(found, asked, _mode_of(query), asked.asked(), notes)

    def _as_found(
        self,
        found: SearchResult,
        page: Page,
        mode: Mode,
        query: dict[str, Any],
        notes: list[str],
    ) -> _Found:
        gallery, how = self._gallery, found.composition
        total, missing = self._counts()
        if missing:
            told = f"{missing:,} of {total:,} pictures have no vector of {gallery.model_name}"
            notes = [*notes, f"{told}; bring them up to date with `sightline index`"]
        answer = SearchAnswer(
            hits=[HitAnswer.of(hit, gallery.keeps(hit.image)) for hit in found.hits],
            offset=page.offset,
            k=page.k,
            more=found.more,
            considered=found.considered,
            total=total,
            model=gallery.model_name,
            mode=mode,
            milliseconds=_milliseconds({}, queue_s=0.0, total_s=0.0),
            cached=False,
            notes=notes,
            picture=None,
            composition=None if how is None else CompositionAnswer.of(how),
            query=query,
        )
        seconds = {str(step): spent for step, spent in found.seconds.items()}
        if how is not None:
            seconds[COMPOSE] = how.milliseconds / 1000
        # What fell back may work the next time.
        return _Found(answer, seconds, lasts=how is None or not how.fell_back)

    def _counts(self) -> tuple[int, int]:
        """Return how many pictures there are, and how many no search finds."""
        change = self._gallery.change
        counts = self._counted.get(change)
        if counts is None:
            counts = len(self._gallery), self._gallery.missing()
            self._counted.put(change, counts)
        return counts

    def _with_picture(self, answer: SearchAnswer, picture: bytes, token: str) -> SearchAnswer:
        # Only now it is known to be a picture at all.
        with collecting() as notes:
            kept = self._pictures.keep(picture, token)
        more = {
            "picture": None if kept is None else _kept_picture(kept),
            "notes": [*answer.notes, *notes],
        }
        return answer.model_copy(update=more)


def _mode_of(query: Query) -> Mode:
    if query.mode is not None:
        return query.mode
    return Mode.TEXT if not query.images else Mode.SUM if query.texts else Mode.IMAGE


def _kept_picture(kept: KeptQuery) -> KeptPicture:
    return KeptPicture(
        token=kept.token,
        url=f"{API}/queries/{kept.token}",
        width=kept.width_px,
        height=kept.height_px,
    )


def _milliseconds(seconds: Mapping[str, float], *, queue_s: float, total_s: float) -> Milliseconds:
    steps = {str(step): round(seconds.get(step, 0.0) * 1000, 3) for step in (*Step, COMPOSE)}
    return Milliseconds(**steps, queue=round(queue_s * 1000, 3), total=round(total_s * 1000, 3))
