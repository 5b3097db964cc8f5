"""A hand-computable encoder, and the checks that any plug-in must pass.

A plug-in author runs :func:`check_encoder` on a new encoder, :func:`check_captioner` on a captioner
and :func:`check_composer` on a composer; everybody's tests use
:class:`FakeEncoder`, whose vectors can be worked out in one's head.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sightline.errors import EmptyTextError, SightlineError, VectorShapeError
from sightline.protocols import Captioner, Composer, Encoder, TextEncoder, VectorCaptioner
from sightline.types import ModelSpec, Pixels, Vectors
from sightline.types.composition import Caption, Target

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (255, 0, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "gray": (128, 128, 128),
    "orange": (255, 128, 0),
    "purple": (128, 0, 128),
}
"""The words that :class:`FakeEncoder` knows, as RGB in 0..255."""

_BIAS = 0.25  # a fourth axis, so that black has a direction and white differs from grey


class FakeEncoder:
    """An encoder that sees nothing but a picture's mean colour.

    The vector of a picture, or of a colour word, is ``(r, g, b, 0.25)`` scaled to unit length,
    with r, g, b in [0, 1]. So a red picture and the text "red" have cosine 1; red and blue have
    0.0625 / 1.0625 = 1/17. A text with several colour words is the mean of their colours; a text
    without any is grey.

    Attributes:
        pictures_encoded: How many pictures went through ``encode_images`` so far.
        texts_encoded: How many texts went through ``encode_texts`` so far.
    """

    knows = "mean colours"

    def __init__(self, name: str = "mean-colour", *, prompt: str = "{query}") -> None:
        self._name = name
        self._prompt = prompt
        self.pictures_encoded = 0
        self.texts_encoded = 0

    @property
    def spec(self) -> ModelSpec:
        """A spec whose digests depend on the name alone."""
        return ModelSpec(
            name=self._name,
            digest=f"{self._name}-weights",
            preprocessing="resize-8",
            tokenizer="colour-words",
            precision="float32",
            dimensions=4,
        )

    @property
    def input_px(self) -> int:
        """Eight: the smallest size at which a decoder still has something to do."""
        return 8

    @property
    def prompt(self) -> str:
        """The bare query, unless another was asked for."""
        return self._prompt

    def prepare(self, image: Image.Image) -> Pixels:
        """Return the picture averaged down to 8 x 8, shape (3, 8, 8), in [0, 1]."""
        from PIL import Image as PillowImage

        small = image.convert("RGB").resize((8, 8), PillowImage.Resampling.BOX)
        pixels = np.asarray(small, dtype=np.float32) / np.float32(255)
        return np.ascontiguousarray(pixels.transpose(2, 0, 1))

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        """Return the unit mean colour of each picture: (n, 3, 8, 8) -> (n, 4).

        Raises:
            VectorShapeError: pixels is not (n, 3, 8, 8).
        """
        if pixels.ndim != 4 or pixels.shape[1:] != (3, 8, 8):
            raise VectorShapeError(f"pixels of shape {pixels.shape}", "(n, 3, 8, 8)")
        self.pictures_encoded += len(pixels)
        return _unit_colours(pixels.mean(axis=(2, 3), dtype=np.float64))

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return the unit mean of the colour words in each text, shape (q, 4).

        Raises:
            EmptyTextError: a text is empty or white space.
        """
        for position, text in enumerate(texts):
            if not text.strip():
                raise EmptyTextError(position)
        self.texts_encoded += len(texts)
        means = [_mean_colour(text) for text in texts]
        return _unit_colours(np.asarray(means, dtype=np.float64).reshape(-1, 3))


def _mean_colour(text: str) -> NDArray[np.float64]:
    words = re.findall(r"[a-z]+", text.lower())
    known = [COLOURS[word] for word in words if word in COLOURS] or [COLOURS["grey"]]
    mean: NDArray[np.float64] = np.asarray(known, dtype=np.float64).mean(axis=0) / 255
    return mean


def _unit_colours(colours: NDArray[np.float64]) -> Vectors:
    rows = np.concatenate([colours, np.full((len(colours), 1), _BIAS)], axis=1)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return np.ascontiguousarray(rows, dtype=np.float32)


class ContractError(SightlineError):
    """A plug-in breaks a promise of its protocol."""

    plug_in: str
    promise: str
    sentence = "{plug_in} breaks its contract: {promise}"


def check_encoder(encoder: Encoder) -> None:
    """Check every promise of ``protocols.Encoder``, and of ``TextEncoder`` where it is one.

    Runs about forty small pictures and a dozen texts through the encoder.

    Raises:
        ContractError: a promise is broken; the message says which.
    """
    _check_spec(encoder)
    _check_pictures(encoder)
    if isinstance(encoder, TextEncoder):
        _check_texts(encoder, encoder)


def _check_spec(encoder: Encoder) -> None:
    spec = encoder.spec
    _promise(encoder, spec == encoder.spec, "spec is the same each time it is asked for")
    _promise(encoder, bool(spec.name and spec.digest), "spec has a name and a digest")
    _promise(encoder, bool(spec.preprocessing), "spec has a preprocessing digest")
    _promise(encoder, spec.dimensions > 0, "spec.dimensions is positive")
    _promise(encoder, encoder.input_px > 0, "input_px is positive")


