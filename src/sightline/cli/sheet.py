"""Contact sheets of search results, as ``--sheet`` writes them."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import ImageUnreadableError, InvalidValueError
from sightline.gallery.query import pixels_of
from sightline.images import decode
from sightline.images.sheets import Tile, contact_sheet, sheet_size
from sightline.system.files import storage_error, write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from sightline.types import Hit, Query


@dataclass(frozen=True, slots=True)
class _Format:
    """A format of picture, and how high a page it holds."""

    name: str
    highest_px: int


_JPEG = _Format("JPEG", 65_500)  # libjpeg's JPEG_MAX_DIMENSION
_FORMATS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".webp": _Format("WEBP", 16_383),  # libwebp's WEBP_MAX_DIMENSION
    # The format ends far beyond; here a page of five columns takes 0.8 GB of memory.
    ".png": _Format("PNG", 200_000),
}
# A tile is half as wide. Pictures wait at this size until the page is drawn.
_WAITING_PX = (512, 512)


def check_sheet(target: Path) -> None:
    """Refuse a file that cannot become a sheet, before anything is computed for it.

    Raises:
        InvalidValueError: its ending is not that of a picture format.
    """
    if target.suffix.lower() not in _FORMATS:
        raise InvalidValueError("--sheet", str(target), "a file ending in .jpg, .png or .webp")


def write_sheet(target: Path, hits: Sequence[Hit], query: Query, max_megapixels: float) -> None:
    """Write a page with the results of a query: whole, or not at all.

    Raises:
        InvalidValueError: the file's ending is not that of a picture format, or the format holds
            no page of that many results.
        DiskFullError: there is no room.
        NotWritableError: the file cannot be written.
    """
    check_sheet(target)
    kind = _FORMATS[target.suffix.lower()]
    _check_height(target, kind, len(hits), bool(query.images))
    tiles = [
        Tile(_shown(hit.path, max_megapixels), f"{hit.score:.3f}", hit.image.name) for hit in hits
    ]
    examples = [pixels_of(image, 256, max_megapixels=max_megapixels) for image in query.images]
    drawn = contact_sheet(tiles, title=title_of(query), examples=examples)
    content = io.BytesIO()
    drawn.save(content, kind.name, quality=88)
    try:
        # A link stays a link: what it leads to is replaced.
        write_whole(Path(os.path.realpath(target)), content.getvalue())
    except OSError as error:
        raise storage_error(error, target) from error


def _check_height(target: Path, kind: _Format, count: int, has_examples: bool) -> None:
    height_px = sheet_size(count, has_examples)[1]
    if height_px <= kind.highest_px:
        return
    larger = "" if kind.name == "PNG" else ", or write a .png"
    raise InvalidValueError(
        "--sheet",
        str(target),
        f"of a format that holds {height_px:,} pixels, which {count:,} results take, and "
        f"{kind.name} is limited to {kind.highest_px:,}; ask for fewer with -k{larger}",
    )


def title_of(query: Query) -> str:
    """Return a query in one line."""
    words = [*query.texts, *([query.instruction] if query.instruction else [])]
    wanted = " + ".join([*(["this picture"] if query.images else []), *words])
    excluded = ", ".join(
        [*query.excluded_texts, *(["that picture"] if query.excluded_images else [])]
    )
    return f"{wanted}, not: {excluded}" if excluded else wanted


def _shown(path: Path, max_megapixels: float) -> Image | None:
    try:
        picture = decode(path, shortest_px=256, max_megapixels=max_megapixels).image
    except ImageUnreadableError:
        return None  # the sheet says "not there" in its place
    picture.thumbnail(_WAITING_PX)
    return picture
