"""A small JSON file of things that took long to find out. Losing it costs time, nothing else."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from sightline.system.files import write_whole


class Memo:
    """Values by key in one file, which is read anew each time, as other processes write it too.

    A file that cannot be read counts as empty, and one that cannot be written is done without.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, key: str) -> object:
        """Return what was put under key, or None."""
        return self._read().get(key)

    def put(self, key: str, value: object) -> None:
        """Keep a value, which JSON must be able to hold."""
        content = json.dumps({**self._read(), key: value})
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._path, content.encode())

    def _read(self) -> dict[str, object]:
        try:
            content = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
