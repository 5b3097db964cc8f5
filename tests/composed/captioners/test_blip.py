import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sightline.composed.captioners.blip import BlipCaptioner, LoadedBlip, load_blip, see
from sightline.composed.registry import CAPTIONERS, Surroundings
from sightline.errors import (
    CaptionModelMissingError,
    InvalidValueError,
    MissingPackageError,
    ModelFilesError,
)
from sightline.protocols import Captioner, VectorCaptioner
from sightline.testing import FakeEncoder

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]", "[ENC]"]
WORDS += [f"word{number}" for number in range(93)]


def make_blip(folder: Path, *, edge_px: int = 48, seed: int = 0) -> Path:
    """Write a small BLIP of the real architecture with random weights, as the hub would hold it."""
    from transformers import BertTokenizerFast, BlipConfig, BlipForConditionalGeneration

    torch.manual_seed(seed)
    config = BlipConfig(
        text_config={
            "vocab_size": len(WORDS),
            "hidden_size": 48,
            "encoder_hidden_size": 32,
            "intermediate_size": 96,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "max_position_embeddings": 40,
            "bos_token_id": 5,
            "sep_token_id": 3,
            "eos_token_id": 3,
            "pad_token_id": 0,
            "initializer_range": 0.5,
        },
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 3,
            "num_attention_heads": 4,
            "image_size": edge_px,
            "patch_size": 16,
            "initializer_range": 0.3,
        },
    )
    model = BlipForConditionalGeneration(config)
    with torch.no_grad():  # biases and norms that do something, so that none can be left out
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    model.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    BertTokenizerFast(vocab=str(folder / "vocab.txt")).save_pretrained(folder)
    means = {
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "image_processor_type": "BlipImageProcessor",
        "size": {"height": edge_px, "width": edge_px},
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(means), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_blip(tmp_path_factory.mktemp("blip") / "tiny")


@pytest.fixture(scope="module")
def blip(checkpoint: Path) -> LoadedBlip:
    return load_blip(str(checkpoint), precision="float32")


def pictures(count: int, seed: int = 0) -> list[Image.Image]:
    random = np.random.default_rng(seed)
    sizes = random.integers(20, 90, (count, 2))
    return [Image.fromarray(random.integers(0, 256, (h, w, 3), dtype=np.uint8)) for h, w in sizes]


def reference(blip: LoadedBlip, pixels: torch.Tensor, **options: object) -> list[list[int]]:
    """Return transformers' own tokens, up to the end."""
    with torch.inference_mode():
        rows = blip.model.generate(pixel_values=pixels, do_sample=False, **options)
    kept = []
    for row in rows.tolist():
        row = row[1:] if row[0] == 5 else row
        kept.append(row[: row.index(3)] if 3 in row else row)
    return kept


def test_the_picture_tower_is_transformers_own(blip: LoadedBlip) -> None:
    pixels = blip.prepared(pictures(3))
    with torch.inference_mode():
        ours = see(blip.model.vision_model, pixels)
        theirs = blip.model.vision_model(pixel_values=pixels).last_hidden_state

    assert torch.allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_a_greedy_sentence_is_transformers_own(tmp_path: Path, seed: int) -> None:
    blip = load_blip(str(make_blip(tmp_path / "m", seed=seed)), precision="float32")
    pixels = blip.prepared(pictures(5, seed))

    ours = blip.tokens(pixels, most=16)

    assert ours == reference(blip, pixels, num_beams=1, max_new_tokens=16)
    assert len({tuple(row) for row in ours}) > 1, "random weights that always say one thing"


def test_a_sentence_of_a_given_length_is_transformers_own(blip: LoadedBlip) -> None:
    pixels = blip.prepared(pictures(2, 3))

    ours = blip.tokens(pixels, most=20, least=20)

    assert [len(row) for row in ours] == [20, 20]
    assert ours == reference(blip, pixels, min_new_tokens=20, max_new_tokens=20, num_beams=1)


def test_a_sentence_alone_and_in_a_batch_is_one(blip: LoadedBlip) -> None:
    pixels = blip.prepared(pictures(6, 4))

    together = blip.tokens(pixels, most=14)

    assert [blip.tokens(pixels[i : i + 1], most=14)[0] for i in range(6)] == together


def test_weights_that_are_joined_are_not_kept_twice(blip: LoadedBlip) -> None:
    for layer in blip.model.text_decoder.bert.encoder.layer:
        words = layer.attention.self
        whole = words.query.weight.untyped_storage()

        assert whole.nbytes() == 3 * 48 * 48 * 4
        for linear in (words.key, words.value):
            assert linear.weight.untyped_storage().data_ptr() == whole.data_ptr()


def test_pictures_are_prepared_as_transformers_does(checkpoint: Path, blip: LoadedBlip) -> None:
    from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

    shown = pictures(4, 5)
    theirs = BlipImageProcessorPil.from_pretrained(checkpoint)(shown, return_tensors="pt")

    assert torch.allclose(blip.prepared(shown), theirs["pixel_values"], atol=2e-2)


def test_a_caption_is_transformers_own(checkpoint: Path, blip: LoadedBlip) -> None:
    shown = pictures(3, 6)
    theirs = reference(blip, blip.prepared(shown), num_beams=1, max_new_tokens=12)
    expected = [blip.tokenizer.decode(row, skip_special_tokens=True).strip() for row in theirs]

    said = BlipCaptioner(checkpoint, precision="float32", most_tokens=12).caption(
        shown, within_s=60
    )

    assert [caption.text for caption in said] == expected


def test_bfloat16_says_nearly_the_same(checkpoint: Path) -> None:
    half = load_blip(str(checkpoint), precision="bfloat16")
    whole = load_blip(str(checkpoint), precision="float32")
    shown = pictures(4, 7)

    with torch.inference_mode():
        ours = see(half.model.vision_model, half.prepared(shown)).float()
        exact = see(whole.model.vision_model, whole.prepared(shown))

    assert torch.nn.functional.cosine_similarity(ours, exact, dim=-1).min() > 0.99
    assert len(half.describe(half.prepared(shown))) == 4


def test_the_captioner_is_one_and_its_identity_tells_its_settings(checkpoint: Path) -> None:
    usual, brief = BlipCaptioner(checkpoint), BlipCaptioner(checkpoint, most_tokens=5)

    assert not isinstance(usual, VectorCaptioner)
    asked: Captioner = usual
    assert len(asked.caption(pictures(9), within_s=60)) == 9, "more than a batch"
    assert usual.identity != brief.identity


def test_a_checkpoint_that_is_not_here_is_not_fetched(tmp_path: Path) -> None:
    with pytest.raises(CaptionModelMissingError, match="hf download Salesforce/none"):
        BlipCaptioner("Salesforce/none").caption(pictures(1), within_s=60)
    with pytest.raises(CaptionModelMissingError):
        BlipCaptioner(tmp_path / "nothing").caption(pictures(1), within_s=60)


def test_a_broken_checkpoint_is_a_sentence(tmp_path: Path) -> None:
    folder = make_blip(tmp_path / "broken")
    (folder / "model.safetensors").write_bytes(b"nothing")

    with pytest.raises(ModelFilesError, match="SIGHTLINE_BLIP"):
        BlipCaptioner(folder).caption(pictures(1), within_s=60)


def test_a_checkpoint_without_some_weights_is_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = make_blip(tmp_path / "partly")
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if "crossattention" in name)
    del weights[name]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})

    with pytest.raises(ModelFilesError, match="1 of its weights are missing"):
        BlipCaptioner(folder).caption(pictures(1), within_s=60)


def test_settings_that_make_no_sense_are_refused(checkpoint: Path) -> None:
    for wrong in ({"most_tokens": 0}, {"precision": "int3"}):
        with pytest.raises(InvalidValueError):
            BlipCaptioner(checkpoint, **wrong)


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightline.system.packages.find_spec", lambda name: None)

    with pytest.raises(MissingPackageError, match=r"sightline\[blip\]"):
        CAPTIONERS.make("blip", Surroundings(FakeEncoder().encode_texts))
