"""Probes: what a model makes of three pictures and three texts that never change.

A gallery keeps them beside its vectors. Two models that give the same vectors for all of them
compute the same thing, whatever file their weights lie in and whatever runs them.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import Flag, auto
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sightline.protocols import Encoder, TextEncoder
from sightline.types import Vectors

if TYPE_CHECKING:
    from PIL import Image

# A picture or a text that changes needs a new number: probes of another number are not compared.
_FORMAT = 1
_STORED = np.dtype("<f2")  # half precision moves a cosine by less than 1e-6

# Plain ASCII, so that reading them needs no clean-up; capitals, digits and marks, so that a
# tokeniser that treats those otherwise shows it; short enough for any context.
TEXTS = ("a red kite over the sea", "Two DOGS, 3 cats.", "an old bridge at night")


class Need(Flag):
    """What is to be compared with stored vectors, and so which tower matters."""

    PICTURES = auto()
    WORDS = auto()


EVERYTHING = Need.PICTURES | Need.WORDS


@dataclass(frozen=True, slots=True)
class Probes:
    """What one model makes of the probe pictures and texts.

    Attributes:
        pictures: Shape (3, d).
        texts: Shape (3, d); None for a model that reads pictures only.
    """

    pictures: Vectors
    texts: Vectors | None

    def packed(self) -> str:
        """Return the probes as one line of text, about 2.7 bytes a number."""
        texts = None if self.texts is None else _packed(self.texts)
        return json.dumps({"format": _FORMAT, "pictures": _packed(self.pictures), "texts": texts})


class Prober:
    """Shows the probes to one encoder, each kind when it is first needed."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @cached_property
    def pictures(self) -> Vectors:
        """The vectors of the probe pictures, shape (3, d). Runs the picture tower."""
        prepared = [self._encoder.prepare(picture) for picture in probe_pictures()]
        return self._encoder.encode_images(np.stack(prepared))

    @cached_property
    def texts(self) -> Vectors | None:
        """The vectors of the probe texts, shape (3, d). Runs the text tower. None without one."""
        return self._encoder.encode_texts(TEXTS) if isinstance(self._encoder, TextEncoder) else None

    def probes(self) -> Probes:
        """Return both kinds, which runs both towers."""
        return Probes(self.pictures, self.texts)

    def agreement(self, stored: Probes, need: Need) -> float:
        """Return the least cosine between another model's probes and this encoder's.

        A search by words runs the text tower alone. Where one of the two reads pictures only, the
        pictures speak for the words as well: an encoder's words lie in the space of its own
        pictures, so if those agree, nothing else can be wrong.

        Args:
            stored: Of the other model; its d is this encoder's.
            need: What the two are to be compared for.
        """
        cosines = []
        if Need.WORDS in need and stored.texts is not None and self.texts is not None:
            cosines.append(_least_cosine(stored.texts, self.texts))
        if Need.PICTURES in need or not cosines:
            cosines.append(_least_cosine(stored.pictures, self.pictures))
        return min(cosines)


def unpacked(text: str | None, dimensions: int) -> Probes | None:
    """Return the probes that ``Probes.packed`` wrote, or None if they cannot be compared with.

    Args:
        text: None, or damaged, or of another format: no probes.
        dimensions: d.
    """
    try:
        content = json.loads(text or "null")
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            return None
        texts = content["texts"]
        return Probes(
            _unpacked(content["pictures"], dimensions),
            None if texts is None else _unpacked(texts, dimensions),
        )
    except (ValueError, TypeError, KeyError):
        return None


def probe_pictures() -> list[Image.Image]:
    """Return the three probe pictures, RGB. Whole numbers only, so that every machine has them.

    They are no photographs, but have what tells models apart: strong and unlike colours, nothing
    symmetric, smooth stretches, edges, and detail at every scale.
    """
    from PIL import Image as PillowImage

    drawn = (_landscape(240, 320), _clouds(320, 240), _stripes(300, 300))
    return [PillowImage.fromarray(rows.astype(np.uint8)) for rows in drawn]


def _landscape(height: int, width: int) -> NDArray[np.int64]:
    """A red sun in a blue sky over a green field."""
    y, x = np.mgrid[:height, :width]
    sky = np.stack([60 + y // 3, 120 + y // 4, 230 - y // 8], axis=2)
    field = np.stack([70 + (7 * x ^ 13 * y) % 40, 110 + (5 * x ^ 3 * y) % 60, 40 + x // 16], axis=2)
    sun = (x - 230) ** 2 + (y - 70) ** 2 < 45**2
    rows = np.where((2 * y + x // 3 > 340)[..., None], field, sky)
    return np.where(sun[..., None], np.array([225, 45, 30]), rows)


def _clouds(height: int, width: int) -> NDArray[np.int64]:
    """Noise at three scales, each colour for itself, on the warm side."""
    channels = []
    for salt, floor in ((11, 90), (23, 40), (37, 10)):
        coarse, middle, fine = (_noise(height, width, scale, salt) for scale in (64, 16, 4))
        channels.append(floor + (4 * coarse + 2 * middle + fine) * (245 - floor) // (7 * 255))
    return np.stack(channels, axis=2)


def _noise(height: int, width: int, scale: int, salt: int) -> NDArray[np.int64]:
    """Squares of a scale, each with a value from 0 to 255 that follows from its place."""
    y, x = np.mgrid[:height, :width] // scale
    mixed = (x * 73_856_093) ^ (y * 19_349_663) ^ (salt * 83_492_791)
    # 28 bits times 32 bits stay within an int64.
    values: NDArray[np.int64] = ((mixed & 0xFFF_FFFF) * 2_654_435_761 >> 13) & 255
    return values


def _stripes(height: int, width: int) -> NDArray[np.int64]:
    """Slanted stripes of six colours that fade to one side."""
    palette = np.array(
        [(220, 30, 40), (30, 60, 200), (245, 210, 40), (20, 20, 30), (30, 160, 80), (240, 240, 235)]
    )
    y, x = np.mgrid[:height, :width]
    rows: NDArray[np.int64] = palette[(x + 2 * y) // 35 % 6] * (400 - x)[..., None] // 400
    return rows


def _least_cosine(stored: Vectors, own: Vectors) -> float:
    return float(np.min(np.sum(stored.astype(np.float64) * own, axis=1)))


def _packed(rows: Vectors) -> str:
    return base64.b64encode(rows.astype(_STORED).tobytes()).decode()


def _unpacked(text: str, dimensions: int) -> Vectors:
    flat = np.frombuffer(base64.b64decode(text, validate=True), dtype=_STORED)
    rows = flat.reshape(-1, dimensions).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if len(rows) != 3 or not np.all(np.abs(lengths - 1) < 1e-2):  # nan fails too
        raise ValueError(text)
    unit: Vectors = rows / lengths
    return unit
