from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.encoders import MODELS, DualEncoder, load_model
from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.table import read_traits
from sightline_scenes import drawing
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.lots import draw_lots
from sightline_scenes.world import Scene, Subject

FOLDER = Path(__file__).parents[2] / "src/sightline/encoders/mini"
FILES = {
    "MODEL_CARD.md",
    "config.json",
    "onnx/text_model.onnx",
    "onnx/vision_model.onnx",
    "preprocessor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
}


@pytest.fixture(scope="module")
def mini() -> DualEncoder:
    encoder = load_model("mini", threads=1)
    assert isinstance(encoder, DualEncoder)
    return encoder


def pixels(encoder: DualEncoder, scenes: list[Scene], seed: str) -> NDArray[np.float32]:
    drawn = [drawing.draw(scene, (seed, i), 320, 240) for i, scene in enumerate(scenes)]
    return np.stack([encoder.prepare(image) for image in drawn])


def test_the_folder_holds_the_shipped_files_and_nothing_else() -> None:
    found = {str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*") if p.is_file()}

    assert found == FILES


def test_all_of_it_is_at_most_ten_megabytes() -> None:
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) <= 10_000_000


def test_its_files_say_what_the_model_table_says() -> None:
    card = MODELS["mini"]
    files = read_model_files(ModelFolder(FOLDER))
    traits = read_traits(files)

    assert files.dimensions == card.dimensions == 256
    assert files.config["vision_config"]["image_size"] == card.input_px
    assert (traits.prompt, traits.domain) == (card.traits.prompt, card.traits.domain)
    assert (traits.context, traits.causal) == (card.traits.context, card.traits.causal)
    assert traits.padding is card.traits.padding


def test_the_model_card_gives_figures_of_these_very_weights(mini: DualEncoder) -> None:
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")

    assert f"Weights `{mini.spec.digest[:16]}`" in card, "measure again: see training/README.md"


@pytest.mark.parametrize("name", ["vision", "text"])
def test_the_graphs_tell_nothing_of_the_machine_that_made_them(name: str) -> None:
    graph = onnx.load(FOLDER / f"onnx/{name}_model.onnx")

    assert not graph.metadata_props
    assert not any(node.doc_string or node.metadata_props for node in graph.graph.node)
    assert b"/home/" not in graph.SerializeToString()
    assert b"site-packages" not in graph.SerializeToString()


@pytest.mark.parametrize("count", [1, 3])
def test_vectors_are_unit_rows_of_256(mini: DualEncoder, count: int) -> None:
    dice = Dice("unit rows")
    scenes = [draw_lots(dice) for _ in range(count)]

    for rows in (
        mini.encode_images(pixels(mini, scenes, "rows")),
        mini.encode_texts(["a red car", "a bird", "a blue house at night"][:count]),
    ):
        assert rows.shape == (count, 256)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_a_text_of_any_script_has_tokens_and_a_vector(mini: DualEncoder) -> None:
    rows = mini.encode_texts(["красная машина", "赤い車", "🚗", "ﬁ", "a\tred\ncar"])

    assert np.isfinite(rows).all()
    np.testing.assert_allclose(rows[4], mini.encode_texts(["a red car"])[0], atol=1e-6)


def test_case_does_not_matter(mini: DualEncoder) -> None:
    first, second = mini.encode_texts(["A Red CAR", "a red car"])

    np.testing.assert_allclose(first, second, atol=1e-6)


def test_a_text_of_every_length_up_to_the_context_has_a_vector(mini: DualEncoder) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = mini.encode_texts([" ".join(["car"] * n) for n in range(1, 76)])

    assert rows.shape == (75, 256)
    assert np.isfinite(rows).all()


def test_words_find_their_picture_and_its_opposite_is_further(mini: DualEncoder) -> None:
    car = Subject(Kind.CAR, Colour.RED, Size.LARGE, Side.LEFT, Depth.NEAR)
    house = Subject(Kind.HOUSE, Colour.BLUE, Size.LARGE, Side.RIGHT, Depth.NEAR)
    blue_car = Subject(Kind.CAR, Colour.BLUE, Size.LARGE, Side.LEFT, Depth.NEAR)
    red_house = Subject(Kind.HOUSE, Colour.RED, Size.LARGE, Side.RIGHT, Depth.NEAR)
    scenes = [
        Scene(Setting.MEADOW, Time.DAY, Weather.CLEAR, (car, house)),
        Scene(Setting.MEADOW, Time.DAY, Weather.CLEAR, (blue_car, red_house)),
        Scene(Setting.BEACH, Time.NIGHT, Weather.RAIN, (car,)),
        Scene(Setting.SNOWFIELD, Time.SUNSET, Weather.SNOW, (red_house,)),
    ]
    texts = [
        "a red car to the left of a blue house",
        "a blue car to the left of a red house",
        "the beach at night in the rain",
        "a house in the snow at sunset",
    ]

    scores = mini.encode_texts(texts) @ mini.encode_images(pixels(mini, scenes, "words")).T

    assert scores.argmax(axis=1).tolist() == [0, 1, 2, 3]


def test_two_drawings_of_a_scene_are_nearer_than_drawings_of_two_scenes(mini: DualEncoder) -> None:
    dice = Dice("twenty scenes")
    scenes = [draw_lots(dice) for _ in range(20)]
    first = mini.encode_images(pixels(mini, scenes, "first"))
    second = mini.encode_images(pixels(mini, scenes, "second"))

    found = (first @ second.T).argmax(axis=1) == np.arange(20)

    assert found.mean() >= 0.9


def test_what_a_picture_tower_sees_does_not_depend_on_its_neighbours(mini: DualEncoder) -> None:
    dice = Dice("neighbours")
    batch = pixels(mini, [draw_lots(dice) for _ in range(5)], "neighbours")

    alone = np.concatenate([mini.encode_images(batch[i : i + 1]) for i in range(5)])

    np.testing.assert_allclose(mini.encode_images(batch), alone, atol=1e-5)


def test_a_plain_picture_has_a_vector_too(mini: DualEncoder) -> None:
    row = mini.encode_images(mini.prepare(Image.new("RGB", (1, 1), "white"))[None])

    assert np.isfinite(row).all()
