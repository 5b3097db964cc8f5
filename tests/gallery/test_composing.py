from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.composed import WordsSettings
from sightline.composed.fusion import fused_scores
from sightline.errors import EmptyGalleryError, ImageNotFoundError, WordsSourceNotFoundError
from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from sightline.types import Filters, Indexed
from sightline.types.composition import ComposedQuery, Mode
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

    query = ComposedQuery(Indexed(id_of(colours, "red.png")), "blue", Mode.SUM, balance=0.9)
    hits = colours.find_composed(colours.composing().compose(query), 1).hits

    assert [hit.path.name for hit in hits] == ["blue.png"]
    assert encoder.pictures_encoded == before


def test_fusion_is_in_the_order_of_all_fused_scores(colours: Gallery) -> None:
    composition = colours.composing().compose(ComposedQuery(RED, "blue", Mode.FUSION))

    result = colours.find_composed(composition, 6)

    assert composition.fusion is not None
    rows = np.stack([colours.vector_of(hit.id) for hit in result.hits])
    fused = fused_scores(composition.fusion, rows)
    assert np.all(np.diff(fused) <= 1e-9)
    cosines = rows @ composition.vector[0]
    assert [hit.score for hit in result.hits] == pytest.approx(list(cosines), abs=1e-6)


@pytest.mark.parametrize("mode", [Mode.FUSION, Mode.SUM])
def test_offset_filters_and_least_scores_hold(colours: Gallery, mode: Mode) -> None:
    composition = colours.composing().compose(ComposedQuery(RED, "blue", mode))
    whole = colours.find_composed(composition, 6)

    rest = colours.find_composed(composition, 2, offset=3)
    none = colours.find_composed(composition, 6, filters=Filters(formats=("JPEG",)))
    high = colours.find_composed(composition, 6, min_score=whole.hits[0].score)

    assert [(h.rank, h.id) for h in rest.hits] == [(h.rank, h.id) for h in whole.hits[3:5]]
    assert (rest.more, whole.more, whole.considered) == (True, False, 6)
    assert (none.hits, none.considered) == ((), 0)
    assert all(hit.score >= whole.hits[0].score for hit in high.hits)


def test_statistics_are_kept_until_the_gallery_has_grown(colours: Gallery, photos: Path) -> None:
    encoder = colours.encoder
    assert isinstance(encoder, FakeEncoder)
    asked = ComposedQuery(RED, "blue", Mode.FUSION)
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
        gallery.composing().compose(ComposedQuery(RED, "blue", Mode.FUSION))
    with pytest.raises(ImageNotFoundError):
        gallery.composing().compose(ComposedQuery(Indexed(7), "blue", Mode.SUM))
    with pytest.raises(WordsSourceNotFoundError):
        gallery.composing(WordsSettings(captioners=("nobody",)))
