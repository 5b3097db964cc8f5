"""What is done to a picture before its tower sees it.

The result equals that of the Hugging Face image processors' Pillow back end, whose order of steps
and rounding this follows: resize (the long edge is cut to an integer, not rounded), centre crop
(an odd margin loses its extra pixel at the end; a small picture is padded with black), rescale,
normalise. Source: ``transformers/image_processing_backends.py``, class ``PilBackend``. Models of
open_clip are prepared as torchvision does it, which rounds margins otherwise. Source: open_clip's
``transform.py``; ``torchvision/transforms/functional.py``. Reading configs is in ``processors``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.pictures.processors import read_preprocessing
from sightline.encoders.pictures.steps import Fit, Margins, Preprocessing, Size
from sightline.types import Pixels

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["Preparer", "Preprocessing", "Size", "read_preprocessing"]

# A sliver such as 1 x 20,000 pixels would be blown up to gigabytes before its middle is cut out.
# Above this size only the middle is resampled. Pillow may then do its two passes in the other
# order, which rounds otherwise: about one 8-bit step on photographs.
_WHOLE_RESIZE_LIMIT_PX = 16_000_000


class Preparer:
    """Applies a ``Preprocessing``. Holds a small table; safe to share by threads."""

    def __init__(self, steps: Preprocessing) -> None:
        self._steps = steps
        # A resized picture is still 8-bit, so rescale and normalise have 256 answers a channel:
        # looking them up is quicker than computing them, and exact.
        levels = (np.arange(256, dtype=np.float64) * steps.scale).astype(np.float32)
        mean, deviation = (np.array(v, dtype=np.float32) for v in (steps.mean, steps.deviation))
        self._levels = (levels[None, :] - mean[:, None]) / deviation[:, None]

    def prepare(self, image: Image.Image) -> Pixels:
        """Return the picture as the tower takes it, shape (3, height, width), float32."""
        bands = _cropped(_resized(_rgb(image), self._steps), self._steps)
        pixels = np.empty(bands.shape, dtype=np.float32)
        for channel in range(3):
            np.take(self._levels[channel], bands[channel], out=pixels[channel], mode="clip")
        return pixels


def _rgb(image: Image.Image) -> Image.Image:
    """The picture in RGB, transparency on white."""
    if image.mode == "RGB":
        return image
    if "A" not in image.getbands() and image.info.get("transparency") is None:
        return image.convert("RGB")
    from PIL import Image as PillowImage

    layer = image.convert("RGBA")
    white = PillowImage.new("RGBA", layer.size, (255, 255, 255, 255))
    return PillowImage.alpha_composite(white, layer).convert("RGB")


def _resized(image: Image.Image, steps: Preprocessing) -> Image.Image:
    size = _size_after_resize(image, steps)
    if size.height * size.width > _WHOLE_RESIZE_LIMIT_PX and steps.crop is not None:
        return _resized_middle(image, size, steps)
    if (size.width, size.height) == image.size:
        return image
    from PIL import Image as PillowImage

    return image.resize((size.width, size.height), PillowImage.Resampling(steps.resample))


def _size_after_resize(image: Image.Image, steps: Preprocessing) -> Size:
    if steps.squash is not None:
        return steps.squash
    if steps.fit and steps.crop is not None:
        ratios = (image.height / steps.crop.height, image.width / steps.crop.width)
        ratio = min(ratios) if steps.fit is Fit.COVER else max(ratios)
        # Of a sliver nothing would be left; torchvision refuses it, so any answer is as good.
        return Size(max(1, round(image.height / ratio)), max(1, round(image.width / ratio)))
    if steps.shortest_px is None:
        return Size(image.height, image.width)
    short, long = sorted(image.size)
    long_px = int(steps.shortest_px * long / short)
    upright = image.width <= image.height
    return Size(long_px, steps.shortest_px) if upright else Size(steps.shortest_px, long_px)


def _resized_middle(image: Image.Image, size: Size, steps: Preprocessing) -> Image.Image:
    """The part of a very long picture, resized, that a centre crop can see."""
    from PIL import Image as PillowImage

    upright = size.width <= size.height
    long_px = max(size.height, size.width)
    kept_px = min(long_px, steps.output.height if upright else steps.output.width)
    scale = max(image.size) / long_px
    start = _margin(long_px - kept_px, steps.margins) * scale
    end = min(start + kept_px * scale, max(image.size))
    kept = (size.width, kept_px) if upright else (kept_px, size.height)
    box = (0, start, image.width, end) if upright else (start, 0, end, image.height)
    return image.resize(kept, PillowImage.Resampling(steps.resample), box=box)


def _cropped(image: Image.Image, steps: Preprocessing) -> NDArray[np.uint8]:
    """The middle of a picture, shape (3, height, width), padded where it is short."""
    rows = np.asarray(image)
    crop = steps.crop
    if crop is not None and (crop.height, crop.width) != rows.shape[:2]:
        rows = _centred(rows, crop, steps)
    return rows.transpose(2, 0, 1)


def _centred(rows: NDArray[np.uint8], crop: Size, steps: Preprocessing) -> NDArray[np.uint8]:
    top = _margin(rows.shape[0] - crop.height, steps.margins)
    left = _margin(rows.shape[1] - crop.width, steps.margins)
    cut = rows[max(top, 0) : max(top, 0) + crop.height, max(left, 0) : max(left, 0) + crop.width]
    if cut.shape[:2] == (crop.height, crop.width):
        return cut
    padded = np.full((crop.height, crop.width, 3), steps.fill, dtype=np.uint8)
    first_row, first_column = max(-top, 0), max(-left, 0)
    padded[first_row : first_row + cut.shape[0], first_column : first_column + cut.shape[1]] = cut
    return padded


def _margin(spare: int, margins: Margins) -> int:
    """Where a crop begins, of ``spare`` pixels too many; below 0 where they are too few."""
    if margins is Margins.CUT:
        return spare // 2
    return round(spare / 2) if spare >= 0 else -(-spare // 2)
