"""How well does a composed search find what was asked for, and how long does it take?

A composed query is a picture of the gallery and an instruction ("without the boat and at night").
What fulfils it is known, as the scenes are drawn. No captioner and no composer sees that: ``tags``
reads the picture's vector, ``rules`` reads the caption and the instruction.

Two galleries of 10,000 pictures with 1,000 queries each, see ``composed_gallery.py``. The picture
of the query is left out of its own ranking, as CIRR does. Recall@k is the share of the pictures
that fulfil a query among the first k; mAP@k divides by min(k, R).

The weights of ``roles`` were chosen on seed 11, and the figures are those of seed 1. ``sum`` is
shown with the balance that is its default and with two others, so that the best can be picked.

    python benchmarks/composed.py [--scratch FOLDER] [--out benchmarks/results/FILE.jsonl]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from composed_gallery import MeasuredGallery, crowded, drawn
from machine import circumstances, publish
from numpy.typing import NDArray

from sightline.gallery import Gallery
from sightline.types import Indexed, Mode, Query
from sightline_scenes.edits import EditCase

DEPTH = 10
TIMED = 100
WAYS: Mapping[str, tuple[Mode, float]] = {
    "image": (Mode.IMAGE, 0.5),
    "text": (Mode.TEXT, 0.5),
    "sum": (Mode.SUM, 0.5),
    "sum, balance 0.3": (Mode.SUM, 0.3),
    "sum, balance 0.7": (Mode.SUM, 0.7),
    "published": (Mode.PUBLISHED, 0.5),
    "fusion": (Mode.FUSION, 0.5),
    "roles": (Mode.ROLES, 0.5),
}
GALLERIES: Mapping[str, Callable[[Path, int, int], MeasuredGallery]] = {
    "drawn": drawn,
    "crowded": crowded,
}


def hits_of(
    gallery: Gallery, asked: MeasuredGallery, mode: Mode, balance: float
) -> NDArray[np.bool_]:
    """Return for each query whether the picture at each of the first ranks fulfils it."""
    ids = {record.path: record.id for record in gallery.browse(k=len(gallery)).images}
    numbers = {ids[path]: number for number, path in enumerate(asked.files)}
    right = np.zeros((len(asked.cases), DEPTH), dtype=bool)
    for row, case in enumerate(asked.cases):
        reference = Indexed(ids[asked.files[case.reference]])
        query = Query(images=[reference], instruction=case.instruction, mode=mode, balance=balance)
        found = gallery.find(query, DEPTH + 1).hits
        ranked = [numbers[hit.id] for hit in found if numbers[hit.id] != case.reference]
        right[row] = [number in case.fulfilled for number in ranked[:DEPTH]]
    return right


def figures_of(right: NDArray[np.bool_], cases: Sequence[EditCase]) -> dict[str, float]:
    """Return recall and mAP of some queries."""
    relevant = np.array([len(case.fulfilled) for case in cases])
    precisions = np.cumsum(right, axis=1) / np.arange(1, DEPTH + 1)
    figures = {
        f"recall_at_{k}": float((right[:, :k].sum(axis=1) / relevant).mean()) for k in (1, 5, 10)
    }
    for k in (5, 10):
        gained = (precisions * right)[:, :k].sum(axis=1) / np.minimum(k, relevant)
        figures[f"map_at_{k}"] = float(gained.mean())
    return {name: round(value, 4) for name, value in figures.items()}


def by_kind(right: NDArray[np.bool_], cases: Sequence[EditCase]) -> dict[str, float]:
    """Return recall@10 for each kind of change."""
    shares = defaultdict(list)
    for row, case in zip(right, cases, strict=True):
        for kind in case.kinds:
            shares[str(kind)].append(row.sum() / len(case.fulfilled))
    return {kind: round(float(np.mean(values)), 4) for kind, values in sorted(shares.items())}


def step_latencies(gallery: Gallery, asked: MeasuredGallery) -> dict[str, float]:
    """Return p50 in milliseconds of each step of ``roles``, for pictures that are new to it."""
    gallery.find(Query(images=[asked.files[0]], instruction="at night"))  # embeds the phrases
    taken = defaultdict(list)
    references = {case.reference: case for case in asked.cases}
    for case in [*references.values()][:TIMED]:
        query = Query(images=[asked.files[case.reference]], instruction=case.instruction)
        found = gallery.find(query, 20)
        assert found.composition is not None
        for step in found.composition.steps:
            taken[step.name].append(step.milliseconds)
        taken["search"].append(1000 * sum(found.seconds.values()))
        taken["all"].append(found.composition.milliseconds + taken["search"][-1])
    return {f"{name}_p50_ms": round(float(np.median(ms)), 1) for name, ms in taken.items()}


@contextmanager
def scratch_folder(named: Path | None) -> Iterator[Path]:
    """Give a folder for pictures and galleries: one that stays, or one that goes."""
    if named is not None:
        yield named
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def measured(folder: Path, name: str, seed: int, queries: int) -> Iterator[dict[str, object]]:
    """Yield the figures of one gallery, a line for each way of searching."""
    asked = GALLERIES[name](folder / f"{name}-{seed}", seed, queries)
    with Gallery.open(folder / f"{name}-{seed}.gallery", model="mini") as gallery:
        gallery.sync([folder / f"{name}-{seed}"])
        common = {"gallery": name, "pictures": len(gallery), "queries": len(asked.cases)}
        for way, (mode, balance) in WAYS.items():
            right = hits_of(gallery, asked, mode, balance)
            line = {"way": way, **figures_of(right, asked.cases)}
            yield {**common, **line, "recall_at_10_by_kind": by_kind(right, asked.cases)}
        yield {**common, "way": "roles, latency", **step_latencies(gallery, asked)}


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--galleries", default="drawn,crowded")
    parser.add_argument("--scratch", type=Path, help="keep pictures and galleries there")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    with scratch_folder(options.scratch) as folder:
        for name in options.galleries.split(","):
            for line in measured(folder, name, options.seed, options.queries):
                figures = {"benchmark": "composed", **line, "seed": options.seed}
                publish([{**figures, "model": "mini", **circumstances()}], options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
