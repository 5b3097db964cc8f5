from pathlib import Path

import pytest

from sightline.errors import InvalidValueError
from sightline.paths import absolute


def test_a_path_becomes_absolute_and_loses_its_dots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert absolute("a/../b/") == tmp_path / "b"
    assert absolute(Path("c")) == tmp_path / "c"
    assert absolute("~/d") == tmp_path / "home" / "d"
    assert absolute("~no-such-user/d") == tmp_path / "~no-such-user" / "d"


def test_an_empty_name_is_refused_rather_than_taken_for_the_working_folder() -> None:
    with pytest.raises(InvalidValueError, match="a path is ''"):
        absolute("")
