"""Which models may touch which galleries: the rule of docs/adr/0009."""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import numpy_helper

from sightline.catalog import Catalog
from sightline.encoders import load_model
from sightline.errors import ModelMismatchError, ModelNotFetchedError, NotWritableError
from sightline.gallery import Gallery
from sightline.gallery.identity import (
    AGREEMENT,
    Difference,
    can_be_measured,
    differences,
    mark_of,
    precision_class,
)
from sightline.gallery.model import DEFAULT_MODEL, default_model_for
from sightline.gallery.probes import EVERYTHING, Need, Prober, Probes, probe_pictures, unpacked
from sightline.protocols import Encoder
from sightline.testing import FakeEncoder
from sightline.types import Batch, Hit, ModelSpec, NewVector, Query, Vectors
from sightline_scenes.collection import write_collection
from tests.catalog.catalog_rows import ids_of
from tests.conftest import paint
from tests.encoders.tiny_model import make_tiny_model

MINI = Path(__file__).parents[2] / "src" / "sightline" / "encoders" / "mini"
SPEC = ModelSpec("a", "w1", "p1", "t1", "float32", 8)
WORDS = Query(texts=["red"])
DIGESTS = ["bb51d6d9a2f7", "88b18f64f8b7", "9721e82666e2"]


class FittedEncoder(FakeEncoder):
    """A mean-colour encoder with a spec and with vectors that a test can bend.

    ``bend_pictures`` and ``bend_texts`` are angles in radians by which vectors are turned towards
    the fourth axis, so that the cosine to the plain ones is known: that of the angle.
    """

    def __init__(
        self, bend_pictures: float = 0.0, bend_texts: float = 0.0, **facts: str | int
    ) -> None:
        super().__init__("mean-colour")
        self._facts = facts
        self._bend_pictures, self._bend_texts = bend_pictures, bend_texts

    @property
    def spec(self) -> ModelSpec:
        return replace(super().spec, **self._facts)  # type: ignore[arg-type]

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        return turned(super().encode_images(pixels), self._bend_pictures)

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return turned(super().encode_texts(texts), self._bend_texts)


class PictureOnly:
    """The same without words."""

    def __init__(self, inner: FittedEncoder) -> None:
        self._inner = inner
        self.spec = replace(inner.spec, tokenizer="", digest=f"{inner.spec.digest}-pictures")
        self.input_px = inner.input_px
        self.prepare = inner.prepare
        self.encode_images = inner.encode_images


def turned(rows: Vectors, angle: float) -> Vectors:
    """Turn unit rows by an angle, in the plane of each and of a row at right angles to it."""
    flat = rows.astype(np.float64)
    aside = np.array([[1.0, -2.0, 0.5, 3.0]]) - flat * (flat @ [[1.0], [-2.0], [0.5], [3.0]])
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    bent: Vectors = (np.cos(angle) * flat + np.sin(angle) * aside).astype(np.float32)
    return bent


def angle_of(cosine: float) -> float:
    return float(np.arccos(cosine))


@pytest.fixture
def home(tmp_path: Path, photos: Path) -> Path:
    """Return a gallery of the six photos, made by a plain ``FittedEncoder``."""
    folder = tmp_path / "g"
    with Gallery.open(folder, model=FittedEncoder()) as gallery:
        gallery.sync([photos])
    return folder


def found(home: Path, encoder: Encoder, query: Query) -> list[Hit]:
    with Gallery.open(home, model=encoder) as gallery:
        return gallery.search(query, k=3)


def red_picture(photos: Path) -> Query:
    return Query(images=[photos / "red.png"])


def names(hits: Sequence[Hit]) -> list[str]:
    return [hit.path.name for hit in hits]


def stored_models(home: Path) -> dict[ModelSpec, int]:
    with Catalog.open(home / "catalog.sqlite") as catalog:
        return catalog.models()


# The rule itself


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": "b"}, ()),
        ({"precision": "bfloat16"}, ()),
        ({"precision": "float16", "name": "c"}, ()),
        ({"precision": "int8"}, ("precision class",)),
        ({"precision": "int4"}, ("precision class",)),
        ({"digest": "w2"}, ("weights",)),
        ({"preprocessing": "p2"}, ("preprocessing",)),
        ({"tokenizer": "t2", "digest": "w2"}, ("weights", "tokeniser")),
        ({"dimensions": 9}, ("dimensions",)),
    ],
)
def test_what_makes_another_model(change: dict[str, object], expected: tuple[str, ...]) -> None:
    other = replace(SPEC, **change)  # type: ignore[arg-type]

    assert differences(SPEC, other) == expected
    assert differences(other, SPEC) == expected


