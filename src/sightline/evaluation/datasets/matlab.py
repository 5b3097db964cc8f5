"""Just enough of MATLAB's level 5 files to read the table of classes in ImageNet's devkit.

After "MAT-File Format" (The MathWorks): a header of 128 bytes, then elements with a tag of 8 bytes;
small ones keep their data in the tag itself. Only what a struct array of text and numbers needs is
understood, and little-endian files, which all of today's are.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightline.errors import AnnotationsUnreadableError, NotReadableError

_HEADER_BYTES = 128
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _CHAR = 1, 2, 4
_NUMBERS = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8"}
_NUMBERS |= {12: "<i8", 13: "<u8"}
_TEXT = {16: "utf-8", 17: "utf-16-le", 18: "utf-32-le", 4: "utf-16-le", 2: "latin-1"}

Value = str | float | None


@dataclass(frozen=True, slots=True)
class _Element:
    kind: int
    data: bytes


def read_struct(path: Path, name: str) -> list[dict[str, Value]]:
    """Return a struct array as one dict for each of its entries.

    Fields are text or single numbers; any other is None.

    Raises:
        NotReadableError: the file cannot be read.
        AnnotationsUnreadableError: it is not such a file, or has no struct of that name.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotReadableError(path, error.strerror or str(error)) from error
    try:
        for element in _elements(content[_HEADER_BYTES:]):
            found = _named_struct(element, name)
            if found is not None:
                return found
    except (struct.error, zlib.error, ValueError, IndexError) as error:
        raise AnnotationsUnreadableError(path, "it is not a MATLAB file of level 5") from error
    raise AnnotationsUnreadableError(path, f"it has no struct {name!r}")


def _elements(data: bytes) -> Iterator[_Element]:
    offset = 0
    while offset + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, offset)
        if kind >> 16:  # a small element: its size is in the upper half of the first word
            kind, size = kind & 0xFFFF, kind >> 16
            yield _Element(kind, data[offset + 4 : offset + 4 + size])
            offset += 8
            continue
        body = data[offset + 8 : offset + 8 + size]
        if len(body) < size:
            raise ValueError("cut off")
        offset += 8 + size
        if kind == _COMPRESSED:
            yield from _elements(zlib.decompress(body))
        else:
            offset += -size % 8
            yield _Element(kind, body)


def _named_struct(element: _Element, name: str) -> list[dict[str, Value]] | None:
    if element.kind != _MATRIX:
        return None
    parts = list(_elements(element.data))
    of_class = parts[0].data[0]
    if of_class != _STRUCT or parts[2].data.decode("ascii") != name:
        return None
    width = struct.unpack("<i", parts[3].data[:4])[0]
    fields = [
        parts[4].data[start : start + width].split(b"\0")[0].decode("ascii")
        for start in range(0, len(parts[4].data), width)
    ]
    values = [_value(part) for part in parts[5:]]
    return [
        dict(zip(fields, values[start : start + len(fields)], strict=True))
        for start in range(0, len(values), len(fields))
    ]


def _value(element: _Element) -> Value:
    parts = list(_elements(element.data))
    if element.kind != _MATRIX or len(parts) < 4 or parts[0].data[0] == _CELL:
        return None
    data = parts[3]
    if parts[0].data[0] == _CHAR:
        return data.data.decode(_TEXT[data.kind])
    if data.kind not in _NUMBERS:
        return None
    numbers = np.frombuffer(data.data, dtype=_NUMBERS[data.kind])
    return float(numbers[0]) if len(numbers) == 1 else None
