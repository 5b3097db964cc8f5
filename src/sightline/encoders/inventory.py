"""What models there are: the table, what of it is on this machine, and what was added."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sightline.encoders.files.layouts import FileSet, find_layout, graph_names
from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.int8.folders import made_here
from sightline.encoders.int8.report import noted_agreement
from sightline.encoders.places import ModelPlace
from sightline.encoders.registry import InstalledFolder, InstalledModel, Registry
from sightline.encoders.table import MODELS, ModelCard
from sightline.errors import ModelRecordError


class ModelState(StrEnum):
    """Whether a model can be used at once."""

    SHIPPED = "shipped"
    CACHED = "cached"
    """It was fetched, and lies in the hub's cache."""
    NOT_FETCHED = "not fetched"
    ADDED = "added"
    GONE = "gone"
    """It was fetched or added, and its folder is no longer there."""
    BROKEN = "broken"
    """Its record cannot be understood."""


@dataclass(frozen=True, slots=True)
class MadeInt8:
    """An int8 tower that Sightline made of a model.

    Attributes:
        folder: Where it lies.
        agreement: Of the first ten neighbours with those of float32, as it was measured, in
            [0, 1]; None where its report is gone.
    """

    folder: Path
    agreement: float | None


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
        int8: The int8 tower that Sightline made of it, if it made one.
    """

    name: str
    state: ModelState
    card: ModelCard | None
    record: InstalledModel | None = None
    problem: str = ""
    here: tuple[str, ...] = ()
    int8: MadeInt8 | None = None

    @property
    def megabytes(self) -> int | None:
        """How much there is to fetch, or was fetched; None for someone's own folder."""
        lies = self.record.model if self.record is not None else None
        if lies is not None and lies.commit:
            return round(lies.size_bytes / 1e6)
        return self.card.about_megabytes() if self.card is not None and lies is None else None


def inventory(registry: Registry | None = None) -> tuple[ModelEntry, ...]:
    """Return every model that can be asked for: the table first, then what was added."""
    registry = registry or Registry()
    added = [name for name in registry.names() if name not in MODELS]
    return tuple(_entry(name, registry) for name in (*MODELS, *added))


def _entry(name: str, registry: Registry) -> ModelEntry:
    card = MODELS.get(name)
    try:
        record = registry.get(name)
    except ModelRecordError as error:
        return ModelEntry(name, ModelState.BROKEN, card, None, str(error))
    lies = record.model if record is not None else None
    folder = _folder(card, lies)
    int8 = _made_int8(ModelPlace(name, folder, card)) if folder is not None else None
    here = _published(folder) if folder is not None else ()
    if record is not None and record.checkpoint is not None and record.checkpoint.folder.is_dir():
        here = (*here, FileSet.CHECKPOINT.value)
    return ModelEntry(name, _state(card, lies), card, record, here=here, int8=int8)


def _state(card: ModelCard | None, lies: InstalledFolder | None) -> ModelState:
    if card is not None and card.package_folder:
        return ModelState.SHIPPED
    if lies is None:
        return ModelState.NOT_FETCHED
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
    sets = (FileSet.FP32, FileSet.FP16, FileSet.INT8)
    return tuple(
        files.value
        for files in sets
        if any((folder.path / name).is_file() for name in graph_names(stem, files))
    )


def _made_int8(place: ModelPlace) -> MadeInt8 | None:
    folder = made_here(place)
    return None if folder is None else MadeInt8(folder.path, noted_agreement(folder))
