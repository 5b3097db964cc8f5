"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sightline.filesystem import storage_error


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Translate what the operating system says while something is written.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: anything else; the file that it is about may lie below ``path``.
    """
    try:
        yield
    except OSError as error:
        where = Path(error.filename) if isinstance(error.filename, str) else path
        raise storage_error(error, where) from error


def write_whole(path: Path, content: bytes, *, lasting: bool = False) -> None:
    """Write a file under another name, then rename it, so that no half file is ever seen.

    Args:
        path: Replaced if it exists; its folder must exist.
        content: All of it.
        lasting: Whether to wait until it would survive a power cut.
    """
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.unfinished")
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
