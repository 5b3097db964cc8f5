"""What every store owes a gallery: it agrees with plain dictionaries, whatever happens to it.

A new store joins the list and must pass. The dictionaries are the second implementation: they say
in a few lines what a batch means, with no thought of files, transactions or speed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.catalog import Catalog
from sightline.errors import GalleryBusyError, GalleryClosedError, InvalidValueError
from sightline.protocols import GalleryStore
from sightline.types import (
    Batch,
    ChangedImage,
    Fault,
    Filters,
    Judgement,
    Moved,
    NewImage,
    NewVector,
    Question,
    Vectors,
)
from tests.catalog.catalog_rows import MODEL, OTHER, picture, unit_rows

STORES: dict[str, Callable[[Path], GalleryStore]] = {
    "SQLite": lambda folder: Catalog.open(folder / "catalog.sqlite", create=True)
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GalleryStore]:
    opened = STORES[request.param](tmp_path)
    yield opened
    opened.close()


class Dictionaries:
    """What a gallery knows, in dictionaries: pictures by path, vectors by path and model."""

    def __init__(self) -> None:
        self.images: dict[Path, NewImage] = {}
        self.others: dict[Path, Vectors] = {}
        self.faults: dict[Path, Fault] = {}

    def forget(self, path: Path) -> None:
        self.images.pop(path, None)
        self.others.pop(path, None)

    def arrive(self, image: NewImage) -> None:
        self.forget(image.path)
        self.faults.pop(image.path, None)
        self.images[image.path] = image

    def move(self, old: Path, new: Path) -> None:
        image, other = self.images.pop(old), self.others.pop(old, None)
        self.images[new] = replace(image, path=new)
        self.faults.pop(new, None)
        if other is not None:
            self.others[new] = other


def one_step(dice: random.Random, number: int, known: Dictionaries, ids: dict[Path, int]) -> Batch:
    """Return a batch, after it was done to the dictionaries."""
    there = sorted(known.images)
    what = dice.choice(["add", "add", "add", "change", "move", "remove", "fault", "embed"])
    if what == "add" or not there:
        new = [picture(number), picture(number + 1)]
        for image in new:
            known.arrive(image)
        return Batch(model=MODEL, added=new)
    path = dice.choice(there)
    if what == "change":
        image = picture(number, path.name)
        known.arrive(image)
        return Batch(model=MODEL, changed=[ChangedImage(ids[path], image)])
    if what == "move":
        target = path.with_name(f"moved-{number}.jpg")
        known.move(path, target)
        image = known.images[target]
        return Batch(moved=[Moved(target, image.size_bytes, image.mtime_ns, ids[path])])
    if what == "remove":
        known.forget(path)
        return Batch(removed=[ids[path]])
    if what == "fault":
        known.forget(path)
        known.faults[path] = Fault(path, number, number, "it is damaged")
        return Batch(faults=[known.faults[path]])
    known.others[path] = unit_rows(1, seed=number)[0]
    return Batch(model=OTHER, embedded=[NewVector(ids[path], known.others[path])])


def ids_in(store: GalleryStore) -> dict[Path, int]:
    return {path: file.id for path, file in store.files().items()}


def vectors_in(store: GalleryStore, other: bool = False) -> dict[int, Vectors]:
    with store.snapshot(OTHER if other else MODEL) as snapshot:
        return {
            int(id): row
            for ids, rows in snapshot.vectors()
            for id, row in zip(ids, rows, strict=True)
        }


def assert_agree(store: GalleryStore, known: Dictionaries) -> None:
    ids = ids_in(store)
    assert set(ids) == set(known.images)
    assert store.count() == len(known.images)
    assert {fault.path: fault for fault in store.faults()} == known.faults
    records = store.records(list(ids.values()))
    for path, image in known.images.items():
        record = records[ids[path]]
        assert record == store.record_at(path)
        assert (record.path, record.content_hash) == (path, image.content_hash)
        assert (record.size_bytes, record.taken_at) == (image.size_bytes, image.taken_at)
    for other, expected in ((False, {p: i.vector for p, i in known.images.items()}), (True, None)):
        rows = known.others if expected is None else expected
        found = vectors_in(store, other)
        assert set(found) == {ids[path] for path in rows}
        for path, row in rows.items():
            np.testing.assert_allclose(found[ids[path]], row, atol=1e-3)
    assert store.missing(MODEL) == 0
    assert set(store.matching(Filters(), MODEL)) == set(ids.values())


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_dictionaries_whatever_happens(store: GalleryStore, seed: int) -> None:
    dice, known = random.Random(seed), Dictionaries()
    for step in range(40):
        before = store.change
        batch = one_step(dice, 10 * step, known, ids_in(store))
        assert store.commit(batch) == store.change > before
        if step % 5 == 4:
            assert_agree(store, known)


@pytest.mark.parametrize("seed", range(3))
def test_what_came_and_went_since_a_change_is_enough_to_catch_up(
    store: GalleryStore, seed: int
) -> None:
    dice, known = random.Random(seed), Dictionaries()
    mirror: dict[int, Vectors] = {}
    seen = 0
    for step in range(30):
        store.commit(one_step(dice, 10 * step, known, ids_in(store)))
        if step % 4 == 3:
            with store.snapshot(MODEL) as snapshot:
                assert snapshot.knows(seen)
                for id in snapshot.removed(seen):
                    mirror.pop(int(id), None)
                for ids, rows in snapshot.vectors(since=seen):
                    mirror |= {int(id): row for id, row in zip(ids, rows, strict=True)}
                seen = snapshot.change
                assert snapshot.count == len(mirror)
            whole = vectors_in(store)
            assert mirror.keys() == whole.keys()
            assert all(np.array_equal(mirror[id], whole[id]) for id in whole)


def test_a_batch_is_stored_whole_or_not_at_all(store: GalleryStore) -> None:
    store.commit(Batch(model=MODEL, added=[picture(1)]))
    before = store.change

    with pytest.raises(InvalidValueError):
        store.commit(
            Batch(model=MODEL, added=[picture(2)], moved=[Moved(Path("/p/x.jpg"), 1, 1, 99)])
        )

    assert store.change == before
    assert [path.name for path in store.files()] == ["1.jpg"]


def test_an_empty_batch_is_no_change(store: GalleryStore) -> None:
    before = store.commit(Batch(folders=[Path("/pictures")]))
    assert store.commit(Batch()) == before == store.change


def test_a_snapshot_stays_as_it_was(store: GalleryStore) -> None:
    store.commit(Batch(model=MODEL, added=[picture(1)]))
    with store.snapshot(MODEL) as snapshot:
        store.commit(Batch(model=MODEL, added=[picture(2)]))
        assert (snapshot.count, snapshot.change < store.change) == (1, True)
        assert sum(len(ids) for ids, _ in snapshot.vectors()) == 1


def test_who_writes_alone_keeps_all_others_out(store: GalleryStore) -> None:
    with store.writer("sightline index", alone=True):
        store.commit(Batch(model=MODEL, added=[picture(1)]))
        with pytest.raises(GalleryBusyError), store.writer("sightline serve", join=True):
            pass
    assert store.count() == 1


def test_the_last_judgement_of_a_picture_counts_and_can_be_taken_back(store: GalleryStore) -> None:
    store.commit(Batch(model=MODEL, added=[picture(1)]))
    (id,) = ids_in(store).values()
    question = Question(text="a boat")
    bad, good = (Judgement(question, id, grade) for grade in (0, 1))

    store.judge([bad])
    store.judge([good])
    assert [(said.picture, said.grade) for said in store.judgements()] == [(id, 1)]
    assert store.take_back([good]) == 1
    assert store.judgements() == []


def test_settings_labels_and_texts_are_kept(store: GalleryStore) -> None:
    store.commit(Batch(model=MODEL, added=[picture(1)], settings={"model": "mini"}))
    (id,) = ids_in(store).values()
    before = store.commit(Batch(labels={id: ["sea", "boat"], 99: ["nobody"]}))
    store.keep_text("caption", "key", "a boat")

    assert store.setting("model") == "mini"
    assert store.setting("other") is None
    assert sorted(store.records([id])[id].labels) == ["boat", "sea"]
    assert [int(found) for found in store.matching(Filters(labels=["sea"]), MODEL)] == [id]
    assert store.kept_text("caption", "key") == "a boat"
    assert store.change == before, "a text that is kept changes nothing that is searched"


def test_after_it_was_closed_it_says_so(store: GalleryStore) -> None:
    store.close()
    with pytest.raises(GalleryClosedError):
        store.count()
