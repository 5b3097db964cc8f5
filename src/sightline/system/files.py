"""Files that are there whole or not at all, and what the file system's refusals mean."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

from sightline.errors import DiskFullError, NotWritableError, StorageError

# A quota and a limit on the size of a file are lifted as a full disk is: by making room.
_FULL = frozenset({errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)})


def is_full(error: OSError) -> bool:
    """Return whether there was no room, on the disk or within someone's share of it."""
    return error.errno in _FULL


def storage_error(error: OSError, path: Path) -> StorageError:
    """Return Sightline's error for what the operating system said while a path was written."""
    if is_full(error):
        return DiskFullError(path)
    return NotWritableError(path, error.strerror or str(error))


def write_whole(path: Path, content: bytes, *, lasting: bool = False) -> None:
    """Write a file under another name, then rename it, so that no half file is ever seen.

    Args:
        path: Replaced if it exists; its folder must exist.
        content: All of it.
        lasting: Whether to wait until it would survive a power cut.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.unfinished")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with suppress(OSError):
            unfinished.unlink()
        raise
