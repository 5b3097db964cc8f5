import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.catalog import Catalog, dequantise, quantise
from sightline.errors import (
    GalleryClosedError,
    GalleryCorruptError,
    GalleryNotFoundError,
    InvalidValueError,
    NotReadableError,
    SightlineError,
    VectorShapeError,
)
from sightline.types import Batch, ChangedImage, Fault, ImageRecord, ModelSpec, Moved, NewVector
from tests.catalog.catalog_rows import (
    MODEL,
    OTHER,
    chunks_of,
    ids_by_name,
    ids_in,
    ids_of,
    picture,
    unit_rows,
    vectors_by_id,
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def test_what_was_committed_is_read_back_exactly(catalog: Catalog) -> None:
    image = picture(7)

    catalog.commit(Batch(model=MODEL, added=[image], folders=[Path("/pictures")]))

    (id,) = ids_by_name(catalog).values()
    record = ImageRecord(
        id=id,
        path=Path("/pictures/7.jpg"),
        size_bytes=1007,
        mtime_ns=1_700_000_000_000_000_007,
        content_hash=f"{7:040x}",
        width_px=640,
        height_px=480,
        format="JPEG",
        taken_at="2024-05-01T12:00:00",
    )
    assert catalog.records([id]) == {id: record}
    assert catalog.record_at(Path("/pictures/7.jpg")) == record
    assert catalog.record_at(Path("/pictures/8.jpg")) is None
    assert catalog.folders() == (Path("/pictures"),)
    assert catalog.models() == {MODEL: 1}
    assert catalog.count() == 1
    expected = dequantise(quantise(image.vector[np.newaxis]))[0]
    assert vectors_by_id(catalog)[id].tobytes() == expected.tobytes()


def test_a_new_catalog_is_empty(catalog: Catalog) -> None:
    assert catalog.change == 0
    assert catalog.count() == 0
    assert catalog.files() == {}
    assert catalog.faults() == []
    assert catalog.folders() == ()
    assert catalog.models() == {}
    assert catalog.missing(MODEL) == 0
    assert ids_of(catalog, MODEL) == []
    assert list(chunks_of(catalog, MODEL)) == []
    assert catalog.record_with("00", MODEL) is None
    assert catalog.vector(1, MODEL) is None
    assert catalog.records([]) == {}


def test_the_change_number_rises_with_each_commit_and_survives_reopening(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    with Catalog.open(path, create=True) as catalog:
        numbers = [catalog.commit(Batch(model=MODEL, added=[picture(i)])) for i in range(5)]
        assert catalog.commit(Batch(model=MODEL)) == numbers[-1], "an empty batch is no change"

    assert numbers == sorted(set(numbers))
    with Catalog.open(path) as catalog:
        assert catalog.change == numbers[-1]


def test_only_vectors_written_after_a_change_are_given_since_it(catalog: Catalog) -> None:
    first = catalog.commit(Batch(model=MODEL, added=[picture(i) for i in range(3)]))
    ids = ids_by_name(catalog)
    again = picture(9, name="1.jpg")
    second = catalog.commit(
        Batch(model=MODEL, added=[picture(5)], changed=[ChangedImage(ids["1.jpg"], again)])
    )

    assert set(vectors_by_id(catalog, since=0)) == {*ids.values(), ids_by_name(catalog)["5.jpg"]}
    assert set(vectors_by_id(catalog, since=first)) == {
        ids["1.jpg"],
        ids_by_name(catalog)["5.jpg"],
    }
    assert vectors_by_id(catalog, since=second) == {}


def test_two_files_may_swap_names_in_one_batch(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1, "a.jpg"), picture(2, "b.jpg")]))
    before = ids_by_name(catalog)

    catalog.commit(
        Batch(
            moved=[
                Moved(Path("/pictures/b.jpg"), 1, 2, before["a.jpg"]),
                Moved(Path("/pictures/a.jpg"), 3, 4, before["b.jpg"]),
            ]
        )
    )

    assert ids_by_name(catalog) == {"a.jpg": before["b.jpg"], "b.jpg": before["a.jpg"]}
    moved = catalog.records([before["a.jpg"]])[before["a.jpg"]]
    assert (moved.size_bytes, moved.mtime_ns, moved.content_hash) == (1, 2, f"{1:040x}")
    assert len(vectors_by_id(catalog)) == 2