def _check_pictures(encoder: Encoder) -> None:
    prepared = [encoder.prepare(image) for image in _drawn_pictures(encoder.input_px)]
    shapes = {pixels.shape for pixels in prepared}
    _promise(encoder, len(shapes) == 1, f"every prepared picture has one shape, not {shapes}")
    _promise(encoder, len(prepared[0].shape) == 3, "a prepared picture is (3, height, width)")
    _promise(encoder, prepared[0].shape[0] == 3, "a prepared picture is (3, height, width)")
    _promise(encoder, prepared[0].dtype == np.float32, "prepared pictures are float32")
    batch = np.stack(prepared)
    before = batch.copy()
    rows = encoder.encode_images(batch)
    _promise(encoder, bool(np.array_equal(batch, before)), "encode_images leaves its input alone")
    _check_rows(encoder, rows, len(batch))
    alone = np.concatenate([encoder.encode_images(batch[i : i + 1]) for i in range(len(batch))])
    _check_same(encoder, rows, alone, "a picture alone and in a batch has one vector")
    _check_rows(encoder, encoder.encode_images(batch[:0]), 0)
    for wrong in (batch[0], batch[:, :1], batch[:, :, :-1]):
        _check_refusal(encoder, wrong)


def _check_texts(encoder: Encoder, texts_of: TextEncoder) -> None:
    _promise(encoder, "{query}" in texts_of.prompt, "the prompt has a place for {query}")
    texts = [
        "red",
        "a green tree",
        "blue sea and a yellow sun",
        "été 北京 🎈",
        "a\x00b",
        "\ud800 x",
    ]
    rows = texts_of.encode_texts(texts)
    _check_rows(encoder, rows, len(texts))
    alone = np.concatenate([texts_of.encode_texts([text]) for text in texts])
    _check_same(encoder, rows, alone, "a text alone and in a batch has one vector")
    _check_rows(encoder, texts_of.encode_texts([]), 0)
    for empty in ("", " \t\n"):
        try:
            texts_of.encode_texts(["red", empty])
        except EmptyTextError as error:
            _promise(encoder, error.position == 1, "EmptyTextError gives the text's position")
        else:
            _promise(encoder, False, "an empty text raises EmptyTextError")


def _check_rows(encoder: Encoder, rows: Vectors, count: int) -> None:
    expected = (count, encoder.spec.dimensions)
    _promise(encoder, rows.shape == expected, f"vectors are {expected}, not {rows.shape}")
    _promise(encoder, rows.dtype == np.float32, "vectors are float32")
    _promise(encoder, bool(rows.flags.c_contiguous), "vectors are C-contiguous")
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    _promise(encoder, bool(np.all(np.abs(lengths - 1) < 1e-5)), "vectors have unit length")


def _check_same(encoder: Encoder, got: Vectors, expected: Vectors, promise: str) -> None:
    # Lower precisions round differently in another batch shape; float32 may not.
    tolerance = 1e-5 if encoder.spec.precision == "float32" else 2e-2
    _promise(encoder, bool(np.allclose(got, expected, rtol=0, atol=tolerance)), promise)


def _check_refusal(encoder: Encoder, pixels: NDArray[np.float32]) -> None:
    try:
        encoder.encode_images(pixels)
    except VectorShapeError:
        return
    _promise(encoder, False, f"pixels of shape {pixels.shape} raise VectorShapeError")


def _drawn_pictures(edge_px: int) -> list[Image.Image]:
    """Noise and flat colours in odd sizes around the model's input size."""
    from PIL import Image as PillowImage

    random = np.random.default_rng(7)
    sizes = [(1, 1), (3, 50), (50, 3), (edge_px, edge_px), (edge_px + 1, edge_px - 1 or 1)]
    sizes += [(edge_px * 2 + 5, edge_px * 3 + 1)]
    noise = [random.integers(0, 256, (h, w, 3), dtype=np.uint8) for w, h in sizes * 5]
    flat = [PillowImage.new("RGB", (20, 10), colour) for colour in COLOURS.values()]
    return [PillowImage.fromarray(array) for array in noise] + flat


def _promise(plug_in: object, kept: bool, promise: str) -> None:
    if not kept:
        raise ContractError(type(plug_in).__name__, promise)


# Captioners and composers -----------------------------------------------------------------------


def check_captioner(captioner: Captioner | VectorCaptioner) -> None:
    """Check every promise of ``protocols.Captioner`` or ``protocols.VectorCaptioner``.

    Has three small pictures described, or three unit vectors of 4 dimensions.

    Raises:
        ContractError: a promise is broken; the message says which.
    """
    _promise(captioner, bool(captioner.name), "a captioner has a name")
    _promise(captioner, bool(captioner.identity), "a captioner has an identity")
    _promise(captioner, captioner.identity == captioner.identity, "identity does not change")
    if isinstance(captioner, VectorCaptioner):
        said = captioner.caption_vectors(_unit_colours(np.eye(3)))
    else:
        said = captioner.caption(_drawn_pictures(24)[:3], within_s=60.0)
    _promise(captioner, len(said) == 3, f"there is a caption for each of 3, not {len(said)}")
    for caption in said:
        _promise(captioner, isinstance(caption, Caption), "a caption is a Caption")
        _promise(captioner, bool(caption.text.strip()), "a caption says something")
        _promise(captioner, "\n" not in caption.text, "a caption is one line")


def check_composer(composer: Composer) -> None:
    """Check every promise of ``protocols.Composer``.

    Raises:
        ContractError: a promise is broken; the message says which.
    """
    _promise(composer, bool(composer.name), "a composer has a name")
    _promise(composer, composer.identity == composer.identity, "identity does not change")
    for caption in ("a red car on a street by day", ""):
        target = composer.compose(caption, "make it blue", within_s=60.0).target
        _promise(composer, isinstance(target, Target), "an answer has a Target")
        _promise(composer, bool(target.text.strip()), "a target says something")
        lists = (target.desired, target.preserve, target.forbidden, target.paraphrases)
        _promise(composer, all(isinstance(part, tuple) for part in lists), "parts are tuples")
        phrases = [phrase for part in lists for phrase in part]
        _promise(composer, all(phrase.strip() for phrase in phrases), "no phrase is empty")
