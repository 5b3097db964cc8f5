"""Texts that cost something to make: a cache that nobody waits for."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.catalog import catalog as module
from sightline.errors import GalleryBusyError
from sightline.types import Batch
from tests.catalog.catalog_rows import MODEL, picture


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as opened:
        yield opened


def test_the_last_text_under_a_key_counts(catalog: Catalog) -> None:
    before = catalog.change
    catalog.keep_text("caption", "a", "a boat")
    catalog.keep_text("caption", "a", "a red boat")
    catalog.keep_text("target", "a", "a ship")

    assert catalog.kept_text("caption", "a") == "a red boat"
    assert catalog.kept_text("target", "a") == "a ship"
    assert catalog.kept_text("caption", "b") is None
    assert catalog.change == before, "no change of the gallery"


def test_of_very_many_texts_the_oldest_go(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 3)
    for name in "abcd":
        catalog.keep_text("caption", name, name)
    catalog.keep_text("caption", "b", "again")
    catalog.keep_text("caption", "e", "e")

    kept = {name for name in "abcde" if catalog.kept_text("caption", name) is not None}

    assert kept == {"d", "b", "e"}


def test_a_text_waits_for_no_commit(catalog: Catalog) -> None:
    catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    with closing(sqlite3.connect(catalog.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(GalleryBusyError):
            catalog.keep_text("caption", "a", "a boat")
        other.execute("ROLLBACK")

    catalog.keep_text("caption", "a", "a boat")
    assert catalog.kept_text("caption", "a") == "a boat"


def test_a_text_is_kept_beside_a_writer_between_its_commits(catalog: Catalog) -> None:
    with Catalog.open(catalog.path) as other, other.writer("sightline index"):
        other.commit(Batch(model=MODEL, added=[picture(1)]))

        catalog.keep_text("caption", "a", "a boat")

        assert catalog.kept_text("caption", "a") == "a boat"
        other.commit(Batch(model=MODEL, added=[picture(2)]))


def test_a_text_waits_for_no_disk(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog.keep_text("caption", "a", "a boat")

    with catalog._connections.keeping() as connection:
        (level,) = connection.execute("PRAGMA synchronous").fetchone()
        (patience_ms,) = connection.execute("PRAGMA busy_timeout").fetchone()
    assert level == 1, "NORMAL: a commit to the journal is not awaited on disk"
    assert patience_ms == 0