def test_a_chain_of_moves_ends_on_a_path_that_is_removed_in_the_same_batch(
    catalog: Catalog,
) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(i, f"{i}.jpg") for i in range(4)]))
    ids = ids_by_name(catalog)

    catalog.commit(
        Batch(
            model=MODEL,
            moved=[Moved(Path(f"/pictures/{i + 1}.jpg"), 1, 1, ids[f"{i}.jpg"]) for i in range(3)],
            removed=[ids["3.jpg"]],
            added=[picture(9, "0.jpg")],
        )
    )

    after = ids_by_name(catalog)
    assert [after[f"{i + 1}.jpg"] for i in range(3)] == [ids[f"{i}.jpg"] for i in range(3)]
    assert after["0.jpg"] not in ids.values(), "an id is never given again"
    assert ids["3.jpg"] not in ids_of(catalog, MODEL)


def test_new_content_drops_the_vectors_of_all_other_models(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1), picture(2)]))
    ids = ids_by_name(catalog)
    rows = unit_rows(2, seed=50)
    catalog.commit(
        Batch(
            model=OTHER,
            embedded=[NewVector(ids["1.jpg"], rows[0]), NewVector(ids["2.jpg"], rows[1])],
        )
    )
    assert catalog.models() == {MODEL: 2, OTHER: 2}

    catalog.commit(
        Batch(model=MODEL, changed=[ChangedImage(ids["1.jpg"], picture(8, name="1.jpg"))])
    )

    assert catalog.models() == {MODEL: 2, OTHER: 1}
    assert ids_of(catalog, OTHER) == [ids["2.jpg"]]
    assert catalog.records([ids["1.jpg"]])[ids["1.jpg"]].content_hash == f"{8:040x}"
    assert {path.name: file.has_vector for path, file in catalog.files(OTHER).items()} == {
        "1.jpg": False,
        "2.jpg": True,
    }


def test_models_that_differ_in_anything_are_kept_apart(catalog: Catalog) -> None:
    specs = [
        MODEL,
        replace(MODEL, digest="00" * 32),
        replace(MODEL, preprocessing=""),
        replace(MODEL, tokenizer=""),
        replace(MODEL, precision="int8"),
        replace(MODEL, dimensions=8),
    ]

    catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    rows = {spec: unit_rows(1, seed=i, dimensions=spec.dimensions) for i, spec in enumerate(specs)}

    for spec in [*specs, *specs]:
        catalog.commit(Batch(model=spec, embedded=[NewVector(1, rows[spec][0])]))

    assert list(catalog.models().items()) == [(spec, 1) for spec in specs]
    for spec in specs:
        expected = dequantise(quantise(rows[spec]))[0]
        assert vectors_by_id(catalog, spec)[1].tobytes() == expected.tobytes()


def test_a_fault_forgets_the_picture_and_an_indexed_picture_forgets_the_fault(
    catalog: Catalog,
) -> None:
    path = Path("/pictures/1.jpg")
    catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    catalog.commit(Batch(faults=[Fault(path, 10, 20, "cut off")]))

    assert catalog.record_at(path) is None
    assert ids_of(catalog, MODEL) == []
    assert catalog.faults() == [Fault(path, 10, 20, "cut off")]

    catalog.commit(Batch(faults=[Fault(path, 11, 21, "still cut off")]))
    assert catalog.faults() == [Fault(path, 11, 21, "still cut off")]

    catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    assert catalog.faults() == []


def test_a_moved_picture_survives_a_fault_on_the_path_it_left(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1, "a.jpg")]))
    id = ids_by_name(catalog)["a.jpg"]

    catalog.commit(
        Batch(
            moved=[Moved(Path("/pictures/b.jpg"), 1, 1, id)],
            faults=[Fault(Path("/pictures/a.jpg"), 0, 0, "empty")],
        )
    )

    assert ids_by_name(catalog) == {"b.jpg": id}
    assert [fault.path.name for fault in catalog.faults()] == ["a.jpg"]


