"""An approximate index for the contract: FAISS's graph proposes, exact scores decide.

It is not part of the product. It shows that the contract's second tier can be kept, and what an
index that searches a part of its rows has to do for that.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np

from sightline.indexes import ExactIndex
from sightline.indexes.exact import exact_scores
from sightline.types import Ids, Neighbours, Vectors

_NEIGHBOURS = 32
_PROPOSED = 64
_FEW = 4


class GraphIndex:
    """A VectorIndex whose answers may miss some rows, and whose scores are true."""

    def __init__(self, dimensions: int) -> None:
        self._rows = ExactIndex(dimensions)  # keeps the rows, and checks what comes in
        self._graph: Any = None

    @property
    def dimensions(self) -> int:
        return self._rows.dimensions

    @property
    def ids(self) -> Ids:
        return self._rows.ids

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, ids: Ids, vectors: Vectors) -> None:
        self._rows.add(ids, vectors)
        self._graph = None

    def remove(self, ids: Ids) -> int:
        self._graph = None
        return self._rows.remove(ids)

    def search(self, queries: Vectors, k: int, among: Ids | None = None) -> Neighbours:
        padded = self._rows.search(queries, k, np.empty(0, dtype=np.int64))
        ids, rows = self._rows.at_once()
        eligible = np.arange(len(ids)) if among is None else np.flatnonzero(np.isin(ids, among))
        if not len(eligible):
            return padded
        for i, query in enumerate(np.ascontiguousarray(queries)):
            places = self._proposed(rows, query, k, eligible)
            scores = exact_scores(rows[places], query)
            best = np.lexsort((ids[places], -scores))[:k]
            padded.ids[i, : len(best)] = ids[places[best]]
            padded.scores[i, : len(best)] = scores[best]
        return padded

    def _proposed(self, rows: Vectors, query: Vectors, k: int, eligible: Ids) -> Ids:
        if self._graph is None:
            self._graph = faiss.IndexHNSWFlat(
                rows.shape[1], _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT
            )
            self._graph.add(np.ascontiguousarray(rows))
        count = min(len(eligible), k + _PROPOSED)
        if len(eligible) < _FEW * count:
            return eligible  # a graph loses its way among so few
        library: Any = faiss  # whose types leave these classes out
        settings = library.SearchParametersHNSW(
            efSearch=2 * count, sel=library.IDSelectorBatch(eligible)
        )
        places = self._graph.search(query[np.newaxis], count, params=settings)[1][0]
        return np.asarray(places[places >= 0], dtype=np.int64)
