from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.errors import SourceNotFoundError
from sightline.images.sampling import picture_sample
from sightline.testing import FakeEncoder
from sightline.types import Progress


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return 90 pictures, each of another grey."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for level in range(90):
        Image.new("RGB", (40, 30), (level, level, level)).save(folder / f"{level:02d}.png")
    return folder


def greys(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> list[float]:
    return [float(picture.mean()) for picture in pixels]


def test_a_sample_is_at_random_without_repeats_and_always_the_same(folder: Path) -> None:
    first = picture_sample([folder], FakeEncoder(), 50)
    second = picture_sample([folder], FakeEncoder(), 50)

    np.testing.assert_array_equal(first.pixels, second.pixels)
    assert first.found == 90
    assert len(first.pixels) == 50
    assert len({*greys(first.pixels)}) == 50
    assert greys(first.pixels) != sorted(greys(first.pixels))


def test_everything_is_taken_where_there_is_too_little(folder: Path) -> None:
    told: list[Progress] = []

    sample = picture_sample([folder], FakeEncoder(), 500, progress=told.append)

    assert len(sample.pixels) == 90
    assert told[-1] == Progress("reading", 90, 90)


def test_copies_count_once(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        shutil.copy(path, path.with_name(f"copy of {path.name}"))

    sample = picture_sample([folder], FakeEncoder(), 500)

    assert sample.found == 180
    assert len(sample.pixels) == len({*greys(sample.pixels)}) == 90


def test_what_cannot_be_read_is_left_out_and_named(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")

    sample = picture_sample([folder], FakeEncoder(), 500)

    assert len(sample.pixels) == 90
    assert [skipped.path.name for skipped in sample.skipped] == ["broken.jpg"]


def test_what_cannot_be_reached_is_named_too(folder: Path) -> None:
    (folder / "lost.jpg").symlink_to(folder / "nowhere.jpg")

    sample = picture_sample([folder], FakeEncoder(), 500)

    assert [skipped.path.name for skipped in sample.skipped] == ["lost.jpg"]


def test_an_empty_folder_gives_no_pictures(tmp_path: Path) -> None:
    sample = picture_sample([tmp_path], FakeEncoder(), 5)

    assert (len(sample.pixels), sample.found) == (0, 0)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="gone"):
        picture_sample([tmp_path / "gone"], FakeEncoder(), 5)
