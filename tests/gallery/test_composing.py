import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.catalog import Catalog
from sightline.composed import Composing, WordsSettings
from sightline.composed.fusion import fused_scores
from sightline.errors import (
    EmptyGalleryError,
    ImageNotFoundError,
    InvalidValueError,
    WordsSourceNotFoundError,
)
from sightline.gallery import Gallery
from sightline.gallery.composing import GalleryComposing
from sightline.testing import FakeEncoder
from sightline.types import Filters, Indexed, Mode, Query
from tests.conftest import paint

RED = Image.new("RGB", (24, 16), (255, 0, 0))


@pytest.fixture
def colours(gallery: Gallery, photos: Path) -> Gallery:
    gallery.sync(photos)
    return gallery


def id_of(gallery: Gallery, name: str) -> int:
    return next(r.id for r in gallery.browse(k=99).images if r.path.name == name)


def test_a_picture_of_the_gallery_is_composed_by_its_stored_vector(colours: Gallery) -> None:
    encoder = colours.encoder
    assert isinstance(encoder, FakeEncoder)
    before = encoder.pictures_encoded

    query = Query(
        images=[Indexed(id_of(colours, "red.png"))],
        instruction="blue",
        mode=Mode.SUM,
        balance=0.9,
    )
    hits = colours.find_composed(colours.composing().compose(query), 1).hits

    assert [hit.path.name for hit in hits] == ["blue.png"]
    assert encoder.pictures_encoded == before


def test_fusion_is_in_the_order_of_all_fused_scores(colours: Gallery) -> None:
    composition = colours.composing().compose(
        Query(images=[RED], instruction="blue", mode=Mode.FUSION)
    )

    result = colours.find_composed(composition, 6)

    assert composition.fusion is not None
    rows = np.stack([colours.vector_of(hit.id) for hit in result.hits])
    fused = fused_scores(composition.fusion, rows)
    assert np.all(np.diff(fused) <= 1e-9)
    cosines = rows @ composition.vector[0]
    assert [hit.score for hit in result.hits] == pytest.approx(list(cosines), abs=1e-6)


def test_find_composes_what_has_an_instruction_and_tells_how(colours: Gallery) -> None:
    query = Query(images=[RED], instruction="make it blue", filters=Filters(formats=["png"]))

    found = colours.find(query, 2, offset=1)

    composition = colours.composing().compose(query)
    expected = colours.find_composed(composition, 2, offset=1, filters=query.filters)
    assert [(hit.rank, hit.id, hit.score) for hit in found.hits] == [
        (hit.rank, hit.id, hit.score) for hit in expected.hits
    ]
    assert found.composition is not None
    assert (found.composition.mode, found.composition.composer) == (Mode.ROLES, "rules")
    assert [hit.id for hit in colours.search(query, 3)][1:] == [hit.id for hit in found.hits]
    assert colours.find(Query(texts="blue")).composition is None
    none = colours.find(replace(query, filters=Filters(formats=["JPEG"])))
    assert (none.hits, none.considered) == ((), 0)


@pytest.mark.parametrize("wrong", [{"k": 0}, {"offset": -1}, {"min_score": 2.0}])
def test_a_ranking_that_cannot_be_is_refused_before_anything_is_composed(
    colours: Gallery, wrong: dict[str, Any]
) -> None:
    encoder = colours.encoder
    assert isinstance(encoder, FakeEncoder)
    before = encoder.texts_encoded

    with pytest.raises(InvalidValueError):
        colours.find(Query(images=[RED], instruction="make it blue"), **wrong)
    assert encoder.texts_encoded == before


def test_other_captioners_and_composers_can_be_asked(colours: Gallery) -> None:
    with pytest.raises(WordsSourceNotFoundError, match="nobody"):
        colours.find(
            Query(images=[RED], instruction="make it blue"),
            words=WordsSettings(captioners=("nobody",)),
        )


def test_what_composes_is_kept_until_the_gallery_has_grown(
    colours: Gallery, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Composing] = []
    make = GalleryComposing.composing

    def counted(composing: GalleryComposing, *given: Any) -> Composing:  # noqa: ANN401
        made.append(make(composing, *given))
        return made[-1]

    monkeypatch.setattr(GalleryComposing, "composing", counted)
    query = Query(images=[RED], instruction="make it blue")
    colours.find(query)
    colours.find(replace(query, instruction="make it green"))
    assert len(made) == 1

    colours.find(query, prompt="a {query} wall")
    colours.use_for_queries(lambda encoder: FakeEncoder("other"))
    colours.find(query)
    colours.use_for_queries(None)
    colours.find(query)
    assert len(made) == 3, "another prompt, and another encoder of queries"

    for i in range(3):
        paint(photos / f"grey-{i}.png", (100 + i, 100, 100))
    colours.sync(photos)
    colours.find(query)
    assert len(made) == 4