def test_faults_and_folders_can_be_cleared(catalog: Catalog) -> None:
    paths = [Path("/pictures/x.jpg"), Path("/pictures/y.jpg")]
    catalog.commit(
        Batch(faults=[Fault(path, 1, 1, "bad") for path in paths], folders=[Path("/a"), Path("/b")])
    )
    catalog.commit(Batch(folders=[Path("/a")]))

    catalog.commit(Batch(cleared=paths[:1], removed_folders=[Path("/a")]))

    assert [fault.path for fault in catalog.faults()] == paths[1:]
    assert catalog.folders() == (Path("/b"),)


def test_touching_changes_size_and_time_only(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    (id,) = ids_by_name(catalog).values()
    before = catalog.records([id])[id]

    catalog.commit(Batch(moved=[Moved(before.path, 5, 6, id)]))

    assert catalog.records([id])[id] == replace(before, size_bytes=5, mtime_ns=6)


def test_copies_share_a_content_hash_and_lend_each_other_their_vector(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1, "a.jpg")]))
    content = f"{1:040x}"
    lender = catalog.record_with(content, MODEL)
    assert lender is not None
    lent = catalog.vector(lender.id, MODEL)
    assert lent is not None
    assert catalog.record_with(content, OTHER) is None
    assert catalog.vector(lender.id, OTHER) is None

    catalog.commit(Batch(model=MODEL, added=[picture(1, "b.jpg", vector=lent)]))

    first, second = vectors_by_id(catalog).values()
    assert first.tobytes() == second.tobytes(), "a copied vector does not drift"


def test_a_picture_with_some_content_is_found_if_the_model_has_seen_it(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    found = catalog.record_with(f"{1:040x}", MODEL)

    assert found == catalog.record_at(Path("/pictures/1.jpg"))
    assert catalog.record_with(f"{1:040x}", OTHER) is None
    assert catalog.record_with(f"{2:040x}", MODEL) is None


def test_settings_are_remembered_and_replaced(catalog: Catalog) -> None:
    assert catalog.setting("model") is None
    catalog.commit(Batch(settings={"model": "mini", "colour": "red"}))

    catalog.commit(Batch(settings={"model": "large"}))

    assert (catalog.setting("model"), catalog.setting("colour")) == ("large", "red")


def test_removing_passes_over_unknown_ids(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1), picture(2)]))
    ids = ids_by_name(catalog)

    for _ in range(2):
        catalog.commit(Batch(removed=[ids["1.jpg"], 999]))
        assert ids_by_name(catalog) == {"2.jpg": ids["2.jpg"]}
        assert ids_of(catalog, MODEL) == [ids["2.jpg"]]


def test_vectors_are_counted_through_whatever_happens_to_them(catalog: Catalog) -> None:
    def counted() -> dict[ModelSpec, int]:
        return {spec: len(ids_of(catalog, spec)) for spec in catalog.models()}

    rows = unit_rows(4, seed=9)
    steps = [
        (Batch(model=MODEL, added=[picture(i) for i in range(1, 7)]), 0, 6),
        (Batch(model=OTHER, embedded=[NewVector(i + 1, rows[i]) for i in range(4)]), 0, 2),
        (Batch(model=MODEL, embedded=[NewVector(1, rows[0])]), 0, 2),
        (Batch(model=MODEL, changed=[ChangedImage(2, picture(8, "2.jpg"))]), 0, 3),
        (Batch(model=OTHER, changed=[ChangedImage(1, picture(9, "1.jpg"))]), 1, 3),
        (Batch(removed=[3, 6, 99]), 1, 2),
        (Batch(faults=[Fault(Path("/pictures/4.jpg"), 1, 1, "cut off")]), 1, 2),
        (Batch(moved=[Moved(Path("/pictures/50.jpg"), 1, 1, 5)]), 1, 2),
    ]
    for step, (batch, without_model, without_other) in enumerate(steps):
        catalog.commit(batch)

        assert catalog.models() == counted(), step
        assert catalog.missing(MODEL) == without_model, step
        assert catalog.missing(OTHER) == without_other, step
        with catalog.snapshot(MODEL) as snapshot:
            assert snapshot.count == len(ids_in(snapshot)), step


