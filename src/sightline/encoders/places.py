"""Where the model that was asked for lies."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sightline.encoders.cards import MODELS, ModelCard
from sightline.encoders.files import CONFIG, ModelFolder
from sightline.errors import ModelNotFoundError


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where a model that was asked for lies. ``card`` is None for someone's own folder."""

    name: str
    folder: ModelFolder
    card: ModelCard | None


def find_model(name_or_folder: str | Path) -> ModelPlace:
    """Return where a model lies: a string is a name of the table first, then a folder.

    Raises:
        ModelNotFoundError: neither is there.
        ModelFilesError: a file was given in place of its folder.
    """
    if isinstance(name_or_folder, str) and name_or_folder in MODELS:
        card = MODELS[name_or_folder]
        folder = Path(__file__).parent / card.package_folder
        remedy = "install it again with `pip install --force-reinstall --no-deps sightline`"
        return ModelPlace(card.name, ModelFolder(folder, remedy), card)
    given = str(name_or_folder)
    path = Path(os.path.expanduser(given))
    if given and path.is_file():
        raise ModelFolder(path).error("it is a file", f"give the folder that holds {CONFIG}")
    if not given or not path.is_dir():
        raise ModelNotFoundError(given, tuple(MODELS))
    path = path.resolve()
    return ModelPlace(path.name or str(path), ModelFolder(path), None)
