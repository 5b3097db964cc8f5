"""The only room that opens picture files: find them, read them, hash them, decode them.

``find`` walks folders, ``read`` brings in a file once, ``bytes_hash`` names its content, and
``decode`` turns it into upright sRGB pixels. Whatever a broken or hostile file does, what comes
out is either a picture or an ``ImageUnreadableError`` with a reason in plain words.
"""

from __future__ import annotations

from sightline.images.decoding import DEFAULT_MAX_MEGAPIXELS, Decoded, decode
from sightline.images.finding import Source, find, has_picture_ending, sources_of
from sightline.images.hashing import bytes_hash
from sightline.images.reading import read
from sightline.images.thumbnails import thumbnail
from sightline.types import FoundFile

__all__ = [
    "DEFAULT_MAX_MEGAPIXELS",
    "Decoded",
    "FoundFile",
    "Source",
    "bytes_hash",
    "decode",
    "find",
    "has_picture_ending",
    "read",
    "sources_of",
    "thumbnail",
]
