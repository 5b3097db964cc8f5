from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from sightline.encoders.files.model_files import ModelFolder
from sightline.encoders.pictures.preprocessing import Preparer, Preprocessing, read_preprocessing
from sightline.errors import ModelFilesError
from sightline.images.decoding import decode

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
    "clip, fast": {**CLIP, "image_processor_type": "CLIPImageProcessorFast"},
    "dinov2": {
        "image_processor_type": "BitImageProcessor",
        "size": {"shortest_edge": 256},
        "crop_size": {"height": 224, "width": 224},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "resample": 3,
    },
    "bit, all defaults": {"image_processor_type": "BitImageProcessor"},
    "siglip2 of one resolution": {
        **SIGLIP,
        "size": {"height": 256, "width": 256},
        "resample": 2,
        "do_convert_rgb": None,
        "processor_class": "SiglipProcessor",
    },
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
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
    from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

    kind = config.get("image_processor_type", "CLIP")
    family = {
        "Bi": BitImageProcessorPil,
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
@given(st.integers(1, 400), st.integers(1, 400), st.sampled_from(["clip", "siglip", "dinov2"]))
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


def file_of(mode: str, kind: str, size: tuple[int, int]) -> bytes:
    """A picture as a file: smooth with noise on it, as photographs are."""
    image = noise(7, 9).resize(size, Image.Resampling.BICUBIC)
    image = Image.blend(image, noise(*size), 0.1)
    if mode in ("RGBA", "LA"):
        image.putalpha(noise(5, 4).convert("L").resize(size))
    file = io.BytesIO()
    image.convert(mode).save(file, kind)
    return file.getvalue()


FILES = {
    **{
        f"JPEG of {w} x {h}": ("RGB", "JPEG", (w, h)) for w, h in ((640, 427), (231, 640), (97, 61))
    },
    "grey JPEG": ("L", "JPEG", (301, 200)),
    "palette": ("P", "PNG", (301, 200)),
    "alpha": ("RGBA", "PNG", (301, 200)),
    "grey with alpha": ("LA", "PNG", (301, 200)),
    "black and white": ("1", "PNG", (301, 200)),
    "one pixel": ("RGB", "JPEG", (1, 1)),
}


@pytest.mark.parametrize("file", FILES.values(), ids=list(FILES))
def test_a_file_becomes_the_pixels_that_hugging_face_makes_of_it(
    file: tuple[str, str, tuple[int, int]],
) -> None:
    data = file_of(*file)

    decoded = decode(data).image

    for config in (CLIP, SIGLIP, CONFIGS["dinov2"]):
        expected = theirs(config, Image.open(io.BytesIO(data)))
        assert np.abs(ours(config, decoded) - expected).max() <= 1e-5


def test_a_cmyk_jpeg_becomes_the_pixels_of_its_colours_in_rgb() -> None:
    """Pillow's own conversion, which transformers takes, where there is no colour profile."""
    data = file_of("CMYK", "JPEG", (301, 200))

    expected = theirs(CLIP, Image.open(io.BytesIO(data)))

    assert np.abs(ours(CLIP, decode(data).image) - expected).max() <= 1e-5


OPEN_CLIP: dict[str, Any] = {
    "size": [224, 224],
    "mode": "RGB",
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
    "fill_color": 0,
}
OPEN_CLIP_CONFIGS: dict[str, dict[str, Any]] = {
    "vit-l-14": OPEN_CLIP,
    "a lone number": {**OPEN_CLIP, "size": 224},
    "one edge": {**OPEN_CLIP, "size": [96]},
    "before resize modes": {"size": 224, "mean": OPEN_CLIP["mean"], "std": OPEN_CLIP["std"]},
    "nothing but a mean": {"mean": None, "std": None, "interpolation": None},
    "siglip": {
        **OPEN_CLIP,
        "mean": [0.5] * 3,
        "std": [0.5] * 3,
        "resize_mode": "squash",
    },
    "squash to a rectangle": {**OPEN_CLIP, "size": [96, 130], "resize_mode": "squash"},
    "bilinear": {**OPEN_CLIP, "interpolation": "bilinear", "size": 256},
    "odd size": {**OPEN_CLIP, "size": 77},
    "longest": {**OPEN_CLIP, "resize_mode": "longest", "fill_color": 127},
    "longest in a rectangle": {**OPEN_CLIP, "resize_mode": "longest", "size": [99, 130]},
    "shortest over a rectangle": {**OPEN_CLIP, "size": [101, 130], "interpolation": "bilinear"},
}


def open_clips(config: dict[str, Any], image: Image.Image) -> NDArray[np.float64]:
    """open_clip's inference transform, in Pillow and without its torchvision.

    Resize, ResizeKeepRatio, CenterCrop and CenterCropOrPad as their sources have them.
    """
    size = config.get("size", 224)
    edges = size if isinstance(size, list) else [size]
    tall, wide = edges[0], edges[-1]
    linear = config.get("interpolation") == "bilinear"
    mode = config.get("resize_mode", "shortest")
    resample = Image.Resampling.BILINEAR if linear else Image.Resampling.BICUBIC
    width, height = image.size
    if mode == "squash":
        width, height = wide, tall
    elif mode == "shortest" and tall == wide:
        if width <= height:
            width, height = wide, int(wide * height / width)
        else:
            width, height = int(wide * width / height), wide
    else:
        longest = 1.0 if mode == "longest" else 0.0
        down, across = height / tall, width / wide
        ratio = max(down, across) * longest + min(down, across) * (1 - longest)
        height, width = round(height / ratio), round(width / ratio)
        resample = Image.Resampling.BICUBIC if mode == "shortest" else resample
    image = image.resize((width, height), resample)
    if wide > image.width or tall > image.height:
        left, top = max(0, (wide - image.width) // 2), max(0, (tall - image.height) // 2)
        right = max(0, (wide - image.width + 1) // 2)
        bottom = max(0, (tall - image.height + 1) // 2)
        padded_px = (image.width + left + right, image.height + top + bottom)
        padded = Image.new("RGB", padded_px, (config.get("fill_color", 0),) * 3)
        padded.paste(image, (left, top))
        image = padded
    top = round((image.height - tall) / 2.0)
    left = round((image.width - wide) / 2.0)
    image = image.crop((left, top, left + wide, top + tall))
    mean, deviation = (config.get(k) or OPEN_CLIP[k] for k in ("mean", "std"))
    scaled = (np.asarray(image, np.float64) / 255 - np.array(mean)) / np.array(deviation)
    return np.asarray(scaled.transpose(2, 0, 1))


@pytest.mark.parametrize("config", OPEN_CLIP_CONFIGS.values(), ids=list(OPEN_CLIP_CONFIGS))
def test_a_picture_is_prepared_as_open_clip_prepares_it(config: dict[str, Any]) -> None:
    for width, height in [*SIZES[4:], (225, 300), (300, 227), (226, 301)]:
        image = noise(width, height)
        expected = open_clips(config, image)

        pixels = ours(config, image)

        assert pixels.shape == expected.shape
        assert np.abs(pixels - expected).max() <= 1e-5, (width, height)


def test_torchvision_and_transformers_round_an_odd_margin_differently() -> None:
    image = noise(231, 224)  # 7 to spare: 3 and 4, where half of 7 rounds to the even 4

    theirs_first = ours(CLIP, image)[:, :, 0]
    open_clips_first = ours(OPEN_CLIP, image)[:, :, 0]

    column = np.asarray(image, np.float32) / 255
    mean, deviation = np.array(CLIP["image_mean"]), np.array(CLIP["image_std"])
    for first, place in ((theirs_first, 3), (open_clips_first, 4)):
        assert first.T == pytest.approx((column[:, place] - mean) / deviation, abs=1e-5)


def test_a_sliver_survives_every_way_of_fitting() -> None:
    for mode, size in (("longest", 224), ("shortest", [100, 130]), ("squash", 50)):
        config = {**OPEN_CLIP, "resize_mode": mode, "size": size}
        for edges in ((1, 20_000), (20_000, 1)):
            pixels = ours(config, Image.new("RGB", edges, (255, 0, 0)))
            assert np.isfinite(pixels).all()


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
            monkeypatch.setattr(
                "sightline.encoders.pictures.preprocessing._WHOLE_RESIZE_LIMIT_PX", 0
            )
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


@pytest.mark.parametrize(
    "change",
    [
        {"resize_mode": "squash"},
        {"resize_mode": "longest"},
        {"resize_mode": "longest", "fill_color": 9},
        {"interpolation": "bilinear"},
        {"size": 225},
        {"size": [224, 225]},
        {"mean": [0.5, 0.5, 0.5]},
        {"std": 0.5},
    ],
)
def test_the_digest_changes_with_every_step_of_open_clip(change: dict[str, Any]) -> None:
    others = [steps_of(OPEN_CLIP), steps_of({**OPEN_CLIP, "resize_mode": "longest"})]
    changed = steps_of({**OPEN_CLIP, **change})

    assert all((changed.digest() == other.digest()) == (changed == other) for other in others)
    assert changed.digest() != others[0].digest()


def test_the_digest_of_clip_stays_what_it_is() -> None:
    # As stored in galleries that were made with this config.
    assert steps_of(CLIP).digest().startswith("d67beab394b51c91b0c7")


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
        {"image_mean": [0.48145466, 0.4578275, 0.40822]},
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
        ({"image_processor_type": "Siglip2ImageProcessor"}, "Siglip2ImageProcessor"),
        ({"image_processor_type": "DINOv3ViTImageProcessorFast"}, "not known here"),
        ({"crop_pct": 0.9}, "crop_pct"),
    ],
)
def test_a_step_that_is_not_known_is_named(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ModelFilesError, match=f"preprocessor_config.json .*{sentence}"):
        steps_of({**CLIP, **change})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"mode": "L"}, "mode 'L'"),
        ({"resize_mode": "stretch"}, "resize_mode 'stretch'"),
        ({"interpolation": "lanczos"}, "interpolation 'lanczos'"),
        ({"size": 0}, "0 pixels"),
        ({"size": "big"}, "'big' pixels"),
        ({"size": [1, 2, 3]}, "pixels"),
        ({"mean": [0.5]}, "one for each colour"),
        ({"std": [0.5, 0.5, 0]}, "one for each colour"),
        ({"std": {"red": 1}}, "one for each colour"),
        ({"resize_mode": "longest", "fill_color": 256}, "fill_color 256"),
        ({"resize_mode": "longest", "fill_color": True}, "fill_color True"),
    ],
)
def test_a_step_of_open_clip_that_is_not_known_is_named(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ModelFilesError, match=f"visual/preprocess_cfg.json .*{sentence}"):
        steps_of({**OPEN_CLIP, **change})
