from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from sightline.encoders import digests
from sightline.encoders.digests import Memo, default_memo, digest_of_files, digest_of_text


@pytest.fixture
def memo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(digests, "_REMEMBER_ABOVE_BYTES", 10)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return default_memo()


def big_file(folder: Path, content: bytes = b"twelve bytes") -> Path:
    path = folder / "weights"
    path.write_bytes(content)
    return path


def test_the_digest_is_over_the_digests_of_the_files_in_order(tmp_path: Path, memo: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    lines = "\n".join(hashlib.sha256(content).hexdigest() for content in (b"one", b"two"))

    assert digest_of_files([first, second]) == digest_of_text(lines)
    assert digest_of_files([second, first]) != digest_of_text(lines)
    assert not memo.exists(), "small files are not worth remembering"


def test_a_big_file_is_read_once(
    tmp_path: Path, memo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = big_file(tmp_path)
    first = digest_of_files([path])

    monkeypatch.setattr(digests, "sha256_of_file", lambda _: pytest.fail("read again"))

    assert digest_of_files([path]) == first


def test_a_changed_file_is_read_again_even_at_the_same_size(tmp_path: Path, memo: Path) -> None:
    path = big_file(tmp_path)
    first = digest_of_files([path])
    times = path.stat()

    big_file(tmp_path, b"twelve BYTES")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))

    assert digest_of_files([path]) != first


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 1}', "\x00\xff"])
def test_a_broken_memo_is_done_without_and_mended(tmp_path: Path, memo: Path, content: str) -> None:
    path = big_file(tmp_path)
    right = digest_of_files([path])
    memo.write_text(content)

    assert digest_of_files([path]) == right
    assert str(path.resolve()) in json.loads(memo.read_text())


def test_a_memo_entry_of_another_form_is_not_believed(tmp_path: Path, memo: Path) -> None:
    path = big_file(tmp_path)
    right = digest_of_files([path])

    for entry in ([1, 2], "abc", None, [path.stat().st_size, path.stat().st_mtime_ns]):
        memo.write_text(json.dumps({str(path.resolve()): entry}))
        assert digest_of_files([path]) == right


def test_a_memo_that_cannot_be_written_is_done_without(tmp_path: Path, memo: Path) -> None:
    memo.parent.parent.mkdir()
    memo.parent.write_text("a file stands where the folder should be")

    assert len(digest_of_files([big_file(tmp_path)])) == 64


def test_a_failed_write_leaves_no_rubbish(
    tmp_path: Path, memo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)

    digest_of_files([big_file(tmp_path)])

    assert list(memo.parent.iterdir()) == []


def test_the_memo_lies_in_the_users_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_memo() == Path("/somewhere/sightline/digests.json")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/ann")
    assert default_memo() == Path("/home/ann/.cache/sightline/digests.json")


# The memo


def test_what_was_put_is_there_for_another_process(tmp_path: Path) -> None:
    Memo(tmp_path / "a" / "memo.json").put("x", [1, 2])
    Memo(tmp_path / "a" / "memo.json").put("y", "z")

    assert Memo(tmp_path / "a" / "memo.json").get("x") == [1, 2]
    assert Memo(tmp_path / "a" / "memo.json").get("y") == "z"
    assert Memo(tmp_path / "a" / "memo.json").get("w") is None


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null"])
def test_a_broken_memo_counts_as_empty_and_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memo.json"
    path.write_bytes(content)
    assert Memo(path).get("x") is None

    Memo(path).put("x", 1)

    assert Memo(path).get("x") == 1


def test_a_memo_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "memo.json").mkdir()

    Memo(tmp_path / "memo.json").put("x", 1)

    assert [path.name for path in tmp_path.iterdir()] == ["memo.json"]
