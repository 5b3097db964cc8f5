import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.gallery import Gallery
from sightline.gallery.sync import reading as intake
from sightline.gallery.sync.reading import Postponed, Reader, Taken
from sightline.gallery.sync.waits import Waits
from sightline.images import Decoded, FoundFile, decode, find
from sightline.testing import FakeEncoder
from sightline.types import Limit, Pixels
from tests.conftest import COLOURS, paint

NO_MEMORY = "there is not enough memory to decode it"


def files_in(folder: Path) -> list[FoundFile]:
    return sorted(
        (item for item in find([folder]) if isinstance(item, FoundFile)), key=lambda f: f.path
    )


def reader(encoder: FakeEncoder, threads: int = 2) -> Reader:
    return Reader(encoder, threads, 200.0, set(), Waits())


def grey(folder: Path, count: int) -> list[FoundFile]:
    for i in range(count):
        paint(folder / f"{i:03}.png", (i, i, i), size=(8, 8))
    return files_in(folder)


def test_files_come_in_order_with_the_pixels_of_their_own(tmp_path: Path) -> None:
    files = grey(tmp_path, 50)

    items = list(reader(FakeEncoder(), 4).read_ahead([(file, None) for file in files]))

    assert all(isinstance(item, Taken) for item in items)
    taken = [item for item in items if isinstance(item, Taken) and item.pixels is not None]
    assert [item.file for item in taken] == files
    levels = [float(item.pixels.mean()) * 255 for item in taken if item.pixels is not None]
    np.testing.assert_allclose(levels, range(50), atol=0.01)


@pytest.mark.parametrize(("bytes_ahead", "most"), [(0, 2), (3 * 8 * 8 * 4 * 10, 10)])
def test_no_more_is_read_ahead_than_there_is_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bytes_ahead: int, most: int
) -> None:
    monkeypatch.setattr(intake, "_AHEAD_BYTES", bytes_ahead)
    encoder = CountingPrepare()
    fetched = 0
    items = reader(encoder, 1).read_ahead([(file, None) for file in grey(tmp_path, 60)])
    for _ in range(20):
        next(items)
        fetched += 1
    items.close()  # waits for what was begun

    assert fetched <= encoder.prepared <= fetched + most


class CountingPrepare(FakeEncoder):
    """Counts the pictures that were prepared."""

    prepared = 0

    def prepare(self, image: Image.Image) -> Pixels:
        self.prepared += 1
        return super().prepare(image)


@pytest.mark.parametrize(("room", "together"), [(1, False), (1 << 30, True)])
def test_pictures_that_do_not_fit_together_are_decoded_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, together: bool
) -> None:
    monkeypatch.setattr(intake, "room_bytes", lambda threads, size: room)
    met: list[bool] = []

    class Meeting(FakeEncoder):
        door = threading.Barrier(2, timeout=0.1 if not together else 5)

        def prepare(self, image: Image.Image) -> Pixels:
            try:
                self.door.wait()
                met.append(True)
            except threading.BrokenBarrierError:
                self.door.reset()
            return super().prepare(image)

    work = [(file, None) for file in grey(tmp_path, 4)]
    items = list(reader(Meeting(), 2).read_ahead(work))

    assert len(items) == 4
    assert bool(met) is together


def test_a_picture_without_memory_beside_the_others_is_tried_alone_at_the_end(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[str] = []

    def scarce(data: bytes, *, name: str, **wishes: object) -> Decoded:
        tries.append(name)
        if name == "red.png" and tries.count(name) == 1:
            raise ImageUnreadableError(name, NO_MEMORY, lasting=False) from MemoryError()
        return decode(data, name=name)

    monkeypatch.setattr(intake, "decode", scarce)
    report = gallery.sync([photos])

    assert (report.added, report.embedded, report.skipped) == (6, 6, ())
    assert sorted(tries[:6]) == sorted(path.name for path in photos.glob("*.png"))
    assert tries[6:] == ["red.png"]


def test_a_picture_that_never_fits_is_recorded_and_tried_again_by_the_next_run(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_prepare = FakeEncoder.prepare
    tries: list[int] = []

    def scarce(self: FakeEncoder, image: Image.Image) -> Pixels:
        if image.getpixel((0, 0)) == COLOURS["red"]:
            tries.append(1)
            raise MemoryError
        return really_prepare(self, image)

    with monkeypatch.context() as patch:
        patch.setattr(FakeEncoder, "prepare", scarce)
        report = gallery.sync([photos])
        assert [(s.path.name, s.reason) for s in report.skipped] == [("red.png", NO_MEMORY)]
    again = gallery.sync([photos])

    assert len(tries) == 2, "once with the others, once alone"
    assert (report.added, again.added, again.skipped) == (5, 1, ())


def test_copies_of_a_picture_that_was_postponed_are_embedded_once(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "copy.png").write_bytes((photos / "red.png").read_bytes())
    failed: list[str] = []

    def scarce(data: bytes, *, name: str, **wishes: object) -> Decoded:
        if not failed and name in ("red.png", "copy.png"):
            failed.append(name)
            raise ImageUnreadableError(name, NO_MEMORY, lasting=False) from MemoryError()
        return decode(data, name=name)

    monkeypatch.setattr(intake, "decode", scarce)
    report = gallery.sync([photos])

    assert (report.added, report.embedded, report.skipped) == (7, 6, ())


def test_a_file_that_does_not_fit_into_memory_is_postponed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scarce(path: Path) -> bytes:
        raise ImageUnreadableError(str(path), "it does not fit", lasting=False) from MemoryError()

    monkeypatch.setattr(intake, "read", scarce)
    (file,) = grey(tmp_path, 1)

    assert isinstance(reader(FakeEncoder()).take_in(file, None), Postponed)


def test_a_sync_says_how_long_it_waited_for_what(gallery: Gallery, photos: Path) -> None:
    report = gallery.sync([photos])

    assert set(report.waits) == set(Limit)
    assert 0 < sum(report.waits.values()) <= report.seconds
    assert report.limited_by is not None
    assert gallery.sync([photos]).limited_by is None
