"""Pictures that are parts of files: the shape is there before anything fills it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.errors import InvalidValueError
from sightline.types import (
    WHOLE,
    Batch,
    ChangedImage,
    Fault,
    Filters,
    Moved,
    NewImage,
    Part,
    PartKind,
)
from tests.catalog.catalog_rows import MODEL, picture

TAR = Path("/pictures/shard.tar")
FILE_HASH = "ff" * 20


def part(number: int, kind: PartKind, name: str, path: str = TAR.name) -> NewImage:
    return replace(picture(number, path), part=Part(kind, name), file_hash=FILE_HASH)


def members(*numbers: int) -> list[NewImage]:
    return [part(number, PartKind.MEMBER, f"{number}.jpg") for number in numbers]


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def files_in(catalog: Catalog) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(catalog.path)) as connection:
        return connection.execute("SELECT path, content_hash FROM files ORDER BY path").fetchall()


def test_the_members_of_an_archive_share_a_file_and_have_contents_of_their_own(
    catalog: Catalog,
) -> None:
    catalog.commit(Batch(model=MODEL, added=[*members(1, 2), picture(3)]))

    records = catalog.records([1, 2, 3])

    assert [records[id].path.name for id in (1, 2, 3)] == ["shard.tar", "shard.tar", "3.jpg"]
    assert [records[id].part for id in (1, 2, 3)] == [
        Part(PartKind.MEMBER, "1.jpg"),
        Part(PartKind.MEMBER, "2.jpg"),
        WHOLE,
    ]
    assert [records[id].content_hash for id in (1, 2, 3)] == [f"{n:040x}" for n in (1, 2, 3)]
    assert files_in(catalog) == [("/pictures/3.jpg", f"{3:040x}"), (str(TAR), FILE_HASH)]
    assert catalog.matching(Filters(folders=[Path("/pictures")]), MODEL).tolist() == [1, 2, 3]


def test_a_part_and_a_whole_file_of_one_content_lend_each_other_their_vector(
    catalog: Catalog,
) -> None:
    catalog.commit(Batch(model=MODEL, added=[*members(1), picture(2)]))

    for number in (1, 2):
        found = catalog.record_with(f"{number:040x}", MODEL)
        assert found is not None
        assert found.id == number
        assert catalog.vector(found.id, MODEL) is not None
    assert catalog.record_with(FILE_HASH, MODEL) is None, "the archive is no picture"


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (PartKind.PAGE, ("1", "2")),
        (PartKind.FRAME, ("0", "12500")),
        (PartKind.TILE, ("0,0,0.5,0.5", "0.5,0,1,0.5")),
    ],
)
def test_pages_frames_and_tiles_need_no_other_shape(
    catalog: Catalog, kind: PartKind, names: tuple[str, str]
) -> None:
    whole = picture(9, "file.bin")
    catalog.commit(
        Batch(model=MODEL, added=[part(i, kind, n, "file.bin") for i, n in enumerate(names, 1)])
    )
    catalog.commit(Batch(model=MODEL, added=[whole]))  # a picture may have tiles beside itself

    records = catalog.records([1, 2, 3])

    assert [record.part.name for record in records.values()] == [*names, ""]
    assert len(files_in(catalog)) == 1
    assert list(catalog.files()) == [whole.path]
    assert catalog.record_at(whole.path) == records[3]


def test_a_file_has_each_part_once(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=members(1)))

    with pytest.raises(InvalidValueError):
        catalog.commit(Batch(model=MODEL, added=[picture(5), *members(1)]))

    assert catalog.count() == 1, "all of a batch, or nothing"


def test_a_file_goes_with_the_last_of_its_parts(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=members(1, 2)))

    catalog.commit(Batch(removed=[1]))
    assert len(files_in(catalog)) == 1
    catalog.commit(Batch(removed=[2]))

    assert files_in(catalog) == []
    assert catalog.models() == {MODEL: 0}


def test_a_fault_of_a_file_forgets_all_its_parts(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[*members(1, 2), picture(3)]))

    catalog.commit(Batch(faults=[Fault(TAR, 1, 1, "cut off")]))

    assert sorted(catalog.records([1, 2, 3])) == [3]
    assert [path for path, _ in files_in(catalog)] == ["/pictures/3.jpg"]
    assert [fault.path for fault in catalog.faults()] == [TAR]


def test_a_file_moves_with_all_its_parts(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=members(1, 2)))

    catalog.commit(Batch(moved=[Moved(Path("/pictures/b.tar"), 7, 8, 1)]))

    records = catalog.records([1, 2]).values()
    assert {(r.path.name, r.size_bytes, r.mtime_ns) for r in records} == {("b.tar", 7, 8)}


def test_a_part_with_new_content_stays_the_part_it_is(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=members(1, 2)))
    new = replace(members(1)[0], content_hash="ab" * 20, file_hash="cd" * 20)

    catalog.commit(Batch(model=MODEL, changed=[ChangedImage(1, new)]))

    records = catalog.records([1, 2])
    assert records[1].content_hash == "ab" * 20
    assert records[1].part.name == "1.jpg"
    assert records[2].content_hash == f"{2:040x}"
    assert files_in(catalog) == [(str(TAR), "cd" * 20)]
