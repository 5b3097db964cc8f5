"""One model's steps for pictures, as one tool or another publishes them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.pictures.preprocessing import Preparer, Preprocessing, read_preprocessing
from tests.encoders.checkpoints import CLIP_PICTURES as OPENAI
from tests.encoders.checkpoints import DINOV2_PICTURES as DINOV2
from tests.encoders.checkpoints import SIGLIP2_PICTURES as SIGLIP2
from tests.encoders.texts.clip_vocabulary import write_clip_tokenizer
from tests.encoders.tiny_model import make_tiny_model

PUBLISHED = {
    "transformers.js": {  # Xenova/clip-vit-large-patch14
        "crop_size": {"height": 224, "width": 224},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "feature_extractor_type": "CLIPFeatureExtractor",
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPFeatureExtractor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3,
        "rescale_factor": 0.00392156862745098,
        "size": {"shortest_edge": 224},
    },
    "numbers cut": {
        **OPENAI,
        "image_mean": [0.4814547, 0.4578275, 0.4082107],
        "image_std": [0.2686295, 0.2613026, 0.2757771],
        "rescale_factor": 0.003921569,
    },
    "numbers that went through float32": {
        **OPENAI,
        "image_mean": [float(np.float32(value)) for value in OPENAI["image_mean"]],
        "image_std": [float(np.float32(value)) for value in OPENAI["image_std"]],
        "rescale_factor": float(np.float32(1 / 255)),
    },
}
IMMICH: dict[str, Any] = {  # immich-app/ViT-L-14__openai, of open_clip
    "size": [224, 224],
    "mode": "RGB",
    "mean": [0.48145466, 0.4578275, 0.40821073],
    "std": [0.26862954, 0.26130258, 0.27577711],
    "interpolation": "bicubic",
    "resize_mode": "shortest",
    "fill_color": 0,
}


def steps_of(config: dict[str, Any]) -> Preprocessing:
    return read_preprocessing(ModelFolder(Path("model")), config)


def noise(width: int, height: int) -> Image.Image:
    rows = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(rows)


@pytest.mark.parametrize("form", PUBLISHED)
def test_every_published_form_of_a_config_has_one_digest(form: str) -> None:
    assert steps_of(PUBLISHED[form]).digest() == steps_of(OPENAI).digest()


@pytest.mark.parametrize("config", [OPENAI, SIGLIP2, DINOV2], ids=["clip", "siglip", "dinov2"])
def test_a_config_that_transformers_saved_again_has_the_same_digest(
    config: dict[str, Any], tmp_path: Path
) -> None:
    from transformers import AutoImageProcessor

    (tmp_path / "preprocessor_config.json").write_text(json.dumps(config))
    processor = AutoImageProcessor.from_pretrained(tmp_path, backend="pil", local_files_only=True)
    processor.save_pretrained(tmp_path / "again")
    saved = json.loads((tmp_path / "again" / "preprocessor_config.json").read_text())

    assert isinstance(saved["size"], dict), "the old form is written anew"
    assert steps_of(saved).digest() == steps_of(config).digest()


def test_the_one_file_of_a_saved_processor_has_the_same_digest(tmp_path: Path) -> None:
    from transformers import AutoProcessor

    folder = make_tiny_model(tmp_path / "model")
    write_clip_tokenizer(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(OPENAI))
    (folder / "config.json").write_text('{"model_type": "clip"}')
    AutoProcessor.from_pretrained(folder, backend="pil", local_files_only=True).save_pretrained(
        tmp_path / "again"
    )
    (folder / "preprocessor_config.json").unlink()
    shutil.copy(tmp_path / "again" / "processor_config.json", folder)

    saved = read_model_files(ModelFolder(folder)).preprocessor

    assert not (tmp_path / "again" / "preprocessor_config.json").exists()
    assert steps_of(dict(saved)).digest() == steps_of(OPENAI).digest()


def test_numbers_cut_to_fewer_digits_change_no_pixel_by_more_than_rounding() -> None:
    picture = noise(300, 224)
    pixels = [
        Preparer(steps_of(config)).prepare(picture) for config in (OPENAI, *PUBLISHED.values())
    ]

    assert max(float(np.abs(other - pixels[0]).max()) for other in pixels[1:]) < 1e-5


def test_open_clip_differs_from_transformers_in_the_middle_of_an_odd_margin_alone() -> None:
    ours, theirs = steps_of(OPENAI), steps_of(IMMICH)

    assert ours.digest() != theirs.digest()
    assert replace(theirs, margins=ours.margins).digest() == ours.digest()
    # Three pixels too many: one of the two begins at the first, the other at the second.
    picture = noise(227, 224)
    assert not np.array_equal(Preparer(ours).prepare(picture), Preparer(theirs).prepare(picture))


def test_squashing_has_one_digest_in_both_languages() -> None:
    squashed = {**IMMICH, "size": 256, "mean": [0.5] * 3, "std": [0.5] * 3}
    squashed |= {"resize_mode": "squash", "interpolation": "bilinear"}
    not_to_be_cut = {**SIGLIP2, "do_center_crop": True, "crop_size": 256}

    assert steps_of(squashed).digest() == steps_of(SIGLIP2).digest()
    assert steps_of(not_to_be_cut).digest() == steps_of(SIGLIP2).digest()
