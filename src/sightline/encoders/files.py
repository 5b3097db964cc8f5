"""A model folder on disk: which files it must have, and what is wrong with the ones it has.

::

    config.json                  what kind of model, how many tokens it reads
    preprocessor_config.json     what is done to a picture first
    tokenizer.json               (models that read words) words to token ids
    tokenizer_config.json        (optional) the tokeniser's padding token and case
    onnx/vision_model.onnx       pixel_values -> image_embeds
    onnx/text_model.onnx         (models that read words)
                                 input_ids [, attention_mask] -> text_embeds

It is the layout of the transformers.js models on the Hugging Face hub.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from sightline.encoders.onnx_signature import BrokenOnnxError, OnnxSignature, read_signature
from sightline.errors import ModelFilesError

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
VISION = "onnx/vision_model.onnx"
TEXT = "onnx/text_model.onnx"

# The names after the first are what exports of SigLIP call the same vectors.
_VISION_OUTPUTS = ("image_embeds", "pooler_output")
_TEXT_OUTPUTS = ("text_embeds", "pooler_output")
_LFS_START = b"version https://git-lfs"
_FLOAT_TYPES = {1, 10}  # ONNX's float32 and float16
_INT64 = 7


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """Where a model lies, and what to tell someone when it is broken."""

    path: Path
    remedy: str = "download or copy the whole folder again"

    def error(self, problem: str, remedy: str | None = None) -> ModelFilesError:
        """Return the error to raise for a problem, such as "config.json is empty"."""
        return ModelFilesError(self.path, problem, remedy or self.remedy)


@dataclass(frozen=True, slots=True)
class TowerFiles:
    """One checked graph.

    Attributes:
        path: The ONNX file.
        weights: It, and any files beside it that hold its weights; what a digest must cover.
        signature: Its inputs and outputs.
        output: The name of the output that holds the vectors.
    """

    path: Path
    weights: tuple[Path, ...]
    signature: OnnxSignature
    output: str

    @property
    def dimensions(self) -> int | None:
        """The length of the vectors, where the graph states it."""
        axes = self.signature.outputs[self.output].axes
        return axes[-1] if axes else None


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The checked content of a model folder. ``text`` is None where it reads pictures only."""

    folder: ModelFolder
    config: Mapping[str, Any]
    preprocessor: Mapping[str, Any]
    tokenizer_config: Mapping[str, Any]
    vision: TowerFiles
    text: TowerFiles | None
    tokenizer: str

    @property
    def dimensions(self) -> int:
        """The length of a vector, from the graphs or from the config.

        Raises:
            ModelFilesError: the towers disagree, or nothing says it.
        """
        towers = [self.vision] if self.text is None else [self.vision, self.text]
        said = {tower.path.name: tower.dimensions for tower in towers if tower.dimensions}
        declared = self.config.get("projection_dim")
        if isinstance(declared, int) and declared > 0 and len(said) < len(towers):
            said[CONFIG] = declared
        if len(set(said.values())) > 1:
            sizes = ", ".join(f"{name} {size}" for name, size in said.items())
            raise self.folder.error(f"its parts give vectors of different lengths ({sizes})")
        if not said:
            raise self.folder.error(f"{CONFIG} does not give projection_dim, the vectors' length")
        return next(iter(said.values()))


def read_model_files(folder: ModelFolder) -> ModelFiles:
    """Return the checked content of a model folder.

    Everything that can be told without running the model is checked here, in milliseconds: files
    that are missing, empty, cut short, or pointers in place of content.

    Raises:
        ModelFilesError: the folder is incomplete or broken.
    """
    config = _read_json(folder, CONFIG)
    reads_text = (folder.path / TEXT).exists() or (folder.path / TOKENIZER).exists()
    has_tokenizer_config = reads_text and (folder.path / TOKENIZER_CONFIG).exists()
    return ModelFiles(
        folder=folder,
        config=config,
        preprocessor=_read_json(folder, PREPROCESSOR),
        tokenizer_config=_read_json(folder, TOKENIZER_CONFIG) if has_tokenizer_config else {},
        vision=_check_tower(folder, VISION, ("pixel_values",), (), _VISION_OUTPUTS),
        text=_check_tower(folder, TEXT, ("input_ids",), ("attention_mask",), _TEXT_OUTPUTS)
        if reads_text
        else None,
        tokenizer=_read_text(folder, TOKENIZER) if reads_text else "",
    )


