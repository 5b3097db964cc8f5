"""The data of composed searches: how they are made, what is wanted, and how a vector came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sightline.errors import InvalidValueError

if TYPE_CHECKING:
    from sightline.types.vectors import Vectors


class Mode(StrEnum):
    """How a picture and an instruction become one search.

    ROLES: what is wanted, what is to be there, what is to stay, the picture itself, and what is to
    be gone, each with its weight. PUBLISHED: the text of what is wanted, and nothing else. FUSION:
    the scores of the picture times those of the instruction, without caption or composer. SUM: the
    mean of both vectors. IMAGE and TEXT: one of the two alone.
    """

    ROLES = "roles"
    PUBLISHED = "published"
    FUSION = "fusion"
    SUM = "sum"
    IMAGE = "image"
    TEXT = "text"


COMPOSING = frozenset({Mode.ROLES, Mode.PUBLISHED})
"""The modes that need a caption and a target."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is wanted, in parts that weigh differently.

    Attributes:
        text: A description of the picture that is wanted.
        desired: What the instruction asks for, a phrase each.
        preserve: What was there before and is to stay.
        forbidden: What was there before and is to be gone.
        paraphrases: The same as ``text`` in other words.
    """

    text: str
    desired: tuple[str, ...] = ()
    preserve: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    paraphrases: tuple[str, ...] = ()

    def as_object(self) -> dict[str, object]:
        """Return it as JSON has it; ``text`` is called "target" there."""
        lists = ("desired", "preserve", "forbidden", "paraphrases")
        return {"target": self.text, **{name: list(getattr(self, name)) for name in lists}}


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of a ``roles`` search counts.

    With unit vectors of the parts, means where there are several:

        v = target * G + desired * D + preserve * P + image * R - forbidden * F

    A part that is empty is left out, and the others keep their weights: only the direction counts.

    Raises:
        InvalidValueError: a weight is negative or not a number.
    """

    target: float = 1.0
    desired: float = 0.75
    preserve: float = 0.25
    image: float = 0.5
    forbidden: float = 0.5

    def __post_init__(self) -> None:
        for name, weight in asdict(self).items():
            if not 0.0 <= weight < float("inf"):
                raise InvalidValueError(f"the weight of {name}", weight, "0 or more")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step took besides time.

    Attributes:
        tokens_sent: To a language model on another machine or in another process.
        tokens_received: From it.
    """

    tokens_sent: int = 0
    tokens_received: int = 0


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture shows, in words, and what it cost to find out."""

    text: str
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class Composed:
    """What is wanted, and what it cost to find out."""

    target: Target
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class StepTaken:
    """One step on the way to the vector.

    Attributes:
        name: "picture", "caption", "compose", "words", "statistics" or "excluded".
        source: What did it: a captioner, a composer, a model, "given" or "kept".
        milliseconds: Wall time.
        cost: Of a call to a language model.
    """

    name: str
    source: str
    milliseconds: float
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class FellBack:
    """Something that was asked first and could not answer.

    Attributes:
        step: "caption" or "compose".
        name: The captioner or composer.
        reason: A sentence: why it could not, and what helps.
    """

    step: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Statistics:
    """How scores are spread in a gallery, so that those of pictures and of words compare.

    Attributes:
        count: How many pictures were looked at.
        image_mean: The mean of their vectors, float32, shape (d,); not of unit length.
        text_mean: The mean of the vectors of texts about all sorts of things, likewise.
        image_least: The least score of a picture by another, after centring; and so on.
        image_usual: The mean of those scores.
        text_least: The least score of a picture by a text, after centring.
        text_usual: The mean of those scores.
    """

    count: int
    image_mean: Vectors
    text_mean: Vectors
    image_least: float
    image_usual: float
    text_least: float
    text_usual: float


@dataclass(frozen=True, slots=True)
class Fusion:
    """Two searches whose scores are multiplied, for ``Mode.FUSION``.

    Attributes:
        image: The picture's centred unit vector, shape (1, d).
        words: The instruction's centred unit vector, shape (1, d).
        statistics: What brings both scores to one scale.
        harris: How strongly a score that is high on one side alone is held down.
    """

    image: Vectors
    words: Vectors
    statistics: Statistics
    harris: float = 0.1


@dataclass(frozen=True, slots=True)
class Composition:
    """How a picture and words became one search: every step, and what came of it.

    Attributes:
        mode: How both became one.
        instruction: What was asked.
        vector: What is searched for: unit, shape (1, d). In ``fusion`` that of ``sum``.
        fusion: In ``fusion``, the two sides of it; else None.
        caption: What the picture was said to show, or "".
        captioner: What said so, or "" if nothing had to.
        target: What is wanted, or None.
        composer: What made it of caption and instruction, or "".
        fell_back: What was asked before these and could not answer, in order.
        weights: Of the parts, in ``roles``.
        balance: Of the words, in ``sum``.
        agreement: The mean cosine of target and paraphrases to each other, or None without any.
        steps: In order, with times and costs.
    """

    mode: Mode
    instruction: str
    vector: Vectors
    fusion: Fusion | None = None
    caption: str = ""
    captioner: str = ""
    target: Target | None = None
    composer: str = ""
    fell_back: tuple[FellBack, ...] = ()
    weights: Weights = Weights()
    balance: float = 0.5
    agreement: float | None = None
    steps: tuple[StepTaken, ...] = ()

    @property
    def milliseconds(self) -> float:
        """What all steps took together."""
        return sum(step.milliseconds for step in self.steps)

    def as_object(self) -> Mapping[str, object]:
        """Return all but the vectors as JSON has it, as ``--json`` and the service print it."""
        return {
            "mode": str(self.mode),
            "instruction": self.instruction,
            "caption": self.caption,
            "captioner": self.captioner,
            **(self.target or Target("")).as_object(),
            "composer": self.composer,
            "fell_back": [asdict(fallen) for fallen in self.fell_back],
            "weights": asdict(self.weights),
            "balance": self.balance,
            "agreement": None if self.agreement is None else round(self.agreement, 4),
            "steps": [
                {**asdict(step), "milliseconds": round(step.milliseconds, 1)} for step in self.steps
            ],
        }
