"""Qrels: which documents are relevant to which query, in TREC's word for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

JUNK = -1
"""The grade of what is neither right nor wrong, and taken out of a ranking before judging."""


@dataclass(frozen=True, slots=True)
class Qrels:
    """Grades by query and document.

    A grade of 1 or more is relevant, and more is better; 0 was looked at and is not relevant; a
    negative grade is junk, which is taken out of every ranking, so that later documents move up. A
    document without a grade counts as not relevant.

    Attributes:
        grades: By query, then by document.
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
        """Return the same with each query's own picture as junk: neither right nor wrong.

        Args:
            own: The document that a query was made of, by query. Others stay as they are.
        """
        return self._regraded(own, JUNK)

    def counted(self, own: Mapping[str, str]) -> Qrels:
        """Return the same with each query's own picture as relevant, with its best grade.

        Args:
            own: The document that a query was made of, by query. Others stay as they are.
        """
        best = {q: max([1, *self.grades[q].values()]) for q in own if q in self.grades}
        return Qrels(
            {
                query: {**grades, own[query]: best[query]} if query in own else grades
                for query, grades in self.grades.items()
            }
        )

    def only(self, queries: Iterable[str]) -> Qrels:
        """Return the judgements of some queries, in the order there is."""
        wanted = frozenset(queries)
        return Qrels({query: grades for query, grades in self.grades.items() if query in wanted})

    def _regraded(self, own: Mapping[str, str], grade: int) -> Qrels:
        return Qrels(
            {
                query: {**grades, own[query]: grade} if query in own else grades
                for query, grades in self.grades.items()
            }
        )
