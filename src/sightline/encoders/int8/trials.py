"""A picture tower compiled for measuring: its vectors and its pace, whatever the arithmetic."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.openvino_runtime import RunOptions, import_openvino
from sightline.encoders.files.model_files import ModelFolder, Pooling, TowerFiles
from sightline.types import Vectors

_PICTURES_AT_ONCE = 8


class Trial:
    """One graph of a picture tower, compiled.

    Args:
        folder: The model's, for error messages.
        tower: The published tower: names, pooling and dtype of what ``graph`` takes and gives.
        graph: A file, or an ``openvino.Model``.
        options: How to run it.

    Raises:
        ModelFilesError: OpenVINO cannot compile it.
    """

    def __init__(
        self,
        folder: ModelFolder,
        tower: TowerFiles,
        graph: Path | Any,  # noqa: ANN401
        options: RunOptions,
    ) -> None:
        self._folder = folder
        self._tower = tower
        self._batch = tower.batch or _PICTURES_AT_ONCE
        try:
            core = import_openvino().Core()
            model = core.compile_model(graph, "CPU", options.properties())
            self._port = model.output(tower.output)
            self._request = model.create_infer_request()
        except RuntimeError as error:
            raise _cannot_run(folder, error) from error

    def vectors(
        self, pixels: NDArray[Any], seen: Callable[[int], None] = lambda _: None
    ) -> Vectors:
        """Return one unit row for each prepared picture, shape (n, d).

        Args:
            pixels: Prepared pictures in the tower's dtype, shape (n, 3, height, width).
            seen: Called with the number of pictures that are done, as it grows.

        Raises:
            ModelFilesError: OpenVINO cannot run the graph, or it gives no numbers.
        """
        raw = []
        for start in range(0, len(pixels), self._batch):
            raw.append(self._run(pixels[start : start + self._batch]))
            seen(min(start + self._batch, len(pixels)))
        rows = np.concatenate(raw).astype(np.float64)
        if not np.isfinite(rows).all():
            raise self._folder.error("it gave a vector with values that are not numbers")
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        # A model that was wrecked may give zeros; their cosine with anything is 0, and that is
        # what a report has to show.
        unit: Vectors = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
        return unit

    def seconds(self, pixels: NDArray[Any]) -> float:
        """Return how long one batch of the first pictures takes, and that per picture."""
        batch = pixels[: self._batch]
        start = time.perf_counter()
        self._run(batch)
        return (time.perf_counter() - start) / len(batch)

    def _run(self, batch: NDArray[Any]) -> NDArray[np.float32]:
        feeds = {self._tower.pixels: np.ascontiguousarray(batch)}
        try:
            self._request.infer(feeds, share_inputs=True)
            output = np.array(self._request.get_tensor(self._port).data, dtype=np.float32)
        except RuntimeError as error:
            raise _cannot_run(self._folder, error) from error
        return output[:, 0] if self._tower.pooling is Pooling.FIRST else output


def _cannot_run(folder: ModelFolder, error: Exception) -> Exception:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or ["no reason"]
    return folder.error(f"OpenVINO cannot run a graph of it ({lines[-1][:200]})")
