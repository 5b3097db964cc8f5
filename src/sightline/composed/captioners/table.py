"""Captioners by name: those that are built in, and those of other packages.

Another package offers one as an entry point of the group ``sightline.captioners``: a callable that
takes ``Surroundings`` and returns a ``protocols.Captioner`` or ``protocols.VectorCaptioner``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sightline.errors import InvalidValueError, WordsSourceNotFoundError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sightline.composed.captioners.banks import Bank
    from sightline.composed.chat import ChatSettings
    from sightline.protocols import Captioner, VectorCaptioner
    from sightline.types import Vectors

GROUP = "sightline.captioners"
DRAWN = "drawn scenes"
AnyCaptioner: TypeAlias = "Captioner | VectorCaptioner"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a captioner may draw on.

    Attributes:
        embed: The text tower of the gallery's model, with its prompt.
        image_mean: Returns the mean vector of the gallery's pictures, shape (d,), or None.
        model: The name and digest of the gallery's model.
        knows: What the model was trained on, such as "drawn scenes", or "".
        phrases: A list of one's own for ``tags``.
        blip: The checkpoint for ``blip``: a name of the hub, or a folder.
        device: For ``blip``: "cpu" or "cuda".
        chat: Where the chat model is, if there is one.
    """

    embed: Callable[[Sequence[str]], Vectors]
    image_mean: Callable[[], NDArray[np.float32] | None] = lambda: None
    model: str = ""
    knows: str = ""
    phrases: Path | None = None
    blip: str = "Salesforce/blip-image-captioning-base"
    device: str = "cpu"
    chat: ChatSettings | None = None


def captioner(name: str, surroundings: Surroundings) -> AnyCaptioner:
    """Return a captioner.

    Args:
        name: Of the table, or of an entry point.
        surroundings: What it may draw on.

    Raises:
        WordsSourceNotFoundError: no captioner has the name.
        InvalidValueError: it needs a chat model, and none is set up; or its list makes no sense.
        MissingPackageError: it needs a package that is not installed.
        ModelError: its model cannot be used.
    """
    make = _BUILT_IN.get(name)
    if make is not None:
        return make(surroundings)
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise WordsSourceNotFoundError("captioner", name, captioner_names())
    made: AnyCaptioner = found.load()(surroundings)
    return made


def captioner_names() -> tuple[str, ...]:
    """Return the name of every captioner that there is."""
    others = {point.name for point in entry_points(group=GROUP)} - _BUILT_IN.keys()
    return (*_BUILT_IN, *sorted(others))


def bank_for(surroundings: Surroundings) -> Bank:
    """Return the phrases that suit a model: a list of one's own, or that of what it knows."""
    from sightline.composed.captioners.banks import drawn_scenes, photographs, read_bank

    if surroundings.phrases is not None:
        return read_bank(surroundings.phrases)
    return drawn_scenes() if surroundings.knows == DRAWN else photographs()


def _tags(surroundings: Surroundings) -> AnyCaptioner:
    from sightline.composed.captioners.tags import TagsCaptioner

    return TagsCaptioner(
        surroundings.embed,
        bank_for(surroundings),
        image_mean=surroundings.image_mean(),
        model=surroundings.model,
    )


def _blip(surroundings: Surroundings) -> AnyCaptioner:
    from sightline.composed.captioners.blip import BlipCaptioner

    made: AnyCaptioner = BlipCaptioner(surroundings.blip, device=surroundings.device)
    return made


def _chat(surroundings: Surroundings) -> AnyCaptioner:
    from sightline.composed.captioners.chat import ChatCaptioner

    if surroundings.chat is None:
        needed = "set up with SIGHTLINE_LLM_URL, SIGHTLINE_LLM_MODEL or SIGHTLINE_LLM_KEY"
        raise InvalidValueError("the chat model", None, needed)
    return ChatCaptioner(surroundings.chat)


_BUILT_IN: Mapping[str, Callable[[Surroundings], AnyCaptioner]] = {
    "tags": _tags,
    "blip": _blip,
    "chat": _chat,
}
