"""Brings models from the hub to this machine: licence first, then files, then a note of both.

What is fetched first is what is kept to: its commit and its digests are noted, and a later fetch of
more files of the same model takes the same commit, and refuses other content under its name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sightline.encoders.files.model_files import FileSet, ModelFolder, read_model_files
from sightline.encoders.hub.client import Hub
from sightline.encoders.hub.listing import Listing
from sightline.encoders.hub.selection import NotThereError, files_of_checkpoint, files_of_model
from sightline.encoders.installed import (
    InstalledFolder,
    InstalledModel,
    Registry,
    installed,
    joined,
)
from sightline.encoders.table import FILE_SETS, MODELS, restriction_of
from sightline.errors import (
    HubRefusedError,
    HubUnreachableError,
    InvalidValueError,
    LicenceNotAcceptedError,
    ModelFilesError,
    ModelNotFoundError,
)

_EXPORT = "take other files with --precision, or a checkpoint with `sightline models export`"
# What helps where a repository lacks what was asked for.
_REMEDIES = {
    FileSet.FP32: _EXPORT,
    FileSet.FP16: _EXPORT,
    FileSet.INT8: "fetch it in fp32, and make int8 files with `sightline models quantize`",
    FileSet.CHECKPOINT: "take another --revision that has it, such as that of a pull request",
}


@dataclass(frozen=True, slots=True)
class FetchProgress:
    """How far a download has come.

    Attributes:
        file: The one that is being fetched or checked.
        done_bytes: Of all files together.
        total_bytes: Likewise.
    """

    file: str
    done_bytes: int
    total_bytes: int


Tell = Callable[[FetchProgress], None]


@dataclass(frozen=True, slots=True)
class FetchedRepository:
    """What was fetched from a repository, and the licence that its owner states, or ""."""

    folder: InstalledFolder
    licence: str


def fetch(
    name: str,
    *,
    files: str = FileSet.FP32,
    revision: str | None = None,
    accept_licence: bool = False,
    progress: Tell | None = None,
) -> InstalledModel:
    """Return a model of the table, which is on this machine then, whole and checked.

    Args:
        name: In the model table.
        files: One of ``FILE_SETS``, the number format of the ONNX files; or "checkpoint" for the
            weights as they were trained, for GPUs and for export.
        revision: Branch, tag or commit; None for what was fetched before, or the table's.
        accept_licence: That the licence allows what the model is used for, where it has limits.
        progress: Told how far it is.

    Raises:
        ModelNotFoundError: the name is not in the table.
        InvalidValueError: there are no such files, or no checkpoint of this model.
        LicenceNotAcceptedError: the licence has limits, and was not accepted.
        HubUnreachableError: no hub answers, and the cache does not hold the model either.
        HubRefusedError: the hub does not have it, or not as it was first fetched.
        DownloadDamagedError: a file came damaged twice.
        TooLittleRoomError, DiskFullError, NotWritableError: it does not fit, or cannot be written.
        ModelFilesError: what is in the repository is not a model that can be read.
    """
    card = MODELS.get(name)
    if card is None:
        raise ModelNotFoundError(name, tuple(MODELS))
    before = Registry().get(name) or InstalledModel(name)
    is_checkpoint = files == FileSet.CHECKPOINT
    if is_checkpoint and not card.checkpoint:
        having = ", ".join(other.name for other in MODELS.values() if other.checkpoint)
        raise InvalidValueError("the model of --checkpoint", name, f"one of {having}")
    if card.package_folder:
        folder = card.shipped_folder
        return replace(before, licence=card.licence, model=installed(folder, "shipped"))
    if card.restriction and not (accept_licence or before.licence_accepted):
        raise LicenceNotAcceptedError(name, card.licence, card.restriction)
    known = before.checkpoint if is_checkpoint else before.model
    wanted = revision or (known.commit if known else "") or "main"
    hub = Hub()
    try:
        listing = hub.listing(card.repository(files), wanted)
        brought = _download(hub, listing, files, known, progress)
    except HubUnreachableError as error:
        options = "--checkpoint" if is_checkpoint else ""
        raise HubUnreachableError(error.wanted, error.reason, name, options) from error

    def noted(record: InstalledModel) -> InstalledModel:
        accepted = record.licence_accepted or (accept_licence and bool(card.restriction))
        record = replace(record, licence=card.licence, licence_accepted=accepted)
        if is_checkpoint:
            return replace(record, checkpoint=joined(record.checkpoint, brought))
        return replace(record, model=joined(record.model, brought))

    return Registry().update(name, noted)


def fetch_repository(
    repository: str,
    *,
    files: str = FileSet.FP32,
    accept_licence: bool = False,
    progress: Tell | None = None,
) -> FetchedRepository:
    """Return any repository's model, which is on this machine then; nothing is noted of it.

    The repository is "OWNER/NAME" or "OWNER/NAME@REVISION", of a model in a layout that ``layouts``
    knows. The rest, and what is raised, is as for ``fetch``.
    """
    hub = Hub()
    name, _, revision = repository.partition("@")
    listing = hub.listing(name, revision or "main")
    restriction = restriction_of(listing.licence)
    if restriction and not accept_licence:
        raise LicenceNotAcceptedError(name, listing.licence, restriction)
    return FetchedRepository(_download(hub, listing, files, None, progress), listing.licence)


def _download(
    hub: Hub,
    listing: Listing,
    what: str,
    known: InstalledFolder | None,
    progress: Tell | None,
) -> InstalledFolder:
    files = [listing.files[path] for path in _chosen(listing, what)]
    if listing.unreachable is None:
        hub.check_room(listing.repository, files)
    source = f"hf:{listing.repository}@{listing.commit}"
    same = known is not None and known.source == source
    digests = {file.path: file.sha256 for file in known.files} if known and same else {}
    total_bytes, done_bytes, fetched = sum(file.size_bytes for file in files), 0, []
    for file in files:

        def tell(there: int, path: str = file.path, before: int = done_bytes) -> None:
            if progress is not None:
                progress(FetchProgress(path, before + there, total_bytes))

        tell(0)
        fetched.append(hub.download(listing, file.path, tell, digests.get(file.path, "")))
        done_bytes += file.size_bytes
    folder = hub.snapshot(listing.repository, listing.commit)
    try:
        read_model_files(ModelFolder(folder, "choose another repository"), what)
    except ModelFilesError as error:
        # A cache that was filled half explains this better than its content does.
        raise (listing.unreachable or error) from error
    return installed(folder, source, () if what == FileSet.CHECKPOINT else (what,), tuple(fetched))


def _chosen(listing: Listing, what: str) -> tuple[str, ...]:
    if what not in (*FILE_SETS, FileSet.CHECKPOINT):
        raise InvalidValueError("files", what, " or ".join(FILE_SETS))
    try:
        if what == FileSet.CHECKPOINT:
            return files_of_checkpoint(listing.files)
        return files_of_model(listing.files, what)
    except NotThereError as error:
        if listing.unreachable is not None:
            raise listing.unreachable from error
        raise HubRefusedError(listing.repository, str(error), _REMEDIES[FileSet(what)]) from error
