"""Content hashes: by them a file that moved is known again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

from sightline.errors import ImageUnreadableError
from sightline.images.reading import open_regular, reason_of_os_error

_DIGEST_BYTES = 20
_CHUNK_BYTES = 1 << 20


def bytes_hash(data: bytes) -> str:
    """Return the BLAKE2b-160 of some bytes, 40 hex digits."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def content_hash(path: Path | str) -> str:
    """Return the BLAKE2b-160 of a file's bytes, 40 hex digits, without holding it in memory.

    Raises:
        ImageUnreadableError: the file is gone, forbidden, or not a regular file.
    """
    with open_regular(path) as file:
        try:
            return stream_hash(file)
        except OSError as error:
            raise ImageUnreadableError(
                str(path), reason_of_os_error(error), lasting=False
            ) from error


def stream_hash(file: BinaryIO) -> str:
    """Return the BLAKE2b-160 of what an open file has from here on, 40 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
