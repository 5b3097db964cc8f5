"""The charts of a report: their curves, and where these lie in a drawing.

Drawn are precision over recall, mAP over k, and how scores are spread. All is laid out in a box of
420 x 270 units, which the page scales. Colours are classes, so that one drawing serves the light
and the dark theme; lines differ in their dashes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import Judged, Qrels, grades_of_results, judge
from sightline.evaluation.ranking import Run
from sightline.evaluation.tasks import Protocol

_LEVELS = 101
_BINS = 40


@dataclass(frozen=True, slots=True)
class Curve:
    """Points to be joined by a line; x rises."""

    name: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spread:
    """The share of each kind's results in each of b bins, shape (b,), whose edges are b + 1."""

    edges: NDArray[np.float64]
    relevant: NDArray[np.float64]
    irrelevant: NDArray[np.float64]


def precision_over_recall(judged: Judged) -> Curve:
    """Return interpolated precision at 101 levels of recall, averaged over queries.

    At level r a query has the best precision at any rank whose recall is at least r, and 0 if its
    results never reach it (Manning et al., *Introduction to Information Retrieval*, 8.4).
    """
    levels = np.linspace(0, 1, _LEVELS)
    hits = judged.grades > 0
    found = np.cumsum(hits, axis=1)
    precision = found / np.arange(1, hits.shape[1] + 1)
    best = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    total = np.zeros(_LEVELS)
    for row in range(len(judged)):
        # Found as whole numbers, so that a recall of 3 in 10 is reached by the third hit.
        needed = np.ceil(levels * judged.relevant[row] - 1e-9)
        rank = np.searchsorted(found[row], np.maximum(needed, 1))
        reached = rank < hits.shape[1]
        total[reached] += best[row, rank[reached]]
    return Curve("precision", levels, total / len(judged))


def average_precision_over_k(judged: Judged, last: int) -> tuple[Curve, ...]:
    """Return mAP@k for k = 1 to ``last``, in each of its three ways to divide."""
    ks = np.arange(1, last + 1)
    curves = []
    for variant in ("", "/R", "/hits"):
        means = [Measure.parse(f"mAP@{k}{variant}")(judged).mean() for k in ks]
        curves.append(Curve(f"mAP@k{variant}", ks.astype(np.float64), np.array(means)))
    return tuple(curves)


def score_spread(run: Run, qrels: Qrels) -> Spread | None:
    """Return how the scores of relevant and other results are spread; None if one kind lacks.

    Junk is left out. The bins span all scores.
    """
    right, wrong = _scores_by_kind(run, qrels)
    if not len(right) or not len(wrong):
        return None
    low, high = min(right.min(), wrong.min()), max(right.max(), wrong.max())
    edges = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    return Spread(
        edges,
        np.histogram(right, edges)[0] / len(right),
        np.histogram(wrong, edges)[0] / len(wrong),
    )


