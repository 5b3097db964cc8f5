"""The measures once more, as a person reads the definitions: one query, one loop, no arrays.

``listed`` are the grades of the results in order, junk taken out; ``grades`` are those of all that
is relevant. k is the last rank, or None for all.
"""

import math
from collections.abc import Callable

Slow = Callable[[list[int], list[int], int | None], float]


def precision_at(listed: list[int], rank: int) -> float:
    return sum(1 for grade in listed[:rank] if grade > 0) / rank


def _sum_of_precisions(listed: list[int], k: int | None) -> float:
    total = 0.0
    for rank, grade in enumerate(listed, start=1):
        if k is not None and rank > k:
            break
        if grade > 0:
            total += precision_at(listed, rank)
    return total


def ap_min(listed: list[int], relevant: list[int], k: int | None) -> float:
    possible = len(relevant) if k is None else min(k, len(relevant))
    return _sum_of_precisions(listed, k) / possible


def ap_relevant(listed: list[int], relevant: list[int], k: int | None) -> float:
    return _sum_of_precisions(listed, k) / len(relevant)


def ap_hits(listed: list[int], relevant: list[int], k: int | None) -> float:
    found = sum(1 for grade in (listed if k is None else listed[:k]) if grade > 0)
    return _sum_of_precisions(listed, k) / found if found else 0.0


def ap_trapezoid(listed: list[int], relevant: list[int], k: int | None) -> float:
    """As the Oxford evaluation walks the list, recall step by recall step."""
    possible = len(relevant) if k is None else min(k, len(relevant))
    recall_before, precision_before, area, found = 0.0, 1.0, 0.0, 0
    for rank, grade in enumerate(listed, start=1):
        if k is not None and rank > k:
            break
        found += grade > 0
        recall, precision = found / possible, found / rank
        area += (recall - recall_before) * (precision_before + precision) / 2
        recall_before, precision_before = recall, precision
    return area


def recall(listed: list[int], relevant: list[int], k: int | None) -> float:
    return sum(1 for grade in listed[:k] if grade > 0) / len(relevant)


def precision(listed: list[int], relevant: list[int], k: int | None) -> float:
    if k is None:
        return precision_at(listed, len(listed)) if listed else 0.0
    return sum(1 for grade in listed[:k] if grade > 0) / k


def revisited_precision(listed: list[int], relevant: list[int], k: int | None) -> float:
    positions = [rank for rank, grade in enumerate(listed, start=1) if grade > 0]
    if not positions:
        return 0.0
    among = max(positions) if k is None else min(max(positions), k)
    return sum(1 for position in positions if position <= among) / among


def r_precision(listed: list[int], relevant: list[int], k: int | None) -> float:
    return sum(1 for grade in listed[: len(relevant)] if grade > 0) / len(relevant)


def success(listed: list[int], relevant: list[int], k: int | None) -> float:
    return float(any(grade > 0 for grade in listed[:k]))


def reciprocal_rank(listed: list[int], relevant: list[int], k: int | None) -> float:
    for rank, grade in enumerate(listed[:k], start=1):
        if grade > 0:
            return 1 / rank
    return 0.0


def _dcg(gains: list[float], k: int | None) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains[:k], start=1))


def ndcg(listed: list[int], relevant: list[int], k: int | None) -> float:
    best = sorted((float(grade) for grade in relevant), reverse=True)
    return _dcg([float(max(0, grade)) for grade in listed], k) / _dcg(best, k)


def ndcg_exp(listed: list[int], relevant: list[int], k: int | None) -> float:
    best = sorted((2.0**grade - 1 for grade in relevant), reverse=True)
    return _dcg([2.0**grade - 1 if grade > 0 else 0.0 for grade in listed], k) / _dcg(best, k)


def first_four(listed: list[int], relevant: list[int], k: int | None) -> float:
    return float(sum(1 for grade in listed[:4] if grade > 0))


SLOW: dict[str, Slow] = {
    "mAP": ap_min,
    "mAP/R": ap_relevant,
    "mAP/hits": ap_hits,
    "mAP/trapezoid": ap_trapezoid,
    "recall": recall,
    "P": precision,
    "mP/revisited": revisited_precision,
    "Rprec": r_precision,
    "success": success,
    "MRR": reciprocal_rank,
    "nDCG": ndcg,
    "nDCG/exp": ndcg_exp,
    "N-S": first_four,
}
