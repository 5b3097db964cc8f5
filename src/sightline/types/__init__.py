"""The data that crosses Sightline's walls: frozen, typed, without behaviour of its own."""

from __future__ import annotations

from sightline.types.composition import Composition, Mode, Target, Weights
from sightline.types.pictures import (
    Added,
    Browsed,
    Cropped,
    Facets,
    ImageRecord,
    ImageSource,
    Indexed,
    PictureSource,
    Region,
    Skipped,
)
from sightline.types.queries import (
    NO_FILTERS,
    Filters,
    Hit,
    Judgement,
    Orientation,
    Query,
    Question,
    SearchResult,
    Step,
)
from sightline.types.reports import GalleryStatus, Limit, Progress, SyncReport
from sightline.types.vectors import Ids, ModelSpec, Neighbours, Pixels, Vectors

__all__ = [
    "NO_FILTERS",
    "Added",
    "Browsed",
    "Composition",
    "Cropped",
    "Facets",
    "Filters",
    "GalleryStatus",
    "Hit",
    "Ids",
    "ImageRecord",
    "ImageSource",
    "Indexed",
    "Judgement",
    "Limit",
    "Mode",
    "ModelSpec",
    "Neighbours",
    "Orientation",
    "PictureSource",
    "Pixels",
    "Progress",
    "Query",
    "Question",
    "Region",
    "SearchResult",
    "Skipped",
    "Step",
    "SyncReport",
    "Target",
    "Vectors",
    "Weights",
]
