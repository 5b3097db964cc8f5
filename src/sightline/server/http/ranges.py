"""Which part of a file a request wants (RFC 9110, section 14), and whether it has it already."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes ``start`` to ``end``, the end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Unsatisfiable:
    """There is nothing in the range that is wanted."""


def wanted_part(headers: Headers, size: int, etag: str) -> Part | Unsatisfiable | None:
    """Return which part of a file is wanted; None for all of it.

    Several ranges at once, and units other than bytes, are answered with the whole, as the
    standard allows. So is a part of another version.

    Args:
        headers: Of the request.
        size: Of the file.
        etag: Of the file, in quotes.
    """
    condition = headers.get("if-range")
    match = _ONE_RANGE.fullmatch(headers.get("range", "").strip())
    if match is None or (condition is not None and condition != etag):
        return None
    first, last = match.groups()
    if not first and not last:
        return None
    if not first:  # the last so many bytes
        count = min(int(last), size)
        return Part(size - count, size) if count else Unsatisfiable()
    start = int(first)
    if last and int(last) < start:
        return None
    end = min(int(last) + 1, size) if last else size
    return Part(start, end) if start < size else Unsatisfiable()


def has_it(headers: Headers, etag: str) -> bool:
    """Return whether If-None-Match names this version, so that 304 is the answer."""
    known = headers.get("if-none-match")
    if known is None:
        return False
    names = [name.strip().removeprefix("W/") for name in known.split(",")]
    return etag in names or "*" in names
