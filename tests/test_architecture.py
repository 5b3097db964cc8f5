"""docs/architecture.md says what is: its drawing, its ways, and the files that it names."""

from __future__ import annotations

import inspect
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TypeAlias

import pytest
from typer.testing import CliRunner

from sightline.cli.app import app
from sightline.gallery import Gallery
from tests.conftest import COLOURS, paint
from tests.server.conftest import API, served_gallery
from tests.test_house import FLOORS, PACKAGE, SOURCE

ROOT = SOURCE.parent
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

# A file of the package, and a function in it.
Place: TypeAlias = tuple[str, str]
# Where a gallery was made, and the places that were passed while it was.
Indexed: TypeAlias = tuple[Path, list[Place]]


def ways() -> list[list[Place]]:
    """Return the numbered lists of the page."""
    found: list[list[Place]] = []
    for number, file, function in re.findall(r"^(\d+)\. `(\S+\.py)` `([\w.]+)`", TEXT, re.M):
        if number == "1":
            found.append([])
        found[-1].append((file, function))
    return found


@contextmanager
def called() -> Iterator[list[Place]]:
    """Fill a list with the functions of the package in the order in which they are called."""
    passed: list[Place] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or not code.co_flags & inspect.CO_OPTIMIZED:
            return  # the body of a module or a class is loaded, not passed
        file = Path(code.co_filename)
        if file.is_relative_to(PACKAGE):
            passed.append((file.relative_to(PACKAGE).as_posix(), code.co_qualname))

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield passed
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    """Return a gallery of six pictures, made by the command, and the way they took."""
    folder = tmp_path_factory.mktemp("architecture")
    for name, colour in COLOURS.items():
        paint(folder / "photos" / f"{name}.png", colour)
    with called() as passed:
        run("index", folder / "photos", "--model", "mini", "-g", folder / "gallery")
    return folder, passed


def run(*arguments: object) -> None:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output


def in_words(folder: Path, _: list[Place]) -> None:
    run("search", "a red car", "-g", folder / "gallery")


def composed(folder: Path, _: list[Place]) -> None:
    picture = folder / "photos" / "red.png"
    run("search", "--image", picture, "at night", "-g", folder / "gallery")


def over_http(folder: Path, passed: list[Place]) -> None:
    with Gallery.open(folder / "gallery") as gallery, served_gallery(gallery) as client:
        passed.clear()  # a service searches once before it says that it is ready
        client.post(f"{API}/search/text", json={"text": "a red car"}).raise_for_status()


def check_way(way: list[Place], passed: list[Place]) -> None:
    later = iter(passed)
    for file, function in way:
        assert (file, function) in later, f"{file} {function} was not passed after those before it"


def test_a_picture_comes_in_by_the_way_that_is_described(indexed: Indexed) -> None:
    check_way(ways()[0], indexed[1])


@pytest.mark.parametrize(("number", "search"), [(1, in_words), (2, composed), (3, over_http)])
def test_a_query_goes_through_by_the_way_that_is_described(
    number: int, search: Callable[[Path, list[Place]], None], indexed: Indexed
) -> None:
    with called() as passed:
        search(indexed[0], passed)
    check_way(ways()[number], passed)


def test_every_way_on_the_page_is_followed() -> None:
    assert [len(way) >= 4 for way in ways()] == [True] * 4


def test_the_drawing_is_the_order_that_the_imports_keep() -> None:
    drawn: dict[int, set[str]] = {}
    for room, floor in re.findall(r"^  (\w+) .* floor (\d+)$", TEXT, re.M):
        drawn.setdefault(int(floor), set()).add(room)
    assert drawn == dict(enumerate(FLOORS))


def test_every_file_and_folder_that_is_named_exists() -> None:
    named = re.findall(r"`([\w/]+(?:\.py|\.md|/))`", TEXT)
    assert len(named) > 40
    for name in named:
        assert (PACKAGE / name).exists() or (ROOT / name).exists(), name
