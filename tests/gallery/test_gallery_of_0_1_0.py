"""A gallery that version 0.1.0 made is opened by this one, and nothing of it is lost.

The archive holds the gallery as that version wrote it, its pictures, and what it answered. All its
paths lie under a folder that is exchanged before the gallery is opened.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sightline.catalog import Catalog
from sightline.catalog.migrations import MIGRATIONS
from sightline.gallery import Gallery
from sightline.indexes import open_index
from sightline.types import Filters, Hit, Indexed, Orientation, Query
from sightline.types.composition import Mode

ARCHIVE = Path(__file__).parent / "data" / "gallery-of-0.1.0.zip"
BUILT_AT = "/srv/sightline-0.1.0"
FORMAT = 4
# Scores of one model differ by so much from processor to processor.
CLOSE = 1e-3

# Migrates in a process of its own, and dies before its Nth statement.
DYING = """
import os, signal, sys
from pathlib import Path
from sightline.catalog import Catalog, migrations

class Deadly(tuple):
    def __iter__(self):
        for number, statement in enumerate(tuple.__iter__(self)):
            if number == int(sys.argv[2]):
                os.kill(os.getpid(), signal.SIGKILL)
            yield statement

migrations.MIGRATIONS = (*migrations.MIGRATIONS[:-1], Deadly(migrations.MIGRATIONS[-1]))
Catalog.open(Path(sys.argv[1]))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The gallery and its pictures, at their new place, not opened yet."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(tmp_path)
    with closing(sqlite3.connect(tmp_path / "gallery" / "catalog.sqlite")) as old, old:
        assert old.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        for table in ("images", "faults", "folders"):
            old.execute(f"UPDATE {table} SET path = replace(path, ?, ?)", (BUILT_AT, str(tmp_path)))
        stamps = old.execute("SELECT path, mtime_ns FROM faults").fetchall()
    stamps += [(tmp_path / r["path"], r["mtime_ns"]) for r in expected_in(tmp_path)["records"]]
    for path, mtime_ns in stamps:
        os.utime(path, ns=(mtime_ns, mtime_ns))
    return tmp_path


@pytest.fixture
def expected(home: Path) -> dict[str, Any]:
    return expected_in(home)


@pytest.fixture
def gallery(home: Path) -> Iterator[Gallery]:
    with Gallery.open(home / "gallery", create=False) as opened:
        yield opened


