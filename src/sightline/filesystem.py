"""The file system's refusals, turned into Sightline's errors: one table for all who write files."""

from __future__ import annotations

import errno
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
