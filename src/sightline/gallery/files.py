"""The picture files that a gallery has of its own: pictures it was given to keep, and thumbnails.

::

    GALLERY/
      uploads/3f/3fa9c1….jpg            pictures that came by upload, named after their content
      thumbnails/3f/3fa9c1…-320.webp    small versions; a cache, made again when they are lost
"""

from __future__ import annotations

import io
import math
import os
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.images import bytes_hash, decode, read, thumbnail
from sightline.images.memory import Room
from sightline.system.files import storage_error, write_whole
from sightline.types import ImageRecord

CHANGED = "it has changed since it was indexed; bring the gallery up to date with `sightline index`"

_UPLOADS = "uploads"
_THUMBNAILS = "thumbnails"
_LONGEST_NAME = 120
_QUALITY = 82
# 0 to 6; 2 takes a third longer than 1 for one tenth less, 4 three times as long.
_EFFORT = 1
_ENDINGS = {"JPEG": "jpg", "TIFF": "tif", "HEIF": "heic"}


class GalleryFiles:
    """Keeps the files of one gallery. Safe to share by threads.

    Args:
        folder: Of the gallery.
        max_megapixels: Refuse larger pictures.
        room: What decoding them may take, of all threads together.
    """

    def __init__(self, folder: Path, max_megapixels: float, room: Room) -> None:
        self._uploads = folder / _UPLOADS
        self._prefix = os.path.join(self._uploads, "")
        self._thumbnails = folder / _THUMBNAILS
        self._max_megapixels = max_megapixels
        self._room = room

    # Pictures that came by upload

    def store(self, data: bytes, content_hash: str, format: str) -> Path:
        """Write a picture under a name of our own; return where it is.

        Raises:
            DiskFullError: there is no room; nothing of it is left.
            NotWritableError: the gallery may not be written.
        """
        path = self.place_of(content_hash, format)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data, lasting=True)
        except OSError as error:
            raise storage_error(error, path) from error
        return path

    def place_of(self, content_hash: str, format: str) -> Path:
        """Return where ``store`` puts a picture."""
        ending = _ENDINGS.get(format, format.lower())
        return self._uploads / content_hash[:2] / f"{content_hash}.{ending}"

    def holds(self, path: Path, data: bytes) -> bool:
        """Whether a file can be read, and is what is expected to the last byte."""
        with suppress(OSError):
            return path.read_bytes() == data
        return False

    def owns(self, path: Path) -> bool:
        """Whether a picture is the gallery's own, so that it goes when it is removed."""
        return str(path).startswith(self._prefix)

    def discard(self, path: Path) -> None:
        """Delete a picture of the gallery's own; one that is gone already is no fault.

        Raises:
            NotWritableError: it may not be deleted.
        """
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, path) from error

    # Thumbnails

    def thumbnail(self, image: ImageRecord, longest_px: int) -> bytes:
        """Return a picture as a WebP that fits a square, from the cache if it is there.

        Raises:
            ImageUnreadableError: the file cannot be read any longer, or holds another picture.
        """
        digest = image.content_hash
        place = self._thumbnails / digest[:2] / f"{digest}-{longest_px}.webp"
        with suppress(OSError):
            return place.read_bytes()
        edges = sorted((image.width_px, image.height_px))
        shape = edges[0] / edges[1] if edges[1] else 1.0
        content = self._read(image.path, digest)
        data = webp(content, longest_px, self._max_megapixels, self._room, shape=shape)
        # A gallery that cannot be written, or a full disk, makes this slower and nothing worse.
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, data)
        return data

    def _read(self, path: Path, content_hash: str) -> bytes:
        data = read(path)
        if bytes_hash(data) != content_hash:
            raise ImageUnreadableError(str(path), CHANGED, lasting=False)
        return data

    def forget_thumbnails(self, content_hash: str) -> None:
        """Delete the thumbnails of a content that the gallery no longer has."""
        with suppress(OSError):
            for place in (self._thumbnails / content_hash[:2]).glob(f"{content_hash}-*.webp"):
                place.unlink(missing_ok=True)

    # Order

    def lost(self, paths: Collection[Path], hashes: Collection[str]) -> list[Path]:
        """Return the files that nothing leads to, as a killed process leaves them.

        If the caller is not the gallery's only writer, a picture that is just being added is among
        them.

        Args:
            paths: Of every picture in the catalog.
            hashes: Of every content in the catalog.
        """
        found = list(_files_below(self._uploads, lambda path: path not in paths))
        found += _files_below(self._thumbnails, lambda path: not _is_thumbnail_of(path, hashes))
        return found

    def delete(self, lost: Iterable[Path]) -> None:
        """Delete files that nothing leads to."""
        for path in lost:
            # What cannot be deleted takes room and does no harm.
            with suppress(OSError):
                path.unlink(missing_ok=True)


def webp(
    source: Path | bytes | Image.Image,
    longest_px: int,
    max_megapixels: float,
    room: Room,
    *,
    shape: float = 1.0,
) -> bytes:
    """Return a picture as a WebP that fits a square of so many pixels, never enlarged.

    Args:
        source: The picture.
        longest_px: The edge of the square.
        max_megapixels: Refuse larger pictures.
        room: Where decoding waits until there is memory for it.
        shape: The picture's shortest edge as a share of its longest, where that is known: a JPEG
            is decoded no larger than it is shown then, which is most of the work.

    Raises:
        ImageUnreadableError: it cannot be read.
    """
    # What is decoded has at least twice the edge that is asked for, or all there is.
    shortest_px = max(1, math.ceil(longest_px * shape / 2))
    with room.part() as part:
        decoded = decode(
            source,
            shortest_px=shortest_px,
            max_megapixels=max_megapixels,
            reserve=part.take,
        )
        small = thumbnail(decoded.image, longest_px)
        del decoded
    target = io.BytesIO()
    small.save(target, "WEBP", quality=_QUALITY, method=_EFFORT)
    return target.getvalue()


def shown_name(name: str) -> str:
    """Return the name that a file came with, without folders and what cannot be shown."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    # Controls, lone surrogates, and what turns the direction of the text around it.
    kept = "".join(mark for mark in last if is_shown(mark)).strip()
    if len(kept) <= _LONGEST_NAME:
        return kept
    stem, ending = os.path.splitext(kept)
    ending = ending[:10]
    return stem[: _LONGEST_NAME - len(ending) - 1] + "\N{HORIZONTAL ELLIPSIS}" + ending


def is_shown(mark: str) -> bool:
    """Return whether a character is more than a command to whatever shows it."""
    # The two that join letters and emoji are part of a word.
    return mark in "\u200c\u200d" or unicodedata.category(mark)[0] != "C"


def _is_thumbnail_of(path: Path, hashes: Collection[str]) -> bool:
    # One that was never finished, of whatever picture, is of no use to anybody.
    return path.suffix == ".webp" and path.name.split("-")[0] in hashes


def _files_below(folder: Path, is_wanted: Callable[[Path], bool]) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (path for path in (Path(place, name) for name in names) if is_wanted(path))
