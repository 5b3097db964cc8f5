"""A checkpoint's picture tower on a torch device, as an encoder that a gallery takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sightline.encoders.files.layouts import FileSet
from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.gpu.devices import TorchOptions
from sightline.encoders.gpu.torch_runtime import load_towers
from sightline.encoders.pictures.preprocessing import Preparer, read_preprocessing
from sightline.types import ModelSpec, Pixels, Vectors


class TorchPictures:
    """A picture encoder on a torch device, as ``Gallery`` takes it."""

    def __init__(self, folder: Path, options: TorchOptions) -> None:
        files = read_model_files(ModelFolder(folder), FileSet.CHECKPOINT)
        self._steps = read_preprocessing(files.folder, files.preprocessor)
        self._preparer = Preparer(self._steps)
        self._tower = load_towers(files.folder, files.config, options).vision
        self._spec = ModelSpec(
            folder.name, "random", "", "", options.precision, int(files.config["projection_dim"])
        )

    @property
    def spec(self) -> ModelSpec:
        """What a gallery remembers of it."""
        return self._spec

    @property
    def input_px(self) -> int:
        """The shortest edge that a picture is resized to."""
        return self._steps.input_px

    @property
    def pictures_at_once(self) -> int:
        """How many pictures the pipeline is to hand over together."""
        return self._tower.pace.batch * self._tower.pace.streams

    def prepare(self, image: Image.Image) -> Pixels:
        """Return one picture as the model takes it."""
        return self._preparer.prepare(image)

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        """Return one unit row for each picture."""
        return unit(np.concatenate(list(self._tower.stream(cut(pixels, self._tower.pace.batch)))))


def cut(pictures: NDArray[Any], size: int) -> Iterator[NDArray[Any]]:
    """Yield batches."""
    for start in range(0, len(pictures), size):
        yield pictures[start : start + size]


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Return rows of length 1."""
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
