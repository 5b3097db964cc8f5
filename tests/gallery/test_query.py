import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from sightline.errors import ModelLacksTextError
from sightline.gallery.query import embed_texts, pixels_of, query_vector
from sightline.testing import FakeEncoder
from sightline.types import Cropped, Pixels, Query, Region, Vectors


def unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = vector / np.linalg.norm(vector)
    return scaled


class PicturesOnly:
    """A model without a text tower."""

    def __init__(self) -> None:
        self._inner = FakeEncoder()
        self.spec = self._inner.spec
        self.input_px = self._inner.input_px

    def prepare(self, image: Image.Image) -> Pixels:
        return self._inner.prepare(image)

    def encode_images(self, pixels: np.ndarray) -> Vectors:
        return self._inner.encode_images(pixels)


def test_the_vector_is_the_weighted_sum_of_unit_means() -> None:
    encoder = FakeEncoder()
    red, green, blue = (
        encoder.encode_texts([t])[0].astype(float) for t in ("red", "green", "blue")
    )
    picture = Image.new("RGB", (9, 9), (255, 255, 0))
    yellow = encoder.encode_images(encoder.prepare(picture)[None])[0].astype(float)
    query = Query(
        texts=["red", "green"],
        images=[picture],
        excluded_texts=["blue"],
        text_weight=0.7,
        image_weight=0.2,
        excluded_weight=0.4,
    )

    by_hand = unit(0.7 * unit((red + green) / 2) + 0.2 * yellow - 0.4 * blue)
    vector = query_vector(query, encoder)

    assert vector.shape == (1, encoder.spec.dimensions)
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector[0], by_hand, atol=1e-6)


def test_one_search_equals_the_weighted_sum_of_separate_score_lists() -> None:
    encoder = FakeEncoder()
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((500, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    parts = {t: encoder.encode_texts([t])[0].astype(float) for t in ("red", "blue")}

    together = rows @ query_vector(Query(texts=["red"], excluded_texts=["blue"]), encoder)[0]
    separately = 0.5 * (rows @ parts["red"]) - 0.5 * (rows @ parts["blue"])

    assert np.argsort(-together).tolist() == np.argsort(-separately).tolist()


@pytest.mark.parametrize(("weight", "nearer"), [(0.01, "blue"), (0.99, "red")])
def test_weights_decide_between_words_and_picture(weight: float, nearer: str) -> None:
    encoder = FakeEncoder()
    query = Query(
        texts=["red"],
        images=[Image.new("RGB", (9, 9), (0, 0, 255))],
        text_weight=weight,
        image_weight=1 - weight,
    )

    scores = encoder.encode_texts(["red", "blue"]) @ query_vector(query, encoder)[0]

    assert ["red", "blue"][int(np.argmax(scores))] == nearer


def test_the_prompt_goes_around_the_words() -> None:
    encoder = FakeEncoder(prompt="a wall in {query}")

    asked = embed_texts(["red"], encoder, "a {query} thing")

    np.testing.assert_array_equal(asked, encoder.encode_texts(["a red thing"]))
    np.testing.assert_array_equal(
        embed_texts(["red"], encoder), encoder.encode_texts(["a wall in red"])
    )


def test_words_are_refused_by_a_model_that_reads_pictures_only() -> None:
    with pytest.raises(ModelLacksTextError, match="reads pictures only"):
        query_vector(Query(texts=["red"]), PicturesOnly())
    assert query_vector(Query(images=[Image.new("RGB", (9, 9))]), PicturesOnly()).shape == (1, 4)


def test_a_part_smaller_than_any_pixel_is_the_pixel_that_it_lies_in() -> None:
    picture = Image.new("RGB", (40, 40), (0, 0, 255))
    picture.putpixel((0, 0), (255, 0, 0))

    part = pixels_of(Cropped(picture, Region(0.0, 0.0, 5e-324, 5e-324)), 24)

    assert part.size == (1, 1)
    assert part.getpixel((0, 0)) == (255, 0, 0)
