"""What a plug-in must offer. Structural: nothing has to be inherited.

An ability that only some implementations have is a small protocol of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sightline.types import Ids, ModelSpec, Neighbours, Pixels, Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from sightline.types.composition import Caption, Composed


@runtime_checkable
class Encoder(Protocol):
    """Turns pictures into unit vectors."""

    @property
    def spec(self) -> ModelSpec:
        """What a gallery remembers of this model."""
        ...

    @property
    def input_px(self) -> int:
        """The shortest edge, in pixels, that a picture is resized to before the model.

        A decoder may deliver anything at least twice as large without changing the vector
        noticeably; see ``images.decode``.
        """
        ...

    def prepare(self, image: Image.Image) -> Pixels:
        """Return one RGB picture as the model takes it, shape (3, height, width), float32.

        Safe to call from several threads at once.
        """
        ...

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        """Return one unit row for each prepared picture: (n, 3, height, width) -> (n, d).

        Raises:
            MemoryError: there is too little memory for so many; half of them will be tried.
        """
        ...


@runtime_checkable
class BulkEncoder(Protocol):
    """Says how many pictures it works on at once, for a model that many are needed to keep busy."""

    @property
    def pictures_at_once(self) -> int:
        """How many prepared pictures one ``encode_images`` should get."""
        ...


@runtime_checkable
class TunableEncoder(Protocol):
    """Finds out how it runs fastest."""

    def tune(self, pictures: int) -> None:
        """Try what is worth trying before a run of at most so many pictures."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """Turns words into vectors of the same space as its pictures."""

    @property
    def prompt(self) -> str:
        """The sentence that a search puts words into, with ``{query}`` where they go."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Return one unit row for each text, shape (q, d). The prompt is not applied here.

        Raises:
            EmptyTextError: a text is empty or white space.
        """
        ...


@runtime_checkable
class Specialist(Protocol):
    """Says what it knows, for a model that is of little use elsewhere."""

    @property
    def knows(self) -> str:
        """What the model was trained on, such as "photographs" or "drawn scenes"."""
        ...


class VectorIndex(Protocol):
    """Finds the stored vectors most similar to a query.

    Rows are float32 and of unit length, so a score is a cosine in [-1, 1] and higher is better.
    """

    @property
    def dimensions(self) -> int:
        """Return d."""
        ...

    def __len__(self) -> int:
        """Return n."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Store rows under ids; an id that is already there gets the new row.

        Raises:
            VectorShapeError: vectors is not (n, d) or ids is not (n,).
        """
        ...

    def remove(self, ids: Ids) -> int:
        """Forget ids; return how many were there."""
        ...

    def search(self, queries: Vectors, k: int, among: Ids | None = None) -> Neighbours:
        """Return the k best ids for each query row, shape (q, d), best first; ties by lower id.

        Short results are padded with id -1 and score -inf. With ``among``, shape (m,), no other
        id can be an answer; ids that are not stored are passed over.

        Raises:
            VectorShapeError: queries is not (q, d).
            InvalidValueError: k is below 1.
        """
        ...


class Captioner(Protocol):
    """Says in words what a picture shows."""

    @property
    def name(self) -> str:
        """What it is called in settings and answers."""
        ...

    @property
    def identity(self) -> str:
        """All that a caption depends on besides the picture: model, version, settings.

        Captions are kept under it, so it must change when captions do.
        """
        ...

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        """Return one sentence for each RGB picture.

        Args:
            images: Of any size.
            within_s: How many seconds there are. What calls another machine keeps to it.

        Raises:
            SightlineError: it cannot; the next captioner is asked.
        """
        ...


@runtime_checkable
class VectorCaptioner(Protocol):
    """Needs no picture, but the vector that the gallery's model made of it."""

    @property
    def name(self) -> str:
        """What it is called in settings and answers."""
        ...

    @property
    def identity(self) -> str:
        """All that a caption depends on besides the vector."""
        ...

    def caption_vectors(self, vectors: Vectors) -> list[Caption]:
        """Return one sentence for each unit row, shape (n, d)."""
        ...


class Composer(Protocol):
    """Merges words from a picture and an instruction into what to look for."""

    @property
    def name(self) -> str:
        """What it is called in settings and answers."""
        ...

    @property
    def identity(self) -> str:
        """All that an answer depends on besides caption and instruction; "" for not to keep any."""
        ...

    def compose(self, caption: str, instruction: str, *, within_s: float) -> Composed:
        """Return what is wanted.

        Args:
            caption: What the picture shows; may be empty.
            instruction: What is to be different.
            within_s: How many seconds there are. What calls another machine keeps to it.

        Raises:
            SightlineError: it cannot; the next composer is asked.
        """
        ...
