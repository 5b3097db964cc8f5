from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sightline.encoders.files import ModelFolder
from sightline.encoders.preprocessing import Preparer, Preprocessing, read_preprocessing
from sightline.errors import ModelFilesError

SIZES = [
    (1, 1),
    (1, 2),
    (3, 500),
    (500, 3),
    (100, 100),
    (223, 225),
    (224, 224),
    (225, 223),
    (256, 256),
    (257, 255),
    (640, 480),
    (333, 1000),
    (37, 41),
]

CLIP: dict[str, Any] = {
    "image_processor_type": "CLIPImageProcessor",
    "size": {"shortest_edge": 224},
    "crop_size": {"height": 224, "width": 224},
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "resample": 3,
}
SIGLIP: dict[str, Any] = {
    "image_processor_type": "SiglipImageProcessor",
    "size": {"height": 224, "width": 224},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "resample": 3,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "clip": CLIP,
    "clip, all defaults": {"image_processor_type": "CLIPImageProcessor"},
    "clip, published in 2021": {
        "feature_extractor_type": "CLIPFeatureExtractor",
        "size": 224,
        "crop_size": 224,
        "resample": 3,
    },
    "mobilenet": {
        **CLIP,
        "size": {"shortest_edge": 256},
        "resample": 2,
        "image_mean": [0.5019607843137255] * 3,
        "image_std": [0.5019607843137255] * 3,
    },
    "siglip": SIGLIP,
    "siglip, all defaults": {"image_processor_type": "SiglipImageProcessor"},
    "siglip, not square": {**SIGLIP, "size": {"height": 96, "width": 130}},
    "vit, all defaults": {"image_processor_type": "ViTImageProcessor"},
    "vit, a lone number": {"image_processor_type": "ViTImageProcessor", "size": 96},
    "a crop larger than the resize": {
        **CLIP,
        "size": {"shortest_edge": 50},
        "crop_size": {"height": 61, "width": 70},
    },
    "a crop without a resize": {**CLIP, "do_resize": False, "crop_size": 101},
    "an odd crop": {**CLIP, "size": {"shortest_edge": 100}, "crop_size": 77},
    "no rescale": {**CLIP, "do_rescale": False},
    "no normalise": {**SIGLIP, "do_normalize": False},
    "another scale": {**SIGLIP, "rescale_factor": 1 / 127.5},
    "lone numbers for mean and deviation": {**SIGLIP, "image_mean": 0.4, "image_std": 0.2},
    **{f"filter {number}": {**CLIP, "resample": number} for number in range(6)},
}


def noise(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(width * 1000 + height)
    return Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8))


def ours(config: dict[str, Any], image: Image.Image) -> NDArray[np.float32]:
    steps = read_preprocessing(ModelFolder(Path("model")), config)
    return Preparer(steps).prepare(image)


def theirs(config: dict[str, Any], image: Image.Image) -> NDArray[np.float32]:
    logging.getLogger("transformers").setLevel(logging.ERROR)
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    kind = config.get("image_processor_type", "CLIP")
    family = {
        "CL": CLIPImageProcessorPil,
        "Si": SiglipImageProcessorPil,
        "Vi": ViTImageProcessorPil,
    }
    processor = family[kind[:2]].from_dict(config)
    result: NDArray[np.float32] = processor(image, return_tensors="np")["pixel_values"][0]
    return result


@pytest.mark.parametrize("config", CONFIGS.values(), ids=list(CONFIGS))
def test_a_picture_is_prepared_as_hugging_face_prepares_it(config: dict[str, Any]) -> None:
    for width, height in SIZES:
        image = noise(width, height)
        expected = theirs(config, image)

        pixels = ours(config, image)

        assert pixels.shape == expected.shape
        assert pixels.dtype == np.float32
        assert pixels.flags.c_contiguous
        assert np.abs(pixels - expected).max() <= 1e-5, (width, height)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["clip", "siglip", "mobilenet"]))
def test_any_size_is_prepared_as_hugging_face_prepares_it(
    width: int, height: int, name: str
) -> None:
    image = noise(width, height)

    assert np.abs(ours(CONFIGS[name], image) - theirs(CONFIGS[name], image)).max() <= 1e-5


@pytest.mark.parametrize("mode", ["L", "1", "P", "RGBA", "LA", "CMYK", "I;16"])
def test_other_modes_are_converted_as_hugging_face_converts_them(mode: str) -> None:
    image = noise(60, 50)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 200)
    else:
        alpha = noise(50, 60).convert("L").resize((60, 50))
        image.putalpha(alpha)
        image = (
            image.convert(mode) if mode in ("RGBA", "LA") else image.convert("RGB").convert(mode)
        )
    assert image.mode == mode

    assert np.abs(ours(SIGLIP, image) - theirs(SIGLIP, image)).max() <= 1e-5


