import json
from pathlib import Path

import pytest
from PIL import Image

from sightline.catalog import Catalog
from tests.cli.conftest import Command


@pytest.fixture(scope="module")
def shown() -> list[str]:
    return ["by-words.jpg", "by-picture.jpg", "by-both.jpg"]


def test_the_demo_draws_indexes_and_searches(
    command: Command, tmp_path: Path, shown: list[str]
) -> None:
    first = command("demo", "show", "--count", "40")
    again = command("demo", "show", "--count", "40")

    assert first.code == 0, first.err
    assert "40 scenes in show/scenes" in first.out
    assert "40 indexed" in first.out
    assert "Try next" in first.out
    assert "nothing to do" in again.out
    with Catalog.open(tmp_path / "show" / "gallery" / "catalog.sqlite") as catalog:
        assert catalog.count() == 40
        assert [spec.name for spec in catalog.models()] == ["mini"]
    for name in shown:
        with Image.open(tmp_path / "show" / name) as sheet:
            assert sheet.width > 1000


@pytest.mark.parametrize("count", [1, 2])
def test_a_demo_of_next_to_nothing_works(command: Command, count: int) -> None:
    assert command("demo", "show", "--count", count).code == 0


def test_a_smaller_demo_after_a_larger_one_works(command: Command, tmp_path: Path) -> None:
    assert command("demo", "show", "-n", "12").code == 0

    outcome = command("demo", "show", "-n", "3")

    assert outcome.code == 0, outcome.err
    assert "3 pictures in show/gallery" in outcome.out


def test_scenes_writes_pictures_and_what_they_show(command: Command, tmp_path: Path) -> None:
    outcome = command(
        "scenes", "world", "-n", "3", "--seed", "5", "--width", "64", "--height", "48"
    )

    lines = (tmp_path / "world" / "scenes.jsonl").read_text(encoding="utf-8").splitlines()
    truth = [json.loads(line) for line in lines]
    assert outcome.code == 0
    assert len(truth) == 3
    for picture in truth:
        with Image.open(tmp_path / "world" / picture["file"]) as drawn:
            assert drawn.size == (64, 48)


def test_indexing_scenes_with_mini_gives_no_note_and_photographs_do(
    command: Command, photos: Path
) -> None:
    command("scenes", "world", "-n", "2", "--width", "64", "--height", "48")

    drawn = command("index", "world", "-g", "drawn", "--model", "mini")
    photographed = command("index", photos, "-g", "photographed", "--model", "mini")

    assert "photographs" not in drawn.err
    assert "knows the drawn scenes of `sightline scenes`, not photographs" in photographed.err
    assert photographed.code == 0


def test_scenes_into_a_folder_with_other_things_is_refused(command: Command, photos: Path) -> None:
    outcome = command("scenes", photos, "-n", "2")

    assert outcome.code == 2
    assert (photos / "red.png").exists()
