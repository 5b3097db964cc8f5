"""A sample of someone's pictures, prepared for a model: to calibrate or to measure with."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.errors import ImageUnreadableError
from sightline.images import DEFAULT_MAX_MEGAPIXELS, FoundFile, bytes_hash, decode, find, read
from sightline.protocols import Encoder
from sightline.system.threads import Workers, cores
from sightline.types import Pixels, Progress, Skipped

_AT_ONCE = 32  # files whose bytes are in memory together


@dataclass(frozen=True, slots=True)
class PictureSample:
    """Some of the pictures that were found.

    Attributes:
        pixels: Prepared, no two of the same content, in random order, shape (n, 3, height, width).
        found: How many files there were to choose from.
        skipped: Files that were chosen and cannot be read, and what cannot be reached at all.
    """

    pixels: NDArray[np.float32]
    found: int
    skipped: tuple[Skipped, ...]


def picture_sample(
    sources: Iterable[Path | str],
    encoder: Encoder,
    most: int,
    *,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    progress: Callable[[Progress], None] | None = None,
) -> PictureSample:
    """Return up to ``most`` pictures, chosen at random; the same ones every time.

    Args:
        sources: Files, folders and patterns, as ``images.find`` takes them.
        encoder: Prepares them.
        most: Bounds the memory: a picture of 224 x 224 pixels takes 0.6 MB.
        max_megapixels: Larger pictures are skipped.
        progress: Called with the stage "reading".

    Raises:
        SourceNotFoundError: a source is not there.
    """
    found = list(find(sources))
    files = [each.path for each in found if isinstance(each, FoundFile)]
    skipped = [each for each in found if isinstance(each, Skipped)]
    random.Random(0).shuffle(files)
    tell = progress or (lambda _: None)
    chosen: dict[str, Pixels] = {}
    total = min(most, len(files))
    workers = Workers(cores(), "reading")
    try:
        for group in _groups(files):
            tasks = (partial(_read, path, encoder, max_megapixels) for path in group)
            for answer in [workers.do(task) for task in tasks]:
                read_one = answer.take()
                if isinstance(read_one, Skipped):
                    skipped.append(read_one)
                elif len(chosen) < most:
                    chosen.setdefault(read_one.content, read_one.pixels)
            tell(Progress("reading", len(chosen), total, len(skipped)))
            if len(chosen) >= most:
                break
    finally:
        workers.end()
    pixels = np.stack([*chosen.values()]) if chosen else np.empty((0, 3, 0, 0), np.float32)
    return PictureSample(pixels, len(files), tuple(skipped))


@dataclass(frozen=True, slots=True)
class _Picture:
    content: str
    pixels: Pixels


def _groups(files: Sequence[Path]) -> Iterator[list[Path]]:
    rest = iter(files)
    while group := list(islice(rest, _AT_ONCE)):
        yield group


def _read(path: Path, encoder: Encoder, max_megapixels: float) -> _Picture | Skipped:
    try:
        data = read(path)
        picture = decode(
            data, shortest_px=encoder.input_px, max_megapixels=max_megapixels, name=str(path)
        )
    except ImageUnreadableError as error:
        return Skipped(path, error.reason)
    return _Picture(bytes_hash(data), encoder.prepare(picture.image))