def _scores_by_kind(run: Run, qrels: Qrels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    places = frozenset(run.documents)
    asked = [
        query
        for query in run.queries
        if any(g > 0 and doc in places for doc, g in qrels.grades.get(query, {}).items())
    ]
    right = [np.empty(0)]
    wrong = [np.empty(0)]
    graded = grades_of_results(run, qrels, asked)
    for query, grades in zip(asked, graded, strict=True):
        row = run.row_of[query]
        found = run.ranked[row] >= 0
        right.append(run.scores[row][found & (grades > 0)])
        wrong.append(run.scores[row][found & (grades == 0)])
    return np.concatenate(right), np.concatenate(wrong)


# Drawing

_WIDTH, _HEIGHT = 420.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 30.0, 44.0
_TICKS = 5
_KEY_PX = 7.0  # how wide a letter of the key is, roughly
_LAST_K = 50


@dataclass(frozen=True, slots=True)
class Axes:
    """The ranges of a chart, and what stands beside its axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    x_is_whole: bool = False

    def px(self, x: float) -> float:
        """Return where an x lies."""
        low, high = self.x
        return _LEFT + (x - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def py(self, y: float) -> float:
        """Return where a y lies."""
        low, high = self.y
        return _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    @property
    def x_ticks(self) -> list[tuple[float, str]]:
        """Where numbers stand below, and which."""
        ticks = [float(x) for x in np.linspace(*self.x, _TICKS)]
        if self.x_is_whole:
            first, last = (int(x) for x in self.x)
            step = max(1, last // _TICKS)
            whole = (first, *range(first - 1 + step, last + 1, step))
            ticks = [float(x) for x in whole if x >= first]
        low, high = self.x
        places = [0 if x == round(x) and high - low > 2 else 2 for x in ticks]
        return [(self.px(x), f"{x:.{n}f}") for x, n in zip(ticks, places, strict=True)]

    @property
    def y_ticks(self) -> list[tuple[float, str]]:
        """Where numbers stand on the left, and which, in percent."""
        low, high = self.y
        places = 0 if high - low > 0.1 else 1
        ticks = (float(y) for y in np.linspace(low, high, _TICKS))
        return [(self.py(y), f"{100 * y:.{places}f} %") for y in ticks]


@dataclass(frozen=True, slots=True)
class Mark:
    """A "line" or an "area" of a chart, the number of its colour, and its path in SVG."""

    kind: str
    number: int
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart with all that is in it."""

    title: str
    remark: str
    axes: Axes
    marks: tuple[Mark, ...]
    names: tuple[str, ...] = ()

    @property
    def key(self) -> list[tuple[float, str]]:
        """Where each name of the key begins, at the top on the right."""
        widths = [42 + _KEY_PX * len(name) for name in self.names]
        starts = _WIDTH - _RIGHT - sum(widths) + np.cumsum([0.0, *widths])
        return list(zip(starts[:-1].tolist(), self.names, strict=True))


def charts_of(run: Run, protocol: Protocol) -> list[Chart]:
    """Return the charts of what one protocol says about its run."""
    judged = judge(run, protocol.qrels)
    under = f" Protocol: {protocol.name}." if protocol.name else ""
    unit = (0.0, 1.0)
    told = "Interpolated, mean over queries; beyond the results that were looked at it is 0."
    axes = Axes(unit, unit, "recall", "precision")
    lines = _lines([precision_over_recall(judged)], axes)
    charts = [Chart("Precision over recall", told + under, axes, lines)]
    last = min(_LAST_K, run.depth)
    if last > 1:
        axes = Axes((1.0, float(last)), unit, "k", "mAP", x_is_whole=True)
        curves = average_precision_over_k(judged, last)
        title, names = "mAP over k, in its three ways to divide", tuple(c.name for c in curves)
        told = f"Mean over queries.{under}"
        charts.append(Chart(title, told, axes, _lines(curves, axes), names))
    spread = score_spread(run, protocol.qrels)
    if spread is not None:
        told = f"Of the {run.depth:,} results of each query.{under}"
        charts.append(_histogram(spread, told))
    return charts


def _histogram(spread: Spread, told: str) -> Chart:
    """Return two histograms over each other: of relevant results, and of all others."""
    top = float(max(spread.relevant.max(), spread.irrelevant.max()))
    ends = float(spread.edges[0]), float(spread.edges[-1])
    axes = Axes(ends, (0.0, _rounded_up(top)), "cosine", "share")
    areas = [
        Mark("area", number, _steps(spread.edges, shares, axes))
        for number, shares in ((1, spread.irrelevant), (0, spread.relevant))
    ]
    names = ("relevant", "not relevant")
    return Chart("Scores of relevant and other results", told, axes, tuple(areas), names)


def _lines(curves: Sequence[Curve], axes: Axes) -> tuple[Mark, ...]:
    return tuple(
        Mark("line", number, "M" + _points(curve.x, curve.y, axes))
        for number, curve in enumerate(curves)
    )


def _points(x: NDArray[np.float64], y: NDArray[np.float64], axes: Axes) -> str:
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return " ".join(f"{axes.px(a):.1f},{axes.py(b):.1f}" for a, b in pairs)


def _steps(edges: NDArray[np.float64], shares: NDArray[np.float64], axes: Axes) -> str:
    """Return the outline of bars: each edge twice, with the heights on both of its sides."""
    heights = np.repeat(np.concatenate([[axes.y[0]], shares, [axes.y[0]]]), 2)[1:-1]
    return f"M{_points(np.repeat(edges, 2), heights, axes)}Z"


def _rounded_up(share: float) -> float:
    """Return the next of 1, 2, 4, 8 times a power of ten: an axis with quarters to read."""
    power = 10.0 ** np.floor(np.log10(share))
    return float(next(power * step for step in (1, 2, 4, 8, 10) if power * step >= share))
