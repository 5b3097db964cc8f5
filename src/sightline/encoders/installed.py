"""Which models are on this machine, and where the one that was asked for lies.

There is one small JSON file for each, in the user's data folder. A record says where a model lies,
where it came from, and what was fetched with which digests. Deleting one forgets a model and
deletes nothing else. Nothing here needs the network or the hub's client, so that looking a name up
takes well under a millisecond.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from sightline.encoders.files.model_files import CONFIG, ModelFolder
from sightline.encoders.table import MODELS, ModelCard
from sightline.errors import (
    InvalidValueError,
    ModelNotFetchedError,
    ModelNotFoundError,
    ModelRecordError,
)
from sightline.system.files import storage_error, write_whole
from sightline.system.paths import data_folder

HUB = "hf:"
"""What a source on the hub begins with: ``hf:REPO`` or ``hf:REPO@REVISION``."""
_PLUG_INS = "sightline.encoders"  # the group of entry points
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """One file as it was when it was fetched and checked.

    Attributes:
        path: Relative to the folder, with ``/``.
        size_bytes: Of its content.
        sha256: Of its content, hex.
    """

    path: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InstalledFolder:
    """A folder of model files on this machine.

    Attributes:
        folder: Absolute.
        source: "hf:REPOSITORY@COMMIT" where it was fetched, else "folder".
        when: When it was fetched or added, ISO 8601 in UTC.
        sets: Which of ``FILE_SETS`` were fetched; empty for someone's own folder.
        files: What was fetched; empty for someone's own folder.
    """

    folder: Path
    source: str
    when: str
    sets: tuple[str, ...] = ()
    files: tuple[FetchedFile, ...] = ()

    @property
    def commit(self) -> str:
        """The hub commit that it was fetched at, or ""."""
        return self.source.rpartition("@")[2] if self.source.startswith(HUB) else ""

    @property
    def size_bytes(self) -> int:
        """What was fetched, in all."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """What is known of one model on this machine.

    Attributes:
        name: What ``--model`` takes.
        licence: Of the weights, as the model table or the hub names it; "" if nobody said.
        licence_accepted: Whether its owner accepted a licence that limits use.
        model: The ONNX files; None where only the checkpoint was fetched.
        checkpoint: The weights as they were trained, for GPUs and for export.
    """

    name: str
    licence: str = ""
    licence_accepted: bool = False
    model: InstalledFolder | None = None
    checkpoint: InstalledFolder | None = None

    @property
    def folders(self) -> tuple[InstalledFolder, ...]:
        """Both, as far as they are there."""
        return tuple(lies for lies in (self.model, self.checkpoint) if lies is not None)


class Registry:
    """The records of the models on this machine, in the user's data folder."""

    def __init__(self) -> None:
        self.folder = data_folder() / "models"

    def get(self, name: str) -> InstalledModel | None:
        """Return what is known of a model, or None.

        Raises:
            ModelRecordError: there is a record, and it is damaged or cannot be read.
        """
        if not _NAME.fullmatch(name):
            return None
        path = self._path(name)
        try:
            return _model_of(json.loads(path.read_text(encoding="utf-8")), name)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ModelRecordError(path, error.strerror or str(error)) from error
        except RecursionError as error:
            raise ModelRecordError(path, "it is not a record") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            problem = "it is not valid JSON" if isinstance(error, ValueError) else "a part is wrong"
            raise ModelRecordError(path, problem) from error

    def names(self) -> tuple[str, ...]:
        """Return the names of all models that have a record, sorted."""
        found = sorted(path.stem for path in self.folder.glob("*.json"))
        return tuple(name for name in found if _NAME.fullmatch(name))

    def update(
        self, name: str, change: Callable[[InstalledModel], InstalledModel]
    ) -> InstalledModel:
        """Return a model's record after a change, which no other process can overwrite unseen.

        Args:
            name: Of the model; a record is made if there is none.
            change: Gets the record as it is now.

        Raises:
            InvalidValueError: no model can have that name.
            ModelRecordError: the record that is there is damaged.
            DiskFullError: there is no room.
            NotWritableError: the data folder cannot be written.
        """
        check_name(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked(name):
                changed = change(self.get(name) or InstalledModel(name))
                # A reader, and a crash, finds the old record or the new one.
                content = json.dumps(asdict(changed), indent=1, default=str).encode()
                write_whole(self._path(name), content, lasting=True)
        except OSError as error:
            raise storage_error(error, self._path(name)) from error
        return changed

    def remove(self, name: str) -> bool:
        """Forget a model, whatever state its record is in; return whether there was one.

        Raises:
            NotWritableError: the record cannot be deleted.
        """
        if not _NAME.fullmatch(name):
            return False
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise storage_error(error, self._path(name)) from error
        return True

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _locked(self, name: str) -> contextlib.AbstractContextManager[Any]:
        # The hub's client brings this lock along; who writes a record waits for the hub anyway.
        from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

        return WeakFileLock(self.folder / f".{name}.lock")


def check_name(name: str) -> None:
    """Check that a model can have a name, which must be good for a file on every system.

    Raises:
        InvalidValueError: it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            "a model's name",
            name,
            "1 to 64 of a-z, 0-9, dot, dash and underscore, with a letter or digit first",
        )


def name_for(folder_or_repository: str) -> str:
    """Return a name that a model can have, made from what its folder or repository is called."""
    last = folder_or_repository.rstrip("/").rpartition("/")[2].lower()
    return re.sub(r"[^a-z0-9._-]+", "-", last).strip("._-")[:64] or "model"


def installed(
    folder: Path, source: str, sets: tuple[str, ...] = (), files: tuple[FetchedFile, ...] = ()
) -> InstalledFolder:
    """Return a folder as it is installed now."""
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return InstalledFolder(folder, source, when, sets, files)


def joined(before: InstalledFolder | None, now: InstalledFolder) -> InstalledFolder:
    """Return what is in a folder after more of the same commit was fetched into it."""
    if before is None or (before.folder, before.source) != (now.folder, now.source):
        return now
    files = {file.path: file for file in (*before.files, *now.files)}
    sets = tuple(dict.fromkeys((*before.sets, *now.sets)))
    return replace(now, sets=sets, files=tuple(files[path] for path in sorted(files)))


def _model_of(content: Mapping[str, Any], name: str) -> InstalledModel:
    return InstalledModel(
        name=name,
        licence=str(content["licence"]),
        licence_accepted=bool(content["licence_accepted"]),
        model=_folder_of(content["model"]),
        checkpoint=_folder_of(content["checkpoint"]),
    )


def _folder_of(content: Mapping[str, Any] | None) -> InstalledFolder | None:
    if content is None:
        return None
    return InstalledFolder(
        folder=Path(content["folder"]),
        source=str(content["source"]),
        when=str(content["when"]),
        sets=tuple(str(name) for name in content["sets"]),
        files=tuple(
            FetchedFile(str(file["path"]), int(file["size_bytes"]), str(file["sha256"]))
            for file in content["files"]
        ),
    )


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where a model that was asked for lies. ``card`` is None for one outside of the table."""

    name: str
    folder: ModelFolder
    card: ModelCard | None


def find_model(name_or_folder: str | Path) -> ModelPlace:
    """Return where a model lies.

    A string is the name of a model that ships with Sightline, or that was fetched or added; else
    it is a folder, as a ``Path`` always is. A folder that is called as a model is: ``./mini``.

    Raises:
        ModelNotFetchedError: the name is in the table, and the model is not on this machine yet.
        ModelNotFoundError: there is neither such a model nor such a folder.
        InvalidValueError: another package makes it, so that it has no folder.
        ModelFilesError: a file was given in place of its folder, or an added folder is gone.
        ModelRecordError: what was noted about the model cannot be understood.
    """
    if isinstance(name_or_folder, str):
        card = MODELS.get(name_or_folder)
        if card is not None and card.package_folder:
            remedy = "install it again with `pip install --force-reinstall --no-deps sightline`"
            return ModelPlace(card.name, ModelFolder(card.shipped_folder, remedy), card)
        record = Registry().get(name_or_folder)
        if record is not None and record.model is not None:
            return _installed(name_or_folder, record.model, card)
        if card is not None:
            raise ModelNotFetchedError(card.name, card.about_megabytes())
    return _someones_folder(name_or_folder)


def find_checkpoint(name_or_folder: str | Path) -> ModelPlace:
    """Return where the weights of a model lie as they were trained, which is what a GPU runs.

    Raises:
        As ``find_model``.
    """
    if isinstance(name_or_folder, str):
        card = MODELS.get(name_or_folder)
        record = Registry().get(name_or_folder)
        if record is not None and record.checkpoint is not None:
            return _installed(name_or_folder, record.checkpoint, card, "--checkpoint")
        if card is not None and card.checkpoint:
            megabytes = card.about_megabytes("checkpoint")
            raise ModelNotFetchedError(card.name, megabytes, "--checkpoint")
        if card is not None or record is not None:
            return find_model(name_or_folder)
    return _someones_folder(name_or_folder)


def find_plug_in(name_or_folder: str | Path) -> EntryPoint | None:
    """Return what makes the model of a name that another package offers, or None."""
    if not (isinstance(name_or_folder, str) and _NAME.fullmatch(name_or_folder)):
        return None
    if name_or_folder in MODELS or Registry().get(name_or_folder) is not None:
        return None
    return next(iter(entry_points(group=_PLUG_INS, name=name_or_folder)), None)


def known_models() -> tuple[str, ...]:
    """Return every name that can be asked for: the table's, what was added here, and plug-ins."""
    offered = sorted(point.name for point in entry_points(group=_PLUG_INS))
    return tuple(dict.fromkeys((*MODELS, *Registry().names(), *offered)))


def _installed(
    name: str, lies: InstalledFolder, card: ModelCard | None, options: str = ""
) -> ModelPlace:
    gone = not lies.folder.is_dir()
    if not lies.commit:
        remedy = "restore the folder, and run `sightline models add` again"
        if gone:
            remedy = f"mount its drive, or forget it with `sightline models remove {name}`"
    elif card is not None:
        # The hub's cache is there to be emptied; what was in it is fetched again.
        if gone:
            kind = "checkpoint" if options else "fp32"
            raise ModelNotFetchedError(name, card.about_megabytes(kind), options)
        remedy = f"repair it with `sightline models fetch {f'{name} {options}'.strip()}`"
    else:
        remedy = f"repair it with `sightline models add {lies.source} --name {name}`"
    place = ModelFolder(lies.folder, remedy)
    if gone:
        raise place.error("the folder is gone")
    return ModelPlace(name, place, card)


def _someones_folder(name_or_folder: str | Path) -> ModelPlace:
    given = str(name_or_folder)
    path = Path(os.path.expanduser(given))
    if given and path.is_file():
        raise ModelFolder(path).error("it is a file", f"give the folder that holds {CONFIG}")
    if plug_in := find_plug_in(name_or_folder):
        made_by = plug_in.dist.name if plug_in.dist is not None else "another package"
        wanted = f"a model that lies in a folder, and this one is made by {made_by}"
        raise InvalidValueError("the model", given, wanted)
    if not given or not path.is_dir():
        raise ModelNotFoundError(given, known_models())
    path = path.resolve()
    return ModelPlace(path.name or str(path), ModelFolder(path), None)
