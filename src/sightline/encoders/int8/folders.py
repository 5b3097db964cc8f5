"""Where the int8 picture tower of a model lies, and how it gets there whole or not at all.

In a model folder of one's own it lies beside the float graphs. What ships with Sightline, lies in
the hub's cache or cannot be written is left alone: its int8 tower gets a folder in the user's data
folder, with the small files copied and the text tower linked, so that it needs no second copy of
gigabytes. A hard link keeps the text tower even after the hub's cache was emptied.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.encoders.export.staging import staged_folder
from sightline.encoders.files.layouts import CONFIG, PROCESSOR, FileSet, find_layout, graphs
from sightline.encoders.files.model_files import (
    INT8_VISION,
    ModelFiles,
    ModelFolder,
    read_model_files,
)
from sightline.encoders.installed import ModelPlace, Registry, name_for
from sightline.system.files import storage_error
from sightline.system.paths import data_folder

INT8_REPORT = "openvino/int8.json"
SOURCE = "source_digest"
"""The key in the report for the digest of the float graph that it was made from."""

_WEIGHTS = str(Path(INT8_VISION).with_suffix(".bin"))
_PARTIAL = ".int8-partial-"
_LEFT_OVER_S = 6 * 3600  # longer than any run takes from writing to measuring


def int8_place(place: ModelPlace) -> ModelPlace:
    """Return where the int8 files of a model lie that ``--precision int8`` means.

    Those that were made here go before those that came with the model, which nobody measured on
    the pictures of whoever asks.

    Raises:
        ModelFilesError: there are none, or they were made from other weights than the model has.
    """
    own, made = place.folder, made_here(place)
    stem = find_layout(own).vision
    make = f"`sightline models quantize {_as_argument(place)} --calibrate PICTURES`"
    has_floats = any(graphs(own, stem, (FileSet.FP32, FileSet.FP16)))
    if made is None:
        if has_floats and not any(graphs(own, stem, (FileSet.INT8,))):
            raise own.error("it has no int8 files", f"make them with {make}")
        return place
    if has_floats and made.has(INT8_REPORT):
        made_from = made.read_json(INT8_REPORT).get(SOURCE)
        if made_from != source_digest(read_model_files(own)):
            remedy = f"make them again with {make}"
            raise made.error("its int8 files were made from other weights", remedy)
    return replace(place, folder=made)


def made_here(place: ModelPlace) -> ModelFolder | None:
    """Return the folder with the int8 tower that Sightline made of a model, if it made one."""
    apart = ModelFolder(apart_folder(place), "make its int8 files again, or delete the folder")
    # An older one beside the float graphs is one that could not be replaced there.
    return next((each for each in (apart, place.folder) if each.has(INT8_VISION)), None)


def _as_argument(place: ModelPlace) -> str:
    """Return what ``models quantize`` takes for a model, in a form for the shell."""
    record = Registry().get(place.name)
    lies = record.model if record is not None else None
    is_named = place.card is not None or (lies is not None and lies.folder == place.folder.path)
    return place.name if is_named else shlex.quote(str(place.folder.path))


def source_digest(files: ModelFiles) -> str:
    """Return a SHA-256 (hex) over the graph that an int8 tower is made from."""
    return files.folder.digest_of(files.vision.weights)


def apart_folder(place: ModelPlace) -> Path:
    """Return the folder in the user's data folder for the int8 tower of a model."""
    name = name_for(place.name)
    if place.card is None:  # two folders may have one name
        name = f"{name}-{hashlib.sha256(os.fsencode(place.folder.path)).hexdigest()[:8]}"
    return data_folder() / "models" / f"{name}-int8"


def keeps_own_int8(place: ModelPlace) -> bool:
    """Return whether a model's folder is its owner's, so that the int8 tower goes into it."""
    if place.card is not None and place.card.package_folder:
        return False
    files = read_model_files(place.folder)
    # The hub's cache is links to content that is shared and named by its digest.
    linked = any(path.is_symlink() for path in (place.folder.path / CONFIG, *files.vision.weights))
    return not linked and _may_write(place.folder.path)


def _may_write(folder: Path) -> bool:
    # An administrator may write everywhere; a folder that is marked read-only is left alone.
    return os.access(folder, os.W_OK) and bool(folder.stat().st_mode & 0o222)


@dataclass(frozen=True, slots=True)
class Int8Home:
    """Where an int8 tower is going to lie.

    Attributes:
        folder: The model folder that it will be in.
        staged: Where to write it meanwhile.
    """

    folder: Path
    staged: Path


@contextmanager
def staged_int8(place: ModelPlace, out: Path | None, *, force: bool) -> Iterator[Int8Home]:
    """Give the block a folder to write ``INT8_VISION`` and ``INT8_REPORT`` into.

    At the end they get to where they belong. If the block raises, nothing has changed.

    Args:
        place: The model.
        out: A folder for a whole model, or None for where its int8 tower belongs.
        force: Whether a model that lies in ``out`` is replaced.

    Raises:
        FolderTakenError: ``out`` holds something that is not to be replaced.
        DiskFullError: there is no room.
        NotWritableError: the place cannot be written.
    """
    if out is None and keeps_own_int8(place):
        with _staged_inside(place.folder.path) as staged:
            yield Int8Home(place.folder.path, staged)
        # From a time when the folder could not be written; it would go before the new one.
        shutil.rmtree(apart_folder(place), ignore_errors=True)
        return
    apart = out or apart_folder(place)
    with staged_folder(apart, replace=force or out is None) as staged:
        _bring_companions(read_model_files(place.folder), staged)
        (staged / INT8_VISION).parent.mkdir(parents=True, exist_ok=True)
        yield Int8Home(apart, staged)


@contextmanager
def _staged_inside(folder: Path) -> Iterator[Path]:
    try:
        _sweep(folder)
        staged = Path(tempfile.mkdtemp(dir=folder, prefix=_PARTIAL))
    except OSError as error:
        raise storage_error(error, folder) from error
    try:
        (staged / INT8_VISION).parent.mkdir()
        yield staged
        _publish(staged, folder)
    except OSError as error:
        raise storage_error(error, folder) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _publish(staged: Path, folder: Path) -> None:
    (folder / INT8_VISION).parent.mkdir(exist_ok=True)
    # Without its graph there is no int8 tower, so that no moment has a graph and weights that do
    # not belong together.
    (folder / INT8_VISION).unlink(missing_ok=True)
    for name in (_WEIGHTS, INT8_REPORT, INT8_VISION):
        os.replace(staged / name, folder / name)


def _sweep(folder: Path) -> None:
    """Delete what a killed run left."""
    for leftover in folder.glob(f"{_PARTIAL}*"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _LEFT_OVER_S:
                shutil.rmtree(leftover, ignore_errors=True)


def _bring_companions(files: ModelFiles, staged: Path) -> None:
    """Bring all that a model folder has besides its picture tower."""
    source = files.folder.path
    layout = find_layout(files.folder)
    names = (CONFIG, PROCESSOR, layout.preprocessor, layout.tokenizer, layout.tokenizer_config)
    for name in names:
        if (source / name).exists():
            _copy(source / name, staged / name)
    for path in files.text.weights if files.text is not None else ():
        _link(path, staged / path.relative_to(source))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    """Make a hard link; over the border of a file system a copy.

    Not a symbolic one: OpenVINO refuses weights beside a graph that lie behind a link.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    real = os.path.realpath(source)
    try:
        os.link(real, target)
    except OSError:
        shutil.copyfile(real, target)