def test_only_weights_and_tokeniser_are_worth_measuring() -> None:
    measurable = {d for d in Difference if can_be_measured([d])}

    assert measurable == {Difference.WEIGHTS, Difference.TOKENIZER}
    assert can_be_measured([Difference.WEIGHTS, Difference.TOKENIZER])
    assert not can_be_measured([Difference.WEIGHTS, Difference.PREPROCESSING])


def test_floating_point_is_one_class_and_anything_else_its_own() -> None:
    classes = {p: precision_class(p) for p in ("float32", "bfloat16", "float16", "int8", "int4")}

    assert set(classes.values()) == {"float", "int8", "int4"}


# Probes


def test_the_probe_pictures_never_change() -> None:
    digests = [hashlib.sha256(p.tobytes()).hexdigest()[:12] for p in probe_pictures()]

    # Whoever changes a picture or a text has to give the format another number.
    assert digests == DIGESTS


def test_the_probe_pictures_have_no_symmetry_that_would_hide_a_fault() -> None:
    for picture in probe_pictures():
        rows = np.asarray(picture, dtype=np.float64)
        means = rows.mean(axis=(0, 1))
        assert picture.mode == "RGB"
        assert min(abs(a - b) for a, b in combinations(means, 2)) > 3, "no two channels alike"
        for other in (rows[::-1], rows[:, ::-1], rows[:, :, ::-1]):
            assert np.abs(rows - other).mean() > 10, "neither upside down, mirrored nor BGR"


def test_probes_survive_storage(tmp_path: Path) -> None:
    made = Prober(FakeEncoder()).probes()

    again = unpacked(made.packed(), 4)
    assert again is not None
    assert again.texts is not None
    assert made.texts is not None
    assert np.min(np.sum(again.pictures * made.pictures, axis=1)) > 1 - 1e-6
    assert np.min(np.sum(again.texts * made.texts, axis=1)) > 1 - 1e-6
    np.testing.assert_allclose(np.linalg.norm(again.pictures, axis=1), 1, atol=1e-6)


def test_probes_of_a_model_without_words_have_no_texts() -> None:
    made = Prober(PictureOnly(FittedEncoder())).probes()

    again = unpacked(made.packed(), 4)
    assert again is not None
    assert again.texts is None


@pytest.mark.parametrize(
    "damage",
    ["", "null", "[]", "{", '{"format": 1}', '{"format": 0, "pictures": "", "texts": null}'],
)
def test_damaged_probes_count_as_none(damage: str) -> None:
    assert unpacked(damage, 4) is None


def test_probes_of_other_dimensions_or_lengths_count_as_none() -> None:
    made = Prober(FakeEncoder()).probes()

    assert unpacked(made.packed(), 5) is None
    assert unpacked(made.packed(), 6) is None, "12 numbers could be two rows of six"
    assert unpacked(Probes(made.pictures * 0, None).packed(), 4) is None
    assert unpacked(Probes(made.pictures * np.nan, None).packed(), 4) is None
    assert unpacked(Probes(made.pictures[:2], None).packed(), 4) is None


def test_agreement_is_the_least_cosine_of_what_is_needed() -> None:
    plain = Prober(FittedEncoder()).probes()
    bent = Prober(FittedEncoder(angle_of(0.9), angle_of(0.6)))

    assert bent.agreement(plain, Need.PICTURES) == pytest.approx(0.9, abs=1e-3)
    assert bent.agreement(plain, Need.WORDS) == pytest.approx(0.6, abs=1e-3)
    assert bent.agreement(plain, EVERYTHING) == pytest.approx(0.6, abs=1e-3)


def test_one_probe_that_disagrees_is_enough() -> None:
    plain = Prober(FittedEncoder()).probes()
    texts = plain.texts
    assert texts is not None
    for row in range(3):
        pictures, words = plain.pictures.copy(), texts.copy()
        pictures[row : row + 1] = turned(pictures[row : row + 1], angle_of(0.7))
        words[row : row + 1] = turned(words[row : row + 1], angle_of(0.8))
        prober = Prober(FittedEncoder())

        assert prober.agreement(Probes(pictures, words), Need.PICTURES) == pytest.approx(0.7)
        assert prober.agreement(Probes(pictures, words), Need.WORDS) == pytest.approx(0.8)


