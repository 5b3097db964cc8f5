"""When two models count as one, so that vectors of the one may be compared with the other's.

The rule, and why, is written in ``docs/adr/0009-which-models-count-as-one.md``. What a model is
called does not matter; what it was fed and what it computes does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import astuple
from enum import StrEnum

from sightline.types import ModelSpec

AGREEMENT = 0.999
"""The least cosine of two vectors of one thing that count as the same vector."""

INT8 = "int8"
_FLOATS = frozenset({"float32", "bfloat16", "float16"})


class Difference(StrEnum):
    """In what two models differ, as a sentence names it."""

    WEIGHTS = "weights"
    PREPROCESSING = "preprocessing"
    TOKENIZER = "tokeniser"
    PRECISION = "precision class"
    DIMENSIONS = "dimensions"


# Other bytes may compute the same: another exporter, weights in half precision, a checkpoint that
# is run on a GPU. Only these are worth comparing by what comes out.
_MEASURABLE = frozenset({Difference.WEIGHTS, Difference.TOKENIZER})


def precision_class(precision: str) -> str:
    """Return "float" for every floating-point arithmetic, and any other precision as it is.

    float32, bfloat16 and float16 agree to ``AGREEMENT`` on one set of weights; int8 does not.
    """
    return "float" if precision in _FLOATS else precision


def differences(stored: ModelSpec, asked: ModelSpec) -> tuple[Difference, ...]:
    """Return in what two models differ; nothing if they are one, whatever their names."""
    differs = {
        Difference.WEIGHTS: stored.digest != asked.digest,
        Difference.PREPROCESSING: stored.preprocessing != asked.preprocessing,
        Difference.TOKENIZER: stored.tokenizer != asked.tokenizer,
        Difference.PRECISION: precision_class(stored.precision) != precision_class(asked.precision),
        Difference.DIMENSIONS: stored.dimensions != asked.dimensions,
    }
    return tuple(difference for difference, is_there in differs.items() if is_there)


def can_be_measured(between: Sequence[Difference]) -> bool:
    """Return whether models that differ in this may still compute the same vectors."""
    return _MEASURABLE.issuperset(between)


def mark_of(spec: ModelSpec) -> str:
    """Return 16 letters (hex) that stand for a spec in file names and keys."""
    return hashlib.sha256(repr(astuple(spec)).encode()).hexdigest()[:16]
