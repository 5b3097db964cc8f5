import numpy as np
import pytest

from sightline.errors import InvalidValueError
from sightline.evaluation.measures import FAMILIES, Family, Measure
from sightline.evaluation.qrels import JUNK, Judged, Qrels, judge
from sightline.evaluation.ranking import Run
from tests.evaluation.random_cases import Case, as_run_and_qrels, random_cases
from tests.evaluation.slow_measures import SLOW

CASES = 3000
AGREEMENT = 1e-9


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return random_cases(CASES, seed=11)


@pytest.fixture(scope="module")
def judged(cases: list[Case]) -> Judged:
    return judge(*as_run_and_qrels(cases))


def cutoffs(family: Family) -> list[int | None]:
    ks: list[int | None] = [1, 2, 3, 5, 10, 50] if family.takes_k else []
    return ks if family.needs_k else [None, *ks]


def test_the_random_cases_have_what_they_are_for(cases: list[Case]) -> None:
    assert sum(len(set(case.scores.values())) < len(case.scores) for case in cases) > 0.5 * CASES
    assert sum(JUNK in case.grades.values() for case in cases) > 0.25 * CASES
    assert sum(case.relevant == 0 for case in cases) > 0.05 * CASES
    assert sum(not case.scores for case in cases) > 0.03 * CASES
    assert sum(case.relevant > len(case.scores) for case in cases) > 0.1 * CASES
    assert sum(0 < len(case.listed) < 5 for case in cases) > 0.2 * CASES


def test_every_measure_has_a_slow_twin() -> None:
    assert [family.key for family in FAMILIES] == list(SLOW)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_a_measure_agrees_with_its_definition_on_thousands_of_cases(
    family: Family, cases: list[Case], judged: Judged
) -> None:
    scored = [case for case in cases if case.relevant]
    assert len(judged) == len(scored)
    for k in cutoffs(family):
        values = family.compute(judged, k)
        expected = [
            SLOW[family.key](case.listed, [g for g in case.grades.values() if g > 0], k)
            for case in scored
        ]
        assert values.dtype == np.float64
        assert np.abs(values - expected).max() <= AGREEMENT, f"{family.key} at {k}"
        assert values.min() >= 0
        assert values.max() <= family.best + AGREEMENT


def test_a_query_with_nothing_relevant_is_named_and_left_out(
    cases: list[Case], judged: Judged
) -> None:
    empty = [f"q{i}" for i, case in enumerate(cases) if not case.relevant]

    assert list(judged.without_relevant) == empty
    assert not set(empty) & set(judged.queries)


def test_a_judged_query_without_results_scores_nought() -> None:
    judged = judge(Run.of({"a": [("x", 1.0)]}), Qrels({"a": {"x": 1}, "b": {"y": 1}}))

    assert judged.queries == ("a", "b")
    assert judged.unanswered == ("b",)
    assert Measure.parse("mAP@10")(judged).tolist() == [1.0, 0.0]


def test_a_query_that_nobody_judged_is_named_and_left_out() -> None:
    judged = judge(Run.of({"a": [("x", 1.0)], "c": [("x", 1.0)]}), Qrels({"a": {"x": 1}}))

    assert judged.queries == ("a",)
    assert judged.unjudged == ("c",)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_no_results_at_all_are_nought(family: Family) -> None:
    judged = judge(Run.of({"a": []}), Qrels({"a": {"x": 1}, "b": {"y": 2}}))

    assert family.compute(judged, 5 if family.takes_k else None).tolist() == [0.0, 0.0]


# One ranking, worked out by hand: hits at ranks 1, 3 and 6; five relevant documents, two not found.
BY_HAND = {
    "mAP@5": (1 + 2 / 3) / 5,
    "mAP@3": (1 + 2 / 3) / 3,
    "mAP": (1 + 2 / 3 + 3 / 6) / 5,
    "mAP@3/R": (1 + 2 / 3) / 5,
    "mAP@3/hits": (1 + 2 / 3) / 2,
    "mAP@2/hits": 1.0,
    "mAP/trapezoid": ((1 + 1) / 2 + (1 / 2 + 2 / 3) / 2 + (2 / 5 + 3 / 6) / 2) / 5,
    "recall@3": 2 / 5,
    "P@3": 2 / 3,
    "P@10": 3 / 10,
    "P": 3 / 6,
    "mP@5/revisited": 2 / 5,
    "mP@10/revisited": 3 / 6,
    "Rprec": 2 / 5,
    "success@1": 1.0,
    "MRR": 1.0,
    "nDCG@2": 1 / (1 + 1 / np.log2(3)),
    "N-S": 2.0,
}


