"""The content of a model folder: which files it must have, chosen, read and checked.

What lies where is in ``layouts``; what a graph must take and give is in ``towers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.encoders.files.layouts import (
    CONFIG,
    INT8_VISION,
    PREPROCESSOR,
    PROCESSOR,
    TEXT,
    TOKENIZER,
    TOKENIZER_CONFIG,
    VISION,
    WEIGHTS,
    FileSet,
    Layout,
    find_layout,
    graphs,
)
from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.files.torch_weights import (
    checkpoint_text,
    checkpoint_vision,
    has_checkpoint,
)
from sightline.encoders.files.towers import Pooling, TowerFiles, check_text, check_vision
from sightline.errors import InvalidValueError

__all__ = [
    "CONFIG",
    "INT8_VISION",
    "PREPROCESSOR",
    "TEXT",
    "TOKENIZER",
    "TOKENIZER_CONFIG",
    "VISION",
    "FileSet",
    "ModelFiles",
    "ModelFolder",
    "Pooling",
    "TowerFiles",
    "read_model_files",
]

_FIRST_ROW_FAMILIES = ("dinov2", "dinov2_with_registers")
_FLOATS = (FileSet.FP32, FileSet.FP16)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The checked content of a model folder. ``text`` is None where it reads pictures only.

    Attributes:
        folder: Where it lies.
        config: ``config.json``, of transformers or of open_clip.
        preprocessor: What is done to a picture, of transformers or of open_clip.
        tokenizer_config: Of the tokeniser; empty where there is none.
        vision: The picture tower.
        text: The text tower.
        tokenizer: The text of ``tokenizer.json``; "" without a text tower.
    """

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
        said = {
            str(tower.path.relative_to(self.folder.path)): tower.dimensions
            for tower in towers
            if tower.dimensions
        }
        declared = _declared_dimensions(self.config)
        if declared and len(said) < len(towers):
            said[CONFIG] = declared
        if len(set(said.values())) > 1:
            sizes = ", ".join(f"{name} {size}" for name, size in said.items())
            raise self.folder.error(f"its parts give vectors of different lengths ({sizes})")
        if not said:
            raise self.folder.error(f"{CONFIG} does not give projection_dim, the vectors' length")
        return next(iter(said.values()))


def read_model_files(folder: ModelFolder, files: str = FileSet.FP32) -> ModelFiles:
    """Return the checked content of a model folder.

    Everything that can be told without running the model is checked here, in milliseconds: files
    that are missing, empty, cut short, or pointers in place of content.

    Args:
        folder: Where the model lies.
        files: A ``FileSet``. "fp32" and "fp16" take each other's graphs where their own are not
            there. "int8" takes Sightline's own picture tower with the float text tower, or else a
            published pair. "checkpoint" takes the weights of PyTorch, without a graph.

    Raises:
        ModelFilesError: the folder is incomplete or broken, or has no such files.
        InvalidValueError: files is no ``FileSet``.
    """
    if files not in tuple(FileSet):
        raise InvalidValueError("files", files, " or ".join(FileSet))
    config = folder.read_json(CONFIG)
    layout = find_layout(folder)
    if files == FileSet.CHECKPOINT:
        _explain_missing_checkpoint(folder, layout)
        vision = checkpoint_vision(folder)
        reads_text = "text_config" in config or folder.has(layout.tokenizer)
        text = checkpoint_text(folder) if reads_text else None
    else:
        vision = _vision(folder, layout, FileSet(files), config)
        text = _text(folder, layout, vision)
    has_tokenizer_config = text is not None and folder.has(layout.tokenizer_config)
    return ModelFiles(
        folder=folder,
        config=config,
        preprocessor=_preprocessor(folder, layout),
        tokenizer_config=folder.read_json(layout.tokenizer_config) if has_tokenizer_config else {},
        vision=vision,
        text=text,
        tokenizer=folder.read_text(layout.tokenizer) if text is not None else "",
    )


def _vision(
    folder: ModelFolder, layout: Layout, files: FileSet, config: Mapping[str, Any]
) -> TowerFiles:
    sets = (FileSet.INT8,) if files is FileSet.INT8 else _floats_from(files)
    name = next(graphs(folder, layout.vision, sets), None)
    if name is None:
        _explain_what_is_there(folder, layout, files)
    first_row = config.get("model_type") in _FIRST_ROW_FAMILIES
    return check_vision(folder, name or f"{layout.vision}.onnx", first_row=first_row)


def _text(folder: ModelFolder, layout: Layout, vision: TowerFiles) -> TowerFiles | None:
    if not layout.text:
        return None
    # An 8-bit picture tower of our own goes with the float text tower that it was measured with.
    published = vision.file_set is FileSet.INT8 and vision.path != folder.path / INT8_VISION
    floats = _floats_from(vision.file_set)
    sets = (FileSet.INT8, *floats) if published else (*floats, FileSet.INT8)
    name = next(graphs(folder, layout.text, sets), None)
    if name is None and not folder.has(layout.tokenizer):
        return None
    return check_text(folder, name or f"{layout.text}.onnx")


def _floats_from(first: FileSet) -> tuple[FileSet, FileSet]:
    """Both float sets, in the order of preference."""
    return _FLOATS if first is not FileSet.FP16 else (FileSet.FP16, FileSet.FP32)


def _explain_what_is_there(folder: ModelFolder, layout: Layout, files: FileSet) -> None:
    """Raise a sentence that helps where a folder has other files than those asked for."""
    others = _FLOATS if files is FileSet.INT8 else (FileSet.INT8,)
    other = next(graphs(folder, layout.vision, others), None)
    if other and files is FileSet.INT8:
        remedy = "make them with `sightline models quantize`, or leave --precision int8 away"
        raise folder.error("it has no int8 files", remedy)
    if other:
        remedy = "pass --precision int8, or fetch its float files"
        raise folder.error("it has int8 files only", remedy)
    if has_checkpoint(folder):
        raise folder.error(
            "it is a PyTorch checkpoint, without ONNX files",
            f"run `sightline models export {folder.path} OUT`, or pass --device cuda",
        )


def _explain_missing_checkpoint(folder: ModelFolder, layout: Layout) -> None:
    """Raise a sentence that helps where a folder has everything but weights for PyTorch."""
    graph = next(graphs(folder, layout.vision, (*_FLOATS, FileSet.INT8)), None)
    if graph and not has_checkpoint(folder):
        raise folder.error(
            f"it has ONNX files, and no weights for PyTorch ({WEIGHTS[0]})",
            "pass --device cpu, or name the folder of its checkpoint",
        )


def _preprocessor(folder: ModelFolder, layout: Layout) -> Mapping[str, Any]:
    if layout.preprocessor == PREPROCESSOR and not folder.has(PREPROCESSOR):
        # transformers 5 saves a processor of pictures and words as one file.
        block = (
            folder.read_json(PROCESSOR).get("image_processor") if folder.has(PROCESSOR) else None
        )
        if isinstance(block, dict):
            return block
    return folder.read_json(layout.preprocessor)


def _declared_dimensions(config: Mapping[str, Any]) -> int | None:
    """The length of a vector as a config says it, each family in its own words."""
    vision = config.get("vision_config")
    said = config.get("projection_dim") or config.get("embed_dim")
    if said is None and str(config.get("model_type")).startswith("siglip"):
        # Published SigLIP configs leave out what is the default of transformers.
        said = vision.get("hidden_size", 768) if isinstance(vision, dict) else 768
    if said is None and vision is None:
        said = config.get("hidden_size")
    return said if isinstance(said, int) and said > 0 else None
