"""What is exported: a checkpoint of transformers, found or fetched, and checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.encoders.files.model_files import (
    CONFIG,
    TOKENIZER,
    FileSet,
    ModelFiles,
    ModelFolder,
    read_model_files,
)
from sightline.encoders.gpu.checkpoint import check_architecture
from sightline.encoders.installed import HUB, find_checkpoint
from sightline.encoders.pictures.preprocessing import Size, read_preprocessing
from sightline.encoders.table import ModelTraits, read_traits

if TYPE_CHECKING:
    from sightline.encoders.hub.fetching import FetchProgress

_OLD_TOKENIZERS = ("vocab.json", "spiece.model", "tokenizer.model")


@dataclass(frozen=True, slots=True)
class ExportSource:
    """A checkpoint on disk: what its files say, and nothing of its weights yet.

    Attributes:
        label: What to call it, on this machine and on others.
        files: As read.
        traits: How to use it; None for one that reads pictures only.
        picture: The size of a prepared picture.
    """

    label: str
    files: ModelFiles
    traits: ModelTraits | None
    picture: Size

    @property
    def folder(self) -> ModelFolder:
        """Where it lies."""
        return self.files.folder


def find_source(source: str | Path) -> ExportSource:
    """Return the checkpoint in a folder, or of a model whose checkpoint was fetched.

    Raises:
        ModelNotFetchedError: the name is in the table, and its checkpoint was not fetched yet.
        ModelNotFoundError: there is neither such a checkpoint nor such a folder.
        ModelFilesError: it is broken, or of a kind that cannot be exported.
    """
    place = find_checkpoint(source)
    return _read_source(place.folder, place.name)


def fetch_source(
    source: str, accept_licence: bool, progress: Callable[[FetchProgress], None] | None
) -> ExportSource:
    """Return a checkpoint of the hub, which is on this machine then.

    Args:
        source: ``hf:REPO`` or ``hf:REPO@REVISION``.
        accept_licence: For weights that are not free for every use.
        progress: Called while it is fetched.

    Raises:
        ModelError: it cannot be fetched, is broken, or is of a kind that cannot be exported.
    """
    from sightline.encoders.hub.fetching import fetch_repository

    fetched = fetch_repository(
        source.removeprefix(HUB),
        files=FileSet.CHECKPOINT,
        accept_licence=accept_licence,
        progress=progress,
    ).folder
    return _read_source(ModelFolder(fetched.folder, "fetch it again"), fetched.source)


def _read_source(folder: ModelFolder, label: str) -> ExportSource:
    check_architecture(folder, folder.read_json(CONFIG))
    _check_tokenizer(folder)
    files = read_model_files(folder, FileSet.CHECKPOINT)
    traits = read_traits(files) if files.text is not None else None
    picture = read_preprocessing(folder, files.preprocessor).output
    _check_picture(files, picture)
    return ExportSource(label, files, traits, picture)


def _check_tokenizer(folder: ModelFolder) -> None:
    old = next((name for name in _OLD_TOKENIZERS if folder.has(name)), None)
    if old and not folder.has(TOKENIZER):
        raise folder.error(
            f"its tokeniser is in an old form, {old} without {TOKENIZER}",
            "write it anew: transformers.AutoTokenizer.from_pretrained(FOLDER)"
            ".save_pretrained(FOLDER)",
        )


def _check_picture(files: ModelFiles, picture: Size) -> None:
    made = f"pictures are prepared to {picture.height} x {picture.width}"
    vision = files.config.get("vision_config")
    if isinstance(vision, dict):
        size = vision.get("image_size", 224)
        if picture != Size(size, size):
            raise files.folder.error(f"{made}, and its picture tower takes {size} x {size}")
        return
    patch = files.config.get("patch_size", 14)
    if picture.height % patch or picture.width % patch:
        raise files.folder.error(f"{made}, no multiple of its patches of {patch} pixels")
