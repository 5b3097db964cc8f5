"""What a report draws: precision over recall, mAP over k, and how scores are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import Judged, Qrels, grades_of_results
from sightline.evaluation.ranking import Run

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
    """How the scores of two kinds of results are spread.

    Attributes:
        edges: Of the bins, shape (b + 1,).
        relevant: The share of relevant results in each bin, shape (b,); they add up to 1.
        irrelevant: The share of all others, shape (b,).
    """

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
    if not hits.size:
        return Curve("precision", levels, np.zeros(_LEVELS))
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
