"""Where the model that was asked for lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sightline.encoders.files.model_files import CONFIG, ModelFolder
from sightline.encoders.registry import InstalledFolder, Registry
from sightline.encoders.table import MODELS, ModelCard
from sightline.errors import ModelNotFetchedError, ModelNotFoundError


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
        ModelFilesError: a file was given in place of its folder, or an added folder is gone.
        ModelRecordError: what was noted about the model cannot be understood.
    """
    if isinstance(name_or_folder, str):
        card = MODELS.get(name_or_folder)
        if card is not None and card.package_folder:
            return _shipped(card)
        record = Registry().get(name_or_folder)
        if record is not None and record.model is not None:
            return _installed(name_or_folder, record.model, card)
        if card is not None:
            raise ModelNotFetchedError(card.name, card.about_megabytes())
    return _someones_folder(name_or_folder)


def find_checkpoint(name_or_folder: str | Path) -> ModelPlace:
    """Return where the weights of a model lie as they were trained, which is what a GPU runs.

    Raises:
        ModelNotFetchedError: the name is in the table, and its checkpoint was not fetched yet.
        ModelNotFoundError: there is neither such a checkpoint nor such a folder.
        ModelFilesError: a file was given in place of its folder, or the folder is gone.
        ModelRecordError: what was noted about the model cannot be understood.
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


def _shipped(card: ModelCard) -> ModelPlace:
    folder = card.shipped_folder
    remedy = "install it again with `pip install --force-reinstall --no-deps sightline`"
    return ModelPlace(card.name, ModelFolder(folder, remedy), card)


def _installed(
    name: str, lies: InstalledFolder, card: ModelCard | None, options: str = ""
) -> ModelPlace:
    gone = not lies.folder.is_dir()
    if not lies.commit:
        place = ModelFolder(lies.folder, "restore the folder, and run `sightline models add` again")
        if gone:
            remedy = f"mount its drive, or forget it with `sightline models remove {name}`"
            raise place.error("the folder is gone", remedy)
    elif card is not None:
        # The hub's cache is there to be emptied; what was in it is fetched again.
        if gone:
            kind = "checkpoint" if options else "fp32"
            raise ModelNotFetchedError(name, card.about_megabytes(kind), options)
        command = " ".join(["sightline models fetch", name, *options.split()])
        place = ModelFolder(lies.folder, f"repair it with `{command}`")
    else:
        command = f"sightline models add {lies.source} --name {name}"
        place = ModelFolder(lies.folder, f"repair it with `{command}`")
        if gone:
            raise place.error("the folder is gone")
    return ModelPlace(name, place, card)


def _someones_folder(name_or_folder: str | Path) -> ModelPlace:
    given = str(name_or_folder)
    path = Path(os.path.expanduser(given))
    if given and path.is_file():
        raise ModelFolder(path).error("it is a file", f"give the folder that holds {CONFIG}")
    if not given or not path.is_dir():
        raise ModelNotFoundError(given, known_models())
    path = path.resolve()
    return ModelPlace(path.name or str(path), ModelFolder(path), None)


def known_models() -> tuple[str, ...]:
    """Return every name that can be asked for: those of the table, then what was added here."""
    added = [name for name in Registry().names() if name not in MODELS]
    return (*MODELS, *added)
