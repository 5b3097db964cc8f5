"""Searches with filters, parts of pictures, pictures of the gallery, offsets and steps."""

import os
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.errors import (
    ImageNotFoundError,
    ImageUnreadableError,
    InvalidValueError,
    VectorMissingError,
)
from sightline.gallery import Gallery
from sightline.protocols import Encoder
from sightline.testing import FakeEncoder
from sightline.types import (
    Cropped,
    Filters,
    Hit,
    Indexed,
    ModelSpec,
    Query,
    Region,
    SearchResult,
    Step,
)
from tests.conftest import COLOURS, paint

RED, YELLOW = Query(texts=["red"]), Query(texts=["yellow"])


def names(found: SearchResult) -> list[str]:
    return [hit.path.stem for hit in found.hits]


def id_of(gallery: Gallery, name: str) -> int:
    (id,) = (hit.id for hit in gallery.search(RED, k=99) if hit.path.stem == name)
    return id


@pytest.fixture
def filled(gallery: Gallery, photos: Path) -> Gallery:
    gallery.sync([photos])
    return gallery


class SharperEncoder(FakeEncoder):
    """A model whose vectors cannot be compared with those of ``FakeEncoder``."""

    @property
    def spec(self) -> ModelSpec:
        return replace(super().spec, preprocessing="sharpen")


# Parts of the ranking


def test_an_offset_goes_on_where_the_first_part_ended(filled: Gallery) -> None:
    whole = filled.find(RED, 6)
    first, second = filled.find(RED, 4), filled.find(RED, 4, offset=4)

    assert names(first) + names(second) == names(whole)
    assert [hit.rank for hit in second.hits] == [5, 6]
    assert (first.more, second.more, whole.more) == (True, False, False)
    assert first.considered == whole.considered == len(COLOURS)


def test_an_offset_beyond_the_end_finds_nothing(filled: Gallery) -> None:
    found = filled.find(RED, 5, offset=50)

    assert (found.hits, found.more, found.considered) == ((), False, 6)


def test_what_scores_lower_is_left_out(filled: Gallery) -> None:
    scores = [hit.score for hit in filled.search(RED, k=6)]
    between = (scores[2] + scores[3]) / 2

    found = filled.find(RED, 2, min_score=between)

    assert [hit.score for hit in found.hits] == scores[:2]
    assert found.more
    assert not filled.find(RED, 3, min_score=between).more
    assert filled.find(Query(texts=["cyan"]), 3, min_score=0.99).hits == ()


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"offset": -1}, {"min_score": 1.5}, {"min_score": float("nan")}]
)
def test_numbers_out_of_range_are_refused(filled: Gallery, wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidValueError, match=f"{next(iter(wrong))} is "):
        filled.find(RED, **wrong)  # type: ignore[arg-type]


def test_every_step_is_timed(filled: Gallery, photos: Path) -> None:
    found = filled.find(Query(texts=["red"], images=[photos / "blue.png"]))

    assert set(found.seconds) == set(Step)
    assert all(seconds > 0 for seconds in found.seconds.values())


# Filters


def test_a_filtered_search_ranks_what_passes_as_before(filled: Gallery, photos: Path) -> None:
    paint(photos / "more" / "dark.png", (90, 0, 0))
    paint(photos / "more" / "pale.png", (255, 200, 200))
    filled.sync([photos])
    everything = names(filled.find(RED, 99))

    found = filled.find(Query(texts=["red"], filters=Filters(folders=[photos / "more"])), 99)

    assert sorted(names(found)) == ["dark", "pale"]
    assert names(found) == [name for name in everything if name in ("dark", "pale")]
    assert (found.considered, found.more) == (2, False)


def test_a_filter_that_nothing_passes_finds_nothing(filled: Gallery) -> None:
    found = filled.find(Query(texts=["red"], filters=Filters(taken_to=date(1999, 1, 1))))

    assert (found.hits, found.considered, found.more) == ((), 0, False)


def test_a_remembered_filter_notices_what_changes(filled: Gallery) -> None:
    query = Query(texts=["red"], filters=Filters(labels=["warm"]))
    assert names(filled.find(query)) == []

    filled.set_labels(id_of(filled, "orange"), ["warm"])
    assert names(filled.find(query)) == ["orange"]

    filled.set_labels(id_of(filled, "orange"), [])
    assert names(filled.find(query)) == []


