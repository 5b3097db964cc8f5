"""The vectors of a task's queries, made in batches, and kept for the next time.

A query's vector is that of ``gallery.query.query_vector``; what differs is only that many queries
go through the model together, and equal words once.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from sightline.composed.parts import Part, vectors_of
from sightline.errors import ImageUnreadableError
from sightline.evaluation.files import write_file
from sightline.evaluation.run.asking import Asking, QueryVectors
from sightline.evaluation.run.composing import TopicComposer
from sightline.evaluation.run.pictures import file_of, opened
from sightline.evaluation.tasks import Altered, Crop, Picture, Topic
from sightline.gallery.query import embed_texts
from sightline.images import decode
from sightline.protocols import Encoder
from sightline.system.threads import Workers, cores
from sightline.types import Pixels, Skipped, Vectors

_CHUNK = 256
# A composed query may take seconds, so that less of them should be lost.
_COMPOSED_CHUNK = 32
_PICTURES_AT_ONCE = 32
_TEXTS_AT_ONCE = 128


def query_vectors(
    topics: Sequence[Topic],
    encoder: Encoder,
    asking: Asking,
    folder: Path,
    tell: Callable[[int, int], None] = lambda done, total: None,
    composer: TopicComposer | None = None,
) -> QueryVectors:
    """Return the vectors of topics: those that are kept already, and the rest made now.

    Each 256 (32 that are composed) are kept as soon as they are made, so a stopped run goes on
    there. What they are kept under depends on all that they depend on: model, prompt, weights,
    words and picture files; the mode, and captioners and composers with their identities.

    Args:
        topics: The queries.
        encoder: Of the gallery's model.
        asking: How they are asked.
        folder: Where vectors are kept.
        tell: Called with how many are done, and how many there are.
        composer: If None, pictures and words are added up.

    Raises:
        ModelLacksTextError: a topic has words, and the model reads pictures only.
        InvalidValueError: the prompt has no place for the query, or no weight is above 0.
        StorageError: they cannot be kept, as ``write_file`` raises.
    """
    # The pictures of one class ask with the same words: such are one question.
    distinct: dict[tuple[object, ...], Topic] = {}
    for topic in topics:
        distinct.setdefault((topic.texts, topic.image), topic)
    questions = list(distinct.values())
    made: list[QueryVectors] = []
    size = _CHUNK if composer is None else min(_CHUNK, _COMPOSED_CHUNK)
    for start in range(0, len(questions), size):
        chunk = questions[start : start + size]
        made.append(_kept_or_made(chunk, encoder, asking, folder, composer))
        tell(start + len(chunk), len(questions))
    first = {topic.id: distinct[topic.texts, topic.image].id for topic in topics}
    return _together(first, made, encoder.spec.dimensions)


def _together(
    first: Mapping[str, str], made: Sequence[QueryVectors], dimensions: int
) -> QueryVectors:
    """Put parts together, for each query the row of the first one that asks the same."""
    row_of = {q: row for one in made for q, row in zip(one.queries, one.vectors, strict=True)}
    asked = tuple(query for query in first if first[query] in row_of)
    cancelled = {query for one in made for query in one.cancelled}
    none = np.empty((0, dimensions), dtype=np.float32)
    return QueryVectors(
        asked,
        np.stack([row_of[first[query]] for query in asked]) if asked else none,
        tuple(skipped for one in made for skipped in one.skipped),
        tuple(query for query in first if first[query] in cancelled),
        next((one.statistics for one in made), None),
        tuple(dict.fromkeys(name for one in made for name in one.captioners)),
        tuple(dict.fromkeys(name for one in made for name in one.composers)),
        tuple(fallen for one in made for fallen in one.fell_back),
    )


# Keeping


def _kept_or_made(
    topics: Sequence[Topic],
    encoder: Encoder,
    asking: Asking,
    folder: Path,
    composer: TopicComposer | None,
) -> QueryVectors:
    file = folder / f"{_mark(topics, encoder, asking, composer)}.npy"
    kept = _read(file, len(topics), encoder.spec.dimensions)
    if kept is not None and composer is not None:
        return composer.again(topics, kept)
    if kept is not None:
        return QueryVectors(tuple(topic.id for topic in topics), kept)
    made = make_vectors(topics, encoder, asking) if composer is None else composer.made(topics)
    # With a picture that cannot be read, or a language model that could not answer, the next run
    # shall try again.
    if len(made.queries) == len(topics) and not made.fell_back:
        content = io.BytesIO()
        np.save(content, made.vectors, allow_pickle=False)
        write_file(file, content.getvalue())
    return made


def _mark(
    topics: Sequence[Topic], encoder: Encoder, asking: Asking, composer: TopicComposer | None
) -> str:
    """Return a name for vectors that depends on all that they depend on."""
    prompt = getattr(encoder, "prompt", "") if asking.prompt is None else asking.prompt
    told = [
        asdict(encoder.spec),
        prompt,
        [asking.text_weight, asking.image_weight],
        [[topic.texts, _stamp(topic.image)] for topic in topics],
        *([] if composer is None else [composer.mark]),
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


def _read(file: Path, count: int, dimensions: int) -> Vectors | None:
    """Return kept vectors; None where there are none, or the file is damaged."""
    try:
        found = np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    shapes = ((count, dimensions), (count, 2, dimensions))
    whole = found.shape in shapes and found.dtype == np.float32 and bool(np.isfinite(found).all())
    return found if whole else None


# Making


def make_vectors(
    topics: Sequence[Topic],
    encoder: Encoder,
    asking: Asking,
    known: Mapping[Picture, Vectors] | None = None,
) -> QueryVectors:
    """Return the vectors of topics that are added up, nothing kept; see ``query_vectors``.

    Pictures whose vectors, shape (d,) each, are known need not be read.
    """
    pictures = dict.fromkeys(topic.image for topic in topics if topic.image is not None)
    unknown = [picture for picture in pictures if picture not in (known or {})]
    of_picture, refused = _picture_rows(unknown, encoder, asking)
    of_picture |= known or {}
    of_text = _text_rows(topics, encoder, asking)
    asked = [topic for topic in topics if topic.image is None or topic.image in of_picture]
    rows = vectors_of(
        [_parts(topic, of_text, of_picture, asking) for topic in asked], encoder.spec.dimensions
    )
    left = np.flatnonzero(np.abs(rows).sum(axis=1))
    with_vector = tuple(asked[row].id for row in left)
    cancelled = tuple(topic.id for topic in asked if topic.id not in set(with_vector))
    return QueryVectors(with_vector, rows[left], tuple(refused), cancelled)


def _parts(
    topic: Topic,
    of_text: Mapping[str, Vectors],
    of_picture: Mapping[Picture, Vectors],
    asking: Asking,
) -> list[Part]:
    parts: list[Part] = []
    if topic.texts:
        parts.append((asking.text_weight, np.stack([of_text[text] for text in topic.texts])))
    if topic.image is not None:
        parts.append((asking.image_weight, of_picture[topic.image][np.newaxis]))
    return parts


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
