"""Run: what a search gave for each query, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Run:
    """The ranked documents of each query, best first; equal scores are in order of document.

    Attributes:
        queries: Their ids, q of them.
        documents: The ids of all that could be found, n of them, sorted.
        ranked: Places in ``documents``, shape (q, depth), int64; -1 where there are fewer.
        scores: Higher is better, shape (q, depth), float64; -inf where there is nothing.
        row_of: The row of each query.
    """

    queries: tuple[str, ...]
    documents: tuple[str, ...]
    ranked: NDArray[np.int64]
    scores: NDArray[np.float64]
    row_of: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looking for one query among all of them, for each of them, would take minutes.
        rows = {query: row for row, query in enumerate(self.queries)}
        object.__setattr__(self, "row_of", rows)

    @classmethod
    def of(cls, rankings: Mapping[str, Sequence[tuple[str, float]]]) -> Run:
        """Return the run of (document, score) pairs by query, in whatever order they come.

        Raises:
            InvalidValueError: a query has a document twice, or a score is not a number.
        """
        documents = tuple(sorted({doc for pairs in rankings.values() for doc, _ in pairs}))
        places = {doc: place for place, doc in enumerate(documents)}
        depth = max((len(pairs) for pairs in rankings.values()), default=0)
        ranked = np.full((len(rankings), depth), -1, dtype=np.int64)
        scores = np.full((len(rankings), depth), -np.inf)
        for row, (query, pairs) in enumerate(rankings.items()):
            if len({doc for doc, _ in pairs}) != len(pairs):
                raise InvalidValueError(f"the results of query {query}", "repeated", "distinct")
            ranked[row, : len(pairs)] = [places[doc] for doc, _ in pairs]
            scores[row, : len(pairs)] = [score for _, score in pairs]
        return cls.sorted(tuple(rankings), documents, ranked, scores)

    @classmethod
    def sorted(
        cls,
        queries: tuple[str, ...],
        documents: tuple[str, ...],
        ranked: NDArray[np.int64],
        scores: NDArray[np.floating],
    ) -> Run:
        """Return a run whose rows are put in order: best score first, then by document.

        All are as the run has them, but that documents may be in any order.

        Raises:
            InvalidValueError: a score is not a number.
        """
        wide = np.where(ranked >= 0, scores.astype(np.float64), -np.inf)
        if np.isnan(wide).any():
            raise InvalidValueError("a score", "not a number", "a number")
        names, moved = _in_order(documents)
        places = np.where(ranked >= 0, moved[ranked], -1) if len(moved) else ranked
        # Padding has the score -inf as well, and comes last among those.
        order = np.lexsort((places, places < 0, -wide), axis=1)
        return cls(
            queries,
            names,
            np.take_along_axis(places, order, axis=1),
            np.take_along_axis(wide, order, axis=1),
        )

    @property
    def depth(self) -> int:
        """How many results a query has at most."""
        return int(self.ranked.shape[1])

    def first(self, depth: int) -> Run:
        """Return the same with at most so many results for each query."""
        return Run(self.queries, self.documents, self.ranked[:, :depth], self.scores[:, :depth])

    def found(self, query: str) -> list[tuple[str, float]]:
        """Return (document, score) for one query, best first.

        Raises:
            KeyError: the query is not in the run.
        """
        row = self.row_of[query]
        pairs = zip(self.ranked[row].tolist(), self.scores[row].tolist(), strict=True)
        return [(self.documents[place], score) for place, score in pairs if place >= 0]


def _in_order(documents: tuple[str, ...]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return names in order, and the new place of each."""
    order = sorted(range(len(documents)), key=documents.__getitem__)
    moved = np.empty(len(documents), dtype=np.int64)
    moved[order] = np.arange(len(documents))
    return tuple(documents[place] for place in order), moved
