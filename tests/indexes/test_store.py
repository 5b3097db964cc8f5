import json
import os
import random
import struct
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import DiskFullError, NotWritableError
from sightline.indexes import ExactIndex, IndexState, clear_stale, load, save, store
from sightline.types import ModelSpec
from tests.indexes.index_rows import assert_same, unit_rows

MODEL = ModelSpec("mini", "aa" * 32, "bb" * 32, "cc" * 32, "float32", 24)


@pytest.fixture
def index() -> ExactIndex:
    built = ExactIndex(24)
    built.add(np.arange(50, 250), unit_rows(200))
    built.remove(np.arange(60, 70))
    return built


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "index.bin"


def test_a_loaded_index_answers_as_the_saved_one(index: ExactIndex, path: Path) -> None:
    save(index, path, 7, MODEL)

    stored = load(path, MODEL)

    assert (stored.state, stored.change) == (IndexState.CURRENT, 7)
    assert stored.index is not None
    assert len(stored.index) == 190
    queries = unit_rows(5, seed=2)
    assert_same(stored.index.search(queries, 20), index.search(queries, 20))
    before = stored.index.at_once()[1]
    stored.index.add(np.array([60]), unit_rows(1))
    assert len(stored.index) == 191
    assert np.shares_memory(stored.index.at_once()[1], before), (
        "one more row does not copy the others"
    )
    assert len(index) == 190
    assert [file.name for file in path.parent.iterdir()] == ["index.bin"]


def test_an_empty_index_is_saved_too(path: Path) -> None:
    save(ExactIndex(24), path, 3, MODEL)

    stored = load(path, MODEL)

    assert stored.index is not None
    assert (len(stored.index), stored.change) == (0, 3)
    stored.index.add(np.arange(2), unit_rows(2))
    assert len(stored.index) == 2


def test_a_missing_file_is_missing(path: Path) -> None:
    assert load(path, MODEL).state is IndexState.MISSING
    assert store.stored_change(path, MODEL).state is IndexState.MISSING


@pytest.mark.parametrize(
    "other", [replace(MODEL, digest="00" * 32), replace(MODEL, precision="int8")]
)
def test_the_file_of_another_model_is_stale(
    index: ExactIndex, path: Path, other: ModelSpec
) -> None:
    save(index, path, 7, other)

    assert load(path, MODEL).state is IndexState.STALE
    assert load(path, MODEL).index is None
    assert store.stored_change(path, MODEL).state is IndexState.STALE


def test_a_changed_bit_anywhere_makes_the_file_unreadable(index: ExactIndex, path: Path) -> None:
    save(index, path, 7, MODEL)
    whole = path.read_bytes()
    dice = random.Random(1)
    offsets = [*range(600), *(dice.randrange(len(whole)) for _ in range(300)), len(whole) - 1]
    for offset in offsets:
        damaged = bytearray(whole)
        damaged[offset] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)

        stored = load(path, MODEL)

        assert stored.state is IndexState.UNREADABLE, offset
        assert stored.index is None


def test_a_file_cut_off_or_grown_anywhere_is_unreadable(index: ExactIndex, path: Path) -> None:
    save(index, path, 7, MODEL)
    whole = path.read_bytes()
    for length in [*range(0, 700, 7), len(whole) // 2, len(whole) - 4, len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert load(path, MODEL).state is IndexState.UNREADABLE, length
        assert store.stored_change(path, MODEL).state is IndexState.UNREADABLE, length
    path.write_bytes(whole + b"\x00")
    assert load(path, MODEL).state is IndexState.UNREADABLE


def header(**facts: object) -> bytes:
    model = {
        "name": "mini",
        "digest": "aa" * 32,
        "preprocessing": "bb" * 32,
        "tokenizer": "cc" * 32,
        "precision": "float32",
        "dimensions": 24,
    }
    usual = {"change": 7, "model": model, "rows": 0, "dimensions": 24, "checksum": 0}
    return json.dumps({**usual, **facts}).encode()


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xff",
        b'"' + b"x" * 70_000 + b'"',
        header(rows=-1),
        header(rows=10**18),
        header(rows="3"),
        header(rows=1.0),
        header(dimensions=0),
        header(dimensions=23),
        header(change=-1),
        header(change=None),
        header(model=None),
        header(model={}),
        header(surplus=1),
        header(rows=True),
    ],
)
def test_a_header_with_a_right_checksum_and_wrong_content_is_refused(
    path: Path, encoded: bytes
) -> None:
    path.write_bytes(
        struct.pack("<8sII", store._MAGIC, len(encoded), zlib.crc32(encoded)) + encoded
    )

    assert load(path, MODEL).state is IndexState.UNREADABLE


