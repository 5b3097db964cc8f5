"""How a composed search came about, as OpenAPI describes it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field

from sightline.types.composition import Composition, Mode, Target


class _FromDataclass(BaseModel):
    """A view of one of the dataclasses of ``sightline.types.composition``, field by name."""

    model_config = ConfigDict(from_attributes=True)


class StepAnswer(_FromDataclass):
    """One step on the way to what a composed search looks for."""

    name: Annotated[str, Field(description='"picture", "caption", "compose", "words" ...')]
    source: Annotated[str, Field(description="What did it.")]
    milliseconds: Annotated[float, AfterValidator(lambda spent: round(spent, 3))]
    tokens_sent: Annotated[
        int,
        Field(
            description="To a language model.", validation_alias=AliasPath("cost", "tokens_sent")
        ),
    ]
    tokens_received: Annotated[int, Field(validation_alias=AliasPath("cost", "tokens_received"))]


class FellBackAnswer(_FromDataclass):
    """Something that was asked first and could not answer."""

    step: str
    name: str
    reason: str


class WeightsAnswer(_FromDataclass):
    """How much each part of a composed search counts."""

    target: float
    desired: float
    preserve: float
    image: float
    forbidden: float


class CompositionAnswer(_FromDataclass):
    """How a picture and words became one search: every part, to look at, edit and send back."""

    mode: Mode
    instruction: str
    caption: Annotated[str, Field(description="What the picture was said to show.")]
    captioner: Annotated[str, Field(description='What said so; "given", or "" if nothing had to.')]
    target: Annotated[
        str, Field(description="What is wanted.", validation_alias=AliasPath("target", "text"))
    ]
    desired: Annotated[list[str], Field(validation_alias=AliasPath("target", "desired"))]
    preserve: Annotated[list[str], Field(validation_alias=AliasPath("target", "preserve"))]
    forbidden: Annotated[list[str], Field(validation_alias=AliasPath("target", "forbidden"))]
    paraphrases: Annotated[list[str], Field(validation_alias=AliasPath("target", "paraphrases"))]
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
        """Return a composition as it is answered; without a target all of its parts are empty."""
        target = composition.target or Target("")
        return cls.model_validate(replace(composition, target=target))


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
