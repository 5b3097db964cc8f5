"""What transformers itself makes of pictures and texts: what an export has to give too."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sightline.encoders.files.model_files import TOKENIZER
from sightline.encoders.gpu.checkpoint import LoadedTower
from sightline.types import Vectors

# Width and height: wide, tall, square, and smaller than what a model takes.
_PICTURES_PX = ((640, 480), (300, 500), (256, 256), (97, 61))
_WORDS = ("a", "photo", "of", "the", "red", "kite", "over", "old", "bridge", "at", "night", "two")
_LENGTHS = (1, 2, 5, 12, 120)  # words; the last is more than any context


def random_jpegs() -> tuple[bytes, ...]:
    """Return four JPEG files of different shapes, the same in every run."""
    random = np.random.default_rng(1)
    return tuple(_random_jpeg(random, width, height) for width, height in _PICTURES_PX)


def random_texts() -> tuple[str, ...]:
    """Return five texts of different lengths, the same in every run.

    They are in lower case and without marks, which the tokenisers of one model treat differently
    from one version of transformers to the next.
    """
    random = np.random.default_rng(2)
    return tuple(" ".join(random.choice(_WORDS, length)) for length in _LENGTHS)


def encode_pictures(folder: Path, tower: LoadedTower, pictures: Sequence[bytes]) -> Vectors:
    """Return transformers' unit rows for JPEG files, prepared by its own processor, (n, d)."""
    from PIL import Image
    from transformers import AutoImageProcessor

    # Whatever is installed: torchvision's resizing is not Pillow's, which the models saw.
    processor = AutoImageProcessor.from_pretrained(folder, backend="pil", local_files_only=True)
    images = [Image.open(io.BytesIO(picture)) for picture in pictures]
    # One at a time, so that memory does not depend on the number.
    return _unit(
        tower, [processor(images=image, return_tensors="pt")["pixel_values"] for image in images]
    )


def encode_texts(folder: Path, tower: LoadedTower, texts: Sequence[str], context: int) -> Vectors:
    """Return transformers' unit rows for texts, padded to the context by its tokeniser, (n, d)."""
    tokenizer = _tokenizer(folder)
    rows = tokenizer(
        list(texts),
        padding="max_length",
        max_length=context,
        truncation=True,
        return_tensors="pt",
    )["input_ids"]
    return _unit(tower, rows.split(1))


def _tokenizer(folder: Path) -> Any:  # noqa: ANN401
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    try:
        return AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception:
        # The first SigLIP names a class that needs sentencepiece, yet brings tokenizer.json.
        if not (folder / TOKENIZER).exists():
            raise
        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)


def _unit(tower: LoadedTower, inputs: Sequence[Any]) -> Vectors:
    import torch

    with torch.inference_mode():
        rows = np.concatenate([tower(each).numpy() for each in inputs]).astype(np.float64)
    unit: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def _random_jpeg(random: np.random.Generator, width: int, height: int) -> bytes:
    from PIL import Image

    coarse = Image.fromarray(random.integers(0, 256, (5, 7, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height)), dtype=np.int16)
    noise = random.integers(-20, 21, smooth.shape, dtype=np.int16)
    file = io.BytesIO()
    Image.fromarray((smooth + noise).clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=90)
    return file.getvalue()
