"""Average precision, in the four ways in which it is counted.

Letters as in ``precision``; P_i = (1 / i) * sum over j = 1..i of h_j. All four have the same sum,

    S = sum over i = 1..k of h_i * P_i   (the trapezoid rule replaces P_i, see there),

and differ in what they divide it by. Which one a published "mAP@k" is decides it by many points.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.judging import Judged
from sightline.evaluation.measures.precision import Values, hits


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
