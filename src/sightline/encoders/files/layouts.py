"""Where the files of a model lie: the layouts that published models have.

::

    transformers.js              a lone picture tower         Immich (open_clip)
    config.json                  config.json                  config.json
    preprocessor_config.json     preprocessor_config.json     visual/preprocess_cfg.json
    tokenizer.json                                            textual/tokenizer.json
    tokenizer_config.json                                     textual/tokenizer_config.json
    onnx/vision_model.onnx       onnx/model.onnx              visual/model.onnx
    onnx/text_model.onnx                                      textual/model.onnx

A graph may lie there in half precision (``vision_model_fp16.onnx``) or in 8-bit integers
(``_int8``, ``_quantized``, ``_uint8``) beside or in place of the whole one. In any layout
``openvino/vision_model_int8.xml`` is a picture tower that Sightline quantised itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sightline.encoders.files.model_folder import ModelFolder

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
VISION = "onnx/vision_model.onnx"
TEXT = "onnx/text_model.onnx"
INT8_VISION = "openvino/vision_model_int8.xml"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""The weights of a checkpoint, in the order in which they are looked for, as in transformers."""


class FileSet(StrEnum):
    """Which of several files of one tower."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"
    CHECKPOINT = "checkpoint"
    """Weights without a graph, for PyTorch."""


# In the order of preference. "_quantized" is what transformers.js calls its 8-bit default.
_SUFFIXES = {
    FileSet.FP32: ("",),
    FileSet.FP16: ("_fp16",),
    FileSet.INT8: ("_int8", "_quantized", "_uint8"),
}
_GRAPHS = tuple(_SUFFIXES)


@dataclass(frozen=True, slots=True)
class Layout:
    """One way of laying out a model folder. Names are relative to the folder.

    Attributes:
        vision: The picture tower's graph, without suffix and ending.
        text: The text tower's, or "" where there is never one.
        preprocessor: What is done to a picture first.
        tokenizer: Words to token ids.
        tokenizer_config: (Optional) the tokeniser's padding token and case.
    """

    vision: str
    text: str
    preprocessor: str = PREPROCESSOR
    tokenizer: str = TOKENIZER
    tokenizer_config: str = TOKENIZER_CONFIG


TRANSFORMERS_JS = Layout("onnx/vision_model", "onnx/text_model")
LONE_TOWER = Layout("onnx/model", "")
IMMICH = Layout(
    "visual/model",
    "textual/model",
    "visual/preprocess_cfg.json",
    "textual/tokenizer.json",
    "textual/tokenizer_config.json",
)
_PICTURE_TOWERS = tuple(layout.vision for layout in (TRANSFORMERS_JS, LONE_TOWER, IMMICH))


def find_layout(folder: ModelFolder) -> Layout:
    """Return the layout of a folder; transformers.js where nothing tells."""
    for layout in (TRANSFORMERS_JS, IMMICH, LONE_TOWER):
        if any(folder.has(name) for files in _GRAPHS for name in graph_names(layout.vision, files)):
            return layout
    # What is left of a broken download still tells what it was meant to be.
    marks = {IMMICH.preprocessor, IMMICH.tokenizer, "textual/model.onnx"}
    return IMMICH if any(folder.has(mark) for mark in marks) else TRANSFORMERS_JS


def graphs(folder: ModelFolder, stem: str, sets: tuple[FileSet, ...]) -> Iterator[str]:
    """Yield the graphs of one tower that are there, in the order of ``sets``."""
    for files in sets:
        if files is FileSet.INT8 and stem in _PICTURE_TOWERS and folder.has(INT8_VISION):
            yield INT8_VISION
        yield from (name for name in graph_names(stem, files) if folder.has(name))


def file_set_of(name: str) -> FileSet:
    """Return which set a graph's name belongs to."""
    stem = name.rsplit(".", 1)[0]
    for files in (FileSet.FP16, FileSet.INT8):
        if stem.endswith(_SUFFIXES[files]):
            return files
    return FileSet.FP32


def graph_names(stem: str, files: FileSet) -> tuple[str, ...]:
    """Return what the graph of a tower may be called in one set, the likeliest first."""
    return tuple(f"{stem}{suffix}.onnx" for suffix in _SUFFIXES[files]) if stem else ()