@pytest.mark.parametrize(("name", "expected"), BY_HAND.items(), ids=list(BY_HAND))
def test_one_ranking_by_hand(name: str, expected: float) -> None:
    run = Run.of({"q": [(doc, -rank) for rank, doc in enumerate("abcdef")]})
    qrels = Qrels({"q": {"a": 1, "b": 0, "c": 1, "f": 1, "y": 1, "z": 1}})

    assert Measure.parse(name)(judge(run, qrels)).tolist() == pytest.approx([expected], abs=1e-12)


def test_junk_is_taken_out_and_later_results_move_up() -> None:
    run = Run.of({"q": [("junk", 3.0), ("more", 2.0), ("right", 1.0)]})
    judged = judge(run, Qrels({"q": {"junk": JUNK, "more": JUNK, "right": 1}}))

    assert judged.grades.tolist() == [[1, 0, 0]]
    assert judged.found.tolist() == [1]


def test_equal_scores_are_in_order_of_document_whatever_order_they_came_in() -> None:
    forwards = Run.of({"q": [("a", 0.5), ("b", 0.5), ("c", 0.9)]})
    backwards = Run.of({"q": [("c", 0.9), ("b", 0.5), ("a", 0.5)]})

    assert forwards.found("q") == backwards.found("q") == [("c", 0.9), ("a", 0.5), ("b", 0.5)]


def test_the_own_picture_is_counted_or_left_out() -> None:
    run = Run.of({"q": [("self", 1.0), ("wrong", 0.9), ("right", 0.8)]})
    qrels = Qrels({"q": {"right": 2}})
    own = {"q": "self"}

    counted = judge(run, qrels.counted(own))
    left_out = judge(run, qrels.left_out(own))

    assert counted.grades.tolist() == [[2, 0, 2]], "as good as the best"
    assert counted.relevant.tolist() == [2]
    assert left_out.grades.tolist() == [[0, 2, 0]]
    assert left_out.relevant.tolist() == [1]


def test_what_is_relevant_and_junk_is_relevant() -> None:
    qrels = Qrels.of({"q": ["a"]}, junk={"q": ["a", "b"]})

    assert qrels.grades == {"q": {"a": 1, "b": JUNK}}


@pytest.mark.parametrize(
    "name",
    ["", "map@10", "mAP@0", "mAP@-1", "mAP@ten", "Rprec@5", "recall", "mAP@5/wrong", "N-S@4"],
)
def test_what_is_no_measure_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(InvalidValueError, match=r"mAP\[@k\]"):
        Measure.parse(name)


def test_a_document_may_not_come_twice() -> None:
    with pytest.raises(InvalidValueError, match="query q"):
        Run.of({"q": [("a", 1.0), ("a", 0.5)]})


class Compared(str):
    """A name that counts how often it is compared with another."""

    times = 0

    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        Compared.times += 1
        return str.__eq__(self, other)


def test_a_query_is_found_without_looking_through_all_of_them() -> None:
    names = [Compared(f"q{number}") for number in range(300)]
    run = Run.of({name: [(f"d{number}", 1.0)] for number, name in enumerate(names)})
    Compared.times = 0

    assert [run.found(name) for name in names] == [[(f"d{i}", 1.0)] for i in range(300)]

    # In a list, the last is found after 299 others: 44,850 comparisons together.
    assert Compared.times <= 2 * len(names)


def test_a_query_that_a_run_does_not_have_is_an_error() -> None:
    with pytest.raises(KeyError, match="b"):
        Run.of({"a": [("x", 1.0)]}).found("b")


def test_a_score_must_be_a_number() -> None:
    with pytest.raises(InvalidValueError, match="a score"):
        Run.of({"q": [("a", float("nan"))]})


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_every_measure_names_its_formula_and_its_source(family: Family) -> None:
    assert "= " in family.explanation or "as nDCG" in family.explanation
    sources = ("trec_eval", "CVPR", "ICML", "TOIS", "CIRCO", "TREC", "scikit-learn")
    assert any(source in family.explanation for source in sources)
