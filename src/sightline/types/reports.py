"""What a gallery tells of itself, and of the work that is done on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.types.pictures import Skipped

if TYPE_CHECKING:
    from sightline.types.vectors import ModelSpec


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
