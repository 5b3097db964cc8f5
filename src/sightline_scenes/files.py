"""Files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.system.files import storage_error


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
