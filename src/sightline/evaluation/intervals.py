"""How sure a mean over queries is (bootstrap), and a difference of two (paired randomisation)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError

LEVEL = 0.95
RESAMPLES = 2000
SEED = 20240229
ROUNDS = 20_000
_BLOCK = 1 << 22
_EXACT_UP_TO = 16
# Sums that are equal but for rounding are equal.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over queries, and the ends of its 95 % interval, had other queries been drawn."""

    mean: float
    low: float
    high: float


def bootstrap(
    values: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> list[Interval]:
    """Return the mean of each column with its percentile interval (Efron 1979).

    Queries are drawn with replacement; all columns see the same draws. Queries that share something
    (one class name as their text) are not independent: then whole clusters are drawn, and the mean
    of a draw is over all its queries.

    Args:
        values: One row a query, one column a measure, shape (q, m).
        clusters: For each query, the name of its cluster; each is its own if None.
        resamples: How many draws.
        seed: The same seed gives the same interval.

    Raises:
        InvalidValueError: there are no queries, or another number of clusters.
    """
    _check(len(values))
    sums, sizes = _by_cluster(values, clusters)
    means = _resampled(sums, sizes, resamples, np.random.default_rng(seed))
    return _intervals(values.mean(axis=0), means)


def stratified_bootstrap(
    strata: Sequence[NDArray[np.float64]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> list[Interval]:
    """Return the mean over strata of their means, with its interval; see ``bootstrap``.

    For figures that weigh categories equally, whatever their number of queries. Queries are drawn
    within each stratum, each of shape (q, m).

    Raises:
        InvalidValueError: a stratum has no queries.
    """
    _check(min(map(len, strata), default=0))
    random = np.random.default_rng(seed)
    draws = [_resampled(values, np.ones(len(values)), resamples, random) for values in strata]
    mean = np.mean([values.mean(axis=0) for values in strata], axis=0)
    return _intervals(mean, np.mean(draws, axis=0))


def _check(queries: int) -> None:
    if queries < 1:
        raise InvalidValueError("the number of queries", queries, "at least 1")


def _intervals(mean: NDArray[np.float64], draws: NDArray[np.float64]) -> list[Interval]:
    ends = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return [Interval(*row) for row in np.stack([mean, *ends], axis=1).tolist()]


def _by_cluster(
    values: NDArray[np.float64], clusters: Sequence[str] | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the sum of each cluster (c, m) and its size (c,)."""
    if clusters is None:
        return values, np.ones(len(values))
    if len(clusters) != len(values):
        raise InvalidValueError("the number of clusters", len(clusters), f"{len(values)}")
    names, member_of = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, member_of, values)
    return sums, np.bincount(member_of).astype(np.float64)


def _resampled(
    sums: NDArray[np.float64],
    sizes: NDArray[np.float64],
    resamples: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the mean of each draw, shape (resamples, m).

    How often each cluster is drawn is multinomial, so a draw is a row of counts, and all means are
    one matrix product.
    """
    count = len(sums)
    means = np.empty((resamples, sums.shape[1]))
    step = max(1, _BLOCK // count)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = random.multinomial(count, np.full(count, 1 / count), size=size)
        means[start : start + size] = (drawn @ sums) / (drawn @ sizes)[:, np.newaxis]
    return means


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
