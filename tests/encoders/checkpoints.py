"""Writes checkpoints of the real architectures with random weights, in the hub's format.

Transformers' own initialisation gives vectors that are nearly parallel whatever the input, so
that no comparison could fail. ``_scatter`` draws weights that let the input through instead.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers
from tokenizers.processors import TemplateProcessing

from tests.encoders.texts.clip_vocabulary import SIZE, write_clip_tokenizer

CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711]

# The preprocessor_config.json files as they are published with these models.
CLIP_PICTURES: dict[str, Any] = {
    "crop_size": 224,
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "feature_extractor_type": "CLIPFeatureExtractor",
    "image_mean": CLIP_MEAN,
    "image_std": CLIP_DEVIATION,
    "resample": 3,
    "size": 224,
}
SIGLIP2_PICTURES: dict[str, Any] = {
    "do_convert_rgb": None,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.5, 0.5, 0.5],
    "image_processor_type": "SiglipImageProcessor",
    "image_std": [0.5, 0.5, 0.5],
    "processor_class": "SiglipProcessor",
    "resample": 2,
    "rescale_factor": 0.00392156862745098,
    "size": {"height": 256, "width": 256},
}
DINOV2_PICTURES: dict[str, Any] = {
    "crop_size": {"height": 224, "width": 224},
    "do_center_crop": True,
    "do_convert_rgb": True,
    "do_normalize": True,
    "do_rescale": True,
    "do_resize": True,
    "image_mean": [0.485, 0.456, 0.406],
    "image_processor_type": "BitImageProcessor",
    "image_std": [0.229, 0.224, 0.225],
    "resample": 3,
    "rescale_factor": 0.00392156862745098,
    "size": {"shortest_edge": 256},
}


@dataclass(frozen=True, slots=True)
class Width:
    """How wide and deep a transformer is."""

    hidden: int
    heads: int
    layers: int

    def to_config(self) -> dict[str, int]:
        return {
            "hidden_size": self.hidden,
            "intermediate_size": 4 * self.hidden,
            "num_attention_heads": self.heads,
            "num_hidden_layers": self.layers,
        }


@dataclass(frozen=True, slots=True)
class Recipe:
    """A checkpoint to make.

    Attributes:
        family: "clip", "siglip", "dinov2" or "dinov2_with_registers".
        picture: Size of the picture tower.
        text: Size of the text tower.
        patch_px: Edge of a patch.
        dimensions: Length of a vector; a DINOv2 has its hidden size.
        words: Rows of the text tower's table, where the tokeniser does not need them all.
        text_config: Laid over the text tower's config.
        seed: Of the weights.
    """

    family: str
    picture: Width
    text: Width | None = None
    patch_px: int = 16
    dimensions: int = 32
    words: int = 0
    text_config: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 1


_OLD_END_TOKEN = {"eos_token_id": 2, "bos_token_id": 0, "pad_token_id": 1}

SMALL: Mapping[str, Recipe] = {
    "clip-vit-l14": Recipe(
        "clip", Width(64, 4, 2), Width(48, 4, 2), 14, 40, text_config=_OLD_END_TOKEN
    ),
    "clip-vit-b32": Recipe("clip", Width(64, 4, 2), Width(48, 4, 2), 32, 40),
    "siglip2-b16-256": Recipe("siglip", Width(64, 4, 2), Width(64, 4, 2), 16, 64),
    "dinov2-b14": Recipe("dinov2", Width(64, 4, 2), None, 14),
    "dinov2-b14-registers": Recipe("dinov2_with_registers", Width(64, 4, 2), None, 14),
}
"""The structure of the real ones at a small width: patches, tokens and special cases are equal."""

FULL_SIZE: Mapping[str, Recipe] = {
    "clip-vit-l14": Recipe(
        "clip", Width(1024, 16, 24), Width(768, 12, 12), 14, 768, text_config=_OLD_END_TOKEN
    ),
    "clip-vit-b32": Recipe(
        "clip", Width(768, 12, 12), Width(512, 8, 12), 32, 512, text_config=_OLD_END_TOKEN
    ),
    "siglip2-b16-256": Recipe(
        "siglip", Width(768, 12, 12), Width(768, 12, 12), 16, 768, words=256_000
    ),
    "dinov2-b14": Recipe("dinov2", Width(768, 12, 12), None, 14),
}
"""The real ones. A checkpoint takes 0.3 to 1.7 GB."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One model twice: as transformers reads it, and as we do."""

    checkpoint: Path
    model: Path


def make_and_export(folder: Path, recipe: Recipe) -> Exported:
    """Fill a folder with a model twice: ``checkpoint`` and ``exported``."""
    from sightline.encoders.export.exporting import export

    checkpoint = make_checkpoint(folder / "checkpoint", recipe)
    export(checkpoint, folder / "exported", verify=False)
    return Exported(checkpoint, folder / "exported")


