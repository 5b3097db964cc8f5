"""What says in words what a picture shows, and what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from sightline.types import Vectors

if TYPE_CHECKING:
    from PIL import Image

    from sightline.types.composition import Caption, Composed


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
