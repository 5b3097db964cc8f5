"""The measures against tools that others published, on the same thousands of random cases.

Tools break ties in ways of their own, and some reward a system for leaving a query out. So they are
given our order as scores that differ, junk taken out, and only what they define as we do is
compared. Tools that take long see the first of the cases only.
"""

import warnings
from collections.abc import Callable
from itertools import islice

import numpy as np
import pytest

from sightline.evaluation.measures import Measure
from sightline.evaluation.qrels import Judged, judge
from tests.evaluation.random_cases import Case, as_run_and_qrels, random_cases

AGREEMENT = 1e-9
COUNT, FEW = 10_000, 1000


@pytest.fixture(scope="module")
def scored() -> dict[str, Case]:
    cases = random_cases(COUNT, seed=12)
    return {f"q{i}": case for i, case in enumerate(cases) if case.relevant}


@pytest.fixture(scope="module")
def few(scored: dict[str, Case]) -> dict[str, Case]:
    return dict(islice(scored.items(), FEW))


def judged_of(cases: dict[str, Case]) -> Judged:
    judged = judge(*as_run_and_qrels(list(cases.values())))
    assert len(judged) == len(cases)
    return judged


@pytest.fixture(scope="module")
def judged(scored: dict[str, Case]) -> Judged:
    assert len(scored) > 0.8 * COUNT
    return judged_of(scored)


@pytest.fixture(scope="module")
def judged_few(few: dict[str, Case]) -> Judged:
    return judged_of(few)


def run_for_tools(cases: dict[str, Case]) -> dict[str, dict[str, float]]:
    """Our order, without junk, with scores that differ; tools want a result for each query."""
    ranked = {}
    for query, case in cases.items():
        order = [doc for doc in case.order if case.grades.get(doc, 0) >= 0]
        ranked[query] = {doc: float(len(order) - rank) for rank, doc in enumerate(order)}
        ranked[query].setdefault("nothing at all", 0.0)
    return ranked


def qrels_for_tools(cases: dict[str, Case]) -> dict[str, dict[str, int]]:
    return {q: {d: g for d, g in case.grades.items() if g >= 0} for q, case in cases.items()}


def check(name: str, theirs: list[float], judged: Judged, tolerance: float = AGREEMENT) -> None:
    ours = Measure.parse(name)(judged)
    assert ours.std() > 0.01, "the cases tell measures apart"
    assert np.abs(ours - np.asarray(theirs)).max() <= tolerance, name


TREC_EVAL = {
    "map": "mAP",
    "Rprec": "Rprec",
    "recip_rank": "MRR",
    "ndcg": "nDCG",
    **{f"map_cut_{k}": f"mAP@{k}/R" for k in (5, 10, 15)},
    **{f"P_{k}": f"P@{k}" for k in (5, 10, 15)},
    **{f"recall_{k}": f"recall@{k}" for k in (5, 10, 15)},
    **{f"ndcg_cut_{k}": f"nDCG@{k}" for k in (5, 10, 15)},
    **{f"success_{k}": f"success@{k}" for k in (1, 5, 10)},
}


def test_trec_eval_agrees(scored: dict[str, Case], judged: Judged) -> None:
    import pytrec_eval

    families = {"map", "Rprec", "recip_rank", "ndcg"}
    families |= {"map_cut", "P", "recall", "ndcg_cut", "success"}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels_for_tools(scored), families)
    theirs = evaluator.evaluate(run_for_tools(scored))
    assert set(theirs) == set(scored)

    for their_name, name in TREC_EVAL.items():
        check(name, [theirs[query][their_name] for query in scored], judged)


def test_ir_measures_agrees(scored: dict[str, Case], judged: Judged) -> None:
    import ir_measures

    names = {
        "AP@5": "mAP@5/R",
        "AP": "mAP",
        "P@3": "P@3",
        "R@7": "recall@7",
        "RR": "MRR",
        "nDCG@7": "nDCG@7",
        "Rprec": "Rprec",
        "Success@2": "success@2",
    }
    places = {query: place for place, query in enumerate(scored)}
    theirs = {name: np.full(len(scored), np.nan) for name in names}
    measures = {ir_measures.parse_measure(name): name for name in names}
    for metric in ir_measures.iter_calc(
        list(measures), qrels_for_tools(scored), run_for_tools(scored)
    ):
        theirs[measures[metric.measure]][places[metric.query_id]] = metric.value

    for their_name, name in names.items():
        check(name, theirs[their_name].tolist(), judged)


def test_ranx_agrees(few: dict[str, Case], judged_few: Judged) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numba, about its own parts
        import ranx

        names = {
            "map@5": "mAP@5/R",
            "map": "mAP",
            "precision@5": "P@5",
            "recall@5": "recall@5",
            "mrr@5": "MRR@5",
            "ndcg@5": "nDCG@5",
            "ndcg_burges@5": "nDCG@5/exp",
            "r-precision": "Rprec",
            "hit_rate@3": "success@3",
        }
        qrels = ranx.Qrels(qrels_for_tools(few))
        run = ranx.Run(run_for_tools(few))
        ranx.evaluate(qrels, run, list(names), return_mean=False, threads=1)
        theirs = {name: dict(run.scores[name]) for name in names}

    for their_name, name in names.items():
        check(name, [theirs[their_name][query] for query in few], judged_few)


def binary(case: Case) -> list[int]:
    return [int(grade > 0) for grade in case.listed]


def torchmetrics_values(
    cases: dict[str, Case], compute: Callable[..., object], **options: int
) -> list[float]:
    """What a function of torchmetrics says, for the queries with results; the rest have none."""
    import torch

    values = []
    for case in cases.values():
        # It knows relevant documents only from the results, so those not found come last.
        right = binary(case)
        right += [0] * 60 + [1] * (case.relevant - sum(right))
        places = torch.arange(len(right), 0, -1, dtype=torch.float64)
        values.append(float(compute(places, torch.tensor(right), **options)))  # type: ignore[arg-type]
    return values


def test_torchmetrics_agrees(few: dict[str, Case], judged_few: Judged) -> None:
    from torchmetrics.functional import retrieval

    for name, compute in {
        "mAP@5/hits": retrieval.retrieval_average_precision,
        "recall@5": retrieval.retrieval_recall,
        "P@5": retrieval.retrieval_precision,
        "MRR@5": retrieval.retrieval_reciprocal_rank,
        "success@5": retrieval.retrieval_hit_rate,
    }.items():
        # It computes in float32, so one unit in its last place is all that can be asked for.
        check(name, torchmetrics_values(few, compute, top_k=5), judged_few, tolerance=1.2e-7)


def test_scikit_learn_agrees(few: dict[str, Case], judged_few: Judged) -> None:
    from sklearn.metrics import average_precision_score, ndcg_score

    average, gain = [], []
    for case in few.values():
        right = binary(case)
        places = list(range(len(right), 0, -1))
        average.append(average_precision_score(right, places) if any(right) else 0.0)
        # Of a ranking that has them all: what was not found is behind, out of reach of k.
        missing = sorted(g for d, g in case.grades.items() if g > 0 and d not in case.scores)
        listed = case.listed + [0] * 20 + missing
        order = np.arange(len(listed), 0, -1)
        gain.append(float(ndcg_score([listed], [order], k=10)))
    check("mAP/hits", average, judged_few)
    check("nDCG@10", gain, judged_few)
