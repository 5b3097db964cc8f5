"""The data that crosses Sightline's walls: frozen, typed, without behaviour of its own.

What is made of arrays is loaded when it is first used: who only asks for help need not wait for
numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sightline.types.changes import (
    Batch,
    ChangedImage,
    Fault,
    FoundFile,
    KnownFile,
    Moved,
    NewImage,
    NewVector,
)
from sightline.types.composition import Composition, Mode, Target, Weights
from sightline.types.filters import NO_FILTERS, Filters, Orientation
from sightline.types.pictures import (
    WHOLE,
    Added,
    Browsed,
    Cropped,
    Facets,
    ImageRecord,
    ImageSource,
    Indexed,
    Part,
    PartKind,
    PictureSource,
    Region,
    Skipped,
)
from sightline.types.queries import (
    Hit,
    Judgement,
    Page,
    Query,
    Question,
    SearchResult,
    Step,
)
from sightline.types.reports import GalleryStatus, Limit, Progress, SyncReport

if TYPE_CHECKING:
    from sightline.types.vectors import Ids, ModelSpec, Neighbours, Pixels, Vectors

__all__ = [
    "NO_FILTERS",
    "WHOLE",
    "Added",
    "Batch",
    "Browsed",
    "ChangedImage",
    "Composition",
    "Cropped",
    "Facets",
    "Fault",
    "Filters",
    "FoundFile",
    "GalleryStatus",
    "Hit",
    "Ids",
    "ImageRecord",
    "ImageSource",
    "Indexed",
    "Judgement",
    "KnownFile",
    "Limit",
    "Mode",
    "ModelSpec",
    "Moved",
    "Neighbours",
    "NewImage",
    "NewVector",
    "Orientation",
    "Page",
    "Part",
    "PartKind",
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


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sightline.types import vectors

    return getattr(vectors, name)
