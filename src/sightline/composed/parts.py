"""The parts of a composed search as vectors, and their sum: one vector, so one search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import CancelledQueryError
from sightline.types import Vectors
from sightline.types.composition import Target, Weights

# Below this length a sum of unit vectors is rounding noise, and its direction means nothing.
_SHORTEST = 1e-3


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a ``roles`` search: unit rows of shape (d,) in float64, or None where empty.

    Attributes:
        target: G, the mean of the target and its paraphrases.
        desired: D, the mean of what is desired.
        preserve: P, the mean of what is to stay.
        image: R, the picture.
        forbidden: F, the mean of what is to be gone.
    """

    target: NDArray[np.float64] | None
    desired: NDArray[np.float64] | None
    preserve: NDArray[np.float64] | None
    image: NDArray[np.float64] | None
    forbidden: NDArray[np.float64] | None

    def weighted(self, weights: Weights) -> list[tuple[float, NDArray[np.float64]]]:
        """Return every part that is there with its weight, the forbidden ones negative.

        A score is a dot product, so the weighted sum of the scores of all parts is the score of
        the weighted sum of the parts:

            sum of w_i * (p_i . x) = (sum of w_i * p_i) . x

        That is why one vector stands for all of them, and one search gives their joint order.
        """
        signed = (
            (weights.target, self.target),
            (weights.desired, self.desired),
            (weights.preserve, self.preserve),
            (weights.image, self.image),
            (-weights.forbidden, self.forbidden),
        )
        return [(weight, part) for weight, part in signed if part is not None and weight]

    def vector(self, weights: Weights) -> Vectors:
        """Return the one unit vector of all parts, float32, shape (1, d).

        Raises:
            CancelledQueryError: nothing is left.
        """
        weighted = self.weighted(weights)
        if not weighted:
            raise CancelledQueryError
        return as_query(np.sum([weight * part for weight, part in weighted], axis=0))


def texts_of(target: Target) -> list[str]:
    """Return every text of a target, in the order that ``parts_of`` takes their rows in."""
    return [
        target.text,
        *target.paraphrases,
        *target.desired,
        *target.preserve,
        *target.forbidden,
    ]


def parts_of(target: Target, rows: Vectors, image: Vectors | None) -> Parts:
    """Return the parts of a target.

    Args:
        target: What is wanted.
        rows: A unit row for each of ``texts_of(target)``, shape (t, d).
        image: The picture, shape (1, d), or None.
    """
    groups = (
        ("target", 1 + len(target.paraphrases)),
        ("desired", len(target.desired)),
        ("preserve", len(target.preserve)),
        ("forbidden", len(target.forbidden)),
    )
    means: dict[str, NDArray[np.float64] | None] = {}
    start = 0
    for name, count in groups:
        means[name] = mean_of(rows[start : start + count]) if count else None
        start += count
    return Parts(image=None if image is None else image[0].astype(np.float64), **means)


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
    """Return the unit mean of some unit rows, shape (d,).

    Raises:
        CancelledQueryError: they cancel out.
    """
    return _unit(rows.astype(np.float64).mean(axis=0))


def away_from(vector: Vectors, excluded: NDArray[np.float64], weight: float) -> Vectors:
    """Return a query moved away from what is excluded: v - weight * e, scaled to unit length.

    Args:
        vector: Unit, shape (1, d).
        excluded: The unit mean of all that is excluded, shape (d,).
        weight: How strongly it pushes.

    Raises:
        CancelledQueryError: nothing is left.
    """
    return as_query(vector[0].astype(np.float64) - weight * excluded)


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
