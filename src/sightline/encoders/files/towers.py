"""One half of a model on disk: its graph, checked without running it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from sightline.encoders.files.layouts import FileSet, file_set_of
from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.files.onnx_signature import (
    BrokenOnnxError,
    OnnxSignature,
    TensorShape,
    read_signature,
)
from sightline.encoders.files.openvino_signature import BrokenOpenvinoError, read_openvino_signature

_FLOATS = {1: "float32", 10: "float16"}  # ONNX's numbers of element types
_INTEGERS = {6: "int32", 7: "int64"}
_OTHER_EXPORT = "export it with one picture tower and one text tower, as transformers.js models are"

# What exporters call the same things: transformers.js first, then Immich's two generations.
_PIXELS = ("pixel_values", "image")
_IDS = ("input_ids", "text")
_MASK = ("attention_mask",)
_VISION_OUTPUTS = ("image_embeds", "pooler_output", "image_embedding", "embedding")
_TEXT_OUTPUTS = ("text_embeds", "pooler_output", "text_embedding", "embedding")
_TOKEN_ROWS = "last_hidden_state"


class Pooling(StrEnum):
    """What is left to do to a tower's output before it is a vector."""

    NONE = "none"
    """Nothing: the output is (n, d)."""
    FIRST = "first"
    """The first row of (n, tokens, d): the class token of DINOv2, layer norm applied."""


@dataclass(frozen=True, slots=True)
class TowerFiles:
    """One checked graph, or one tower of a checkpoint.

    Attributes:
        path: The ONNX file, the OpenVINO file, or a checkpoint's config.json.
        weights: What a digest must cover: the graph, and the files that hold its weights.
        signature: Its inputs and outputs.
        output: The name of the output that holds the vectors.
        pooling: What is left to do to that output.
        pixels: The name of the picture input, or "".
        ids: The name of the token input, or "".
        mask: The name of the input that is 1 for text and 0 for padding, or "".
        input_dtype: Of all inputs: "float32" or "float16" of pixels, "int64" or "int32" of ids.
        file_set: Which of a tower's several files this is.
    """

    path: Path
    weights: tuple[Path, ...]
    signature: OnnxSignature
    output: str
    pooling: Pooling = Pooling.NONE
    pixels: str = ""
    ids: str = ""
    mask: str = ""
    input_dtype: str = "float32"
    file_set: FileSet = FileSet.FP32

    @property
    def dimensions(self) -> int | None:
        """The length of the vectors, where the graph states it."""
        axes = self.signature.outputs[self.output].axes
        return axes[-1] if axes else None

    @property
    def axes(self) -> tuple[int | None, ...]:
        """The lengths of the pixels' or ids' axes; None where one is free."""
        return self.signature.inputs[self.pixels or self.ids].axes

    @property
    def batch(self) -> int | None:
        """1 where the graph takes one picture or text at a time, as Immich's newer do; or None."""
        return self.axes[0] if self.axes else None


def check_vision(folder: ModelFolder, name: str, *, first_row: bool) -> TowerFiles:
    """Return the picture tower in the file ``name``.

    Args:
        folder: Of the model.
        name: Relative to the folder.
        first_row: Whether the first of its token rows is a vector of the picture.

    Raises:
        ModelFilesError: it is missing, broken, or of another kind.
    """
    signature = _read(folder, name)
    pixels = _one_of(folder, name, signature.inputs, _PIXELS)
    _check_inputs(folder, name, signature, {pixels})
    output, pooling = _output(folder, name, signature, _VISION_OUTPUTS, first_row)
    return TowerFiles(
        path=folder.path / name,
        weights=_weights(folder, name, signature),
        signature=signature,
        output=output,
        pooling=pooling,
        pixels=pixels,
        input_dtype=_dtype(folder, name, signature, (pixels,), _FLOATS),
        file_set=file_set_of(name),
    )