def test_a_pixel_can_be_worked_out_by_hand() -> None:
    config = {**SIGLIP, "size": {"height": 1, "width": 1}}

    pixels = ours(config, Image.new("RGB", (5, 5), (0, 255, 51)))

    assert pixels.ravel() == pytest.approx([-1, 1, 2 * 0.2 - 1], abs=1e-7)


def test_a_very_long_sliver_needs_no_gigabytes_and_keeps_its_middle() -> None:
    for size in ((1, 20_000), (20_000, 1)):
        sliver = Image.new("RGB", size, (255, 0, 0))
        left, top = (max(0, (edge - 30) // 2) for edge in size)
        sliver.paste((0, 255, 0), (left, top, left + 30, top + 30))

        pixels = ours({**CLIP, "do_normalize": False}, sliver)

        assert pixels.shape == (3, 224, 224)
        assert pixels[:, 112, 112] == pytest.approx([0, 1, 0])


def test_the_sliver_path_agrees_with_the_whole_resize(monkeypatch: pytest.MonkeyPatch) -> None:
    for config in (CONFIGS["clip"], CONFIGS["mobilenet"], CONFIGS["an odd crop"]):
        for size in ((40, 1000), (1000, 40), (333, 1000), (300, 301)):
            image = noise(size[0] // 8, size[1] // 8).resize(size, Image.Resampling.BICUBIC)
            whole = ours({**config, "do_normalize": False}, image)
            monkeypatch.setattr("sightline.encoders.preprocessing._WHOLE_RESIZE_LIMIT_PX", 0)
            cut = ours({**config, "do_normalize": False}, image)
            monkeypatch.undo()

            assert np.abs(whole - cut).max() <= 2 / 255 + 1e-6, "at most two 8-bit steps"
            assert np.abs(whole - cut).mean() <= 0.5 / 255


@pytest.mark.parametrize(
    ("config", "shortest"),
    [(CLIP, 224), (CONFIGS["mobilenet"], 256), (SIGLIP, 224), (CONFIGS["siglip, not square"], 130)],
)
def test_a_decoder_is_told_the_edge_that_is_resized_to(
    config: dict[str, Any], shortest: int
) -> None:
    assert read_preprocessing(ModelFolder(Path("m")), config).input_px == shortest


def steps_of(config: dict[str, Any]) -> Preprocessing:
    return read_preprocessing(ModelFolder(Path("m")), config)


def test_the_digest_is_of_what_is_done_not_of_how_it_is_written() -> None:
    same = {**CLIP, "crop_size": 224, "size": 224, "do_convert_rgb": True, "note": "hello"}
    del same["image_mean"]

    assert steps_of(same).digest() == steps_of(CLIP).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"resample": 2},
        {"size": {"shortest_edge": 225}},
        {"size": {"height": 224, "width": 224}},
        {"crop_size": 223},
        {"rescale_factor": 0.5},
        {"do_normalize": False},
        {"image_mean": [0.48145466, 0.4578275, 0.4082107]},
        {"image_std": [0.3, 0.3, 0.3]},
    ],
)
def test_the_digest_changes_with_every_step(change: dict[str, Any]) -> None:
    assert steps_of({**CLIP, **change}).digest() != steps_of(CLIP).digest()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"size": {"longest_edge": 5}}, "size"),
        ({"size": {"shortest_edge": 224, "longest_edge": 500}}, "size"),
        ({"size": {"shortest_edge": 0}}, "0 pixels"),
        ({"size": {"shortest_edge": "big"}}, "'big' pixels"),
        ({"size": {"shortest_edge": 10**9}}, "pixels"),
        ({"size": {"shortest_edge": True}}, "pixels"),
        ({"size": None}, "size"),
        ({"crop_size": [224, 224]}, "crop_size"),
        ({"do_center_crop": False}, "different sizes"),
        ({"resample": 6}, "0 to 5"),
        ({"resample": "bicubic"}, "0 to 5"),
        ({"rescale_factor": "1/255"}, "not a number"),
        ({"rescale_factor": float("nan")}, "not a number"),
        ({"image_mean": [0.5]}, "one for each colour"),
        ({"image_std": [0.5, 0.5, 0]}, "one for each colour"),
        ({"image_std": ["a", "b", "c"]}, "not a number"),
        ({"image_std": "abc"}, "not a number"),
        ({"image_mean": {"red": 1}}, "image_mean"),
        ({"do_pad": True}, "do_pad"),
    ],
)
def test_a_step_that_is_not_known_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelFilesError, match=f"preprocessor_config.json .*{sentence}"):
        steps_of({**CLIP, **change})
