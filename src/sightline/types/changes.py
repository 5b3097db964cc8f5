"""Files as they are found and known, and what one commit changes, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.types.pictures import WHOLE, Part

if TYPE_CHECKING:  # NumPy takes longer to load than the help takes to be shown
    from sightline.types.vectors import ModelSpec, Vectors


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that may be a picture; nobody has looked inside yet.

    Attributes:
        path: Absolute, as it was reached: links are not replaced by what they lead to.
        size_bytes: Of the file.
        mtime_ns: When it was last written.
    """

    path: Path
    size_bytes: int
    mtime_ns: int

    @property
    def stamp(self) -> tuple[int, int]:
        """Size and time: while they stay, the content counts as unchanged."""
        return self.size_bytes, self.mtime_ns


@dataclass(frozen=True, slots=True)
class KnownFile(FoundFile):
    """A picture file as it was when it was last read.

    Attributes:
        id: Of the picture.
        content_hash: BLAKE2b-160 (hex) of its bytes.
        has_vector: Whether the model that was asked about has a vector of it.
    """

    id: int
    content_hash: str
    has_vector: bool


@dataclass(frozen=True, slots=True)
class Fault(FoundFile):
    """A file that cannot be indexed, and why; the same stamp needs no second try."""

    reason: str


@dataclass(frozen=True, slots=True)
class NewImage(FoundFile):
    """A picture as it was just read, with its vector.

    Attributes:
        content_hash: BLAKE2b-160 (hex) of the file's bytes, or of what the part is made from.
        width_px: Of the picture as shown.
        height_px: Likewise.
        format: Pillow's name of the format.
        taken_at: ISO 8601 local time, or None.
        vector: Unit float32, shape (d,).
        title: The name that it came with, for a picture that the gallery keeps itself.
        labels: What it is called.
        part: Which part of the file it is. The parts of a file come as pictures of one path.
        file_hash: BLAKE2b-160 (hex) of the file's bytes, where the picture is not the whole file.
    """

    content_hash: str
    width_px: int
    height_px: int
    format: str
    taken_at: str | None
    vector: Vectors
    title: str | None = None
    labels: Sequence[str] = ()
    part: Part = WHOLE
    file_hash: str | None = None


@dataclass(frozen=True, slots=True)
class ChangedImage:
    """A known picture whose content is another one now; its vectors of other models are dropped."""

    id: int
    image: NewImage


@dataclass(frozen=True, slots=True)
class NewVector:
    """A vector of the batch's model for a known picture that did not change.

    Attributes:
        id: Of the picture.
        vector: Unit float32, shape (d,).
    """

    id: int
    vector: Vectors


@dataclass(frozen=True, slots=True)
class Moved(FoundFile):
    """Where a known picture with the same content is now, and the rest of its file with it.

    That may be another path, or its own with another time.

    Attributes:
        id: Of the picture.
    """

    id: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Everything that one transaction changes: all of it is stored, or nothing.

    A path is free for ``moved`` and ``added`` if its picture is removed, moved or faulted in the
    same batch, so two files may swap names: moves that belong together belong in one batch.

    Attributes:
        model: What made the vectors; needed where there are any.
        added: Pictures that the catalog does not know: new files, or further parts of one.
        changed: Known pictures with new content.
        embedded: Further vectors for known pictures.
        moved: Known pictures under new paths, or with new stamps; they keep their vectors.
        removed: Ids to forget, with their vectors. Unknown ids are passed over.
        faults: Files that cannot be indexed. What is known under such a path is forgotten.
        cleared: Paths whose fault is forgotten, because the file is gone or excluded.
        folders: What was asked to be indexed; added to what is remembered.
        removed_folders: Folders that are no longer indexed. Their pictures stay, unless removed.
        settings: What the gallery itself remembers, such as its model, by key.
        labels: What known pictures are called from now on, by id; unknown ids are passed over.
    """

    model: ModelSpec | None = None
    added: Sequence[NewImage] = ()
    changed: Sequence[ChangedImage] = ()
    embedded: Sequence[NewVector] = ()
    moved: Sequence[Moved] = ()
    removed: Sequence[int] = ()
    faults: Sequence[Fault] = ()
    cleared: Sequence[Path] = ()
    folders: Sequence[Path] = ()
    removed_folders: Sequence[Path] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[int, Sequence[str]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to store."""
        return not (
            self.added
            or self.changed
            or self.embedded
            or self.moved
            or self.removed
            or self.faults
            or self.cleared
            or self.folders
            or self.removed_folders
            or self.settings
            or self.labels
        )
