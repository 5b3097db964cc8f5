"""The hub that models are fetched from, and its cache: files arrive there whole and checked.

Files go into the hub's own cache, so that other programs find them there, and what they fetched is
found here. It is laid out so::

    models--OWNER--NAME/blobs/DIGEST               content, under its digest
    models--OWNER--NAME/snapshots/COMMIT/PATH      a link to it, for every file of a commit
    models--OWNER--NAME/refs/BRANCH                the commit where a branch stood
    .locks/models--OWNER--NAME/DIGEST.lock         held while a file is fetched

Where links are not possible, the content lies in the snapshot itself. The hub's client lists, asks
and brings the bytes. Where they grow and whether they are right is seen to here, since version 2 of
the client throws away what there is of a stopped download, and checks only its size: see
``docs/adr/0026-own-hub-client.md``.

The environment variables of the hub's client hold: ``HF_HOME`` and ``HF_HUB_CACHE`` for the cache,
``HF_ENDPOINT`` for a mirror, ``HF_HUB_OFFLINE``, ``HF_TOKEN``.
"""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sightline.encoders.digests import sha256_of_file
from sightline.encoders.hub.listing import COMMIT, DIGEST, HubFile, Listing, ask, translated
from sightline.encoders.installed import FetchedFile
from sightline.errors import (
    DownloadDamagedError,
    HubRefusedError,
    HubUnreachableError,
    InvalidValueError,
    TooLittleRoomError,
)
from sightline.system.files import storage_error

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# What is not one of these may be weights that a graph keeps in a file of their own; see ``_link``.
_SOFTLY_LINKED = (".json", ".onnx")

Tell = Callable[[int], None]
"""Gets the number of bytes that are there of a file, as it grows."""


