"""Names that people and shells come up with: every one gives a result or a sentence."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.conftest import paint

LONG = "a" * 300
ODD = "we[/x] :cat: gm:cat:"


@pytest.mark.parametrize("name", ["~nobody-of-this-name", LONG, "a\nb", "x/" * 3000])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("search", "red", "-g"), 4),
        (("status", "-g"), 4),
        (("remove", "x", "-g"), 4),
        (("search", "--image"), 2),
        (("search", "red", "--not-image"), 2),
        (("index",), 2),
        (("remove",), 1),
    ],
)
def test_a_name_that_no_file_has_is_a_sentence(
    indexed: Command, arguments: tuple[str, ...], code: int, name: str
) -> None:
    outcome = indexed(*arguments, name)

    assert outcome.code == code, outcome.err
    assert outcome.err
    assert outcome.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "red", "-g"),
        ("search", "--image"),
        ("search", "red", "--not-image"),
        ("search", "red", "--sheet"),
        ("index",),
        ("index", "-g"),
        ("remove",),
        ("scenes", "-n", "1"),
        ("demo", "-n", "1"),
    ],
)
def test_an_empty_name_is_not_the_working_folder(
    indexed: Command, arguments: tuple[str, ...]
) -> None:
    outcome = indexed(*arguments, "")

    assert outcome.code == 2
    assert "is ''" in outcome.err or "no file or folder" in outcome.err


def test_a_file_is_no_gallery(indexed: Command, photos: Path) -> None:
    outcome = indexed("index", photos, "-g", photos / "red.png")

    assert outcome.code == 2
    assert "--gallery is " in outcome.err


def test_a_gallery_can_be_named_from_the_home_folder(
    indexed: Command, photos: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(photos.parent))

    assert indexed("index", "~/photos", "-g", "~/mine", "-m", tiny_model).code == 0
    assert (photos.parent / "mine" / "catalog.sqlite").exists()
    assert "red.png" in indexed("search", "-i", "~/photos/red.png", "-k", "1").out


def test_reports_show_paths_as_they_are_and_whole(
    command: Command, tmp_path: Path, tiny_model: Path
) -> None:
    folder = tmp_path / ODD
    paint(folder / "red.png", (255, 0, 0))
    (folder / "bad[bold]:dog:.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    home = folder / f"gallery {'x' * 120} :cat:"

    outcome = command("index", folder, "-g", home, "-m", tiny_model)

    assert outcome.code == 0, outcome.err
    assert f"    {folder / 'bad[bold]:dog:.jpg'}\n" in outcome.err
    assert f"1 picture in {home}, indexed with tiny\n" in outcome.err


def test_the_demo_shows_its_folder_as_it_is(command: Command) -> None:
    outcome = command("demo", ODD, "-n", "2")

    assert outcome.code == 0, outcome.err
    assert f"2 scenes in {ODD}/scenes " in outcome.out
    assert f"-g '{ODD}/gallery'\n" in outcome.out


@pytest.mark.parametrize("id", ["9" * 19, "9" * 20, "9" * 5000, "-1", "1.5", ""])
def test_an_id_that_cannot_be_is_refused(indexed: Command, id: str) -> None:
    outcome = indexed("remove", "--ids", "--", id)

    assert outcome.code == 2
    assert "an id is " in outcome.err


def test_the_largest_id_is_merely_not_there(indexed: Command) -> None:
    assert indexed("remove", "--ids", 2**63 - 1).code == 1
