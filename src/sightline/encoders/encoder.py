"""The encoders: a model's files, preprocessing, tokeniser and towers put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.digests import digest_of_files
from sightline.encoders.files import ModelFiles, ModelFolder, TowerFiles, read_model_files
from sightline.encoders.openvino_runtime import RunOptions, Tower
from sightline.encoders.places import find_model
from sightline.encoders.preprocessing import Preparer, read_preprocessing
from sightline.encoders.tokens import TokenReader, TokenRow
from sightline.encoders.traits import ModelTraits, read_traits
from sightline.errors import InvalidValueError, VectorShapeError
from sightline.types import ModelSpec, Pixels, Vectors

if TYPE_CHECKING:
    from PIL import Image

_PICTURES_AT_ONCE = 8  # measured: more only falls out of the processor's cache
_TEXTS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class _Parts:
    """What both kinds of encoder are made of."""

    name: str
    files: ModelFiles
    traits: ModelTraits
    options: RunOptions


class PictureEncoder:
    """Turns pictures into unit vectors. Made by ``load_model``; safe to share by threads."""

    def __init__(self, parts: _Parts) -> None:
        files = parts.files
        self._folder = files.folder
        self._dimensions = files.dimensions
        self._steps = read_preprocessing(files.folder, files.preprocessor)
        _check_picture_size(files, self._steps.output.height, self._steps.output.width)
        self._preparer = Preparer(self._steps)
        self._vision = _tower(files.folder, files.vision, parts.options)
        self._traits = parts.traits
        self._spec = self._describe(parts)

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
        """
        size = self._steps.output
        if pixels.shape[1:] != (3, size.height, size.width) or pixels.dtype.kind != "f":
            raise VectorShapeError(
                f"pixels of {pixels.dtype} and shape {pixels.shape}",
                f"float32 of shape (n, 3, {size.height}, {size.width})",
            )
        rows = np.empty((len(pixels), self._dimensions), dtype=np.float32)
        for start in range(0, len(pixels), _PICTURES_AT_ONCE):
            batch = np.ascontiguousarray(pixels[start : start + _PICTURES_AT_ONCE], np.float32)
            raw = self._vision.run({"pixel_values": batch})
            if not np.isfinite(raw).all() and not np.isfinite(batch).all():
                raise InvalidValueError("a pixel", "nan or infinite", "a finite number")
            rows[start : start + len(batch)] = self._unit(raw, len(batch))
        return rows

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

    def _describe(self, parts: _Parts, tokenizer: str = "") -> ModelSpec:
        towers = [parts.files.vision, parts.files.text]
        weights = [path for tower in towers if tower is not None for path in tower.weights]
        try:
            digest = digest_of_files(weights)
        except OSError as error:
            raise self._folder.error(f"its weights cannot be read ({error.strerror})") from error
        return ModelSpec(
            name=parts.name,
            digest=digest,
            preprocessing=self._steps.digest(),
            tokenizer=tokenizer,
            precision=parts.options.precision,
            dimensions=self._dimensions,
        )


class DualEncoder(PictureEncoder):
    """Turns pictures and words into unit vectors of one space. Made by ``load_model``."""

    def __init__(self, parts: _Parts, text: TowerFiles) -> None:
        self._reader = TokenReader(parts.files, parts.traits)
        self._text = _tower(parts.files.folder, text, parts.options)
        self._wants_mask = "attention_mask" in text.signature.inputs
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
        """
        tokens = self._reader.read(texts)
        rows = np.empty((len(tokens), self._dimensions), dtype=np.float32)
        for places in _batches_of_equal_length(tokens):
            rows[places] = self._encode_tokens([tokens[place] for place in places])
        return rows

    def _encode_tokens(self, tokens: list[TokenRow]) -> Vectors:
        ids = np.array([row.ids for row in tokens], dtype=np.int64)
        feeds: dict[str, NDArray[Any]] = {"input_ids": ids}
        if self._wants_mask:
            lengths = np.array([row.length for row in tokens])
            feeds["attention_mask"] = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
        return self._unit(self._text.run(feeds), len(tokens))

    def _describe(self, parts: _Parts, tokenizer: str = "") -> ModelSpec:
        return super()._describe(parts, tokenizer or self._reader.digest())


def load_model(
    name_or_folder: str | Path, *, threads: int = 0, precision: str | None = None
) -> DualEncoder | PictureEncoder:
    """Return the encoder for a name of the model table, or for a folder.

    The folder is checked at once; the model itself is compiled when it is first needed, and each
    tower on its own, so that a search by words never waits for the picture tower.

    Args:
        name_or_folder: A string is looked up in ``MODELS`` first; a ``Path`` is always a folder.
        threads: CPU threads; 0 for every core.
        precision: "float32" (also for None) or, on processors that have it, "bfloat16".

    Raises:
        ModelNotFoundError: there is no such model and no such folder.
        ModelFilesError: the folder is incomplete or broken.
        InvalidValueError: threads or precision is not possible.
    """
    options = RunOptions(threads, precision or "float32")
    place = find_model(name_or_folder)
    files = read_model_files(place.folder)
    traits = place.card.traits if place.card else read_traits(files)
    parts = _Parts(place.name, files, traits, options)
    return PictureEncoder(parts) if files.text is None else DualEncoder(parts, files.text)


def _tower(folder: ModelFolder, files: TowerFiles, options: RunOptions) -> Tower:
    return Tower(folder, files.path, files.output, options)


def _check_picture_size(files: ModelFiles, height: int, width: int) -> None:
    axes = files.vision.signature.inputs["pixel_values"].axes
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