def check_text(folder: ModelFolder, name: str) -> TowerFiles:
    """Return the text tower in the file ``name``, relative to the folder.

    Raises:
        ModelFilesError: it is missing, broken, or of another kind.
    """
    signature = _read(folder, name)
    ids = _one_of(folder, name, signature.inputs, _IDS)
    mask = next((known for known in _MASK if known in signature.inputs), "")
    used = (ids, mask) if mask else (ids,)
    _check_inputs(folder, name, signature, set(used))
    output, pooling = _output(folder, name, signature, _TEXT_OUTPUTS, False)
    return TowerFiles(
        path=folder.path / name,
        weights=_weights(folder, name, signature),
        signature=signature,
        output=output,
        pooling=pooling,
        ids=ids,
        mask=mask,
        input_dtype=_dtype(folder, name, signature, used, _INTEGERS),
        file_set=file_set_of(name),
    )


def _read(folder: ModelFolder, name: str) -> OnnxSignature:
    folder.check_content(name)
    path = folder.path / name
    try:
        return read_openvino_signature(path) if path.suffix == ".xml" else read_signature(path)
    except (BrokenOnnxError, BrokenOpenvinoError) as error:
        kind = "OpenVINO" if path.suffix == ".xml" else "ONNX"
        raise folder.error(f"{name} is cut short, or is not an {kind} file") from error
    except OSError as error:
        raise folder.error(f"{name} cannot be read ({error.strerror})") from error


def _one_of(
    folder: ModelFolder, name: str, given: Mapping[str, TensorShape], known: tuple[str, ...]
) -> str:
    found = next((each for each in known if each in given), None)
    if found is None:
        takes = ", ".join(given) or "nothing"
        raise folder.error(f"{name} takes {takes}, not {known[0]}", _OTHER_EXPORT)
    return found


def _check_inputs(
    folder: ModelFolder, name: str, signature: OnnxSignature, known: set[str]
) -> None:
    for other in sorted(set(signature.inputs) - known):
        raise folder.error(f"{name} also wants {other}, which is not known here", _OTHER_EXPORT)
    for each in sorted(known):
        axes = signature.inputs[each].axes
        if axes and axes[0] not in (None, 1):
            raise folder.error(
                f"{name} takes exactly {axes[0]} at a time", "export it with a free first axis"
            )


def _dtype(
    folder: ModelFolder,
    name: str,
    signature: OnnxSignature,
    inputs: tuple[str, ...],
    allowed: Mapping[int, str],
) -> str:
    kinds = {each: allowed.get(signature.inputs[each].elem_type) for each in inputs}
    for each, kind in kinds.items():
        if kind is None or kind != kinds[inputs[0]]:
            said = kinds[inputs[0]] or " or ".join(allowed.values())
            raise folder.error(f"{each} of {name} is not {said}", _OTHER_EXPORT)
    return str(kinds[inputs[0]])


def _output(
    folder: ModelFolder,
    name: str,
    signature: OnnxSignature,
    known: tuple[str, ...],
    first_row: bool,
) -> tuple[str, Pooling]:
    rows = (_TOKEN_ROWS,) if first_row else ()
    output = next((each for each in (*known, *rows) if each in signature.outputs), None)
    if output is None:
        given = ", ".join(signature.outputs) or "nothing"
        raise folder.error(f"{name} gives {given}, not {known[0]}", _OTHER_EXPORT)
    shape = signature.outputs[output]
    if shape.elem_type not in _FLOATS:
        raise folder.error(f"{output} of {name} is not a float", _OTHER_EXPORT)
    pooling = Pooling.FIRST if output == _TOKEN_ROWS else Pooling.NONE
    expected = 3 if pooling is Pooling.FIRST else 2
    if shape.axes and len(shape.axes) != expected:
        raise folder.error(
            f"{output} of {name} has {len(shape.axes)} axes, not {expected}", _OTHER_EXPORT
        )
    return output, pooling


def _weights(folder: ModelFolder, name: str, signature: OnnxSignature) -> tuple[Path, ...]:
    needed: dict[str, int] = {}
    for part in signature.external:
        needed[part.location] = max(part.end_bytes, needed.get(part.location, 0))
    for location, end_bytes in needed.items():
        place = PurePosixPath(location)
        if place.is_absolute() or ".." in place.parts:
            raise folder.error(f"{name} keeps its weights outside the folder, in {location}")
        folder.check_content(str(PurePosixPath(name).parent / place), end_bytes)
    path = folder.path / name
    return (path, *(path.parent / location for location in sorted(needed)))