# Pictures of the gallery


def test_a_search_by_a_picture_of_the_gallery_reads_no_file(filled: Gallery, photos: Path) -> None:
    id, encoder = id_of(filled, "green"), filled.encoder
    (photos / "green.png").unlink()
    assert isinstance(encoder, FakeEncoder)
    before = encoder.pictures_encoded

    found = filled.find(Query(images=[Indexed(id)]))

    assert names(found)[0] == "green"
    assert found.hits[0].score == pytest.approx(1.0, abs=1e-6)
    assert encoder.pictures_encoded == before


def test_pictures_from_inside_and_outside_are_averaged(filled: Gallery, photos: Path) -> None:
    id = id_of(filled, "green")

    mixed = filled.find(Query(images=[photos / "red.png", Indexed(id)]))
    other_way = filled.find(Query(images=[Indexed(id), photos / "red.png"]))

    assert names(mixed)[0] == "yellow", "red and green light make yellow"
    assert names(mixed) == names(other_way)


def test_a_picture_of_the_gallery_may_be_excluded(filled: Gallery) -> None:
    red = id_of(filled, "red")

    found = filled.find(Query(texts=["yellow"], excluded_images=[Indexed(red)]))

    plain = filled.find(YELLOW)
    assert names(plain).index("orange") < names(plain).index("green")
    assert names(found).index("green") < names(found).index("orange")


def test_an_unknown_id_is_named(filled: Gallery) -> None:
    for search in (
        lambda: filled.find(Query(images=[Indexed(12345)])),
        lambda: filled.similar(12345),
        lambda: filled.image(12345),
        lambda: filled.thumbnail(12345),
        lambda: filled.set_labels(12345, ["x"]),
    ):
        with pytest.raises(ImageNotFoundError, match="no picture has the id 12345"):
            search()


def test_a_picture_of_another_model_cannot_be_compared(tmp_path: Path, photos: Path) -> None:
    home = tmp_path / "two"
    with Gallery.open(home, model=FakeEncoder("first")) as gallery:
        gallery.sync([photos])
    with Gallery.open(home, model=SharperEncoder("second")) as gallery:
        gallery.sync([paint(tmp_path / "new" / "a.png", (1, 2, 3))])
        with pytest.raises(VectorMissingError, match="no vector of second yet"):
            gallery.similar(1)


def test_similar_pictures_are_those_of_a_search_without_the_picture(filled: Gallery) -> None:
    red = id_of(filled, "red")
    whole = [hit.path.stem for hit in filled.search(Query(images=[Indexed(red)]), k=6)][1:]

    first, second = filled.similar(red, 3), filled.similar(red, 3, offset=3)

    assert names(first) + names(second) == whole
    assert [hit.rank for hit in (*first.hits, *second.hits)] == [1, 2, 3, 4, 5]
    assert (first.more, second.more) == (True, False)
    assert first.considered == 5


def test_similar_to_a_picture_with_copies_leaves_only_itself_out(
    gallery: Gallery, tmp_path: Path
) -> None:
    for name in "abcd":
        paint(tmp_path / "copies" / f"{name}.png", (10, 20, 30))
    gallery.sync([tmp_path / "copies"])
    ids = sorted(hit.id for hit in gallery.search(RED))

    for id, first_two in ((ids[2], ids[:2]), (ids[3], ids[:2]), (ids[0], ids[1:3])):
        found = gallery.similar(id, 2)
        assert [hit.id for hit in found.hits] == first_two
        assert (found.considered, found.more) == (3, True)
        assert not gallery.similar(id, 3).more


def test_similar_respects_filters_that_leave_the_picture_itself_out(filled: Gallery) -> None:
    red, blue = id_of(filled, "red"), id_of(filled, "blue")
    filled.set_labels(blue, ["cold"])

    found = filled.similar(red, 5, filters=Filters(labels=["cold"]))

    assert names(found) == ["blue"]
    assert found.considered == 1


def test_similar_pictures_below_a_score_are_left_out(filled: Gallery) -> None:
    red = id_of(filled, "red")
    scores = [hit.score for hit in filled.similar(red, 9).hits]

    found = filled.similar(red, 9, min_score=scores[1])

    assert [hit.score for hit in found.hits] == scores[:2]
    assert not found.more


