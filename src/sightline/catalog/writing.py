"""Who may write to a catalog: one at a time, in all processes, and threads that join the writer."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from sightline.catalog.connections import Connections
from sightline.catalog.lock import WriterLock
from sightline.catalog.sqlite import translated


class Writing:
    """The writer's place of one catalog object. Safe to share by threads.

    Args:
        path: Of the catalog file.
        connections: Of the catalog.
    """

    def __init__(self, path: Path, connections: Connections) -> None:
        self._path = path
        self._connections = connections
        self._held = False
        self._leaving = False
        self._alone: int | None = None  # the thread that writes and lets nobody join
        self._guests = 0
        self._mutex = threading.Lock()
        self._guests_left = threading.Condition(self._mutex)

    @contextmanager
    def place(
        self, command: str | None, *, wait_s: float, join: bool, alone: bool
    ) -> Iterator[None]:
        """Be the only writer for a while; see ``GalleryStore.writer``."""
        if join and self._joined():
            try:
                yield
            finally:
                self._part()
            return
        with self._lock(command, wait_s):
            with self._mutex:
                self._held, self._leaving = True, alone
                self._alone = threading.get_ident() if alone else None
            try:
                yield
            finally:
                self._see_off()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend the writing connection for one transaction: all of it is stored, or nothing.

        Raises:
            GalleryBusyError: another process, another catalog object, or a thread that is alone
                writes.
        """
        with self._mutex, self._right_to_commit(), translated(self._path):
            connection = self._connections.writing()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after a full disk and some other faults.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _right_to_commit(self) -> WriterLock | nullcontext[None]:
        if self._held and self._alone in (None, threading.get_ident()):
            return nullcontext()
        return self._lock()

    def _lock(self, command: str | None = None, wait_s: float = 0.0) -> WriterLock:
        return WriterLock(self._path.with_name("writer.lock"), command, wait_s=wait_s)

    def _joined(self) -> bool:
        """Become a guest of the writer, if there is one who is not about to go."""
        with self._mutex:
            if self._held and not self._leaving:
                self._guests += 1
                return True
            return False

    def _part(self) -> None:
        with self._guests_left:
            self._guests -= 1
            self._guests_left.notify_all()

    def _see_off(self) -> None:
        """Keep the lock until the last guest is gone."""
        with self._guests_left:
            self._leaving = True
            while self._guests:
                self._guests_left.wait()
            self._held = self._leaving = False
            self._alone = None
