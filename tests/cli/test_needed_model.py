"""Which model `sightline index` takes when none is named, and what it fetches."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.catalog import Catalog
from sightline.encoders.installed import InstalledModel, Registry, installed
from sightline.errors import HubUnreachableError
from tests.cli.conftest import Command

Fetched = list[str]


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> Fetched:
    """Let every model of the table be fetched in no time: it has the tiny model's files."""
    names: Fetched = []

    def fetch(
        name: str, *, files: str, progress: Callable[..., None] | None = None
    ) -> InstalledModel:
        assert files == "fp32"
        names.append(name)
        lies = installed(tiny_model, "hf:someone/something@abc")
        return Registry().update(name, lambda record: replace(record, model=lies))

    monkeypatch.setattr("sightline.encoders.hub.fetching.fetch", fetch)
    return names


def model_of(gallery: Path) -> str | None:
    with Catalog.open(gallery / "catalog.sqlite") as catalog:
        return catalog.setting("model")


def test_ones_own_pictures_get_the_default_model_and_it_is_fetched_once(
    command: Command, photos: Path, tmp_path: Path, fetched: Fetched
) -> None:
    first = command("index", photos, "-g", "home")
    again = command("index", "-g", "home")

    assert first.code == again.code == 0, first.err
    assert first.out == ""
    announced, *_ = first.err.splitlines()
    assert announced.startswith("clip-vit-l14 is not on this machine yet: fetching it from ")
    assert "licence MIT, about 1,7" in announced
    assert "MB" in announced
    assert "fetching" not in again.err
    assert fetched == ["clip-vit-l14"]
    assert model_of(tmp_path / "home") == "clip-vit-l14"


def test_drawn_scenes_get_mini_and_nothing_is_fetched(
    command: Command, tmp_path: Path, fetched: Fetched
) -> None:
    command("scenes", "world", "-n", "2", "--width", "64", "--height", "48")

    outcome = command("index", "world", "-g", "home")

    assert outcome.code == 0, outcome.err
    assert "indexed with mini" in outcome.err
    assert (fetched, model_of(tmp_path / "home")) == ([], "mini")


def test_drawn_scenes_among_photographs_get_the_model_for_photographs(
    command: Command, photos: Path, tmp_path: Path, fetched: Fetched
) -> None:
    command("scenes", "world", "-n", "2", "--width", "64", "--height", "48")

    assert command("index", "world", photos, "-g", "home").code == 0
    assert model_of(tmp_path / "home") == "clip-vit-l14"


def test_a_model_that_is_named_is_fetched_too(
    command: Command, photos: Path, tmp_path: Path, fetched: Fetched
) -> None:
    outcome = command("index", photos, "-g", "home", "--model", "clip-vit-b32")

    assert outcome.code == 0, outcome.err
    assert (fetched, model_of(tmp_path / "home")) == (["clip-vit-b32"], "clip-vit-b32")


def test_the_model_of_a_gallery_that_came_from_elsewhere_is_fetched(
    command: Command, photos: Path, fetched: Fetched
) -> None:
    command("index", photos, "-g", "home", "--model", "clip-vit-b32")
    assert Registry().remove("clip-vit-b32")

    refused = command("search", "red", "-g", "home")
    outcome = command("index", "-g", "home")

    assert refused.code == 3
    assert "fetch it with `sightline models fetch clip-vit-b32`" in refused.err
    assert fetched == ["clip-vit-b32"] * 2, "by `index`, and not by `search`"
    assert outcome.code == 0, outcome.err
    assert "6 unchanged" in outcome.err


@pytest.mark.parametrize("precision", ["quick", "float16"])
def test_an_impossible_precision_is_refused_before_gigabytes_are_fetched(
    command: Command, photos: Path, fetched: Fetched, precision: str
) -> None:
    outcome = command("index", photos, "-g", "home", "--precision", precision)

    assert outcome.code == 2
    assert f"precision is {precision!r}, but it must be auto or float32" in outcome.err
    assert fetched == []


def test_a_model_that_cannot_be_fetched_leaves_no_gallery_behind(
    command: Command, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str, **_: object) -> InstalledModel:
        raise HubUnreachableError(name, "there is no network")

    monkeypatch.setattr("sightline.encoders.hub.fetching.fetch", fail)
    outcome = command("index", photos, "-g", "home")

    assert outcome.code == 3
    assert "clip-vit-l14 cannot be fetched: there is no network" in outcome.err
    assert not (tmp_path / "home").exists(), "and above all none with another model"
