"""From a model's name or folder to an encoder, and to what runs it."""

from __future__ import annotations

import warnings
from pathlib import Path

from sightline.encoders.cpu.adapter import AdaptedTower, is_foreign
from sightline.encoders.cpu.compiled import compiled_place, is_worth_keeping
from sightline.encoders.cpu.openvino_runtime import (
    RunOptions,
    Tower,
    choose_precision,
    weights_bytes,
)
from sightline.encoders.encoder import DualEncoder, Parts, PictureEncoder, Runner
from sightline.encoders.files.model_files import FileSet, ModelFolder, TowerFiles, read_model_files
from sightline.encoders.installed import ModelPlace, find_checkpoint, find_model, find_plug_in
from sightline.encoders.int8.folders import int8_place
from sightline.encoders.table import MODELS, read_traits
from sightline.errors import GpuUnusedWarning, MissingPackageError, ModelError
from sightline.protocols import Encoder


def load_model(
    name_or_folder: str | Path,
    *,
    threads: int = 0,
    precision: str | None = None,
    device: str = "cpu",
    keep_compiled: bool = True,
) -> Encoder:
    """Return the encoder for a name of the model table or of another package, or for a folder.

    The folder is checked at once; the model itself is compiled when it is first needed, and each
    tower on its own, so that a search by words never waits for the picture tower.

    Args:
        name_or_folder: A string is looked up in ``MODELS`` first; a ``Path`` is always a folder.
        threads: CPU threads; 0 for every core.
        precision: "float32", "bfloat16" on processors that have it, "int8" for a model that was
            quantised, or "auto" (also for None); see ``choose_precision``. On a GPU "float16" too.
        device: "cpu" runs ONNX files with OpenVINO. "cuda", "cuda:N" and "mps" run the model's
            checkpoint with torch. "auto" takes a GPU if there is one and the checkpoint is there.
        keep_compiled: Keep what OpenVINO compiled in the user's cache folder, for the next start.

    Another package offers a model under a name by an entry point of the group
    ``sightline.encoders``: a callable that takes threads, precision and device as they are here,
    and returns an ``Encoder`` whose spec has that name.

    Raises:
        ModelNotFoundError: there is no such model and no such folder.
        ModelNotFetchedError: the model is in the table, and not on this machine yet.
        ModelFilesError: the folder is incomplete or broken.
        InvalidValueError: threads or precision is not possible.
        DeviceNotFoundError: there is no such device here.
        MissingPackageError: a GPU was asked for, and torch is not installed.
    """
    if plug_in := find_plug_in(name_or_folder):
        made: Encoder = plug_in.load()(threads=threads, precision=precision, device=device)
        return made
    stays = device == "auto" and (precision == "int8" or _has_no_checkpoint(name_or_folder))
    chosen = "cpu" if stays else _chosen(device)
    if chosen == "cpu":
        return _load_for_openvino(find_model(name_or_folder), threads, precision, keep_compiled)
    try:
        return load_for_torch(find_checkpoint(name_or_folder), chosen, precision)
    except (ModelError, MissingPackageError) as error:
        if device != "auto":
            raise
        place = find_model(name_or_folder)
        encoder = _load_for_openvino(place, threads, precision, keep_compiled)
        warnings.warn(GpuUnusedWarning(chosen, str(error)), stacklevel=2)
        return encoder


def _has_no_checkpoint(name_or_folder: str | Path) -> bool:
    """Whether the model is one of the table that OpenVINO alone can run, so nothing is amiss."""
    card = MODELS.get(name_or_folder) if isinstance(name_or_folder, str) else None
    return card is not None and not card.checkpoint


def _chosen(device: str) -> str:
    if device == "cpu":
        return device
    from sightline.encoders.gpu.devices import choose_device

    return choose_device(device)


def _load_for_openvino(
    place: ModelPlace, threads: int, precision: str | None, keep_compiled: bool
) -> DualEncoder | PictureEncoder:
    if precision == "int8":
        place = int8_place(place)
    files = read_model_files(place.folder, FileSet.INT8 if precision == "int8" else FileSet.FP32)
    options = RunOptions(threads, choose_precision(precision, weights_bytes(files.vision)))
    vision = _tower(files.folder, files.vision, options, keep_compiled)
    text = None
    if files.text is not None:
        text = _tower(files.folder, files.text, options, keep_compiled)
    traits = place.card.traits if place.card else read_traits(files)
    return _encoder(
        Parts(place.name, files, traits, options.precision, vision, text, threads=threads)
    )


def load_for_torch(
    place: ModelPlace, device: str, precision: str | None
) -> DualEncoder | PictureEncoder:
    """Return the encoder that runs a checkpoint with torch, on its CPU too.

    Raises:
        ModelFilesError: the folder is incomplete or broken.
        MissingPackageError: torch is not installed.
        InvalidValueError: the device cannot compute in the precision.
    """
    from sightline.encoders.gpu.devices import torch_options
    from sightline.encoders.gpu.torch_runtime import load_towers

    files = read_model_files(place.folder, FileSet.CHECKPOINT)
    options = torch_options(device, precision)
    towers = load_towers(files.folder, files.config, options)
    traits = place.card.traits if place.card else read_traits(files)
    return _encoder(
        Parts(
            place.name,
            files,
            traits,
            options.precision,
            towers.vision,
            towers.text,
            pace=towers.vision.pace,
        )
    )


def _encoder(parts: Parts) -> DualEncoder | PictureEncoder:
    if parts.text is None or parts.files.text is None:
        return PictureEncoder(parts)
    return DualEncoder(parts, parts.text, parts.files.text)


def _tower(folder: ModelFolder, files: TowerFiles, options: RunOptions, keep: bool) -> Runner:
    place = None
    if keep and is_worth_keeping(weights_bytes(files)):
        place = compiled_place(folder.digest_of(files.weights))
    tower = Tower(folder, files, options, place)
    return AdaptedTower(tower, files) if is_foreign(files) else tower