# Without a query


def test_browsing_shows_the_newest_first(gallery: Gallery, tmp_path: Path) -> None:
    for name, seconds in (("old", 10**9), ("new", 10**9 + 7), ("newest", 10**9 + 7)):
        os.utime(paint(tmp_path / "dated" / f"{name}.png", (1, 2, len(name))), (0, seconds))
    gallery.sync([tmp_path / "dated"])
    shot = Image.new("RGB", (9, 9))
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2001:01:01 00:00:00"
    shot.save(tmp_path / "shot.jpg", exif=exif)
    gallery.sync([tmp_path / "shot.jpg"])

    whole = gallery.browse(k=9)
    part = gallery.browse(k=2, offset=1)

    stems = [image.path.stem for image in whole.images]
    assert set(stems[:2]) == {"new", "newest"}, "equal times come by id"
    assert stems[2:] == ["old", "shot"]
    assert part.images == whole.images[1:3]
    assert part.total == whole.total == 4
    assert gallery.browse(Filters(formats=["JPEG"])).total == 1


# Parts of a picture


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    picture = Image.new("RGB", (400, 200), (255, 0, 0))
    picture.paste((0, 0, 255), (200, 0, 400, 200))
    path = tmp_path / "halves.png"
    picture.save(path)
    return path


@pytest.mark.parametrize(("left", "right", "best"), [(0.0, 0.5, "red"), (0.5, 1.0, "blue")])
def test_a_part_of_a_picture_is_searched_by(
    filled: Gallery, halves: Path, left: float, right: float, best: str
) -> None:
    part = Cropped(halves, Region(left, 0.0, right, 1.0))

    assert names(filled.find(Query(images=[part])))[0] == best


def test_a_part_of_a_picture_of_the_gallery_is_read_from_its_file(
    filled: Gallery, halves: Path
) -> None:
    filled.sync([halves])
    part = Cropped(Indexed(id_of(filled, "halves")), Region(0.5, 0.0, 1.0, 1.0))

    assert names(filled.find(Query(images=[part])))[0] == "blue"

    halves.unlink()
    with pytest.raises(ImageUnreadableError, match="no longer there"):
        filled.find(Query(images=[part]))


def test_the_smallest_part_is_a_pixel(filled: Gallery, halves: Path) -> None:
    corner = Cropped(halves, Region(1 - 1e-9, 1 - 1e-9, 1.0, 1.0))

    assert names(filled.find(Query(images=[corner])))[0] == "blue"


@pytest.mark.parametrize(
    "sides",
    [(0.5, 0, 0.5, 1), (0, 0, 1.1, 1), (-0.1, 0, 1, 1), (0, 1, 1, 0), (0, 0, float("nan"), 1)],
)
def test_a_box_that_is_none_is_refused(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(InvalidValueError, match="region"):
        Region(*sides)


# What embeds queries


class Counting:
    """A model that notes the texts it is asked for."""

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner
        self.texts: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def encode_texts(self, texts: list[str]) -> np.ndarray:
        self.texts += texts
        return self._inner.encode_texts(texts)  # type: ignore[attr-defined, no-any-return]


def test_queries_go_through_what_was_made_of_the_model(filled: Gallery) -> None:
    made: list[Counting] = []

    def adapt(encoder: Encoder) -> Encoder:
        made.append(Counting(encoder))
        return made[-1]  # type: ignore[return-value]

    filled.use_for_queries(adapt)
    adapted = filled.find(RED)
    filled.find(YELLOW)
    filled.use_for_queries(None)
    plain = filled.find(RED)

    assert names(adapted) == names(plain)
    assert [counting.texts for counting in made] == [["red", "yellow"]]


def test_searches_from_many_threads_agree(filled: Gallery) -> None:
    expected = {name: names(filled.find(Query(texts=[name]))) for name in COLOURS}
    wrong: list[str] = []

    def search(name: str) -> None:
        for _ in range(20):
            hits: tuple[Hit, ...] = filled.find(Query(texts=[name])).hits
            if [hit.path.stem for hit in hits] != expected[name]:
                wrong.append(name)

    threads = [threading.Thread(target=search, args=(name,)) for name in COLOURS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
