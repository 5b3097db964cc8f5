"""What is in a repository of the hub, as the hub says it, and what its refusals mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sightline.errors import HubRefusedError, HubUnreachableError, InvalidValueError

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
COMMIT = re.compile(r"[0-9a-f]{40}")
DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{40}")
# Connect, read, write, and a free line. A hub has several addresses, and behind a firewall each of
# them is waited for in turn.
_PATIENCE_S = (3.0, 15.0, 15.0, 15.0)


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


def ask(endpoint: str, repository: str, revision: str) -> Listing:
    """Return what a hub says of a repository.

    Raises:
        InvalidValueError: no repository can be called so.
        HubRefusedError: there is no such repository or revision, or it may not be read.
        HubUnreachableError: no hub answers.
    """
    from huggingface_hub import HfApi

    if not _REPOSITORY.fullmatch(repository):
        raise InvalidValueError("a hub repository", repository, "of the form OWNER/NAME")
    api = HfApi(endpoint=endpoint, library_name="sightline")
    try:
        with translated(repository, revision, f"no hub answers at {endpoint}"):
            info = api.model_info(
                repository,
                revision=revision,
                files_metadata=True,
                timeout=_PATIENCE_S,  # type: ignore[arg-type]  # it is handed through to httpx
            )
        return _listing_of(repository, info)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        # A network that wants a log-in answers every address with a page of its own.
        reason = f"what answers at {endpoint} is not a model hub"
        raise HubUnreachableError(repository, reason) from error


@contextmanager
def translated(repository: str, wanted: str, broken: str = "") -> Iterator[None]:
    """Turn what the hub's client raises into Sightline's errors.

    Args:
        repository: That is asked.
        wanted: Of it: a revision, or a file.
        broken: What a break means; "" for just what the client says of it.
    """
    from huggingface_hub import errors

    # The client has moved from one HTTP library to another. Its own errors stem from either.
    transport_error: type[Exception] = errors.HfHubHTTPError.__bases__[0]

    def unreachable(reason: str) -> HubUnreachableError:
        return HubUnreachableError(repository, f"{broken} ({reason})" if broken else reason)

    try:
        yield
    except errors.OfflineModeIsEnabled as error:
        reason = "HF_HUB_OFFLINE is set (unset it where there is a network)"
        raise HubUnreachableError(repository, reason) from error
    except errors.HfHubHTTPError as error:
        status = error.response.status_code
        if status in (408, 416, 429) or status >= 500:
            raise unreachable(f"it answers with status {status}") from error
        raise _refused(error, repository, wanted) from error
    except transport_error as error:
        raise unreachable(str(error).partition("\n")[0] or type(error).__name__) from error
    except OSError as error:
        if error.errno is not None:
            raise
        # The client's own check: less or more came than the answer announced.
        raise unreachable(str(error).partition("\n")[0]) from error


def _refused(error: Any, repository: str, wanted: str) -> HubRefusedError:  # noqa: ANN401
    from huggingface_hub import errors

    problem = f"the hub answers with status {error.response.status_code} to {wanted}"
    remedy = "set HF_TOKEN if it is private, or try another --revision"
    if isinstance(error, errors.GatedRepoError):
        problem = "its owner wants terms to be accepted first"
        remedy = "accept them on its page on the hub, and set HF_TOKEN to a token of yours"
    elif isinstance(error, errors.RevisionNotFoundError):
        problem = f"it has no revision {wanted}"
        remedy = "pass --revision with a branch, tag or commit that it has, such as main"
    elif isinstance(error, errors.RepositoryNotFoundError):
        problem = "the hub knows no such repository, or keeps it private"
        remedy = "check the spelling, or set HF_TOKEN if it is one of yours"
    return HubRefusedError(repository, problem, remedy)


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
