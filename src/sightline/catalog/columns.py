"""How paths and text become SQLite values and back."""

from __future__ import annotations

import os
from pathlib import Path


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