class Hub:
    """The hub that the environment names, and the cache of its files on this machine.

    Raises:
        InvalidValueError: the address is none.
    """

    def __init__(self) -> None:
        from huggingface_hub import constants

        address = constants.ENDPOINT
        if not address.startswith(("http://", "https://")):
            raise InvalidValueError("HF_ENDPOINT", address, "an address with http:// or https://")
        self._endpoint = address.rstrip("/")
        self._cache = Path(constants.HF_HUB_CACHE)

    def snapshot(self, repository: str, commit: str) -> Path:
        """Return the folder that looks like a repository at a commit."""
        return self._home(repository) / "snapshots" / commit

    def listing(self, repository: str, revision: str) -> Listing:
        """Return what is in a repository; what the cache has of it, where no hub answers.

        Raises:
            InvalidValueError: no repository can be called so.
            HubRefusedError: there is no such repository or revision, or it may not be read.
            HubUnreachableError: no hub answers, and nothing of the repository is in the cache.
        """
        note = self._home(repository) / "refs" / revision
        try:
            listing = ask(self._endpoint, repository, revision)
        except HubUnreachableError as error:
            commit = revision if COMMIT.fullmatch(revision) else _text_of(note)
            files = _files_in(self.snapshot(repository, commit)) if commit else {}
            if not files:
                raise
            return Listing(repository, commit, "", files, error)
        if revision != listing.commit:
            with suppress(OSError):  # a shared cache may be one that cannot be written
                note.parent.mkdir(parents=True, exist_ok=True)
                note.write_text(listing.commit)
        return listing

    def check_room(self, repository: str, files: Iterable[HubFile]) -> None:
        """Check that what is still to be fetched of some files fits on the disk of the cache.

        Raises:
            TooLittleRoomError: it does not.
        """
        needed_bytes = 0
        for file in {file.digest: file for file in files}.values():
            blob, partial = self._blob(repository, file), self._partial(repository, file)
            needed_bytes += max(0, file.size_bytes - max(_size_of(blob), _size_of(partial)))
        folder = self._cache
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        free_bytes = shutil.disk_usage(folder).free
        if needed_bytes > free_bytes:
            needed_megabytes = -(-needed_bytes // 1_000_000)
            raise TooLittleRoomError(self._cache, needed_megabytes, free_bytes // 1_000_000)

    def download(self, listing: Listing, path: str, tell: Tell, sha256: str = "") -> FetchedFile:
        """Return one file of a repository, which is in the cache then, whole and checked.

        What was fetched before is checked again. A download that was stopped goes on where it was,
        also in another process. A damaged file is fetched anew once.

        Args:
            listing: Of the repository.
            path: One of its files.
            tell: See ``Tell``.
            sha256: What the file was when it was first fetched, or "" for whatever it is.

        Raises:
            DownloadDamagedError: it came twice with another content than announced.
            HubRefusedError: the hub does not give it, or not as it was first fetched.
            HubUnreachableError: the connection broke, and did not come back.
            DiskFullError: there is no room.
            NotWritableError: the cache cannot be written.
        """
        file = listing.files[path]
        pointer = self.snapshot(listing.repository, listing.commit) / path
        # First without the lock: a cache that is shared may be one that cannot be written.
        found = _in_place(pointer, file)
        if found:
            _check_known(listing.repository, path, found, sha256)
        else:
            try:
                with self._locked(listing.repository, file):
                    found = _in_place(pointer, file) or self._put(listing, file, tell, sha256)
            except OSError as error:
                raise storage_error(error, pointer) from error
        tell(file.size_bytes)
        return FetchedFile(path, file.size_bytes, found)

    def _home(self, repository: str) -> Path:
        return self._cache / f"models--{repository.replace('/', '--')}"

    def _blob(self, repository: str, file: HubFile) -> Path:
        return self._home(repository) / "blobs" / file.digest

    def _partial(self, repository: str, file: HubFile) -> Path:
        return self._home(repository) / "blobs" / f"{file.digest}.incomplete"

    @contextmanager
    def _locked(self, repository: str, file: HubFile) -> Iterator[None]:
        """Hold the lock that every client of the hub takes when it fetches this file."""
        from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

        lock = self._cache / ".locks" / self._home(repository).name / f"{file.digest}.lock"
        lock.parent.mkdir(parents=True, exist_ok=True)
        self._blob(repository, file).parent.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(lock):
            yield

    def _put(self, listing: Listing, file: HubFile, tell: Tell, known: str) -> str:
        """Bring a file to its place in the cache, and return its SHA-256."""
        blob = self._blob(listing.repository, file)
        partial = self._partial(listing.repository, file)
        for there in (blob, partial, partial) if blob.exists() else (partial, partial):
            if there is partial:
                self._bring(listing, file, partial, tell)
            sha256, problem = _check(there, file)
            if not problem:
                _check_known(listing.repository, file.path, sha256, known)
                there.replace(blob)
                _link(blob, self.snapshot(listing.repository, listing.commit) / file.path)
                return sha256
            there.unlink()
        raise DownloadDamagedError(file.path, problem)

    def _bring(self, listing: Listing, file: HubFile, partial: Path, tell: Tell) -> None:
        """Let a partial file grow until it is whole, for as long as each try brings more."""
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        if listing.unreachable is not None:
            raise listing.unreachable
        path = f"{listing.repository}/resolve/{listing.commit}/{quote(file.path)}"
        address = f"{self._endpoint}/{path}"
        headers = build_hf_headers(library_name="sightline") | {"Accept-Encoding": "identity"}
        is_whole = partial.exists() and _size_of(partial) >= file.size_bytes
        while not is_whole:
            with _Growing(partial, tell) as out:
                had = out.tell()
                try:
                    with translated(listing.repository, file.path):
                        http_get(address, out, resume_size=had, headers=headers, tqdm_class=_NoBar)
                    os.fsync(out.fileno())
                    is_whole = True
                except HubUnreachableError:
                    if not had < out.tell() < file.size_bytes:
                        raise


class _Growing(io.BufferedWriter):
    """A file that tells how long it is. A process that is killed leaves what it told of."""

    def __init__(self, path: Path, tell: Tell) -> None:
        super().__init__(io.FileIO(path, "a"))
        self._told = tell

    def write(self, buffer: ReadableBuffer, /) -> int:
        written = super().write(buffer)
        self.flush()
        self._told(self.tell())
        return written


class _NoBar(nullcontext[Any]):
    """In place of the progress bar of the hub's client."""

    def __init__(self, **_: object) -> None:
        super().__init__(self)

    def update(self, count: int) -> None: ...


def _files_in(snapshot: Path) -> Mapping[str, HubFile]:
    """What is there of a commit, by path. A link leads to a content with its digest for a name."""
    found = {}
    for path in sorted(snapshot.rglob("*")):
        if path.is_file():
            real = path.resolve().name
            digest = real if DIGEST.fullmatch(real) else sha256_of_file(path)
            name = path.relative_to(snapshot).as_posix()
            found[name] = HubFile(name, path.stat().st_size, digest)
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return ""


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _in_place(pointer: Path, file: HubFile) -> str:
    """Return the SHA-256 of a file that is there as it should be, or ""."""
    if pointer.is_symlink() and not pointer.name.endswith(_SOFTLY_LINKED):
        return ""
    try:
        sha256, problem = _check(pointer, file)
    except OSError:
        return ""
    return "" if problem else sha256


def _check(path: Path, file: HubFile) -> tuple[str, str]:
    """Return the SHA-256 of a file's content, and what is wrong with it, or ""."""
    from huggingface_hub.utils.sha import git_hash

    size_bytes = path.stat().st_size
    if size_bytes != file.size_bytes:
        return "", f"it has {size_bytes:,} bytes, not {file.size_bytes:,}"
    sha256 = sha256_of_file(path)
    found = sha256 if len(file.digest) == len(sha256) else git_hash(path.read_bytes())
    problem = "" if found == file.digest else f"its digest is {found[:12]}, not {file.digest[:12]}"
    return sha256, problem


def _check_known(repository: str, path: str, found: str, known: str) -> None:
    if known and found != known:
        raise HubRefusedError(
            repository,
            f"{path} is not what was first fetched of the same commit",
            "unset HF_ENDPOINT if it names a mirror, or forget the model with "
            "`sightline models remove` to take what is there now",
        )


def _link(blob: Path, pointer: Path) -> None:
    """Make a path of a snapshot show a content.

    By a symbolic link, as the hub's client does; but OpenVINO refuses weights that a graph keeps in
    a file of their own if that file is really in another folder.
    """
    pointer.parent.mkdir(parents=True, exist_ok=True)
    pointer.unlink(missing_ok=True)
    # Links need a right on Windows, and some drives have none at all.
    if pointer.name.endswith(_SOFTLY_LINKED):
        try:
            pointer.symlink_to(os.path.relpath(blob, pointer.parent))
        except (OSError, NotImplementedError):
            os.replace(blob, pointer)
        return
    try:
        pointer.hardlink_to(blob)
    except (OSError, NotImplementedError):
        shutil.copyfile(blob, pointer)  # other commits may show the content, too