def make_checkpoint(folder: Path, recipe: Recipe) -> Path:
    """Return the folder, filled as ``save_pretrained`` and the hub fill it."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _TOKENIZERS.get(recipe.family)
    words = tokenizer(folder) if tokenizer else 0
    with torch.random.fork_rng():
        torch.manual_seed(recipe.seed)
        model = _MODELS[recipe.family](recipe, max(words, recipe.words))
        _scatter(model)
    model.save_pretrained(folder)
    _write_json(folder / "preprocessor_config.json", _PICTURES[recipe.family])
    return folder


def write_pictures(folder: Path, count: int = 12) -> list[Path]:
    """Return JPEG files of odd sizes, shapes and contents, which differ clearly."""
    random = np.random.default_rng(7)
    sizes = [(640, 480), (333, 500), (900, 210), (97, 61), (256, 256), (224, 224), (31, 300)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number in range(count):
        width, height = sizes[number % len(sizes)]
        path = folder / f"{number:02}.jpg"
        picture = Image.fromarray(_paint(random, height, width))
        picture.save(path, quality=int(random.integers(60, 96)), subsampling=number % 3)
        paths.append(path)
    return paths


def _paint(random: np.random.Generator, height: int, width: int) -> np.ndarray[Any, Any]:
    """Coarse blobs of two colours, finer ones over them, and a little noise."""
    colours = random.integers(0, 256, (2, 3)).astype(np.float64)
    coarse = random.random((int(random.integers(2, 6)), int(random.integers(2, 6))))
    mix = np.asarray(
        Image.fromarray((coarse * 255).astype(np.uint8)).resize((width, height), 3), np.float64
    )
    canvas = colours[0] + (colours[1] - colours[0]) * (mix[..., None] / 255)
    fine = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    canvas += (np.asarray(Image.fromarray(fine).resize((width, height), 0)) - 127.5) * 0.3
    canvas += random.normal(0, 4, canvas.shape)
    return np.asarray(canvas.clip(0, 255), dtype=np.uint8)


def _clip_model(recipe: Recipe, words: int) -> Any:  # noqa: ANN401
    from transformers import CLIPConfig, CLIPModel

    assert recipe.text
    shared = {"projection_dim": recipe.dimensions}
    text = {"vocab_size": words, "bos_token_id": words - 2, "eos_token_id": words - 1} | shared
    return CLIPModel(
        CLIPConfig(
            projection_dim=recipe.dimensions,
            text_config=text | recipe.text.to_config() | dict(recipe.text_config),
            vision_config=recipe.picture.to_config()
            | {"image_size": 224, "patch_size": recipe.patch_px}
            | shared,
        )
    )


def _siglip_model(recipe: Recipe, words: int) -> Any:  # noqa: ANN401
    from transformers import SiglipConfig, SiglipModel

    assert recipe.text
    text = {
        "vocab_size": words,
        "max_position_embeddings": 64,
        "projection_size": recipe.dimensions,
    }
    text |= {"pad_token_id": 0, "eos_token_id": 1, "bos_token_id": 2}
    return SiglipModel(
        SiglipConfig(
            text_config=text | recipe.text.to_config() | dict(recipe.text_config),
            vision_config=recipe.picture.to_config()
            | {"image_size": 256, "patch_size": recipe.patch_px},
        )
    )


def _dinov2_model(recipe: Recipe, words: int) -> Any:  # noqa: ANN401
    import transformers

    registers = recipe.family == "dinov2_with_registers"
    name = "Dinov2WithRegisters" if registers else "Dinov2"
    config = getattr(transformers, f"{name}Config")(
        hidden_size=recipe.picture.hidden,
        num_attention_heads=recipe.picture.heads,
        num_hidden_layers=recipe.picture.layers,
        # Trained on larger pictures than it is shown: its positions have to be resampled.
        image_size=518,
        patch_size=recipe.patch_px,
    )
    return getattr(transformers, f"{name}Model")(config)


def _scatter(model: Any) -> None:  # noqa: ANN401
    """Draw weights that keep different inputs apart: attention looks, and positions whisper."""
    import torch

    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 0 or "logit" in name:
                continue
            if weight.ndim == 1:
                is_scale = name.endswith(("norm.weight", "norm1.weight", "norm2.weight", "lambda1"))
                is_scale = is_scale or name.endswith("layrnorm.weight")
                weight.normal_(1.0 if is_scale else 0.0, 0.05)
                continue
            spread = float(weight[0].numel()) ** -0.5
            if "position" in name or "cls_token" in name or "register" in name:
                spread = 0.2
            elif "token_embedding" in name:
                spread = 1.0
            elif any(part in name for part in ("q_proj", "k_proj", "query", "key")):
                spread *= 1.5
            weight.normal_(0.0, spread)


def _clip_tokenizer(folder: Path) -> int:
    write_clip_tokenizer(folder)
    return SIZE


def _gemma_tokenizer(folder: Path) -> int:
    """Write a byte-pair tokeniser as Gemma's: bytes to fall back on, and no space of its own."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    letters = [*"▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?'-"]
    pairs = ["▁t", "th", "he", "an", "ph", "ot", "o▁", "e▁", "in", "re", "on", "of"]
    merges = [(pair[0], pair[1]) for pair in pairs]
    words = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *letters, *pairs]
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, fuse_unk=True, unk_token="<unk>", byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in special])
    tokenizer.post_processor = TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", vocabulary["<eos>"])]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    _write_json(
        folder / "tokenizer_config.json",
        {
            "add_bos_token": False,
            "add_eos_token": True,
            "bos_token": "<bos>",
            "do_lower_case": True,
            "eos_token": "<eos>",
            "mask_token": "<mask>",
            "model_max_length": 64,
            "pad_token": "<pad>",
            "padding_side": "right",
            "processor_class": "SiglipProcessor",
            "tokenizer_class": "GemmaTokenizer",
            "unk_token": "<unk>",
        },
    )
    return len(words)


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


_MODELS = {
    "clip": _clip_model,
    "siglip": _siglip_model,
    "dinov2": _dinov2_model,
    "dinov2_with_registers": _dinov2_model,
}
_TOKENIZERS = {"clip": _clip_tokenizer, "siglip": _gemma_tokenizer}
_PICTURES: Mapping[str, Mapping[str, Any]] = {
    "clip": CLIP_PICTURES,
    "siglip": SIGLIP2_PICTURES,
    "dinov2": DINOV2_PICTURES,
    "dinov2_with_registers": DINOV2_PICTURES,
}
