import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sightline.catalog import Catalog, migrations
from sightline.errors import GalleryCorruptError, GalleryVersionError
from sightline.types import Batch
from tests.catalog.catalog_rows import MODEL, chunks_of, picture


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def version(path: Path) -> tuple[int, int]:
    with closing(sqlite3.connect(path)) as connection:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (number,) = connection.execute("PRAGMA user_version").fetchone()
    return application, number


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


def test_a_new_catalog_has_the_newest_format(path: Path) -> None:
    Catalog.open(path, create=True).close()

    assert version(path) == (migrations.APPLICATION_ID, len(migrations.MIGRATIONS))


def test_a_file_whose_maker_was_killed_before_the_first_commit_is_completed(path: Path) -> None:
    path.touch()

    with Catalog.open(path) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(1)]))
        assert catalog.count() == 1


def test_a_catalog_of_format_1_made_by_hand_is_read(path: Path) -> None:
    run(
        path,
        *migrations.MIGRATIONS[0],
        f"PRAGMA application_id = {migrations.APPLICATION_ID}",
        "PRAGMA user_version = 1",
        "INSERT INTO images VALUES (5, '/a.jpg', 1, 2, 'hash', 3, 4, 'PNG', NULL)",
        "INSERT INTO models VALUES (1, 'm', 'd', 'p', 't', 'float32', 2, 0)",
        "INSERT INTO changes VALUES (77)",
        # 0.0 and 1.0 in little-endian float16.
        "INSERT INTO vectors VALUES (5, 1, 77, x'0000003c')",
    )

    with Catalog.open(path) as catalog:
        (model,) = catalog.models()
        ((ids, vectors),) = chunks_of(catalog, model)
        assert catalog.change == 77
        assert catalog.records([5])[5].path == Path("/a.jpg")
    assert ids.tolist() == [5]
    assert vectors.tolist() == [[0.0, 1.0]]


def test_a_later_step_is_applied_once_and_keeps_what_is_there(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Catalog.open(path, create=True) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    step = ("ALTER TABLE images ADD COLUMN rating INTEGER", "UPDATE images SET rating = 3")
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))

    for _ in range(2):
        with Catalog.open(path) as catalog:
            assert catalog.count() == 1

    assert version(path)[1] == len(migrations.MIGRATIONS)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT rating FROM images").fetchall() == [(3,)]


def test_a_step_that_fails_leaves_the_old_format_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Catalog.open(path, create=True).close()
    step = ("CREATE TABLE half_done (x)", "UPDATE nowhere SET x = 1")
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
        with pytest.raises(GalleryCorruptError, match="nowhere"):
            Catalog.open(path)

    assert version(path)[1] == len(migrations.MIGRATIONS)
    with closing(sqlite3.connect(path)) as connection:
        assert (
            connection.execute("SELECT * FROM sqlite_master WHERE name='half_done'").fetchall()
            == []
        )
    Catalog.open(path).close()


def test_a_newer_format_is_refused_with_both_numbers(path: Path) -> None:
    Catalog.open(path, create=True).close()
    run(path, "PRAGMA user_version = 99")

    with pytest.raises(GalleryVersionError) as caught:
        Catalog.open(path)

    assert (caught.value.found, caught.value.supported) == (99, len(migrations.MIGRATIONS))
    assert version(path)[1] == 99


def test_another_program_s_database_is_refused_and_left_as_it_was(path: Path) -> None:
    run(path, "CREATE TABLE theirs (x)", "INSERT INTO theirs VALUES (1)")
    before = path.read_bytes()

    with pytest.raises(GalleryCorruptError, match="another program"):
        Catalog.open(path, create=True)

    assert path.read_bytes() == before
