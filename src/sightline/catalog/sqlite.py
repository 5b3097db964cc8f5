"""The catalog's one boundary to SQLite: its errors and its values, turned into Sightline's."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.errors import (
    DiskFullError,
    GalleryBusyError,
    GalleryCorruptError,
    InvalidValueError,
    NotReadableError,
    NotWritableError,
    SightlineError,
)

# SQLite says "full" for ENOSPC only. A quota, a file size limit and a full network drive come as
# a failed write.
_FULL_CODES = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR_WRITE,
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_TRUNCATE,
    }
)
_WRITING_CODES = frozenset(
    {
        sqlite3.SQLITE_IOERR_FSYNC,
        sqlite3.SQLITE_IOERR_DIR_FSYNC,
        sqlite3.SQLITE_IOERR_DELETE,
        sqlite3.SQLITE_IOERR_LOCK,
    }
)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise Sightline's errors for SQLite's inside the block.

    Wrong use of the sqlite3 module (a defect of ours) passes through, and so does OSError: the
    block may be a caller's, working on files of its own.

    Raises:
        GalleryCorruptError: the file is damaged, or not a catalog.
        GalleryBusyError: another process holds the file longer than we wait.
        DiskFullError: there is no room.
        NotWritableError: the file may not be written.
        NotReadableError: the file cannot be opened or read.
        InvalidValueError: what was to be stored contradicts what is stored.
    """
    try:
        yield
    except sqlite3.Error as error:
        ours = translate(error, path)
        if ours is None:
            raise
        raise ours from error


def translate(error: sqlite3.Error, path: Path) -> SightlineError | None:
    """Return Sightline's error for SQLite's, or None for a defect of the calling code."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    if code is None:
        misuse = (sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.NotSupportedError)
        return None if isinstance(error, misuse) else GalleryCorruptError(path, str(error))
    if code in _FULL_CODES:
        return DiskFullError(path)
    if code in _WRITING_CODES:
        return NotWritableError(path, str(error))
    primary = code & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL):
        return GalleryBusyError(path.parent, "another process")
    if primary in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return NotWritableError(path, str(error))
    if primary in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_AUTH):
        return NotReadableError(path, str(error))
    if primary in (sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH):
        return InvalidValueError("the change to store", str(error), "free of contradictions")
    if primary == sqlite3.SQLITE_MISUSE:
        return None
    return GalleryCorruptError(path, str(error))


def path_column(path: Path) -> str | bytes:
    """Return a path as text, or as bytes where its name is not valid Unicode.

    Linux allows any bytes in a name; Python carries them as lone surrogates, which SQLite's UTF-8
    text cannot hold.
    """
    text = str(path)
    try:
        text.encode()
    except UnicodeEncodeError:
        return os.fsencode(text)
    return text


def column_path(column: str | bytes) -> Path:
    """Return the path that ``path_column`` stored."""
    return Path(os.fsdecode(column) if isinstance(column, bytes) else column)


def text_column(text: str) -> str:
    """Return text that SQLite can store; what is not Unicode is written as an escape."""
    return text.encode(errors="backslashreplace").decode()
