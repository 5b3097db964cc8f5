import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.composed.fusion import best_fused, fused_scores, fusion_of, gallery_statistics
from sightline.composed.parts import (
    agreement_of,
    as_query,
    parts_of,
    texts_of,
    vector_of,
    vectors_of,
)
from sightline.errors import CancelledQueryError, InvalidValueError
from sightline.indexes import ExactIndex
from sightline.types import Vectors
from sightline.types.composition import Target, Weights

TARGET = Target("t", ("d1", "d2"), ("p1", "p2", "p3"), ("f1",), ("t2",))


def units(count: int, seed: int, d: int = 12) -> Vectors:
    rows = np.random.default_rng(seed).standard_normal((count, d))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def mean(rows: Vectors) -> NDArray[np.float64]:
    whole = rows.astype(np.float64).mean(axis=0)
    return np.asarray(whole / np.linalg.norm(whole))


@pytest.mark.parametrize("seed", range(20))
def test_one_search_ranks_as_the_weighted_sum_of_a_list_for_each_part(seed: int) -> None:
    random = np.random.default_rng(seed)
    stored = units(500, seed)
    rows, image = units(len(texts_of(TARGET)), seed + 100), units(1, seed + 200)
    weights = Weights(*random.uniform(0.1, 1.0, 5))
    index = ExactIndex(stored.shape[1])
    index.add(np.arange(500, dtype=np.int64), stored)

    vector = vector_of(parts_of(TARGET, rows, image, weights))
    found = index.search(vector, 500)

    # The slow, obvious way: a list of scores for each part, added up with its weight.
    lists = (
        weights.target * (stored @ mean(rows[:2]))
        + weights.desired * (stored @ mean(rows[2:4]))
        + weights.preserve * (stored @ mean(rows[4:7]))
        + weights.image * (stored @ image[0].astype(np.float64))
        - weights.forbidden * (stored @ mean(rows[7:8]))
    )
    summed = lists[found.ids[0]]
    assert np.all(np.diff(summed) <= 1e-6), "the one search is in the order of the summed lists"
    # And the scores are the summed ones, up to the one factor that makes the vector a unit.
    ratio = found.scores[0].astype(np.float64) / summed
    assert np.allclose(ratio[np.abs(summed) > 0.05], np.median(ratio), rtol=1e-4)


def test_a_part_that_is_empty_changes_nothing() -> None:
    rows, image = units(3, 1), units(1, 2)
    target = Target("t", desired=("d",), forbidden=("f",))

    vector = vector_of(parts_of(target, rows, image, Weights(preserve=0.9)))

    expected = rows[0] + 0.75 * rows[1] + 0.5 * image[0] - 0.5 * rows[2]
    assert np.allclose(vector[0], expected / np.linalg.norm(expected), atol=1e-6)


def test_a_weight_of_nothing_leaves_a_part_out() -> None:
    rows = units(2, 3)
    only = Weights(target=1.0, desired=0.0, preserve=0.0, image=0.0, forbidden=0.0)

    vector = vector_of(parts_of(Target("t", desired=("d",)), rows, units(1, 4), only))

    assert np.allclose(vector, rows[:1], atol=1e-6)


def test_what_cancels_out_and_what_weighs_nothing_is_refused() -> None:
    row = units(1, 5)
    twice = np.concatenate([row, row])
    nothing = Weights(0.0, 0.0, 0.0, 0.0, 0.0)
    with pytest.raises(CancelledQueryError):
        vector_of(
            parts_of(Target("t", forbidden=("t",)), twice, None, Weights(target=1.0, forbidden=1.0))
        )
    with pytest.raises(CancelledQueryError):
        vector_of(parts_of(Target("t"), row, row, nothing))
    with pytest.raises(InvalidValueError, match="the weight of image is -1"):
        Weights(image=-1.0)
    with pytest.raises(InvalidValueError, match="the weight of target is nan"):
        Weights(target=float("nan"))


def test_many_at_once_have_the_vectors_that_each_has_alone() -> None:
    one, two, three = units(3, 20), units(1, 21), units(2, 22)
    queries = [[(0.3, one)], [(0.3, one), (0.7, two), (-0.5, three)], [(1.0, two), (-1.0, two)], []]

    rows = vectors_of(queries, 12)

    assert rows.dtype == np.float32
    assert np.array_equal(rows[:2], np.concatenate([vector_of(parts) for parts in queries[:2]]))
    assert not rows[2:].any(), "nothing is left of these, and the others have theirs all the same"


def test_agreement_is_the_mean_cosine_of_every_two() -> None:
    rows = units(5, 6)
    pairs = [float(a @ b) for a, b in itertools.combinations(rows.astype(np.float64), 2)]

    assert agreement_of(rows) == pytest.approx(np.mean(pairs))
    assert agreement_of(rows[:1]) is None
    assert agreement_of(np.repeat(rows[:1], 3, axis=0)) == pytest.approx(1.0)


# Fusion ------------------------------------------------------------------------------------------


def test_a_fused_score_is_the_product_of_both_less_the_harris_term() -> None:
    stored, texts = units(300, 7), units(40, 8)
    facts = gallery_statistics(stored, texts)
    image, words = units(1, 9), units(1, 10)
    fusion = fusion_of(image, words, facts)

    near = np.array([float(fusion.image[0] @ (x - facts.image_mean)) for x in stored])
    told = np.array([float(fusion.words[0] @ (x - facts.image_mean)) for x in stored])
    near = np.maximum((near - facts.image_least) / (facts.image_usual - facts.image_least), 0)
    told = np.maximum((told - facts.text_least) / (facts.text_usual - facts.text_least), 0)

    expected = near * told - 0.1 * (near + told) ** 2
    assert np.allclose(fused_scores(fusion, stored), expected, atol=1e-4)


def test_fusion_prefers_what_fits_both_where_a_sum_prefers_one() -> None:
    axes = np.eye(4, dtype=np.float32)
    both = axes[0] + axes[1]
    stored = np.stack([axes[0], axes[1], both / np.linalg.norm(both), axes[2], axes[3]])
    facts = gallery_statistics(stored, axes)

    best = best_fused(
        fusion_of(axes[:1], axes[1:2], facts), np.arange(5, dtype=np.int64), stored, 1
    )

    assert list(best.ids) == [2]


def test_equal_fused_scores_are_in_order_of_id() -> None:
    stored = np.repeat(units(1, 11), 4, axis=0)
    others = units(30, 12)
    facts = gallery_statistics(np.concatenate([stored, others]), units(20, 13))
    fusion = fusion_of(units(1, 14), units(1, 15), facts)

    best = best_fused(fusion, np.array([7, 3, 9, 1], dtype=np.int64), stored, 3)

    assert list(best.ids) == [1, 3, 7]
    assert [id for id, _ in best.cosines(as_query(np.ones(12)))] == [1, 3, 7]
