import numpy as np
import pytest

from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import JUNK, Judged, Qrels, judge
from sightline.evaluation.ranking import Run
from sightline.evaluation.report.charts import (
    average_precision_over_k,
    precision_over_recall,
    score_spread,
)
from tests.evaluation.random_cases import Case, as_run_and_qrels, random_cases


def interpolated(case: Case, level: float) -> float:
    """The best precision at any rank whose recall is at least a level; 0 if there is none."""
    best, found = 0.0, 0
    for rank, grade in enumerate(case.listed, start=1):
        found += grade > 0
        if found > 0 and found / case.relevant >= level - 1e-9:
            best = max(best, found / rank)
    return best


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [case for case in random_cases(400, seed=21) if case.relevant]


@pytest.fixture(scope="module")
def judged(cases: list[Case]) -> Judged:
    return judge(*as_run_and_qrels(cases))


def test_precision_over_recall_is_its_definition(cases: list[Case], judged: Judged) -> None:
    curve = precision_over_recall(judged)

    for place in (0, 1, 10, 25, 33, 50, 60, 67, 75, 90, 100):
        expected = np.mean([interpolated(case, place / 100) for case in cases])
        assert curve.y[place] == pytest.approx(expected, abs=1e-12), f"recall {place} %"
    assert np.all(np.diff(curve.y) <= 1e-12), "it never rises"


def test_a_perfect_ranking_is_a_line_at_the_top() -> None:
    judged = judge(Run.of({"q": [("a", 2.0), ("b", 1.0)]}), Qrels({"q": {"a": 1, "b": 1}}))

    assert precision_over_recall(judged).y.tolist() == [1.0] * 101


def test_map_over_k_is_map_at_each_k(judged: Judged) -> None:
    curves = {curve.name: curve for curve in average_precision_over_k(judged, 9)}

    assert list(curves) == ["mAP@k", "mAP@k/R", "mAP@k/hits"]
    assert curves["mAP@k/R"].x.tolist() == list(range(1, 10))
    assert curves["mAP@k/R"].y[4] == pytest.approx(Measure.parse("mAP@5/R")(judged).mean())


def test_scores_are_spread_by_kind_without_junk() -> None:
    run = Run.of({"q": [("a", 0.9), ("j", 0.5), ("b", 0.1), ("c", 0.1)], "unjudged": [("z", 9.0)]})

    spread = score_spread(run, Qrels({"q": {"a": 1, "j": JUNK}}))

    assert spread is not None
    assert (spread.edges[0], spread.edges[-1]) == (0.1, 0.9)
    assert spread.relevant.sum() == pytest.approx(1.0)
    assert spread.irrelevant.sum() == pytest.approx(1.0)
    assert spread.relevant[-1] == 1.0
    assert spread.irrelevant[0] == 1.0


def test_one_kind_alone_is_not_drawn() -> None:
    run = Run.of({"q": [("a", 0.9)]})

    assert score_spread(run, Qrels({"q": {"a": 1}})) is None
    assert score_spread(run, Qrels({"q": {"b": 1}})) is None


def test_equal_scores_have_a_spread() -> None:
    spread = score_spread(Run.of({"q": [("a", 1.0), ("b", 1.0)]}), Qrels({"q": {"a": 1}}))

    assert spread is not None
    assert spread.relevant.sum() == spread.irrelevant.sum() == 1.0
