"""What is done to a picture before its tower sees it, as ``preprocessor_config.json`` says.

The result equals that of the Hugging Face image processors' Pillow back end, whose order of steps
and rounding this follows: resize (the long edge is cut to an integer, not rounded), centre crop
(an odd margin loses its extra pixel at the end; a small picture is padded with black), rescale,
normalise. Source: ``transformers/image_processing_backends.py``, class ``PilBackend``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.digests import digest_of_text
from sightline.encoders.files import PREPROCESSOR, ModelFolder
from sightline.types import Pixels

if TYPE_CHECKING:
    from PIL import Image

# A sliver such as 1 x 20,000 pixels would be blown up to gigabytes before its middle is cut out.
# Above this size only the middle is resampled. Pillow may then do its two passes in the other
# order, which rounds otherwise: about one 8-bit step on photographs.
_WHOLE_RESIZE_LIMIT_PX = 16_000_000


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    height: int
    width: int


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The steps from an RGB picture to a tower's input.

    Attributes:
        shortest_px: Resize so that the shortest edge has this length; None not to.
        squash: Resize to exactly this, whatever the shape; None not to.
        resample: Pillow's number of a filter.
        crop: Cut this out of the middle; None not to.
        scale: The factor that brings 0..255 to the range of mean and deviation.
        mean: One for each of red, green and blue.
        deviation: Likewise.
    """

    shortest_px: int | None
    squash: Size | None
    resample: int
    crop: Size | None
    scale: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]

    @property
    def output(self) -> Size:
        """The size of every prepared picture."""
        size = self.crop or self.squash
        return size if size else Size(0, 0)

    @property
    def input_px(self) -> int:
        """The shortest edge that a picture is resized to, so what a decoder should deliver."""
        if self.shortest_px is not None:
            return self.shortest_px
        size = self.squash or self.output
        return max(size.height, size.width)

    def digest(self) -> str:
        """Return a SHA-256 (hex) over the steps, equal for configs that mean the same."""
        steps = {
            "shortest": self.shortest_px,
            "squash": [self.squash.height, self.squash.width] if self.squash else None,
            "resample": self.resample if self.shortest_px or self.squash else None,
            "crop": [self.crop.height, self.crop.width] if self.crop else None,
            "scale": self.scale,
            "mean": self.mean,
            "deviation": self.deviation,
        }
        return digest_of_text(json.dumps(steps, sort_keys=True, separators=(",", ":")))


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
        bands = _cropped(_resized(_rgb(image), self._steps), self._steps.crop)
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
    if steps.squash is not None:
        return _resize(image, steps.squash.width, steps.squash.height, steps.resample)
    if steps.shortest_px is None:
        return image
    short, long = sorted(image.size)
    long_px = int(steps.shortest_px * long / short)
    if long_px * steps.shortest_px > _WHOLE_RESIZE_LIMIT_PX and steps.crop is not None:
        return _resized_middle(image, steps.shortest_px, long_px, steps)
    upright = image.width <= image.height
    width, height = (steps.shortest_px, long_px) if upright else (long_px, steps.shortest_px)
    return _resize(image, width, height, steps.resample)


def _resize(image: Image.Image, width: int, height: int, resample: int) -> Image.Image:
    from PIL import Image as PillowImage

    return image.resize((width, height), PillowImage.Resampling(resample))


def _resized_middle(
    image: Image.Image, short_px: int, long_px: int, steps: Preprocessing
) -> Image.Image:
    """The part of a very long picture, resized, that a centre crop can see."""
    from PIL import Image as PillowImage

    upright = image.width <= image.height
    kept_px = min(long_px, steps.output.height if upright else steps.output.width)
    scale = max(image.size) / long_px
    start = (long_px - kept_px) // 2 * scale
    end = min(start + kept_px * scale, max(image.size))
    size = (short_px, kept_px) if upright else (kept_px, short_px)
    box = (0, start, image.width, end) if upright else (start, 0, end, image.height)
    return image.resize(size, PillowImage.Resampling(steps.resample), box=box)


def _cropped(image: Image.Image, crop: Size | None) -> NDArray[np.uint8]:
    """The middle of a picture, shape (3, height, width), padded with black where it is short."""
    rows = np.asarray(image)
    if crop is not None and (crop.height, crop.width) != rows.shape[:2]:
        rows = _centred(rows, crop)
    return rows.transpose(2, 0, 1)


def _centred(rows: NDArray[np.uint8], crop: Size) -> NDArray[np.uint8]:
    top, left = (rows.shape[0] - crop.height) // 2, (rows.shape[1] - crop.width) // 2
    cut = rows[max(top, 0) : max(top, 0) + crop.height, max(left, 0) : max(left, 0) + crop.width]
    if top >= 0 and left >= 0:
        return cut
    padded = np.zeros((crop.height, crop.width, 3), dtype=np.uint8)
    first_row, first_column = max(-top, 0), max(-left, 0)
    padded[first_row : first_row + cut.shape[0], first_column : first_column + cut.shape[1]] = cut
    return padded


