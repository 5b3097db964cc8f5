"""What every index owes its callers, in two tiers. A new index joins one list and must pass.

An exact index gives the ids and scores of a comparison with every row, to the last bit. An
approximate one may miss some of the best rows, but no more than it states; what it gives has its
true score, in order. All else holds for both.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from sightline.errors import InvalidValueError, VectorShapeError
from sightline.indexes import ExactIndex
from sightline.protocols import VectorIndex
from sightline.types import Ids, Neighbours, Vectors
from tests.indexes.approximate import GraphIndex
from tests.indexes.index_rows import assert_same, brute_force, exact_dot, unit_rows
from tests.indexes.stand_in_gpu import StandInGpu

D = 24
ON_A_GPU = "exact, with a GPU that proposes"
EXACT: dict[str, Callable[[int], VectorIndex]] = {"exact": ExactIndex, ON_A_GPU: ExactIndex}


@dataclass(frozen=True)
class Approximate:
    """An index that may miss rows, and the share of the best ten that it finds at least."""

    make: Callable[[int], VectorIndex]
    recall_at_10: float


APPROXIMATE = {"a graph, for this test only": Approximate(GraphIndex, 0.95)}


def made(name: str, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    if name == ON_A_GPU:
        StandInGpu().install(monkeypatch)
    return EXACT[name](D) if name in EXACT else APPROXIMATE[name].make(D)


@pytest.fixture(params=EXACT)
def exact(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    return made(request.param, monkeypatch)


@pytest.fixture(params=APPROXIMATE)
def approximate(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    return made(request.param, monkeypatch)


@pytest.fixture(params=[*EXACT, *APPROXIMATE])
def index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    return made(request.param, monkeypatch)


def scattered_ids(count: int, seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    dice = np.random.default_rng(seed)
    return dice.choice(10**12, size=count, replace=False).astype(np.int64)


@pytest.mark.parametrize("k", [1, 10, 100, 400])
def test_ids_and_scores_are_those_of_brute_force(exact: VectorIndex, k: int) -> None:
    ids, vectors, queries = scattered_ids(700), unit_rows(700), unit_rows(7, seed=2)
    exact.add(ids, vectors)

    assert_same(exact.search(queries, k), brute_force(ids, vectors, queries, k))


def test_a_score_is_the_dot_product_rounded_once(exact: VectorIndex) -> None:
    vectors, queries = unit_rows(50), unit_rows(5, seed=2)
    exact.add(np.arange(50), vectors)

    found = exact.search(queries, 50)

    for query, ids, scores in zip(queries, found.ids, found.scores, strict=True):
        for id, score in zip(ids, scores, strict=True):
            assert score == np.float32(exact_dot(vectors[id], query))


def test_a_large_k_agrees_with_float32_matrix_products(exact: VectorIndex) -> None:
    vectors, queries = unit_rows(20_000), unit_rows(40, seed=2)
    exact.add(np.arange(20_000), vectors)

    found = exact.search(queries, 100)

    plain = queries @ vectors.T
    best = np.sort(plain, axis=1)[:, ::-1][:, :100]
    np.testing.assert_allclose(found.scores, best, atol=1e-6)
    for row, ids in enumerate(found.ids):
        np.testing.assert_allclose(plain[row, ids], best[row], atol=1e-6)


@pytest.mark.parametrize("copies", [2, 50, 500])
def test_equal_rows_have_equal_scores_and_come_by_id(exact: VectorIndex, copies: int) -> None:
    # Copies of two rows among others, given in an order that is not that of their ids.
    distinct = unit_rows(300)
    vectors = np.concatenate([distinct, np.repeat(distinct[:2], copies, axis=0)])
    ids = scattered_ids(len(vectors))
    exact.add(ids, vectors)
    queries = np.concatenate([distinct[:2], unit_rows(3, seed=2)])

    for k in (1, copies, copies + 1, 2 * copies):
        assert_same(exact.search(queries, k), brute_force(ids, vectors, queries, k))


def test_only_copies_of_one_row(exact: VectorIndex) -> None:
    vectors = np.repeat(unit_rows(1), 5000, axis=0)
    ids = scattered_ids(5000)
    exact.add(ids, vectors)

    found = exact.search(vectors[:3], 20)

    assert found.ids.tolist() == [np.sort(ids)[:20].tolist()] * 3
    assert len(set(found.scores.ravel().tolist())) == 1


def test_rows_that_differ_in_the_last_bit_keep_their_order(exact: VectorIndex) -> None:
    # Four hundred rows within a few roundings of each other: float32 sums cannot tell them apart.
    base = unit_rows(1)[0]
    vectors = np.repeat(base[np.newaxis], 400, axis=0)
    dice = np.random.default_rng(3)
    for row in vectors:
        i = dice.integers(D)
        row[i] = np.nextafter(row[i], np.float32(dice.choice([-1, 1])), dtype=np.float32)
    ids = scattered_ids(400)
    exact.add(ids, vectors)

    for k in (1, 5, 60):
        assert_same(
            exact.search(base[np.newaxis], k), brute_force(ids, vectors, base[np.newaxis], k)
        )


def test_a_result_does_not_depend_on_the_other_queries(exact: VectorIndex) -> None:
    ids, vectors, queries = scattered_ids(3000), unit_rows(3000), unit_rows(600, seed=2)
    exact.add(ids, vectors)

    together = exact.search(queries, 10)

    for i in (0, 17, 255, 256, 599):
        alone = exact.search(queries[i : i + 1], 10)
        assert_same(alone, Neighbours(together.ids[i : i + 1], together.scores[i : i + 1]))


def test_a_result_does_not_depend_on_the_order_of_addition(exact: VectorIndex) -> None:
    ids, vectors, queries = scattered_ids(1000), unit_rows(1000), unit_rows(5, seed=2)
    vectors[500:] = vectors[:500]
    for part in np.array_split(np.random.default_rng(4).permutation(1000), 7):
        exact.add(ids[part], vectors[part])

    assert_same(exact.search(queries, 30), brute_force(ids, vectors, queries, 30))


def test_an_id_that_is_there_gets_the_new_row(exact: VectorIndex) -> None:
    ids, vectors = np.arange(100), unit_rows(100)
    exact.add(ids, vectors)
    vectors[10:30] = unit_rows(20, seed=5)

    exact.add(ids[10:40], vectors[10:40])

    assert len(exact) == 100
    queries = vectors[5:35]
    assert_same(exact.search(queries, 100), brute_force(ids, vectors, queries, 100))


def test_of_an_id_that_comes_twice_the_last_row_counts(exact: VectorIndex) -> None:
    vectors = unit_rows(4)

    exact.add(np.array([5, 6, 5, 5]), vectors)

    assert len(exact) == 2
    expected = brute_force(np.array([5, 6]), vectors[[3, 1]], vectors, 2)
    assert_same(exact.search(vectors, 2), expected)


def test_removed_ids_are_not_found_and_may_come_back(exact: VectorIndex) -> None:
    ids, vectors = scattered_ids(200), unit_rows(200)
    exact.add(ids, vectors)

    assert exact.remove(np.concatenate([ids[:50], [10**13], ids[:1]])) == 50
    assert exact.remove(ids[:50]) == 0
    assert exact.remove(np.array([], dtype=np.int64)) == 0

    assert len(exact) == 150
    assert_same(exact.search(vectors, 200), brute_force(ids[50:], vectors[50:], vectors, 200))
    exact.add(ids[:10], vectors[:10])
    assert len(exact) == 160
    assert exact.search(vectors[3:4], 1).ids.item() == ids[3]


def test_more_results_than_rows_are_padded(index: VectorIndex) -> None:
    vectors = unit_rows(3)
    index.add(np.array([7, 8, 9]), vectors)

    found = index.search(vectors[:1], 6)

    assert found.ids[0, 0] == 7
    assert found.ids[0, 3:].tolist() == [-1, -1, -1]
    assert np.isneginf(found.scores[0, 3:]).all()
    assert np.isfinite(found.scores[0, :3]).all()


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    for step in range(2):
        found = index.search(unit_rows(2), 3)
        assert found.ids.tolist() == [[-1] * 3] * 2
        assert np.isneginf(found.scores).all()
        assert len(index) == 0, step
        index.add(np.arange(5), unit_rows(5))
        assert index.remove(np.arange(5)) == 5


def test_no_queries_have_no_results(index: VectorIndex) -> None:
    for _ in range(2):
        found = index.search(unit_rows(0), 3)
        assert found.ids.shape == found.scores.shape == (0, 3)
        index.add(np.arange(5), unit_rows(5))


def test_adding_nothing_changes_nothing(index: VectorIndex) -> None:
    index.add(np.array([], dtype=np.int64), unit_rows(0))

    assert len(index) == 0


def test_what_is_added_or_asked_is_not_changed_nor_kept(index: VectorIndex) -> None:
    ids, vectors, queries = np.arange(100), unit_rows(100), unit_rows(2, seed=2)
    copies = (ids.copy(), vectors.copy(), queries.copy())
    index.add(ids, vectors)
    before = index.search(queries, 100)
    for given, copy in zip((ids, vectors, queries), copies, strict=True):
        np.testing.assert_array_equal(given, copy)

    ids[:] = 7
    vectors[:] = 0

    assert_same(index.search(queries, 100), before)


def test_rows_need_not_lie_side_by_side_in_memory(exact: VectorIndex) -> None:
    ids, vectors = np.arange(100), unit_rows(100)
    exact.add(ids[::-2], np.asfortranarray(vectors)[::-2])

    found = exact.search(np.asfortranarray(vectors), 10)

    assert_same(found, brute_force(ids[1::2], vectors[1::2], vectors, 10))


def test_dimensions_and_length_are_told(index: VectorIndex) -> None:
    index.add(np.array([3], dtype=np.int32), unit_rows(1))

    assert (index.dimensions, len(index)) == (D, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        unit_rows(3, D + 1),
        unit_rows(3, D - 1),
        unit_rows(3)[0],
        unit_rows(3)[np.newaxis],
        unit_rows(3).astype(np.float64),
        unit_rows(3).astype(np.float16),
    ],
)
def test_rows_of_another_shape_or_dtype_are_refused(index: VectorIndex, wrong: Vectors) -> None:
    with pytest.raises(VectorShapeError):
        index.add(np.arange(3), wrong)
    with pytest.raises(VectorShapeError):
        index.search(wrong, 1)
    assert len(index) == 0


@pytest.mark.parametrize("ids", [np.arange(2), np.arange(4), np.ones((3, 1), int), np.ones(3)])
def test_ids_of_another_shape_or_dtype_are_refused(
    index: VectorIndex, ids: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> None:
    with pytest.raises(VectorShapeError):
        index.add(ids, unit_rows(3))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(index: VectorIndex, bad: float) -> None:
    rows = unit_rows(3)
    rows[1, 2] = bad

    with pytest.raises(InvalidValueError):
        index.add(np.arange(3), rows)
    with pytest.raises(InvalidValueError):
        index.search(rows, 1)


@pytest.mark.parametrize("k", [0, -1])
def test_fewer_than_one_result_is_refused(index: VectorIndex, k: int) -> None:
    with pytest.raises(InvalidValueError):
        index.search(unit_rows(1), k)


def test_a_negative_id_is_refused(index: VectorIndex) -> None:
    with pytest.raises(InvalidValueError):
        index.add(np.array([1, -1]), unit_rows(2))


# Among some rows only


@pytest.mark.parametrize("k", [1, 10, 400])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 1.0])
def test_among_some_ids_the_answers_are_those_of_an_index_of_these_alone(
    exact: VectorIndex, k: int, share: float
) -> None:
    ids, vectors, queries = scattered_ids(700), unit_rows(700), unit_rows(7, seed=2)
    exact.add(ids, vectors)
    among = np.random.default_rng(3).permutation(ids)[: round(share * len(ids))]
    rows = np.isin(ids, among)

    found = exact.search(queries, k, among)

    assert_same(found, brute_force(ids[rows], vectors[rows], queries, k))


def test_among_ids_that_are_not_stored_there_is_nothing(index: VectorIndex) -> None:
    index.add(np.arange(50), unit_rows(50))

    found = index.search(unit_rows(2, seed=2), 3, np.array([77, 99]))

    assert (found.ids == -1).all()
    assert np.isneginf(found.scores).all()


@pytest.mark.parametrize("copies", [50, 500])
def test_equal_rows_among_others_come_by_id(exact: VectorIndex, copies: int) -> None:
    distinct = unit_rows(3000)
    vectors = np.concatenate([distinct, np.repeat(distinct[:2], copies, axis=0)])
    ids = scattered_ids(len(vectors))
    exact.add(ids, vectors)
    among = ids[::2]

    found = exact.search(distinct[:2], copies // 4, among)

    assert_same(found, brute_force(among, vectors[::2], distinct[:2], copies // 4))


# Of an index that may miss rows


def assert_true(found: Neighbours, ids: Ids, vectors: Vectors, queries: Vectors) -> None:
    """Check scores, order, padding, and that nothing comes twice."""
    rows = dict(zip(ids.tolist(), vectors, strict=True))
    for query, some, scores in zip(queries, found.ids, found.scores, strict=True):
        given = [(-score, id) for id, score in zip(some.tolist(), scores, strict=True) if id >= 0]
        assert given == sorted(set(given))
        assert [-score for score, _ in given] == [
            np.float32(exact_dot(rows[id], query)) for _, id in given
        ]
        assert (some[len(given) :] == -1).all()
        assert np.isneginf(scores[len(given) :]).all()


def recall(found: Neighbours, best: Neighbours) -> float:
    pairs = zip(found.ids.tolist(), best.ids.tolist(), strict=True)
    return sum(len(set(some) & set(right)) for some, right in pairs) / best.ids.size


def recall_promised(request: pytest.FixtureRequest) -> float:
    return APPROXIMATE[request.node.callspec.params["approximate"]].recall_at_10


def test_most_of_the_best_are_found_and_all_scores_are_true(
    approximate: VectorIndex, request: pytest.FixtureRequest
) -> None:
    ids, vectors, queries = scattered_ids(3000), unit_rows(3000), unit_rows(20, seed=2)
    approximate.add(ids, vectors)

    found = approximate.search(queries, 10)

    assert_true(found, ids, vectors, queries)
    assert recall(found, brute_force(ids, vectors, queries, 10)) >= recall_promised(request)


@pytest.mark.parametrize("share", [0.01, 0.5])
def test_among_some_ids_most_of_the_best_of_these_are_found(
    approximate: VectorIndex, request: pytest.FixtureRequest, share: float
) -> None:
    ids, vectors, queries = scattered_ids(3000), unit_rows(3000), unit_rows(10, seed=2)
    approximate.add(ids, vectors)
    among = np.random.default_rng(3).permutation(ids)[: round(share * len(ids))]
    rows = np.isin(ids, among)

    found = approximate.search(queries, 10, among)

    assert set(found.ids.ravel().tolist()) <= {-1, *among.tolist()}
    assert_true(found, ids, vectors, queries)
    best = brute_force(ids[rows], vectors[rows], queries, 10)
    assert recall(found, best) >= recall_promised(request)


def test_what_was_removed_or_written_again_counts_at_once(
    approximate: VectorIndex, request: pytest.FixtureRequest
) -> None:
    ids, vectors, queries = scattered_ids(1000), unit_rows(1000), unit_rows(10, seed=2)
    approximate.add(ids, vectors)
    approximate.search(queries, 10)
    vectors[:200] = unit_rows(200, seed=5)

    approximate.add(ids[:200], vectors[:200])
    approximate.remove(ids[800:])
    found = approximate.search(queries, 10)

    assert len(approximate) == 800
    assert sorted(approximate.ids.tolist()) == sorted(ids[:800].tolist())
    assert_true(found, ids[:800], vectors[:800], queries)
    best = brute_force(ids[:800], vectors[:800], queries, 10)
    assert recall(found, best) >= recall_promised(request)
