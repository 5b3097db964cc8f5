"""A model that another package offers by an entry point is asked for by its name, as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from sightline import Gallery, Query
from sightline.encoders import MODELS, load_model
from sightline.encoders.installed import find_model, known_models
from sightline.encoders.inventory import ModelState, inventory
from sightline.errors import InvalidValueError, ModelNotFoundError
from sightline.testing import FakeEncoder, check_encoder

MODULE = """
from sightline.testing import FakeEncoder

asked = []

def make(threads, precision, device):
    asked.append((threads, precision, device))
    return FakeEncoder("mean-colour")
"""


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a package that offers a model, and one that has the name of the table's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    site = tmp_path / "site"
    facts = site / "colour_models-1.0.dist-info"
    facts.mkdir(parents=True)
    (site / "colour_models.py").write_text(MODULE)
    (facts / "METADATA").write_text("Name: colour-models\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[sightline.encoders]\nmean-colour = colour_models:make\nmini = colour_models:make\n"
    )
    monkeypatch.syspath_prepend(site)


def test_it_is_made_as_it_was_asked_for() -> None:
    encoder = load_model("mean-colour", threads=2, precision="float32", device="cuda:1")

    import colour_models  # type: ignore[import-not-found]

    assert colour_models.asked[-1] == (2, "float32", "cuda:1")
    check_encoder(encoder)


def test_a_gallery_is_made_with_it_and_remembers_it(tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for colour in ("red", "blue"):
        Image.new("RGB", (40, 30), colour).save(photos / f"{colour}.png")

    with Gallery.open(tmp_path / "gallery", model="mean-colour") as gallery:
        gallery.sync(photos)
    with Gallery.open(tmp_path / "gallery") as gallery:
        assert isinstance(gallery.encoder, FakeEncoder)
        hits = gallery.find(Query(texts=["red"]), k=1).hits

    assert [hit.path.name for hit in hits] == ["red.png"]


def test_a_name_of_the_table_is_not_taken_over() -> None:
    assert load_model("mini").spec.name == "mini"
    assert known_models().count("mini") == 1


def test_it_is_listed_after_the_table() -> None:
    entries = inventory()

    assert [entry.name for entry in entries] == [*MODELS, "mean-colour"]
    assert (entries[-1].state, entries[-1].megabytes) == (ModelState.PLUG_IN, None)
    with pytest.raises(ModelNotFoundError, match="did you mean mean-colour"):
        load_model("mean-color")


def test_it_has_no_folder_and_says_who_makes_it() -> None:
    with pytest.raises(InvalidValueError, match=r"lies in a folder.* made by colour-models"):
        find_model("mean-colour")
