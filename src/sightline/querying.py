"""From a query to the one unit vector that is searched for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sightline.errors import CancelledQueryError, InvalidValueError, ModelLacksTextError
from sightline.images import decode
from sightline.paths import absolute
from sightline.protocols import Encoder, TextEncoder
from sightline.types import ImageSource, Query, Vectors

# Below this length a sum of unit vectors is rounding noise, and its direction means nothing.
_SHORTEST = 1e-3


def query_vector(
    query: Query, encoder: Encoder, *, prompt: str | None = None, max_megapixels: float = 200.0
) -> Vectors:
    """Return the unit vector of a query, shape (1, d).

    With t, p, e the unit means of the texts, the pictures and all that is excluded:

        v = text_weight * t + image_weight * p - excluded_weight * e,   scaled to unit length

    Args:
        query: What to look for.
        encoder: Of the gallery's model.
        prompt: Put around every text, with ``{query}`` where it goes; the model's own if None.
        max_megapixels: Refuse larger query pictures.

    Raises:
        CancelledQueryError: nothing is left after subtraction.
        ModelLacksTextError: there are texts, and the model reads pictures only.
        ImageUnreadableError: a query picture cannot be read.
        InvalidValueError: a weight is negative, not a number, or leaves nothing to look for.
    """
    _check_weights(query)
    wanted = np.zeros(encoder.spec.dimensions, dtype=np.float64)
    if query.texts:
        wanted += query.text_weight * _mean(embed_texts(query.texts, encoder, prompt))
    if query.images:
        wanted += query.image_weight * _mean(embed_images(query.images, encoder, max_megapixels))
    excluded = []
    if query.excluded_texts:
        excluded.append(embed_texts(query.excluded_texts, encoder, prompt))
    if query.excluded_images:
        excluded.append(embed_images(query.excluded_images, encoder, max_megapixels))
    if excluded:
        wanted -= query.excluded_weight * _mean(np.concatenate(excluded))
    return _unit(wanted)[np.newaxis].astype(np.float32)


def embed_texts(texts: Sequence[str], encoder: Encoder, prompt: str | None = None) -> Vectors:
    """Return a unit row for each text after it was put into the prompt, shape (q, d).

    Raises:
        ModelLacksTextError: the model reads pictures only.
        EmptyTextError: a text is empty or white space.
        InvalidValueError: the prompt has no place for the query.
    """
    if not isinstance(encoder, TextEncoder):
        raise ModelLacksTextError(encoder.spec.name)
    template = encoder.prompt if prompt is None else prompt
    if "{query}" not in template:
        raise InvalidValueError("prompt", template, "a sentence with {query} in it")
    # An empty text must stay empty, or the prompt would hide it from the encoder's check.
    return encoder.encode_texts(
        [template.replace("{query}", text) if text.strip() else text for text in texts]
    )


def embed_images(
    images: Sequence[ImageSource], encoder: Encoder, max_megapixels: float = 200.0
) -> Vectors:
    """Return a unit row for each picture, shape (q, d).

    Raises:
        ImageUnreadableError: a picture cannot be read.
    """
    prepared = []
    for source in images:
        picture = absolute(source) if isinstance(source, str | Path) else source
        decoded = decode(picture, shortest_px=encoder.input_px, max_megapixels=max_megapixels)
        prepared.append(encoder.prepare(decoded.image))
    return encoder.encode_images(np.stack(prepared))


def _check_weights(query: Query) -> None:
    for name in ("text_weight", "image_weight", "excluded_weight"):
        weight = getattr(query, name)
        if not 0.0 <= weight < float("inf"):
            raise InvalidValueError(name, weight, "a number that is not negative")
    looked_for = (query.text_weight if query.texts else 0.0) + (
        query.image_weight if query.images else 0.0
    )
    if looked_for <= 0:
        raise InvalidValueError("the weight of what is looked for", looked_for, "above 0")


def _mean(rows: Vectors) -> np.ndarray:
    return _unit(rows.astype(np.float64).mean(axis=0))


def _unit(vector: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(vector))
    if length < _SHORTEST:
        raise CancelledQueryError
    return vector / length
