"""The picture formats that Sightline reads, told by how a file begins, never by its name."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import Literal

HEAD_BYTES = 64
"""How much of a file ``sniff`` wants to see."""


class Format(StrEnum):
    """A format that is decoded. Everything else is refused before a decoder sees it."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WEBP"
    AVIF = "AVIF"
    HEIF = "HEIF"
    TIFF = "TIFF"
    GIF = "GIF"
    BMP = "BMP"


ENDINGS = frozenset(
    ".jpg .jpeg .jpe .jfif .jif .jfi .pjpeg .pjp .png .apng .webp .avif .avifs .heic .heif .heics "
    ".heifs .hif .tif .tiff .gif .bmp .dib".split()
)
"""Lower-case endings that make a file in a folder worth trying."""

_HEIF_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)
_AVIF_BRANDS = frozenset((b"avif", b"avis"))
_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BMP_HEADER_BYTES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))

# What turns up among pictures, or under a picture's name, without being one.
_STRANGERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF", "a PDF"),
    (0, b"%!PS", "PostScript"),
    (0, b"\xc5\xd0\xd3\xc6", "PostScript"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"gimp xcf", "a GIMP document"),
    (0, b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (0, b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (0, b"\0\0\x01\0", "an icon"),
    (0, b"FUJIFILMCCD-RAW", "a raw file of a camera"),
    (0, b"IIU\0", "a raw file of a camera"),
    (8, b"CR\x02", "a raw file of a camera"),
    (8, b"AVI ", "a film"),
    (8, b"WAVE", "a sound file"),
    (4, b"ftypcrx ", "a raw file of a camera"),
    (4, b"ftyp", "a film"),
    (4, b"moov", "a film"),
    (0, b"\x1aE\xdf\xa3", "a film"),
    (0, b"\0\0\x01\xba", "a film"),
    (0, b"ID3", "a sound file"),
    (0, b"OggS", "a sound file"),
    (0, b"\x7fELF", "a program"),
    (0, b"MZ", "a program"),
    (0, b"SQLite format 3", "a database"),
    (0, b"\0\x05\x16\x07", "macOS's side file of another file"),
    (0, b"version https://git-lfs", "a Git LFS pointer: `git lfs pull` fetches the picture"),
)


def sniff(head: bytes) -> Format | None:
    """Return the format whose signature a file begins with, or None.

    Args:
        head: The first ``HEAD_BYTES`` of the file, or all of a shorter one.
    """
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if head.startswith(b"RIFF") and head[8:15] == b"WEBPVP8":
        return Format.WEBP
    if head.startswith(_TIFF_MAGIC) and head[8:11] != b"CR\x02":
        return Format.TIFF
    if head[4:8] == b"ftyp":
        return _sniff_brands(head)
    if head.startswith(b"BM") and head[14:15] and head[14] in _BMP_HEADER_BYTES:
        return Format.BMP
    return None


def _sniff_brands(head: bytes) -> Format | None:
    length = int.from_bytes(head[:4], "big")
    major = head[8:12]
    brands = {major, *(head[i : i + 4] for i in range(16, min(length, len(head) - 3), 4))}
    # AVIF first: its files name HEIF's container brand (mif1) beside their own.
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    return Format.HEIF if brands & _HEIF_BRANDS and major != b"crx " else None


def describe_stranger(head: bytes) -> str:
    """Say in a phrase why a file that ``sniff`` does not know is refused."""
    kind = _kind_of_stranger(head)
    refusal = "it is not a picture that Sightline reads"
    return f"{refusal} (it begins like {kind})" if kind else refusal


def _kind_of_stranger(head: bytes) -> str | None:
    for offset, magic, kind in _STRANGERS:
        if head.startswith(magic, offset):
            return kind
    if not head.strip(b"\0"):
        return "a file whose content was lost: it is all zeros"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"<":
        return "an SVG drawing" if b"<svg" in text else "a web page or XML"
    if all(byte >= 0x20 or byte in b"\t\r\n" for byte in head):
        return "text"
    return None


def webp_size_px(head: bytes) -> tuple[int, int] | None:
    """Return (width, height) from a WebP header of at least 30 bytes, or None.

    libwebp takes memory for the whole canvas as soon as a decoder is made, so the size has to be
    known before that. Source: the WebP container specification and RFC 6386, section 9.1.
    """
    chunk = head[12:16]
    if len(head) < 30:
        return None
    if chunk == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if chunk == b"VP8L" and head[20] == 0x2F:
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None


def is_cut_off(kind: Format, data: bytes) -> bool:
    """Say whether a file that could not be decoded ends before its format says it should."""
    size = len(data)
    match kind:
        case Format.JPEG:
            return not data.rstrip(b"\0\r\n").endswith(b"\xff\xd9")
        case Format.PNG:
            return b"IEND" not in data[-64:]
        case Format.GIF:
            return not data.rstrip(b"\0").endswith(b";")
        case Format.WEBP:
            return size < int.from_bytes(data[4:8], "little") + 8
        case Format.BMP:
            return size < int.from_bytes(data[2:6], "little")
        case Format.AVIF | Format.HEIF:
            return _boxes_end(data) > size
        case Format.TIFF:
            return _first_directory_end(data) > size


def _first_directory_end(data: bytes) -> int:
    order: Literal["little", "big"] = "little" if data.startswith(b"II") else "big"
    if len(data) < 8 or 43 in data[2:4]:  # BigTIFF
        return 8
    offset = int.from_bytes(data[4:8], order)
    entries = int.from_bytes(data[offset : offset + 2], order)
    return offset + 2 + 12 * entries + 4


def _boxes_end(data: bytes) -> int:
    end = 0
    while end + 8 <= len(data):
        length = int.from_bytes(data[end : end + 4], "big")
        if length == 1:
            length = int.from_bytes(data[end + 8 : end + 16], "big")
        if length < 8:  # 0: up to the end of the file; 2..7: nonsense
            return len(data)
        end += length
    return end