def test_in_fusion_all_that_score_enough_are_found_page_by_page(
    gallery: Gallery, photos: Path
) -> None:
    for red, green in itertools.product(range(0, 250, 40), range(0, 250, 40)):
        paint(photos / f"{red}-{green}.png", (red, green, 120))
    gallery.sync(photos)
    composition = gallery.composing().compose(
        Query(images=[RED], instruction="blue", mode=Mode.FUSION)
    )
    whole = gallery.find_composed(composition, 1000).hits
    least = float(np.median([hit.score for hit in whole]))
    expected = [hit.id for hit in whole if hit.score >= least]
    assert expected != [hit.id for hit in whole[: len(expected)]], "they are not the first ones"

    found: list[int] = []
    more = True
    while more:
        page = gallery.find_composed(composition, 5, offset=len(found), min_score=least)
        found += [hit.id for hit in page.hits]
        more = page.more
        assert page.considered == len(whole)

    assert found == expected


@pytest.mark.parametrize("mode", [Mode.FUSION, Mode.SUM])
def test_offset_filters_and_least_scores_hold(colours: Gallery, mode: Mode) -> None:
    composition = colours.composing().compose(Query(images=[RED], instruction="blue", mode=mode))
    whole = colours.find_composed(composition, 6)

    rest = colours.find_composed(composition, 2, offset=3)
    none = colours.find_composed(composition, 6, filters=Filters(formats=("JPEG",)))
    high = colours.find_composed(composition, 6, min_score=whole.hits[0].score)

    assert [(h.rank, h.id) for h in rest.hits] == [(h.rank, h.id) for h in whole.hits[3:5]]
    assert (rest.more, whole.more, whole.considered) == (True, False, 6)
    assert (none.hits, none.considered) == ((), 0)
    assert all(hit.score >= whole.hits[0].score for hit in high.hits)


def test_statistics_that_wait_to_be_written_are_not_made_again(
    colours: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = colours.encoder
    assert isinstance(encoder, FakeEncoder)
    written = threading.Event()
    monkeypatch.setattr(Catalog, "keep_text", lambda *_: written.wait())
    asked = Query(images=[RED], instruction="blue", mode=Mode.FUSION)
    try:
        colours.composing().compose(asked)
        before = encoder.texts_encoded
        colours.composing().compose(asked)
    finally:
        written.set()

    assert encoder.texts_encoded - before == 1, "the instruction, and no text for statistics"


def test_statistics_are_kept_until_the_gallery_has_grown(colours: Gallery, photos: Path) -> None:
    encoder = colours.encoder
    assert isinstance(encoder, FakeEncoder)
    asked = Query(images=[RED], instruction="blue", mode=Mode.FUSION)
    first = colours.composing().compose(asked)

    before = encoder.texts_encoded
    again = colours.composing().compose(asked)
    assert encoder.texts_encoded - before == 1, "the instruction, and no text for statistics"

    for i in range(3):
        paint(photos / f"grey-{i}.png", (100 + i, 100, 100))
    colours.sync(photos)
    grown = colours.composing().compose(asked)

    assert first.fusion is not None
    assert again.fusion is not None
    assert grown.fusion is not None
    assert again.fusion.statistics.count == first.fusion.statistics.count == 6
    assert np.array_equal(again.fusion.image, first.fusion.image)
    assert grown.fusion.statistics.count == 9


def test_an_empty_gallery_and_unknown_names_are_errors(gallery: Gallery) -> None:
    with pytest.raises(EmptyGalleryError, match="sightline index"):
        gallery.composing().compose(Query(images=[RED], instruction="blue", mode=Mode.FUSION))
    with pytest.raises(ImageNotFoundError):
        gallery.composing().compose(Query(images=[Indexed(7)], instruction="blue", mode=Mode.SUM))
    with pytest.raises(WordsSourceNotFoundError):
        gallery.composing(WordsSettings(captioners=("nobody",)))
