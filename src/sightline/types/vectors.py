"""Vectors and what finds them, in arrays.

Letters for axes, used everywhere: ``n`` stored, ``q`` queries, ``d`` dimensions, ``k`` results.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # the command line has these types, too, and must answer --help at once
    import numpy as np
    from numpy.typing import NDArray

Vectors: TypeAlias = "NDArray[np.float32]"
"""Unit rows, float32, shape (n, d) or (q, d), C-contiguous."""

Pixels: TypeAlias = "NDArray[np.float32]"
"""A prepared picture, float32, shape (3, height, width), as the model's picture tower takes it."""

Ids: TypeAlias = "NDArray[np.int64]"
"""Image ids, int64. -1 pads short results."""


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """What a gallery must remember of a model, because stored vectors depend on it.

    Attributes:
        name: The name in the model table, or the folder's name.
        digest: SHA-256 (hex) over the weights of both towers.
        preprocessing: SHA-256 (hex) over what is done to a picture before its tower.
        tokenizer: SHA-256 (hex) over the tokeniser, or "" for a picture-only model.
        precision: "float32", "bfloat16" or "int8": the arithmetic the vectors were made with.
        dimensions: d.
    """

    name: str
    digest: str
    preprocessing: str
    tokenizer: str
    precision: str
    dimensions: int


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What an index found, best first.

    Attributes:
        ids: Shape (q, k), int64; -1 where there are fewer than k.
        scores: Shape (q, k), float32 cosines; -inf where the id is -1.
    """

    ids: Ids
    scores: NDArray[np.float32]
