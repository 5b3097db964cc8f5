"""Filters as a condition in SQL."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TypeAlias

from sightline.catalog.sqlite import text_column
from sightline.types import Filters, Orientation

Value: TypeAlias = "str | bytes | int"
Condition: TypeAlias = "tuple[str, Sequence[Value]]"

_SHAPES = {
    Orientation.LANDSCAPE: "width_px > height_px",
    Orientation.PORTRAIT: "width_px < height_px",
    Orientation.SQUARE: "width_px = height_px",
}
_SIZES = {
    "min_width_px": "width_px >= ?",
    "max_width_px": "width_px <= ?",
    "min_height_px": "height_px >= ?",
    "max_height_px": "height_px <= ?",
}
_A_DAY = timedelta(days=1)


def condition(filters: Filters) -> tuple[str, list[Value]]:
    """Return a condition on the table of images, and its parameters. "1" if there is no filter."""
    parts = [*_by_name(filters), *_by_time(filters), *_by_shape(filters)]
    sql = " AND ".join(f"({text})" for text, _ in parts)
    return sql or "1", [value for _, values in parts for value in values]


def _by_name(filters: Filters) -> Iterator[Condition]:
    if filters.folders:
        ranges = [_below(folder) for folder in filters.folders]
        yield " OR ".join(text for text, _ in ranges), [v for _, values in ranges for v in values]
    for label in filters.labels:
        has_it = "EXISTS (SELECT 1 FROM labels WHERE image_id = images.id AND label = ?)"
        yield has_it, [text_column(label)]
    if filters.formats:
        marks = ",".join("?" * len(filters.formats))
        yield f"upper(format) IN ({marks})", [text_column(name.upper()) for name in filters.formats]


def _below(folder: Path) -> Condition:
    # A path is text, or bytes where its name is no Unicode; SQLite never takes one for the other.
    start = os.path.join(str(folder), "")
    raw = os.fsencode(start)
    end = raw[:-1] + bytes([raw[-1] + 1])
    ranges = "path >= ? AND path < ?"
    try:
        texts = [start.encode().decode(), end.decode()]
    except UnicodeError:  # a folder that is no Unicode itself: all that lies below is bytes
        return ranges, [raw, end]
    return f"{ranges} OR {ranges}", [*texts, raw, end]


def _by_time(filters: Filters) -> Iterator[Condition]:
    if filters.taken_from is not None:
        yield "taken_at >= ?", [_local(filters.taken_from)]
    if filters.taken_to is not None:
        yield f"taken_at {_before(filters.taken_to)} ?", [_local(_end(filters.taken_to))]
    if filters.modified_from is not None:
        yield "mtime_ns >= ?", [_nanoseconds(filters.modified_from)]
    if filters.modified_to is not None:
        end = _nanoseconds(_end(filters.modified_to))
        yield f"mtime_ns {_before(filters.modified_to)} ?", [end]


def _by_shape(filters: Filters) -> Iterator[Condition]:
    if filters.orientation is not None:
        yield _SHAPES[filters.orientation], []
    for name, text in _SIZES.items():
        size = getattr(filters, name)
        if size is not None:
            yield text, [_storable(size)]


def _before(moment: date) -> str:
    """Return how to compare with ``_end``: a day is over when the next one begins."""
    return "<=" if isinstance(moment, datetime) else "<"


def _end(moment: date) -> date:
    return moment if isinstance(moment, datetime) else moment + _A_DAY


def _local(moment: date) -> str:
    """Return a time as the catalog has it: ISO 8601 without a zone."""
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        moment = moment.astimezone().replace(tzinfo=None)
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else str(moment)


def _nanoseconds(moment: date) -> int:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time())
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return _storable((since // timedelta(microseconds=1)) * 1000)


def _storable(number: int) -> int:
    """Return the nearest number that SQLite can hold; none beyond it is in the catalog."""
    return max(-(2**63), min(2**63 - 1, int(number)))
