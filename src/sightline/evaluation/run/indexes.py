"""What finds the neighbours of many queries: the gallery's exact index, or one of FAISS's."""

from __future__ import annotations

from typing import Any

import numpy as np

from sightline.errors import InvalidValueError
from sightline.indexes import ExactIndex
from sightline.types import Ids, Neighbours, Vectors

EXACT = "exact"


class FactoryIndex:
    """An approximate index, named as FAISS's index factory names it, to see what it loses.

    Args:
        name: Such as "HNSW32" or "IVF256,SQ8"; settings for the search follow a colon, as in
            "IVF256,Flat:nprobe=16".
        ids: Of the rows, shape (n,).
        vectors: Unit rows, shape (n, d).

    Raises:
        InvalidValueError: FAISS knows no such index or setting, or has too few rows to train it.
    """

    def __init__(self, name: str, ids: Ids, vectors: Vectors) -> None:
        import faiss

        factory, _, settings = name.partition(":")
        try:
            index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
            index.train(vectors)
            index.add(vectors)
            if settings:
                space: Any = faiss.ParameterSpace()
                space.set_index_parameters(index, settings)
        except RuntimeError as error:
            # The last line of FAISS's message is the one that says what is wrong.
            reason = str(error).strip().splitlines()[-1]
            allowed = f"exact, or what FAISS's index_factory takes ({reason})"
            raise InvalidValueError("--index", name, allowed) from error
        self._index: Any = index
        self._ids = ids

    def search(self, queries: Vectors, k: int) -> Neighbours:
        """Return the k best ids it finds for each query, shape (q, k), best first."""
        scores, places = self._index.search(np.ascontiguousarray(queries), k)
        return Neighbours(np.where(places >= 0, self._ids[places], -1), scores)


def index_of(name: str, ids: Ids, vectors: Vectors) -> ExactIndex | FactoryIndex:
    """Return an index over some rows, by the name that ``--index`` takes.

    Raises:
        InvalidValueError: there is none of that name.
    """
    if name == EXACT:
        return ExactIndex.of(ids, vectors)
    return FactoryIndex(name, ids, vectors)