# Which model may search


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "renamed"},
        {"precision": "bfloat16"},
        {"precision": "float16", "name": "renamed"},
    ],
)
def test_the_same_model_by_its_digests_is_let_in_without_looking(
    home: Path, photos: Path, facts: dict[str, Any]
) -> None:
    encoder = FittedEncoder(**facts)

    assert names(found(home, encoder, WORDS))[0] == "red.png"
    assert names(found(home, encoder, red_picture(photos)))[0] == "red.png"
    assert (encoder.pictures_encoded, encoder.texts_encoded) == (1, 1), "the queries alone"


def test_other_weights_that_compute_the_same_are_let_in(home: Path, photos: Path) -> None:
    close = angle_of(AGREEMENT + 4e-4)
    encoder = FittedEncoder(close, close, digest="exported-again", tokenizer="written-again")

    assert names(found(home, encoder, WORDS))[0] == "red.png"
    assert names(found(home, encoder, red_picture(photos)))[0] == "red.png"


def test_other_weights_that_compute_something_else_are_refused(home: Path, photos: Path) -> None:
    far = angle_of(AGREEMENT - 4e-4)
    encoder = FittedEncoder(far, far, digest="another")

    for query in (WORDS, red_picture(photos)):
        with pytest.raises(ModelMismatchError, match=r"differs in weights .*0\.999 is needed"):
            found(home, encoder, query)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"preprocessing": "resize-9"}, "differs in preprocessing;"),
        ({"preprocessing": "resize-9", "digest": "x"}, "differs in weights and preprocessing;"),
        ({"precision": "int8"}, "differs in precision class;"),
        ({"precision": "int8", "digest": "x"}, "differs in weights and precision class;"),
    ],
)
def test_other_preprocessing_or_another_class_is_refused_however_well_it_agrees(
    home: Path, photos: Path, facts: dict[str, Any], said: str
) -> None:
    encoder = FittedEncoder(**facts)

    for query in (WORDS, red_picture(photos)):
        with pytest.raises(ModelMismatchError, match=said):
            found(home, encoder, query)
    assert (encoder.pictures_encoded, encoder.texts_encoded) == (0, 0), "nothing was measured"


def test_an_int8_gallery_refuses_floats_and_lets_int8_in(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=FittedEncoder(precision="int8")) as gallery:
        gallery.sync([photos])

    assert len(found(tmp_path / "g", FittedEncoder(precision="int8", name="b"), WORDS)) == 3
    for precision in ("float32", "bfloat16", "float16"):
        with pytest.raises(ModelMismatchError, match="precision class"):
            found(tmp_path / "g", FittedEncoder(precision=precision), WORDS)


def test_a_search_by_words_never_runs_the_picture_tower(home: Path) -> None:
    agreeing = FittedEncoder(angle_of(0.5), digest="other-pictures")
    refused = FittedEncoder(0.0, angle_of(0.5), digest="other-words")

    assert names(found(home, agreeing, WORDS))[0] == "red.png", "its words are the stored model's"
    with pytest.raises(ModelMismatchError):
        found(home, refused, WORDS)
    assert agreeing.pictures_encoded == refused.pictures_encoded == 0


def test_a_search_by_pictures_never_runs_the_text_tower(home: Path, photos: Path) -> None:
    agreeing = FittedEncoder(0.0, angle_of(0.5), digest="other-words")
    refused = FittedEncoder(angle_of(0.5), digest="other-pictures")

    assert names(found(home, agreeing, red_picture(photos)))[0] == "red.png"
    with pytest.raises(ModelMismatchError):
        found(home, refused, red_picture(photos))
    assert agreeing.texts_encoded == refused.texts_encoded == 0


def test_a_search_by_both_needs_both(home: Path, photos: Path) -> None:
    both = Query(texts=["red"], images=[photos / "red.png"])
    hidden = Query(texts=["red"], excluded_images=[photos / "blue.png"])

    for bend in ((angle_of(0.5), 0.0), (0.0, angle_of(0.5))):
        for query in (both, hidden):
            with pytest.raises(ModelMismatchError):
                found(home, FittedEncoder(*bend, digest="half"), query)
    assert len(found(home, FittedEncoder(digest="whole"), both)) == 3


