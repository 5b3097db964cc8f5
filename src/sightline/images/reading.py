"""Bringing a file's bytes in, once, without ever waiting on what is no file; and their hash."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from sightline.errors import ImageUnreadableError
from sightline.images.formats import HEAD_BYTES, describe_stranger, sniff

MAX_FILE_BYTES = 2 << 30
"""No picture file is larger; a film or disk image under a picture's name may well be."""

# O_NONBLOCK, because opening a named pipe would otherwise wait for somebody to write to it.
_OPEN_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)

_REASONS = {
    errno.ENOENT: "it is no longer there",
    errno.ENOTDIR: "it is no longer there",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "it is a link that leads in a circle",
    errno.ENAMETOOLONG: "its name is too long",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is not a regular file",
    errno.EMFILE: "too many files are open; raise the limit with `ulimit -n`",
    errno.ESTALE: "the network drive has forgotten it",
}


def reason_of_os_error(error: OSError) -> str:
    """Say in a phrase what the file system's error means for a picture."""
    known = _REASONS.get(error.errno or 0)
    return known or f"the file system reports: {error.strerror or error}"


def open_regular(path: Path | str) -> BinaryIO:
    """Open a regular file for reading; the caller closes it.

    Raises:
        ImageUnreadableError: it is gone, forbidden, a folder, a pipe or a device.
    """
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except OSError as error:
        raise ImageUnreadableError(str(path), reason_of_os_error(error), lasting=False) from error
    except ValueError as error:  # a zero byte, or a surrogate that stands for no byte
        raise ImageUnreadableError(str(path), "its name is not a valid file name") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise ImageUnreadableError(str(path), reason_not_regular(mode))
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def reason_not_regular(mode: int) -> str:
    """Say what something is that is not a regular file."""
    if stat.S_ISDIR(mode):
        return "it is a folder"
    if stat.S_ISFIFO(mode):
        return "it is a named pipe, not a file"
    if stat.S_ISSOCK(mode):
        return "it is a socket, not a file"
    return "it is a device, not a file"


def read(path: Path | str) -> bytes:
    """Return the bytes of a picture file, for ``bytes_hash`` and ``decode``.

    Only the first bytes are read of a file that does not begin like a picture.

    Raises:
        ImageUnreadableError: the file is gone, forbidden, empty, not a regular file, larger than
            ``MAX_FILE_BYTES``, or does not begin like a picture that Sightline reads.
    """
    with open_regular(path) as file:
        try:
            size = os.fstat(file.fileno()).st_size
            head = file.read(HEAD_BYTES)
            refusal = _refusal(head, size)
            if refusal:
                raise ImageUnreadableError(str(path), refusal)
            # From the start again: to put the two together would copy every byte, which takes
            # ten times as long as reading them.
            file.seek(0)
            return file.read()
        except OSError as error:
            raise ImageUnreadableError(
                str(path), reason_of_os_error(error), lasting=False
            ) from error
        except MemoryError as error:
            raise ImageUnreadableError(
                str(path), f"its {size:,} bytes do not fit into memory", lasting=False
            ) from error


def _refusal(head: bytes, size: int) -> str | None:
    if not head:
        return "the file is empty"
    if sniff(head) is None:
        return describe_stranger(head)
    if size > MAX_FILE_BYTES:
        return f"the file has {size / 1e9:.1f} GB, and no more than {MAX_FILE_BYTES >> 30} are read"
    return None


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
