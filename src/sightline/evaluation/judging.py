"""A run held against judgements: for each query, the grades of its results in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a measure needs to know, and which queries it is about.

    Attributes:
        queries: Those with something relevant, q of them, in the order of the judgements.
        grades: Of each result, best first, after junk was taken out; shape (q, depth), int32. 0
            where a result is not relevant, was not judged, or there is none.
        found: How many results each query has after that, shape (q,).
        relevant: R, how many documents are relevant to each query, shape (q,), all at least 1.
        ideal: The grades of the relevant documents, best first, shape (q, max R), 0 behind them.
        without_relevant: Judged queries that nothing is relevant to. They have no score, and are
            left out.
        unanswered: Judged queries that the run has no results for. They are in, with score 0.
        unjudged: Queries of the run that nobody judged. They are left out.
    """

    queries: tuple[str, ...]
    grades: NDArray[np.int32]
    found: NDArray[np.int64]
    relevant: NDArray[np.int64]
    ideal: NDArray[np.int32]
    without_relevant: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    unjudged: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return q."""
        return len(self.queries)


def judge(run: Run, qrels: Qrels) -> Judged:
    """Return the grades of a run's results.

    A judged query counts whether or not the run has it, so that a system cannot gain by staying
    silent; a query with nothing relevant has no score, and is named instead.
    """
    rows = {query: row for row, query in enumerate(run.queries)}
    queries = [query for query in qrels.queries if qrels.relevant(query)]
    grades, found = _graded(run, qrels, queries, rows)
    ideal = _ideal([qrels.grades[query].values() for query in queries])
    answered = {query for query, row in rows.items() if (run.ranked[row] >= 0).any()}
    return Judged(
        queries=tuple(queries),
        grades=grades,
        found=found,
        relevant=np.count_nonzero(ideal, axis=1).astype(np.int64),
        ideal=ideal,
        without_relevant=tuple(q for q in qrels.queries if not qrels.relevant(q)),
        unanswered=tuple(query for query in queries if query not in answered),
        unjudged=tuple(query for query in run.queries if query not in qrels.grades),
    )


def _graded(
    run: Run, qrels: Qrels, queries: list[str], rows: dict[str, int]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the grades (q, depth) and how many results there are (q,), junk taken out."""
    places = {document: place for place, document in enumerate(run.documents)}
    # One more place than there are documents: -1, which is nothing, falls on it.
    of_document = np.zeros(len(places) + 1, dtype=np.int32)
    grades = np.zeros((len(queries), run.depth), dtype=np.int32)
    there = np.zeros((len(queries), run.depth), dtype=bool)
    for i, query in enumerate(queries):
        if query not in rows:
            continue
        known = [(places[doc], g) for doc, g in qrels.grades[query].items() if doc in places]
        at = np.array([place for place, _ in known], dtype=np.int64)
        of_document[at] = [grade for _, grade in known]
        ranked = run.ranked[rows[query]]
        grades[i] = of_document[ranked]
        there[i] = ranked >= 0
        of_document[at] = 0
    return _without_junk(grades, there)


def _without_junk(
    grades: NDArray[np.int32], there: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    kept = there & (grades >= 0)
    order = np.argsort(~kept, axis=1, kind="stable")
    moved = np.take_along_axis(np.where(kept, grades, 0), order, axis=1)
    return moved, kept.sum(axis=1)


def _ideal(grades: Sequence[Iterable[int]]) -> NDArray[np.int32]:
    ordered = [sorted((g for g in some if g > 0), reverse=True) for some in grades]
    ideal = np.zeros((len(ordered), max(map(len, ordered), default=0)), dtype=np.int32)
    for row, some in zip(ideal, ordered, strict=True):
        row[: len(some)] = some
    return ideal
