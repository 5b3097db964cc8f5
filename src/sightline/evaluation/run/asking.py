"""How the queries of an evaluation are asked, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass, field

from sightline.composed import WordsSettings
from sightline.errors import InvalidValueError
from sightline.images import DEFAULT_MAX_MEGAPIXELS
from sightline.types import Mode, Skipped, Vectors
from sightline.types.composition import FellBack, Statistics


@dataclass(frozen=True, slots=True)
class Asking:
    """How queries are turned into vectors.

    Attributes:
        prompt: What words are put into, with ``{query}`` where they go; the model's own if None.
        text_weight: Of the words beside a picture, where both are added up.
        image_weight: Of the picture beside words.
        max_megapixels: Larger query pictures are not read.
        threads: For decoding; 0 means one for each core.
        mode: How a picture and words are composed, as users' searches are; None: added up.
        words: Which captioners and composers are asked then.

    Raises:
        InvalidValueError: a weight is negative, not a number, or leaves nothing to look for.
    """

    prompt: str | None = None
    text_weight: float = 0.5
    image_weight: float = 0.5
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS
    threads: int = 0
    mode: Mode | None = None
    words: WordsSettings = field(default_factory=WordsSettings)

    def __post_init__(self) -> None:
        both = self.text_weight, self.image_weight
        if not all(0.0 <= weight < float("inf") for weight in both) or not any(both):
            raise InvalidValueError("the weights of text and image", both, "0 or more, not both 0")


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors of queries.

    Attributes:
        queries: Those that have one, in the order of the topics.
        vectors: Their unit rows, shape (q, d); in ``fusion`` picture and words of each, shape
            (q, 2, d).
        skipped: Query pictures that cannot be read.
        cancelled: Queries of which nothing is left to look for.
        statistics: In ``fusion``, what brings the scores of both to one scale.
        captioners: What said what pictures show, each once.
        composers: What made targets of captions and words, each once.
        fell_back: What was asked before these and could not answer, for every query.
    """

    queries: tuple[str, ...]
    vectors: Vectors
    skipped: tuple[Skipped, ...] = ()
    cancelled: tuple[str, ...] = ()
    statistics: Statistics | None = None
    captioners: tuple[str, ...] = ()
    composers: tuple[str, ...] = ()
    fell_back: tuple[FellBack, ...] = ()
