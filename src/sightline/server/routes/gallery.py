"""The gallery as a whole: what it holds, and what could not be read."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from sightline import __version__
from sightline.composed import WordsSettings
from sightline.composed.registry import (
    CAPTIONERS,
    COMPOSERS,
    asked_captioners,
    asked_composers,
)
from sightline.protocols import TextEncoder
from sightline.server.routes.jobs import may_index
from sightline.server.schemas.answers import FaultAnswer, shown
from sightline.server.schemas.composition import ComposingAnswer, LanguageModelAnswer
from sightline.server.service import ServiceDep
from sightline.types import Facets, GalleryStatus
from sightline.types.composition import Mode

_FAULTS_SHOWN = 50
_EXAMPLES = (
    "a sailboat at sunset",
    "a red car in the snow at night",
    "hot air balloons over the mountains",
    "a black cat under a starry sky",
    "a white horse in a meadow",
    "a lighthouse in a storm",
)

router = APIRouter(tags=["gallery"])


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


@router.get("/gallery", summary="What the gallery holds")
def gallery(service: ServiceDep) -> GalleryAnswer:
    """Counts, models, folders, faults, what can be filtered by, and what callers may do."""
    opened = service.gallery
    status, facets = opened.status(), opened.facets()
    return GalleryAnswer(
        model=opened.model_name,
        knows=opened.domain,
        can_text=isinstance(opened.encoder, TextEncoder),
        missing=opened.missing(),
        version=__version__,
        max_upload_bytes=service.settings.max_upload_bytes,
        examples=list(_EXAMPLES) if opened.domain == "drawn scenes" else [],
        may_index=may_index(service.settings),
        composing=_composing(service.words),
        **_status_fields(status),
        **_facet_fields(facets),
    )


@router.get("/gallery/faults", summary="What could not be read")
def faults(
    service: ServiceDep,
    offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> FaultsAnswer:
    """Files that could not be read, with reasons, by path."""
    known = service.gallery.status().faults
    return FaultsAnswer(
        count=len(known), faults=[FaultAnswer.of(fault) for fault in known[offset : offset + limit]]
    )


def _composing(words: WordsSettings) -> ComposingAnswer:
    chat = words.chat
    return ComposingAnswer(
        modes=list(Mode),
        captioners=asked_captioners(words),
        composers=asked_composers(words),
        all_captioners=list(CAPTIONERS.names()),
        all_composers=list(COMPOSERS.names()),
        language_model=None
        if chat is None
        else LanguageModelAnswer(model=chat.model, is_remote=chat.is_remote),
    )


def _status_fields(status: GalleryStatus) -> dict[str, Any]:
    reasons = Counter(fault.reason for fault in status.faults).most_common()
    return {
        "path": shown(status.path),
        "images": status.images,
        "models": [
            ModelAnswer(
                name=spec.name,
                vectors=count,
                dimensions=spec.dimensions,
                precision=spec.precision,
            )
            for spec, count in status.models.items()
        ],
        "folders": [shown(folder) for folder in status.folders],
        "faults": FaultsSummary(
            count=len(status.faults),
            reasons=[ReasonCount(reason=reason, count=count) for reason, count in reasons],
            first=[FaultAnswer.of(fault) for fault in status.faults[:_FAULTS_SHOWN]],
        ),
        "index_state": status.index_state,
        "bytes_on_disk": status.bytes_on_disk,
    }


def _facet_fields(facets: Facets) -> dict[str, Any]:
    return {
        "labels": [LabelCount(label=name, count=count) for name, count in facets.labels.items()],
        "formats": [FormatCount(format=name, count=n) for name, n in facets.formats.items()],
        "taken": TakenRange(first=facets.first_taken, last=facets.last_taken),
    }
