import os
import sys
from pathlib import Path

import pytest

from sightline.errors import InvalidValueError
from sightline.system.paths import absolute, cache_folder, data_folder


def test_a_path_becomes_absolute_and_loses_its_dots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    assert absolute("a/../b/") == tmp_path / "b"
    assert absolute(Path("c")) == tmp_path / "c"
    assert absolute("~/d") == tmp_path / "home" / "d"
    assert absolute("~no-such-user/d") == tmp_path / "~no-such-user" / "d"


@pytest.mark.skipif(sys.platform == "win32", reason="two slashes begin a network share there")
def test_two_slashes_are_one() -> None:
    assert str(absolute("//tmp/x")) == "/tmp/x"
    assert str(absolute("//")) == "/"


def test_an_empty_name_is_refused_rather_than_taken_for_the_working_folder() -> None:
    with pytest.raises(InvalidValueError, match="a path is ''"):
        absolute("")


@pytest.mark.skipif(sys.platform != "linux", reason="the XDG specification is for Linux")
def test_the_environment_moves_both_folders_and_relative_names_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "~/here")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")

    assert cache_folder() == tmp_path / "here" / "sightline"
    assert data_folder() == tmp_path / ".local" / "share" / "sightline"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such users")
def test_without_a_home_nothing_is_written_into_the_working_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda name: name)  # as for a user who has none

    with pytest.raises(NotADirectoryError):
        cache_folder().mkdir(parents=True)
    with pytest.raises(InvalidValueError, match="must be the path of a folder"):
        data_folder()
