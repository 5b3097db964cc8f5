from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.catalog.migrations import MIGRATIONS
from sightline.errors import EmptyQueryError, GalleryBusyError, InvalidValueError
from sightline.gallery import Gallery
from sightline.types import Batch, Judgement, Question

WORDS = Question("a red thing")


@pytest.fixture
def judged(gallery: Gallery, photos: Path) -> Gallery:
    gallery.sync(photos)
    return gallery


def number(gallery: Gallery, name: str) -> int:
    return {path.name: id for path, id in gallery.ids_by_path().items()}[name]


def test_judgements_come_back_by_question_in_the_order_asked(judged: Gallery) -> None:
    red, blue = number(judged, "red.png"), number(judged, "blue.png")
    picture = Question(picture=red)
    both = Question("night", red)
    on_words = [Judgement(WORDS, picture, 1) for picture in sorted((red, blue))]

    judged.judge([on_words[1], Judgement(picture, blue, 2), Judgement(both, blue, 0), on_words[0]])

    assert judged.judgements() == (
        *on_words,
        Judgement(picture, blue, 2),
        Judgement(both, blue, 0),
    )


def test_the_last_word_on_a_picture_counts(judged: Gallery) -> None:
    red = number(judged, "red.png")

    judged.judge(Judgement(WORDS, red, 1))
    judged.judge(Judgement(Question("  a red thing "), red, 0))

    assert judged.judgements() == (Judgement(WORDS, red, 0),)


def test_a_judgement_can_be_taken_back(judged: Gallery) -> None:
    red, blue = number(judged, "red.png"), number(judged, "blue.png")
    judged.judge([Judgement(WORDS, red, 1), Judgement(WORDS, blue, 0)])

    assert judged.take_back(Judgement(WORDS, red, 1)) == 1
    assert judged.take_back(Judgement(WORDS, red, 1)) == 0
    assert judged.judgements() == (Judgement(WORDS, blue, 0),)


def test_judgements_survive_closing_and_moving_files(tmp_path: Path, photos: Path) -> None:
    from sightline.testing import FakeEncoder

    with Gallery.open(tmp_path / "home", model=FakeEncoder()) as gallery:
        gallery.sync(photos)
        red = number(gallery, "red.png")
        gallery.judge(Judgement(WORDS, red, 1))
        (photos / "red.png").rename(photos / "crimson.png")
        gallery.sync(photos)
    with Gallery.open(tmp_path / "home", model=FakeEncoder()) as gallery:
        assert gallery.judgements() == (Judgement(WORDS, number(gallery, "crimson.png"), 1),)


def test_what_was_said_of_a_picture_goes_with_it(judged: Gallery) -> None:
    red, blue = number(judged, "red.png"), number(judged, "blue.png")
    judged.judge([Judgement(WORDS, red, 1), Judgement(Question(picture=red), blue, 1)])

    judged.remove(ids=[red])

    assert judged.judgements() == ()


def test_a_picture_that_is_not_there_cannot_be_judged(judged: Gallery) -> None:
    red = number(judged, "red.png")

    for wrong in (Judgement(WORDS, 999, 1), Judgement(Question(picture=999), red, 1)):
        with pytest.raises(InvalidValueError, match="999"):
            judged.judge([Judgement(WORDS, red, 1), wrong])
    assert judged.judgements() == (), "all of it is stored, or nothing"


def test_a_grade_is_not_negative(judged: Gallery) -> None:
    with pytest.raises(InvalidValueError, match="a grade"):
        judged.judge(Judgement(WORDS, number(judged, "red.png"), -1))


def test_a_question_asks_something() -> None:
    with pytest.raises(EmptyQueryError):
        Question("  ")


def test_judging_leaves_the_index_as_it_is(judged: Gallery) -> None:
    before = judged.status().index_state

    judged.judge(Judgement(WORDS, number(judged, "red.png"), 1))

    assert judged.status().index_state == before == "current"


def test_one_writer_at_a_time(judged: Gallery, tmp_path: Path) -> None:
    red = number(judged, "red.png")
    with Catalog.open(tmp_path / "gallery" / "catalog.sqlite") as other, other.writer("a test"):
        with pytest.raises(GalleryBusyError, match="a test"):
            Catalog.open(tmp_path / "gallery" / "catalog.sqlite").judge([Judgement(WORDS, red, 1)])


def test_a_catalog_without_judgements_is_brought_to_todays_format(tmp_path: Path) -> None:
    import sqlite3

    from sightline.catalog.migrations import APPLICATION_ID

    old = sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)
    for statement in MIGRATIONS[0]:
        old.execute(statement)
    old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    old.execute("PRAGMA user_version = 1")
    old.close()

    with Catalog.open(tmp_path / "catalog.sqlite") as catalog:
        catalog.commit(Batch(settings={"model": "mini"}))
        assert catalog.judgements() == []
