"""From query vectors to runs: whole galleries at once, and galleries of each query's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sightline.composed.fusion import best_fused
from sightline.errors import InvalidValueError
from sightline.evaluation.ranking import Run
from sightline.evaluation.run.asking import QueryVectors
from sightline.evaluation.tasks import Protocol, Task
from sightline.gallery import Gallery
from sightline.indexes import ExactIndex
from sightline.system.threads import Workers, cores
from sightline.types import Ids, Neighbours, Vectors
from sightline.types.composition import Fusion

EXACT = "exact"
_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Shelf:
    """The documents of a task that have a vector.

    Attributes:
        names: n of them, in the order of their ids.
        ids: In the gallery, shape (n,), ascending.
        vectors: Unit rows, shape (n, d).
        is_everything: Whether the gallery holds these and nothing else.
    """

    names: tuple[str, ...]
    ids: Ids
    vectors: Vectors
    is_everything: bool


def shelf_of(gallery: Gallery, ids_of: Mapping[str, int]) -> Shelf:
    """Return the documents of a task, by name and id, as far as the gallery has vectors of them."""
    ids, vectors = gallery.stored_vectors()
    names = {id: name for name, id in ids_of.items()}
    wanted = np.isin(ids, np.fromiter(names, dtype=np.int64, count=len(names)))
    if wanted.all():
        return Shelf(tuple(names[int(id)] for id in ids), ids, vectors, True)
    return Shelf(tuple(names[int(id)] for id in ids[wanted]), ids[wanted], vectors[wanted], False)


def search_task(
    task: Task, gallery: Gallery, shelf: Shelf, asked: QueryVectors, index: str = EXACT
) -> dict[str, Run]:
    """Return the runs of a task: "" ranks all documents, others are named after their protocol.

    The gallery searches by itself where it holds the task's documents and nothing else. The index
    is "exact", or the name of one of FAISS's.

    Raises:
        InvalidValueError: there is no such index, or it cannot rank by fused scores.
    """
    if asked.statistics is not None and index != EXACT:
        raise InvalidValueError("--index", index, f"{EXACT} where scores are fused")
    runs = {}
    own_galleries = [protocol for protocol in task.protocols if protocol.candidates is not None]
    if (
        len(own_galleries) < len(task.protocols)
        or task.submission is not None
        or not task.protocols
    ):
        depth = _depth(task, len(shelf.ids))
        if asked.statistics is not None:
            found = _fused(asked, range(len(asked.queries)), shelf.ids, shelf.vectors, depth)
        elif shelf.is_everything and index == EXACT:
            found = search_in_parts(gallery.nearest_of_each, asked.vectors, depth)
        else:
            found = search_in_parts(_search_of(index, shelf), asked.vectors, depth)
        runs[""] = _run(shelf, asked.queries, found)
    for protocol in own_galleries:
        runs[protocol.name] = _search_candidates(task, protocol, shelf, asked)
    return runs


def search_in_parts(
    search: Callable[[Vectors, int], Neighbours], queries: Vectors, k: int
) -> Neighbours:
    """Return what a search finds for many queries, asked in parts by as many threads as cores.

    One search keeps one core busy. The answers do not depend on how queries are parted.
    """
    workers = Workers(cores(), "evaluation")
    parts = [queries[i : i + _AT_ONCE] for i in range(0, max(1, len(queries)), _AT_ONCE)]
    try:
        answers = [workers.do(partial(search, part, k)) for part in parts]
        found = [answer.take() for answer in answers]
    finally:
        workers.end()
    return Neighbours(
        np.concatenate([one.ids for one in found]), np.concatenate([one.scores for one in found])
    )


def _search_of(name: str, shelf: Shelf) -> Callable[[Vectors, int], Neighbours]:
    """Return the search of an exact index, or of one of FAISS's, to see what it loses.

    The name is as FAISS's index factory takes it, such as "HNSW32"; settings for the search follow
    a colon, as in "IVF256,Flat:nprobe=16".
    """
    if name == EXACT:
        return ExactIndex.of(shelf.ids, shelf.vectors).search
    import faiss

    factory, _, settings = name.partition(":")
    try:
        index: Any = faiss.index_factory(
            shelf.vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT
        )
        index.train(shelf.vectors)
        index.add(shelf.vectors)
        if settings:
            space: Any = faiss.ParameterSpace()
            space.set_index_parameters(index, settings)
    except RuntimeError as error:
        # The last line of FAISS's message is the one that says what is wrong.
        reason = str(error).strip().splitlines()[-1]
        allowed = f"exact, or what FAISS's index_factory takes ({reason})"
        raise InvalidValueError("--index", name, allowed) from error

    def search(queries: Vectors, k: int) -> Neighbours:
        scores, places = index.search(np.ascontiguousarray(queries), k)
        return Neighbours(np.where(places >= 0, shelf.ids[places], -1), scores)

    return search


def run_for(runs: Mapping[str, Run], protocol: Protocol) -> Run:
    """Return the run that a protocol judges."""
    return runs[protocol.name if protocol.candidates is not None else ""]


def _depth(task: Task, documents: int) -> int:
    """Return how many results are needed: junk is taken out of them before they are counted."""
    if task.depth is None:
        return max(1, documents)
    junk = [
        sum(grade < 0 for grade in grades.values())
        for protocol in task.protocols
        for grades in protocol.qrels.grades.values()
    ]
    # One more for the reference, which CIRR's server does not want to see.
    return max(1, min(documents, task.depth + max(junk, default=0) + 1))


def _search_candidates(task: Task, protocol: Protocol, shelf: Shelf, asked: QueryVectors) -> Run:
    """Rank each query's own gallery. Queries with the same gallery are searched together."""
    sharing: dict[tuple[str, ...], list[int]] = defaultdict(list)
    candidates = protocol.candidates or {}
    for row, query in enumerate(asked.queries):
        sharing[candidates.get(query, ())].append(row)
    places = {name: place for place, name in enumerate(shelf.names)}
    longest = max(map(len, sharing), default=1)
    depth = max(1, longest if task.depth is None else min(longest, _depth(task, longest)))
    ids = np.full((len(asked.queries), depth), -1, dtype=np.int64)
    scores = np.full((len(asked.queries), depth), -np.inf, dtype=np.float32)
    for names, rows in sharing.items():
        some = np.array(sorted({places[name] for name in names if name in places}), dtype=np.int64)
        if not len(some):
            continue
        small_ids, small = shelf.ids[some], np.ascontiguousarray(shelf.vectors[some])
        if asked.statistics is not None:
            found = _fused(asked, rows, small_ids, small, min(depth, len(some)))
        else:
            index = ExactIndex.of(small_ids, small)
            found = index.search(asked.vectors[rows], min(depth, len(some)))
        ids[rows, : found.ids.shape[1]] = found.ids
        scores[rows, : found.ids.shape[1]] = found.scores
    return _run(shelf, asked.queries, Neighbours(ids, scores))


def _fused(
    asked: QueryVectors, rows: Sequence[int], ids: Ids, vectors: Vectors, depth: int
) -> Neighbours:
    """Return the best of some queries by their fused scores, which are no cosines."""
    assert asked.statistics is not None
    found = []
    for image, words in asked.vectors[list(rows)]:
        fusion = Fusion(image[np.newaxis], words[np.newaxis], asked.statistics)
        found.append(best_fused(fusion, ids, vectors, depth))
    shape = (len(found), min(depth, len(ids)))
    return Neighbours(
        np.array([best.ids for best in found], dtype=np.int64).reshape(shape),
        np.array([best.fused for best in found], dtype=np.float32).reshape(shape),
    )


def _run(shelf: Shelf, queries: Sequence[str], found: Neighbours) -> Run:
    places = np.searchsorted(shelf.ids, found.ids)
    ranked = np.where(found.ids >= 0, places, -1)
    return Run.sorted(tuple(queries), shelf.names, ranked, found.scores)
