"""What became of a file that was read, and the rows that the catalog stores of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from sightline.catalog import Fault, KnownFile, NewImage, Touched
from sightline.images import FoundFile
from sightline.types import ImageRecord, Pixels, Vectors


@dataclass(frozen=True, slots=True)
class Taken:
    """One file after reading. New content has pixels, known content has none."""

    file: FoundFile
    known: KnownFile | None
    content_hash: str
    width_px: int = 0
    height_px: int = 0
    format: str = ""
    taken_at: str | None = None
    pixels: Pixels | None = None

    def like(self, record: ImageRecord) -> Taken:
        """Return this file with the facts of a picture of the same content."""
        return replace(
            self,
            width_px=record.width_px,
            height_px=record.height_px,
            format=record.format,
            taken_at=record.taken_at,
        )

    def as_image(self, vector: Vectors) -> NewImage:
        """Return the row that the catalog stores."""
        return NewImage(
            self.file.path,
            self.file.size_bytes,
            self.file.mtime_ns,
            self.content_hash,
            self.width_px,
            self.height_px,
            self.format,
            self.taken_at,
            vector,
        )

    def as_touch(self, known: KnownFile) -> Touched:
        """Return the row that brings size and time of a known picture up to date."""
        return Touched(known.id, self.file.size_bytes, self.file.mtime_ns)


@dataclass(frozen=True, slots=True)
class Refused:
    """One file that cannot be read."""

    file: FoundFile
    known: KnownFile | None
    reason: str
    lasting: bool

    def as_fault(self) -> Fault:
        """Return the row that the catalog stores."""
        # A stamp that no file has makes the next run try again.
        mtime_ns = self.file.mtime_ns if self.lasting else -1
        return Fault(self.file.path, self.reason, self.file.size_bytes, mtime_ns)


@dataclass(frozen=True, slots=True)
class Postponed:
    """One file for which there was no memory beside the others."""

    file: FoundFile
    known: KnownFile | None


Outcome: TypeAlias = "Taken | Refused | Postponed"
