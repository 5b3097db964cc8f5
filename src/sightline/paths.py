"""What a person wrote for a path, made absolute without surprises."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sightline.errors import InvalidValueError


def absolute(name: str | Path) -> Path:
    """Return a path that does not depend on the working folder; links are not followed.

    ``~`` and ``~user`` are expanded where there is such a user. Nothing has to be there; ask with
    ``os.path.exists``, which is False, and does not raise, for a name that no file can have.

    Raises:
        InvalidValueError: the name is empty, as ``"$UNSET"`` is in a shell. Python would take it
            for the working folder.
    """
    text = os.fspath(name)
    if not text:
        raise InvalidValueError("a path", "", "the name of a file or folder")
    return Path(os.path.abspath(os.path.expanduser(text)))


def data_folder() -> Path:
    """Return where this platform keeps a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Sightline"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "Sightline"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sightline"


def cache_folder() -> Path:
    """Return where what can be made again is kept, after the XDG base directory specification."""
    return Path(os.path.expanduser(os.environ.get("XDG_CACHE_HOME") or "~/.cache")) / "sightline"
