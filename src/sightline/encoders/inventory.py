"""What models there are; adds models of one's own, forgets them, and makes copies to carry."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from sightline.encoders.export.staging import staged_folder
from sightline.encoders.files.layouts import FileSet, find_layout, graph_names
from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.hub.fetching import Tell, fetch_repository
from sightline.encoders.installed import (
    HUB,
    InstalledFolder,
    InstalledModel,
    ModelPlace,
    Registry,
    check_name,
    find_model,
    installed,
    known_models,
    name_for,
)
from sightline.encoders.int8.folders import apart_folder, made_here
from sightline.encoders.loading import load_model
from sightline.encoders.table import FILE_SETS, MODELS, ModelCard
from sightline.errors import ModelNameTakenError, ModelRecordError, SourceNotFoundError
from sightline.protocols import TextEncoder
from sightline.system.files import storage_error
from sightline.system.paths import absolute


class ModelState(StrEnum):
    """Whether a model can be used at once."""

    SHIPPED = "shipped"
    CACHED = "cached"
    """It was fetched, and lies in the hub's cache."""
    NOT_FETCHED = "not fetched"
    ADDED = "added"
    PLUG_IN = "plug-in"
    """Another package makes it."""
    GONE = "gone"
    """It was fetched or added, and its folder is no longer there."""
    BROKEN = "broken"
    """Its record cannot be understood."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model that can be asked for.

    Attributes:
        name: What ``--model`` takes.
        state: Whether it can be used at once.
        card: Its row in the model table; None for one that was added.
        record: What is noted of it on this machine, if anything.
        problem: What is wrong with its record, or "".
        here: What of it is on this machine, such as ("fp32", "checkpoint").
        int8: Where the int8 tower lies that Sightline made of it, if it made one.
    """

    name: str
    state: ModelState
    card: ModelCard | None
    record: InstalledModel | None = None
    problem: str = ""
    here: tuple[str, ...] = ()
    int8: ModelFolder | None = None

    @property
    def lies(self) -> InstalledFolder | None:
        """What was fetched or added of it."""
        return self.record.model if self.record is not None else None

    @property
    def licence(self) -> str | None:
        """Of its weights; "" if nobody said, None if nothing is known of it."""
        known = self.card or self.record
        return known.licence if known is not None else None

    @property
    def megabytes(self) -> int | None:
        """How much there is to fetch, or was fetched; None for someone's own folder."""
        if self.lies is not None:
            return round(self.lies.size_bytes / 1e6) if self.lies.commit else None
        return self.card.about_megabytes() if self.card is not None else None


def inventory() -> tuple[ModelEntry, ...]:
    """Return every model that can be asked for: the table first, then what was added."""
    return tuple(_entry(name) for name in known_models())


def add(
    source: str,
    name: str | None = None,
    *,
    files: str = "fp32",
    accept_licence: bool = False,
    progress: Tell | None = None,
) -> InstalledModel:
    """Return a model that can be asked for by name from now on.

    It is tried with one picture and, where it reads words, with one text before it is noted.

    Args:
        source: A model folder, or "hf:OWNER/NAME[@REVISION]" to fetch one.
        name: What it will be called; None for what its folder or repository is called. A name of
            the table has to be given outright, and the model has to be of its kind.
        files: For one that is fetched, one of ``FILE_SETS``.
        accept_licence: That the licence allows what the model is used for, where it has limits.
        progress: Told how far fetching is.

    Raises:
        SourceNotFoundError: there is no such folder.
        InvalidValueError: no model can have that name.
        ModelNameTakenError: another model has it.
        ModelFilesError: the folder is not a model that can be run.
        ModelError: what ``fetch`` raises, for one that is fetched.
    """
    is_on_hub = source.startswith(HUB)
    wanted = source.removeprefix(HUB)
    folder = Path(wanted.partition("@")[0]) if is_on_hub else absolute(source)
    if not is_on_hub:
        if not folder.exists():
            raise SourceNotFoundError(folder)
        find_model(folder)  # says what is wrong with what is no folder
    chosen = name if name is not None else name_for(folder.as_posix())
    _check_free(chosen, source, folder, outright=name is not None)
    lies, licence = installed(folder, "folder"), ""
    if is_on_hub:
        fetched = fetch_repository(
            wanted, files=files, accept_licence=accept_licence, progress=progress
        )
        lies, licence = fetched.folder, fetched.licence
    _try_out(chosen, lies)
    return Registry().update(
        chosen,
        lambda record: replace(
            record,
            licence=licence or record.licence,
            licence_accepted=record.licence_accepted or accept_licence,
            model=lies,
        ),
    )


def remove(name: str, *, delete_files: bool = False) -> bool:
    """Forget a model; return whether there was anything to forget or to delete.

    Args:
        name: Of a model that was fetched or added; with ``delete_files`` also of one that ships.
        delete_files: Delete what was fetched, too, unless another model lies there as well, and
            the int8 files that were made of it outside of its folder. What was added from a folder
            is its owner's, and is never deleted.

    Raises:
        NotWritableError: it cannot be forgotten or deleted.
        ModelRecordError: its files cannot be deleted, since its record cannot be understood.
    """
    registry = Registry()
    record = registry.get(name) if delete_files else None
    is_found = registry.remove(name)
    if delete_files:
        is_found |= _delete_int8(name, record)
    for lies in record.folders if record is not None else ():
        if lies.commit and not _lies_elsewhere(lies, registry):
            _delete(lies)
    return is_found


