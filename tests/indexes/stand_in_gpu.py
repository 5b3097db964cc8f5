"""FAISS's GPU classes, played on the processor: float16 rows, and sums as bad as allowed."""

from __future__ import annotations

from dataclasses import dataclass, field

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.indexes import gpu
from sightline.types import Ids, Vectors


@dataclass
class Config:
    useFloat16: bool = False
    use_cuvs: bool = True


class Resources:
    def setTempMemory(self, size: int) -> None:
        assert size > 0


@dataclass
class StandInGpu:
    """What was done with the GPU.

    Attributes:
        room: How many rows it has memory for.
        copies: How many rows each copy had.
        searches: How many queries each search had.
        broken: Whether it fails when it is searched.
    """

    room: int = 10**9
    copies: list[int] = field(default_factory=list)
    searches: list[int] = field(default_factory=list)
    broken: bool = False

    def install(self, monkeypatch: pytest.MonkeyPatch, *, worth: int = 1) -> StandInGpu:
        """Put it where FAISS's own would be, and let it be used after so many queries."""
        world = self

        class FlatIndex:
            def __init__(self, resources: Resources, dimensions: int, config: Config) -> None:
                assert config.useFloat16
                assert not config.use_cuvs
                self.rows = np.empty((0, dimensions), dtype=np.float16)

            def add(self, vectors: Vectors) -> None:
                if len(vectors) > world.room:
                    raise RuntimeError(
                        "Error in allocMemory at StandardGpuResources.cpp:452:\n"
                        "Error: 'err == cudaSuccess' failed: alloc fail (out of memory [2])\n"
                    )
                world.copies.append(len(vectors))
                self.rows = vectors.astype(np.float16)

            def search(self, queries: Vectors, k: int) -> tuple[NDArray[np.float32], Ids]:
                if world.broken:
                    raise RuntimeError("CUDA error 719 unspecified launch failure")
                world.searches.append(len(queries))
                rough = summed_badly(queries.astype(np.float16), self.rows)
                best = np.argsort(-rough, axis=1)[:, :k]
                return np.take_along_axis(rough, best, axis=1), best.astype(np.int64)

        monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
        monkeypatch.setattr(faiss, "GpuIndexFlatConfig", Config, raising=False)
        monkeypatch.setattr(faiss, "StandardGpuResources", Resources, raising=False)
        monkeypatch.setattr(faiss, "GpuIndexFlatIP", FlatIndex, raising=False)
        monkeypatch.setattr(gpu, "_WORTH_QUERIES", worth)
        monkeypatch.setattr(gpu, "_WORTH_ROWS", 40)
        monkeypatch.setattr(gpu, "_MARGIN", 16)
        return self


def summed_badly(queries: NDArray[np.float16], rows: NDArray[np.float16]) -> NDArray[np.float32]:
    """Return all dot products, each as wrong as sums that cut digits off may be."""
    exact = queries.astype(np.float64) @ rows.T.astype(np.float64)
    size = np.abs(queries).astype(np.float64) @ np.abs(rows).T.astype(np.float64)
    signs = np.random.default_rng(len(rows)).choice([-1.0, 1.0], exact.shape)
    found: NDArray[np.float32] = (exact + signs * size * rows.shape[1] * 2.0**-23).astype(
        np.float32
    )
    return found
