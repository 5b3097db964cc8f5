from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path

import pytest

from sightline.errors import SourceNotFoundError
from sightline.images import FoundFile, find
from sightline.types import Skipped


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(root: Path, *sources: Path | str, exclude: tuple[Path, ...] = ()) -> list[str]:
    found = list(find(sources or [root], exclude=exclude))
    assert all(isinstance(item, FoundFile) for item in found), found
    return [item.path.relative_to(root).as_posix() for item in found]


def test_a_folder_is_searched_in_the_order_of_names(tmp_path: Path) -> None:
    make(tmp_path, "b/2.jpg", "b/10.jpg", "a.png", "c.gif", "b/deep/er/x.webp")

    assert names(tmp_path) == ["a.png", "b/10.jpg", "b/2.jpg", "b/deep/er/x.webp", "c.gif"]


def test_size_and_time_are_those_of_the_file(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg")
    os.utime(tmp_path / "a.jpg", ns=(5, 1_700_000_000_123_456_789))

    assert list(find([tmp_path])) == [FoundFile(tmp_path / "a.jpg", 1, 1_700_000_000_123_456_789)]


def test_endings_count_in_any_case_and_only_those_of_pictures(tmp_path: Path) -> None:
    pictures = (
        "a.JPG b.Jpeg c.jpe d.jfif e.PNG f.webp g.avif h.HEIC i.heif j.tif k.TIFF l.gif m.bmp"
    )
    make(tmp_path, *pictures.split(), "n.txt", "o.jpg.part", "p", "jpg", "q.mp4")

    assert names(tmp_path) == pictures.split()


def test_a_file_that_is_named_is_tried_whatever_it_is_called(tmp_path: Path) -> None:
    make(tmp_path, "scan", "notes.txt", ".hidden.jpg")

    assert names(tmp_path, tmp_path / "scan", tmp_path / ".hidden.jpg") == ["scan", ".hidden.jpg"]


def test_hidden_and_side_folders_are_left_out_unless_named(tmp_path: Path) -> None:
    make(
        tmp_path,
        ".git/a.jpg",
        ".thumbnails/b.png",
        "@eaDir/c.jpg",
        "__MACOSX/d.jpg",
        "._e.jpg",
        "kept.jpg",
    )

    assert names(tmp_path) == ["kept.jpg"]
    assert names(tmp_path, tmp_path / ".git") == [".git/a.jpg"]


def test_loops_of_links_end(tmp_path: Path) -> None:
    make(tmp_path, "a/x.jpg", "b/y.jpg")
    (tmp_path / "a/up").symlink_to(tmp_path)
    (tmp_path / "b/self").symlink_to(tmp_path / "b")

    (tmp_path / "b/other").symlink_to(tmp_path / "a")

    assert names(tmp_path) == ["a/x.jpg", "b/y.jpg"]
    assert names(tmp_path, tmp_path / "b") == ["b/other/x.jpg", "b/y.jpg"]


def test_each_file_is_found_once_however_it_is_reached(tmp_path: Path) -> None:
    make(tmp_path, "album/a.jpg", "album/sub/b.jpg")
    (tmp_path / "alias.jpg").symlink_to(tmp_path / "album/a.jpg")
    inside, whole = tmp_path / "album/sub", tmp_path / "album"

    assert names(tmp_path) == ["album/a.jpg", "album/sub/b.jpg"]
    assert names(tmp_path, inside, whole, whole / "a.jpg") == ["album/sub/b.jpg", "album/a.jpg"]
    assert names(tmp_path, whole, whole, str(whole) + "/*.jpg") == [
        "album/a.jpg",
        "album/sub/b.jpg",
    ]


def test_hard_links_are_files_of_their_own(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg")
    os.link(tmp_path / "a.jpg", tmp_path / "b.jpg")

    assert names(tmp_path) == ["a.jpg", "b.jpg"]
    assert names(tmp_path, tmp_path, tmp_path / "b.jpg") == ["a.jpg", "b.jpg"]


def test_patterns_match_files_and_folders(tmp_path: Path) -> None:
    make(tmp_path, "2023/a.jpg", "2024/b.jpg", "2024/sub/c.PNG", "2024/notes.txt", "other/d.jpg")

    assert names(tmp_path, f"{tmp_path}/202?") == ["2023/a.jpg", "2024/b.jpg", "2024/sub/c.PNG"]
    assert names(tmp_path, f"{tmp_path}/2024/*") == ["2024/b.jpg", "2024/sub/c.PNG"]
    assert names(tmp_path, f"{tmp_path}/**/*.jpg") == ["2023/a.jpg", "2024/b.jpg", "other/d.jpg"]


def test_a_name_with_pattern_characters_is_a_name_first(tmp_path: Path) -> None:
    make(tmp_path, "a[1].jpg", "a1.jpg", "what?/b.jpg")

    assert names(tmp_path, tmp_path / "a[1].jpg", tmp_path / "what?") == ["a[1].jpg", "what?/b.jpg"]


@pytest.mark.parametrize("name", ["gone", "gone/*.jpg", "*.nothing", "a\0b", "dangling.jpg"])
def test_a_source_that_is_not_there_is_an_error_before_anything_is_yielded(
    tmp_path: Path, name: str
) -> None:
    make(tmp_path, "here.jpg")
    (tmp_path / "dangling.jpg").symlink_to("nowhere")

    with pytest.raises(SourceNotFoundError):
        find([tmp_path, f"{tmp_path}/{name}"])  # not even iterated


def test_an_empty_name_is_not_the_working_folder() -> None:
    with pytest.raises(SourceNotFoundError):
        find([""])


def test_an_empty_folder_and_no_sources_give_nothing(tmp_path: Path) -> None:
    assert list(find([tmp_path])) == []
    assert list(find([])) == []


def test_the_home_folder_and_relative_paths_become_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path, "pics/a.jpg")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert names(tmp_path, "~/pics") == names(tmp_path, "pics/../pics") == ["pics/a.jpg"]


def test_an_excluded_folder_is_not_entered(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "gallery/thumb.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "gallery")

    assert names(tmp_path, exclude=(tmp_path / "gallery", tmp_path / "not made yet")) == ["a.jpg"]


def test_what_cannot_be_reached_is_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    make(tmp_path, "z.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "broken.jpg").symlink_to("nowhere")
    (tmp_path / "circle.jpg").symlink_to("circle.jpg")

    found = list(find([tmp_path]))

    assert [item.path.name for item in found] == ["broken.jpg", "circle.jpg", "pipe.jpg", "z.jpg"]
    reasons = [item.reason for item in found if isinstance(item, Skipped)]
    assert [reason.split(",")[0] for reason in reasons] == [
        "it is a link to something that is not there",
        "it is a link that leads in a circle",
        "it is a named pipe",
    ]


def test_an_unreadable_folder_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "locked/a.jpg", "open/b.jpg")
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)

    first, second = find([tmp_path])

    assert first == Skipped(tmp_path / "locked", "permission denied")
    assert second.path == tmp_path / "open/b.jpg"


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux only")
def test_odd_names_are_found_and_impossible_ones_are_reported(tmp_path: Path) -> None:
    make(tmp_path, "new\nline.jpg", "smile \N{GRINNING FACE}.jpg", " .jpg", "semi;colon'\".jpg")
    odd = os.fsencode(tmp_path) + b"/bad\xff.jpg"
    with open(odd, "wb"):
        pass
    os.mkdir(os.fsencode(tmp_path) + b"/dir\xfe")

    found = list(find([tmp_path]))

    skipped = [item for item in found if isinstance(item, Skipped)]
    assert [item.reason for item in skipped] == ["its name is not valid UTF-8; rename it"] * 2
    assert {os.fsencode(item.path.name) for item in skipped} == {b"bad\xff.jpg", b"dir\xfe"}
    assert len(found) == 6


def test_a_folder_deeper_than_pythons_stack_is_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth, limit = 300, sys.getrecursionlimit()
    monkeypatch.chdir(tmp_path)
    for _ in range(depth):
        os.mkdir("d")
        os.chdir("d")
    Path("x.jpg").write_bytes(b"x")

    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        found = list(find([tmp_path]))
    finally:
        sys.setrecursionlimit(limit)

    assert [item.path.name for item in found] == ["x.jpg"]


def test_a_folder_with_a_pictures_name_is_a_folder(tmp_path: Path) -> None:
    make(tmp_path, "album.jpg/a.png")

    assert names(tmp_path) == ["album.jpg/a.png"]
