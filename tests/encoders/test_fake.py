from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.errors import EmptyTextError, VectorShapeError
from sightline.protocols import Encoder, TextEncoder
from sightline.testing import ContractError, FakeEncoder, check_encoder
from sightline.types import Pixels, Vectors


def picture(colour: str) -> Image.Image:
    return Image.new("RGB", (20, 10), colour)


def encode(encoder: FakeEncoder, *colours: str) -> Vectors:
    return encoder.encode_images(np.stack([encoder.prepare(picture(name)) for name in colours]))


def test_the_fake_keeps_the_contract() -> None:
    encoder = FakeEncoder()

    check_encoder(encoder)

    assert isinstance(encoder, Encoder)
    assert isinstance(encoder, TextEncoder)


def test_a_red_picture_is_what_the_word_red_means() -> None:
    encoder = FakeEncoder()

    cosines = encode(encoder, "red", "blue") @ encoder.encode_texts(["red"])[0]

    assert cosines == pytest.approx([1.0, 1 / 17], abs=1e-6)


def test_a_text_of_two_colours_lies_between_them() -> None:
    encoder = FakeEncoder()

    row = encoder.encode_texts(["Red and BLUE"])[0]

    assert row == pytest.approx(np.array([0.5, 0, 0.5, 0.25]) / 0.75, abs=1e-6)


def test_words_and_pictures_are_counted() -> None:
    encoder = FakeEncoder()

    encode(encoder, "red", "blue")
    encoder.encode_texts(["red"])

    assert (encoder.pictures_encoded, encoder.texts_encoded) == (2, 1)


def test_bad_input_is_refused() -> None:
    encoder = FakeEncoder()

    with pytest.raises(VectorShapeError, match="8"):
        encoder.encode_images(np.zeros((1, 3, 9, 8), dtype=np.float32))
    with pytest.raises(EmptyTextError, match="number 2"):
        encoder.encode_texts(["red", " "])


class LongVectors(FakeEncoder):
    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        return super().encode_images(pixels) * np.float32(2)


class BatchDependent(FakeEncoder):
    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        rows = super().encode_images(pixels)
        return np.ascontiguousarray(rows[::-1])


class Meddling(FakeEncoder):
    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        rows = super().encode_images(pixels)
        pixels *= 0
        return rows


class TakesEmptyTexts(FakeEncoder):
    def encode_texts(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        return super().encode_texts([text.strip() or "grey" for text in texts])


class DoublePixels(FakeEncoder):
    def prepare(self, image: Image.Image) -> Pixels:
        return super().prepare(image).astype(np.float64)


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (LongVectors(), "unit length"),
        (BatchDependent(), "alone and in a batch"),
        (Meddling(), "leaves its input alone"),
        (TakesEmptyTexts(), "empty text raises"),
        (DoublePixels(), "float32"),
    ],
)
def test_a_broken_encoder_fails_the_contract(broken: FakeEncoder, promise: str) -> None:
    with pytest.raises(ContractError, match=promise):
        check_encoder(broken)
