"""Turns a PyTorch checkpoint of transformers into a model folder, and checks what came out."""

from __future__ import annotations

import io
import json
import shutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sightline.encoders.encoder import DualEncoder
from sightline.encoders.export.graphs import write_picture_graph, write_text_graph
from sightline.encoders.export.references import (
    encode_pictures,
    encode_texts,
    random_jpegs,
    random_texts,
)
from sightline.encoders.export.source import ExportSource, fetch_source, find_source
from sightline.encoders.export.staging import staged_folder
from sightline.encoders.files.model_files import (
    CONFIG,
    PREPROCESSOR,
    TEXT,
    TOKENIZER,
    TOKENIZER_CONFIG,
    VISION,
)
from sightline.encoders.gpu.checkpoint import Half, LoadedTower, load_tower
from sightline.encoders.gpu.devices import TorchOptions
from sightline.encoders.installed import HUB
from sightline.encoders.loading import load_model
from sightline.errors import (
    DiskFullError,
    ExportMismatchError,
    InvalidValueError,
    TextTruncatedWarning,
)
from sightline.system.packages import require
from sightline.types import Vectors

if TYPE_CHECKING:
    from sightline.encoders.hub.fetching import FetchProgress

LEAST_COSINE = 0.99999
"""Between a vector of the export and that of the checkpoint, both in float32."""

