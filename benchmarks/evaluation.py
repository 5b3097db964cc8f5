"""How long does it take to evaluate 5,000 queries against 50,000 vectors?

Makes unit vectors of 768 dimensions in 1,000 classes of 50, as ImageNet's validation pictures are,
puts them into an exact index, and measures 5,000 of them as queries: the search, the judging under
two protocols (query counted, query left out), every measure of the ILSVRC protocol with bootstrap
intervals over 2,000 resamples, and a paired test against a second run. No picture is read and no
model runs: what is measured is the laboratory's own work.

    python benchmarks/evaluation.py [--out benchmarks/results/evaluation.jsonl]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from machine import circumstances, publish

from sightline.evaluation.intervals import paired_test
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.run.searching import search_in_parts
from sightline.evaluation.scoring import Scored, score
from sightline.evaluation.tasks import (
    CUTOFFS,
    MEAN_AVERAGE_PRECISIONS,
    Topic,
    own_picture_protocols,
)
from sightline.indexes import ExactIndex
from sightline.types import Vectors

CLASSES, PER_CLASS, DIMENSIONS, QUERIES = 1000, 50, 768, 5000
# How far a picture lies from the middle of its class: hard enough that measures have work to do.
SPREAD = 3.0
BAR_S = 30.0
MEASURES = (*MEAN_AVERAGE_PRECISIONS, "P@10", "recall@50", "MRR", "success@1")


class Stopwatch:
    """The seconds of each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timing(self, part: str) -> Iterator[None]:
        """Count what happens inside as a part."""
        began = time.perf_counter()
        yield
        self.seconds[part] = self.seconds.get(part, 0.0) + time.perf_counter() - began


def collection(random: np.random.Generator) -> Vectors:
    """Return unit vectors, class by class."""
    middles = random.standard_normal((CLASSES, DIMENSIONS), dtype=np.float32)
    around = random.standard_normal((CLASSES, PER_CLASS, DIMENSIONS), dtype=np.float32)
    vectors = (middles[:, np.newaxis] + SPREAD * around).reshape(-1, DIMENSIONS)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def judgements(names: list[str], queries: np.ndarray) -> Qrels:
    """Return what is of each query's class."""
    members = [names[start : start + PER_CLASS] for start in range(0, len(names), PER_CLASS)]
    return Qrels.of({names[int(q)]: members[int(q) // PER_CLASS] for q in queries})


def search(
    watch: Stopwatch, index: ExactIndex, names: list[str], queries: np.ndarray, rows: Vectors
) -> Run:
    """Return the run of some queries, deep enough for the last cut-off and the query itself."""
    with watch.timing("search_s"):
        found = search_in_parts(index.search, rows, max(CUTOFFS) + 2)
    with watch.timing("ranking_s"):
        asked = tuple(names[int(query)] for query in queries)
        return Run.sorted(asked, tuple(names), found.ids, found.scores)


def main() -> int:
    """Measure and print; return 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="append the line to this file too")
    options = parser.parse_args()
    random = np.random.default_rng(1)
    vectors = collection(random)
    names = [f"ILSVRC2012_val_{number:08}.JPEG" for number in range(len(vectors))]
    index = ExactIndex.of(np.arange(len(vectors)), vectors)
    queries = np.sort(random.choice(len(vectors), QUERIES, replace=False))
    moved = vectors[queries] + 0.02 * random.standard_normal((QUERIES, DIMENSIONS)).astype("f4")
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)

    watch = Stopwatch()
    began, began_cpu = time.perf_counter(), time.process_time()
    run = search(watch, index, names, queries, vectors[queries])
    with watch.timing("judging_s"):
        topics = [Topic(names[int(query)], own=names[int(query)]) for query in queries]
        protocols = own_picture_protocols(judgements(names, queries), topics, MEASURES)
    with watch.timing("measures_and_bootstrap_s"):
        scored = [score(run, protocol) for protocol in protocols]
    evaluation_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    other = score(search(Stopwatch(), index, names, queries, moved), protocols[1])
    with watch.timing("paired_test_s"):
        test = paired_test(scored[1].column("mAP@10"), other.column("mAP@10"))
    figures = {part: round(seconds, 2) for part, seconds in watch.seconds.items()}
    line = {
        "benchmark": "evaluation",
        "queries": QUERIES,
        "vectors": len(vectors),
        "dimensions": DIMENSIONS,
        "measures": len(protocols) * len(MEASURES),
        "evaluation_s": round(evaluation_s, 2),
        "evaluation_cpu_s": round(cpu_s, 2),
        **figures,
        "mAP@10_left_out": round(_mean(scored[1]), 4),
        "p_of_noise": round(test.p, 5),
        "bar_s": BAR_S,
        **circumstances(),
    }
    publish([line], options.out)
    return int(evaluation_s > BAR_S)


def _mean(scored: Scored) -> float:
    return next(f.interval.mean for f in scored.figures if f.measure == "mAP@10")


if __name__ == "__main__":
    sys.exit(main())
