"""Measures that count hits among the first results.

Letters: h_i = 1 if the result at rank i is relevant, else 0; R = how many documents are relevant;
k = the last rank that is looked at, and every result if there is none. Each function takes what
was judged and gives one value a query, shape (q,), float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.judging import Judged

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
    if not found.shape[1]:
        return np.zeros(len(judged))
    last = np.minimum(judged.relevant, found.shape[1]) - 1
    within = np.take_along_axis(found, last[:, np.newaxis], axis=1)[:, 0]
    return np.asarray(within / judged.relevant, dtype=np.float64)


def reciprocal_rank(judged: Judged, k: int | None) -> Values:
    """Reciprocal rank of the first relevant result, 0 if none is among the first k.

        RR@k = 1 / min{i <= k : h_i = 1}

    Its mean is MRR (Voorhees, TREC-8 1999). trec_eval: recip_rank, without k.
    """
    right = hits(judged, k)
    if not right.shape[1]:
        return np.zeros(len(judged))
    first = right.argmax(axis=1)
    return np.where(right.any(axis=1), 1.0 / (first + 1), 0.0)


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
    if not width:
        return np.zeros(len(judged))
    last = np.where(right.any(axis=1), width - right[:, ::-1].argmax(axis=1), 0)
    among = np.minimum(last, width if k is None else k)
    counted = right & (np.arange(width) < among[:, np.newaxis])
    return np.asarray(counted.sum(axis=1) / np.maximum(among, 1), dtype=np.float64)
