"""Files of an evaluation, read and written; what goes wrong is told with the file's name."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import AnnotationsUnreadableError, NotReadableError
from sightline.system.files import storage_error, write_whole


def read_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        NotReadableError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotReadableError(path, error.strerror or str(error)) from error


def read_text(path: Path) -> str:
    """Return what a text file holds, without the mark that some programs put before it.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: it is not text.
    """
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AnnotationsUnreadableError(path, "it is not text in UTF-8") from error


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty, without white space around them.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: it is not text.
    """
    lines = (line.strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def write_file(path: Path, content: bytes) -> Path:
    """Write a file in whole or not at all, and return its path; its folder is made.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the file may not be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise storage_error(error, path) from error
    return path
