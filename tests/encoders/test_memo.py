from __future__ import annotations

from pathlib import Path

import pytest

from sightline.encoders.memo import Memo


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