_PACKAGES = ("torch", "transformers", "safetensors", "onnx", "onnxscript")


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export gave.

    Attributes:
        folder: The new model folder.
        source: What it was made from.
        dimensions: Length of a vector.
        picture_cosine: The worst cosine between its vectors of random pictures and those of the
            checkpoint; None if that was not checked.
        text_cosine: Likewise of random texts; None also for a model that reads pictures only.
        size_bytes: Of the folder.
    """

    folder: Path
    source: str
    dimensions: int
    picture_cosine: float | None
    text_cosine: float | None
    size_bytes: int


def export(
    source: str | Path,
    out: str | Path,
    *,
    replace: bool = False,
    accept_licence: bool = False,
    verify: bool = True,
    tell: Callable[[str], None] = lambda _: None,
    fetching: Callable[[FetchProgress], None] | None = None,
) -> ExportReport:
    """Write the ONNX folder of a CLIP, SigLIP, SigLIP 2 (of one resolution) or DINOv2 checkpoint.

    ``out`` appears at the end, whole and checked, or not at all. The towers are loaded, written
    and compared one after the other, so that memory holds the weights of one, at most three times.

    Args:
        source: A folder with a checkpoint, the name of a model whose checkpoint was fetched, or
            ``hf:REPO[@REVISION]``, which is fetched first.
        out: The new folder.
        replace: Whether a model that lies there already is replaced.
        accept_licence: For weights on the hub that are not free for every use.
        verify: Whether vectors of random pictures and texts are compared with the checkpoint's,
            the checkpoint's with transformers' own picture processor and tokeniser.
        tell: Called with a line as each stage begins.
        fetching: Called while a checkpoint is fetched.

    Raises:
        MissingPackageError: something of the extra ``torch`` is not installed.
        ModelError: there is no such checkpoint, it is broken or of an unknown kind, or it cannot
            be fetched.
        ExportMismatchError: the vectors differ; nothing was written.
        FolderTakenError: ``out`` holds something that is not to be replaced.
        InvalidValueError: ``out`` is a file, or holds the checkpoint.
        StorageError: the disk is full, or ``out`` cannot be written.
    """
    for package in _PACKAGES:
        require(package, "torch")
    out = Path(out)
    if isinstance(source, str) and source.startswith(HUB):
        tell(f"fetching {source.removeprefix(HUB)}")
        checkpoint = fetch_source(source, accept_licence, fetching)
    else:
        checkpoint = find_source(source)
    _check_apart(checkpoint.folder.path, out)
    with staged_folder(out, replace=replace) as staged:
        _check_room(checkpoint, staged, out)
        _write_small_files(checkpoint, staged)
        pictures = _export_pictures(checkpoint, staged, verify, tell)
        texts = _export_texts(checkpoint, staged, verify, tell)
        tell("loading what was written" + (", and comparing it" if verify else ""))
        picture_cosine = _compare_pictures(staged, pictures, checkpoint)
        text_cosine = _compare_texts(staged, texts, checkpoint)
        dimensions = load_model(staged, precision="float32", keep_compiled=False).spec.dimensions
        size_bytes = sum(path.stat().st_size for path in staged.rglob("*") if path.is_file())
    return ExportReport(out, checkpoint.label, dimensions, picture_cosine, text_cosine, size_bytes)


# Writing


def _check_apart(source: Path, out: Path) -> None:
    source, out = source.resolve(), out.resolve()
    if source.is_relative_to(out):
        raise InvalidValueError("OUT", str(out), "a folder that does not hold the checkpoint")


def _check_room(checkpoint: ExportSource, staged: Path, out: Path) -> None:
    needed = sum(path.stat().st_size for path in checkpoint.files.vision.weights)
    if shutil.disk_usage(staged).free < needed:
        raise DiskFullError(out)


def _write_small_files(checkpoint: ExportSource, staged: Path) -> None:
    said = {"source": checkpoint.label}
    if checkpoint.traits is not None:
        said |= asdict(checkpoint.traits)
    files = checkpoint.files
    _write_json(staged / CONFIG, {**files.config, "sightline": said})
    _write_json(staged / PREPROCESSOR, dict(files.preprocessor))
    if files.text is not None:
        (staged / TOKENIZER).write_text(files.tokenizer, encoding="utf-8")
        _write_json(staged / TOKENIZER_CONFIG, dict(files.tokenizer_config))


def _export_pictures(
    checkpoint: ExportSource, staged: Path, verify: bool, tell: Callable[[str], None]
) -> Vectors | None:
    tell("picture tower: reading")
    tower = _load(checkpoint, Half.PICTURE)
    folder = checkpoint.folder.path
    vectors = encode_pictures(folder, tower, random_jpegs()) if verify else None
    tell("picture tower: writing its graph")
    write_picture_graph(tower, checkpoint.picture, staged / VISION)
    return vectors


def _export_texts(
    checkpoint: ExportSource, staged: Path, verify: bool, tell: Callable[[str], None]
) -> Vectors | None:
    traits = checkpoint.traits
    if traits is None:
        return None
    tell("text tower: reading")
    tower = _load(checkpoint, Half.TEXT)
    folder = checkpoint.folder.path
    vectors = encode_texts(folder, tower, random_texts(), traits.context) if verify else None
    tell("text tower: writing its graph")
    write_text_graph(tower, traits.context, traits.causal, staged / TEXT)
    return vectors


def _load(checkpoint: ExportSource, half: Half) -> LoadedTower:
    tower = load_tower(checkpoint.folder, checkpoint.files.config, half, TorchOptions("cpu"))
    # OpenVINO fuses the graph of plain attention in both towers, and that of torch's fused kernel
    # in the picture tower only; plain attention is also what other exports are compared with.
    tower.model.set_attn_implementation("eager")
    return tower


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


# Comparing


# Each loads the model anew, so that only one tower is in memory at a time.


def _compare_pictures(
    staged: Path, expected: Vectors | None, checkpoint: ExportSource
) -> float | None:
    if expected is None:
        return None
    from PIL import Image

    encoder = load_model(staged, precision="float32", keep_compiled=False)
    images = [Image.open(io.BytesIO(file)) for file in random_jpegs()]
    got = encoder.encode_images(np.stack([encoder.prepare(image) for image in images]))
    return _worst_cosine(got, expected, "pictures", checkpoint)


def _compare_texts(
    staged: Path, expected: Vectors | None, checkpoint: ExportSource
) -> float | None:
    if expected is None:
        return None
    encoder = load_model(staged, precision="float32", keep_compiled=False)
    if not isinstance(encoder, DualEncoder):
        raise ExportMismatchError(checkpoint.label, "texts", 0.0, LEAST_COSINE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextTruncatedWarning)  # one of them is meant to be
        got = encoder.encode_texts(random_texts())
    return _worst_cosine(got, expected, "texts", checkpoint)


def _worst_cosine(got: Vectors, expected: Vectors, what: str, checkpoint: ExportSource) -> float:
    rows: Sequence[float] = (got.astype(np.float64) * expected).sum(axis=1)
    worst = float(np.min(rows))
    if not worst >= LEAST_COSINE:  # also for what is not a number
        raise ExportMismatchError(checkpoint.label, what, worst, LEAST_COSINE)
    return min(worst, 1.0)  # rounding may leave it a little above
