"""Parts of pictures: cut out for a query, or written to files where they are documents."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.evaluation.tasks import Crop
from sightline.images import decode
from sightline.system.files import storage_error, write_whole
from sightline.types import Skipped


def cut_out(crop: Crop, max_megapixels: float) -> Image.Image:
    """Return a part of a picture as RGB, in full resolution.

    Raises:
        ImageUnreadableError: the picture cannot be read, or the box lies outside of it.
    """
    picture = decode(crop.source, max_megapixels=max_megapixels).image
    left, top, right, bottom = crop.box
    inside = (
        round(max(0.0, left)),
        round(max(0.0, top)),
        round(min(float(picture.width), right)),
        round(min(float(picture.height), bottom)),
    )
    if inside[0] >= inside[2] or inside[1] >= inside[3]:
        raise ImageUnreadableError(str(crop.source), f"the box {crop.box} lies outside of it")
    part = picture.crop(inside)
    return _squared(part) if crop.squared else part


def written_crops(
    crops: Iterable[Crop], folder: Path, max_megapixels: float
) -> tuple[dict[str, Path], list[Skipped]]:
    """Write parts of pictures as files; return them by name, and what could not be read.

    Those that are there already stay, so that a stopped run goes on.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the folder may not be written.
    """
    files, skipped = {}, []
    for crop in crops:
        path = folder / f"{crop.name}.png"
        try:
            if not path.exists():
                folder.mkdir(parents=True, exist_ok=True)
                write_whole(path, _as_png(cut_out(crop, max_megapixels)))
        except ImageUnreadableError as error:
            skipped.append(Skipped(crop.source, error.reason))
            continue
        except OSError as error:
            raise storage_error(error, path) from error
        files[crop.name] = path
    return files, skipped


def _as_png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _squared(picture: Image.Image) -> Image.Image:
    edge = max(picture.size)
    square = Image.new("RGB", (edge, edge))
    square.paste(picture, ((edge - picture.width) // 2, (edge - picture.height) // 2))
    return square