def copy_model(lies: InstalledFolder, out: Path) -> None:
    """Write a model's files into a folder that can be carried to another machine.

    Raises:
        FolderTakenError: the folder is not empty.
        DiskFullError: there is no room.
        NotWritableError: it cannot be written.
    """
    with staged_folder(out) as staged:
        for path in [file.path for file in lies.files] or _all_files(lies.folder):
            target = staged / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(lies.folder / path, target)


# Listing


def _entry(name: str) -> ModelEntry:
    card = MODELS.get(name)
    try:
        record = Registry().get(name)
    except ModelRecordError as error:
        return ModelEntry(name, ModelState.BROKEN, card, None, str(error))
    lies = record.model if record is not None else None
    here: tuple[str, ...] = ()
    int8 = None
    if folder := _folder(card, lies):
        here = _published(folder)
        int8 = made_here(ModelPlace(name, folder, card))
    if record is not None and record.checkpoint is not None and record.checkpoint.folder.is_dir():
        here = (*here, FileSet.CHECKPOINT)
    return ModelEntry(name, _state(card, lies), card, record, here=here, int8=int8)


def _state(card: ModelCard | None, lies: InstalledFolder | None) -> ModelState:
    if card is not None and card.package_folder:
        return ModelState.SHIPPED
    if lies is None:
        return ModelState.NOT_FETCHED if card is not None else ModelState.PLUG_IN
    if not lies.folder.is_dir():
        return ModelState.GONE
    return ModelState.CACHED if card is not None and lies.commit else ModelState.ADDED


def _folder(card: ModelCard | None, lies: InstalledFolder | None) -> ModelFolder | None:
    if card is not None and card.package_folder:
        return ModelFolder(card.shipped_folder)
    return ModelFolder(lies.folder) if lies is not None else None


def _published(folder: ModelFolder) -> tuple[str, ...]:
    """The number formats that a folder holds a picture tower in, but for our own int8."""
    stem = find_layout(folder).vision
    return tuple(
        files
        for files in FILE_SETS
        if any((folder.path / name).is_file() for name in graph_names(stem, files))
    )


# Adding


def _check_free(name: str, source: str, folder: Path, *, outright: bool) -> None:
    check_name(name)
    card = MODELS.get(name)
    if card is not None and (card.package_folder or not outright):
        kind = "that ships with Sightline" if card.package_folder else "of the table"
        raise ModelNameTakenError(name, f"a model {kind}")
    record = Registry().get(name)
    if record is None or record.model is None:
        return
    before = record.model
    same = before.source.partition("@")[0] == source.partition("@")[0] or before.folder == folder
    if not same:
        owner = before.source if before.commit else str(before.folder)
        raise ModelNameTakenError(name, f"the model of {owner}")


def _try_out(name: str, lies: InstalledFolder) -> None:
    """Run a model once, so that what is noted is known to work."""
    from PIL import Image

    sets = lies.sets or ("fp32",)
    folder = ModelFolder(
        lies.folder,
        "take a folder with an ONNX model, or make one of a checkpoint with "
        "`sightline models export`",
    )
    found = read_model_files(folder, sets[0])
    card = MODELS.get(name)
    if card is not None and found.dimensions != card.dimensions:
        raise folder.error(
            f"it gives {found.dimensions} dimensions, and {name} gives {card.dimensions}",
            "pass another --name",
        )
    encoder = load_model(lies.folder, precision="int8" if sets == ("int8",) else None)
    picture = Image.effect_mandelbrot((64, 48), (-2.0, -1.2, 1.0, 1.2), 50).convert("RGB")
    encoder.encode_images(np.stack([encoder.prepare(picture)]))
    if isinstance(encoder, TextEncoder):
        encoder.encode_texts(["a picture"])


# Removing


def _lies_elsewhere(lies: InstalledFolder, registry: Registry) -> bool:
    records = [registry.get(name) for name in registry.names()]
    others = [other for record in records if record is not None for other in record.folders]
    return any(other.folder == lies.folder for other in others)


def _delete_int8(name: str, record: InstalledModel | None) -> bool:
    """Delete the int8 tower that was made of a model; return whether there was one."""
    card, model = MODELS.get(name), record.model if record is not None else None
    if card is None and model is None:
        return False
    # For a model of the table the folder goes by the name alone.
    lies = ModelFolder(model.folder if model is not None else Path())
    folder = apart_folder(ModelPlace(name, lies, card))
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise storage_error(error, folder) from error
    return True


def _delete(lies: InstalledFolder) -> None:
    """Let the hub's client delete a commit, which knows what other commits share with it."""
    from huggingface_hub import scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    cache = lies.folder.parents[2]
    try:
        found = scan_cache_dir(cache)
        there = {commit.commit_hash for each in found.repos for commit in each.revisions}
        if lies.commit in there:  # the client would complain otherwise
            found.delete_revisions(lies.commit).execute()
    except CacheNotFound:
        return
    except OSError as error:
        raise storage_error(error, lies.folder) from error


def _all_files(folder: Path) -> list[str]:
    return [os.path.relpath(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]
