"""The hub's cache on this machine, in the layout that the hub's own client and others use.

::

    models--OWNER--NAME/blobs/DIGEST               content, under its digest
    models--OWNER--NAME/snapshots/COMMIT/PATH      a link to it, for every file of a commit
    models--OWNER--NAME/refs/BRANCH                the commit where a branch stood
    .locks/models--OWNER--NAME/DIGEST.lock         held while a file is fetched

Where links are not possible, the content lies in the snapshot itself. The layout is described at
https://huggingface.co/docs/huggingface_hub/guides/manage-cache
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sightline.encoders.digests import sha256_of_file
from sightline.errors import TooLittleRoomError

COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file of a repository.

    Attributes:
        path: Relative to the repository, with ``/``.
        size_bytes: Of its content.
        digest: Of its content, hex: SHA-256 for a big file, git's SHA-1 for a small one.
    """

    path: str
    size_bytes: int
    digest: str


class HubCache:
    """Where files of the hub are kept.

    Args:
        folder: The cache's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def snapshot(self, repository: str, commit: str) -> Path:
        """Return the folder that looks like the repository at a commit."""
        return self._home(repository) / "snapshots" / commit

    def blob(self, repository: str, file: HubFile) -> Path:
        """Return where the content of a file is, or will be."""
        return self._home(repository) / "blobs" / file.digest

    def partial(self, repository: str, file: HubFile) -> Path:
        """Return where the content of a file grows while it is fetched."""
        return self._home(repository) / "blobs" / f"{file.digest}.incomplete"

    def files(self, repository: str, commit: str) -> Mapping[str, HubFile]:
        """Return what is there of a commit, by path."""
        folder, found = self.snapshot(repository, commit), {}
        blobs = _digests_of(self._home(repository) / "blobs")
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                facts = path.stat()
                digest = blobs.get((facts.st_dev, facts.st_ino)) or sha256_of_file(path)
                name = path.relative_to(folder).as_posix()
                found[name] = HubFile(name, facts.st_size, digest)
        return found

    def missing_bytes(self, repository: str, files: Iterable[HubFile]) -> int:
        """Return how much of some files is still to be fetched."""
        missing = 0
        for file in {file.digest: file for file in files}.values():
            blob, partial = self.blob(repository, file), self.partial(repository, file)
            missing += max(0, file.size_bytes - max(size_of(blob), size_of(partial)))
        return missing

    def check_room(self, needed_bytes: int) -> None:
        """Check that something fits on the disk of the cache.

        Raises:
            TooLittleRoomError: it does not.
        """
        folder = self._folder
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free_bytes = shutil.disk_usage(folder).free
        if needed_bytes > free_bytes:
            needed_megabytes = -(-needed_bytes // 1_000_000)
            raise TooLittleRoomError(self._folder, needed_megabytes, free_bytes // 1_000_000)

    def note(self, repository: str, revision: str, commit: str) -> None:
        """Note where a branch stands, so that its files are found without a hub later."""
        with suppress(OSError):
            note = self._home(repository) / "refs" / revision
            note.parent.mkdir(parents=True, exist_ok=True)
            note.write_text(commit)

    def noted(self, repository: str, revision: str) -> str:
        """Return the commit that a revision stood at when it was last asked for, or ""."""
        if COMMIT.fullmatch(revision):
            return revision
        try:
            return (self._home(repository) / "refs" / revision).read_text().strip()
        except (OSError, ValueError):
            return ""

    @contextmanager
    def locked(self, repository: str, file: HubFile) -> Iterator[None]:
        """Hold the lock that every client of the hub takes when it fetches this file.

        Raises:
            OSError: the cache cannot be written.
        """
        from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

        lock = self._folder / ".locks" / self._home(repository).name / f"{file.digest}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        self.blob(repository, file).parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            yield

    def _home(self, repository: str) -> Path:
        return self._folder / f"models--{repository.replace('/', '--')}"


def size_of(path: Path) -> int:
    """Return how many bytes a file has; 0 where there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def check(path: Path, file: HubFile) -> tuple[str, str]:
    """Return the SHA-256 of a file's content, and what is wrong with it, or "".

    Raises:
        OSError: the file cannot be read.
    """
    size_bytes = path.stat().st_size
    if size_bytes != file.size_bytes:
        return "", f"it has {size_bytes:,} bytes, not {file.size_bytes:,}"
    sha256 = sha256_of_file(path)
    found = sha256 if len(file.digest) == len(sha256) else _git_sha1(path, size_bytes)
    problem = "" if found == file.digest else f"its digest is {found[:12]}, not {file.digest[:12]}"
    return sha256, problem


def _git_sha1(path: Path, size_bytes: int) -> str:
    """The name that git gives to a file's content: SHA-1 over a header and the bytes."""
    digest = hashlib.sha1(f"blob {size_bytes}\0".encode(), usedforsecurity=False)
    digest.update(path.read_bytes())
    return digest.hexdigest()


def link(blob: Path, pointer: Path, *, hard: bool = False) -> None:
    """Make a path of a snapshot show a content.

    Args:
        blob: The content.
        pointer: The path.
        hard: Not by a symbolic link. OpenVINO refuses weights that a graph keeps in a file of
            their own if that file is really in another folder.

    Raises:
        OSError: the cache cannot be written.
    """
    pointer.parent.mkdir(parents=True, exist_ok=True)
    if pointer.exists() and pointer.is_symlink() != hard and pointer.samefile(blob):
        return
    pointer.unlink(missing_ok=True)
    # Links need a right on Windows, and some drives have none at all.
    if hard:
        try:
            pointer.hardlink_to(blob)
        except (OSError, NotImplementedError):
            shutil.copyfile(blob, pointer)  # other commits may show the content, too
        return
    try:
        pointer.symlink_to(os.path.relpath(blob, pointer.parent))
    except (OSError, NotImplementedError):
        os.replace(blob, pointer)


def _digests_of(blobs: Path) -> Mapping[tuple[int, int], str]:
    """The digest of every content, by what identifies its file whatever it is called."""
    try:
        found = [entry for entry in os.scandir(blobs) if DIGEST.fullmatch(entry.name)]
    except FileNotFoundError:
        return {}
    # Not the entry's own facts, which lack both numbers on Windows.
    facts = [(os.stat(entry.path), entry.name) for entry in found]
    return {(fact.st_dev, fact.st_ino): name for fact, name in facts}
