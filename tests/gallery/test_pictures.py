"""Pictures that a gallery is given to keep, labels, thumbnails, and what is left on disk."""

import io
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from sightline.errors import (
    GalleryBusyError,
    ImageUnreadableError,
    InvalidValueError,
    NotWritableError,
)
from sightline.gallery import Gallery
from sightline.gallery.files import GalleryFiles, shown_name
from sightline.images.memory import Room
from sightline.testing import FakeEncoder
from sightline.types import Added, Pixels, Progress, Query
from tests.conftest import paint
from tests.gallery.test_search import SharperEncoder


def picture(colour: tuple[int, int, int] = (0, 200, 0), format: str = "PNG") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(target, format)
    return target.getvalue()


def files(folder: Path) -> list[str]:
    """Return every file below a gallery's own folders."""
    found = [path for name in ("uploads", "thumbnails") for path in (folder / name).rglob("*")]
    return sorted(path.name for path in found if path.is_file())


def test_a_picture_that_is_added_is_found_by_the_next_search(gallery: Gallery) -> None:
    added = gallery.add(picture(), name="holiday/green wall.png", labels=["walls"])

    assert added.is_new
    assert added.image.name == "green wall.png"
    assert added.image.labels == ("walls",)
    assert (added.image.width_px, added.image.height_px, added.image.format) == (30, 20, "PNG")
    (hit,) = gallery.search(Query(texts=["green"]))
    assert hit.image == added.image
    assert hit.path.read_bytes() == picture()
    assert hit.path.name == f"{added.image.content_hash}.png"
    assert gallery.keeps(hit.image)


def test_the_same_content_is_kept_once_and_gets_the_new_labels(gallery: Gallery) -> None:
    first = gallery.add(picture(), name="a.png", labels=["one"])
    second = gallery.add(picture(), name="b.png", labels=["two", "one"])

    assert not second.is_new
    assert second.image.id == first.image.id
    assert second.image.name == "a.png"
    assert second.image.labels == ("one", "two")
    assert len(gallery) == 1


