import errno
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from sightline.cli.sheet import write_sheet
from sightline.errors import DiskFullError, InvalidValueError, NotWritableError
from sightline.images.sheets import Tile, contact_sheet, sheet_size
from sightline.types import Hit, ImageRecord, Query
from tests.cli.conftest import Command

QUERY = Query(texts=["red"])


def hits(count: int, path: Path = Path("not-there.png")) -> list[Hit]:
    record = ImageRecord(1, path, 1, 1, "00", 1, 1, "PNG")
    return [Hit(rank, 0.5, record) for rank in range(1, count + 1)]


@contextmanager
def files_up_to(limit_bytes: int) -> Iterator[None]:
    """Let the system refuse larger files, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 23])
@pytest.mark.parametrize("examples", [0, 1])
def test_the_size_of_a_sheet_is_known_before_it_is_drawn(count: int, examples: int) -> None:
    drawn = contact_sheet(
        [Tile(None, "1")] * count, title="some", examples=[Image.new("RGB", (9, 9))] * examples
    )

    assert sheet_size(count, bool(examples)) == drawn.size


@pytest.mark.parametrize(
    ("name", "count", "limit"),
    [
        ("out.webp", 400, "WEBP is limited to 16,383"),
        ("out.jpg", 1300, "JPEG is limited to 65,500"),
        ("out.JPEG", 1300, "JPEG is limited to 65,500"),
        ("out.png", 10**7, "PNG is limited to 200,000"),
    ],
)
def test_a_page_that_the_format_cannot_hold_is_refused_before_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, count: int, limit: str
) -> None:
    monkeypatch.delattr("sightline.cli.sheet.contact_sheet")

    class Many(list[Hit]):
        def __len__(self) -> int:
            return count

    with pytest.raises(InvalidValueError, match=limit) as refused:
        write_sheet(tmp_path / name, Many(), QUERY, 200.0)

    assert "-k" in str(refused.value)
    assert (".png" in str(refused.value).split("limited")[1]) is (name != "out.png")
    assert list(tmp_path.iterdir()) == []


def test_the_highest_page_of_a_format_can_be_written(tmp_path: Path) -> None:
    count = 300
    while sheet_size(count + 5, False)[1] <= 16_383:
        count += 5

    write_sheet(tmp_path / "out.webp", hits(count), QUERY, 200.0)

    with Image.open(tmp_path / "out.webp") as page:
        assert page.size == sheet_size(count, False)
    with pytest.raises(InvalidValueError):
        write_sheet(tmp_path / "more.webp", hits(count + 1), QUERY, 200.0)


def test_a_full_disk_leaves_the_old_sheet_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "out.png"
    target.write_bytes(b"the sheet of yesterday")

    with files_up_to(1000), pytest.raises(DiskFullError, match=r"out\.png"):
        write_sheet(target, hits(3), QUERY, 200.0)

    assert list(tmp_path.iterdir()) == [target]
    assert target.read_bytes() == b"the sheet of yesterday"


def test_a_failing_disk_is_another_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(NotWritableError, match="Input/output error"):
        write_sheet(tmp_path / "out.png", hits(1), QUERY, 200.0)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_the_sheet_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out.png").mkdir()

    with pytest.raises(NotWritableError, match=r"cannot write .*out\.png: "):
        write_sheet(tmp_path / "out.png", hits(1), QUERY, 200.0)

    assert [path.name for path in tmp_path.iterdir()] == ["out.png"]


def test_a_link_leads_to_the_new_sheet_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link.png").symlink_to("real.png")

    write_sheet(tmp_path / "link.png", hits(1), QUERY, 200.0)

    assert (tmp_path / "link.png").is_symlink()
    with Image.open(tmp_path / "real.png") as page:
        assert page.size == sheet_size(1, False)


def test_an_ending_is_refused_before_the_search(
    indexed: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("sightline.gallery.gallery.Gallery.search")

    outcome = indexed("search", "red", "--sheet", "out.gif")

    assert outcome.code == 2
    assert "--sheet is 'out.gif'" in outcome.err


def test_an_empty_gallery_gives_no_sheet(
    command: Command, tmp_path: Path, tiny_model: Path
) -> None:
    (tmp_path / "empty").mkdir()
    command("index", "empty", "-m", tiny_model)

    outcome = command("search", "red", "--sheet", "out.png")

    assert outcome.code == 1
    assert not (tmp_path / "out.png").exists()
    assert "sheet" not in outcome.err
