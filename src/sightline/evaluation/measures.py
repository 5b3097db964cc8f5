"""Measures: pure functions from judged rankings to one value a query.

Letters: h_i = 1 if the result at rank i is relevant, else 0; g_i is its grade, 0 if it is not
relevant; g*_i are the grades of all that is relevant, best first; R = how many documents are
relevant; k = the last rank that is looked at, and every result if there is none. Each function
takes what was judged and gives one value a query, shape (q,), float64.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sightline.errors import InvalidValueError
from sightline.evaluation.qrels import Judged

Values = NDArray[np.float64]


def hits(judged: Judged, k: int | None) -> NDArray[np.bool_]:
    """Return h for the first k results, or for all, shape (q, min(k, depth))."""
    return judged.grades[:, :k] > 0


def precision(judged: Judged, k: int | None) -> Values:
    """Precision: the share of the first k results that is relevant.

        P@k = (1 / k) * sum over i = 1..k of h_i

    Places where there is no result count as misses, as in trec_eval's P. Without k, k is the number
    of results of the query, and a query without results has 0 (trec_eval's set_P).
    """
    among = np.maximum(judged.found, 1) if k is None else k
    return np.asarray(hits(judged, k).sum(axis=1) / among, dtype=np.float64)


def recall(judged: Judged, k: int | None) -> Values:
    """Recall: the share of what is relevant that is among the first k results.

        recall@k = (1 / R) * sum over i = 1..k of h_i

    With one relevant document it is 0 or 1, the R@k of the cross-modal and composed protocols.
    trec_eval: recall.
    """
    return np.asarray(hits(judged, k).sum(axis=1) / judged.relevant, dtype=np.float64)


def success(judged: Judged, k: int | None) -> Values:
    """Success: whether anything relevant is among the first k results.

        success@k = max over i = 1..k of h_i

    trec_eval: success. Called hit rate elsewhere, and R@k where a query has several captions'
    pictures and any of them will do.
    """
    return np.asarray(hits(judged, k).any(axis=1), dtype=np.float64)


def r_precision(judged: Judged, k: int | None = None) -> Values:
    """R-precision: precision at the rank at which it equals recall.

        Rprec = (1 / R) * sum over i = 1..R of h_i

    trec_eval: Rprec.
    """
    found = np.cumsum(hits(judged, None), axis=1)
    last = np.minimum(judged.relevant, found.shape[1]) - 1
    within = np.take_along_axis(found, last[:, np.newaxis], axis=1)[:, 0]
    return np.asarray(within / judged.relevant, dtype=np.float64)


def reciprocal_rank(judged: Judged, k: int | None) -> Values:
    """Reciprocal rank of the first relevant result, 0 if none is among the first k.

        RR@k = 1 / min{i <= k : h_i = 1}

    Its mean is MRR (Voorhees, TREC-8 1999). trec_eval: recip_rank, without k.
    """
    right = hits(judged, k)
    return np.where(right.any(axis=1), 1.0 / (right.argmax(axis=1) + 1), 0.0)


def first_four(judged: Judged, k: int | None = None) -> Values:
    """The UKBench score: how many of the first four results are relevant, 0 to 4.

        N-S = sum over i = 1..4 of h_i

    Nister and Stewenius, CVPR 2006. Their queries are pictures of the gallery and count as hits.
    """
    return np.asarray(hits(judged, 4).sum(axis=1), dtype=np.float64)


def revisited_precision(judged: Judged, k: int | None) -> Values:
    """Precision at k as the revisited Oxford and Paris protocol counts it.

        mP@k = (1 / m) * sum over i = 1..m of h_i,   m = min(k, rank of the last relevant result)

    Radenovic et al., CVPR 2018; `compute_map` of revisitop's evaluate.py, which ranks everything. A
    query whose results have nothing relevant has 0.
    """
    right = hits(judged, None)
    width = right.shape[1]
    last = np.where(right.any(axis=1), width - right[:, ::-1].argmax(axis=1), 0)
    among = np.minimum(last, width if k is None else k)
    counted = right & (np.arange(width) < among[:, np.newaxis])
    return np.asarray(counted.sum(axis=1) / np.maximum(among, 1), dtype=np.float64)


# Average precision, in the four ways in which it is counted. With P_i = (1 / i) * sum over
# j = 1..i of h_j, all four have the same sum,
#
#     S = sum over i = 1..k of h_i * P_i   (the trapezoid rule replaces P_i, see there),
#
# and differ in what they divide it by. Which one a published "mAP@k" is decides it by many points.


def average_precision(judged: Judged, k: int | None) -> Values:
    """Average precision, divided by what could have been found.

        AP@k = S / min(k, R)

    1 where the first min(k, R) results are all relevant. CIRCO's and INQUIRE's mAP@k. Without k it
    is TREC's AP, S / R.
    """
    return _sum(judged, k) / _could_be_found(judged, k)


def average_precision_by_relevant(judged: Judged, k: int | None) -> Values:
    """Average precision, divided by all that is relevant.

        AP@k/R = S / R

    trec_eval's map_cut. At most k / R where R > k.
    """
    return np.asarray(_sum(judged, k) / judged.relevant, dtype=np.float64)


def average_precision_by_hits(judged: Judged, k: int | None) -> Values:
    """Average precision, divided by what was found.

        AP@k/hits = S / sum over i = 1..k of h_i,   0 if nothing was found

    Never below the others: what was not found costs nothing. Common in papers on hashing; it is
    what scikit-learn's average_precision_score and torchmetrics' RetrievalMAP give for the first k
    results alone.
    """
    found = hits(judged, k).sum(axis=1)
    return np.asarray(_sum(judged, k) / np.maximum(found, 1), dtype=np.float64)


def trapezoid_precision(judged: Judged, k: int | None) -> Values:
    """Average precision as the area under the curve of precision over recall.

        AP@k/trapezoid = (1 / min(k, R)) * sum over i = 1..k of h_i * (P_(i-1) + P_i) / 2,   P_0 = 1

    Without k the official measure of Oxford 5k and Paris 6k (Philbin et al., CVPR 2007,
    compute_ap.cpp) and of their revisited protocol (revisitop's `compute_ap`), which rank
    everything and take junk out first.
    """
    right = hits(judged, k)
    after = _precisions(right)
    before = np.ones_like(after)
    before[:, 1:] = after[:, :-1]
    area = (right * (before + after)).sum(axis=1) / 2
    return np.asarray(area / _could_be_found(judged, k), dtype=np.float64)


def _sum(judged: Judged, k: int | None) -> Values:
    right = hits(judged, k)
    return np.asarray((right * _precisions(right)).sum(axis=1), dtype=np.float64)


def _precisions(right: NDArray[np.bool_]) -> Values:
    """Return P, shape (q, k)."""
    return np.asarray(np.cumsum(right, axis=1) / np.arange(1, right.shape[1] + 1), dtype=np.float64)


def _could_be_found(judged: Judged, k: int | None) -> NDArray[np.int64]:
    return judged.relevant if k is None else np.minimum(judged.relevant, k)


# Measures that know more than right and wrong: grades.


def discounted_gain(judged: Judged, k: int | None) -> Values:
    """Discounted cumulative gain, divided by the best that is possible.

        nDCG@k = DCG(g) / DCG(g*),   DCG(g) = sum over i = 1..k of g_i / log2(i + 1)

    Jarvelin and Kekalainen, TOIS 2002, in the form of trec_eval's ndcg_cut and of scikit-learn's
    ndcg_score.
    """
    return _normalised(judged.grades, judged.ideal, k)


def exponential_gain(judged: Judged, k: int | None) -> Values:
    """Discounted cumulative gain with steep grades, divided by the best that is possible.

        nDCG@k/exp: as nDCG@k, with 2^g - 1 in place of g

    Burges et al., ICML 2005. The same as nDCG@k where there is one grade only.
    """
    return _normalised(_steep(judged.grades), _steep(judged.ideal), k)


def _steep(grades: NDArray[np.int32]) -> Values:
    return np.asarray(np.exp2(grades.astype(np.float64)) - 1, dtype=np.float64)


def _normalised(
    grades: NDArray[np.int32] | Values, ideal: NDArray[np.int32] | Values, k: int | None
) -> Values:
    return np.asarray(_discounted(grades[:, :k]) / _discounted(ideal[:, :k]), dtype=np.float64)


def _discounted(grades: NDArray[np.int32] | Values) -> Values:
    discounts = np.log2(np.arange(2, grades.shape[1] + 2))
    return np.asarray((grades / discounts).sum(axis=1), dtype=np.float64)


# The table of measures: their names, and what each of them is.

_NAME = re.compile(r"(?P<base>[A-Za-z-]+)(@(?P<k>[1-9]\d*))?(?P<variant>/[a-zA-Z]+)?")


@dataclass(frozen=True, slots=True)
class Family:
    """One way of measuring, for any k.

    Attributes:
        name: With "@k" where a k goes; in brackets where it may be left out.
        compute: Gives one value a query. Its docstring has the formula and its source.
        best: The value of a perfect ranking.
    """

    name: str
    compute: Callable[[Judged, int | None], Values]
    best: float = 1.0

    @property
    def key(self) -> str:
        """The name without any k."""
        return self.name.replace("[@k]", "").replace("@k", "")

    @property
    def takes_k(self) -> bool:
        """Whether a k may be given."""
        return "@k" in self.name

    @property
    def needs_k(self) -> bool:
        """Whether a k must be given."""
        return self.takes_k and "[@k]" not in self.name

    @property
    def explanation(self) -> str:
        """What it is, its formula, and its source."""
        return inspect.getdoc(self.compute) or ""


FAMILIES: tuple[Family, ...] = (
    Family("mAP[@k]", average_precision),
    Family("mAP[@k]/R", average_precision_by_relevant),
    Family("mAP[@k]/hits", average_precision_by_hits),
    Family("mAP[@k]/trapezoid", trapezoid_precision),
    Family("recall@k", recall),
    Family("P[@k]", precision),
    Family("mP@k/revisited", revisited_precision),
    Family("Rprec", r_precision),
    Family("success@k", success),
    Family("MRR[@k]", reciprocal_rank),
    Family("nDCG[@k]", discounted_gain),
    Family("nDCG[@k]/exp", exponential_gain),
    Family("N-S", first_four, best=4.0),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its k, such as "mAP@10" or "mAP@10/hits"."""

    name: str
    family: Family
    k: int | None

    @classmethod
    def parse(cls, name: str) -> Measure:
        """Return the measure of a name.

        Raises:
            InvalidValueError: there is none, or it lacks its k, or takes none.
        """
        matched = _NAME.fullmatch(name)
        key = matched["base"] + (matched["variant"] or "") if matched else ""
        family = {family.key: family for family in FAMILIES}.get(key)
        k = int(matched["k"]) if matched and matched["k"] else None
        wrong_k = family is not None and (family.needs_k if k is None else not family.takes_k)
        if family is None or wrong_k:
            known = ", ".join(family.name for family in FAMILIES)
            raise InvalidValueError("a measure", name, f"one of {known}")
        return cls(name, family, k)

    def __call__(self, judged: Judged) -> Values:
        """Return one value a query, shape (q,), float64."""
        return self.family.compute(judged, self.k)
