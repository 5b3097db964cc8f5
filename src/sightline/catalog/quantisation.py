"""How a unit vector is stored: float16, little-endian, d numbers in a row.

Reading a stored row gives its float16 numbers in float32, divided by their length. That result,
not the vector that was once handed in, is the truth that every index and every score starts from.
For d = 512 it differs from the original by a cosine of about 1 - 1e-8.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError, VectorShapeError
from sightline.types import Vectors

Halves: TypeAlias = NDArray[np.float16]
"""Stored rows, little-endian float16, shape (n, d)."""

STORED_DTYPE = np.dtype("<f2")

# Encoders deliver unit rows to about 1e-6; anything farther off was never normalised.
UNIT_TOLERANCE = 1e-3
# Rounding to float16 moves a length by less than 2^-11 of itself; as much again is slack.
_STORED_TOLERANCE = UNIT_TOLERANCE + 2.0**-10


def quantise(vectors: Vectors) -> Halves:
    """Return unit rows as they are stored, shape (n, d).

    This is plain rounding. A row that ``dequantise`` gave comes back within one float16 step of
    what was stored, and bit for bit unless d is small, so a vector that is copied from picture to
    picture stays what it was.

    Raises:
        VectorShapeError: vectors is not float32 of shape (n, d).
        InvalidValueError: a row is not finite, or not of unit length.
    """
    if vectors.ndim != 2 or vectors.dtype != np.float32:
        raise VectorShapeError(
            f"{vectors.dtype} of shape {vectors.shape}", "float32 of shape (n, d)"
        )
    _check_lengths(_lengths(vectors), UNIT_TOLERANCE)
    return vectors.astype(STORED_DTYPE)


def dequantise(halves: Halves) -> Vectors:
    """Return stored rows as unit float32 rows, shape (n, d).

    A row's result does not depend on the rows beside it.

    Raises:
        InvalidValueError: a row is not finite, or not of unit length; the storage is damaged.
    """
    rows = halves.astype(np.float32)
    lengths = _lengths(rows)
    _check_lengths(lengths, _STORED_TOLERANCE)
    rows /= lengths[:, np.newaxis]
    return rows


def _lengths(rows: Vectors) -> NDArray[np.float32]:
    # A sum along contiguous rows has one order for each row; einsum or BLAS may choose by shape.
    with np.errstate(over="ignore"):
        lengths: NDArray[np.float32] = np.sqrt(np.square(rows).sum(axis=1))
    return lengths


def _check_lengths(lengths: NDArray[np.float32], tolerance: float) -> None:
    wrong = np.flatnonzero(~(np.abs(lengths - 1) <= tolerance))  # ~ and <=, so that NaN is wrong
    if wrong.size:
        row = int(wrong[0])
        raise InvalidValueError(f"the length of vector {row}", float(lengths[row]), "1")
