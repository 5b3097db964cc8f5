"""From a query to the one unit vector that is searched for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import numpy as np
from PIL import Image

from sightline.composed.parts import vector_of
from sightline.errors import (
    ImageNotFoundError,
    InvalidValueError,
    ModelLacksTextError,
)
from sightline.images import decode
from sightline.images.memory import Room, room_for_guests
from sightline.protocols import Encoder, TextEncoder
from sightline.system.paths import absolute
from sightline.types import (
    Cropped,
    ImageSource,
    Indexed,
    PictureSource,
    Pixels,
    Query,
    Region,
    Step,
    Vectors,
)

_WHOLE = Region(0.0, 0.0, 1.0, 1.0)
# No picture has an edge of so many pixels that a smaller part of it were still one.
_SMALLEST_PART = 1e-9


class Stopwatch:
    """Adds up the seconds that each step takes. Used by one thread."""

    def __init__(self) -> None:
        self._seconds = dict.fromkeys(Step, 0.0)

    @contextmanager
    def timing(self, step: Step) -> Iterator[None]:
        """Count what happens inside as a step."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._seconds[step] += time.perf_counter() - began

    def seconds(self) -> Mapping[Step, float]:
        """Return the seconds of every step so far."""
        return dict(self._seconds)


def _not_here(id: int) -> NoReturn:
    raise ImageNotFoundError(id)


class Pictures:
    """Turns the pictures of a query into vectors.

    Args:
        encoder: Of the gallery's model.
        stored: Returns the stored unit vector of a picture of the gallery, shape (d,). Without
            one there is no gallery, and so no such picture.
        file_of: Returns the file of a picture of the gallery, for a part of it.
        max_megapixels: Refuse larger pictures.
        room: What decoding them may take, of all threads together; its own, if None.
        watch: Gets the time that decoding and the model take.
    """

    def __init__(
        self,
        encoder: Encoder,
        stored: Callable[[int], Vectors] = _not_here,
        file_of: Callable[[int], Path] = _not_here,
        *,
        max_megapixels: float = 200.0,
        room: Room | None = None,
        watch: Stopwatch | None = None,
    ) -> None:
        self._encoder = encoder
        self._stored = stored
        self._file_of = file_of
        self._max_megapixels = max_megapixels
        self._room = room or room_for_guests()
        self._watch = watch or Stopwatch()

    def embed(self, images: Sequence[ImageSource]) -> Vectors:
        """Return a unit row for each picture, shape (q, d).

        Raises:
            ImageUnreadableError: a picture cannot be read.
            ImageNotFoundError: the gallery has no such picture.
        """
        rows: dict[int, Vectors] = {}
        fresh = {}
        for place, image in enumerate(images):
            if isinstance(image, Indexed):
                with self._watch.timing(Step.FETCH):
                    rows[place] = self._stored(image.id)
            else:
                with self._watch.timing(Step.DECODE):
                    fresh[place] = self._prepared(image)
        if fresh:
            with self._watch.timing(Step.EMBED):
                embedded = self._encoder.encode_images(np.stack(list(fresh.values())))
            rows |= dict(zip(fresh, embedded, strict=True))
        return np.stack([rows[place] for place in range(len(images))])

    def _prepared(self, image: PictureSource | Cropped) -> Pixels:
        with self._room.part() as part:
            picture = pixels_of(
                image,
                self._encoder.input_px,
                max_megapixels=self._max_megapixels,
                file_of=self._file_of,
                reserve=part.take,
            )
            return self._encoder.prepare(picture)


def pixels_of(
    image: ImageSource,
    shortest_px: int,
    *,
    max_megapixels: float = 200.0,
    file_of: Callable[[int], Path] = _not_here,
    reserve: Callable[[int], None] = lambda size_bytes: None,
) -> Image.Image:
    """Return a picture of a query, or the part of it that is meant, as ``images.decode`` does.

    Args:
        image: From outside, or of the gallery.
        shortest_px: The shortest edge that what is returned will be resized to.
        max_megapixels: Refuse larger pictures.
        file_of: Returns the file of a picture of the gallery.
        reserve: As ``images.decode`` takes it.

    Raises:
        ImageUnreadableError: it cannot be read.
        ImageNotFoundError: the gallery has no such picture.
    """
    source, region = (image.source, image.region) if isinstance(image, Cropped) else (image, _WHOLE)
    file = file_of(source.id) if isinstance(source, Indexed) else source
    picture = absolute(file) if isinstance(file, str | Path) else file
    # A part must be large enough, so the whole has to be larger.
    needed_px = math.ceil(shortest_px / max(region.shortest, _SMALLEST_PART))
    whole = decode(
        picture, shortest_px=needed_px, max_megapixels=max_megapixels, reserve=reserve
    ).image
    return whole if region == _WHOLE else cropped(whole, region)


def cropped(image: Image.Image, region: Region) -> Image.Image:
    """Return the part of a picture that a region covers, at least one pixel wide and high."""
    left = min(math.floor(region.left * image.width), image.width - 1)
    top = min(math.floor(region.top * image.height), image.height - 1)
    right = max(math.ceil(region.right * image.width), left + 1)
    bottom = max(math.ceil(region.bottom * image.height), top + 1)
    return image.crop((left, top, right, bottom))


def query_vector(
    query: Query,
    encoder: Encoder,
    pictures: Pictures | None = None,
    *,
    prompt: str | None = None,
    watch: Stopwatch | None = None,
) -> Vectors:
    """Return the unit vector of a query without an instruction, shape (1, d).

    With t, p, e the unit means of the texts, the pictures and all that is excluded:

        v = text_weight * t + image_weight * p - excluded_weight * e,   scaled to unit length

    Args:
        query: What to look for.
        encoder: Of the gallery's model.
        pictures: Embeds the query's pictures; those from outside of a gallery, if None.
        prompt: Put around every text, with ``{query}`` where it goes; the model's own if None.
        watch: Gets the time that the model takes for texts.

    Raises:
        CancelledQueryError: nothing is left after subtraction.
        ModelLacksTextError: there are texts, and the model reads pictures only.
        ImageUnreadableError: a query picture cannot be read.
        ImageNotFoundError: the gallery has no such picture.
    """
    texts = [*query.texts, *query.excluded_texts]
    images = [*query.images, *query.excluded_images]
    empty = np.empty((0, encoder.spec.dimensions), dtype=np.float32)
    # All words at once, and all pictures: the model is fastest so.
    with (watch or Stopwatch()).timing(Step.EMBED):
        text_rows = embed_texts(texts, encoder, prompt) if texts else empty
    image_rows = (pictures or Pictures(encoder)).embed(images) if images else empty
    t, p = len(query.texts), len(query.images)
    return vector_of(
        [
            (query.text_weight, text_rows[:t]),
            (query.image_weight, image_rows[:p]),
            (-query.excluded_weight, np.concatenate([text_rows[t:], image_rows[p:]])),
        ]
    )


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
