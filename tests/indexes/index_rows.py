"""Vectors for index tests, and the slow, obvious search that every index is compared with."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from sightline.types import Ids, Neighbours, Vectors


def unit_rows(count: int, dimensions: int = 24, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, dimensions)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def brute_force(ids: Ids, vectors: Vectors, queries: Vectors, k: int) -> Neighbours:
    """Compare every row with every query: scores in float64, then a stable sort by score and id."""
    found = np.full((len(queries), k), -1, dtype=np.int64)
    scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
    for i, query in enumerate(queries.astype(np.float64)):
        ranked = sorted(
            (-np.float32(sum((row.astype(np.float64) * query).tolist())), int(id))
            for id, row in zip(ids, vectors, strict=True)
        )[:k]
        for rank, (negative, id) in enumerate(ranked):
            found[i, rank] = id
            scores[i, rank] = -negative
    return Neighbours(found, scores)


def exact_dot(first: Vectors, second: Vectors) -> float:
    """The dot product without any rounding but the last."""
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return float(sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction(0)))


def assert_same(got: Neighbours, expected: Neighbours) -> None:
    np.testing.assert_array_equal(got.ids, expected.ids)
    np.testing.assert_array_equal(got.scores, expected.scores)
    assert got.ids.dtype == np.int64
    assert got.scores.dtype == np.float32
