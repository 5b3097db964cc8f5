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
        GalleryStatus,
        Hit,
        ImageRecord,
        ModelSpec,
        Progress,
        Query,
        Skipped,
        SyncReport,
    )

_HOME = {
    "SightlineError": "sightline.errors",
    "Gallery": "sightline.gallery",
    "GalleryStatus": "sightline.types",
    "Hit": "sightline.types",
    "ImageRecord": "sightline.types",
    "ModelSpec": "sightline.types",
    "Progress": "sightline.types",
    "Query": "sightline.types",
    "Skipped": "sightline.types",
    "SyncReport": "sightline.types",
}

__all__ = [
    "Gallery",
    "GalleryStatus",
    "Hit",
    "ImageRecord",
    "ModelSpec",
    "Progress",
    "Query",
    "SightlineError",
    "Skipped",
    "SyncReport",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOME[name]), name)
