"""One writer at a time, also across processes.

The lock is the operating system's: it goes when its process goes, however that ends, so it is
never stale. What is written into the file only serves the sentence that the second writer reads.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from pathlib import Path

from sightline.errors import GalleryBusyError
from sightline.system.files import is_full, storage_error

if sys.platform == "win32":
    import msvcrt

    # Windows locks are mandatory: lock a byte far behind the text, so that others can read it.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


_RETRY_S = 0.05
_HELD_ELSEWHERE = frozenset({errno.EAGAIN, errno.EACCES, errno.EDEADLK})


class WriterLock:
    """The right to change a gallery. Hold it with ``with``; it does not nest.

    Args:
        path: The lock file; made if missing, and never deleted, since deleting it would let two
            writers hold two files of one name.
        command: What this process is doing, for the sentence of whoever comes second.
        wait_s: How long to wait for another holder before giving up.
    """

    def __init__(self, path: Path, command: str | None = None, *, wait_s: float = 0.0) -> None:
        self._path = path
        self._command = command or _this_command()
        self._wait_s = wait_s
        self._descriptor: int | None = None

    def __enter__(self) -> WriterLock:
        """Take the lock.

        Raises:
            GalleryBusyError: another process, or another thread of this one, holds it still.
            NotWritableError: the file cannot be opened for writing, or not be locked.
        """
        deadline_s = time.monotonic() + self._wait_s
        while True:
            try:
                self._descriptor = self._taken()
                return self
            except GalleryBusyError:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise
                time.sleep(min(_RETRY_S, left_s))

    def __exit__(self, *_: object) -> None:
        """Give the lock back."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            os.ftruncate(descriptor, 0)
            _unlock(descriptor)
        finally:
            os.close(descriptor)

    def _taken(self) -> int:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise storage_error(error, self._path) from error
        try:
            _try_lock(descriptor)
            self._write_holder(descriptor)
        except OSError as error:
            os.close(descriptor)
            if error.errno in _HELD_ELSEWHERE:
                raise GalleryBusyError(self._path.parent, _holder(self._path)) from error
            raise storage_error(error, self._path) from error
        return descriptor

    def _write_holder(self, descriptor: int) -> None:
        holder = {"pid": os.getpid(), "command": self._command, "since_s": time.time()}
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            os.write(descriptor, json.dumps(holder).encode())
        except OSError as error:
            # The name of the holder is a courtesy; on a full disk the lock still holds.
            if not is_full(error):
                raise


def _this_command() -> str:
    program = Path(sys.argv[0]) if sys.argv and sys.argv[0] else Path("python")
    return program.parent.name if program.name == "__main__.py" else program.name


def _holder(path: Path) -> str:
    try:
        facts = json.loads(path.read_bytes())
        since = time.localtime(float(facts["since_s"]))
        today = time.localtime()
        same_day = (since.tm_year, since.tm_yday) == (today.tm_year, today.tm_yday)
        clock = time.strftime("%H:%M" if same_day else "%Y-%m-%d %H:%M", since)
        return f"process {int(facts['pid'])} ({facts['command']}, since {clock})"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"  # it took the lock an instant ago and has not signed yet
