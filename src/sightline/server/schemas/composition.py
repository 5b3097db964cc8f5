"""How a composed search came about, as OpenAPI describes it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Self

from pydantic import BaseModel, Field

from sightline.types.composition import Composition, Mode, Target


class StepAnswer(BaseModel):
    """One step on the way to what a composed search looks for."""

    name: Annotated[str, Field(description='"picture", "caption", "compose", "words" ...')]
    source: Annotated[str, Field(description="What did it.")]
    milliseconds: float
    tokens_sent: Annotated[int, Field(description="To a language model.")]
    tokens_received: int


class FellBackAnswer(BaseModel):
    """Something that was asked first and could not answer."""

    step: str
    name: str
    reason: str


class WeightsAnswer(BaseModel):
    """How much each part of a composed search counts."""

    target: float
    desired: float
    preserve: float
    image: float
    forbidden: float


class CompositionAnswer(BaseModel):
    """How a picture and words became one search: every part, to look at, edit and send back."""

    mode: Mode
    instruction: str
    caption: Annotated[str, Field(description="What the picture was said to show.")]
    captioner: Annotated[str, Field(description='What said so; "given", or "" if nothing had to.')]
    target: Annotated[str, Field(description="What is wanted.")]
    desired: list[str]
    preserve: list[str]
    forbidden: list[str]
    paraphrases: list[str]
    composer: Annotated[str, Field(description="What made the target of caption and instruction.")]
    fell_back: Annotated[list[FellBackAnswer], Field(description="Asked before these, in order.")]
    weights: WeightsAnswer
    balance: float
    agreement: Annotated[
        float | None, Field(description="Mean cosine of target and paraphrases to each other.")
    ]
    steps: list[StepAnswer]

    @classmethod
    def of(cls, composition: Composition) -> Self:
        """Return a composition as it is answered."""
        target = composition.target or Target("")
        return cls(
            mode=composition.mode,
            instruction=composition.instruction,
            caption=composition.caption,
            captioner=composition.captioner,
            target=target.text,
            desired=list(target.desired),
            preserve=list(target.preserve),
            forbidden=list(target.forbidden),
            paraphrases=list(target.paraphrases),
            composer=composition.composer,
            fell_back=[FellBackAnswer(**asdict(fallen)) for fallen in composition.fell_back],
            weights=WeightsAnswer(**asdict(composition.weights)),
            balance=composition.balance,
            agreement=composition.agreement,
            steps=[
                StepAnswer(
                    name=step.name,
                    source=step.source,
                    milliseconds=round(step.milliseconds, 3),
                    tokens_sent=step.cost.tokens_sent,
                    tokens_received=step.cost.tokens_received,
                )
                for step in composition.steps
            ],
        )


class LanguageModelAnswer(BaseModel):
    """The language model that merges captions and instructions."""

    model: str
    is_remote: Annotated[bool, Field(description="Whether texts leave the service's machine.")]


class ComposingAnswer(BaseModel):
    """How pictures and words can become one search here."""

    modes: list[Mode]
    captioners: Annotated[list[str], Field(description="Asked in this order.")]
    composers: Annotated[list[str], Field(description="Asked in this order.")]
    all_captioners: list[str]
    all_composers: list[str]
    language_model: LanguageModelAnswer | None
