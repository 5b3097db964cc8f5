"""Content hashes: by them a file that moved is known again."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

_DIGEST_BYTES = 20
_CHUNK_BYTES = 1 << 20


def bytes_hash(data: bytes) -> str:
    """Return the BLAKE2b-160 of some bytes, 40 hex digits."""
    return hashlib.blake2b(data, digest_size=_DIGEST_BYTES).hexdigest()


def stream_hash(file: BinaryIO) -> str:
    """Return the BLAKE2b-160 of what an open file has from here on, 40 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    while chunk := file.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()