# What each family's image processor assumes where its file is silent: resample, mean, deviation,
# and whether a lone number for the size means a square. Source: transformers, the ...Pil classes.
_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_HALF = (0.5, 0.5, 0.5)
_FAMILIES: Mapping[str, tuple[int, tuple[float, ...], tuple[float, ...], bool]] = {
    "clip": (3, _CLIP_MEAN, _CLIP_DEVIATION, False),
    "siglip": (3, _HALF, _HALF, False),
    "vit": (2, _HALF, _HALF, True),
}


def read_preprocessing(folder: ModelFolder, config: Mapping[str, Any]) -> Preprocessing:
    """Return the steps that a ``preprocessor_config.json`` describes.

    Raises:
        ModelFilesError: it asks for a step that is not known here, or leaves the size open.
    """
    reader = _ConfigReader(folder, config)
    shortest_px, squash = reader.resize()
    steps = Preprocessing(
        shortest_px=shortest_px,
        squash=squash,
        resample=reader.resample(),
        crop=reader.crop(),
        scale=reader.scale(),
        mean=reader.channels("image_mean", 0.0),
        deviation=reader.channels("image_std", 1.0),
    )
    if steps.crop is None and steps.squash is None:
        raise reader.error("gives pictures of different sizes, and no crop_size")
    return steps


class _ConfigReader:
    """Reads one ``preprocessor_config.json``, with its family's defaults."""

    def __init__(self, folder: ModelFolder, config: Mapping[str, Any]) -> None:
        self._folder = folder
        self._config = config
        kind = config.get("image_processor_type") or config.get("feature_extractor_type") or "CLIP"
        kind = str(kind).lower()
        family = next((name for name in ("siglip", "clip", "vit") if kind.startswith(name)), "vit")
        self._resample, self._mean, self._deviation, self._square = _FAMILIES[family]
        self._crops = family == "clip"
        if config.get("do_pad"):
            raise self.error("asks for do_pad, which is not known here")

    def error(self, problem: str) -> Exception:
        return self._folder.error(
            f"{PREPROCESSOR} {problem}", "use a model of the CLIP, SigLIP or ViT kind"
        )

    def resize(self) -> tuple[int | None, Size | None]:
        if not self._config.get("do_resize", True):
            return None, None
        size = self._config.get("size", 224 if self._crops else {"height": 224, "width": 224})
        if isinstance(size, dict) and set(size) == {"shortest_edge"}:
            return self._pixels(size["shortest_edge"]), None
        if isinstance(size, int) and not self._square:
            return self._pixels(size), None
        return None, self._size("size", size)

    def crop(self) -> Size | None:
        if not self._config.get("do_center_crop", self._crops):
            return None
        return self._size("crop_size", self._config.get("crop_size", 224))

    def resample(self) -> int:
        resample = self._config.get("resample", self._resample)
        if not isinstance(resample, int) or resample not in range(6):
            raise self.error(f"has resample {resample!r}, which is not one of 0 to 5")
        return resample

    def scale(self) -> float:
        if not self._config.get("do_rescale", True):
            return 1.0
        return self._number("rescale_factor", self._config.get("rescale_factor", 1 / 255))

    def channels(self, key: str, neutral: float) -> tuple[float, float, float]:
        if not self._config.get("do_normalize", True):
            return neutral, neutral, neutral
        default = self._mean if key == "image_mean" else self._deviation
        given = self._config.get(key, default)
        values = [given] * 3 if isinstance(given, int | float) else list(given or ())
        numbers = [self._number(key, value) for value in values]
        if len(numbers) != 3 or (key == "image_std" and 0 in numbers):
            raise self.error(f"has {key} {given!r}, not three numbers, one for each colour")
        return numbers[0], numbers[1], numbers[2]

    def _size(self, key: str, size: object) -> Size:
        if isinstance(size, int):
            return Size(self._pixels(size), self._pixels(size))
        if isinstance(size, dict) and set(size) == {"height", "width"}:
            return Size(self._pixels(size["height"]), self._pixels(size["width"]))
        raise self.error(f"has {key} {size!r}, which is not known here")

    def _pixels(self, value: object) -> int:
        if type(value) is not int or not 1 <= value <= 8192:  # bool is an int too
            raise self.error(f"has a size of {value!r} pixels")
        return value

    def _number(self, key: str, value: object) -> float:
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise self.error(f"has {key} {value!r}, which is not a number")
        return float(value)
