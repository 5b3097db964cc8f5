"""The hub that models are fetched from: what is in a repository, and its files, whole and checked.

Files go into the hub's own cache, so that other programs find them there, and what they fetched is
found here. The hub's client is asked for addresses and answers; the bytes are brought here, because
version 2 of the client throws away what there is of a stopped download, and checks only its size.

The environment variables of the hub's client hold: ``HF_HOME`` and ``HF_HUB_CACHE`` for the cache,
``HF_ENDPOINT`` for a mirror, ``HF_HUB_OFFLINE``, ``HF_TOKEN``.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sightline.encoders.hub.cache import COMMIT, DIGEST, HubCache, HubFile, check, link, size_of
from sightline.encoders.installed import FetchedFile
from sightline.errors import (
    DownloadDamagedError,
    HubRefusedError,
    HubUnreachableError,
    InvalidValueError,
)
from sightline.system.files import storage_error

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
# What is not one of these may be weights that a graph keeps in a file of their own; see ``link``.
_SOFTLY_LINKED = (".json", ".onnx")
_TRIES_WITHOUT_PROGRESS = 4
_ANSWER_S = 15.0
# A hub has several addresses, and behind a firewall each of them is waited for in turn.
_CONNECT_S = 3.0
_PATIENCE = (_CONNECT_S, _ANSWER_S, _ANSWER_S, _ANSWER_S)  # connect, read, write, and a free line


@dataclass(frozen=True, slots=True)
class Listing:
    """What is in a repository at one commit.

    Attributes:
        repository: Its name, "OWNER/NAME".
        commit: 40 hex digits.
        licence: As its owner states it, or "".
        files: By path.
        unreachable: Why this is only what the cache holds; None if the hub itself answered.
    """

    repository: str
    commit: str
    licence: str
    files: Mapping[str, HubFile]
    unreachable: HubUnreachableError | None = None


class Hub:
    """A hub, and the cache of its files on this machine.

    Args:
        endpoint: Its address; None for that of ``HF_ENDPOINT``, or the public one.
        cache: The folder of the cache; None for the hub's own.
        pause_s: How long to wait before a broken connection is tried again.

    Raises:
        InvalidValueError: the address is none.
    """

    def __init__(
        self, endpoint: str | None = None, cache: Path | None = None, *, pause_s: float = 1.0
    ) -> None:
        from huggingface_hub import constants

        address = endpoint or constants.ENDPOINT
        if not address.startswith(("http://", "https://")):
            raise InvalidValueError("HF_ENDPOINT", address, "an address with http:// or https://")
        self._endpoint = address.rstrip("/")
        self._pause_s = pause_s
        self.cache = HubCache(cache or Path(constants.HF_HUB_CACHE))

    def listing(self, repository: str, revision: str) -> Listing:
        """Return what is in a repository; what the cache has of it, where no hub answers.

        Raises:
            InvalidValueError: no repository can be called so.
            HubRefusedError: there is no such repository or revision, or it may not be read.
            HubUnreachableError: no hub answers, and nothing of the repository is in the cache.
        """
        if not _REPOSITORY.fullmatch(repository):
            raise InvalidValueError("a hub repository", repository, "of the form OWNER/NAME")
        try:
            listing = self._ask(repository, revision)
        except HubUnreachableError as error:
            commit = self.cache.noted(repository, revision)
            files = self.cache.files(repository, commit) if commit else {}
            if not files:
                raise
            return Listing(repository, commit, "", files, error)
        if revision != listing.commit:
            self.cache.note(repository, revision, listing.commit)
        return listing

    def download(
        self, listing: Listing, path: str, tell: Callable[[int], None], sha256: str = ""
    ) -> FetchedFile:
        """Return one file of a repository, which is in the cache then, whole and checked.

        What was fetched before is checked again. A download that was stopped goes on where it was,
        also in another process. A damaged file is fetched anew once.

        Args:
            listing: Of the repository.
            path: One of its files.
            tell: Gets the number of bytes that are there, as it grows.
            sha256: What the file was when it was first fetched, or "" for whatever it is.

        Raises:
            DownloadDamagedError: it came twice with another content than announced.
            HubRefusedError: the hub does not give it, or not as it was first fetched.
            HubUnreachableError: the connection broke, and did not come back.
            DiskFullError: there is no room.
            NotWritableError: the cache cannot be written.
        """
        file = listing.files[path]
        pointer = self.cache.snapshot(listing.repository, listing.commit) / path
        blob = self.cache.blob(listing.repository, file)
        is_soft = path.endswith(_SOFTLY_LINKED)
        # First without the lock: a cache that is shared may be one that cannot be written.
        if found := _in_place(pointer, file, is_soft):
            _check_known(listing.repository, path, found, sha256)
            tell(file.size_bytes)
            return FetchedFile(path, file.size_bytes, found)
        try:
            with self.cache.locked(listing.repository, file):
                # Where links are not possible, the file itself is in the snapshot.
                there = pointer if pointer.exists() and not pointer.is_symlink() else blob
                whole, found = self._whole(listing, file, there, tell)
                _check_known(listing.repository, path, found, sha256)
                if whole != there:
                    os.replace(whole, blob)
                if whole != pointer:
                    link(blob, pointer, hard=not is_soft)
        except OSError as error:
            raise storage_error(error, pointer) from error
        tell(file.size_bytes)
        return FetchedFile(path, file.size_bytes, found)

    def _whole(
        self, listing: Listing, file: HubFile, there: Path, tell: Callable[[int], None]
    ) -> tuple[Path, str]:
        """Return where the whole and checked content is, and its SHA-256."""
        if there.exists():
            sha256, problem = check(there, file)
            if not problem:
                return there, sha256
            there.unlink()
        partial = self.cache.partial(listing.repository, file)
        for _ in range(2):
            self._bring(listing, file, partial, tell)
            sha256, problem = check(partial, file)
            if not problem:
                return partial, sha256
            partial.unlink()
        raise DownloadDamagedError(file.path, problem)

    def _bring(
        self, listing: Listing, file: HubFile, partial: Path, tell: Callable[[int], None]
    ) -> None:
        """Let a partial file grow until it is whole, whatever happens to the connection."""
        if listing.unreachable is not None:
            raise listing.unreachable
        tries = 0
        while not partial.exists() or size_of(partial) < file.size_bytes:
            had = size_of(partial)
            reason = "the connection ends before the file does"
            try:
                self._append(listing, file, partial, tell)
            except _BrokenError as error:
                reason = str(error)
            if partial.exists() and size_of(partial) > had:
                tries = 0
                continue
            tries += 1
            if tries == _TRIES_WITHOUT_PROGRESS and size_of(partial) < file.size_bytes:
                raise HubUnreachableError(listing.repository, reason)
            time.sleep(self._pause_s * tries)

    def _append(
        self, listing: Listing, file: HubFile, partial: Path, tell: Callable[[int], None]
    ) -> None:
        """Ask once for what a partial file lacks, and write what comes of it."""
        from huggingface_hub import get_session
        from huggingface_hub.utils import (  # type: ignore[attr-defined]  # not marked as exported
            build_hf_headers,
            hf_raise_for_status,
        )

        had = size_of(partial)
        address = f"{listing.repository}/resolve/{listing.commit}/{quote(file.path)}"
        headers = build_hf_headers(library_name="sightline") | {"Accept-Encoding": "identity"}
        if had:
            headers["Range"] = f"bytes={had}-"
        with (
            _translated(listing.repository, file.path),
            get_session().stream(
                "GET", f"{self._endpoint}/{address}", headers=headers, timeout=_PATIENCE
            ) as answer,
        ):
            hf_raise_for_status(answer)
            # A server may send the whole file whatever part of it was asked for.
            goes_on = str(answer.headers.get("Content-Range")).startswith(f"bytes {had}-")
            with partial.open("ab" if goes_on else "wb") as out:
                # As it arrives: what a chunk of a fixed size holds back is lost in a break.
                for chunk in answer.iter_bytes():
                    out.write(chunk)
                    out.flush()  # a killed process leaves what it told of
                    tell(min(out.tell(), file.size_bytes))
                os.fsync(out.fileno())

    def _ask(self, repository: str, revision: str) -> Listing:
        from huggingface_hub import HfApi

        api = HfApi(endpoint=self._endpoint, library_name="sightline")
        try:
            with _translated(repository, revision):
                info = api.model_info(
                    repository,
                    revision=revision,
                    files_metadata=True,
                    timeout=_PATIENCE,  # type: ignore[arg-type]  # it is handed through to httpx
                )
            return _listing_of(repository, info)
        except _BrokenError as error:
            reason = f"no hub answers at {self._endpoint} ({error})"
            raise HubUnreachableError(repository, reason) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            # A network that wants a log-in answers every address with a page of its own.
            reason = f"what answers at {self._endpoint} is not a model hub"
            raise HubUnreachableError(repository, reason) from error


class _BrokenError(Exception):
    """The connection broke, or the hub is busy; it can be tried again."""


@contextmanager
def _translated(repository: str, wanted: str) -> Iterator[None]:
    """Turn what the hub's client raises into Sightline's errors, or into ``_BrokenError``."""
    from huggingface_hub import errors

    # The client has moved from one HTTP library to another. Its own errors stem from either.
    transport_error: type[Exception] = errors.HfHubHTTPError.__bases__[0]
    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        reason = "HF_HUB_OFFLINE is set (unset it where there is a network)"
        raise HubUnreachableError(repository, reason) from error
    except errors.HfHubHTTPError as error:
        raise _refused(error, repository, wanted) from error
    except transport_error as error:
        raise _BrokenError(str(error).partition("\n")[0] or type(error).__name__) from error


def _refused(error: Any, repository: str, wanted: str) -> Exception:  # noqa: ANN401 - the client's
    from huggingface_hub import errors

    status = error.response.status_code
    if status in (408, 416, 429) or status >= 500:
        return _BrokenError(f"it answers with status {status}")
    if isinstance(error, errors.GatedRepoError):
        problem = "its owner wants terms to be accepted first"
        remedy = "accept them on its page on the hub, and set HF_TOKEN to a token of yours"
    elif isinstance(error, errors.RevisionNotFoundError):
        problem = f"it has no revision {wanted}"
        remedy = "pass --revision with a branch, tag or commit that it has, such as main"
    elif isinstance(error, errors.RepositoryNotFoundError):
        problem = "the hub knows no such repository, or keeps it private"
        remedy = "check the spelling, or set HF_TOKEN if it is one of yours"
    else:
        problem = f"the hub answers with status {status} to {wanted}"
        remedy = "set HF_TOKEN if it is private, or try another --revision"
    return HubRefusedError(repository, problem, remedy)


def _in_place(pointer: Path, file: HubFile, is_soft: bool) -> str:
    """Return the SHA-256 of a file that is there as it should be, or ""."""
    if pointer.is_symlink() and not is_soft:
        return ""
    try:
        sha256, problem = check(pointer, file)
    except OSError:
        return ""
    return "" if problem else sha256


def _check_known(repository: str, path: str, found: str, known: str) -> None:
    if known and found != known:
        raise HubRefusedError(
            repository,
            f"{path} is not what was first fetched of the same commit",
            "unset HF_ENDPOINT if it names a mirror, or forget the model with "
            "`sightline models remove` to take what is there now",
        )


def _listing_of(repository: str, info: Any) -> Listing:  # noqa: ANN401 - the client's ModelInfo
    """Return an answer of the hub, checked: digests become names of files in the cache.

    Raises:
        ValueError, TypeError, AttributeError: it is not what a hub answers.
    """
    files = {}
    for entry in info.siblings:
        digest = entry.lfs.sha256 if entry.lfs else entry.blob_id
        if not DIGEST.fullmatch(digest):
            raise ValueError(f"the digest of {entry.rfilename}")
        files[entry.rfilename] = HubFile(entry.rfilename, int(entry.size), digest)
    if not COMMIT.fullmatch(info.sha):
        raise ValueError("the commit")
    licence = getattr(info.card_data, "license", None) if info.card_data else None
    return Listing(repository, info.sha, licence if isinstance(licence, str) else "", files)
