"""An index follows its catalog: after any history both give the same answers."""

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from sightline.catalog import Catalog, Snapshot
from sightline.errors import GalleryCorruptError
from sightline.indexes import (
    ExactIndex,
    IndexState,
    catch_up,
    index_state,
    open_index,
    save,
)
from sightline.types import Batch, ChangedImage, ModelSpec, Moved, NewImage, NewVector
from tests.catalog.catalog_rows import chunks_of, ids_of
from tests.indexes.index_rows import assert_same, brute_force, unit_rows

D = 24
MODEL = ModelSpec("mini", "aa" * 32, "bb" * 32, "cc" * 32, "float32", D)
OTHER = ModelSpec("large", "dd" * 32, "ee" * 32, "", "int8", D)
QUERIES = unit_rows(4, seed=99)


def picture(number: int) -> NewImage:
    path = Path(f"/pictures/{number}.jpg")
    vector = unit_rows(1, seed=number)[0]
    return NewImage(path, 1, number, f"{number:040x}", 4, 3, "PNG", None, vector)


def add(catalog: Catalog, *numbers: int) -> int:
    return catalog.commit(Batch(model=MODEL, added=[picture(number) for number in numbers]))


def assert_agree(index: ExactIndex, catalog: Catalog) -> None:
    chunks = list(chunks_of(catalog, MODEL))
    ids = np.concatenate([np.empty(0, dtype=np.int64), *(ids for ids, _ in chunks)])
    vectors = np.concatenate([unit_rows(0), *(rows for _, rows in chunks)])
    assert len(index) == len(ids)
    assert_same(index.search(QUERIES, 15), brute_force(ids, vectors, QUERIES, 15))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.bin"


def random_batch(catalog: Catalog, dice: random.Random, fresh: Iterator[int]) -> Batch:
    known = ids_of(catalog, MODEL)
    dice.shuffle(known)
    removed, changed, moved = known[:1], known[1:3], known[3:5]
    records = catalog.records(known)
    return Batch(
        model=MODEL,
        added=[picture(next(fresh)) for _ in range(dice.randrange(4))],
        removed=removed if dice.random() < 0.6 else [],
        changed=[ChangedImage(id, picture(next(fresh))) for id in changed if dice.random() < 0.5],
        moved=[
            Moved(records[id].path.with_suffix(f".{next(fresh)}"), 1, 1, id)
            for id in moved
            if dice.random() < 0.5
        ],
        embedded=[
            NewVector(id, unit_rows(1, seed=next(fresh))[0])
            for id in known[5:6]
            if dice.random() < 0.3
        ],
    )