def test_the_header_of_these_tests_is_otherwise_right(path: Path) -> None:
    encoded = header()
    path.write_bytes(
        struct.pack("<8sII", store._MAGIC, len(encoded), zlib.crc32(encoded)) + encoded
    )

    assert load(path, MODEL).state is IndexState.CURRENT


def test_a_folder_in_the_place_of_the_file_is_unreadable(path: Path) -> None:
    path.mkdir()

    assert load(path, MODEL).state is IndexState.UNREADABLE


def test_saving_again_replaces_the_file_and_clears_what_a_killed_run_left(
    index: ExactIndex, path: Path
) -> None:
    save(index, path, 7, MODEL)
    path.with_name("index.bin.12345.tmp").write_bytes(b"half")
    path.with_name("index.txt").write_text("not ours")
    index.remove(np.arange(50, 100))

    save(index, path, 8, MODEL)

    stored = load(path, MODEL)
    assert stored.index is not None
    assert (stored.change, len(stored.index)) == (8, 150)
    assert sorted(file.name for file in path.parent.iterdir()) == ["index.bin", "index.txt"]


def test_stale_files_are_cleared_and_foreign_ones_stay(index: ExactIndex, tmp_path: Path) -> None:
    kept, stale = tmp_path / "a.index", tmp_path / "b.index"
    for path in (kept, stale):
        save(index, path, 7, MODEL)
    older = tmp_path / "c.index"
    older.write_bytes(b"SGLINE\x00\x00 of a version long ago")
    (tmp_path / "theirs.index").write_bytes(b"another program's")
    (tmp_path / "catalog.sqlite").write_bytes(b"SGLINE\x00\x01")

    assert clear_stale(tmp_path, [kept, tmp_path / "absent.index"]) == 2

    left = sorted(file.name for file in tmp_path.iterdir())
    assert left == ["a.index", "catalog.sqlite", "theirs.index"]


def test_a_save_that_fails_half_way_keeps_the_old_file(
    index: ExactIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(index, path, 7, MODEL)
    before = path.read_bytes()
    for number, expected in ((28, DiskFullError), (5, NotWritableError)):

        def fail(_: int, number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(expected):
                save(ExactIndex(24), path, 8, MODEL)

        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir()] == ["index.bin"]


def test_an_interrupted_save_leaves_no_temporary_file(
    index: ExactIndex, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(index, path, 7, MODEL)

    assert list(path.parent.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file size limit")
def test_a_file_system_that_refuses_to_grow_keeps_the_old_file(
    index: ExactIndex, path: Path
) -> None:
    save(index, path, 7, MODEL)
    code = f"""
import resource, sys
from pathlib import Path
import numpy as np
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.indexes.index_rows import unit_rows
from tests.indexes.test_store import MODEL
from sightline.errors import DiskFullError
from sightline.indexes import ExactIndex, save
index = ExactIndex(24)
index.add(np.arange(50_000), unit_rows(50_000))
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
try:
    save(index, Path({str(path)!r}), 8, MODEL)
except DiskFullError:
    print("full")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stdout == "full\n", done.stderr
    assert load(path, MODEL).change == 7
    assert [file.name for file in path.parent.iterdir()] == ["index.bin"]


def test_a_folder_that_is_not_there_cannot_be_saved_to(index: ExactIndex, tmp_path: Path) -> None:
    with pytest.raises(NotWritableError, match=r"index\.bin"):
        save(index, tmp_path / "gone" / "index.bin", 1, MODEL)