def test_removals_since_a_change_are_those_that_still_hold(catalog: Catalog) -> None:
    def removed(since: int, model: ModelSpec = MODEL) -> list[int]:
        with catalog.snapshot(model) as snapshot:
            return sorted(snapshot.removed(since).tolist())

    row = unit_rows(1)[0]
    first = catalog.commit(Batch(model=MODEL, added=[picture(i) for i in range(1, 5)]))
    catalog.commit(Batch(model=OTHER, embedded=[NewVector(1, row), NewVector(2, row)]))
    second = catalog.commit(Batch(removed=[4]))
    assert (removed(0), removed(first), removed(second)) == ([4], [4], [])
    assert removed(0, OTHER) == []

    third = catalog.commit(
        Batch(model=MODEL, changed=[ChangedImage(1, picture(7, "1.jpg"))], removed=[3])
    )
    assert (removed(first), removed(second), removed(third)) == ([3, 4], [3], [])
    with closing(sqlite3.connect(catalog.path)) as connection:
        rows = connection.execute("SELECT model_id, image_id FROM removals ORDER BY 1, 2")
        assert rows.fetchall() == [(1, 3), (1, 4), (2, 1)], "a new vector is no removal"
    assert removed(second, OTHER) == [1], "another model's vector of the old content is gone"

    catalog.commit(Batch(model=OTHER, embedded=[NewVector(1, row)]))
    assert removed(0, OTHER) == [], "it has one again"


def test_a_snapshot_tells_whether_the_model_s_vectors_changed(catalog: Catalog) -> None:
    def differs(since: int, model: ModelSpec) -> bool:
        with catalog.snapshot(model) as snapshot:
            return snapshot.differs_from(since)

    first = catalog.commit(Batch(model=MODEL, added=[picture(1), picture(2)]))
    second = catalog.commit(Batch(settings={"model": "mini"}, folders=[Path("/pictures")]))
    third = catalog.commit(Batch(model=OTHER, embedded=[NewVector(1, unit_rows(1)[0])]))
    assert [differs(since, MODEL) for since in (0, first, second)] == [True, False, False]
    assert [differs(since, OTHER) for since in (second, third)] == [True, False]

    catalog.commit(Batch(removed=[2]))
    assert (differs(third, MODEL), differs(third, OTHER)) == (True, False)


def test_records_of_more_ids_than_a_statement_has_room_for(catalog: Catalog) -> None:
    rows = unit_rows(2500)
    catalog.commit(Batch(model=MODEL, added=[picture(i, vector=row) for i, row in enumerate(rows)]))
    ids = ids_of(catalog, MODEL)

    records = catalog.records([*ids, 10**9])

    assert sorted(records) == ids
    assert catalog.records(np.array(ids)).keys() == records.keys(), "numpy integers do as well"


def test_vectors_come_in_chunks_and_each_once(catalog: Catalog) -> None:
    rows = unit_rows(10_000)
    catalog.commit(Batch(model=MODEL, added=[picture(i, vector=row) for i, row in enumerate(rows)]))

    chunks = list(chunks_of(catalog, MODEL))

    assert [len(ids) for ids, _ in chunks] == [8192, 1808]
    ids = np.concatenate([ids for ids, _ in chunks])
    assert np.sort(ids).tolist() == ids_of(catalog, MODEL)
    stored = np.concatenate([vectors for _, vectors in chunks])[np.argsort(ids)]
    assert stored.tobytes() == dequantise(quantise(rows)).tobytes()


@pytest.mark.parametrize(
    "wrong",
    [
        Batch(moved=[Moved(Path("/pictures/2.jpg"), 1, 1, 99)]),
        Batch(moved=[Moved(Path("/z"), 1, 1, 99)]),
        Batch(model=MODEL, changed=[ChangedImage(99, picture(3))]),
        Batch(model=MODEL, embedded=[NewVector(99, unit_rows(1)[0])]),
        Batch(model=MODEL, added=[picture(1)]),
        Batch(model=MODEL, added=[picture(3), picture(3)]),
        Batch(moved=[Moved(Path("/pictures/2.jpg"), 1, 1, 1)]),
        Batch(model=MODEL, added=[picture(3, vector=np.full(16, np.nan, dtype=np.float32))]),
        Batch(model=MODEL, added=[picture(3, vector=np.ones(16, dtype=np.float32))]),
        Batch(added=[picture(3)]),
    ],
)
def test_a_batch_with_a_contradiction_changes_nothing(catalog: Catalog, wrong: Batch) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1), picture(2)]))
    assert ids_of(catalog, MODEL) == [1, 2]
    before = (catalog.change, catalog.files(MODEL))

    with pytest.raises(InvalidValueError):
        catalog.commit(replace(wrong, folders=[Path("/new")], removed=[2] if wrong.added else []))

    assert (catalog.change, catalog.files(MODEL)) == before
    assert catalog.folders() == ()


