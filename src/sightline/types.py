"""The data that crosses Sightline's walls: frozen, typed, without behaviour of its own.

Letters for axes, used everywhere: ``n`` stored, ``q`` queries, ``d`` dimensions, ``k`` results.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.errors import EmptyQueryError, InvalidValueError

if TYPE_CHECKING:
    from PIL import Image

Vectors: TypeAlias = NDArray[np.float32]
"""Unit rows, float32, shape (n, d) or (q, d), C-contiguous."""

Pixels: TypeAlias = NDArray[np.float32]
"""A prepared picture, float32, shape (3, height, width), as the model's picture tower takes it."""

Ids: TypeAlias = NDArray[np.int64]
"""Image ids, int64. -1 pads short results."""

PictureSource: TypeAlias = "str | Path | bytes | Image.Image"
"""A picture file by its path, the bytes of one, or a picture that is already decoded."""

ImageSource: TypeAlias = "PictureSource | Indexed | Cropped"
"""A picture to search by: one from outside, one of the gallery, or a part of either."""


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

    @property
    def shortest(self) -> float:
        """The smaller of width and height, as a fraction."""
        return min(self.right - self.left, self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Cropped:
    """A part of a picture."""

    source: PictureSource | Indexed
    region: Region


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a gallery must remember of a model, because stored vectors depend on it.

    Attributes:
        name: The name in the model table, or the folder's name.
        digest: SHA-256 (hex) over the weights of both towers.
        preprocessing: SHA-256 (hex) over what is done to a picture before its tower.
        tokenizer: SHA-256 (hex) over the tokeniser, or "" for a picture-only model.
        precision: "float32", "bfloat16" or "int8": the arithmetic the vectors were made with.
        dimensions: d.
    """

    name: str
    digest: str
    preprocessing: str
    tokenizer: str
    precision: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What an index found, best first.

    Attributes:
        ids: Shape (q, k), int64; -1 where there are fewer than k.
        scores: Shape (q, k), float32 cosines; -inf where the id is -1.
    """

    ids: Ids
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One indexed picture file, as the catalog knows it.

    Attributes:
        id: Never used again for another picture, even after removal.
        path: Absolute.
        size_bytes: Of the file, when it was last read.
        mtime_ns: Of the file, when it was last read.
        content_hash: BLAKE2b-160 (hex) of the file's bytes.
        width_px: Of the picture as shown, EXIF orientation applied.
        height_px: Likewise.
        format: Pillow's name of the format, such as "JPEG".
        taken_at: ISO 8601 local time from EXIF, or None.
        title: The name that a picture came with which the gallery keeps itself, or None.
        labels: What people called it, in order.
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
class Hit:
    """One answer.

    Attributes:
        rank: From 1.
        score: Cosine of query and picture, in [-1, 1].
        image: The picture's record.
    """

    rank: int
    score: float
    image: ImageRecord

    @property
    def id(self) -> int:
        """The picture's id in its gallery."""
        return self.image.id

    @property
    def path(self) -> Path:
        """The picture's absolute path when it was last indexed."""
        return self.image.path


_YEARS = (2, 9998)


class Orientation(StrEnum):
    """How a picture is shaped, as shown."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which pictures may be answers at all. Without any, all of them.

    A picture has to pass every filter that is given. Of several folders or formats one is enough;
    of several labels it must have all.

    Attributes:
        folders: Absolute; the picture lies somewhere below.
        labels: As people gave them.
        formats: Pillow's names, such as "JPEG", in whatever case.
        orientation: As shown.
        taken_from: The picture's own time (EXIF, local) is this or later. A day begins at
            midnight; a picture without a time passes no filter about it.
        taken_to: This or earlier. A day ends at midnight.
        modified_from: The file's time is this or later. Without a zone, in that of this machine.
        modified_to: This or earlier.
        min_width_px: Of the picture as shown.
        max_width_px: Likewise.
        min_height_px: Likewise.
        max_height_px: Likewise.

    Raises:
        InvalidValueError: a time lies outside of the years 2 to 9998.
    """

    folders: Sequence[Path] = ()
    labels: Sequence[str] = ()
    formats: Sequence[str] = ()
    orientation: Orientation | None = None
    taken_from: date | None = None
    taken_to: date | None = None
    modified_from: date | None = None
    modified_to: date | None = None
    min_width_px: int | None = None
    max_width_px: int | None = None
    min_height_px: int | None = None
    max_height_px: int | None = None

    def __post_init__(self) -> None:
        for name in ("folders", "labels", "formats"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("taken_from", "taken_to", "modified_from", "modified_to"):
            moment = getattr(self, name)
            # Beyond, no other time zone and no next day can be told.
            if moment is not None and not _YEARS[0] <= moment.year <= _YEARS[1]:
                raise InvalidValueError(name, str(moment), "in a year from 2 to 9998")

    @property
    def let_all_pass(self) -> bool:
        """Whether there is no filter."""
        return self == NO_FILTERS


NO_FILTERS = Filters()
"""Every picture may be an answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: words, pictures, or both; and what to keep away from.

    Every part becomes a unit vector. Parts of one kind are averaged; text and picture are added
    with ``text_weight`` and ``image_weight``; excluded parts are subtracted with
    ``excluded_weight``; the result is scaled to unit length and searched once.

    Attributes:
        texts: Put through the model's prompt. One alone counts as a list of one, here and below.
        images: Files (as ``Path`` or ``str``), encoded bytes, or decoded pictures.
        excluded_texts: What the results should not show.
        excluded_images: Likewise, by example.
        text_weight: Of the words, relative to ``image_weight``.
        image_weight: Of the pictures, relative to ``text_weight``.
        excluded_weight: How strongly excluded parts push away.
        filters: Which pictures may be answers.

    Raises:
        EmptyQueryError: there is neither a text nor a picture to look for.
    """

    texts: Sequence[str] = ()
    images: Sequence[ImageSource] = ()
    excluded_texts: Sequence[str] = ()
    excluded_images: Sequence[ImageSource] = ()
    text_weight: float = 0.5
    image_weight: float = 0.5
    excluded_weight: float = 0.5
    filters: Filters = NO_FILTERS

    def __post_init__(self) -> None:
        for name in ("texts", "images", "excluded_texts", "excluded_images"):
            given = getattr(self, name)
            # Python would take a text apart into letters, and bytes into numbers.
            alone = isinstance(given, str | bytes) or not isinstance(given, Iterable)
            object.__setattr__(self, name, (given,) if alone else tuple(given))
        if not self.texts and not self.images:
            raise EmptyQueryError


class Step(StrEnum):
    """A step of one search."""

    DECODE = "decode"
    EMBED = "embed"
    SEARCH = "search"
    FETCH = "fetch"


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What one search found.

    Attributes:
        hits: Best first; ranks count from the best of all, also behind an offset.
        considered: How many pictures the query was compared with: those with a vector that pass
            the filters.
        more: Whether further pictures follow behind these.
        seconds: Wall time of each step.
    """

    hits: tuple[Hit, ...]
    considered: int
    more: bool
    seconds: Mapping[Step, float]


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
class Added:
    """What became of one picture that was given to a gallery to keep.

    Attributes:
        image: Its record, or that of the picture with the same content that was there before.
        is_new: Whether it was not there before.
    """

    image: ImageRecord
    is_new: bool


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


@dataclass(frozen=True, slots=True)
class Question:
    """A query that someone judges answers to: words, a picture of the gallery, or both.

    Attributes:
        text: The words, or "".
        picture: The id of the picture, or None.

    Raises:
        EmptyQueryError: there is neither.
    """

    text: str = ""
    picture: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.text.strip())
        if not self.text and self.picture is None:
            raise EmptyQueryError


@dataclass(frozen=True, slots=True)
class Judgement:
    """What someone said of one picture as an answer to a question.

    Attributes:
        question: What was asked.
        picture: The id of the picture that was judged.
        grade: 1 or more: relevant, more is better. 0: looked at, and not relevant.
    """

    question: Question
    picture: int
    grade: int


class Limit(StrEnum):
    """What a sync has to wait for: files to be read, pictures to be decoded, or the model."""

    DISK = "disk"
    DECODING = "decoding"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one ``Gallery.sync`` did.

    Attributes:
        added: New pictures.
        changed: Pictures whose content changed since they were indexed.
        moved: Pictures found under another path with the same content; not embedded again.
        removed: Pictures that vanished from the folders that were synced.
        unchanged: Pictures that needed nothing.
        embedded: Pictures that went through the model. Copies of one content count once.
        skipped: Files that could not be read.
        seconds: Wall time.
        waits: Seconds for which the run stood still for each: the model, with a whole batch
            ready for it; the next picture, parted between disk and decoding as the reading
            threads' own time was; and commits, which are the disk's. Measured, so a part that is
            faster than another one, and waits for it, has next to nothing here.
    """

    added: int = 0
    changed: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    embedded: int = 0
    skipped: tuple[Skipped, ...] = ()
    seconds: float = 0.0
    waits: Mapping[Limit, float] = field(default_factory=dict)

    @property
    def limited_by(self) -> Limit | None:
        """What the run waited for longest: the part to make faster. None if it embedded nothing."""
        return max(self.waits, key=self.waits.__getitem__) if self.embedded and self.waits else None


@dataclass(frozen=True, slots=True)
class GalleryStatus:
    """What a gallery holds.

    Attributes:
        path: Of the gallery.
        images: How many pictures it knows.
        models: Every model that has vectors here, with how many.
        faults: Files that could not be read, with reasons.
        folders: What was indexed.
        index_state: "current", "stale", "missing" or "unreadable".
        bytes_on_disk: Catalog, index and all.
    """

    path: Path
    images: int
    models: Mapping[ModelSpec, int]
    faults: tuple[Skipped, ...]
    folders: tuple[Path, ...]
    index_state: str
    bytes_on_disk: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come.

    Attributes:
        stage: "finding", "embedding" or "indexing".
        done: Files finished in this stage.
        total: Files in this stage, or None while that is not known.
        skipped: Files that could not be read so far.
    """

    stage: str
    done: int
    total: int | None
    skipped: int = field(default=0)
