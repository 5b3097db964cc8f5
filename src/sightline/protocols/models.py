"""Models that turn pictures and words into vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sightline.types import ModelSpec, Pixels, Vectors

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image


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