def test_a_picture_that_was_indexed_is_not_kept_again(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    added = gallery.add((photos / "red.png").read_bytes(), name="red.png")

    assert not added.is_new
    assert added.image.path == photos / "red.png"
    assert files(gallery.path) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<!doctype html><script>alert(1)</script>", "a web page"),
        (picture(format="JPEG")[:200], "cut off|ends too early|truncated|broken"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    gallery: Gallery, data: bytes, reason: str
) -> None:
    with pytest.raises(ImageUnreadableError, match=f"cannot read x.svg: .*({reason})"):
        gallery.add(data, name="/tmp/x.svg")

    assert files(gallery.path) == []
    assert len(gallery) == 0


def test_a_commit_that_fails_leaves_no_file(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.add(picture(), name="a.png")
    commit = gallery._catalog.commit

    def failing(batch: object) -> int:
        if getattr(batch, "added", ()):
            raise NotWritableError(Path("catalog.sqlite"), "it is read only")
        return commit(batch)  # type: ignore[arg-type]

    monkeypatch.setattr(gallery._catalog, "commit", failing)
    with pytest.raises(NotWritableError):
        gallery.add(picture((9, 9, 9)), name="b.png")

    assert len(files(gallery.path)) == 1


def test_a_picture_may_be_added_in_the_middle_of_a_sync(gallery: Gallery, photos: Path) -> None:
    added: list[Added] = []

    def upload(progress: Progress) -> None:
        if progress.stage == "embedding" and not added:
            thread = threading.Thread(
                target=lambda: added.append(gallery.add(picture((1, 2, 3)), name="new.png"))
            )
            thread.start()
            thread.join(20)
            assert not thread.is_alive()

    report = gallery.sync([photos], progress=upload)

    assert report.added == 6
    assert len(gallery) == 7
    assert added[0].image.id in {hit.id for hit in gallery.search(Query(texts=["black"]))}


def test_another_process_that_writes_is_named(gallery: Gallery) -> None:
    with (
        Gallery.open(gallery.path, model=FakeEncoder()) as other,
        other._catalog.writer("sightline index"),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("sightline.gallery.pictures.PATIENCE_S", 0.0)
        with pytest.raises(GalleryBusyError, match="sightline index"):
            gallery.add(picture(), name="a.png")

    assert files(gallery.path) == []


def test_a_sync_of_everything_keeps_what_was_added(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    added = gallery.add(picture((7, 7, 7)), name="kept.png", labels=["kept"])

    report = gallery.sync()

    assert (report.removed, report.unchanged) == (0, 7)
    assert gallery.image(added.image.id) == added.image


def test_another_model_embeds_what_was_added_too(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    gallery.add(picture((7, 7, 7)), name="kept.png")
    with Gallery.open(gallery.path, model=SharperEncoder("another")) as other:
        assert other.sync().embedded == 7


def test_removing_deletes_the_gallerys_own_file_and_no_other(
    gallery: Gallery, photos: Path
) -> None:
    gallery.sync([photos])
    added = gallery.add(picture((7, 7, 7)), name="mine.png")
    red = gallery.search(Query(texts=["red"]), k=1)[0]
    for id in (added.image.id, red.id):
        gallery.thumbnail(id, 160)

    assert gallery.remove(ids=[added.image.id, red.id]) == 2

    assert files(gallery.path) == []
    assert (photos / "red.png").exists()
    assert not added.image.path.exists()


# Labels


@pytest.mark.parametrize("label", ["", "  ", "x" * 101, "a\x00b", "a\u202eb"])
def test_a_label_that_is_none_is_refused(gallery: Gallery, label: str) -> None:
    with pytest.raises(InvalidValueError, match="a label"):
        gallery.add(picture(), name="a.png", labels=[label])
    assert len(gallery) == 0


@pytest.mark.parametrize("label", ["Đà Nẵng", "👩‍👩‍👧", "عطلة"])
def test_labels_are_of_any_writing(gallery: Gallery, label: str) -> None:
    added = gallery.add(picture(), name="a.png", labels=[f"  {label} ", label])

    assert added.image.labels == (label,)
    assert gallery.facets().labels == {label: 1}


# Names


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\b.jpg", "b.jpg"),
        ("bad\x00\n\x1b[31mname.jpg", "bad[31mname.jpg"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("cafe\u0301.jpg", "café.jpg"),
        ("👩‍👧.png", "👩‍👧.png"),
        ("", ""),
        ("folder/", ""),
        ("x" * 200 + ".jpeg", "x" * 114 + "….jpeg"),
    ],
)
def test_a_name_from_outside_becomes_one_that_can_be_shown(given: str, shown: str) -> None:
    assert shown_name(given) == shown


# Thumbnails


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def test_a_thumbnail_keeps_proportions_and_is_kept(gallery: Gallery, tmp_path: Path) -> None:
    paint(tmp_path / "wide.png", (200, 10, 10), (900, 300))
    gallery.sync([tmp_path / "wide.png"])
    (hit,) = gallery.search(Query(texts=["red"]))

    small = gallery.thumbnail(hit.id, 320)

    assert opened(small).format == "WEBP"
    assert opened(small).size == (320, 107)
    assert files(gallery.path) == [f"{hit.image.content_hash}-320.webp"]
    (tmp_path / "wide.png").unlink()
    assert gallery.thumbnail(hit.id, 320) == small, "it comes from the cache"


def test_a_thumbnail_is_never_enlarged(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos / "red.png"])
    (hit,) = gallery.search(Query(texts=["red"]))

    assert opened(gallery.thumbnail(hit.id, 640)).size == (24, 16)


def test_another_picture_under_the_same_path_is_not_shown(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos / "red.png"])
    (hit,) = gallery.search(Query(texts=["red"]))
    paint(photos / "red.png", (0, 0, 255))

    with pytest.raises(ImageUnreadableError, match="changed since it was indexed"):
        gallery.thumbnail(hit.id, 160)


def test_a_thumbnail_of_a_gallery_that_cannot_be_written_is_made_each_time(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.sync([photos / "red.png"])
    (hit,) = gallery.search(Query(texts=["red"]))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("sightline.gallery.files.write_whole", refuse)
    assert opened(gallery.thumbnail(hit.id, 160)).size == (24, 16)
    assert files(gallery.path) == []


# What happens behind its back


def test_a_picture_kept_with_another_model_keeps_its_file(gallery: Gallery) -> None:
    kept = gallery.add(picture(), name="a.png", labels=["one"]).image
    with Gallery.open(gallery.path, model=SharperEncoder()) as other:
        again = other.add(picture(), name="a.png", labels=["two"])
        (hit,) = other.search(Query(texts=["green"]))

    assert not again.is_new
    assert (again.image.id, again.image.labels) == (kept.id, ("one", "two"))
    assert hit.id == kept.id
    assert kept.path.read_bytes() == picture()
    assert [hit.id for hit in gallery.search(Query(texts=["green"]))] == [kept.id]


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"half")])
def test_a_kept_file_that_was_lost_is_written_again(
    gallery: Gallery, damage: Callable[[Path], object]
) -> None:
    kept = gallery.add(picture(), name="a.png").image
    damage(kept.path)

    assert not gallery.add(picture(), name="a.png").is_new
    assert kept.path.read_bytes() == picture()
    assert gallery.sync().unchanged == 1


