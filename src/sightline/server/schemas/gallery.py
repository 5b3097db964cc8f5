"""What is answered about the gallery as a whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from sightline.server.schemas.composition import ComposingAnswer


class ModelAnswer(BaseModel):
    """A model that has vectors in the gallery."""

    name: str
    vectors: int
    dimensions: int
    precision: str


class ReasonCount(BaseModel):
    """Why files could not be read, and how many."""

    reason: str
    count: int


class FaultAnswer(BaseModel):
    """A file that could not be read."""

    path: str
    reason: str


class FaultsSummary(BaseModel):
    """Files that could not be read."""

    count: int
    reasons: Annotated[list[ReasonCount], Field(description="The most frequent first.")]
    first: Annotated[list[FaultAnswer], Field(description="At most 50.")]


class FaultsAnswer(BaseModel):
    """A part of the files that could not be read, by path."""

    count: int
    faults: list[FaultAnswer]


class LabelCount(BaseModel):
    """A label, and how many pictures have it."""

    label: str
    count: int


class FormatCount(BaseModel):
    """A format, and how many pictures have it."""

    format: str
    count: int


class TakenRange(BaseModel):
    """The first and the last of the pictures' own times."""

    first: str | None
    last: str | None


class GalleryAnswer(BaseModel):
    """What the gallery holds, and what the service lets its callers do."""

    path: str
    images: int
    model: str
    models: list[ModelAnswer]
    knows: Annotated[str, Field(description='What the model knows, such as "photographs".')]
    can_text: Annotated[bool, Field(description="Whether the model reads words.")]
    folders: list[str]
    faults: FaultsSummary
    missing: Annotated[int, Field(description="Pictures without a vector of this model.")]
    index_state: str
    bytes_on_disk: int
    labels: list[LabelCount]
    formats: list[FormatCount]
    taken: TakenRange
    version: str
    max_upload_bytes: int
    examples: Annotated[list[str], Field(description="Texts that are worth a try.")]
    may_index: Annotated[bool, Field(description="Whether folders may be named to index.")]
    composing: ComposingAnswer
