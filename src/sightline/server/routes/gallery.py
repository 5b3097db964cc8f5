"""The gallery as a whole: what it holds, and what could not be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query

from sightline import __version__
from sightline.composed import WordsSettings
from sightline.composed.captioners import captioner_names
from sightline.composed.composers import composer_names
from sightline.composed.registry import asked_captioners, asked_composers
from sightline.protocols import TextEncoder
from sightline.server.routes.jobs import may_index
from sightline.server.schemas.answers import shown
from sightline.server.schemas.composition import ComposingAnswer, LanguageModelAnswer
from sightline.server.schemas.gallery import (
    FaultAnswer,
    FaultsAnswer,
    FaultsSummary,
    FormatCount,
    GalleryAnswer,
    LabelCount,
    ModelAnswer,
    ReasonCount,
    TakenRange,
)
from sightline.server.service import ServiceDep
from sightline.types import Facets, GalleryStatus, Skipped
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
    return FaultsAnswer(count=len(known), faults=_shown(known[offset : offset + limit]))


def _composing(words: WordsSettings) -> ComposingAnswer:
    chat = words.chat
    return ComposingAnswer(
        modes=list(Mode),
        captioners=asked_captioners(words),
        composers=asked_composers(words),
        all_captioners=list(captioner_names()),
        all_composers=list(composer_names()),
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
            first=_shown(status.faults[:_FAULTS_SHOWN]),
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


def _shown(faults: Sequence[Skipped]) -> list[FaultAnswer]:
    return [FaultAnswer(path=shown(fault.path), reason=fault.reason) for fault in faults]