def expected_in(home: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((home / "expected.json").read_text("utf-8"))
    return content


def assert_hits(hits: Sequence[Hit], expected: Sequence[tuple[int, float, str]]) -> None:
    assert [(hit.id, hit.path.name) for hit in hits] == [(id, name) for id, _, name in expected]
    assert [hit.score for hit in hits] == pytest.approx([s for _, s, _ in expected], abs=CLOSE)


def assert_whole(gallery: Gallery, home: Path, expected: dict[str, Any]) -> None:
    """Compare what needs no model."""
    records = gallery.records()
    assert [
        {
            "id": record.id,
            "path": record.path.relative_to(home).as_posix(),
            "size": record.size_bytes,
            "mtime_ns": record.mtime_ns,
            "hash": record.content_hash,
            "w": record.width_px,
            "h": record.height_px,
            "format": record.format,
            "taken_at": record.taken_at,
            "title": record.title,
            "labels": list(record.labels),
        }
        for record in (records[id] for id in sorted(records))
    ] == expected["records"]
    status, facets = gallery.status(), gallery.facets()
    assert {
        "images": status.images,
        "faults": [[f.path.relative_to(home).as_posix(), f.reason] for f in status.faults],
        "models": [model.name for model in status.models],
        "folders": [folder.relative_to(home).as_posix() for folder in status.folders],
    } == expected["status"]
    assert {
        "labels": dict(facets.labels),
        "formats": dict(facets.formats),
        "first": facets.first_taken,
        "last": facets.last_taken,
    } == expected["facets"]
    assert (
        sorted(
            [said.question.text, said.question.picture or 0, said.picture, said.grade]
            for said in gallery.judgements()
        )
        == expected["judgements"]
    )
    assert [image.id for image in gallery.browse(k=50).images] == expected["browse"]


def test_what_it_knew_is_there(gallery: Gallery, home: Path, expected: dict[str, Any]) -> None:
    assert_whole(gallery, home, expected)


def test_it_answers_as_before(gallery: Gallery, home: Path, expected: dict[str, Any]) -> None:
    for words, hits in expected["text"].items():
        assert_hits(gallery.search(Query(texts=[words]), k=20), hits)
    without = Query(texts=["a house"], excluded_texts=["snow"])
    assert_hits(gallery.search(without, k=20), expected["excluded"])
    both = Query(images=[Indexed(1)], texts=["at night"])
    assert_hits(gallery.search(both, k=20), expected["image"])
    assert_hits(gallery.similar(4, k=20).hits, expected["similar"])
    filters = {
        "labels": Filters(labels=["holiday"]),
        "portrait": Filters(orientation=Orientation.PORTRAIT),
        "folder": Filters(folders=[home / "photos" / "trip"]),
        "format": Filters(formats=["png"]),
    }
    assert filters.keys() == expected["filters"].keys()
    for name, some in filters.items():
        query = Query(texts=["a house"], filters=some)
        assert_hits(gallery.search(query, k=20), expected["filters"][name])


def test_it_composes_as_before(gallery: Gallery, expected: dict[str, Any]) -> None:
    for mode, answer in expected["composed"].items():
        query = Query(images=[Indexed(1)], instruction="the same, but at night", mode=Mode(mode))
        composition = gallery.composing().compose(query)

        assert composition.caption == answer["caption"]
        target = composition.target
        assert (None if target is None else target.as_object()) == answer["target"]
        assert_hits(gallery.find_composed(composition, k=20).hits, answer["hits"])


def test_a_sync_finds_nothing_to_do(home: Path, expected: dict[str, Any]) -> None:
    with Gallery.open(home / "gallery", create=False) as gallery:
        change = gallery.change
        report = gallery.sync()
        assert (report.unchanged, report.embedded) == (14, 0)
        assert (report.added, report.changed, report.moved, report.removed) == (0, 0, 0, 0)
        assert [skipped.path.name for skipped in report.skipped] == ["broken.jpg"]

    with Gallery.open(home / "gallery", create=False) as again:
        assert_whole(again, home, expected)
        assert again.change == change, "nothing was written"


def test_its_index_file_is_as_good_as_it_was(home: Path) -> None:
    (file,) = (home / "gallery").glob("*.index")
    with Catalog.open(home / "gallery" / "catalog.sqlite") as catalog:
        (model,) = catalog.models()
        opened = open_index(catalog, model, file)

    done = opened.caught_up
    assert not done.rebuilt
    assert (done.removed, done.written) == (0, 1), "it was written before the upload"


def test_what_cannot_be_seen_from_outside_is_kept_too(home: Path) -> None:
    def rows(*queries: str) -> list[list[tuple[Any, ...]]]:
        with closing(sqlite3.connect(home / "gallery" / "catalog.sqlite")) as connection:
            return [connection.execute(query).fetchall() for query in queries]

    queries = (
        "SELECT image_id, model_id, change, vector FROM vectors ORDER BY rowid",
        "SELECT kind, key, text FROM kept_texts ORDER BY kind, key",
        "SELECT * FROM removals",
        "SELECT * FROM changes",
        "SELECT * FROM settings ORDER BY key",
        "SELECT * FROM models",
        "SELECT name, seq FROM sqlite_sequence WHERE name = 'images'",
    )
    with closing(sqlite3.connect(home / "gallery" / "catalog.sqlite")) as old, old:
        # A picture that came and went: its number is never given again, its removal is known.
        old.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'images'")
        old.execute("INSERT INTO removals VALUES (1, (SELECT max(change) FROM changes), 40)")
    before = rows(*queries)

    Catalog.open(home / "gallery" / "catalog.sqlite").close()

    assert rows(*queries) == before
    assert rows("PRAGMA user_version", "PRAGMA foreign_key_check", "PRAGMA integrity_check") == [
        [(len(MIGRATIONS),)],
        [],
        [("ok",)],
    ]


@pytest.mark.skipif(os.name == "nt", reason="uses POSIX signals")
@pytest.mark.parametrize("statement", [1, 5, len(MIGRATIONS[FORMAT]) - 1])
def test_a_migration_that_is_killed_half_way_leaves_the_old_gallery_whole(
    home: Path, expected: dict[str, Any], statement: int
) -> None:
    file = home / "gallery" / "catalog.sqlite"

    done = subprocess.run([sys.executable, "-c", DYING, str(file), str(statement)], check=False)

    assert done.returncode == -signal.SIGKILL
    with closing(sqlite3.connect(file)) as old:
        assert old.execute("PRAGMA user_version").fetchone() == (FORMAT,)
        assert old.execute("SELECT count(path) FROM images").fetchone() == (14,)
    with Gallery.open(home / "gallery", create=False) as gallery:
        assert_whole(gallery, home, expected)