def test_a_vector_of_ones_own_needs_both_too(home: Path, photos: Path) -> None:
    vector = FittedEncoder().encode_texts(["red"])
    with (
        Gallery.open(home, model=FittedEncoder(angle_of(0.5), digest="half")) as gallery,
        pytest.raises(ModelMismatchError),
    ):
        gallery.nearest(vector)
    with Gallery.open(home, model=FittedEncoder(digest="whole")) as gallery:
        assert names(gallery.nearest(vector))[0] == "red.png"


def test_the_pictures_speak_for_a_model_without_words(home: Path, photos: Path) -> None:
    assert len(found(home, PictureOnly(FittedEncoder()), red_picture(photos))) == 3
    with pytest.raises(ModelMismatchError):
        found(home, PictureOnly(FittedEncoder(angle_of(0.5), digest="x")), red_picture(photos))


def test_words_may_ask_a_gallery_that_was_made_without_words(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model=PictureOnly(FittedEncoder())) as gallery:
        gallery.sync([photos])

    assert names(found(tmp_path / "g", FittedEncoder(), WORDS))[0] == "red.png"
    with pytest.raises(ModelMismatchError):
        found(tmp_path / "g", FittedEncoder(angle_of(0.5), digest="x"), WORDS)


def test_what_agreed_once_is_not_measured_again(home: Path, photos: Path) -> None:
    first, second = FittedEncoder(digest="again"), FittedEncoder(digest="again")
    found(home, first, red_picture(photos))
    found(home, second, red_picture(photos))
    third = FittedEncoder(digest="again")
    found(home, third, WORDS)
    fourth = FittedEncoder(digest="again")
    found(home, fourth, Query(texts=["red"], images=[photos / "red.png"]))

    assert (first.pictures_encoded, second.pictures_encoded) == (3 + 1, 1)
    assert (third.texts_encoded, third.pictures_encoded) == (3 + 1, 0), "words were not noted yet"
    assert (fourth.texts_encoded, fourth.pictures_encoded) == (1, 1), "both are"


def test_a_note_about_one_model_says_nothing_about_another(home: Path) -> None:
    found(home, FittedEncoder(digest="good"), WORDS)

    for other in (
        FittedEncoder(0.0, angle_of(0.5), digest="bad"),
        FittedEncoder(0.0, angle_of(0.5), digest="good", tokenizer="bad"),
    ):
        with pytest.raises(ModelMismatchError):
            found(home, other, WORDS)


def test_the_first_query_of_many_measures_for_all(home: Path) -> None:
    encoder = FittedEncoder(digest="again")
    with Gallery.open(home, model=encoder) as gallery:
        for _ in range(5):
            gallery.search(WORDS, k=1)
        assert gallery.missing() == 0, "its vectors are those of the model that it agrees with"

    assert encoder.texts_encoded == 3 + 5


def test_a_gallery_that_is_being_written_can_be_searched_by_an_agreeing_model(home: Path) -> None:
    with Catalog.open(home / "catalog.sqlite") as writer, writer.writer("sightline index"):
        assert len(found(home, FittedEncoder(digest="again"), WORDS)) == 3


