"""Filters as a condition in SQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from sightline.catalog.sqlite import text_column
from sightline.system.paths import absolute
from sightline.types import Filters, Orientation

Value: TypeAlias = "str | bytes | int"
Condition: TypeAlias = "tuple[str, Sequence[Value]]"

_SHAPES = {
    Orientation.LANDSCAPE: "width_px > height_px",
    Orientation.PORTRAIT: "width_px < height_px",
    Orientation.SQUARE: "width_px = height_px",
}
_A_DAY = timedelta(days=1)


def condition(filters: Filters) -> tuple[str, list[Value]]:
    """Return a condition on the table of images, and its parameters. "1" if there is no filter."""
    parts = [_CONDITIONS[field](value) for field, value in filters.given.items()]
    sql = " AND ".join(f"({text})" for text, _ in parts)
    return sql or "1", [value for _, values in parts for value in values]


def _in_folders(folders: Sequence[Path]) -> Condition:
    ranges = [_below(folder) for folder in folders]
    return " OR ".join(text for text, _ in ranges), [v for _, values in ranges for v in values]


def _below(folder: Path) -> Condition:
    # The catalog's paths are absolute, and so without detours such as "/a/../b".
    start = os.path.join(absolute(folder), "")
    # A path is text, or bytes where its name is no Unicode; SQLite never takes one for the other.
    raw = os.fsencode(start)
    end = raw[:-1] + bytes([raw[-1] + 1])
    ranges = "path >= ? AND path < ?"
    try:
        texts = [start.encode().decode(), end.decode()]
    except UnicodeError:  # a folder that is no Unicode itself: all that lies below is bytes
        return ranges, [raw, end]
    return f"{ranges} OR {ranges}", [*texts, raw, end]


def _with_labels(labels: Sequence[str]) -> Condition:
    has_it = "EXISTS (SELECT 1 FROM labels WHERE image_id = images.id AND label = ?)"
    return " AND ".join([has_it] * len(labels)), [text_column(label) for label in labels]


def _of_formats(formats: Sequence[str]) -> Condition:
    marks = ",".join("?" * len(formats))
    return f"upper(format) IN ({marks})", [text_column(name.upper()) for name in formats]


def _shaped(orientation: Orientation) -> Condition:
    return _SHAPES[orientation], []


def _since(column: str, as_stored: Callable[[date], Value], moment: date) -> Condition:
    return f"{column} >= ?", [as_stored(moment)]


def _until(column: str, as_stored: Callable[[date], Value], moment: date) -> Condition:
    if isinstance(moment, datetime):
        return f"{column} <= ?", [as_stored(moment)]
    return f"{column} < ?", [as_stored(moment + _A_DAY)]  # a day is over when the next one begins


def _compared(comparison: str, size_px: int) -> Condition:
    return f"{comparison} ?", [_storable(size_px)]


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


_CONDITIONS: Mapping[str, Callable[[Any], Condition]] = {
    "folders": _in_folders,
    "labels": _with_labels,
    "formats": _of_formats,
    "orientation": _shaped,
    "taken_from": partial(_since, "taken_at", _local),
    "taken_to": partial(_until, "taken_at", _local),
    "modified_from": partial(_since, "mtime_ns", _nanoseconds),
    "modified_to": partial(_until, "mtime_ns", _nanoseconds),
    "min_width_px": partial(_compared, "width_px >="),
    "max_width_px": partial(_compared, "width_px <="),
    "min_height_px": partial(_compared, "height_px >="),
    "max_height_px": partial(_compared, "height_px <="),
}
