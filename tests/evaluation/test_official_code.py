"""The official evaluations, written out as their authors' code goes, on random rankings."""

import numpy as np
import pytest

from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import Judged, Qrels, judge
from sightline.evaluation.ranking import Run


def revisited(ranks: list[int], ok: set[int], junk: set[int], k: int) -> tuple[float, float]:
    """Return AP and precision at k as revisitop's evaluate.py computes them, step by step."""
    positions = [place for place, image in enumerate(ranks) if image in ok]
    junk_positions = [place for place, image in enumerate(ranks) if image in junk]
    moved = [p - sum(1 for j in junk_positions if j < p) for p in positions]
    ap = 0.0
    for found, rank in enumerate(moved):
        before = 1.0 if rank == 0 else found / rank
        after = (found + 1) / (rank + 1)
        ap += (before + after) / len(ok) / 2
    last = min(max(moved) + 1, k)
    return ap, sum(1 for rank in moved if rank + 1 <= last) / last


def oxford(ranks: list[int], positive: set[int], ambiguous: set[int]) -> float:
    """Return AP as compute_ap.cpp walks the ranked list."""
    old_recall, old_precision, ap, found, seen = 0.0, 1.0, 0.0, 0, 0
    for image in ranks:
        if image in ambiguous:
            continue
        found += image in positive
        recall, precision = found / len(positive), found / (seen + 1)
        ap += (recall - old_recall) * (old_precision + precision) / 2
        old_recall, old_precision = recall, precision
        seen += 1
    return ap


def circo(predictions: list[int], answers: set[int], k: int) -> float:
    """Return AP@k as CIRCO's evaluation.py computes it."""
    labels = np.isin(predictions, list(answers))
    precisions = np.cumsum(labels) * labels / np.arange(1, len(labels) + 1)
    return float(precisions[:k].sum() / min(len(answers), k))


def case(seed: int) -> tuple[list[int], set[int], set[int], Judged]:
    """A full ranking of 40 pictures, some of them right and some junk."""
    random = np.random.default_rng(seed)
    ranks = [int(image) for image in random.permutation(40)]
    right = {int(i) for i in random.choice(40, int(random.integers(1, 15)), replace=False)}
    rest = [image for image in range(40) if image not in right]
    junk = {int(i) for i in random.choice(rest, int(random.integers(0, 15)), replace=False)}
    run = Run.of({"q": [(str(image), -float(place)) for place, image in enumerate(ranks)]})
    qrels = Qrels.of({"q": [str(i) for i in right]}, {"q": [str(i) for i in junk]})
    return ranks, right, junk, judge(run, qrels)


@pytest.mark.parametrize("seed", range(300))
def test_the_official_evaluations_agree(seed: int) -> None:
    ranks, right, junk, judged = case(seed)

    def ours(name: str) -> float:
        return float(Measure.parse(name)(judged)[0])

    assert ours("mAP/trapezoid") == pytest.approx(oxford(ranks, right, junk), abs=1e-12)
    for k in (1, 5, 10):
        ap, precision = revisited(ranks, right, junk, k)
        assert ours("mAP/trapezoid") == pytest.approx(ap, abs=1e-12)
        assert ours(f"mP@{k}/revisited") == pytest.approx(precision, abs=1e-12)
    without_junk = [image for image in ranks if image not in junk]
    for k in (5, 10, 25, 50):
        assert ours(f"mAP@{k}") == pytest.approx(circo(without_junk, right, k), abs=1e-12)
