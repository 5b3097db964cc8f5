"""Qrels: which documents are relevant to which query, in TREC's word; a run held against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.ranking import Run

JUNK = -1
"""The grade of what is neither right nor wrong, and taken out of a ranking before judging."""


@dataclass(frozen=True, slots=True)
class Qrels:
    """Grades by query and then by document.

    A grade of 1 or more is relevant, and more is better; 0 was looked at and is not relevant; a
    negative grade is junk, which is taken out of every ranking, so that later documents move up. A
    document without a grade counts as not relevant.
    """

    grades: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(
        cls,
        relevant: Mapping[str, Iterable[str]],
        junk: Mapping[str, Iterable[str]] | None = None,
    ) -> Qrels:
        """Return qrels of relevant documents, all of one grade, and of junk.

        What is named as both is relevant, as in the Oxford evaluation.
        """
        grades: dict[str, dict[str, int]] = {}
        for query, documents in relevant.items():
            grades[query] = dict.fromkeys((junk or {}).get(query, ()), JUNK)
            grades[query].update(dict.fromkeys(documents, 1))
        return cls(grades)

    @property
    def queries(self) -> tuple[str, ...]:
        """The judged queries, in the order they came."""
        return tuple(self.grades)

    def relevant(self, query: str) -> frozenset[str]:
        """Return the documents that are relevant to a query."""
        return frozenset(doc for doc, grade in self.grades[query].items() if grade > 0)

    def __len__(self) -> int:
        """Return how many queries there are."""
        return len(self.grades)

    def left_out(self, own: Mapping[str, str]) -> Qrels:
        """Return the same with each query's own picture, by query, as junk."""
        return self._with(dict.fromkeys(own, JUNK), own)

    def counted(self, own: Mapping[str, str]) -> Qrels:
        """Return the same with each query's own picture, by query, as relevant: its best grade."""
        best = {q: max([1, *self.grades[q].values()]) for q in own if q in self.grades}
        return self._with(best, own)

    def _with(self, grade_of: Mapping[str, int], own: Mapping[str, str]) -> Qrels:
        return Qrels(
            {
                query: {**grades, own[query]: grade_of[query]} if query in own else grades
                for query, grades in self.grades.items()
            }
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """All that a measure needs to know, and which queries it is about.

    Attributes:
        queries: Those with something relevant, q of them, in the order of the judgements.
        grades: Of each result, best first, after junk was taken out; shape (q, depth), int32, with
            a column at least. 0 where a result is not relevant, was not judged, or there is none.
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
    queries = [query for query in qrels.queries if qrels.relevant(query)]
    grades, found = _graded(run, qrels, queries)
    ideal = _ideal([qrels.grades[query].values() for query in queries])
    answered = {query for query, row in run.row_of.items() if (run.ranked[row] >= 0).any()}
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


def grades_of_results(
    run: Run, qrels: Qrels, queries: Iterable[str]
) -> Iterator[NDArray[np.int32]]:
    """Yield the grades of each query's results in their order, shape (depth,).

    0 where a result was not judged, or there is none. The queries have to be in the run.
    """
    places = {document: place for place, document in enumerate(run.documents)}
    # One more place than there are documents: -1, which is nothing, falls on it.
    of_document = np.zeros(len(places) + 1, dtype=np.int32)
    for query in queries:
        known = {places[doc]: g for doc, g in qrels.grades[query].items() if doc in places}
        at = np.fromiter(known, dtype=np.int64, count=len(known))
        of_document[at] = list(known.values())
        yield of_document[run.ranked[run.row_of[query]]]
        of_document[at] = 0


def judged_share(run: Run, qrels: Qrels, k: int) -> float:
    """Return the share of the first k results that somebody judged; 0 without results.

    Where it is low, figures say more about what was judged than about what was found.
    """
    judged = seen = 0
    for query, grades in qrels.grades.items():
        if query in run.row_of:
            found = [name for name, _ in run.found(query)[:k]]
            seen += len(found)
            judged += sum(name in grades for name in found)
    return judged / seen if seen else 0.0


def _graded(
    run: Run, qrels: Qrels, queries: Sequence[str]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the grades (q, depth) and how many results there are (q,), junk taken out."""
    grades = np.zeros((len(queries), max(1, run.depth)), dtype=np.int32)
    there = np.zeros(grades.shape, dtype=bool)
    answered = [i for i, query in enumerate(queries) if query in run.row_of]
    found = grades_of_results(run, qrels, (queries[i] for i in answered))
    for i, of_query in zip(answered, found, strict=True):
        grades[i, : run.depth] = of_query
        there[i, : run.depth] = run.ranked[run.row_of[queries[i]]] >= 0
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
