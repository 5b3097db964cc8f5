"""Whatever colours a file has, as 8-bit sRGB on white."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_WITH_ALPHA = frozenset(("RGBA", "LA", "PA", "La", "RGBa"))
_DEEP_MODES = frozenset(("I", "F", "I;16", "I;16L", "I;16B", "I;16N"))
_PROFILE_SPACES = {"RGB": "RGB", "L": "GRAY", "CMYK": "CMYK"}
_MAX_PROFILE_BYTES = 4 << 20
_SAME_COLOUR_LEVELS = 2
_STRAIGHT_LEVELS = 4
_WHITE = (255, 255, 255)
_BITS_PER_SAMPLE = 258  # TIFF


@dataclass(frozen=True, slots=True)
class Profile:
    """A colour profile, ready for one mode.

    Attributes:
        transform: To sRGB; None where the profile says nothing new, or is broken.
        keeps_averages: Whether converting an average of pixels gives the average of converted
            pixels, so that a picture may be shrunk before its colours are converted.
    """

    transform: ImageCms.ImageCmsTransform | None = None
    keeps_averages: bool = True


NO_PROFILE = Profile()


def to_srgb(image: Image.Image) -> Image.Image:
    """Return a picture of any mode as RGB in sRGB, what is transparent shown on white.

    16-bit and 32-bit grey keep their range: full scale becomes white. Where the numbers fit no
    scale (floating point beyond 65,535, negative), their range is stretched to black and white.

    Returns:
        A new picture, or the same one where nothing is to be done.
    """
    if image.mode in _DEEP_MODES:
        image = _eight_bit(image)
    colour, alpha = _split(image)
    rgb = _convert(colour, image.info.get("icc_profile"))
    if alpha is None or alpha.getextrema() == (255, 255):
        return rgb
    on_white = Image.new("RGB", rgb.size, _WHITE)
    on_white.paste(rgb, mask=alpha)
    return on_white


def _split(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Return colours in a mode that a profile may speak of, and the alpha channel if there is one.

    Colours are parted from alpha before conversion, because a profile describes the colours
    themselves and not their mixture with a white page.
    """
    mode = image.mode
    if mode == "LA":
        return image.getchannel("L"), image.getchannel("A")
    if mode == "La":
        return _split(image.convert("LA"))
    if mode in _WITH_ALPHA or "transparency" in image.info:
        rgba = image if mode == "RGBA" else image.convert("RGBA")
        return rgba.convert("RGB"), rgba.getchannel("A")
    if mode in ("RGB", "L", "CMYK", "LAB"):
        return image, None
    return image.convert("L" if mode == "1" else "RGB"), None


def _convert(colour: Image.Image, icc: object) -> Image.Image:
    transform = profile_of(icc, colour.mode).transform
    if transform is not None:
        try:
            return transform.apply(colour)
        except (ImageCms.PyCMSError, ValueError):
            pass  # better the stored numbers than no picture
    return colour if colour.mode == "RGB" else colour.convert("RGB")


def profile_of(icc: object, mode: str) -> Profile:
    """Return an embedded profile for pictures of a mode; a broken or unfit one says nothing."""
    if not isinstance(icc, bytes) or not icc or len(icc) > _MAX_PROFILE_BYTES:
        return NO_PROFILE
    return _build(icc, mode) if mode in _PROFILE_SPACES else NO_PROFILE


@lru_cache(maxsize=32)
def _build(icc: bytes, mode: str) -> Profile:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if source.profile.xcolor_space.strip() != _PROFILE_SPACES[mode]:
            return NO_PROFILE
        transform = ImageCms.ImageCmsTransform(
            source,
            ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")),
            mode,
            "RGB",
            flags=ImageCms.Flags.NOCACHE,  # the cache would be shared by our threads
        )
        return _judge(transform, mode)
    except Exception:
        # lcms and its wrapper raise half a dozen types on nonsense, and all mean one thing here
        return NO_PROFILE


def _judge(transform: ImageCms.ImageCmsTransform, mode: str) -> Profile:
    """Look at what a transform does to sample colours: nothing, or nothing but straight lines."""
    if mode == "CMYK":
        return Profile(transform, keeps_averages=False)
    before = _samples(mode)
    after = np.asarray(transform.apply(before), dtype=np.int16)
    if (
        np.abs(after - np.asarray(before.convert("RGB"), dtype=np.int16)).max()
        <= _SAME_COLOUR_LEVELS
    ):
        return NO_PROFILE  # the common case: the profile is sRGB itself
    black, middle, white = after[0, 0], after[0, 1], after[0, 2]
    bend = np.abs(middle - (black + white) / 2).max()
    return Profile(transform, keeps_averages=bool(bend <= _STRAIGHT_LEVELS))


def _samples(mode: str) -> Image.Image:
    """Return black, middle grey and white, then 216 colours or 256 greys, in one row."""
    fixed = [[0] * 3, [128] * 3, [255] * 3]
    if mode == "L":
        rows = np.array([*fixed, *([v] * 3 for v in range(256))], dtype=np.uint8)[:, :1]
        return Image.fromarray(np.ascontiguousarray(rows.T))
    cube = np.stack(np.meshgrid(*[np.arange(0, 256, 51)] * 3), axis=-1).reshape(-1, 3)
    return Image.fromarray(np.concatenate([fixed, cube]).astype(np.uint8)[None])


def _eight_bit(image: Image.Image) -> Image.Image:
    """Return deep grey as L, or LA where one of its values stands for transparent."""
    values = np.asarray(image)
    if image.mode.startswith("I;16"):
        grey = _scale(values, 4095 if _bits(image) == 12 else 65535)
    else:
        grey = _scale_unknown(values)
    result = Image.fromarray(grey)
    result.info = {key: image.info[key] for key in ("icc_profile",) if key in image.info}
    key = image.info.get("transparency")
    if isinstance(key, int):
        result = result.convert("L")
        alpha = np.where(values == key, 0, 255).astype(np.uint8)
        icc = result.info
        result = Image.merge("LA", (result, Image.fromarray(alpha)))
        result.info = icc
    return result


def _bits(image: Image.Image) -> int:
    tags = getattr(image, "tag_v2", {})
    bits = tags.get(_BITS_PER_SAMPLE, (16,))
    return int(bits[0])


def _scale(values: NDArray[np.generic], top: int) -> NDArray[np.uint8]:
    wide = values.astype(np.uint32)
    return np.minimum((wide * 255 + top // 2) // top, 255).astype(np.uint8)


def _scale_unknown(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return 32-bit numbers as 8-bit: on the smallest usual scale that holds them, or stretched."""
    numbers = values.astype(np.float64)
    finite = np.isfinite(numbers)
    low, high = (numbers[finite].min(), numbers[finite].max()) if finite.any() else (0.0, 0.0)
    numbers = np.nan_to_num(numbers, nan=low, posinf=high, neginf=low)
    tops = (1.0, 255.0, 65535.0) if values.dtype.kind == "f" else (255.0, 65535.0)
    top = next((top for top in tops if high <= top), None)
    if low < 0 or top is None:
        numbers, top = numbers - low, max(high - low, np.finfo(np.float64).tiny)
    grey: NDArray[np.uint8] = np.rint(np.clip(numbers / top, 0, 1) * 255).astype(np.uint8)
    return grey