def test_a_kept_file_that_was_overwritten_and_indexed_is_itself_again(gallery: Gallery) -> None:
    kept = gallery.add(picture(), name="a.png").image
    kept.path.write_bytes(picture((255, 0, 0)))
    assert gallery.sync().changed == 1

    again = gallery.add(picture(), name="a.png", labels=["green"])

    assert (again.is_new, again.image.id) == (False, kept.id)
    assert again.image.content_hash == kept.content_hash
    assert again.image.labels == ("green",)
    assert kept.path.read_bytes() == picture()
    (hit,) = gallery.search(Query(texts=["green"]))
    assert hit.score > 0.99


def slowly(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a task on the gallery's own files take long enough for others to come."""
    task = getattr(GalleryFiles, name)

    def take_long(files: GalleryFiles, *given: Any) -> object:  # noqa: ANN401
        time.sleep(0.2)
        return task(files, *given)

    monkeypatch.setattr(GalleryFiles, name, take_long)


def test_one_picture_that_comes_twice_at_once_is_kept_once(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    gallery.add(picture((1, 2, 3)))  # the model is loaded
    slowly(monkeypatch, "store")
    with ThreadPoolExecutor(4) as threads:
        added = list(threads.map(lambda _: gallery.add(picture()), range(4)))

    assert sorted(some.is_new for some in added) == [False, False, False, True]
    assert len({some.image.id for some in added}) == 1
    assert added[0].image.path.read_bytes() == picture()


def test_a_picture_that_comes_back_while_it_is_removed_keeps_its_file(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = gallery.add(picture()).image
    slowly(monkeypatch, "discard")
    with ThreadPoolExecutor(2) as threads:
        removing = threads.submit(gallery.remove, ids=[kept.id])
        time.sleep(0.1)
        again = threads.submit(gallery.add, picture()).result(20)
        assert removing.result(20) == 1

    assert again.image.path.read_bytes() == picture()
    assert gallery.image(again.image.id) == again.image


# Memory


class Crowd:
    """Counts how many threads are inside at once, and lets them meet."""

    def __init__(self) -> None:
        self.inside = self.most = 0
        self._mutex = threading.Lock()

    def enter(self) -> None:
        with self._mutex:
            self.inside += 1
            self.most = max(self.most, self.inside)
        time.sleep(0.05)
        with self._mutex:
            self.inside -= 1


@pytest.mark.parametrize(("size_bytes", "most"), [(1 << 30, 4), (1, 1)])
@pytest.mark.parametrize("task", ["search", "add", "thumbnail"])
def test_pictures_are_decoded_at_once_as_far_as_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str, size_bytes: int, most: int
) -> None:
    crowd = Crowd()

    class Watched(FakeEncoder):
        def prepare(self, image: Image.Image) -> Pixels:
            crowd.enter()
            return super().prepare(image)

    def small(image: Image.Image, longest_px: int) -> Image.Image:
        crowd.enter()
        return image

    data = [picture((number, 0, 0)) for number in range(4)]
    monkeypatch.setattr("sightline.gallery.files.thumbnail", small)
    monkeypatch.setattr("sightline.gallery.gallery.room_for_guests", lambda: Room(size_bytes))
    with Gallery.open(tmp_path / "gallery", model=Watched()) as gallery:
        gallery.search(Query(images=[picture()]), 1)  # the model is loaded
        crowd.most = 0
        tasks: dict[str, Callable[[bytes], object]] = {
            "search": lambda some: gallery.search(Query(images=[some]), 1),
            "add": lambda some: gallery.add(some),
            "thumbnail": lambda some: gallery.thumbnail(data.index(some) + 1, 100),
        }
        if task == "thumbnail":
            for some in data:
                gallery.add(some)
            crowd.most = 0
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(tasks[task], data))

    assert crowd.most == most


# Order


def test_tidying_deletes_what_nothing_leads_to(gallery: Gallery) -> None:
    kept = gallery.add(picture(), name="a.png").image
    gallery.thumbnail(kept.id, 160)
    before = files(gallery.path)
    lost = kept.path.parent / ("f" * 40 + ".png")
    lost.write_bytes(picture((1, 1, 1)))
    (gallery.path / "thumbnails" / "ff").mkdir()
    (gallery.path / "thumbnails" / "ff" / ("f" * 40 + "-160.webp")).write_bytes(b"x")
    (kept.path.parent / "half.unfinished").write_bytes(b"x")

    assert gallery.tidy() == 3
    assert files(gallery.path) == before
    assert gallery.tidy() == 0


def test_a_thumbnail_that_was_never_finished_is_nothing_to_keep(gallery: Gallery) -> None:
    kept = gallery.add(picture(), name="a.png").image
    gallery.thumbnail(kept.id, 160)
    half = next((gallery.path / "thumbnails").rglob("*.webp"))
    half.with_name(f"{half.name}.1-1.unfinished").write_bytes(b"x")

    assert gallery.tidy() == 1
    assert half.exists()


def test_a_picture_that_is_just_being_added_is_not_tidied_away(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gallery.path / "uploads").mkdir()
    (gallery.path / "uploads" / "lost.png").write_bytes(b"x")
    gallery.add(picture((1, 2, 3)), name="first.png")  # the model is loaded
    added: list[Added] = []
    adding = threading.Thread(target=lambda: added.append(gallery.add(picture(), name="a.png")))
    look, looks = GalleryFiles.lost, []

    def look_while_one_is_added(files: GalleryFiles, *known: Any) -> list[Path]:  # noqa: ANN401
        looks.append(known)
        if len(looks) == 2:  # as the writer; the catalog was read before
            adding.start()
            adding.join(1)
        return look(files, *known)

    monkeypatch.setattr(GalleryFiles, "lost", look_while_one_is_added)
    assert gallery.tidy() == 1
    adding.join(20)

    assert added[0].image.path.exists()


def test_the_size_on_disk_counts_what_the_gallery_keeps(gallery: Gallery) -> None:
    data = os.urandom(50_000)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (128, 128), data[: 128 * 128 * 3]).save(buffer, "PNG")
    before = gallery.status().bytes_on_disk

    gallery.add(buffer.getvalue(), name="noise.png")

    assert gallery.status().bytes_on_disk - before >= len(buffer.getvalue())
