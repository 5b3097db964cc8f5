import warnings

import faiss
import numpy as np
import pytest

from sightline.errors import GpuSearchWarning
from sightline.indexes import ExactIndex, exact
from sightline.indexes.gpu import gpu_error_bound
from sightline.types import Ids, Vectors
from tests.indexes.index_rows import assert_same, brute_force, unit_rows
from tests.indexes.stand_in_gpu import StandInGpu, summed_badly


def filled(count: int = 300) -> tuple[ExactIndex, Ids, Vectors]:
    ids, vectors = np.arange(count) * 3, unit_rows(count)
    index = ExactIndex(24)
    index.add(ids, vectors)
    return index, ids, vectors


@pytest.mark.parametrize("dimensions", [24, 256, 768])
def test_rough_scores_are_within_their_bound(dimensions: int) -> None:
    # Numbers in the middle between two that float16 knows, all rounded the same way: the worst.
    dice = np.random.default_rng(2)
    exponents = dice.integers(-9, -4, (50, dimensions))
    middle = np.ldexp(1 + 2.0**-11, exponents).astype(np.float32)
    tiny = np.where(dice.random((50, dimensions)) < 0.3, np.float32(2.0**-24 * 1.49), middle)
    for rows in (unit_rows(50, dimensions), middle, tiny):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True).astype(np.float32)
        rough = summed_badly(rows.astype(np.float16), rows.astype(np.float16))
        right = rows.astype(np.float64) @ rows.T.astype(np.float64)
        bounds = np.array([gpu_error_bound(row) for row in rows])[:, np.newaxis]
        assert (np.abs(rough - right) <= bounds).all()


def test_the_bound_is_not_wider_than_rounding_can_reach() -> None:
    # Each number is a hair below the middle, so that float16 takes it down as far as it can.
    row = np.full(256, 2.0**-4 * (1 + 2.0**-11 - 2.0**-20), dtype=np.float32)[np.newaxis]
    rough = row.astype(np.float16).astype(np.float64) @ row.astype(np.float16).T

    error = abs(float(rough.item()) - float((row.astype(np.float64) ** 2).sum()))

    assert 0.8 * gpu_error_bound(row[0]) <= error <= gpu_error_bound(row[0])


@pytest.mark.parametrize("k", [1, 10, 250])
def test_a_gpu_changes_no_result(monkeypatch: pytest.MonkeyPatch, k: int) -> None:
    device = StandInGpu().install(monkeypatch)
    index, ids, vectors = filled()
    queries = unit_rows(7, seed=2)

    for _ in range(2):
        assert_same(index.search(queries, k), brute_force(ids, vectors, queries, k))

    assert device.copies == [300], "the rows are copied once"
    assert device.searches == [7, 7]


def test_what_a_gpu_cannot_tell_apart_is_looked_at_on_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Hundreds of rows nearer to each other than float16 can tell, so proposals prove nothing.
    vectors = np.repeat(unit_rows(1), 400, axis=0)
    vectors[:, 0] += np.linspace(0, 1e-5, 400, dtype=np.float32)
    ids = np.arange(400)[::-1].copy()
    device = StandInGpu().install(monkeypatch)
    index = ExactIndex(24)
    index.add(ids, vectors)
    looked: list[float] = []
    within_reach = exact._within_reach

    def counted(rows: Vectors, query: Vectors, least: float, eligible: Ids | None) -> Ids:
        looked.append(least)
        return within_reach(rows, query, least, eligible)

    monkeypatch.setattr(exact, "_within_reach", counted)

    assert_same(index.search(vectors[:2], 5), brute_force(ids, vectors, vectors[:2], 5))
    assert device.searches == [2]
    assert len(looked) == 2


def test_a_search_alone_does_not_start_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    device = StandInGpu().install(monkeypatch, worth=4)
    index, _, vectors = filled()

    for _ in range(3):
        index.search(vectors[:1], 5)
    assert device.copies == []
    index.search(vectors[:1], 5)

    assert (device.copies, device.searches) == ([300], [1])


def test_a_batch_of_queries_starts_the_gpu_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    device = StandInGpu().install(monkeypatch, worth=4)
    index, _, vectors = filled()

    index.search(vectors[:5], 5)

    assert device.searches == [5]


def test_a_small_index_stays_on_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    device = StandInGpu().install(monkeypatch)
    index, _, vectors = filled(39)

    index.search(vectors, 5)

    assert device.copies == []


def test_more_results_than_a_gpu_selects_are_found_on_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = StandInGpu().install(monkeypatch)
    index, ids, vectors = filled(2200)

    found = index.search(vectors[:1], 2048)

    assert device.searches == []
    assert_same(found, brute_force(ids, vectors, vectors[:1], 2048))
    index.search(vectors[:1], 2047)
    assert device.searches == [1]


def test_changed_rows_are_copied_anew_when_it_is_worth_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = StandInGpu().install(monkeypatch, worth=2)
    index, ids, vectors = filled()
    index.search(vectors[:2], 5)
    index.remove(ids[:100])

    for _ in range(2):
        found = index.search(vectors[:1], 5)
        assert_same(found, brute_force(ids[100:], vectors[100:], vectors[:1], 5))
    index.add(ids[:1], vectors[:1])
    found = index.search(vectors[:2], 5)

    kept = np.r_[0, 100:300]
    assert_same(found, brute_force(ids[kept], vectors[kept], vectors[:2], 5))
    assert device.copies == [300, 200, 201]


def test_a_gpu_without_room_leaves_the_search_to_the_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    device = StandInGpu(room=100).install(monkeypatch)
    index, ids, vectors = filled()

    with pytest.warns(GpuSearchWarning, match="out of memory"):
        found = index.search(vectors[:3], 5)

    assert_same(found, brute_force(ids, vectors, vectors[:3], 5))
    index.search(vectors[:3], 5)  # and says so once
    assert device.copies == []


def test_a_gpu_that_fails_later_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    device = StandInGpu().install(monkeypatch)
    index, ids, vectors = filled()
    index.search(vectors[:3], 5)
    device.broken = True

    with pytest.warns(GpuSearchWarning, match="unspecified launch failure"):
        found = index.search(vectors[:3], 5)

    assert_same(found, brute_force(ids, vectors, vectors[:3], 5))


def test_without_a_gpu_nobody_hears_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    StandInGpu().install(monkeypatch)
    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 0)
    index, ids, vectors = filled()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            found = index.search(vectors[:3], 5)

    assert_same(found, brute_force(ids, vectors, vectors[:3], 5))
