"""How sure a mean over queries is: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError

RESAMPLES = 2000
SEED = 20240229
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and between what it would lie had other queries been drawn.

    Attributes:
        mean: Over the queries.
        low: Lower end of the 95 % interval, or of whatever level was asked for.
        high: Upper end.
    """

    mean: float
    low: float
    high: float


def bootstrap(
    values: NDArray[np.float64],
    clusters: Sequence[str] | None = None,
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
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
        level: How much of them the interval holds, between 0 and 1.
        seed: The same seed gives the same interval.

    Raises:
        InvalidValueError: there are no queries, or ``level`` or ``resamples`` makes no sense.
    """
    _check(len(values), level, resamples)
    sums, sizes = _by_cluster(values, clusters)
    means = _resampled(sums, sizes, resamples, np.random.default_rng(seed))
    return _intervals(values.mean(axis=0), means, level)


def stratified_bootstrap(
    strata: Sequence[NDArray[np.float64]],
    *,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    seed: int = SEED,
) -> list[Interval]:
    """Return the mean over strata of their means, with its percentile interval.

    For figures that weigh categories equally, whatever their number of queries. Queries are drawn
    within each stratum.

    Args:
        strata: For each, one row a query and one column a measure, shape (q, m).
        resamples: How many draws.
        level: How much of them the interval holds, between 0 and 1.
        seed: The same seed gives the same interval.

    Raises:
        InvalidValueError: a stratum has no queries, or a number makes no sense.
    """
    _check(min(map(len, strata), default=0), level, resamples)
    random = np.random.default_rng(seed)
    draws = [_resampled(values, np.ones(len(values)), resamples, random) for values in strata]
    mean = np.mean([values.mean(axis=0) for values in strata], axis=0)
    return _intervals(mean, np.mean(draws, axis=0), level)


def _check(queries: int, level: float, resamples: int) -> None:
    if queries < 1:
        raise InvalidValueError("the number of queries", queries, "at least 1")
    if not 0 < level < 1:
        raise InvalidValueError("level", level, "between 0 and 1")
    if resamples < 1:
        raise InvalidValueError("resamples", resamples, "at least 1")


def _intervals(
    mean: NDArray[np.float64], draws: NDArray[np.float64], level: float
) -> list[Interval]:
    edges = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return [
        Interval(float(middle), float(low), float(high))
        for middle, low, high in zip(mean, edges[0], edges[1], strict=True)
    ]


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
