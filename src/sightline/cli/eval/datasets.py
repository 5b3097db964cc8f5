"""`sightline eval NAME`: one command for each data set, with the options that it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sightline.cli.console import complain
from sightline.cli.eval.choices import asked_way, options_of
from sightline.evaluation.datasets.cards import DatasetCard

_PATHS = ("query_list", "distractors", "qrels", "topics")


def command_for(card: DatasetCard) -> Callable[..., None]:
    """Return the command of a data set, a function whose signature is the data set's options."""

    def command(**options: Any) -> None:  # noqa: ANN401 - the signature below says what they are
        _measure(card, options)

    offered = options_of(card)
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=one.annotation
            )
            for name, one in offered.items()
        ],
        return_annotation=None,
    )
    command.__name__ = card.name
    command.__doc__ = (
        f"Measure on {card.title}.\n\nBring {card.needs}."
        if card.name != "scenes"
        else f"Measure on {card.title}.\n\nNothing has to be brought: scenes are drawn."
    )
    return command


def _measure(card: DatasetCard, options: dict[str, Any]) -> None:
    from sightline.cli.eval.measuring import Wanted, measure
    from sightline.errors import InvalidValueError
    from sightline.evaluation.datasets.bringing import missing
    from sightline.evaluation.datasets.cards import Choices
    from sightline.system.paths import absolute

    by, mode = asked_way(options.get("by"), options.get("mode"))
    chosen = {
        name: options[name]
        for name in Choices.__dataclass_fields__
        if options.get(name) is not None
    }
    chosen |= {name: absolute(chosen[name]) for name in _PATHS if name in chosen}
    chosen["by"] = by or card.modes[0]
    choices = Choices(**chosen)
    if choices.templates and options.get("prompt") is not None:
        raise InvalidValueError("--prompt", options["prompt"], "left out beside --templates")
    data = options["data"]
    if data is None and card.name != "scenes":
        raise missing(card, "a folder: give it with --data DIR")
    wanted = Wanted(
        card=card,
        data=None if data is None else absolute(data),
        choices=choices,
        model=options["model"],
        prompt=options.get("prompt"),
        text_weight=options.get("text_weight", 0.5),
        image_weight=options.get("image_weight", 0.5),
        mode=mode,
        captioner=options.get("captioner"),
        composer=options.get("composer"),
        index=options["index"],
        out=None if options["out"] is None else Path(absolute(options["out"])),
        report=options["report"],
        gallery=options["gallery"],
        precision=options["precision"],
        device=options["device"],
        threads=options["threads"],
        max_megapixels=options["max_megapixels"],
        as_json=options["as_json"],
    )
    folder = measure(wanted)
    complain(f"results: {folder}")
