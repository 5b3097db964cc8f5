"""ExactIndex: every stored row is compared, so no answer is ever missed.

A score is defined without reference to any library, thread count or batch size:

    score(q, x) = float32( sum over i of float64(q_i) * float64(x_i) )

Products of float32 numbers are exact in float64, and the sum runs over one row at a time. So equal
rows have equal scores to the last bit, and ties really are ties.

FAISS sums in float32, in an order that depends on its kernels. It therefore only proposes: more
than k rows, whose scores are then recomputed as above. With u = 2^-24, a float32 dot product of
unit rows is off by at most e = d * u / (1 - d * u) in any order of summation (Higham, *Accuracy and
Stability of Numerical Algorithms*, section 3.1). If the k-th recomputed score lies more than e
above the worst proposal, no row that was not proposed can belong to the answer. Otherwise, as with
many copies of one picture, all rows that come within e of the k-th score are recomputed.

Where FAISS was built for a GPU, and the index is searched often, the GPU proposes; see ``gpu``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError, VectorShapeError
from sightline.indexes.gpu import GpuProposer, gpu_error_bound
from sightline.types import Ids, Neighbours, Vectors

_MARGIN = 32
_BLOCK_ROWS = 8192
_BLOCK_QUERIES = 256
_BLOCK_PROPOSALS = 1 << 22
_BLAS_QUERIES = 4
_SCATTERED = 5  # to pick a row out costs as much as to read five in a run
_UNIT_ROUNDOFF = 2.0**-24


@dataclass(frozen=True, slots=True)
class _Rows:
    """What a search sees: ids (n,) and rows (n, d), never changed once they are here."""

    ids: Ids
    vectors: Vectors


@dataclass(frozen=True, slots=True)
class _Proposals:
    """Positions of likely rows and their rough scores, (q, m), best first, if ``m`` is below n.

    ``error`` says for a query how far a rough score may be from the exact one. ``eligible`` are
    the positions of the rows that can be answers, shape (n,); None for all.
    """

    positions: Ids
    rough: NDArray[np.float32]
    error: Callable[[Vectors], float]
    eligible: Ids | None = None

    def count_of(self, rows: _Rows) -> int:
        """Return n."""
        return len(rows.ids) if self.eligible is None else len(self.eligible)


class ExactIndex:
    """Compares a query with every row; a VectorIndex whose answers are exact.

    Rows are kept in float32, 4 * d bytes each. Searches may run in any number of threads, also
    while another thread changes the index: each sees the rows as they were when it began. That
    is why ``remove``, and ``add`` for an id that is there, copy the rows that stay: give them many
    ids at once. For a moment there are two copies of the rows then.

    Args:
        dimensions: d.
        capacity: How many rows to make room for at once.

    Raises:
        InvalidValueError: dimensions is below 1.
    """

    def __init__(self, dimensions: int, capacity: int = 0) -> None:
        if dimensions < 1:
            raise InvalidValueError("dimensions", dimensions, "at least 1")
        self._dimensions = dimensions
        self._changing = threading.Lock()
        self._gpu = GpuProposer()
        self._allocate(capacity)
        self._visible = self._first(0)

    @classmethod
    def of(cls, ids: Ids, vectors: Vectors, count: int | None = None) -> ExactIndex:
        """Return an index that takes over arrays of distinct ids and unit rows, without a copy.

        Args:
            ids: Shape (m,).
            vectors: Shape (m, d).
            count: How many rows are stored; what lies behind is room for more. All if None.
        """
        index = cls(vectors.shape[1])
        index._ids, index._vectors = ids, vectors
        index._visible = index._first(len(ids) if count is None else count)
        return index

    @property
    def dimensions(self) -> int:
        """Return d."""
        return self._dimensions

    @property
    def ids(self) -> Ids:
        """Every stored id, in no particular order, shape (n,). Read only."""
        return self._visible.ids

    def at_once(self) -> tuple[Ids, Vectors]:
        """Return ids (n,) and rows (n, d) as they are at one moment, whoever changes them."""
        visible = self._visible
        return visible.ids, visible.vectors

    def __len__(self) -> int:
        return len(self._visible.ids)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Store rows under ids; an id that is already there gets the new row.

        Of an id that comes twice, the last row counts.

        Raises:
            VectorShapeError: vectors is not float32 (n, d), or ids is not integers (n,).
            InvalidValueError: an id is negative, or a row is not finite.
        """
        self._check_rows(vectors)
        if ids.shape != (len(vectors),) or ids.dtype.kind not in "iu":
            got = f"for ids that are {ids.dtype} of shape {ids.shape}"
            raise VectorShapeError(got, f"integers of shape ({len(vectors)},)")
        if len(ids) == 0:
            return
        if ids.min() < 0:
            raise InvalidValueError("an id", int(ids.min()), "0 or more")
        distinct, last = np.unique(ids[::-1], return_index=True)
        with self._changing:
            kept = self._without(distinct, room=len(distinct))
            rows = _Rows(distinct.astype(np.int64), vectors[len(ids) - 1 - last])
            self._visible = self._extended(kept, rows)

    def remove(self, ids: Ids) -> int:
        """Forget ids; return how many were there."""
        if len(ids) == 0:
            return 0
        with self._changing:
            before = len(self)
            self._visible = self._without(ids, room=0)
            return before - len(self)

    def search(self, queries: Vectors, k: int, among: Ids | None = None) -> Neighbours:
        """Return the k best ids for each query row, shape (q, d), best first; ties by lower id.

        Short results are padded with id -1 and score -inf. With ``among``, shape (m,), no other
        id can be an answer; ids that are not stored are passed over.

        Raises:
            VectorShapeError: queries is not float32 (q, d).
            InvalidValueError: k is below 1, or a query is not finite.
        """
        if k < 1:
            raise InvalidValueError("k", k, "at least 1")
        self._check_rows(queries)
        rows = self._visible
        eligible = None if among is None else np.flatnonzero(np.isin(rows.ids, among))
        count = len(rows.ids) if eligible is None else len(eligible)
        ids = np.full((len(queries), k), -1, dtype=np.int64)
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        # Of all eligible rows each gets a rough score at once, where they are not all.
        held = _fetched(count, k) if eligible is None else count
        step = min(_BLOCK_QUERIES, max(1, _BLOCK_PROPOSALS // max(1, held)))
        for start in range(0, len(queries) if count else 0, step):
            block = slice(start, start + step)
            asked = np.ascontiguousarray(queries[block])
            proposals = self._proposed(rows, asked, k, eligible)
            _search_block(rows, asked, proposals, Neighbours(ids[block], scores[block]))
        return Neighbours(ids, scores)

    def _proposed(self, rows: _Rows, queries: Vectors, k: int, eligible: Ids | None) -> _Proposals:
        if eligible is not None:
            return _propose_among(rows.vectors, queries, _fetched(len(eligible), k), eligible)
        return _propose(self._gpu, rows, queries, min(k, len(rows.ids)))

    def _check_rows(self, vectors: Vectors) -> None:
        shape = vectors.shape
        if len(shape) != 2 or shape[1] != self._dimensions or vectors.dtype != np.float32:
            expected = f"float32 of shape (n, {self._dimensions})"
            raise VectorShapeError(f"{vectors.dtype} of shape {shape}", expected)
        if not np.isfinite(vectors).all():
            raise InvalidValueError("a vector", "not finite", "finite numbers")

    def _allocate(self, capacity: int) -> None:
        self._ids: Ids = np.empty(capacity, dtype=np.int64)
        self._vectors: Vectors = np.empty((capacity, self._dimensions), dtype=np.float32)

    def _first(self, count: int) -> _Rows:
        return _Rows(self._ids[:count], self._vectors[:count])

    def _without(self, ids: Ids, room: int) -> _Rows:
        """Return the rows of other ids, copied to new arrays with some room if any goes."""
        old = self._visible
        stay = ~np.isin(old.ids, ids)
        count = int(np.count_nonzero(stay))
        if count == len(old.ids):
            return old
        self._allocate(count + room)
        np.compress(stay, old.ids, out=self._ids[:count])
        np.compress(stay, old.vectors, axis=0, out=self._vectors[:count])
        return self._first(count)

    def _extended(self, kept: _Rows, more: _Rows) -> _Rows:
        """Return rows with more behind them, in place where there is room."""
        start, count = len(kept.ids), len(kept.ids) + len(more.ids)
        if count > len(self._ids):
            # Half as much again, so that many small additions copy each row only a few times.
            self._allocate(max(count, start * 3 // 2))
            self._ids[:start] = kept.ids
            self._vectors[:start] = kept.vectors
        # No search sees what lies behind the visible rows, so it may be overwritten.
        self._ids[start:count] = more.ids
        self._vectors[start:count] = more.vectors
        return self._first(count)


def with_room(count: int) -> int:
    """Return a capacity for some rows and as many more as an eighth of them, at least 1,024.

    Memory that was never touched costs nothing; a full index is copied when one row comes.
    """
    return count + max(1024, count // 8)


def _fetched(count: int, k: int) -> int:
    return min(count, k + max(_MARGIN, k // 4))


def _search_block(rows: _Rows, queries: Vectors, proposals: _Proposals, found: Neighbours) -> None:
    """Fill what was found, shape (q, k), as far as there are rows."""
    count = proposals.count_of(rows)
    k = min(found.ids.shape[1], count)
    proposes_all = proposals.positions.shape[1] == count
    for i, query in enumerate(queries):
        candidates = proposals.positions[i]
        exact = exact_scores(rows.vectors[candidates], query)
        if not proposes_all:
            worst_of_best = -np.partition(-exact, k - 1)[k - 1]
            missed = proposals.rough[i, -1] + proposals.error(query)
            if not worst_of_best > missed:
                least = worst_of_best - _error_bound(query)
                candidates = _within_reach(rows.vectors, query, least, proposals.eligible)
                exact = exact_scores(rows.vectors[candidates], query)
        best = np.lexsort((rows.ids[candidates], -exact))[:k]
        found.ids[i, :k] = rows.ids[candidates[best]]
        found.scores[i, :k] = exact[best]


def _propose(gpu: GpuProposer, rows: _Rows, queries: Vectors, k: int) -> _Proposals:
    by_gpu = gpu.propose(rows.vectors, queries, k)
    if by_gpu is not None:
        return _Proposals(by_gpu.positions, by_gpu.rough, gpu_error_bound)
    return _propose_by_cpu(rows.vectors, queries, _fetched(len(rows.ids), k))


def _propose_by_cpu(vectors: Vectors, queries: Vectors, count: int) -> _Proposals:
    if count == len(vectors):
        everything = np.broadcast_to(np.arange(count, dtype=np.int64), (len(queries), count))
        return _Proposals(everything, np.empty(everything.shape, dtype=np.float32), _error_bound)
    import faiss

    # One thread: OpenMP's workers wait for each other at barriers, and while a sync keeps the cores
    # busy that makes a search five to ten times slower. The setting is the calling thread's own.
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    # A batch of queries is a matrix product, which some versions of FAISS leave to BLAS too late.
    faiss.cvar.distance_compute_blas_threshold = _BLAS_QUERIES
    try:
        rough, positions = faiss.knn(queries, vectors, count, metric=faiss.METRIC_INNER_PRODUCT)
    finally:
        faiss.omp_set_num_threads(threads)
    return _Proposals(positions, rough, _error_bound)


def _propose_among(vectors: Vectors, queries: Vectors, count: int, eligible: Ids) -> _Proposals:
    """Return what ``_propose_by_cpu`` would, if there were only the rows at some positions."""
    if count == len(eligible):
        everything = np.broadcast_to(eligible, (len(queries), count))
        rough = np.empty(everything.shape, dtype=np.float32)
        return _Proposals(everything, rough, _error_bound, eligible)
    rough = _rough_scores(vectors, queries, eligible)
    best = np.argpartition(rough, -count, axis=1)[:, -count:]
    scores = np.take_along_axis(rough, best, axis=1)
    order = np.argsort(-scores, axis=1)
    positions = eligible[np.take_along_axis(best, order, axis=1)]
    return _Proposals(positions, np.take_along_axis(scores, order, axis=1), _error_bound, eligible)


def _rough_scores(
    vectors: Vectors, queries: Vectors, eligible: Ids | None = None
) -> NDArray[np.float32]:
    """Return float32 scores of the eligible rows, shape (q, n), summed in any order."""
    if eligible is None:
        return _rough_products(vectors, queries)
    if len(eligible) * _SCATTERED > len(vectors):
        return _rough_products(vectors, queries)[:, eligible]
    rough = np.empty((len(queries), len(eligible)), dtype=np.float32)
    for start in range(0, len(eligible), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        rough[:, block] = _rough_products(vectors[eligible[block]], queries)
    return rough


def _rough_products(vectors: Vectors, queries: Vectors) -> NDArray[np.float32]:
    """Return float32 scores of all rows, shape (q, n)."""
    if len(queries) > _BLAS_QUERIES:
        return queries @ vectors.T
    # BLAS reads the rows at the pace of the memory for a vector, and slower for a thin matrix.
    return np.stack([vectors @ query for query in queries])


def _within_reach(
    vectors: Vectors, query: Vectors, least: float, eligible: Ids | None = None
) -> Ids:
    """Return the positions of all eligible rows whose rough score reaches a bound."""
    reached = np.flatnonzero(_rough_scores(vectors, query[np.newaxis], eligible)[0] >= least)
    return reached if eligible is None else eligible[reached]


def _error_bound(query: Vectors) -> float:
    """Return how far a rough score may be from the exact one, at most."""
    summation = len(query) * _UNIT_ROUNDOFF / (1 - len(query) * _UNIT_ROUNDOFF)
    # One more rounding for the exact score's float32, and a little for rows that are not quite
    # of unit length.
    return float((summation + _UNIT_ROUNDOFF) * 1.01 * np.linalg.norm(query))


def exact_scores(vectors: Vectors, query: Vectors) -> NDArray[np.float32]:
    """Return the score of each row for one query: rows (n, d), query (d,) -> (n,)."""
    wide = query.astype(np.float64)
    scores = np.empty(len(vectors), dtype=np.float32)
    for start in range(0, len(vectors), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        scores[block] = (vectors[block].astype(np.float64) * wide).sum(axis=1)
    return scores
