"""The model that `sightline index` needs: fetched where it is not on this machine yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sightline.cli.console import complain
from sightline.errors import ModelNotFetchedError

if TYPE_CHECKING:
    from sightline.protocols import Encoder

_CHECKPOINT = "--checkpoint"


def fetched_if_needed(load: Callable[[], Encoder], precision: str | None = None) -> Encoder:
    """Return the model that a function loads, after fetching it if that is what is wrong.

    Says on standard error what is fetched, under which licence, and how much it is.

    Args:
        load: Loads it, in that precision.
        precision: As it was asked for; what is impossible is refused before anything is fetched.

    Raises:
        InvalidValueError: the precision is not possible.
        ModelError: it cannot be loaded, or cannot be fetched.
    """
    try:
        return load()
    except ModelNotFetchedError as missing:
        if _CHECKPOINT not in missing.options:
            _check_precision(precision)
        _fetch(missing)
    return load()


def _check_precision(asked: str | None) -> None:
    from sightline.encoders.cpu.openvino_runtime import RunOptions, choose_precision

    RunOptions(precision=choose_precision(asked, 0))


def _fetch(missing: ModelNotFetchedError) -> None:
    from sightline.cli.progress import shown_download
    from sightline.encoders.hub.fetching import fetch
    from sightline.encoders.table import MODELS

    card = MODELS[missing.name]
    wants_checkpoint = _CHECKPOINT in missing.options
    complain(
        f"{card.name} is not on this machine yet: fetching it from "
        f"{card.checkpoint if wants_checkpoint else card.hub_id} (licence {card.licence}, "
        f"about {missing.about_megabytes:,} MB)"
    )
    with shown_download() as progress:
        fetch(card.name, checkpoint=wants_checkpoint, progress=progress)
