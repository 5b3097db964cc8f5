"""What filters cost: a search among the pictures that pass, beside one among all of them.

Both in one process, on random unit rows of a ViT-L/14's size, through the catalog's SQL and the
exact index. The other way, to search for more and throw away what does not pass, is measured too:
with what it takes to find the same pictures.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from machine import circumstances, publish

from sightline.indexes import ExactIndex
from sightline.types import Ids, Neighbours, Vectors

_K = 20


def unit_rows(count: int, dimensions: int, seed: int) -> Vectors:
    """Return random unit rows, float32, shape (count, dimensions)."""
    rows = np.random.default_rng(seed).standard_normal((count, dimensions), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def median_ms(task: Callable[[Vectors], object], queries: Vectors) -> float:
    """Return the median time of a task for one query, in milliseconds."""
    times = []
    for query in queries:
        began = time.perf_counter()
        task(query[np.newaxis])
        times.append(time.perf_counter() - began)
    return float(np.median(times) * 1000)


def afterwards(index: ExactIndex, query: Vectors, among: Ids) -> Neighbours:
    """Find the same by searching for more and more, until enough of it passes."""
    k = _K
    while True:
        found = index.search(query, k)
        passing = np.isin(found.ids[0], among)
        if passing.sum() >= min(_K, len(among)) or k >= len(index):
            keep = np.flatnonzero(passing)[:_K]
            return Neighbours(found.ids[:, keep], found.scores[:, keep])
        k = min(len(index), k * 4)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--queries", type=int, default=30)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    index = ExactIndex.of(np.arange(asked.count), unit_rows(asked.count, asked.dimensions, seed=1))
    queries = unit_rows(asked.queries, asked.dimensions, seed=2)
    whole_ms = median_ms(lambda query: index.search(query, _K), queries)
    figures = []
    for share in (0.001, 0.01, 0.1, 0.5, 1.0):
        dice = np.random.default_rng(3)
        among = np.sort(dice.permutation(asked.count)[: round(asked.count * share)])
        inside = index.search(queries, _K, among)
        for query, ids in zip(queries, inside.ids, strict=True):
            expected = afterwards(index, query[np.newaxis], among).ids[0]
            if not np.array_equal(ids[: len(expected)], expected):
                raise SystemExit("the two ways find different pictures")
        inside_ms = median_ms(lambda query, ids=among: index.search(query, _K, ids), queries)
        after_ms = median_ms(lambda query, ids=among: afterwards(index, query, ids), queries)
        figures.append(
            {
                "benchmark": "filtered_search",
                "vectors": asked.count,
                "dimensions": asked.dimensions,
                "share_that_passes": share,
                "k": _K,
                "filtered_ms": round(inside_ms, 2),
                "unfiltered_ms": round(whole_ms, 2),
                "search_more_then_filter_ms": round(after_ms, 2),
                "ratio_to_unfiltered": round(inside_ms / whole_ms, 2),
                "times_as_fast_as_filtering_afterwards": round(after_ms / inside_ms, 2),
                **circumstances(),
            }
        )
    publish(figures, asked.out)


if __name__ == "__main__":
    main()
