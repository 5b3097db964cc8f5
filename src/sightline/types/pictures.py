"""Pictures: those to search by, and those that a gallery knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

from sightline.errors import InvalidValueError

if TYPE_CHECKING:
    from PIL import Image

PictureSource: TypeAlias = "str | Path | bytes | Image.Image"
"""A picture file by its path, the bytes of one, or a picture that is already decoded."""

ImageSource: TypeAlias = "PictureSource | Indexed | Cropped"
"""A picture to search by: one from outside, one of the gallery, or a part of either."""


_REGIONS = "four fractions of the picture, left,top,right,bottom, such as 0.1,0.2,0.5,0.9"


@dataclass(frozen=True, slots=True)
class Indexed:
    """A picture of the gallery. A search by it takes its stored vector and reads no file."""

    id: int


@dataclass(frozen=True, slots=True)
class Region:
    """A box in a picture, as fractions of its width and height as shown, from the top left.

    Raises:
        InvalidValueError: a side lies outside of the picture, or the box is empty.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        fits = 0.0 <= self.left < self.right <= 1.0 and 0.0 <= self.top < self.bottom <= 1.0
        if not fits:
            sides = (self.left, self.top, self.right, self.bottom)
            allowed = "left, top, right, bottom from 0 to 1, with left < right and top < bottom"
            raise InvalidValueError("region", sides, allowed)

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the box that four fractions with commas between them name.

        Raises:
            InvalidValueError: it is no box inside of a picture.
        """
        try:
            left, top, right, bottom = (float(part) for part in text.split(","))
        except ValueError as error:
            raise InvalidValueError("region", text, _REGIONS) from error
        return cls(left, top, right, bottom)

    @property
    def shortest(self) -> float:
        """The smaller of width and height, as a fraction."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Cropped:
    """A part of a picture."""

    source: PictureSource | Indexed
    region: Region


class PartKind(StrEnum):
    """What a picture is of its file."""

    WHOLE = "whole"
    PAGE = "page"
    FRAME = "frame"
    MEMBER = "member"
    TILE = "tile"


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of its file a picture is.

    Attributes:
        kind: What sort of part.
        name: What tells it from all other parts of the file: the number of a page, a frame's time
            in milliseconds, a member's path in its archive, a tile's left,top,right,bottom as
            fractions. "" for the whole.
    """

    kind: PartKind = PartKind.WHOLE
    name: str = ""


WHOLE = Part()
"""A picture that is a file of its own."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One indexed picture, as the catalog knows it.

    Attributes:
        id: Never used again for another picture, even after removal.
        path: Absolute.
        size_bytes: Of the file, when it was last read.
        mtime_ns: Of the file, when it was last read.
        content_hash: BLAKE2b-160 (hex) of the file's bytes, or of what the part is made from.
        width_px: Of the picture as shown, EXIF orientation applied.
        height_px: Likewise.
        format: Pillow's name of the format, such as "JPEG".
        taken_at: ISO 8601 local time from EXIF, or None.
        title: The name that a picture came with which the gallery keeps itself, or None.
        labels: What people called it, in order.
        part: Which part of the file it is.
    """

    id: int
    path: Path
    size_bytes: int
    mtime_ns: int
    content_hash: str
    width_px: int
    height_px: int
    format: str
    taken_at: str | None = None
    title: str | None = None
    labels: tuple[str, ...] = ()
    part: Part = WHOLE

    @property
    def name(self) -> str:
        """What to call the picture: the name that it came with, or that of its file."""
        return self.title or self.path.name


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that was found but could not be indexed, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one picture that was given to a gallery to keep.

    Attributes:
        image: Its record, or that of the picture with the same content that was there before.
        is_new: Whether it was not there before.
    """

    image: ImageRecord
    is_new: bool


@dataclass(frozen=True, slots=True)
class Browsed:
    """A part of a gallery's pictures, without a query.

    Attributes:
        images: In order.
        total: How many pass the filters.
    """

    images: tuple[ImageRecord, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Facets:
    """What a gallery's pictures can be filtered by.

    Attributes:
        labels: Every label with the number of its pictures, by name.
        formats: Every format likewise.
        first_taken: The earliest of the pictures' own times, or None.
        last_taken: The latest likewise.
    """

    labels: Mapping[str, int]
    formats: Mapping[str, int]
    first_taken: str | None
    last_taken: str | None
