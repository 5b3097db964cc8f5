"""A gallery that one engine indexed is searched, and gone on with, by the other.

OpenVINO runs what was exported, torch the checkpoint that it was exported from. The weights lie in
other files, so that the probes have to tell that it is the same model: see docs/adr/0009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sightline.encoders import DualEncoder, PictureEncoder, load_model
from sightline.encoders.installed import find_checkpoint
from sightline.encoders.loading import load_for_torch
from sightline.errors import ModelMismatchError
from sightline.gallery import Gallery
from sightline.types import Query
from tests.encoders.checkpoints import SMALL, Exported, Recipe, make_checkpoint, write_pictures

Engine = PictureEncoder | DualEncoder
TEXTS = ("a photo of the cat", "two dogs and 3 birds", "an old bridge at night")
# How far scores may lie apart: by the order of additions, or by 8 bits of a number's 24.
TOLERANCES = {"float32": 1e-3, "bfloat16": 0.03}


@dataclass(frozen=True)
class Model:
    """One model for both engines."""

    recipe: Recipe
    checkpoint: Path
    exported: Path
    pictures: list[Path]

    def on_openvino(self) -> Engine:
        encoder = load_model(self.exported, precision="float32", keep_compiled=False)
        assert isinstance(encoder, PictureEncoder)
        return encoder

    def on_torch(self, precision: str = "float32") -> Engine:
        return load_for_torch(find_checkpoint(self.checkpoint), "cpu", precision)


@pytest.fixture(scope="module", params=["clip-vit-b32", "siglip2-b16-256", "dinov2-b14"])
def model(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    exported: Callable[[str], Exported],
) -> Model:
    pictures = write_pictures(tmp_path_factory.mktemp("model") / "pictures", 8)
    made = exported(request.param)
    return Model(SMALL[request.param], made.checkpoint, made.model, pictures)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def queries(encoder: Engine, pictures: list[Path]) -> list[Query]:
    by_words = [Query(texts=[text]) for text in TEXTS] if isinstance(encoder, DualEncoder) else []
    return by_words + [Query(images=[picture]) for picture in pictures[:3]]


def answers(gallery: Gallery, pictures: list[Path]) -> list[dict[str, float]]:
    """The scores of all pictures by their names, best first, for each query."""
    asked = queries(gallery.encoder, pictures)  # type: ignore[arg-type]
    return [{hit.path.name: hit.score for hit in gallery.search(each, k=20)} for each in asked]


def assert_equal(
    found: list[dict[str, float]], expected: list[dict[str, float]], precision: str
) -> None:
    assert len(found) == len(expected) >= 3
    for scores, right in zip(found, expected, strict=True):
        assert scores == pytest.approx(right, abs=TOLERANCES[precision])
        if precision == "float32":
            assert list(scores) == list(right)


@pytest.mark.parametrize("precision", TOLERANCES)
@pytest.mark.parametrize("first", ["openvino", "torch"])
def test_a_gallery_indexed_on_one_engine_is_searched_and_gone_on_with_on_the_other(
    model: Model, tmp_path: Path, first: str, precision: str
) -> None:
    ours, theirs = model.on_openvino(), model.on_torch(precision)
    before, after = (ours, theirs) if first == "openvino" else (theirs, ours)
    with Gallery.open(tmp_path / "a.gallery", model=before) as gallery:
        gallery.sync(model.pictures[:5])
        expected = answers(gallery, model.pictures)
    with Gallery.open(tmp_path / "whole.gallery", model=before) as gallery:
        gallery.sync(model.pictures)
        expected_of_all = answers(gallery, model.pictures)

    with Gallery.open(tmp_path / "a.gallery", model=after) as gallery:
        assert_equal(answers(gallery, model.pictures), expected, precision)

        report = gallery.sync(model.pictures)

        assert report.embedded == 3, "what is there already is not embedded again"
        assert gallery.status().models == {before.spec: 8}, "all goes under one identity"
        assert_equal(answers(gallery, model.pictures), expected_of_all, precision)


def test_the_engines_differ_in_nothing_but_files_and_precision(model: Model) -> None:
    ours, theirs = model.on_openvino().spec, model.on_torch("bfloat16").spec

    assert ours.digest != theirs.digest, "else no probe would be needed"
    assert replace(ours, name=theirs.name, digest=theirs.digest, precision="bfloat16") == theirs


def test_another_checkpoint_of_the_same_kind_is_refused(model: Model, tmp_path: Path) -> None:
    other = make_checkpoint(tmp_path / "other", replace(model.recipe, seed=2))
    with Gallery.open(tmp_path / "a.gallery", model=model.on_openvino()) as gallery:
        gallery.sync(model.pictures[:3])
    stranger = replace(model, checkpoint=other).on_torch()

    with (
        Gallery.open(tmp_path / "a.gallery", model=stranger) as gallery,
        pytest.raises(ModelMismatchError, match="cosine"),
    ):
        gallery.search(Query(images=[model.pictures[0]]), k=3)
