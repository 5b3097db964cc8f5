"""The encoders: a model's files, preprocessing, tokeniser and towers put together."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.adapter import IDS, MASK, PIXELS
from sightline.encoders.cpu.pace import (
    DEFAULT_PACE,
    LEAST_PICTURES,
    Pace,
    PaceMemo,
    best_pace,
    budget_s,
)
from sightline.encoders.files.model_files import (
    ModelFiles,
    TowerFiles,
)
from sightline.encoders.pictures.preprocessing import Preparer, read_preprocessing
from sightline.encoders.table import ModelTraits
from sightline.encoders.texts.tokens import TokenReader, TokenRow
from sightline.errors import (
    InvalidValueError,
    OutOfMemoryError,
    VectorShapeError,
)
from sightline.types import ModelSpec, Pixels, Vectors

if TYPE_CHECKING:
    from PIL import Image

_TEXTS_AT_ONCE = 64

Feeds = Mapping[str, NDArray[Any]]
"""Arrays by the name of an input."""


class Runner(Protocol):
    """One tower and what runs it: OpenVINO on a CPU, torch on a GPU."""

    @property
    def compiled(self) -> bool:
        """Whether it was needed yet."""
        ...

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        """Return the output for one batch."""
        ...

    def run_all(self, batches: Sequence[Feeds], streams: int) -> list[NDArray[np.float32]]:
        """Return the output for each batch, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What an encoder is made of.

    Attributes:
        name: Of the model.
        files: Its folder's content.
        traits: How to use it.
        precision: The arithmetic of its towers.
        vision: Runs the picture tower.
        text: Runs the text tower, if there is one.
        pace: How to feed the picture tower; None if that is to be measured before a long run.
        threads: As they were asked for.
    """

    name: str
    files: ModelFiles
    traits: ModelTraits
    precision: str
    vision: Runner
    text: Runner | None
    pace: Pace | None = None
    threads: int = 0


class PictureEncoder:
    """Turns pictures into unit vectors. Made by ``load_model``; safe to share by threads."""

    def __init__(self, parts: Parts) -> None:
        files = parts.files
        self._folder = files.folder
        self._dimensions = files.dimensions
        self._steps = read_preprocessing(files.folder, files.preprocessor)
        _check_picture_size(files, self._steps.output.height, self._steps.output.width)
        self._preparer = Preparer(self._steps)
        self._vision = parts.vision
        self._pace = parts.pace or DEFAULT_PACE
        self._is_paced = parts.pace is not None
        self._traits = parts.traits
        self._spec = self._describe(parts)
        self._paces = PaceMemo(self._spec.digest, parts.precision, parts.threads)

    @property
    def spec(self) -> ModelSpec:
        """What a gallery remembers of this model."""
        return self._spec

    @property
    def knows(self) -> str:
        """What kind of pictures the model was trained on, such as "photographs"."""
        return self._traits.domain

    @property
    def input_px(self) -> int:
        """The shortest edge, in pixels, that a picture is resized to before the model."""
        return self._steps.input_px

    @property
    def pictures_at_once(self) -> int:
        """How many pictures ``encode_images`` should get to keep the model busy."""
        return self._pace.batch * self._pace.streams

    def prepare(self, image: Image.Image) -> Pixels:
        """Return one picture as the model takes it, shape (3, height, width), float32.

        Equal to the Hugging Face Pillow processor of the same config. RGB is expected; other
        modes are converted, with transparency on white.
        """
        return self._preparer.prepare(image)

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        """Return one unit row for each prepared picture: (n, 3, height, width) -> (n, d).

        Any n: the model is fed in small batches.

        Raises:
            VectorShapeError: pixels has another shape, or is not of floats.
            InvalidValueError: pixels has a value that is not a number.
            ModelFilesError: the model cannot be run, or gives no usable vector.
            OutOfMemoryError: there is too little memory for a single picture.
        """
        size = self._steps.output
        if pixels.shape[1:] != (3, size.height, size.width) or pixels.dtype.kind != "f":
            raise VectorShapeError(
                f"pixels of {pixels.dtype} and shape {pixels.shape}",
                f"float32 of shape (n, 3, {size.height}, {size.width})",
            )
        rows = np.empty((len(pixels), self._dimensions), dtype=np.float32)
        start = 0
        while start < len(pixels):
            pace = self._pace
            end = start + pace.batch * pace.streams
            part = np.ascontiguousarray(pixels[start:end], np.float32)
            try:
                raw = self._run_pictures(part, pace)
            except MemoryError as error:
                self._slow_down(pace, error)
                continue
            if not np.isfinite(raw).all() and not np.isfinite(part).all():
                raise InvalidValueError("a pixel", "nan or infinite", "a finite number")
            rows[start : start + len(part)] = self._unit(raw, len(part))
            start += len(part)
        return rows

    def tune(self, pictures: int) -> None:
        """Find the quickest way to feed the model before a run of this many pictures.

        Measured once for each model and machine, for about a twentieth of what the run will take
        and never much longer than 20 s, and remembered. Before a short run nothing is measured.

        Raises:
            ModelFilesError: the model cannot be run.
        """
        if self._is_paced:
            return
        known = self._paces.recall()
        # Without memory for it, the usual pace goes on, and is slowed down as far as it must be.
        with suppress(MemoryError):
            known = known or self._measured_pace(pictures)
        if known is not None:
            self._pace, self._is_paced = known, True

    def _measured_pace(self, pictures: int) -> Pace | None:
        if pictures < LEAST_PICTURES:
            return None
        self._seconds_of(DEFAULT_PACE)  # compiles
        limit_s = budget_s(pictures, self._seconds_of(DEFAULT_PACE))
        if not limit_s:
            return None
        pace = best_pace(self._seconds_of, limit_s)
        self._paces.keep(pace)
        return pace

    def _seconds_of(self, pace: Pace) -> float:
        size = self._steps.output
        shape = (pace.batch * pace.streams, 3, size.height, size.width)
        pictures = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
        began = time.perf_counter()
        self._run_pictures(pictures, pace)
        return (time.perf_counter() - began) / len(pictures)

    def _run_pictures(self, pixels: NDArray[np.float32], pace: Pace) -> NDArray[np.float32]:
        # Fewer than there is room for are still divided among all streams.
        size = max(1, min(pace.batch, -(-len(pixels) // pace.streams)))
        feeds = [{PIXELS: pixels[start : start + size]} for start in range(0, len(pixels), size)]
        return np.concatenate(self._vision.run_all(feeds, pace.streams))

    def _slow_down(self, pace: Pace, error: MemoryError) -> None:
        """Go on with less at once, after memory ran out at a pace."""
        if pace == Pace(1, 1):
            raise OutOfMemoryError(self._spec.name) from error
        self._pace = Pace(max(1, pace.batch // 2), pace.streams if pace.batch > 1 else 1)

    def _unit(self, raw: NDArray[np.float32], count: int) -> Vectors:
        if raw.shape != (count, self._dimensions):
            raise self._folder.error(
                f"it gave vectors of shape {raw.shape}, not {(count, self._dimensions)}"
            )
        # In float64, so that a long vector neither overflows nor loses its unit length.
        wide = raw.astype(np.float64)
        lengths = np.linalg.norm(wide, axis=1, keepdims=True)
        if not np.isfinite(lengths).all():
            raise self._folder.error("it gave a vector with values that are not numbers")
        if not lengths.all():
            raise self._folder.error("it gave a vector of zeros")
        unit: Vectors = (wide / lengths).astype(np.float32)
        return unit

    def _describe(self, parts: Parts, tokenizer: str = "") -> ModelSpec:
        towers = [parts.files.vision, parts.files.text]
        weights = [path for tower in towers if tower is not None for path in tower.weights]
        return ModelSpec(
            name=parts.name,
            digest=self._folder.digest_of(weights),
            preprocessing=self._steps.digest(),
            tokenizer=tokenizer,
            precision=parts.precision,
            dimensions=self._dimensions,
        )


class DualEncoder(PictureEncoder):
    """Turns pictures and words into unit vectors of one space. Made by ``load_model``."""

    def __init__(self, parts: Parts, text: Runner, files: TowerFiles) -> None:
        self._reader = TokenReader(parts.files, parts.traits)
        self._text = text
        self._wants_mask = bool(files.mask)
        super().__init__(parts)

    @property
    def prompt(self) -> str:
        """The sentence that a search puts words into, with ``{query}`` where they go."""
        return self._traits.prompt

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, shape (q, d). The prompt is not applied here.

        A text alone and the same text among a thousand give the same vector: only texts of equal
        length share a batch, so that none is padded for another's sake. A text that is longer
        than the model's context is cut, with a ``TextTruncatedWarning``.

        Raises:
            EmptyTextError: a text is empty or white space.
            ModelFilesError: the model cannot be run, or gives no usable vector.
            OutOfMemoryError: there is too little memory for a single text.
        """
        tokens = self._reader.read(texts)
        rows = np.empty((len(tokens), self._dimensions), dtype=np.float32)
        for places in _batches_of_equal_length(tokens):
            rows[places] = self._in_halves([tokens[place] for place in places])
        return rows

    def _in_halves(self, tokens: list[TokenRow]) -> Vectors:
        """Encode as many at once as there is memory for."""
        try:
            return self._encode_tokens(tokens)
        except MemoryError as error:
            if len(tokens) == 1:
                raise OutOfMemoryError(self._spec.name) from error
        middle = len(tokens) // 2
        return np.concatenate([self._in_halves(tokens[:middle]), self._in_halves(tokens[middle:])])

    def _encode_tokens(self, tokens: list[TokenRow]) -> Vectors:
        ids = np.array([row.ids for row in tokens], dtype=np.int64)
        feeds: dict[str, NDArray[Any]] = {IDS: ids}
        if self._wants_mask:
            lengths = np.array([row.length for row in tokens])
            feeds[MASK] = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
        return self._unit(self._text.run(feeds), len(tokens))

    def _describe(self, parts: Parts, tokenizer: str = "") -> ModelSpec:
        return super()._describe(parts, tokenizer or self._reader.digest())


def _check_picture_size(files: ModelFiles, height: int, width: int) -> None:
    axes = files.vision.axes
    made = (3, height, width)
    if any(axis not in (None, length) for axis, length in zip(axes[1:], made, strict=False)):
        raise files.folder.error(
            f"pictures are prepared to {height} x {width}, and the picture tower takes {axes[1:]}"
        )


def _batches_of_equal_length(tokens: Sequence[TokenRow]) -> list[list[int]]:
    """Positions in tokens, grouped by length and cut to the batch size."""
    groups: dict[int, list[int]] = {}
    for position, row in enumerate(tokens):
        groups.setdefault(len(row.ids), []).append(position)
    return [
        group[start : start + _TEXTS_AT_ONCE]
        for group in groups.values()
        for start in range(0, len(group), _TEXTS_AT_ONCE)
    ]
