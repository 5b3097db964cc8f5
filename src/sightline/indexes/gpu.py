"""A GPU that proposes neighbours, where FAISS was built for one.

A copy of the rows lies on the card in float16, half as long as in float32. FAISS rounds a query to
float16 too, multiplies exactly and sums in float32. With h = 2^-11, float16 takes a number x to
x * (1 + a) + b with |a| <= h, and |b| <= 2^-25 where x is so small that float16 loses more bits. So
for d products of a query q with a row of unit length the rough score is off by at most

    ((1 + h)^2 - 1) * |q|  +  2 * sqrt(d) * 2^-25 * (1 + h) * |q|  +  d * 4u * |q|,   u = 2^-24

The last part is the sum: 4u in the place of u, as a card's matrix units cut digits off instead of
rounding. It comes to 0.0012 for d = 768. The exact scores of what is proposed are computed on the
processor, and if the bound cannot rule out that a row is missing, all rows are looked at there. So
ids and scores are the same as without a GPU (``exact``, ADR 7).

Sources: ``faiss/gpu/impl/FlatIndex.cu`` (float16 storage), ``faiss/gpu/utils/MatrixMult-inl.cuh``
(sums in float32), ``faiss/gpu/StandardGpuResources.cpp`` (no reduced precision in between).
"""

from __future__ import annotations

import math
import threading
import warnings
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.errors import GpuSearchWarning
from sightline.types import Ids, Vectors

_MOST_PROPOSALS = 2048  # what FAISS selects on a GPU at most
_MARGIN = 256  # as the bound is wide, and proposals are cheap here
# Starting CUDA and copying the rows takes a second or two, so a search alone never waits for it:
# only who asks again and again, as a service or an evaluation does.
_WORTH_QUERIES = 64
_WORTH_ROWS = 20_000
_WORKSPACE_BYTES = 256 << 20  # FAISS's own choice takes 1.5 GB from the models
_HALF_ROUNDOFF = 2.0**-11
_HALF_UNDERFLOW = 2.0**-25
_SUM_ROUNDOFF = 2.0**-22


@dataclass(frozen=True, slots=True)
class GpuProposals:
    """What a GPU takes for the best rows of some queries.

    Attributes:
        positions: Shape (q, m), best first.
        rough: Their scores as the GPU has them, shape (q, m).
    """

    positions: Ids
    rough: NDArray[np.float32]


def gpu_error_bound(query: Vectors) -> float:
    """Return how far a rough score of a GPU may be from the exact one, at most."""
    dimensions = len(query)
    rounding = (1 + _HALF_ROUNDOFF) ** 2 - 1
    underflow = 2 * math.sqrt(dimensions) * _HALF_UNDERFLOW * (1 + _HALF_ROUNDOFF)
    summation = dimensions * _SUM_ROUNDOFF
    # A little more for rows that are not quite of unit length.
    return float((rounding + underflow + summation) * 1.01 * np.linalg.norm(query))


class GpuProposer:
    """Keeps a copy of one index's rows on the GPU, once they are searched often enough.

    Safe to share by threads, which take turns: FAISS's GPU indexes do not bear two at once.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._rows: weakref.ref[Vectors] | None = None
        self._queries = 0
        self._index: Any = None
        self._given_up = False

    def propose(self, vectors: Vectors, queries: Vectors, k: int) -> GpuProposals | None:
        """Return proposals for the k best rows, more than k; None if the processor is to do it.

        Args:
            vectors: The rows, shape (n, d); the same array for as long as they do not change.
            queries: Shape (q, d), C-contiguous.
            k: How many results are wanted.
        """
        count = min(len(vectors), k + max(_MARGIN, k // 4), _MOST_PROPOSALS)
        if self._given_up or len(vectors) < _WORTH_ROWS or count <= k:
            return None
        with self._turn:
            try:
                if not self._holds(vectors, len(queries)):
                    return None
                rough, positions = self._index.search(queries, count)
            except (RuntimeError, MemoryError) as error:
                self._give_up(error)
                return None
        return None if (positions < 0).any() else GpuProposals(positions, rough)

    def _holds(self, vectors: Vectors, queries: int) -> bool:
        """Whether the rows are on the GPU, perhaps since just now."""
        if self._rows is None or self._rows() is not vectors:
            # Only by a weak reference: old rows are not to stay in memory for their copy's sake.
            self._rows, self._index, self._queries = weakref.ref(vectors), None, 0
        self._queries += queries
        if self._index is None and self._queries >= _WORTH_QUERIES:
            self._index = _copy_to_gpu(vectors)
            self._given_up = self._index is None
        return self._index is not None

    def _give_up(self, error: Exception) -> None:
        self._index, self._given_up = None, True
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = (lines or ["out of memory"])[-1].rstrip(".")[:200]
        warnings.warn(GpuSearchWarning(reason), stacklevel=5)


def _copy_to_gpu(vectors: Vectors) -> Any:  # noqa: ANN401 - FAISS carries no types
    """A copy of the rows on the first GPU; None if FAISS has none.

    Raises:
        RuntimeError: the GPU has no room, or does not work.
    """
    import faiss

    if not faiss.get_num_gpus():  # builds for processors have this function too
        return None
    config = faiss.GpuIndexFlatConfig()
    config.useFloat16 = True
    if hasattr(config, "use_cuvs"):
        config.use_cuvs = False  # what it rounds is not known
    resources = faiss.StandardGpuResources()
    resources.setTempMemory(_WORKSPACE_BYTES)
    index = faiss.GpuIndexFlatIP(resources, vectors.shape[1], config)
    index.add(np.ascontiguousarray(vectors))
    return index
