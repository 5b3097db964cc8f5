"""What models there are: the table, what of it is on this machine, and what was added."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sightline.encoders.cards import MODELS, ModelCard
from sightline.encoders.files.model_files import INT8_VISION, ModelFolder
from sightline.encoders.int8.folders import apart_folder
from sightline.encoders.places import ModelPlace
from sightline.encoders.registry import InstalledFolder, InstalledModel, Registry
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
class ModelEntry:
    """One model that can be asked for.

    Attributes:
        name: What ``--model`` takes.
        state: Whether it can be used at once.
        card: Its row in the model table; None for one that was added.
        record: What is noted of it on this machine, if anything.
        problem: What is wrong with its record, or "".
    """

    name: str
    state: ModelState
    card: ModelCard | None
    record: InstalledModel | None = None
    problem: str = ""

    @property
    def here(self) -> tuple[str, ...]:
        """What of it is on this machine, such as ("fp32", "checkpoint")."""
        if self.record is None:
            return ()
        model, checkpoint = self.record.model, self.record.checkpoint
        found = list(model.sets) if model is not None and model.folder.is_dir() else []
        if model is not None and "int8" not in found and _has_own_int8(self, model.folder):
            found.append("int8")
        if checkpoint is not None and checkpoint.folder.is_dir():
            found.append("checkpoint")
        return tuple(found)

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
    return ModelEntry(name, _state(card, lies), card, record)


def _state(card: ModelCard | None, lies: InstalledFolder | None) -> ModelState:
    if card is not None and card.package_folder:
        return ModelState.SHIPPED
    if lies is None:
        return ModelState.NOT_FETCHED
    if not lies.folder.is_dir():
        return ModelState.GONE
    return ModelState.CACHED if card is not None and lies.commit else ModelState.ADDED


def _has_own_int8(entry: ModelEntry, folder: Path) -> bool:
    """Whether int8 files were made of a model here, in its folder or beside the records."""
    place = ModelPlace(entry.name, ModelFolder(folder), entry.card)
    return any((lies / INT8_VISION).exists() for lies in (folder, apart_folder(place)))
