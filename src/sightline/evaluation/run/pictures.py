"""Pictures that are made of files: parts cut out of them, and known changes to them.

A change is such as people and programs make, and fixed to the pixel: the same picture gives the
same result in every run.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from sightline.errors import ImageUnreadableError
from sightline.evaluation.files import write_file
from sightline.evaluation.tasks import Altered, Crop, Picture
from sightline.images import decode
from sightline.types import Skipped

_JPEG_QUALITY = 10
_ROTATION_DEGREES = 12
_SMALL_PX = 96


def _crop(picture: Image.Image) -> Image.Image:
    """Keep 60 % of each edge, towards the upper left: a third of the picture."""
    width, height = picture.size
    left, top = round(0.1 * width), round(0.1 * height)
    right, bottom = max(left + 1, round(0.7 * width)), max(top + 1, round(0.7 * height))
    return picture.crop((left, top, right, bottom))


def _colour(picture: Image.Image) -> Image.Image:
    """Less colourful, lighter, more contrast: a filter."""
    pale = ImageEnhance.Color(picture).enhance(0.4)
    return ImageEnhance.Contrast(ImageEnhance.Brightness(pale).enhance(1.25)).enhance(1.2)


def _jpeg(picture: Image.Image) -> Image.Image:
    """Saved as a JPEG of quality 10."""
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_JPEG_QUALITY)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def _rotate(picture: Image.Image) -> Image.Image:
    """Turned by 12 degrees, grey where nothing is."""
    return picture.rotate(
        _ROTATION_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=(128, 128, 128)
    )


def _overlay(picture: Image.Image) -> Image.Image:
    """A bar across the lower third, as captions and shops put there."""
    covered = picture.copy()
    width, height = picture.size
    pen = ImageDraw.Draw(covered)
    pen.rectangle((0, round(0.68 * height), width, round(0.92 * height)), fill=(250, 250, 250))
    pen.rectangle(
        (0, round(0.72 * height), round(0.6 * width), round(0.8 * height)), fill=(30, 30, 30)
    )
    return covered


def _small(picture: Image.Image) -> Image.Image:
    """Made so small that its longest edge has 96 pixels."""
    small = picture.copy()
    small.thumbnail((_SMALL_PX, _SMALL_PX), Image.Resampling.BICUBIC)
    return small


ALTERATIONS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "crop": _crop,
    "flip": ImageOps.mirror,
    "colour": _colour,
    "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "jpeg": _jpeg,
    "rotate": _rotate,
    "overlay": _overlay,
    "small": _small,
}
"""Every change by its name."""


def opened(picture: Crop | Altered, max_megapixels: float) -> Image.Image:
    """Return a part of a picture, or a changed one, as RGB.

    Raises:
        ImageUnreadableError: the picture cannot be read.
        KeyError: no change has that name.
    """
    if isinstance(picture, Crop):
        return cut_out(picture, max_megapixels)
    decoded = decode(picture.source, max_megapixels=max_megapixels)
    return ALTERATIONS[picture.by](decoded.image)


def file_of(picture: Picture) -> Path:
    """Return the file that a picture, or a part of one, is read from."""
    return picture if isinstance(picture, Path) else picture.source


# Parts


def cut_out(crop: Crop, max_megapixels: float) -> Image.Image:
    """Return a part of a picture as RGB, in full resolution.

    Raises:
        ImageUnreadableError: the picture cannot be read, or the box lies outside of it.
    """
    picture = decode(crop.source, max_megapixels=max_megapixels).image
    left, top, right, bottom = crop.box
    left, top = round(max(0.0, left)), round(max(0.0, top))
    right, bottom = round(min(picture.width, right)), round(min(picture.height, bottom))
    if left >= right or top >= bottom:
        raise ImageUnreadableError(str(crop.source), f"the box {crop.box} lies outside of it")
    part = picture.crop((left, top, right, bottom))
    return _squared(part) if crop.squared else part


def written_crops(
    crops: Iterable[Crop], folder: Path, max_megapixels: float
) -> tuple[dict[str, Path], list[Skipped]]:
    """Write parts of pictures as files; return them by name, and what could not be read.

    Those that are there already stay, so that a stopped run goes on.

    Raises:
        StorageError: as ``write_file`` raises.
    """
    files, skipped = {}, []
    for crop in crops:
        path = folder / f"{crop.name}.png"
        try:
            if not path.exists():
                file = io.BytesIO()
                cut_out(crop, max_megapixels).save(file, "PNG", compress_level=1)
                write_file(path, file.getvalue())
        except ImageUnreadableError as error:
            skipped.append(Skipped(crop.source, error.reason))
            continue
        files[crop.name] = path
    return files, skipped


def _squared(picture: Image.Image) -> Image.Image:
    edge = max(picture.size)
    square = Image.new("RGB", (edge, edge))
    square.paste(picture, ((edge - picture.width) // 2, (edge - picture.height) // 2))
    return square
