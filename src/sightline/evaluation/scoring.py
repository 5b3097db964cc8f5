"""From runs and protocols to figures: one value a query, means, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.intervals import SEED, Interval, bootstrap, stratified_bootstrap
from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import Judged, judge
from sightline.evaluation.ranking import Run
from sightline.evaluation.tasks import Protocol

PLACES = 6
"""To how many decimal places numbers are told to files and programs."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a result, over so many queries: all of them, or those of a group."""

    measure: str
    interval: Interval
    queries: int
    group: str = ""

    def rounded(self) -> dict[str, float]:
        """Return its numbers by name, as files and programs get them."""
        ends = {"value": self.interval.mean, "low": self.interval.low, "high": self.interval.high}
        return {name: round(end, PLACES) for name, end in ends.items()} | {"queries": self.queries}


@dataclass(frozen=True, slots=True)
class Scored:
    """What one protocol says about one run.

    Attributes:
        measures: m of them.
        queries: q of them, those with something relevant.
        values: One row a query, one column a measure, shape (q, m).
        relevant: How many documents are relevant to each query, shape (q,).
        figures: The means: of all queries first, then of groups.
        without_relevant: Queries that nothing is relevant to; left out.
        unanswered: Queries without results; in, with 0.
    """

    protocol: str
    measures: tuple[str, ...]
    queries: tuple[str, ...]
    values: NDArray[np.float64]
    relevant: NDArray[np.int64]
    figures: tuple[Figure, ...]
    without_relevant: tuple[str, ...]
    unanswered: tuple[str, ...]

    @property
    def left_out(self) -> str:
        """How many queries are left out, and why, in words."""
        count = len(self.without_relevant)
        under = f" ({self.protocol})" if self.protocol else ""
        noun = "query" if count == 1 else "queries"
        return f"{count:,} {noun} left out, as nothing is relevant there{under}"

    def column(self, measure: str) -> NDArray[np.float64]:
        """Return the values of one of its measures, shape (q,)."""
        return np.asarray(self.values[:, self.measures.index(measure)])


def score(
    run: Run, protocol: Protocol, clusters: Mapping[str, str] | None = None, *, seed: int = SEED
) -> Scored:
    """Return the values and figures of a run under a protocol.

    Queries that share their words have a cluster; the rest stand alone. The bootstrap takes the
    seed.
    """
    judged = judge(run, protocol.qrels)
    values = np.column_stack([Measure.parse(name)(judged) for name in protocol.measures])
    return Scored(
        protocol.name,
        protocol.measures,
        judged.queries,
        values,
        judged.relevant,
        _figures(judged, values, protocol, clusters or {}, seed) if len(judged) else (),
        judged.without_relevant,
        judged.unanswered,
    )


def _figures(
    judged: Judged,
    values: NDArray[np.float64],
    protocol: Protocol,
    clusters: Mapping[str, str],
    seed: int,
) -> tuple[Figure, ...]:
    places = {query: place for place, query in enumerate(judged.queries)}
    members = {
        name: np.array([places[q] for q in queries if q in places], dtype=np.int64)
        for name, queries in protocol.groups.items()
    }
    members = {name: rows for name, rows in members.items() if len(rows)}
    names = [clusters.get(query, f"\0{query}") for query in judged.queries]
    if protocol.macro:
        whole = stratified_bootstrap([values[rows] for rows in members.values()], seed=seed)
    else:
        whole = bootstrap(values, names, seed=seed)
    groups = [("", whole, len(judged))]
    for name, rows in members.items():
        own = [names[row] for row in rows]
        groups.append((name, bootstrap(values[rows], own, seed=seed), len(rows)))
    return tuple(
        Figure(measure, interval, queries, group)
        for group, intervals, queries in groups
        for measure, interval in zip(protocol.measures, intervals, strict=True)
    )
