from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sightline import encoders
from sightline.encoders import MODELS, DualEncoder, load_model
from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.table import ModelTraits, Padding, read_traits, restriction_of
from sightline.errors import ModelFilesError, ModelNotFoundError
from tests.encoders.tiny_model import make_tiny_model

MINI = Path(encoders.__file__).parent / "mini"


def traits(folder: Path) -> ModelTraits:
    return read_traits(read_model_files(ModelFolder(folder)))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(
        ModelNotFoundError, match=r"'mnii'.*did you mean mini\?.*mini; or pass"
    ) as caught:
        load_model("mnii")

    assert caught.value.known == tuple(MODELS)


@pytest.mark.parametrize("name", ["", "no/such/folder", "~nobody-here/x", "a\x00b"])
def test_what_is_neither_a_name_nor_a_folder_is_not_found(name: str) -> None:
    with pytest.raises(ModelNotFoundError):
        load_model(name)


def test_a_path_is_always_a_folder() -> None:
    with pytest.raises(ModelNotFoundError):
        load_model(Path("mini"))


def test_a_file_in_place_of_its_folder_is_named(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")

    with pytest.raises(ModelFilesError, match="give the folder"):
        load_model(folder / "config.json")


def test_a_folder_gives_the_model_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_tiny_model(tmp_path / "my-model")
    monkeypatch.chdir(folder)

    assert load_model(f"{folder}/").spec.name == "my-model"
    assert load_model(".").spec.name == "my-model"


def test_a_clip_folder_gets_the_traits_of_clip(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", context=9)

    assert traits(folder) == ModelTraits(
        prompt="The photo of {query}",
        domain="photographs",
        context=9,
        causal=True,
        lowercase=True,
        padding=Padding.NONE,
        cleanup=True,
    )


@pytest.mark.parametrize(
    ("model_type", "context", "padding"),
    [("clip", 77, Padding.NONE), ("siglip", 64, Padding.CONTEXT), ("siglip2", 64, Padding.CONTEXT)],
)
def test_a_family_fills_in_what_its_published_configs_leave_out(
    tmp_path: Path, model_type: str, context: int, padding: Padding
) -> None:
    config = {"model_type": model_type, "text_config": {}}

    found = traits(make_tiny_model(tmp_path / "tiny", config=config))

    assert (found.context, found.padding) == (context, padding)


def test_a_folder_can_say_its_traits_outright(tmp_path: Path) -> None:
    said: dict[str, Any] = {
        "prompt": "a drawing of {query}",
        "domain": "drawings",
        "context": 5,
        "causal": False,
        "lowercase": False,
        "padding": "context",
        "cleanup": False,
        "punctuation": False,
    }
    folder = make_tiny_model(tmp_path / "tiny", config={"sightline": said})

    encoder = load_model(folder)

    assert traits(folder) == ModelTraits(**said)
    assert isinstance(encoder, DualEncoder)
    assert (encoder.prompt, encoder.knows) == ("a drawing of {query}", "drawings")


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"prompt": "no place"}, "prompt"),
        ({"prompt": "{query} {query}"}, "prompt"),
        ({"prompt": 3}, "prompt"),
        ({"domain": ["a"]}, "domain"),
        ({"context": -1}, "context"),
        ({"context": "many"}, "context"),
        ({"causal": "yes"}, "causal"),
        ({"padding": "sometimes"}, "padding"),
    ],
)
def test_a_trait_that_makes_no_sense_is_named(
    tmp_path: Path, said: dict[str, Any], sentence: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny", config={"sightline": said})

    with pytest.raises(ModelFilesError, match=f"its {sentence} is"):
        load_model(folder)


def test_a_model_of_an_unknown_kind_must_say_its_context(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", config={"model_type": "new", "text_config": {}})

    with pytest.raises(ModelFilesError, match="its context is 0"):
        load_model(folder)


def test_every_row_of_the_table_is_shipped_or_can_be_fetched() -> None:
    for name, card in MODELS.items():
        assert name == card.name
        assert card.traits.prompt.count("{query}") == 1
        assert bool(card.package_folder) != bool(card.hub_id), "shipped, or fetched"
        assert bool(card.checkpoint) == bool(card.hub_id)
        assert not card.hub_id or (card.hub_id.count("/"), card.checkpoint.count("/")) == (1, 1)
        assert card.reads_text or card.traits.prompt == "{query}"
        assert card.restriction == restriction_of(card.licence)


# Layers, width, its feed-forward width and tokens: the picture tower, then the text tower.
SHAPES = {
    "clip-vit-l14": ((24, 1024, 4096, 257), (12, 768, 3072, 77)),
    "clip-vit-l14-336": ((24, 1024, 4096, 577), (12, 768, 3072, 77)),
    "clip-vit-b32": ((12, 768, 3072, 50), (12, 512, 2048, 77)),
    "clip-vit-b16": ((12, 768, 3072, 197), (12, 512, 2048, 77)),
    "siglip2-b16-256": ((12, 768, 3072, 256), (12, 768, 3072, 64)),
    "siglip2-so400m-256": ((27, 1152, 4304, 256), (27, 1152, 4304, 64)),
    "dinov2-b14": ((12, 768, 3072, 257), None),
    "dinov2-l14": ((24, 1024, 4096, 257), None),
}


def transformer_gflops(layers: int, width: int, feed_forward: int, tokens: int) -> float:
    """Two operations for each weight and token, and the two products of attention."""
    weights = 4 * width * width + 2 * width * feed_forward
    return layers * (2 * tokens * weights + 4 * tokens * tokens * width) / 1e9


@pytest.mark.parametrize("name", [name for name, card in MODELS.items() if card.hub_id])
def test_the_work_of_a_row_is_that_of_its_layers(name: str) -> None:
    card, (picture, text) = MODELS[name], SHAPES[name]

    # Patches, pooling and projection add a little to the layers of the picture tower.
    assert 1 <= card.gflops / transformer_gflops(*picture) < 1.03
    assert card.text_gflops == pytest.approx(transformer_gflops(*text) if text else 0, rel=0.01)


def test_a_download_is_as_large_as_its_weights() -> None:
    card = MODELS["clip-vit-l14"]

    assert card.about_megabytes() == 1710
    assert card.about_megabytes("fp16") == 855
    assert card.about_megabytes("int8") == 428
    assert card.about_megabytes("checkpoint") == 1710


def test_a_missing_shipped_model_says_how_to_get_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.encoders.table.__file__", str(tmp_path / "table.py"))

    with pytest.raises(ModelFilesError, match="pip install"):
        load_model("mini")


@pytest.mark.skipif(not MINI.is_dir(), reason="the shipped model is not in this checkout")
def test_the_table_says_of_the_shipped_model_what_its_files_say() -> None:
    card = MODELS["mini"]
    encoder = load_model("mini")
    assert isinstance(encoder, DualEncoder)
    config = json.loads((MINI / "config.json").read_text())

    assert traits(MINI) == card.traits
    assert encoder.spec.dimensions == card.dimensions == config["projection_dim"]
    assert encoder._steps.output.width == card.input_px
