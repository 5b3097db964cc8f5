"""SHA-256 of model files, and a memo of what took long to find out, such as that of a big one."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from sightline.system.files import write_whole
from sightline.system.paths import cache_folder

_REMEMBER_ABOVE_BYTES = 32 * 1024 * 1024  # below that, hashing is faster than being clever


class Memo:
    """Values by key in one small JSON file; losing it costs time, nothing else.

    It is read anew each time, as other processes write it too. A file that cannot be read counts as
    empty, and one that cannot be written is done without.
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


def digest_of_text(text: str) -> str:
    """Return the SHA-256 (hex) of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode()).hexdigest()


def digest_of_files(paths: Sequence[Path]) -> str:
    """Return one SHA-256 (hex) over the contents of files, in the order given.

    Names and places do not count, so that a copied folder has the same digest. Digests of big files
    are remembered by path, size and time of change.

    Raises:
        OSError: a file cannot be read.
    """
    remembered = Memo(default_memo())
    return digest_of_text("\n".join(_file_digest(path, remembered) for path in paths))


def default_memo() -> Path:
    """Return the user's own memo file."""
    return cache_folder() / "digests.json"


def _file_digest(path: Path, memo: Memo) -> str:
    facts = path.stat()
    if facts.st_size <= _REMEMBER_ABOVE_BYTES:
        return sha256_of_file(path)
    # The facts are taken before the bytes are read: a file that changes meanwhile is then
    # remembered under facts it no longer has, and hashed again next time.
    key, stamp = str(path.resolve()), [facts.st_size, facts.st_mtime_ns]
    remembered = memo.get(key)
    if isinstance(remembered, list) and remembered[:2] == stamp and len(remembered) == 3:
        return str(remembered[2])
    digest = sha256_of_file(path)
    memo.put(key, [*stamp, digest])
    return digest


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 (hex) of a file's bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
