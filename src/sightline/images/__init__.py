"""The only room that opens picture files: find them, read them, hash them, decode them.

``find`` walks folders, ``read`` brings in a file once, ``bytes_hash`` names its content, and
``decode`` turns it into upright sRGB pixels. Whatever a broken or hostile file does, what comes
out is either a picture or an ``ImageUnreadableError`` with a reason in plain words.
"""

from __future__ import annotations

from sightline.images.decoding import DEFAULT_MAX_MEGAPIXELS, Decoded, decode, size_as_shown
from sightline.images.finding import Source, find, has_picture_ending, sources_of
from sightline.images.reading import bytes_hash, read
from sightline.images.sheets import thumbnail
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
    "size_as_shown",
    "sources_of",
    "thumbnail",
]