def test_a_gallery_that_cannot_be_written_can_be_searched_by_an_agreeing_model(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(catalog: Catalog, batch: Batch) -> int:
        raise NotWritableError(home, "it is on a read-only medium")

    monkeypatch.setattr(Catalog, "commit", refuse)
    assert len(found(home, FittedEncoder(digest="again"), WORDS)) == 3


def test_an_older_gallery_without_probes_refuses_what_it_cannot_measure(
    home: Path, photos: Path
) -> None:
    with Catalog.open(home / "catalog.sqlite") as catalog:
        catalog.commit(Batch(settings={f"probes:{mark_of(FittedEncoder().spec)}": ""}))

    assert len(found(home, FittedEncoder(name="b", precision="bfloat16"), WORDS)) == 3
    with pytest.raises(ModelMismatchError, match=r"differs in weights;"):
        found(home, FittedEncoder(digest="again"), WORDS)
    paint(photos / "new.png", (40, 50, 60))
    with Gallery.open(home, model=FittedEncoder()) as gallery:
        gallery.sync()
    assert len(found(home, FittedEncoder(digest="again"), WORDS)) == 3, "a sync made up for it"


def test_the_exact_model_comes_before_one_that_merely_agrees(home: Path, photos: Path) -> None:
    own = FittedEncoder(angle_of(0.9), digest="own")
    with Gallery.open(home, model=own) as gallery:
        assert gallery.sync().embedded == 6
        hit = gallery.search(red_picture(photos), k=1)[0]
        words = gallery.search(WORDS, k=1)[0]

    assert hit.score == pytest.approx(1.0, abs=1e-3), "and not 0.9, as to the stored one"
    assert words.score < 0.999, "the stored one would give 1.0"


# Which model may index


@pytest.mark.parametrize(
    "encoder",
    [
        FittedEncoder(name="renamed"),
        FittedEncoder(precision="bfloat16"),
        FittedEncoder(digest="exported-again", tokenizer="written-again"),
        PictureOnly(FittedEncoder()),
    ],
    ids=["renamed", "bfloat16", "exported again", "pictures only"],
)
def test_an_index_goes_on_under_the_model_that_is_stored(
    home: Path, photos: Path, encoder: Encoder
) -> None:
    paint(photos / "new.png", (250, 10, 5))
    with Gallery.open(home, model=encoder) as gallery:
        report = gallery.sync()
        assert (report.added, report.embedded, report.unchanged) == (1, 1, 6)
        assert gallery.missing() == 0

    assert stored_models(home) == {FittedEncoder().spec: 7}
    assert set(names(found(home, FittedEncoder(), red_picture(photos)))[:2]) == {
        "red.png",
        "new.png",
    }


@pytest.mark.parametrize("bend", [(angle_of(0.9), 0.0), (0.0, angle_of(0.9))])
def test_an_index_needs_pictures_and_words_to_agree(home: Path, bend: tuple[float, float]) -> None:
    other = FittedEncoder(*bend, digest="half")
    with Gallery.open(home, model=other) as gallery:
        assert gallery.sync().embedded == 6

    assert stored_models(home) == {FittedEncoder().spec: 6, other.spec: 6}


def test_the_probes_are_there_before_the_first_vector(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, seen = tmp_path / "g", []
    really_commit = Catalog.commit

    def commit(catalog: Catalog, batch: Batch) -> int:
        if batch.added:
            seen.append(catalog.setting(f"probes:{mark_of(FittedEncoder().spec)}"))
        return really_commit(catalog, batch)

    monkeypatch.setattr(Catalog, "commit", commit)
    with Gallery.open(home, model=FittedEncoder()) as gallery:
        gallery.sync([photos])

    assert seen
    assert all(unpacked(probes, 4) is not None for probes in seen)


def test_a_run_without_pictures_runs_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    encoder = FittedEncoder()
    with Gallery.open(tmp_path / "g", model=encoder) as gallery:
        gallery.sync([tmp_path / "empty"])

    assert encoder.pictures_encoded == encoder.texts_encoded == 0


def test_probes_are_made_once(home: Path, photos: Path) -> None:
    encoder = FittedEncoder(precision="bfloat16")
    with Gallery.open(home, model=encoder) as gallery:
        for shade in (40, 50):
            paint(photos / f"{shade}.png", (shade, shade, shade))
            gallery.sync()

    assert (encoder.pictures_encoded, encoder.texts_encoded) == (2, 0), "the new ones alone"


def test_a_model_that_merely_agrees_leaves_no_probes_of_its_own(home: Path, photos: Path) -> None:
    with Catalog.open(home / "catalog.sqlite") as catalog:
        before = catalog.setting(f"probes:{mark_of(FittedEncoder().spec)}")
    drifted = angle_of(AGREEMENT + 4e-4)
    paint(photos / "new.png", (40, 50, 60))
    with Gallery.open(home, model=FittedEncoder(drifted, drifted, digest="b")) as gallery:
        assert gallery.sync().added == 1

    with Catalog.open(home / "catalog.sqlite") as catalog:
        assert catalog.setting(f"probes:{mark_of(FittedEncoder().spec)}") == before, (
            "or agreement could drift from model to model"
        )


def test_no_probes_are_made_by_a_model_that_is_only_known_to_agree(
    home: Path, photos: Path
) -> None:
    key = f"probes:{mark_of(FittedEncoder().spec)}"
    paint(photos / "new.png", (40, 50, 60))
    found(home, FittedEncoder(digest="b"), Query(texts=["red"], images=[photos / "red.png"]))
    with Catalog.open(home / "catalog.sqlite") as catalog:
        catalog.commit(Batch(settings={key: ""}))

    with Gallery.open(home, model=FittedEncoder(digest="b")) as gallery:
        assert gallery.sync().added == 1
    with Catalog.open(home / "catalog.sqlite") as catalog:
        assert catalog.setting(key) == ""


def test_of_several_that_are_the_same_its_own_comes_first_and_then_the_fullest(home: Path) -> None:
    # As a gallery from the time before precisions were one class may be.
    half = FittedEncoder(precision="bfloat16")
    with Catalog.open(home / "catalog.sqlite") as catalog:
        (id, *_) = ids_of(catalog, FittedEncoder().spec)
        vector = half.encode_texts(["red"])[0]
        catalog.commit(Batch(model=half.spec, embedded=[NewVector(int(id), vector)]))

    assert len(found(home, half, WORDS)) == 1
    assert len(found(home, FittedEncoder(), WORDS)) == 3
    assert len(found(home, FittedEncoder(precision="float16"), WORDS)) == 3


# A gallery's own model


class Loaded:
    """Stands in for ``load_model``: every name is a ``FittedEncoder``, and calls are kept."""

    def __init__(self) -> None:
        self.calls: list[dict[str, object]] = []

    def __call__(self, source: str | Path, **options: object) -> FittedEncoder:
        self.calls.append({"source": source, **options})
        precision = str(options["precision"] or "float32").replace("auto", "bfloat16")
        digest = "rounded" if precision == "int8" else "whole"
        return FittedEncoder(name=Path(source).name, precision=precision, digest=digest)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Loaded:
    stand_in = Loaded()
    monkeypatch.setattr("sightline.gallery.model.load_model", stand_in)
    return stand_in


def indexed(home: Path, photos: Path, precision: str | None, model: str | None = "mini") -> None:
    with Gallery.open(home, model=model, precision=precision) as gallery:
        gallery.sync([photos])


def test_how_it_is_run_is_passed_on(tmp_path: Path, loaded: Loaded) -> None:
    with Gallery.open(
        tmp_path / "g", model="mini", precision="bfloat16", device="cuda", threads=3
    ) as gallery:
        assert gallery.model_name == "mini"

    assert loaded.calls == [
        {"source": "mini", "precision": "bfloat16", "device": "cuda", "threads": 3}
    ]


@pytest.mark.parametrize("model", [None, "mini"])
@pytest.mark.parametrize("asked", [None, "auto"])
def test_an_int8_gallery_goes_on_in_int8_untold(
    tmp_path: Path, photos: Path, loaded: Loaded, model: str | None, asked: str | None
) -> None:
    indexed(tmp_path / "g", photos, "int8")
    paint(photos / "new.png", (1, 2, 3))

    with Gallery.open(tmp_path / "g", model=model, precision=asked) as gallery:
        assert gallery.sync().embedded == 1
        assert len(gallery.search(WORDS)) == 7
    assert loaded.calls[-1]["precision"] == "int8"
    assert [spec.precision for spec in stored_models(tmp_path / "g")] == ["int8"]


@pytest.mark.parametrize("asked", [None, "auto", "bfloat16"])
def test_a_float_gallery_goes_on_in_any_float(
    tmp_path: Path, photos: Path, loaded: Loaded, asked: str | None
) -> None:
    indexed(tmp_path / "g", photos, "float32")
    paint(photos / "new.png", (1, 2, 3))

    with Gallery.open(tmp_path / "g", precision=asked) as gallery:
        assert gallery.sync().embedded == 1
        assert len(gallery.search(WORDS)) == 7
    assert loaded.calls[-1]["precision"] == asked
    assert [spec.precision for spec in stored_models(tmp_path / "g")] == ["float32"]


@pytest.mark.parametrize(("made", "asked"), [("float32", "int8"), ("int8", "float32")])
@pytest.mark.parametrize("model", [None, "mini"])
def test_the_gallerys_own_model_in_another_class_may_neither_search_nor_index(
    tmp_path: Path, photos: Path, loaded: Loaded, made: str, asked: str, model: str | None
) -> None:
    indexed(tmp_path / "g", photos, made)

    with Gallery.open(tmp_path / "g", model=model, precision=asked) as gallery:
        for call in (lambda: gallery.search(WORDS), gallery.sync):
            with pytest.raises(ModelMismatchError, match=f"pass --precision {made}"):
                call()
    assert [spec.precision for spec in stored_models(tmp_path / "g")] == [made]


def test_another_model_may_be_added_in_int8(tmp_path: Path, photos: Path, loaded: Loaded) -> None:
    indexed(tmp_path / "g", photos, "float32")
    indexed(tmp_path / "g", photos, "int8", model=str(tmp_path / "mini-int8"))

    made = [(spec.name, spec.precision) for spec in stored_models(tmp_path / "g")]
    assert made == [("mini", "float32"), ("mini-int8", "int8")]
    with Gallery.open(tmp_path / "g") as gallery:
        assert gallery.encoder.spec.precision == "float32", "the gallery's own is what it was"


def test_remedies_name_what_helps(tmp_path: Path, photos: Path, loaded: Loaded) -> None:
    with Gallery.open(tmp_path / "g", model=FittedEncoder(0.5, 0.5, name="old")) as gallery:
        gallery.sync([photos])

    with Gallery.open(tmp_path / "g", model="mini") as gallery:
        named = refusal(gallery)
    with Gallery.open(tmp_path / "g") as gallery:
        unnamed = refusal(gallery)
    assert named.endswith(
        "leave --model out, or add its vectors with `sightline index --model mini`"
    )
    assert unnamed.endswith("bring it up to date with `sightline index`")


def refusal(gallery: Gallery) -> str:
    with pytest.raises(ModelMismatchError) as caught:
        gallery.search(WORDS)
    return str(caught.value)


def test_a_refusal_names_both_models_where_they_have_one_name(home: Path) -> None:
    with Gallery.open(home, model=FittedEncoder(0.5, 0.5, digest="ffffffff99")) as gallery:
        sentence = refusal(gallery)

    assert "indexed with mean-colour (weights mean-col, float32)" in sentence
    assert "but mean-colour (weights ffffffff, float32) was asked for" in sentence
    assert "a cosine of 0.8" in sentence


def test_a_refusal_speaks_of_the_model_that_came_nearest(home: Path, photos: Path) -> None:
    with Gallery.open(home, model=FittedEncoder(name="far", preprocessing="x")) as gallery:
        gallery.sync([photos])
    with Gallery.open(home, model=FittedEncoder(0.9, 0.9, name="b", digest="b")) as gallery:
        assert "mean-colour and far, but b was asked for, which differs in weights (" in refusal(
            gallery
        )


# The default


def test_drawn_collections_get_mini_and_all_else_the_model_for_photographs(
    tmp_path: Path, photos: Path
) -> None:
    drawn = write_collection(
        tmp_path / "drawn", count=2, seed=1, width_px=48, height_px=48, workers=1
    )

    assert default_model_for([drawn]) == "mini"
    assert default_model_for([drawn / "pictures"]) == "mini"
    assert default_model_for([drawn, photos]) == "clip-vit-l14"
    assert default_model_for([photos]) == default_model_for([]) == DEFAULT_MODEL == "clip-vit-l14"


def test_a_new_gallery_for_which_no_model_is_named_has_the_default(
    tmp_path: Path, photos: Path, loaded: Loaded
) -> None:
    indexed(tmp_path / "g", photos, None, model=None)

    assert loaded.calls[-1]["source"] == DEFAULT_MODEL
    with Gallery.open(tmp_path / "g") as gallery:
        assert gallery.model_name == DEFAULT_MODEL


def test_the_default_is_never_replaced_by_one_that_is_at_hand(
    tmp_path: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing-fetched"))
    with (
        Gallery.open(tmp_path / "g") as gallery,
        pytest.raises(ModelNotFetchedError, match="sightline models fetch clip-vit-l14"),
    ):
        gallery.sync([photos])


# Real models


@pytest.fixture(scope="module")
def mini() -> Probes:
    return Prober(load_model("mini")).probes()


def rewritten(
    folder: Path, change: Callable[[NDArray[np.float32]], NDArray[np.float32]], graph: str
) -> Path:
    """Return a copy of mini with the weight matrices of one graph changed."""
    shutil.copytree(MINI, folder)
    path = folder / "onnx" / f"{graph}_model.onnx"
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        weights = numpy_helper.to_array(tensor)
        if weights.dtype.kind == "f" and weights.ndim >= 2:
            changed = np.ascontiguousarray(change(weights.astype(np.float32)))
            tensor.CopyFrom(numpy_helper.from_array(changed.astype(weights.dtype), tensor.name))
    onnx.save(model, path)
    return folder


def noisy(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    random = np.random.default_rng(weights.size)
    noise = random.standard_normal(weights.shape, dtype=np.float32)
    spoilt: NDArray[np.float32] = weights + np.float32(0.1) * weights.std() * noise
    return spoilt


def rounded(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to bfloat16, which keeps the upper half of the bits."""
    bits = np.ascontiguousarray(weights).view(np.uint32) + np.uint32(0x8000)
    kept: NDArray[np.float32] = (bits & np.uint32(0xFFFF_0000)).view(np.float32)
    return kept


def with_red_and_blue_exchanged(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return weights[:, ::-1] if weights.shape[1:2] == (3,) else weights


@pytest.mark.parametrize("graph", ["vision", "text"])
def test_weights_with_noise_are_another_model(tmp_path: Path, mini: Probes, graph: str) -> None:
    other = Prober(load_model(rewritten(tmp_path / "m", noisy, graph)))
    needs = {"vision": Need.PICTURES, "text": Need.WORDS}
    whole = {"vision": Need.WORDS, "text": Need.PICTURES}

    assert other.agreement(mini, needs[graph]) < AGREEMENT
    assert other.agreement(mini, EVERYTHING) < AGREEMENT
    assert other.agreement(mini, whole[graph]) > 0.99999, "this tower is as it was"


def test_rounded_weights_are_the_same_model(tmp_path: Path, mini: Probes) -> None:
    other = Prober(load_model(rewritten(tmp_path / "m", rounded, "vision")))

    assert AGREEMENT < other.agreement(mini, EVERYTHING) < 1


def test_a_model_that_takes_blue_for_red_is_another(tmp_path: Path, mini: Probes) -> None:
    other = Prober(load_model(rewritten(tmp_path / "m", with_red_and_blue_exchanged, "vision")))

    assert other.agreement(mini, Need.PICTURES) < 0.9


def test_unrelated_models_do_not_agree_by_chance(tmp_path: Path, mini: Probes) -> None:
    tiny = Prober(load_model(make_tiny_model(tmp_path / "tiny", dimensions=256)))

    for need in (Need.PICTURES, Need.WORDS, EVERYTHING):
        assert tiny.agreement(mini, need) < 0.5


def test_a_folder_of_minis_files_is_mini(tmp_path: Path, photos: Path) -> None:
    with Gallery.open(tmp_path / "g", model="mini") as gallery:
        gallery.sync([photos])
    copy = shutil.copytree(MINI, tmp_path / "my-own-name")

    with Gallery.open(tmp_path / "g", model=copy) as gallery:
        assert gallery.model_name == "my-own-name"
        assert gallery.sync().embedded == 0
        assert len(gallery.search(WORDS)) == 6
    assert [spec.name for spec in stored_models(tmp_path / "g")] == ["mini"]


def test_a_gallery_of_mini_is_searched_by_rounded_weights_and_not_by_noisy_ones(
    tmp_path: Path, photos: Path
) -> None:
    with Gallery.open(tmp_path / "g", model="mini") as gallery:
        gallery.sync([photos])
    close = rewritten(tmp_path / "close", rounded, "vision")
    spoilt = rewritten(tmp_path / "spoilt", noisy, "vision")

    with Gallery.open(tmp_path / "g", model=close) as gallery:
        assert names(gallery.search(red_picture(photos), k=1)) == ["red.png"]
        assert gallery.sync().embedded == 0
    with (
        Gallery.open(tmp_path / "g", model=spoilt) as gallery,
        pytest.raises(ModelMismatchError, match="differs in weights"),
    ):
        gallery.search(red_picture(photos))


def test_a_search_by_words_loads_nothing_that_it_does_not_need(
    tmp_path: Path, photos: Path
) -> None:
    with Gallery.open(tmp_path / "g", model="mini") as gallery:
        gallery.sync([photos])
    script = (
        "import sys\n"
        "from sightline import Gallery, Query\n"
        f"with Gallery.open({str(tmp_path / 'g')!r}) as gallery:\n"
        "    assert len(gallery.search(Query(texts=['a red car']))) == 6\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    loaded = set(done.stdout.split())
    heavy = {"huggingface_hub", "torch", "transformers", "nncf", "ftfy", "onnx", "typer", "rich"}
    assert "openvino" in loaded
    assert loaded & heavy == set()
