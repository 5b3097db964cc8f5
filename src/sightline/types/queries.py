"""What is asked of a gallery, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sightline.errors import EmptyQueryError
from sightline.types.filters import NO_FILTERS, Filters
from sightline.types.pictures import ImageRecord, ImageSource


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: words, pictures, or both; and what to keep away from.

    Every part becomes a unit vector. Parts of one kind are averaged; text and picture are added
    with ``text_weight`` and ``image_weight``; excluded parts are subtracted with
    ``excluded_weight``; the result is scaled to unit length and searched once.

    Attributes:
        texts: Put through the model's prompt. One alone counts as a list of one, here and below.
        images: Files (as ``Path`` or ``str``), encoded bytes, or decoded pictures.
        excluded_texts: What the results should not show.
        excluded_images: Likewise, by example.
        text_weight: Of the words, relative to ``image_weight``.
        image_weight: Of the pictures, relative to ``text_weight``.
        excluded_weight: How strongly excluded parts push away.
        filters: Which pictures may be answers.

    Raises:
        EmptyQueryError: there is neither a text nor a picture to look for.
    """

    texts: Sequence[str] = ()
    images: Sequence[ImageSource] = ()
    excluded_texts: Sequence[str] = ()
    excluded_images: Sequence[ImageSource] = ()
    text_weight: float = 0.5
    image_weight: float = 0.5
    excluded_weight: float = 0.5
    filters: Filters = NO_FILTERS

    def __post_init__(self) -> None:
        for name in ("texts", "images", "excluded_texts", "excluded_images"):
            given = getattr(self, name)
            # Python would take a text apart into letters, and bytes into numbers.
            alone = isinstance(given, str | bytes) or not isinstance(given, Iterable)
            object.__setattr__(self, name, (given,) if alone else tuple(given))
        if not self.texts and not self.images:
            raise EmptyQueryError


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer.

    Attributes:
        rank: From 1.
        score: Cosine of query and picture, in [-1, 1].
        image: The picture's record.
    """

    rank: int
    score: float
    image: ImageRecord

    @property
    def id(self) -> int:
        """The picture's id in its gallery."""
        return self.image.id

    @property
    def path(self) -> Path:
        """The picture's absolute path when it was last indexed."""
        return self.image.path


class Step(StrEnum):
    """A step of one search."""

    DECODE = "decode"
    EMBED = "embed"
    SEARCH = "search"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What one search found.

    Attributes:
        hits: Best first; ranks count from the best of all, also behind an offset.
        considered: How many pictures the query was compared with: those with a vector that pass
            the filters.
        more: Whether further pictures follow behind these.
        seconds: Wall time of each step.
    """

    hits: tuple[Hit, ...]
    considered: int
    more: bool
    seconds: Mapping[Step, float]


@dataclass(frozen=True, slots=True)
class Question:
    """A query that someone judges answers to: words, a picture of the gallery, or both.

    Attributes:
        text: The words, or "".
        picture: The id of the picture, or None.

    Raises:
        EmptyQueryError: there is neither.
    """

    text: str = ""
    picture: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        if not self.text and self.picture is None:
            raise EmptyQueryError


@dataclass(frozen=True, slots=True)
class Judgement:
    """What someone said of one picture as an answer to a question.

    Attributes:
        question: What was asked.
        picture: The id of the picture that was judged.
        grade: 1 or more: relevant, more is better. 0: looked at, and not relevant.
    """

    question: Question
    picture: int
    grade: int
