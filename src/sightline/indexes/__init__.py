"""Vector indexes. An index is derived from the catalog, and can be thrown away at any time."""

from sightline.indexes.catch_up import (
    CaughtUp,
    OpenedIndex,
    catch_up,
    fill,
    index_state,
    open_index,
)
from sightline.indexes.exact import ExactIndex
from sightline.indexes.store import IndexState, StoredIndex, clear_stale, load, save

__all__ = [
    "CaughtUp",
    "ExactIndex",
    "IndexState",
    "OpenedIndex",
    "StoredIndex",
    "catch_up",
    "clear_stale",
    "fill",
    "index_state",
    "load",
    "open_index",
    "save",
]
