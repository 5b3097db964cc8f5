"""Contact sheets of search results, as ``--sheet`` writes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.errors import ImageUnreadableError, InvalidValueError, NotWritableError
from sightline.images import decode
from sightline.images.sheets import Tile, contact_sheet

if TYPE_CHECKING:
    from PIL.Image import Image

    from sightline.types import Hit, Query

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}


def write_sheet(target: Path, hits: Sequence[Hit], query: Query, max_megapixels: float) -> None:
    """Write a page with the results of a query.

    Raises:
        InvalidValueError: the file's ending is not that of a picture format.
        NotWritableError: the file cannot be written.
    """
    if target.suffix.lower() not in _ENDINGS:
        raise InvalidValueError("--sheet", str(target), "a file ending in .jpg, .png or .webp")
    tiles = [
        Tile(_shown(hit.path, max_megapixels), f"{hit.score:.3f}", hit.path.name) for hit in hits
    ]
    examples = [decode(i, shortest_px=256, max_megapixels=max_megapixels) for i in query.images]
    page = contact_sheet(
        tiles, title=title_of(query), examples=[decoded.image for decoded in examples]
    )
    try:
        page.save(target, quality=88)
    except OSError as error:
        raise NotWritableError(target, error.strerror or str(error)) from error


def title_of(query: Query) -> str:
    """Return a query in one line."""
    wanted = " + ".join([*(["this picture"] if query.images else []), *query.texts])
    excluded = ", ".join(
        [*query.excluded_texts, *(["that picture"] if query.excluded_images else [])]
    )
    return f"{wanted}, not: {excluded}" if excluded else wanted


def _shown(path: Path, max_megapixels: float) -> Image | None:
    try:
        return decode(path, shortest_px=256, max_megapixels=max_megapixels).image
    except ImageUnreadableError:
        return None  # the sheet says "not there" in its place
