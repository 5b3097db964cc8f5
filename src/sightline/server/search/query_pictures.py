"""The last query pictures that came with a search, so that its page can be loaded again."""

from __future__ import annotations

import math
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import ImageUnreadableError
from sightline.gallery.files import webp
from sightline.images import read, size_as_shown
from sightline.images.memory import room_for_guests
from sightline.server.http.refusals import QueryPictureNotFoundError
from sightline.server.search.notes import note
from sightline.server.search.recent import Recent
from sightline.system.files import write_whole

FOLDER = "queries"
_TOKEN = re.compile(r"[0-9a-f]{40}")
_MOST_BYTES = 256 * 1024 * 1024
# A search has accepted the picture before, with the limit that the gallery was opened with.
_ANY_SIZE = math.inf


@dataclass(frozen=True, slots=True)
class KeptQuery:
    """A query picture that is kept.

    Attributes:
        token: The hash of its content, so that one picture is kept once.
        width_px: As shown.
        height_px: Likewise.
    """

    token: str
    width_px: int
    height_px: int


class QueryPictures:
    """Files under the gallery's folder, bounded in number and in bytes; the oldest go first.

    They are the bytes that came, under the hash of them: a search by a kept picture is the very
    search that it came with. Safe to share by threads and processes.

    Args:
        gallery: The gallery's folder.
        most: How many are kept; with 0 nothing is ever written.
    """

    def __init__(self, gallery: Path, most: int) -> None:
        self._folder = gallery / FOLDER
        self._most = most
        self._room = room_for_guests()
        self._known: Recent[str, KeptQuery] = Recent(most)

    def keep(self, data: bytes, token: str) -> KeptQuery | None:
        """Keep a picture that a search was made with; return None where none are kept.

        Args:
            data: The bytes of its file.
            token: The hash of them.
        """
        if not self._most:
            return None
        kept = self._known.get(token) or self._described(token, data)
        try:
            self._store(token, data)
        except OSError as error:
            # The search is answered; only its page cannot be loaded again.
            note(f"the query picture could not be kept: {error.strerror or error}")
            return None
        return kept

    def read(self, token: str) -> bytes:
        """Return the bytes of a kept picture, which counts as used now.

        Raises:
            QueryPictureNotFoundError: it is not, or no longer, kept.
        """
        if not _TOKEN.fullmatch(token):
            raise QueryPictureNotFoundError(token)
        try:
            data = read(self._folder / token)
        except ImageUnreadableError as error:
            raise QueryPictureNotFoundError(token) from error
        with suppress(OSError):
            os.utime(self._folder / token)
        return data

    def webp(self, token: str, longest_px: int) -> bytes:
        """Return a kept picture as a WebP that fits a square of so many pixels.

        Raises:
            QueryPictureNotFoundError: it is not, or no longer, kept.
        """
        return webp(self.read(token), longest_px, _ANY_SIZE, self._room)

    def _described(self, token: str, data: bytes) -> KeptQuery:
        with self._room.part() as part:
            kept = KeptQuery(token, *size_as_shown(data, part.take))
        self._known.put(token, kept)
        return kept

    def _store(self, token: str, data: bytes) -> None:
        place = self._folder / token
        with suppress(FileNotFoundError):
            os.utime(place)  # it is there, and the newest from now on
            return
        self._folder.mkdir(exist_ok=True)
        write_whole(place, data)
        self._prune()

    def _prune(self) -> None:
        kept = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # another process prunes, too
                    facts = entry.stat()
                    kept.append((facts.st_mtime_ns, facts.st_size, entry.path))
        kept.sort(reverse=True)
        used_bytes = 0
        for place, (_, size, path) in enumerate(kept):
            used_bytes += size
            # The newest stays, however large it is: it was asked for just now.
            if place and (place >= self._most or used_bytes > _MOST_BYTES):
                with suppress(FileNotFoundError):
                    os.unlink(path)
