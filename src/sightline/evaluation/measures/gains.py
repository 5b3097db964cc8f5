"""Measures that know more than right and wrong: grades.

g_i is the grade of the result at rank i, 0 if it is not relevant; g*_i are the grades of all that
is relevant, best first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.judging import Judged
from sightline.evaluation.measures.precision import Values


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
