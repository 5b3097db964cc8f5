import os
import shutil
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.catalog import Catalog
from sightline.errors import (
    CancelledQueryError,
    EmptyQueryError,
    EmptyTextError,
    FolderGoneError,
    GalleryBusyError,
    GalleryNotFoundError,
    ImageUnreadableError,
    InvalidValueError,
    ModelMismatchError,
    NotReadableError,
    SourceNotFoundError,
    VanishedError,
)
from sightline.gallery import Gallery
from sightline.gallery.sync import comparison
from sightline.gallery.sync import reading as intake
from sightline.images import FoundFile, find, read
from sightline.testing import FakeEncoder
from sightline.types import Hit, ImageSource, Progress, Query, Skipped
from tests.catalog.catalog_rows import chunks_of
from tests.conftest import COLOURS, paint
from tests.encoders.tiny_model import make_tiny_model


def names(hits: list[Hit]) -> list[str]:
    return [hit.path.name for hit in hits]


class CountingEncoder(FakeEncoder):
    """Counts the pictures that go through the model."""

    def __init__(self, name: str = "mean-colour") -> None:
        super().__init__(name)
        self.seen = 0

    def encode_images(self, pixels: np.ndarray) -> np.ndarray:
        self.seen += len(pixels)
        return super().encode_images(pixels)