def _check_tower(
    folder: ModelFolder,
    name: str,
    required: tuple[str, ...],
    optional: tuple[str, ...],
    outputs: tuple[str, ...],
) -> TowerFiles:
    _check_content(folder, name)
    path = folder.path / name
    try:
        signature = read_signature(path)
    except BrokenOnnxError as error:
        raise folder.error(f"{name} is cut short, or is not an ONNX file") from error
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error
    _check_inputs(folder, name, signature, required, optional)
    output = next((output for output in outputs if output in signature.outputs), None)
    if output is None:
        given = ", ".join(signature.outputs) or "nothing"
        raise folder.error(f"{name} gives {given}, not {outputs[0]}", _OTHER_EXPORT)
    if signature.outputs[output].elem_type not in _FLOAT_TYPES:
        raise folder.error(f"{output} of {name} is not a float", _OTHER_EXPORT)
    return TowerFiles(path, (path, *_external_files(folder, name, signature)), signature, output)


_OTHER_EXPORT = "export it with one picture tower and one text tower, as transformers.js models are"


def _check_inputs(
    folder: ModelFolder,
    name: str,
    signature: OnnxSignature,
    required: tuple[str, ...],
    optional: tuple[str, ...],
) -> None:
    for missing in set(required) - set(signature.inputs):
        given = ", ".join(signature.inputs) or "nothing"
        raise folder.error(f"{name} takes {given}, not {missing}", _OTHER_EXPORT)
    for unknown in set(signature.inputs) - set(required) - set(optional):
        raise folder.error(f"{name} also wants {unknown}, which is not known here", _OTHER_EXPORT)
    for input_name, shape in signature.inputs.items():
        wanted, said = ({1}, "float32") if input_name == "pixel_values" else ({_INT64}, "int64")
        if shape.elem_type not in wanted:
            raise folder.error(f"{input_name} of {name} is not {said}", _OTHER_EXPORT)


def _external_files(folder: ModelFolder, name: str, signature: OnnxSignature) -> tuple[Path, ...]:
    needed: dict[str, int] = {}
    for part in signature.external:
        needed[part.location] = max(part.end_bytes, needed.get(part.location, 0))
    for location, end_bytes in needed.items():
        place = PurePosixPath(location)
        if place.is_absolute() or ".." in place.parts:
            raise folder.error(f"{name} keeps its weights outside the folder, in {location}")
        _check_content(folder, str(PurePosixPath(name).parent / place), end_bytes)
    return tuple((folder.path / name).parent / location for location in sorted(needed))


def _check_content(folder: ModelFolder, name: str, least_bytes: int = 1) -> None:
    path = folder.path / name
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(len(_LFS_START))
    except FileNotFoundError as error:
        raise folder.error(f"{name} is missing") from error
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error
    if size == 0:
        raise folder.error(f"{name} is empty")
    if start == _LFS_START:
        raise folder.error(
            f"{name} is a git-lfs pointer, not the file itself", "run `git lfs pull` in the folder"
        )
    if size < least_bytes:
        raise folder.error(f"{name} has {size:,} of {least_bytes:,} bytes")


def _read_text(folder: ModelFolder, name: str) -> str:
    _check_content(folder, name)
    try:
        return (folder.path / name).read_text(encoding="utf-8")
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise folder.error(f"{name} is not text") from error


def _read_json(folder: ModelFolder, name: str) -> Mapping[str, Any]:
    text = _read_text(folder, name)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise folder.error(f"{name} is not valid JSON") from error
    if not isinstance(content, dict):
        raise folder.error(f"{name} is not a JSON object")
    return content
