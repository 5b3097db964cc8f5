import threading

import numpy as np
import pytest

from sightline.errors import InvalidValueError
from sightline.indexes import ExactIndex, exact
from tests.indexes.index_rows import assert_same, brute_force, unit_rows


def test_an_index_has_at_least_one_dimension() -> None:
    with pytest.raises(InvalidValueError):
        ExactIndex(0)


def test_room_made_beforehand_changes_no_result() -> None:
    ids, vectors = np.arange(90), unit_rows(90)
    for capacity in (0, 1, 90, 500):
        index = ExactIndex(24, capacity=capacity)
        for i in range(0, 90, 9):
            index.add(ids[i : i + 9], vectors[i : i + 9])
        assert len(index) == 90
        assert_same(index.search(vectors[:5], 9), brute_force(ids, vectors, vectors[:5], 9))


def test_proposals_that_prove_nothing_lead_to_a_look_at_all_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # FAISS is replaced by one that proposes too few of many near ties: the worst it may do.
    vectors = np.repeat(unit_rows(1), 1000, axis=0)
    vectors[:, 0] += np.linspace(0, 1e-6, 1000, dtype=np.float32)
    ids = np.arange(1000)[::-1].copy()
    index = ExactIndex(24)
    index.add(ids, vectors)
    looked = 0
    within_reach = exact._within_reach

    def counted(*arguments: object) -> object:
        nonlocal looked
        looked += 1
        return within_reach(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exact, "_within_reach", counted)

    assert_same(index.search(vectors[:2], 10), brute_force(ids, vectors, vectors[:2], 10))
    assert looked == 2


def test_memory_that_nothing_was_written_to_is_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Where all rows are proposed there are no rough scores. What memory holds by chance may be a
    # signalling NaN, which warns as soon as something is added to it.
    empty = np.empty

    def worst(shape: tuple[int, ...], dtype: type) -> np.ndarray:
        made: np.ndarray = empty(shape, dtype=dtype)
        if dtype is np.float32:
            made.view(np.uint32)[...] = 0x7FA00000
        return made

    index = ExactIndex(24)
    index.add(np.arange(3), unit_rows(3))
    monkeypatch.setattr(np, "empty", worst)

    assert index.search(unit_rows(3), 3).ids.shape == (3, 3)


def test_a_search_sees_the_rows_as_they_were_when_it_began() -> None:
    # Two states that alternate; a search that saw a mixture would match neither.
    ids = np.arange(2000)
    states = [unit_rows(2000, seed=seed) for seed in (1, 2)]
    query = unit_rows(1, seed=3)
    expected = [brute_force(ids, rows, query, 5).ids.tolist() for rows in states]
    index = ExactIndex(24)
    index.add(ids, states[0])
    finished = threading.Event()
    seen: list[list[list[int]]] = []

    def search() -> None:
        while not finished.is_set():
            seen.append(index.search(query, 5).ids.tolist())

    searcher = threading.Thread(target=search)
    searcher.start()
    for i in range(30):
        index.add(ids, states[(i + 1) % 2])
    finished.set()
    searcher.join()

    assert seen
    assert all(found in expected for found in seen)
