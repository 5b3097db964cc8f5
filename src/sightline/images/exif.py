"""The two facts that Sightline takes from EXIF, read without trusting a single offset.

Pillow's reader parses every tag, warns about broken ones, and costs as much as decoding a small
picture; two directories and two tags need less. Source: EXIF 2.32 (CIPA DC-008), section 4.6.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import datetime

_ORIENTATION = 0x0112
_EXIF_DIRECTORY = 0x8769
_DATE_TIME_ORIGINAL = 0x9003
_ASCII, _SHORT, _LONG, _DIRECTORY = 2, 3, 4, 13
_DATE_BYTES = 19
_WANTED = frozenset((_ORIENTATION, _EXIF_DIRECTORY, _DATE_TIME_ORIGINAL))
_DATE = re.compile(rb"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_XMP_ORIENTATION = re.compile(rb"tiff:Orientation(?:=[\"']|>)([1-8])")


@dataclass(frozen=True, slots=True)
class Facts:
    """What EXIF says.

    Attributes:
        orientation: 1 to 8, as EXIF numbers them; 1 is upright and the default.
        taken_at: ISO 8601 local time, or None.
    """

    orientation: int = 1
    taken_at: str | None = None


NO_FACTS = Facts()


def read_facts(block: bytes) -> Facts:
    """Return what an EXIF block or a whole TIFF file says; broken parts count as absent.

    Args:
        block: From the byte order mark on, or with "Exif" and two zero bytes before it.
    """
    while block.startswith(b"Exif\0\0"):
        block = block[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return NO_FACTS
    top = _directory(block, order, struct.unpack_from(order + "I", block, 4)[0])
    orientation = _number(top.get(_ORIENTATION), order)
    inner_offset = _number(top.get(_EXIF_DIRECTORY), order)
    inner = _directory(block, order, inner_offset) if inner_offset else {}
    return Facts(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        taken_at=_date(block, inner.get(_DATE_TIME_ORIGINAL), order),
    )


def xmp_orientation(packet: bytes) -> int:
    """Return the orientation that an XMP packet gives, or 1. It counts where EXIF is silent."""
    match = _XMP_ORIENTATION.search(packet)
    return int(match[1]) if match else 1


def iso_time(text: bytes) -> str | None:
    """Return EXIF's "2024:05:31 23:59:58" as ISO 8601, or None where it is no real time."""
    match = _DATE.match(text)
    if not match:
        return None
    try:
        return datetime(*(int(part) for part in match.groups())).isoformat()  # type: ignore[arg-type]
    except ValueError:  # cameras without a clock write 0000:00:00, and some the 31st of June
        return None


def _directory(block: bytes, order: str, offset: int) -> dict[int, tuple[int, int, bytes]]:
    """Return tag -> (type, count, four bytes of value or offset), for the tags we want."""
    if not 8 <= offset <= len(block) - 2:
        return {}
    (count,) = struct.unpack_from(order + "H", block, offset)
    entries = block[offset + 2 : offset + 2 + 12 * count]
    whole = entries[: len(entries) // 12 * 12]
    return {
        tag: (kind, number, value)
        for tag, kind, number, value in struct.iter_unpack(order + "HHI4s", whole)
        if tag in _WANTED
    }


def _number(entry: tuple[int, int, bytes] | None, order: str) -> int:
    if entry is None or entry[0] not in (_SHORT, _LONG, _DIRECTORY):
        return 0
    code = "H" if entry[0] == _SHORT else "I"
    return int(struct.unpack_from(order + code, entry[2])[0])


def _date(block: bytes, entry: tuple[int, int, bytes] | None, order: str) -> str | None:
    if entry is None or entry[0] != _ASCII or entry[1] < _DATE_BYTES:
        return None
    (offset,) = struct.unpack(order + "I", entry[2])
    return iso_time(block[offset : offset + _DATE_BYTES])
