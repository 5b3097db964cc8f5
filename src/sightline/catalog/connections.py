"""SQLite connections: any number of readers in any thread, one writer."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.catalog.migrations import check_format, migrate
from sightline.catalog.sqlite import translate, translated
from sightline.errors import (
    DiskFullError,
    GalleryClosedError,
    GalleryCorruptError,
    GalleryNotFoundError,
    NotReadableError,
)
from sightline.system.files import storage_error

# Vectors of 512 to 1,024 numbers take 1 to 2 KB; a page of 4 KB would waste a quarter of itself.
_PAGE_BYTES = 16_384
_BUSY_TIMEOUT_MS = 10_000
_RETRY_S = 0.01
_WAL_LIMIT_BYTES = 64 * 1024 * 1024
_SMALLEST_BYTES = 512
_CACHE_KIB = 16 * 1024
_REFUSALS = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY})
_PENDING = (
    "its last commits are still in {wal}, which cannot be taken in where nothing can be written; "
    "open the gallery once where it can be written"
)


class _Connection(sqlite3.Connection):
    """A connection that remembers whether it takes the file for one that nobody changes.

    SQLite reads such a file without writing anything beside it, and without any lock.
    """

    is_immutable = False


class Connections:
    """The connections of one catalog file.

    Readers borrow: a connection goes back to the pool afterwards, so there are as many as there
    were ever readers at once, and threads that come and go leave nothing behind.

    Args:
        path: Of the catalog file.
        create: Make the file, and its folder, if it is not there.

    Raises:
        GalleryNotFoundError: there is no such file, and ``create`` is False.
        GalleryVersionError: the file is of a newer format.
        GalleryCorruptError: the file is damaged, or not a catalog.
        NotReadableError: the file may not be read.
        NotWritableError: the file has to be made or migrated, but may not be written.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self._path = path
        self._idle: list[_Connection] = []
        self._mutex = threading.Lock()
        self._writer: _Connection | None = None
        self._keeper: _Connection | None = None
        self._keeping = threading.Lock()
        self._closed = False
        if not _exists(path):
            if not create:
                raise GalleryNotFoundError(path.parent)
            _make_file(path)
        self._read_only = not _is_writable(path)
        with translated(path):
            self._returned(self._opened_to_read())

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read with; SQLite's errors inside the block are translated."""
        with translated(self._path):
            connection = self._borrowed()
            try:
                yield connection
            finally:
                self._returned(connection)

    def writing(self) -> sqlite3.Connection:
        """Return the one connection that writes; the caller sees to it that one thread uses it."""
        if self._closed:
            raise GalleryClosedError(self._path.parent)
        if self._writer is None:
            with translated(self._path):
                self._writer = self._opened(immutable=False)
        return self._writer

    @contextmanager
    def keeping(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to keep what may be lost: it waits for no writer, and for no disk.

        SQLite's errors inside the block are translated.

        Raises:
            GalleryBusyError: somebody is in the middle of a commit.
        """
        with self._keeping, translated(self._path):
            if self._closed:
                raise GalleryClosedError(self._path.parent)
            if self._keeper is None:
                self._keeper = self._opened(immutable=False)
                self._keeper.execute("PRAGMA busy_timeout = 0")
                # What is written here reaches the disk with the next commit that matters.
                self._keeper.execute("PRAGMA synchronous = NORMAL")
            yield self._keeper

    def close(self) -> None:
        """Close what is idle now, and what is lent when it comes back."""
        with self._mutex:
            self._closed = True
            idle, self._idle = self._idle, []
        with self._keeping:  # so that nobody is in the middle of it
            own, self._writer, self._keeper = (self._writer, self._keeper), None, None
        idle += [connection for connection in own if connection is not None]
        for connection in idle:
            connection.close()

    def _borrowed(self) -> _Connection:
        with self._mutex:
            if self._closed:
                raise GalleryClosedError(self._path.parent)
            if self._idle:
                return self._idle.pop()
        return self._opened_to_read()

    def _returned(self, connection: _Connection) -> None:
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        with self._mutex:
            # What takes the file for immutable sees no later commit; the next reader looks afresh.
            keep = not self._closed and not connection.is_immutable
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def _opened_to_read(self) -> _Connection:
        pending = _has_content(self._beside("-wal"))
        try:
            return self._opened(immutable=self._read_only and not self._is_in_use(pending))
        except sqlite3.OperationalError as error:
            if self._read_only and pending and _primary_code(error) in _REFUSALS:
                raise NotReadableError(
                    self._path, _PENDING.format(wal=self._beside("-wal"))
                ) from error
            if pending or not self._lacks_room(error):
                raise
            try:
                return self._opened(immutable=True)
            except sqlite3.OperationalError:
                raise error from None

    def _opened(self, *, immutable: bool) -> _Connection:
        mode = "ro" if self._read_only or immutable else "rw"
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode={mode}&immutable={int(immutable)}",
            uri=True,
            timeout=_BUSY_TIMEOUT_MS / 1000,
            isolation_level=None,
            check_same_thread=False,  # a connection changes threads, but one at a time uses it
            factory=_Connection,
        )
        connection.is_immutable = immutable
        try:
            check_format(connection, self._path)  # first, so that a foreign file stays untouched
            _configure(connection, read_only=mode == "ro")
            migrate(connection, self._path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _is_in_use(self, pending: bool) -> bool:
        # A killed reader leaves an empty -wal; one that was emptied by a living one has its -shm.
        return pending or (self._beside("-wal").exists() and self._beside("-shm").exists())

    def _lacks_room(self, error: sqlite3.OperationalError) -> bool:
        # Even to read, SQLite makes two small files beside the catalog.
        full = isinstance(translate(error, self._path), DiskFullError)
        return full or _primary_code(error) == sqlite3.SQLITE_CANTOPEN

    def _beside(self, ending: str) -> Path:
        return self._path.with_name(self._path.name + ending)


def _configure(connection: sqlite3.Connection, *, read_only: bool) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    if read_only:
        return
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # takes effect in a new file only
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")  # a commit that returned survives a power cut
    connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")


def _use_wal(connection: sqlite3.Connection) -> None:
    # Where two processes make the file at once, SQLite refuses the switch instead of waiting.
    deadline_s = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline_s:
                raise
            time.sleep(_RETRY_S)


def _make_file(path: Path) -> None:
    # An empty file is an empty database; opening it here tells a full disk from a lack of rights.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise storage_error(error, path) from error


def _primary_code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _has_content(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        if path.is_dir():
            raise GalleryCorruptError(path, "it is a folder")
        if not path.exists():
            return False
        # SQLite takes a file of a few bytes for an empty database, and would write over it.
        if 0 < path.stat().st_size < _SMALLEST_BYTES:
            raise GalleryCorruptError(path, "it is not a database")
        return True
    except OSError as error:
        raise NotReadableError(path, error.strerror or str(error)) from error


def _is_writable(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    return all(os.access(place, os.W_OK, effective_ids=effective) for place in (path, path.parent))
