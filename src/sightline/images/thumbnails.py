"""Small versions of pictures, for sheets and pages."""

from __future__ import annotations

from PIL import Image

from sightline.errors import InvalidValueError
from sightline.images.colours import to_srgb

_REDUCING_GAP = 3.0  # beyond it Pillow shrinks by whole numbers first, with no visible difference


def thumbnail(image: Image.Image, longest_px: int) -> Image.Image:
    """Return a picture as a new RGB one that fits a square, its proportions kept, never enlarged.

    Args:
        image: As ``decode`` gives it; other modes are converted. It is not changed.
        longest_px: The longest edge of the result, at most.

    Raises:
        InvalidValueError: longest_px is below 1.
    """
    if longest_px < 1:
        raise InvalidValueError("longest_px", longest_px, "1 or more")
    rgb = to_srgb(image)
    width, height = rgb.size
    scale = longest_px / max(width, height)
    if scale >= 1:
        return rgb.copy()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return rgb.resize(size, Image.Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)
