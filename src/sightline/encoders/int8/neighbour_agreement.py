"""How alike two sets of vectors of the same pictures are: their cosines, and whom they find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.types import Ids, Vectors

NEIGHBOURS = 10
_QUERIES_AT_ONCE = 256  # bounds the memory of a score matrix


@dataclass(frozen=True, slots=True)
class Agreement:
    """What changes for a search when one set of vectors takes the place of another.

    Attributes:
        cosine_mean: Of a picture's two vectors, over the queries.
        cosine_worst: The least of these cosines.
        neighbours: The share of the first ten neighbours that stay, over the queries, in [0, 1].
    """

    cosine_mean: float
    cosine_worst: float
    neighbours: float


def compare(reference: Vectors, other: Vectors, queries: Ids) -> Agreement:
    """Return how well ``other`` replaces ``reference``.

    For a query picture i, N(i) are its k nearest pictures among all the others by the reference
    vectors, and M(i) those by the other vectors, query and gallery alike. Then

        neighbours = mean over the queries i of |N(i) & M(i)| / k,   k = min(10, n - 1)

    Order within the ten does not count; the query itself is no neighbour of its own.

    Args:
        reference: Unit rows, shape (n, d), n at least 2.
        other: Unit rows of the same pictures in the same order; d may differ in theory only.
        queries: Which rows are queries, shape (q,).
    """
    cosines = np.einsum("nd,nd->n", reference[queries], other[queries], dtype=np.float64)
    kept = [
        np.intersect1d(before, after, assume_unique=True).size / before.size
        for before, after in zip(nearest(reference, queries), nearest(other, queries), strict=True)
    ]
    return Agreement(float(cosines.mean()), float(cosines.min()), float(np.mean(kept)))


def nearest(vectors: Vectors, queries: Ids, k: int = NEIGHBOURS) -> Ids:
    """Return the rows nearest to each query, itself left out, best first, shape (q, min(k, n - 1)).

    Ties go to the lower row.
    """
    k = min(k, len(vectors) - 1)
    rows: list[NDArray[np.int64]] = []
    for start in range(0, len(queries), _QUERIES_AT_ONCE):
        some = queries[start : start + _QUERIES_AT_ONCE]
        scores = vectors[some] @ vectors.T
        scores[np.arange(len(some)), some] = -np.inf
        rows.append(np.argsort(-scores, axis=1, kind="stable")[:, :k])
    return np.concatenate(rows).astype(np.int64)
