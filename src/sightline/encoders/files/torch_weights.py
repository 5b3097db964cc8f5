"""A PyTorch checkpoint of transformers in a model folder: weights without a graph."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.encoders.files.layouts import CONFIG, WEIGHTS, FileSet
from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.files.onnx_signature import OnnxSignature, TensorShape
from sightline.encoders.files.towers import TowerFiles

_FLOAT32, _INT64 = 1, 7


def has_checkpoint(folder: ModelFolder) -> bool:
    """Whether there are weights of a checkpoint, whole or in shards."""
    return any(folder.has(name) or folder.has(_index(name)) for name in WEIGHTS)


def checkpoint_weights(folder: ModelFolder) -> tuple[str, ...]:
    """Return the names of the files of weights, all of one ending: ".safetensors" or ".bin".

    Raises:
        ModelFilesError: there are none, or the list of them cannot be used.
    """
    for name in WEIGHTS:
        if folder.has(name):
            return (name,)
        if folder.has(_index(name)):
            return _shards(folder, name)
    raise folder.error(f"{WEIGHTS[0]} is missing")


def checkpoint_vision(folder: ModelFolder) -> TowerFiles:
    """Return the picture tower of a checkpoint, which also stands for all of its weights.

    Raises:
        ModelFilesError: a file of the weights is missing or cut short.
    """
    names = checkpoint_weights(folder)
    for name in names:
        folder.check_content(name)
        if name.endswith(".safetensors"):
            folder.check_content(name, _stated_bytes(folder, name))
        else:
            _check_pickled(folder, name)
    return TowerFiles(
        path=folder.path / CONFIG,
        weights=tuple(folder.path / name for name in names),
        signature=_signature("pixel_values", _FLOAT32, (None, 3, None, None), "image_embeds"),
        output="image_embeds",
        pixels="pixel_values",
        file_set=FileSet.CHECKPOINT,
    )


def checkpoint_text(folder: ModelFolder) -> TowerFiles:
    """Return the text tower of a checkpoint; its weights are among the picture tower's."""
    return TowerFiles(
        path=folder.path / CONFIG,
        weights=(),
        signature=_signature("input_ids", _INT64, (None, None), "text_embeds"),
        output="text_embeds",
        ids="input_ids",
        input_dtype="int64",
        file_set=FileSet.CHECKPOINT,
    )


def _shards(folder: ModelFolder, whole: str) -> tuple[str, ...]:
    places: Mapping[str, Any] = folder.read_json(_index(whole)).get("weight_map") or {}
    names = {str(name) for name in places.values()} if isinstance(places, dict) else set()
    ending = Path(whole).suffix
    if not names or any(Path(name).name != name or Path(name).suffix != ending for name in names):
        raise folder.error(f"{_index(whole)} does not list the files of the weights")
    return tuple(sorted(names))


def _stated_bytes(folder: ModelFolder, name: str) -> int:
    """The length that a safetensors file states: 8 bytes, a JSON header, and what it lists."""
    try:
        with (folder.path / name).open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(file.read(min(length, 100_000_000)))
        ends = [int(part["data_offsets"][1]) for key, part in header.items() if key[:2] != "__"]
    except (struct.error, ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise folder.error(f"{name} is cut short, or is not a safetensors file") from error
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error
    return 8 + int(length) + max(ends, default=0)


def _check_pickled(folder: ModelFolder, name: str) -> None:
    """Check that a file is what torch.save writes: a zip archive, or once a bare pickle."""
    path = folder.path / name
    try:
        with path.open("rb") as file:
            start = file.read(2)
        # The directory of an archive is at its end, so that one cut short has none.
        looks_whole = zipfile.is_zipfile(path) if start == b"PK" else start[:1] == b"\x80"
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error
    if not looks_whole:
        raise folder.error(f"{name} is cut short, or holds no weights of PyTorch")


def _index(name: str) -> str:
    return f"{name}.index.json"


def _signature(name: str, kind: int, axes: tuple[int | None, ...], output: str) -> OnnxSignature:
    return OnnxSignature(
        inputs={name: TensorShape(kind, axes)},
        outputs={output: TensorShape(_FLOAT32, (None, None))},
        external=(),
    )
