"""The vectors of a task's queries, made in batches, and kept for the next time.

A query's vector is that of ``querying.query_vector``; what differs is only that many queries go
through the model together, and equal words once.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sightline.errors import ImageUnreadableError
from sightline.evaluation.run.pictures import file_of, opened
from sightline.evaluation.tasks import Altered, Crop, Picture, Topic
from sightline.gallery.query import embed_texts
from sightline.images import DEFAULT_MAX_MEGAPIXELS, decode
from sightline.protocols import Encoder
from sightline.system.files import storage_error, write_whole
from sightline.system.threads import Workers, cores
from sightline.types import Pixels, Skipped, Vectors

_CHUNK = 256
_PICTURES_AT_ONCE = 32
_TEXTS_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Asking:
    """How queries are turned into vectors.

    Attributes:
        prompt: What words are put into, with ``{query}`` where they go; the model's own if None.
        text_weight: Of the words beside a picture.
        image_weight: Of the picture beside words.
        max_megapixels: Larger query pictures are not read.
        threads: For decoding; 0 means one for each core.
    """

    prompt: str | None = None
    text_weight: float = 0.5
    image_weight: float = 0.5
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS
    threads: int = 0


@dataclass(frozen=True, slots=True)
class QueryVectors:
    """The vectors of queries.

    Attributes:
        queries: Those that have one, in the order of the topics.
        vectors: Their unit rows, shape (q, d).
        skipped: Query pictures that cannot be read.
    """

    queries: tuple[str, ...]
    vectors: Vectors
    skipped: tuple[Skipped, ...]


def query_vectors(
    topics: Sequence[Topic],
    encoder: Encoder,
    asking: Asking,
    folder: Path,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> QueryVectors:
    """Return the vectors of topics: those that are kept already, and the rest made now.

    Each 256 are kept as soon as they are made, so a stopped run goes on there. What they are kept
    under depends on all that they depend on: model, prompt, weights, words and picture files.

    Args:
        topics: The queries.
        encoder: Of the gallery's model.
        asking: How they are asked.
        folder: Where vectors are kept.
        tell: Called with how many are done, and how many there are.

    Raises:
        ModelLacksTextError: a topic has words, and the model reads pictures only.
        InvalidValueError: the prompt has no place for the query.
        DiskFullError: there is no room to keep them.
        NotWritableError: the folder may not be written.
    """
    # The pictures of one class ask with the same words: such are one question.
    distinct: dict[tuple[object, ...], Topic] = {}
    for topic in topics:
        distinct.setdefault((topic.texts, topic.image), topic)
    questions = list(distinct.values())
    row_of: dict[str, Vectors] = {}
    skipped: list[Skipped] = []
    for start in range(0, len(questions), _CHUNK):
        chunk = questions[start : start + _CHUNK]
        made = _kept_or_made(chunk, encoder, asking, folder)
        row_of |= zip(made.queries, made.vectors, strict=True)
        skipped += made.skipped
        tell(start + len(chunk), len(questions))
    first = {topic.id: distinct[topic.texts, topic.image].id for topic in topics}
    asked = [topic.id for topic in topics if first[topic.id] in row_of]
    vectors = np.empty((len(asked), encoder.spec.dimensions), dtype=np.float32)
    for place, query in enumerate(asked):
        vectors[place] = row_of[first[query]]
    return QueryVectors(tuple(asked), vectors, tuple(skipped))


# Keeping


def _kept_or_made(
    topics: Sequence[Topic], encoder: Encoder, asking: Asking, folder: Path
) -> QueryVectors:
    file = folder / f"{_mark(topics, encoder, asking)}.npy"
    kept = _read(file, (len(topics), encoder.spec.dimensions))
    if kept is not None:
        return QueryVectors(tuple(topic.id for topic in topics), kept, ())
    made = make_vectors(topics, encoder, asking)
    # With a picture that cannot be read, the next run shall try again.
    if not made.skipped:
        _write(file, made.vectors)
    return made


def _mark(topics: Sequence[Topic], encoder: Encoder, asking: Asking) -> str:
    """Return a name for vectors that depends on all that they depend on."""
    prompt = getattr(encoder, "prompt", "") if asking.prompt is None else asking.prompt
    told = [
        asdict(encoder.spec),
        prompt,
        [asking.text_weight, asking.image_weight],
        [[topic.texts, _stamp(topic.image)] for topic in topics],
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _stamp(picture: Picture | None) -> list[object]:
    if picture is None:
        return []
    file = file_of(picture)
    change: list[object] = []
    if isinstance(picture, Crop):
        change = [picture.box, picture.squared]
    elif isinstance(picture, Altered):
        change = [picture.by]
    try:
        facts = os.stat(file)
    except OSError:
        return [str(file), *change]
    return [str(file), facts.st_size, facts.st_mtime_ns, *change]


def _read(file: Path, shape: tuple[int, int]) -> Vectors | None:
    """Return kept vectors; None where there are none, or the file is damaged."""
    try:
        found = np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    whole = found.shape == shape and found.dtype == np.float32 and bool(np.isfinite(found).all())
    return found if whole else None


def _write(file: Path, vectors: Vectors) -> None:
    content = io.BytesIO()
    np.save(content, vectors, allow_pickle=False)
    try:
        write_whole(file, content.getvalue())
    except OSError as error:
        raise storage_error(error, file) from error


# Making


def make_vectors(
    topics: Sequence[Topic],
    encoder: Encoder,
    asking: Asking,
    known: Mapping[Picture, Vectors] | None = None,
) -> QueryVectors:
    """Return the vectors of topics, nothing kept; see ``query_vectors``.

    Args:
        topics: The queries.
        encoder: Of the gallery's model.
        asking: How they are asked.
        known: Vectors of pictures that need not be read, shape (d,) each.
    """
    pictures = dict.fromkeys(topic.image for topic in topics if topic.image is not None)
    unknown = [picture for picture in pictures if picture not in (known or {})]
    of_picture, refused = _picture_rows(unknown, encoder, asking)
    of_picture |= known or {}
    of_text = _text_rows(topics, encoder, asking)
    asked = [topic for topic in topics if topic.image is None or topic.image in of_picture]
    rows = [
        _combined(
            asking,
            np.stack([of_text[text] for text in topic.texts]) if topic.texts else None,
            None if topic.image is None else of_picture[topic.image],
        )
        for topic in asked
    ]
    none = np.empty((0, encoder.spec.dimensions), dtype=np.float32)
    vectors = np.stack(rows) if rows else none
    return QueryVectors(tuple(topic.id for topic in asked), vectors, tuple(refused))


def _text_rows(topics: Sequence[Topic], encoder: Encoder, asking: Asking) -> dict[str, Vectors]:
    texts = list(dict.fromkeys(text for topic in topics for text in topic.texts))
    rows: dict[str, Vectors] = {}
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        some = texts[start : start + _TEXTS_AT_ONCE]
        rows |= zip(some, embed_texts(some, encoder, asking.prompt), strict=True)
    return rows


def _picture_rows(
    pictures: Sequence[Picture], encoder: Encoder, asking: Asking
) -> tuple[dict[Picture, Vectors], list[Skipped]]:
    """Return the row of each picture that can be read; they are decoded in several threads."""
    rows: dict[Picture, Vectors] = {}
    refused: list[Skipped] = []
    workers = Workers(asking.threads or cores(), "query pictures")
    try:
        for start in range(0, len(pictures), _PICTURES_AT_ONCE):
            some = pictures[start : start + _PICTURES_AT_ONCE]
            answers = [workers.do(partial(_prepared, p, encoder, asking)) for p in some]
            ready: dict[Picture, Pixels] = {}
            for picture, answer in zip(some, answers, strict=True):
                try:
                    ready[picture] = answer.take()
                except ImageUnreadableError as error:
                    refused.append(Skipped(file_of(picture), error.reason))
            if ready:
                encoded = encoder.encode_images(np.stack(list(ready.values())))
                rows |= zip(ready, encoded, strict=True)
    finally:
        workers.end()
    return rows, refused


def _prepared(picture: Picture, encoder: Encoder, asking: Asking) -> Pixels:
    if not isinstance(picture, Path):
        return encoder.prepare(opened(picture, asking.max_megapixels))
    decoded = decode(picture, shortest_px=encoder.input_px, max_megapixels=asking.max_megapixels)
    return encoder.prepare(decoded.image)


def _combined(asking: Asking, texts: Vectors | None, picture: Vectors | None) -> Vectors:
    """Return one unit vector, shape (d,), as ``query_vector`` adds up its parts."""
    parts: list[NDArray[np.float64]] = []
    if texts is not None:
        parts.append(asking.text_weight * _unit(texts.astype(np.float64).mean(axis=0)))
    if picture is not None:
        parts.append(asking.image_weight * _unit(picture.astype(np.float64)))
    return _unit(np.sum(parts, axis=0)).astype(np.float32)


def _unit(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)
