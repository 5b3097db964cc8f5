"""Whether two runs differ by more than chance: a paired randomisation test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError

ROUNDS = 20_000
SEED = 20240229
_EXACT_UP_TO = 16
_BLOCK = 1 << 22
# Sums that are equal but for rounding are equal.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class PairedTest:
    """What a paired test found.

    Attributes:
        difference: The mean of second minus first over the queries.
        p: How often chance alone gives a difference at least as large, either way.
        exact: Whether every assignment of signs was tried, rather than a sample.
    """

    difference: float
    p: float
    exact: bool


def paired_test(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    *,
    rounds: int = ROUNDS,
    seed: int = SEED,
) -> PairedTest:
    """Return how likely the difference of two runs' means is by chance.

    If the runs were alike, each query's two values might as well be exchanged, which turns the sign
    of its difference (Fisher 1935; for retrieval Smucker, Allan and Carterette, CIKM 2007). Up to
    16 queries that differ, all assignments of signs are tried. Beyond, random ones are, and with b
    of m at least as extreme, p = (b + 1) / (m + 1), which never claims more than was tried.

    Args:
        first: One value a query, shape (q,).
        second: Of the same queries in the same order, shape (q,).
        rounds: m.
        seed: The same seed gives the same p.

    Raises:
        InvalidValueError: the runs have no queries, or not the same number.
    """
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise InvalidValueError(
            "the second run's queries", len(second), f"the {len(first)} of the first"
        )
    differences = second - first
    # A query that does not differ adds nothing, whatever its sign.
    changed = differences[differences != 0]
    observed = abs(float(changed.sum())) - _ROUNDING * max(1.0, float(np.abs(changed).sum()))
    mean = float(differences.mean())
    if len(changed) <= _EXACT_UP_TO:
        return PairedTest(mean, float((_all_sums(changed) >= observed).mean()), exact=True)
    extreme = _count_extreme(changed, observed, rounds, np.random.default_rng(seed))
    return PairedTest(mean, (extreme + 1) / (rounds + 1), exact=False)


def _all_sums(differences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the absolute sum under every assignment of signs, shape (2^n,)."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return np.abs(sums)


def _count_extreme(
    differences: NDArray[np.float64], observed: float, rounds: int, random: np.random.Generator
) -> int:
    count, extreme = len(differences), 0
    step = max(1, _BLOCK // count)
    total = float(differences.sum())
    for start in range(0, rounds, step):
        size = min(step, rounds - start)
        turned = random.integers(0, 2, size=(size, count), dtype=np.int8)
        # A turned sign takes its difference away twice.
        sums = np.abs(total - 2 * (turned @ differences))
        extreme += int(np.count_nonzero(sums >= observed))
    return extreme