@pytest.mark.parametrize("shape", [(15,), (1, 16), (17,)])
def test_a_vector_of_another_shape_is_refused(catalog: Catalog, shape: tuple[int, ...]) -> None:
    vector = np.ones(shape, dtype=np.float32)

    with pytest.raises(VectorShapeError):
        catalog.commit(Batch(model=MODEL, added=[picture(3, vector=vector)]))


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode on Windows")
def test_names_and_reasons_that_are_not_unicode_are_kept(catalog: Catalog) -> None:
    odd = Path(os.fsdecode(b"/pictures/caf\xe9.jpg"))
    broken = Path(os.fsdecode(b"/pictures/\xff\xfe.jpg"))
    image = replace(picture(1), path=odd)

    catalog.commit(Batch(model=MODEL, added=[image], faults=[Fault(broken, 1, 1, f"no {broken}")]))

    assert list(catalog.files()) == [odd]
    assert catalog.record_at(odd) is not None
    assert catalog.faults() == [Fault(broken, 1, 1, "no /pictures/\\udcff\\udcfe.jpg")]


def test_a_snapshot_stays_as_it_was_while_others_commit(catalog: Catalog) -> None:
    first = catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    with catalog.snapshot(MODEL) as snapshot:
        second = catalog.commit(Batch(model=MODEL, added=[picture(2)], removed=[1]))
        seen = [ids.tolist() for ids, _ in snapshot.vectors()]
        assert (snapshot.change, ids_in(snapshot), seen) == (first, [1], [[1]])
        assert snapshot.knows(first)
        assert snapshot.knows(0)
        assert not snapshot.knows(second)

    with catalog.snapshot(MODEL) as snapshot:
        assert (snapshot.change, ids_in(snapshot)) == (second, [2])


def test_a_caller_s_own_errors_pass_through_a_snapshot(catalog: Catalog) -> None:
    with pytest.raises(PermissionError), catalog.snapshot(MODEL):
        raise PermissionError("of another file")


def test_threads_read_whole_commits_while_one_writes(catalog: Catalog) -> None:
    # Every commit adds ten pictures, so a reader that sees a number in between saw half a commit.
    rows = unit_rows(200)
    failures: list[object] = []
    finished = threading.Event()

    def read() -> None:
        try:
            while not finished.is_set():
                with catalog.snapshot(MODEL) as snapshot:
                    streamed = sum(len(ids) for ids, _ in snapshot.vectors())
                    if streamed % 10 or streamed != len(ids_in(snapshot)):
                        failures.append((streamed, len(ids_in(snapshot))))
        except SightlineError as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    with catalog.writer():
        for start in range(0, 200, 10):
            added = [picture(i, vector=rows[i]) for i in range(start, start + 10)]
            catalog.commit(Batch(model=MODEL, added=added))
    finished.set()
    for reader in readers:
        reader.join()

    assert failures == []
    assert catalog.count() == 200


def test_a_closed_catalog_says_so(tmp_path: Path) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite", create=True)
    catalog.close()
    catalog.close()

    with pytest.raises(GalleryClosedError, match="closed"):
        catalog.count()
    with pytest.raises(GalleryClosedError, match="closed"):
        catalog.commit(Batch(folders=[Path("/a")]))


def test_a_missing_catalog_is_not_made_by_looking_at_it(tmp_path: Path) -> None:
    with pytest.raises(GalleryNotFoundError):
        Catalog.open(tmp_path / "catalog.sqlite")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_catalog_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GalleryCorruptError, match="folder"):
        Catalog.open(tmp_path, create=True)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gallery").write_text("a file")

    with pytest.raises((NotReadableError, SightlineError), match="gallery"):
        Catalog.open(tmp_path / "gallery" / "catalog.sqlite", create=True)


def test_a_model_spec_can_be_rebuilt_from_the_catalog(catalog: Catalog) -> None:
    catalog.commit(Batch(model=OTHER, added=[picture(1)]))

    (spec,) = catalog.models()

    assert spec == OTHER
    assert isinstance(spec, ModelSpec)