class TurnedEncoder(FakeEncoder):
    """Truly another model: it sees red where the other sees green, in pictures and in words."""

    def encode_images(self, pixels: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(super().encode_images(pixels)[:, [1, 2, 0, 3]])

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return np.ascontiguousarray(super().encode_texts(texts)[:, [1, 2, 0, 3]])


PROBES = 3
"""The pictures that a new gallery shows to its model before all others."""


# Searching


def test_words_find_the_picture_they_name(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    for colour in ("red", "green", "blue", "yellow"):
        assert names(gallery.search(Query(texts=[colour]), k=1)) == [f"{colour}.png"]


def test_a_picture_finds_itself_with_score_one(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    hit = gallery.search(Query(images=[photos / "blue.png"]), k=1)[0]

    assert hit.path == photos / "blue.png"
    assert hit.rank == 1
    assert hit.score == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("form", ["path", "bytes", "picture"])
def test_a_query_picture_may_come_as_path_bytes_or_picture(
    gallery: Gallery, photos: Path, form: str
) -> None:
    gallery.sync([photos])
    path = photos / "green.png"
    with Image.open(path) as picture:
        forms: dict[str, ImageSource] = {
            "path": path,
            "bytes": path.read_bytes(),
            "picture": picture,
        }
        hits = gallery.search(Query(images=[forms[form]]), k=1)

    assert names(hits) == ["green.png"]


def test_words_and_picture_together_find_what_lies_between(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    hits = gallery.search(Query(texts=["green"], images=[photos / "red.png"]), k=1)

    assert names(hits) == ["yellow.png"], "red and green light make yellow"


def test_what_is_excluded_moves_to_the_end(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    plain = names(gallery.search(Query(texts=["yellow"]), k=6))
    without_red = names(gallery.search(Query(texts=["yellow"], excluded_texts=["red"]), k=6))

    assert plain.index("orange.png") < plain.index("green.png")
    assert without_red.index("green.png") < without_red.index("orange.png")


def test_results_equal_brute_force_over_the_whole_gallery(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    for i, (red, green, blue) in enumerate(rng.integers(0, 256, size=(150, 3)).tolist()):
        paint(tmp_path / "many" / f"{i:03}.png", (red, green, blue))
    encoder = FakeEncoder()
    with Gallery.open(tmp_path / "g", model=encoder) as gallery:
        gallery.sync([tmp_path / "many"])
        hits = gallery.search(Query(texts=["orange"]), k=100)
    with Catalog.open(tmp_path / "g" / "catalog.sqlite") as catalog:
        pairs = list(chunks_of(catalog, encoder.spec))
    ids = np.concatenate([ids for ids, _ in pairs])
    scores = np.concatenate([vectors for _, vectors in pairs]) @ encoder.encode_texts(["orange"])[0]
    order = np.lexsort((ids, -scores))[:100]

    assert [hit.id for hit in hits] == ids[order].tolist()
    np.testing.assert_allclose([hit.score for hit in hits], scores[order], atol=1e-6)
    assert [hit.rank for hit in hits] == list(range(1, 101))


def test_an_empty_gallery_finds_nothing(gallery: Gallery) -> None:
    assert gallery.search(Query(texts=["red"])) == []


def test_one_picture_is_found_whatever_is_asked(gallery: Gallery, tmp_path: Path) -> None:
    gallery.sync([paint(tmp_path / "only.png", COLOURS["red"])])

    assert names(gallery.search(Query(texts=["blue"]), k=50)) == ["only.png"]


def test_a_query_without_anything_is_refused() -> None:
    with pytest.raises(EmptyQueryError):
        Query(excluded_texts=["rain"])


def test_bad_queries_are_refused_with_their_own_errors(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])

    with pytest.raises(InvalidValueError, match="k is 0"):
        gallery.search(Query(texts=["red"]), k=0)
    with pytest.raises(EmptyTextError):
        gallery.search(Query(texts=["  "]), prompt="The photo of {query}")
    with pytest.raises(InvalidValueError, match=r"\{query\}"):
        gallery.search(Query(texts=["red"]), prompt="The photo of")
    with pytest.raises(InvalidValueError, match="excluded_weight"):
        gallery.search(Query(texts=["red"], excluded_texts=["blue"], excluded_weight=-1))
    with pytest.raises(InvalidValueError, match="must be above 0"):
        gallery.search(Query(texts=["red"], text_weight=0))
    with pytest.raises(CancelledQueryError):
        gallery.search(Query(texts=["red"], excluded_texts=["red"]))
    with pytest.raises(ImageUnreadableError):
        gallery.search(Query(images=[b"not a picture"]))


# Keeping up to date


def test_a_second_sync_embeds_nothing(tmp_path: Path, photos: Path) -> None:
    encoder = CountingEncoder()
    with Gallery.open(tmp_path / "g", model=encoder) as gallery:
        first = gallery.sync([photos])
        second = gallery.sync()

    assert (first.added, first.embedded, encoder.seen) == (6, 6, 6 + PROBES)
    assert (second.unchanged, second.embedded, second.added) == (6, 0, 0)


def test_a_moved_file_keeps_its_vector(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    before = gallery.search(Query(texts=["red"]), k=1)[0]
    (photos / "sub").mkdir()
    (photos / "red.png").rename(photos / "sub" / "rose.png")

    report = gallery.sync([photos])
    after = gallery.search(Query(texts=["red"]), k=1)[0]

    assert (report.moved, report.embedded, report.removed) == (1, 0, 0)
    assert (after.id, after.path) == (before.id, photos / "sub" / "rose.png")


def test_two_files_that_swap_names_are_not_embedded_again(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    (photos / "red.png").rename(photos / "x")
    (photos / "blue.png").rename(photos / "red.png")
    (photos / "x").rename(photos / "blue.png")

    report = gallery.sync([photos])

    assert report.embedded == 0
    assert names(gallery.search(Query(texts=["red"]), k=1)) == ["blue.png"]


def test_a_file_that_is_overwritten_while_its_old_content_moves_on(
    gallery: Gallery, photos: Path
) -> None:
    gallery.sync([photos])
    shutil.copy(photos / "red.png", photos / "was-red.png")
    paint(photos / "red.png", (9, 9, 9))

    gallery.sync([photos])

    assert names(gallery.search(Query(texts=["red"]), k=1)) == ["was-red.png"]
    assert len(gallery) == 7


def test_a_changed_file_gets_a_new_vector(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    paint(photos / "red.png", COLOURS["blue"], size=(40, 40))

    report = gallery.sync([photos])

    assert (report.changed, report.embedded) == (1, 1)
    assert set(names(gallery.search(Query(texts=["blue"]), k=2))) == {"blue.png", "red.png"}


def test_a_touched_file_is_only_read(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    os.utime(photos / "red.png", ns=(1, 1))

    report = gallery.sync([photos])

    assert (report.unchanged, report.embedded, report.changed) == (6, 0, 0)
    assert gallery.sync([photos]).unchanged == 6


def test_copies_go_through_the_model_once(tmp_path: Path, photos: Path) -> None:
    shutil.copy(photos / "red.png", photos / "a-copy.png")
    shutil.copy(photos / "red.png", photos / "z-copy.png")
    encoder = CountingEncoder()
    with Gallery.open(tmp_path / "g", model=encoder) as gallery:
        report = gallery.sync([photos])
        hits = gallery.search(Query(texts=["red"]), k=3)

    assert (report.added, report.embedded, encoder.seen) == (8, 6, 6 + PROBES)
    assert set(names(hits)) == {"red.png", "a-copy.png", "z-copy.png"}
    assert all(hit.image.width_px == 24 and hit.image.format == "PNG" for hit in hits)


def test_vanished_files_are_dropped(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    (photos / "red.png").unlink()

    report = gallery.sync([photos])

    assert report.removed == 1
    assert "red.png" not in names(gallery.search(Query(texts=["red"]), k=10))


def test_more_than_half_is_not_dropped_without_force(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    for name in ("red", "green", "blue", "yellow"):
        (photos / f"{name}.png").unlink()
    paint(photos / "new.png", (200, 200, 200))

    with pytest.raises(VanishedError, match="4 of the 6"):
        gallery.sync([photos])
    assert len(gallery) == 7, "what is new is in, and nothing was dropped"

    assert gallery.sync([photos], force=True).removed == 4
    assert len(gallery) == 3


def test_a_folder_that_was_emptied_by_moving_everything_is_no_loss(
    gallery: Gallery, photos: Path, tmp_path: Path
) -> None:
    gallery.sync([photos])
    photos.rename(tmp_path / "elsewhere")
    (tmp_path / "photos").mkdir()

    report = gallery.sync([photos, tmp_path / "elsewhere"])

    assert (report.moved, report.removed, report.embedded) == (6, 0, 0)


def test_a_remembered_folder_that_is_gone_stops_the_sync(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    shutil.rmtree(photos)

    with pytest.raises(FolderGoneError, match="mount its drive"):
        gallery.sync()
    assert len(gallery) == 6
    assert gallery.sync(force=True).removed == 6
    assert gallery.status().folders == (), "it is forgotten"


def test_other_folders_are_left_alone(gallery: Gallery, photos: Path, tmp_path: Path) -> None:
    gallery.sync([photos])
    paint(tmp_path / "more" / "grey.png", (99, 99, 99))

    report = gallery.sync([tmp_path / "more"])

    assert (report.added, report.removed) == (1, 0)
    assert len(gallery) == 7
    assert set(gallery.status().folders) == {photos, tmp_path / "more"}


def test_pictures_in_a_folder_that_cannot_be_entered_are_kept(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(photos / "closed" / "inner.png", (7, 7, 7))
    gallery.sync([photos])
    really_find = find

    def find_but_not_in_closed(
        paths: Iterable[Path | str], exclude: Collection[Path] = ()
    ) -> Iterator[FoundFile | Skipped]:
        # Root may enter every folder, so taking away permissions would prove nothing.
        yield Skipped(photos / "closed", "permission denied")
        yield from (f for f in really_find(paths, exclude=exclude) if "closed" not in f.path.parts)

    monkeypatch.setattr(comparison, "find", find_but_not_in_closed)
    report = gallery.sync([photos])

    assert report.removed == 0
    assert [s.path for s in report.skipped] == [photos / "closed"]
    assert len(gallery) == 7


def test_an_unreadable_file_is_recorded_and_not_tried_again(gallery: Gallery, photos: Path) -> None:
    broken = photos / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 and then nothing")

    first = gallery.sync([photos])
    again = gallery.sync([photos])

    assert first.added == 6
    assert [s.path for s in first.skipped] == [broken]
    assert again.skipped == first.skipped
    assert gallery.status().faults == first.skipped

    paint(broken.with_suffix(".png"), (3, 3, 3)).replace(broken)
    mended = gallery.sync([photos])
    assert (mended.added, mended.skipped) == (1, ())
    assert gallery.status().faults == ()


def test_a_fault_is_forgotten_with_its_file(gallery: Gallery, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    gallery.sync([photos])
    (photos / "broken.jpg").unlink()

    gallery.sync([photos])

    assert gallery.status().faults == ()


def test_copies_of_an_unreadable_file_are_refused_alike(gallery: Gallery, photos: Path) -> None:
    for name in ("b1.jpg", "b2.jpg", "b3.jpg"):
        (photos / name).write_bytes(b"\xff\xd8\xff\xe0 and then nothing")

    report = gallery.sync([photos])

    assert report.added == 6
    assert len({s.reason for s in report.skipped}) == 1
    assert [s.path.name for s in report.skipped] == ["b1.jpg", "b2.jpg", "b3.jpg"]


def test_a_picture_too_large_is_refused_by_the_flag(tmp_path: Path, photos: Path) -> None:
    paint(photos / "large.png", (1, 2, 3), size=(1100, 1000))
    with Gallery.open(tmp_path / "g", model=FakeEncoder(), max_megapixels=1.0) as gallery:
        report = gallery.sync([photos])

    assert [s.path.name for s in report.skipped] == ["large.png"]
    assert "--max-megapixels" in report.skipped[0].reason


def test_a_missing_path_changes_nothing(gallery: Gallery, photos: Path) -> None:
    with pytest.raises(SourceNotFoundError):
        gallery.sync([photos, photos / "no-such-folder"])
    assert len(gallery) == 0


def test_the_gallery_does_not_index_itself(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(photos / ".." / "photos" / "home", model=FakeEncoder()) as gallery:
        paint(photos / "home" / "thumb.png", (1, 1, 1))
        assert gallery.sync([photos]).added == 6


def test_progress_counts_up_to_the_total(gallery: Gallery, photos: Path) -> None:
    told: list[Progress] = []
    gallery.sync([photos], progress=told.append)

    embedding = [p for p in told if p.stage == "embedding"]
    assert [p.done for p in embedding] == list(range(1, 7))
    assert {p.total for p in embedding} == {6}
    assert told[-1].stage == "indexing"


# What goes missing, and what must not


def test_a_drive_that_fails_in_the_middle_costs_no_picture(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        gallery.sync([photos])

    def fail(path: Path) -> bytes:
        raise ImageUnreadableError(str(path), "the network drive has forgotten it", lasting=False)

    monkeypatch.setattr(intake, "read", fail)
    with Gallery.open(tmp_path / "g", model=TurnedEncoder("two")) as gallery:
        report = gallery.sync()

    assert len(report.skipped) == 6
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        assert len(gallery.search(Query(texts=["red"]))) == 6, "nothing of the first model is lost"


def test_links_to_a_drive_that_is_not_mounted_keep_their_pictures(
    gallery: Gallery, photos: Path, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    for picture in photos.glob("*.png"):
        (links / picture.name).symlink_to(picture)
    gallery.sync([links])
    photos.rename(tmp_path / "unmounted")

    report = gallery.sync()

    assert (report.removed, len(gallery), len(report.skipped)) == (0, 6, 6)
    (tmp_path / "unmounted").rename(photos)
    assert gallery.sync().unchanged == 6


def test_files_that_all_went_bad_are_kept_without_force(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    for picture in photos.glob("*.png"):
        picture.write_bytes(b"")

    with pytest.raises(VanishedError, match="6 of the 6"):
        gallery.sync()
    assert len(gallery) == 6
    report = gallery.sync(force=True)
    assert (report.removed, len(gallery), len(report.skipped)) == (6, 0, 6)


def test_one_file_that_went_bad_is_dropped_and_reported(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    (photos / "red.png").write_bytes(b"no longer a picture")

    report = gallery.sync()

    assert (report.removed, len(gallery)) == (1, 5)
    assert [s.path.name for s in gallery.status().faults] == ["red.png"]


def test_a_reason_that_is_not_in_the_file_is_tried_again(tmp_path: Path, photos: Path) -> None:
    paint(photos / "large.png", (1, 2, 3), size=(1100, 1000))
    with Gallery.open(tmp_path / "g", model=FakeEncoder(), max_megapixels=1.0) as gallery:
        assert len(gallery.sync([photos]).skipped) == 1
    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        report = gallery.sync()

    assert (report.added, report.skipped) == (1, ())


def test_many_new_pictures_do_not_make_up_for_all_that_vanished(
    gallery: Gallery, photos: Path
) -> None:
    gallery.sync([photos])
    for picture in photos.glob("*.png"):
        picture.unlink()
    for i in range(20):
        paint(photos / f"new{i}.png", (i, i, i))

    with pytest.raises(VanishedError, match="6 of the 6"):
        gallery.sync()


def test_a_moved_file_keeps_the_vectors_of_every_model(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        gallery.sync([photos])
        ids = {hit.id for hit in gallery.search(Query(texts=["red"]))}
    (photos / "sub").mkdir()
    for picture in photos.glob("*.png"):
        picture.rename(photos / "sub" / picture.name)
    with Gallery.open(tmp_path / "g", model=TurnedEncoder("two")) as gallery:
        report = gallery.sync()
        assert {hit.id for hit in gallery.search(Query(texts=["red"]))} == ids

    assert (report.moved, report.added, report.removed, report.embedded) == (6, 0, 0, 6)
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        assert {hit.id for hit in gallery.search(Query(texts=["red"]))} == ids


def test_two_ways_to_one_folder_lose_nothing(gallery: Gallery, photos: Path) -> None:
    (photos.parent / "other-way").symlink_to(photos)
    gallery.sync([photos])
    gallery.sync([photos.parent / "other-way"])

    report = gallery.sync()

    assert report.removed == 0
    assert len(gallery) == 12


def test_a_single_file_is_followed_without_its_folder(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos / "red.png", photos / "blue.png", photos / "green.png"])
    (photos / "red.png").unlink()

    report = gallery.sync()

    assert (report.removed, report.unchanged, len(gallery)) == (1, 2, 2)
    assert gallery.status().folders == ()


def test_a_folder_below_a_remembered_one_is_not_remembered_again(
    gallery: Gallery, photos: Path
) -> None:
    paint(photos / "sub" / "inner.png", (5, 5, 5))
    gallery.sync([photos])
    gallery.sync([photos / "sub"])
    shutil.rmtree(photos / "sub")

    assert gallery.sync().removed == 1
    assert gallery.status().folders == (photos,)


def test_a_glob_stands_for_pictures_and_folders_only(gallery: Gallery, photos: Path) -> None:
    (photos / "notes.txt").write_text("no picture")
    paint(photos / "sub" / "inner.png", (5, 5, 5))

    report = gallery.sync(f"{photos}/*")

    assert (report.added, report.skipped) == (7, ())
    assert gallery.status().folders == (photos,)


def test_a_glob_is_expanded_as_a_search_for_pictures_does(gallery: Gallery, photos: Path) -> None:
    paint(photos / "@eaDir" / "thumbnail.png", (5, 5, 5))
    paint(photos / "sub" / "inner.png", (6, 6, 6))

    report = gallery.sync(f"{photos}/*")

    assert report.added == 7, "a NAS keeps its thumbnails for itself"
    paint(photos / "later" / "new.png", (7, 7, 7))
    (photos / "red.png").unlink()
    report = gallery.sync()
    assert (report.added, report.removed, report.unchanged) == (1, 1, 6)
    assert gallery.folders == (photos,)


def test_a_glob_of_files_alone_remembers_no_folder(gallery: Gallery, photos: Path) -> None:
    gallery.sync(f"{photos}/*l*.png")

    assert len(gallery) == 3
    assert gallery.folders == ()
    assert gallery.sync().unchanged == 3


@pytest.mark.parametrize("lone", [str, Path])
def test_a_lone_path_is_a_list_of_one(
    gallery: Gallery, photos: Path, lone: Callable[[Path], str | Path]
) -> None:
    assert gallery.sync(lone(photos)).added == 6
    assert gallery.remove(paths=lone(photos / "no-such.png")) == 0, "not letter by letter"
    assert gallery.remove(paths=lone(photos / "red.png")) == 1
    assert Query(texts="dog").texts == ("dog",)
    assert Query(images=photos / "red.png").images == (photos / "red.png",)  # type: ignore[arg-type]


def test_empty_paths_are_refused_and_not_taken_for_the_working_folder(
    gallery: Gallery, photos: Path
) -> None:
    gallery.sync([photos])

    with pytest.raises(InvalidValueError, match="a path is ''"):
        gallery.sync([""])
    with pytest.raises(InvalidValueError, match="a path is ''"):
        gallery.remove(paths=[""])
    with pytest.raises(InvalidValueError, match="must be named"):
        gallery.sync([])
    assert len(gallery) == 6


def test_the_gallerys_own_folder_cannot_be_indexed(gallery: Gallery, tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="outside of the gallery"):
        gallery.sync([tmp_path / "gallery"])


def test_hundreds_of_broken_copies_are_read_once_each(
    gallery: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(200):
        (photos / f"b{i:03}.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    reads: list[Path] = []
    really_read = read

    def counting_read(path: Path) -> bytes:
        reads.append(path)
        return really_read(path)

    monkeypatch.setattr(intake, "read", counting_read)
    report = gallery.sync([photos])

    assert len(report.skipped) == 200
    assert len(reads) <= 206 + 200


def test_pictures_can_be_taken_out_without_the_model(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        gallery.sync([photos])
    with Gallery.open(tmp_path / "g", model=tmp_path / "model-that-is-gone") as gallery:
        assert gallery.remove(paths=[photos / "red.png"]) == 1
    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        assert "red.png" not in names(gallery.search(Query(texts=["red"]), k=9))


def test_bad_queries_are_refused_in_an_empty_gallery_too(gallery: Gallery) -> None:
    with pytest.raises(EmptyTextError):
        gallery.search(Query(texts=[" "]))
    with pytest.raises(ImageUnreadableError):
        gallery.search(Query(images=[b"not a picture"]))


# Models


def test_pictures_without_a_vector_of_the_model_are_counted(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        gallery.sync([photos])
        assert gallery.missing() == 0
    with Gallery.open(tmp_path / "g", model=TurnedEncoder("two")) as gallery:
        gallery.sync([photos / "red.png"])
        assert gallery.missing() == 5


def test_the_model_is_remembered_by_name_or_by_its_whole_path(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny_model(tmp_path / "tiny", config={"sightline": {"prompt": "{query}"}})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mini").mkdir()
    with Gallery.open("by-folder", model="tiny") as gallery:
        gallery.sync([photos])
    with Gallery.open("by-name", model="mini") as gallery:
        gallery.sync([photos])
    monkeypatch.chdir(photos)

    with Gallery.open(tmp_path / "by-folder") as gallery:
        assert names(gallery.search(Query(texts=["red"]), k=1)) == ["red.png"]
    with Gallery.open(tmp_path / "by-name") as gallery:
        assert gallery.model_name == "mini"


def test_a_model_folder_that_was_moved_is_found_again(tmp_path: Path, photos: Path) -> None:
    model = make_tiny_model(tmp_path / "tiny", config={"sightline": {"prompt": "{query}"}})
    with Gallery.open(tmp_path / "g", model=model) as gallery:
        gallery.sync([photos])
    (tmp_path / "models").mkdir()
    model.rename(tmp_path / "models" / "tiny")
    with Gallery.open(tmp_path / "g", model=tmp_path / "models" / "tiny") as gallery:
        assert gallery.sync().embedded == 0

    with Gallery.open(tmp_path / "g") as gallery:
        assert names(gallery.search(Query(texts=["red"]), k=1)) == ["red.png"]


def test_another_model_is_refused_until_it_has_vectors(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        gallery.sync([photos])
    with Gallery.open(tmp_path / "g", model=TurnedEncoder("two")) as gallery:
        with pytest.raises(ModelMismatchError, match=r"indexed with one, but two was asked"):
            gallery.search(Query(texts=["red"]))
        report = gallery.sync()
        assert (report.embedded, report.added) == (6, 0)
        assert names(gallery.search(Query(texts=["red"]), k=1)) == ["red.png"]
        assert {spec.name: n for spec, n in gallery.status().models.items()} == {"one": 6, "two": 6}


def test_new_content_drops_the_vectors_of_other_models(tmp_path: Path, photos: Path) -> None:
    for encoder in (FakeEncoder("one"), TurnedEncoder("two")):
        with Gallery.open(tmp_path / "g", model=encoder) as gallery:
            gallery.sync([photos])
    paint(photos / "red.png", COLOURS["blue"], size=(30, 30))
    with Gallery.open(tmp_path / "g", model=FakeEncoder("one")) as gallery:
        gallery.sync()
        assert {spec.name: n for spec, n in gallery.status().models.items()} == {"one": 6, "two": 5}


# One writer, many readers


def test_a_second_writer_is_told_who_is_first(tmp_path: Path, photos: Path) -> None:
    with (
        Gallery.open(tmp_path / "g", model=FakeEncoder()) as first,
        Gallery.open(tmp_path / "g", model=FakeEncoder()) as second,
    ):
        seen: list[str] = []

        def intrude(progress: Progress) -> None:
            if progress.stage == "embedding" and not seen:
                with pytest.raises(GalleryBusyError) as caught:
                    second.sync([photos])
                seen.append(str(caught.value))

        first.sync([photos], progress=intrude)
    assert f"process {os.getpid()} (sightline index" in seen[0]


def test_an_open_reader_sees_what_another_writes(tmp_path: Path, photos: Path) -> None:
    with (
        Gallery.open(tmp_path / "g", model=FakeEncoder()) as writer,
        Gallery.open(tmp_path / "g", model=FakeEncoder()) as reader,
    ):
        assert reader.search(Query(texts=["red"])) == []
        writer.sync([photos])
        assert len(reader.search(Query(texts=["red"]))) == 6
        writer.remove(paths=[photos / "red.png"])
        assert len(reader.search(Query(texts=["red"]))) == 5


def test_many_threads_search_while_one_syncs(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    for i in range(120):
        colour = rng.integers(0, 256, 3)
        paint(tmp_path / "many" / f"{i}.png", (int(colour[0]), int(colour[1]), int(colour[2])))
    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        gallery.sync([tmp_path / "many" / "0.png"])
        stop, faults = threading.Event(), []

        def search() -> None:
            while not stop.is_set():
                hits = gallery.search(Query(texts=["red"]), k=200)
                if [h.score for h in hits] != sorted((h.score for h in hits), reverse=True):
                    faults.append("not in order")
                if len({h.id for h in hits}) != len(hits):
                    faults.append("an id twice")

        threads = [threading.Thread(target=search) for _ in range(4)]
        for thread in threads:
            thread.start()
        gallery.sync([tmp_path / "many"])
        stop.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert len(gallery.search(Query(texts=["red"]), k=200)) == 120


# The index is a cache


@pytest.mark.parametrize("damage", ["deleted", "cut off", "overwritten", "an old copy"])
def test_a_lost_index_file_loses_nothing(tmp_path: Path, photos: Path, damage: str) -> None:
    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        gallery.sync([photos / "red.png"])
        (file,) = (tmp_path / "g").glob("*.index")
        old = file.read_bytes()
        gallery.sync([photos])
        expected = names(gallery.search(Query(texts=["orange"]), k=6))
    if damage == "deleted":
        file.unlink()
    elif damage == "cut off":
        file.write_bytes(file.read_bytes()[:-10])
    elif damage == "overwritten":
        file.write_bytes(b"\0" * file.stat().st_size)
    else:
        file.write_bytes(old)

    with Gallery.open(tmp_path / "g", model=FakeEncoder()) as gallery:
        assert gallery.status().index_state != "current"
        assert names(gallery.search(Query(texts=["orange"]), k=6)) == expected
        assert gallery.status().index_state == "current", "the search repaired it"


def test_a_gallery_is_opened_only_where_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(GalleryNotFoundError, match="sightline index PICTURES"):
        Gallery.open(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


def test_removing_by_id_and_by_folder(gallery: Gallery, photos: Path) -> None:
    gallery.sync([photos])
    red = gallery.search(Query(texts=["red"]), k=1)[0]

    assert gallery.remove(ids=[red.id, 999_999]) == 1
    assert gallery.remove(paths=[photos]) == 5
    assert gallery.remove(paths=[photos]) == 0
    assert len(gallery) == 0
    assert gallery.status().folders == ()
    assert (photos / "red.png").exists(), "files are never touched"


def test_a_search_that_fails_leaves_no_thread_behind(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as first:
        first.sync(photos)
    before = threading.active_count()

    with (
        Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as gallery,
        pytest.raises(ImageUnreadableError),
    ):
        gallery.search(Query(images=[photos / "no.png"]))

    assert threading.active_count() == before


def test_an_index_that_cannot_be_opened_is_told_by_the_search(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as first:
        first.sync(photos)

    def refuse(*_: object) -> None:
        raise NotReadableError(tmp_path, "it is gone")

    monkeypatch.setattr("sightline.gallery.index.open_index", refuse)
    with (
        Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as gallery,
        pytest.raises(NotReadableError, match="it is gone"),
    ):
        gallery.search(Query(texts=["red"]))
