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
    whole = os.path.abspath(os.path.expanduser(text))
    # POSIX keeps two slashes at the start, which here mean what one does.
    return Path(whole[1:] if os.sep == "/" and whole.startswith("//") else whole)


def data_folder() -> Path:
    """Return where this platform keeps a user's application data.

    Raises:
        InvalidValueError: the user has no home folder, as in a container under a bare number.
    """
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData/Local") / "Sightline"
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support" / "Sightline"
    else:
        base = _from_environment("XDG_DATA_HOME") or home / ".local" / "share"
        base /= "sightline"
    if not base.is_absolute():
        raise InvalidValueError("HOME", os.environ.get("HOME", ""), "the path of a folder")
    return base


def cache_folder() -> Path:
    """Return where what can be made again is kept, after the XDG base directory specification.

    For a user without a home folder it is a place where nothing can be: all is done without.
    """
    base = _from_environment("XDG_CACHE_HOME") or Path(os.path.expanduser("~/.cache"))
    return (base if base.is_absolute() else Path(os.devnull)) / "sightline"


def _from_environment(name: str) -> Path | None:
    """The folder that a variable names. The specification has relative ones ignored."""
    path = Path(os.path.expanduser(os.environ.get(name, "")))
    return path if path.is_absolute() else None
