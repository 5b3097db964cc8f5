"""Search a collection of pictures by example, by words, or by both.

>>> from sightline import Gallery, Query
>>> with Gallery.open("holiday.gallery", model="mini") as gallery:
...     gallery.sync(["~/Pictures"])
...     for hit in gallery.search(Query(texts=["a red car"]), k=5):
...         hit.path, hit.score

Names are loaded when they are first used, so that importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sightline.errors import SightlineError
    from sightline.gallery import Gallery
    from sightline.types import (
        Added,
        Browsed,
        Cropped,
        Facets,
        Filters,
        GalleryStatus,
        Hit,
        ImageRecord,
        Indexed,
        Judgement,
        ModelSpec,
        Orientation,
        Progress,
        Query,
        Question,
        Region,
        SearchResult,
        Skipped,
        Step,
        SyncReport,
    )

_HOME = {
    "SightlineError": "sightline.errors",
    "Gallery": "sightline.gallery",
    "Added": "sightline.types",
    "Browsed": "sightline.types",
    "Cropped": "sightline.types",
    "Facets": "sightline.types",
    "Filters": "sightline.types",
    "GalleryStatus": "sightline.types",
    "Hit": "sightline.types",
    "ImageRecord": "sightline.types",
    "Indexed": "sightline.types",
    "Judgement": "sightline.types",
    "ModelSpec": "sightline.types",
    "Orientation": "sightline.types",
    "Progress": "sightline.types",
    "Query": "sightline.types",
    "Question": "sightline.types",
    "Region": "sightline.types",
    "SearchResult": "sightline.types",
    "Skipped": "sightline.types",
    "Step": "sightline.types",
    "SyncReport": "sightline.types",
}

__all__ = [
    "Added",
    "Browsed",
    "Cropped",
    "Facets",
    "Filters",
    "Gallery",
    "GalleryStatus",
    "Hit",
    "ImageRecord",
    "Indexed",
    "Judgement",
    "ModelSpec",
    "Orientation",
    "Progress",
    "Query",
    "Question",
    "Region",
    "SearchResult",
    "SightlineError",
    "Skipped",
    "Step",
    "SyncReport",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
