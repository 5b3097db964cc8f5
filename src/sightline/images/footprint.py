"""How much memory decoding a picture takes, told from its header."""

from __future__ import annotations

from PIL import Image

from sightline.images.formats import Format

# Bytes for each pixel at the worst moment. Pillow keeps RGB in 4 bytes, and a picture may be there
# three times at once: as decoded, with its colours converted, and turned upright.
_JPEG = 12
# Also its alpha, its place on white, or the decoder's own copy in planes.
_OTHER = 20
# What is deeper than 8 bits is brought to them by way of float64.
_DEEP = 48
_DEEP_MODES = frozenset(("I", "F"))
# A progressive JPEG is kept whole, as two-byte coefficients of three channels, until its last scan,
# however small it is decoded.
_PROGRESSIVE = 6


def footprint_bytes(kind: Format, image: Image.Image, whole: tuple[int, int]) -> int:
    """Return an upper estimate of the memory that loading and ``decode`` take for a picture.

    Args:
        kind: Its format.
        image: Opened, not loaded; a JPEG with the size at which it will be decoded.
        whole: Width and height of the whole picture, in pixels.
    """
    pixels = image.width * image.height
    if kind is Format.JPEG:
        coefficients = _PROGRESSIVE * whole[0] * whole[1] if "progressive" in image.info else 0
        return pixels * _JPEG + coefficients
    return pixels * (_DEEP if image.mode in _DEEP_MODES else _OTHER)
