"""What is asked of a gallery, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from sightline.errors import EmptyQueryError, InvalidValueError
from sightline.types.composition import COMPOSING, Composition, Mode, Target, Weights
from sightline.types.filters import NO_FILTERS, Filters
from sightline.types.pictures import ImageRecord, ImageSource


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: words, pictures, or both; and what to keep away from.

    Without an instruction every part becomes a unit vector. Parts of one kind are averaged; text
    and picture are added with ``text_weight`` and ``image_weight``; excluded parts are subtracted
    with ``excluded_weight``; the result is scaled to unit length and searched once.

    With an instruction the query is composed: a picture, and in words what is to be different in
    it. Both become one vector in the way that ``mode`` says. Parts that are given are not made
    again.

    Attributes:
        texts: Put through the model's prompt. One alone counts as a list of one, here and below.
        images: Files (as ``Path`` or ``str``), encoded bytes, or decoded pictures.
        excluded_texts: What the results should not show.
        excluded_images: Likewise, by example.
        text_weight: Of the words, relative to ``image_weight``.
        image_weight: Of the pictures, relative to ``text_weight``.
        excluded_weight: How strongly excluded parts push away.
        filters: Which pictures may be answers.
        instruction: What is to be different, such as "the same, but at night". Several pictures
            stand for their mean, and only captioners that read vectors see that.
        mode: How both become one search. If it is left out it becomes ``Mode.ROLES`` where an
            instruction, a caption or a target is given, and stays None where parts are added up.
        caption: What the picture shows, if it is known; then no captioner runs.
        target: What is wanted, if it is known; then neither captioner nor composer runs.
        weights: Of the parts, in ``roles``.
        balance: Of the words in ``sum``, from 0 (the picture alone) to 1 (the words alone).

    Raises:
        EmptyQueryError: there is neither a text nor a picture to look for.
        InvalidValueError: a weight is negative, not a number, or leaves nothing to look for; or a
            composed query lacks the picture or the instruction that its mode needs, has texts
            beside its instruction, or a balance that is not between 0 and 1.
    """

    texts: Sequence[str] = ()
    images: Sequence[ImageSource] = ()
    excluded_texts: Sequence[str] = ()
    excluded_images: Sequence[ImageSource] = ()
    text_weight: float = 0.5
    image_weight: float = 0.5
    excluded_weight: float = 0.5
    filters: Filters = NO_FILTERS
    instruction: str = ""
    mode: Mode | None = None
    caption: str | None = None
    target: Target | None = None
    weights: Weights = field(default_factory=Weights)
    balance: float = 0.5

    def __post_init__(self) -> None:
        for name in ("texts", "images", "excluded_texts", "excluded_images"):
            given = getattr(self, name)
            # Python would take a text apart into letters, and bytes into numbers.
            alone = isinstance(given, str | bytes) or not isinstance(given, Iterable)
            object.__setattr__(self, name, (given,) if alone else tuple(given))
        is_composed = self.instruction or self.caption is not None or self.target is not None
        if self.mode is None and is_composed:
            object.__setattr__(self, "mode", Mode.ROLES)
        _check_weight("excluded_weight", self.excluded_weight)
        if self.mode is None:
            self._check_added()
        else:
            self._check_composed(self.mode)

    def _check_added(self) -> None:
        if not self.texts and not self.images:
            raise EmptyQueryError
        _check_weight("text_weight", self.text_weight)
        _check_weight("image_weight", self.image_weight)
        looked_for = (self.text_weight if self.texts else 0.0) + (
            self.image_weight if self.images else 0.0
        )
        if looked_for <= 0:
            raise InvalidValueError("the weight of what is looked for", looked_for, "above 0")

    def _check_composed(self, mode: Mode) -> None:
        if not self.images and mode is not Mode.TEXT:
            raise InvalidValueError("the picture of a composed search", None, "given")
        if self.texts:
            allowed = "left out, since its words are the instruction"
            raise InvalidValueError("the texts of a composed search", list(self.texts), allowed)
        words = self.instruction.strip() or (self.target is not None and mode in COMPOSING)
        if not words and mode is not Mode.IMAGE:
            raise InvalidValueError("the instruction", self.instruction, "at least one word")
        if not 0.0 <= self.balance <= 1.0:
            raise InvalidValueError("the balance of picture and words", self.balance, "from 0 to 1")


def _check_weight(name: str, weight: float) -> None:
    if not 0.0 <= weight < float("inf"):
        raise InvalidValueError(name, weight, "a number that is not negative")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the ranked answers is wanted.

    Attributes:
        k: How many, from 1.
        offset: How many of the best to leave out.
        min_score: Leave out what scores lower, a cosine.

    Raises:
        InvalidValueError: one of them cannot be.
    """

    k: int
    offset: int = 0
    min_score: float | None = None

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InvalidValueError("k", self.k, "at least 1")
        if self.offset < 0:
            raise InvalidValueError("offset", self.offset, "0 or more")
        if self.min_score is not None and not -1.0 <= self.min_score <= 1.0:
            raise InvalidValueError("min_score", self.min_score, "a cosine, from -1 to 1")

    @property
    def end(self) -> int:
        """How far down the answers it reaches."""
        return self.offset + self.k


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
        composition: How a composed query became one search, with the time of its own steps.
    """

    hits: tuple[Hit, ...]
    considered: int
    more: bool
    seconds: Mapping[Step, float]
    composition: Composition | None = None


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
