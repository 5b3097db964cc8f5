"""From the parts of a query to its one vector: the sum of their weighted unit means.

    v = sum of weight_i * mean_i,   scaled to unit length

A score is a dot product, so the weighted sum of the scores of all parts is the score of the
weighted sum of the parts:

    sum of w_i * (p_i . x) = (sum of w_i * p_i) . x

That is why one vector stands for all of them, and one search gives their joint order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.errors import CancelledQueryError
from sightline.types import Vectors
from sightline.types.composition import Target, Weights

# Below this length a sum of unit vectors is rounding noise, and its direction means nothing.
_SHORTEST = 1e-3

Part: TypeAlias = tuple[float, Vectors]
"""A weight, negative for what pushes away, and the unit rows whose mean it belongs to: (n, d)."""


def vector_of(parts: Iterable[Part]) -> Vectors:
    """Return the one unit vector of some parts, float32, shape (1, d).

    A part without rows or without weight is left out, and the others keep their weights: only the
    direction counts.

    Raises:
        CancelledQueryError: nothing is left.
    """
    weighted = [weight * mean_of(rows) for weight, rows in parts if weight and len(rows)]
    if not weighted:
        raise CancelledQueryError
    return as_query(np.sum(weighted, axis=0))


def vectors_of(queries: Sequence[Iterable[Part]], dimensions: int) -> Vectors:
    """Return the vector of each of many queries, shape (q, d): zeros where nothing is left."""
    vectors = np.zeros((len(queries), dimensions), dtype=np.float32)
    for row, parts in enumerate(queries):
        try:
            vectors[row] = vector_of(parts)[0]
        except CancelledQueryError:
            continue
    return vectors


def texts_of(target: Target) -> list[str]:
    """Return every text of a target, in the order that ``parts_of`` takes their rows in."""
    return [
        target.text,
        *target.paraphrases,
        *target.desired,
        *target.preserve,
        *target.forbidden,
    ]


def parts_of(target: Target, rows: Vectors, image: Vectors | None, weights: Weights) -> list[Part]:
    """Return the parts of a ``roles`` search.

    Args:
        target: What is wanted. It and its paraphrases are one part.
        rows: A unit row for each of ``texts_of(target)``, shape (t, d).
        image: The picture, shape (1, d), or None.
        weights: Of the parts.
    """
    counts = (
        (weights.target, 1 + len(target.paraphrases)),
        (weights.desired, len(target.desired)),
        (weights.preserve, len(target.preserve)),
        (-weights.forbidden, len(target.forbidden)),
    )
    parts, start = [], 0
    for weight, count in counts:
        parts.append((weight, rows[start : start + count]))
        start += count
    return parts if image is None else [*parts, (weights.image, image)]


def agreement_of(rows: Sequence[NDArray[np.float32]] | Vectors) -> float | None:
    """Return the mean cosine of every two of some unit rows; None for fewer than two.

    With s the sum of n unit rows it is (|s|^2 - n) / (n (n - 1)).
    """
    n = len(rows)
    if n < 2:
        return None
    total = np.sum(np.asarray(rows, dtype=np.float64), axis=0)
    return float((total @ total - n) / (n * (n - 1)))


def mean_of(rows: Vectors) -> NDArray[np.float64]:
    """Return the unit mean of some rows, shape (d,).

    Raises:
        CancelledQueryError: they cancel out.
    """
    return _unit(rows.astype(np.float64).mean(axis=0))


def as_query(vector: NDArray[np.float64]) -> Vectors:
    """Return a vector as one that can be searched for: unit, float32, shape (1, d).

    Raises:
        CancelledQueryError: it has no direction.
    """
    return np.ascontiguousarray(_unit(vector)[np.newaxis], dtype=np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    length = float(np.linalg.norm(vector))
    if length < _SHORTEST:
        raise CancelledQueryError
    return np.asarray(vector / length)
