"""Our vectors are those of transformers, from the same JPEG files and the same texts.

The reference is transformers itself: its picture processor, its tokeniser, and its model in
torch, float32, with plain attention, the texts padded to the whole context.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image, ImageOps

from sightline.encoders import DualEncoder, PictureEncoder, load_model
from sightline.encoders.cpu.openvino_runtime import import_openvino
from sightline.encoders.pictures.preprocessing import Preparer, Preprocessing
from sightline.errors import TextTruncatedWarning
from sightline.images import decode
from sightline.types import Vectors
from tests.encoders.checkpoints import (
    FULL_SIZE,
    SMALL,
    Exported,
    Recipe,
    make_and_export,
    write_pictures,
)
from tests.encoders.texts.clip_vocabulary import SIZE

_CAPABILITIES = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
# A case that cannot be run is not there at all, since a skipped test is a failure in CI.
CLIP_END = SIZE - 1
LEAST = {"float32": 0.99999} | ({"bfloat16": 0.9995} if "BF16" in _CAPABILITIES else {})

TEXTS = (
    "a",
    "A Photo of the CAT",
    "two dogs, one cat; and 3 birds!",
    "Zürich at night: 12:45",
    "một con mèo đen",
    "it's the dog's ball & the cat's",
    "the  first   second\tthird\nfourth",
    "hello 🎈 world",
    "северное сияние над озером",
    "the photo of a " + "very " * 30 + "old bridge",
    "of the photo " * 60,
    " ".join(str(number) for number in range(200)),
)


@dataclass(frozen=True)
class Pair:
    """One model twice.

    Attributes:
        recipe: What it was made by.
        checkpoint: As transformers reads it.
        exported: As we read it.
        pictures: JPEG files; the last lies on its side, and says so.
        picture_vectors: Of the reference.
        text_vectors: Of the reference, or None.
    """

    recipe: Recipe
    checkpoint: Path
    exported: Path
    pictures: Sequence[Path]
    picture_vectors: Vectors
    text_vectors: Vectors | None


def make_pair(folder: Path, recipe: Recipe, model: Exported) -> Pair:
    pictures = write_pictures(folder / "pictures")
    pictures.append(_on_its_side(pictures[0]))
    rows, text_rows = _reference(recipe, model.checkpoint, pictures)
    return Pair(recipe, model.checkpoint, model.model, pictures, rows, text_rows)


def _on_its_side(picture: Path) -> Path:
    path = picture.with_name("side.jpg")
    image = Image.open(picture)
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(path, exif=exif)
    return path


def _reference(
    recipe: Recipe, checkpoint: Path, pictures: Sequence[Path]
) -> tuple[Vectors, Vectors | None]:
    import torch
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    model = AutoModel.from_pretrained(
        checkpoint, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    processor = AutoImageProcessor.from_pretrained(checkpoint, backend="pil")
    # transformers leaves a picture lying on its side.
    upright = [ImageOps.exif_transpose(Image.open(path)) for path in pictures]
    pixels = processor(images=upright, return_tensors="pt")["pixel_values"]
    with torch.inference_mode():
        if recipe.text is None:
            return _unit(model(pixel_values=pixels).pooler_output), None
        rows = model.get_image_features(pixel_values=pixels).pooler_output
        ids = AutoTokenizer.from_pretrained(checkpoint)(
            [_as_trained(recipe, text) for text in TEXTS],
            padding="max_length",
            max_length=77 if recipe.family == "clip" else 64,
            truncation=True,
            return_tensors="pt",
        )["input_ids"]
        return _unit(rows), _unit(model.get_text_features(input_ids=ids).pooler_output)


def _as_trained(recipe: Recipe, text: str) -> str:
    # SigLIP 2 was trained on lower-cased text, and the tokeniser of its files does not lower it.
    return text.lower() if recipe.family == "siglip" else text


def _unit(rows: Any) -> Vectors:  # noqa: ANN401
    array = np.asarray(rows, dtype=np.float64)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True), dtype=np.float32)


def worst_cosine(got: Vectors, expected: Vectors) -> float:
    assert got.shape == expected.shape
    return float((got.astype(np.float64) * expected).sum(axis=1).min())


def most_alike(rows: Vectors) -> float:
    cosines = rows @ rows.T
    return float(cosines[~np.eye(len(rows), dtype=bool)].max())


@cache
def loaded(folder: Path, precision: str = "float32") -> DualEncoder | PictureEncoder:
    encoder = load_model(folder, precision=precision)
    assert isinstance(encoder, PictureEncoder)
    return encoder


def encode_files(
    encoder: PictureEncoder, pictures: Sequence[Path], preparer: Preparer | None = None
) -> Vectors:
    prepare = preparer.prepare if preparer else encoder.prepare
    return encoder.encode_images(np.stack([prepare(decode(path).image) for path in pictures]))


def encode_texts(encoder: PictureEncoder, texts: Sequence[str]) -> Vectors:
    assert isinstance(encoder, DualEncoder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextTruncatedWarning)
        return encoder.encode_texts(texts)


def check_pictures(pair: Pair, precision: str) -> None:
    rows = encode_files(loaded(pair.exported, precision), pair.pictures)

    assert worst_cosine(rows, pair.picture_vectors) >= LEAST[precision]
    # The first and the last show the same; all others must differ, or nothing was compared.
    assert most_alike(pair.picture_vectors[1:]) < 0.99


def check_texts(pair: Pair, precision: str) -> None:
    assert pair.text_vectors is not None

    rows = encode_texts(loaded(pair.exported, precision), TEXTS)

    assert worst_cosine(rows, pair.text_vectors) >= LEAST[precision]
    assert most_alike(pair.text_vectors) < 0.99


@pytest.fixture(scope="module")
def pairs(
    tmp_path_factory: pytest.TempPathFactory, exported: Callable[[str], Exported]
) -> Callable[[str], Pair]:
    """Return the small pair of a name, made once."""

    @cache
    def small(name: str) -> Pair:
        return make_pair(tmp_path_factory.mktemp(name), SMALL[name], exported(name))

    return small


Pairs: TypeAlias = Callable[[str], Pair]
WITH_TEXT = [name for name, recipe in SMALL.items() if recipe.text]
CAUSAL = [name for name, recipe in SMALL.items() if recipe.family == "clip"]


@pytest.mark.slow
@pytest.mark.parametrize("precision", LEAST)
@pytest.mark.parametrize("name", SMALL)
def test_pictures_have_the_vectors_of_transformers(pairs: Pairs, name: str, precision: str) -> None:
    check_pictures(pairs(name), precision)


@pytest.mark.slow
@pytest.mark.parametrize("precision", LEAST)
@pytest.mark.parametrize("name", WITH_TEXT)
def test_texts_have_the_vectors_of_transformers(pairs: Pairs, name: str, precision: str) -> None:
    check_texts(pairs(name), precision)


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_picture_has_the_same_vector_alone_and_among_others(pairs: Pairs, name: str) -> None:
    pair = pairs(name)
    encoder = loaded(pair.exported)

    alone = np.concatenate([encode_files(encoder, [path]) for path in pair.pictures])

    assert worst_cosine(alone, encode_files(encoder, pair.pictures)) >= 0.999999


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_TEXT)
def test_a_text_has_the_same_vector_alone_and_among_others(pairs: Pairs, name: str) -> None:
    encoder = loaded(pairs(name).exported)

    alone = np.concatenate([encode_texts(encoder, [text]) for text in TEXTS])

    assert worst_cosine(alone, encode_texts(encoder, TEXTS)) >= 0.999999


@pytest.mark.slow
@pytest.mark.parametrize("padding", [CLIP_END, 0])
@pytest.mark.parametrize("name", CAUSAL)
def test_what_follows_the_end_token_of_clip_counts_for_nothing(
    pairs: Pairs, name: str, padding: int
) -> None:
    # transformers pads with the end token once more, OpenAI's own code with zeros.
    encoder = loaded(pairs(name).exported)
    assert isinstance(encoder, DualEncoder)
    rows = [[*row.ids, *[padding] * (77 - len(row.ids))] for row in encoder._reader.read(["a cat"])]

    padded = encoder._text.run({"input_ids": np.array(rows, dtype=np.int64)})

    assert worst_cosine(_unit(padded), encoder.encode_texts(["a cat"])) >= 0.999999


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(
    "mistake",
    [
        lambda steps: replace(steps, resample=0),
        lambda steps: replace(steps, mean=(0.5, 0.5, 0.4)),
        lambda steps: replace(steps, scale=steps.scale * 0.99),
    ],
    ids=["another filter", "another mean", "another scale"],
)
def test_a_mistake_in_preparing_pictures_would_be_seen(
    pairs: Pairs, name: str, mistake: Callable[[Preprocessing], Preprocessing]
) -> None:
    pair = pairs(name)
    encoder = loaded(pair.exported)

    rows = encode_files(encoder, pair.pictures, Preparer(mistake(encoder._steps)))

    assert worst_cosine(rows, pair.picture_vectors) < LEAST["float32"]


@pytest.mark.slow
@pytest.mark.parametrize("name", WITH_TEXT)
@pytest.mark.parametrize(
    "mistake",
    [lambda text: text.upper().swapcase() + "!", lambda text: text + " x", lambda text: text[:-1]],
    ids=["a mark more", "a word more", "a letter less"],
)
def test_a_mistake_in_reading_texts_would_be_seen(
    pairs: Pairs, name: str, mistake: Callable[[str], str]
) -> None:
    pair = pairs(name)
    assert pair.text_vectors is not None
    short = [place for place, text in enumerate(TEXTS) if 1 < len(text) < 100]
    encoder = loaded(pair.exported)

    rows = encode_texts(encoder, [mistake(TEXTS[place]) for place in short])

    cosines = (rows * pair.text_vectors[short]).sum(axis=1)
    assert cosines.max() < LEAST["float32"]


@pytest.fixture(scope="module", params=FULL_SIZE)
def whole_pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    # Not in pytest's folder, which keeps the gigabytes of the last three runs.
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as environment:
        # Nor in the user's own cache, where compiled towers are kept.
        environment.setenv("XDG_CACHE_HOME", str(Path(folder) / "cache"))
        recipe = FULL_SIZE[request.param]
        yield make_pair(Path(folder), recipe, make_and_export(Path(folder), recipe))
        loaded.cache_clear()


@pytest.mark.full_size
@pytest.mark.parametrize("precision", LEAST)
def test_models_of_full_size_have_the_vectors_of_transformers(
    whole_pair: Pair, precision: str
) -> None:
    check_pictures(whole_pair, precision)
    if whole_pair.text_vectors is not None:
        check_texts(whole_pair, precision)