@pytest.mark.parametrize("seed", range(6))
def test_after_any_history_an_index_that_followed_equals_the_catalog(
    catalog: Catalog, path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    fresh = iter(range(10**6))
    following, at = ExactIndex(D), 0
    for step in range(40):
        catalog.commit(random_batch(catalog, dice, fresh))
        if dice.random() < 0.2:  # another model's vectors must not leak in
            known = ids_of(catalog, MODEL)[:2]
            rows = [NewVector(id, unit_rows(1, seed=step)[0]) for id in known]
            catalog.commit(Batch(model=OTHER, embedded=rows))
        if dice.random() < 0.5:
            with catalog.snapshot(MODEL) as snapshot:
                done = catch_up(following, snapshot, at)
            assert not done.rebuilt
            at = done.change
            assert_agree(following, catalog)
        if dice.random() < 0.3:
            opened = open_index(catalog, MODEL, path)
            assert not opened.caught_up.rebuilt
            assert_agree(opened.index, catalog)
            save(opened.index, path, opened.change, MODEL)
            assert index_state(catalog, MODEL, path) is IndexState.CURRENT


def test_only_what_changed_is_written(catalog: Catalog, path: Path) -> None:
    add(catalog, *range(20))
    opened = open_index(catalog, MODEL, path)
    assert (opened.state, opened.caught_up.written) == (IndexState.MISSING, 20)
    save(opened.index, path, opened.change, MODEL)
    again = open_index(catalog, MODEL, path)
    assert (again.state, again.caught_up.written) == (IndexState.CURRENT, 0)

    id = ids_of(catalog, MODEL)[0]
    catalog.commit(Batch(model=MODEL, changed=[ChangedImage(id, picture(70))], removed=[id + 1]))

    assert index_state(catalog, MODEL, path) is IndexState.STALE
    later = open_index(catalog, MODEL, path)
    assert later.state is IndexState.STALE
    assert (later.caught_up.written, later.caught_up.removed) == (1, 1)
    assert not later.caught_up.rebuilt
    assert later.change == catalog.change
    assert_agree(later.index, catalog)


def test_a_damaged_file_is_replaced_from_the_catalog(catalog: Catalog, path: Path) -> None:
    add(catalog, *range(20))
    path.write_bytes(b"damaged")

    opened = open_index(catalog, MODEL, path)

    assert index_state(catalog, MODEL, path) is IndexState.UNREADABLE
    assert opened.state is IndexState.UNREADABLE
    assert_agree(opened.index, catalog)
    assert path.read_bytes() == b"damaged", "opening writes nothing"


def test_another_model_s_file_is_not_used(catalog: Catalog, path: Path) -> None:
    add(catalog, *range(20))
    save(ExactIndex(D), path, catalog.change, OTHER)

    opened = open_index(catalog, MODEL, path)

    assert opened.state is IndexState.STALE
    assert_agree(opened.index, catalog)


def test_a_model_without_vectors_has_an_empty_index(catalog: Catalog, path: Path) -> None:
    add(catalog, 1)

    opened = open_index(catalog, OTHER, path)

    assert len(opened.index) == 0
    assert opened.change == catalog.change


def test_a_restored_backup_is_not_mixed_with_the_index_of_the_lost_time(tmp_path: Path) -> None:
    path, index = tmp_path / "catalog.sqlite", tmp_path / "index.bin"
    with Catalog.open(path, create=True) as catalog:
        add(catalog, *range(10))
        first = ids_of(catalog, MODEL)[0]
    backup = path.read_bytes()
    with Catalog.open(path) as catalog:
        # A vector that the backup does not have, under an id that it does have.
        catalog.commit(Batch(model=MODEL, changed=[ChangedImage(first, picture(50))]))
        opened = open_index(catalog, MODEL, index)
        save(opened.index, index, opened.change, MODEL)
    path.write_bytes(backup)

    with Catalog.open(path) as catalog:
        # As many changes as were lost, and one that leaves all ids as they were; then some more.
        catalog.commit(Batch(folders=[Path("/pictures")]))
        for number in range(20, 30):
            add(catalog, number)
        opened = open_index(catalog, MODEL, index)

        assert opened.state is IndexState.STALE
        assert opened.caught_up.rebuilt
        assert_agree(opened.index, catalog)


class CountingSnapshot:
    """A snapshot that forbids what takes longer the more vectors there are."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def __getattr__(self, name: str) -> object:
        assert name not in {"ids", "verify"}, "all rows are read for a small change"
        return getattr(self._snapshot, name)


def test_a_small_change_is_followed_without_reading_all_ids(catalog: Catalog) -> None:
    at = add(catalog, *range(20))
    index = ExactIndex(D)
    with catalog.snapshot(MODEL) as snapshot:
        catch_up(index, snapshot, 0)
    steps = [
        (Batch(settings={"model": "mini"}), 0, 0),
        (Batch(model=MODEL, added=[picture(30)]), 0, 1),
        (Batch(model=MODEL, changed=[ChangedImage(3, picture(31))]), 0, 1),
        (Batch(model=MODEL, added=[picture(32)], removed=[5, 6]), 2, 1),
    ]
    for batch, removed, written in steps:
        catalog.commit(batch)

        with catalog.snapshot(MODEL) as snapshot:
            done = catch_up(index, cast("Snapshot", CountingSnapshot(snapshot)), at)

        assert (done.removed, done.written, done.rebuilt) == (removed, written, False)
        assert done.is_nothing is (removed == written == 0)
        at = done.change
        assert_agree(index, catalog)


def test_a_change_that_leaves_all_vectors_alone_leaves_the_file_current(
    catalog: Catalog, path: Path
) -> None:
    save_index(catalog, path, add(catalog, *range(20)))
    rows = [NewVector(1, unit_rows(1)[0])]

    catalog.commit(Batch(settings={"model": "mini"}))
    catalog.commit(Batch(model=OTHER, embedded=rows))

    assert index_state(catalog, MODEL, path) is IndexState.CURRENT
    opened = open_index(catalog, MODEL, path)
    assert (opened.state, opened.change) == (IndexState.CURRENT, catalog.change)
    assert_agree(opened.index, catalog)


def save_index(catalog: Catalog, path: Path, change: int) -> None:
    opened = open_index(catalog, MODEL, path)
    assert opened.change == change
    save(opened.index, path, change, MODEL)


def test_a_catalog_that_forgot_the_model_of_an_index_is_damaged(
    catalog: Catalog, path: Path
) -> None:
    save_index(catalog, path, add(catalog, *range(20)))
    connection = sqlite3.connect(catalog.path)
    with closing(connection), connection:
        connection.execute("UPDATE models SET digest = 'garbage'")

    with pytest.raises(GalleryCorruptError, match="model"):
        open_index(catalog, MODEL, path)


@pytest.mark.parametrize("file", ["missing", "of a lost time"])
def test_a_catalog_whose_rows_went_without_a_change_is_damaged(
    catalog: Catalog, path: Path, file: str
) -> None:
    change = add(catalog, *range(20))
    connection = sqlite3.connect(catalog.path)
    with closing(connection), connection:
        connection.execute("DROP TRIGGER record_removal")
        connection.execute("DELETE FROM vectors WHERE image_id < 5")
    if file == "of a lost time":
        save(ExactIndex(D), path, change + 1, MODEL)

    with pytest.raises(GalleryCorruptError, match="16 vectors of a model instead of 20"):
        open_index(catalog, MODEL, path)


def test_random_damage_never_makes_a_gallery_look_empty(tmp_path: Path) -> None:
    catalog_file, index_file = tmp_path / "catalog.sqlite", tmp_path / "index.bin"
    with Catalog.open(catalog_file, create=True) as catalog:
        save_index(catalog, index_file, add(catalog, *range(40)))
    whole = catalog_file.read_bytes()
    dice = random.Random(7)
    refused = 0
    for start in range(0, len(whole), 5000):
        length = min(100_000, len(whole) - start)
        catalog_file.write_bytes(whole[:start] + dice.randbytes(length) + whole[start + length :])
        try:
            with Catalog.open(catalog_file) as catalog:
                opened = open_index(catalog, MODEL, index_file)
                assert len(opened.index) == 40, start
        except GalleryCorruptError:
            refused += 1
        for leftover in tmp_path.glob("catalog.sqlite-*"):
            leftover.unlink()
    assert refused > 5


def test_an_index_that_lost_rows_is_filled_afresh(catalog: Catalog, path: Path) -> None:
    change = add(catalog, *range(20))
    opened = open_index(catalog, MODEL, path)
    opened.index.remove(np.array(ids_of(catalog, MODEL)[:3]))
    save(opened.index, path, change, MODEL)

    again = open_index(catalog, MODEL, path)

    assert again.caught_up.rebuilt
    assert again.state is IndexState.STALE, "so that it is written again"
    assert_agree(again.index, catalog)
