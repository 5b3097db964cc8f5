"""`sightline eval NAME`: one command for each data set, with the options that it has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from sightline.cli.console import complain
from sightline.cli.options import (
    DeviceOption,
    JsonOption,
    MegapixelsOption,
    PrecisionOption,
    ThreadsOption,
)
from sightline.evaluation.datasets.cards import Choice, DatasetCard


@dataclass(frozen=True, slots=True)
class _Offered:
    """An option of a command: its annotation as Typer takes it, and its default."""

    annotation: Any
    default: Any


DataOption = Annotated[
    str | None,
    typer.Option(
        "--data", metavar="DIR", help="The folder with the data set's files.", show_default=False
    ),
]
PromptOption = Annotated[
    str | None,
    typer.Option(
        "--prompt",
        help="The sentence that words are put into, with {query} where they go. Default: the "
        "protocol's, or the model's own.",
        show_default=False,
    ),
]
IndexOption = Annotated[
    str,
    typer.Option(
        "--index",
        help='exact, or an index of FAISS to see what it loses, such as "HNSW32" or '
        '"IVF256,SQ8:nprobe=16".',
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="Where the results go. Default: a new name below ./evaluations.",
        show_default=False,
    ),
]
# Not that of other commands: its environment variable names the gallery of one's own pictures, and
# the documents of a data set must not end up there.
EvaluationGalleryOption = Annotated[
    str | None,
    typer.Option(
        "--gallery",
        "-g",
        metavar="FOLDER",
        help="Where the documents are indexed. Default: in your cache folder, kept for next time.",
        show_default=False,
    ),
]
ReportOption = Annotated[
    bool, typer.Option("--report/--no-report", help="Write report.html with pictures and curves.")
]


def _model_option(card: DatasetCard) -> _Offered:
    text = "A model's name, or a folder with its files."
    option = typer.Option("--model", "-m", help=text, envvar="SIGHTLINE_MODEL")
    return _Offered(Annotated[str, option], "mini" if card.name == "scenes" else "clip-vit-l14")


def _mode_option(modes: tuple[str, ...]) -> _Offered:
    text = f"What a query is made of: {', '.join(modes)}."
    return _Offered(Annotated[str, typer.Option("--by", "--mode", help=text)], modes[0])


def _part_option(card: DatasetCard) -> _Offered:
    every = card.name == "fashioniq"
    text = f"One of {', '.join(card.parts)}. Default: {'all' if every else card.parts[0]}."
    return _Offered(Annotated[str, typer.Option("--part", help=text, show_default=False)], "")


_CHOSEN: dict[Choice, dict[str, _Offered]] = {
    Choice.QUERIES: {
        "queries": _Offered(
            Annotated[
                int, typer.Option("--queries", min=1, help="How many are drawn if there are more.")
            ],
            5000,
        ),
        "seed": _Offered(
            Annotated[int, typer.Option("--seed", help="The same seed draws the same queries.")], 1
        ),
    },
    Choice.QUERY_LIST: {
        "query_list": _Offered(
            Annotated[
                str | None,
                typer.Option(
                    "--query-list",
                    metavar="FILE",
                    help="Query with the pictures of this list, such as the queries.txt of "
                    "another result, instead of drawing.",
                    show_default=False,
                ),
            ],
            None,
        )
    },
    Choice.NAMES: {
        "names": _Offered(
            Annotated[
                str,
                typer.Option(
                    "--class-names", help="Whose names the classes have: clip or wordnet."
                ),
            ],
            "clip",
        )
    },
    Choice.TEMPLATES: {
        "templates": _Offered(
            Annotated[
                int,
                typer.Option(
                    "--templates",
                    help="Put names into 7 or 80 sentences of CLIP's and average; 0: the prompt.",
                ),
            ],
            0,
        )
    },
    Choice.WHOLE: {
        "whole": _Offered(
            Annotated[
                bool,
                typer.Option("--whole", help="Query with whole pictures, not with their boxes."),
            ],
            False,
        )
    },
    Choice.DISTRACTORS: {
        "distractors": _Offered(
            Annotated[
                str | None,
                typer.Option(
                    "--distractors",
                    metavar="DIR",
                    help="More pictures that are never right, such as revisitop1m.",
                    show_default=False,
                ),
            ],
            None,
        )
    },
    Choice.SPLIT: {
        "split": _Offered(
            Annotated[
                str,
                typer.Option("--split", help="val, or test, which writes files for its server."),
            ],
            "val",
        )
    },
    Choice.POOL: {
        "pool": _Offered(
            Annotated[
                str,
                typer.Option(
                    "--pool",
                    help="What a query ranks: the category's whole split, or only the pictures of "
                    "its queries, as some papers do.",
                ),
            ],
            "split",
        )
    },
    Choice.FILES: {
        "qrels": _Offered(
            Annotated[
                str | None, typer.Option("--qrels", metavar="FILE", help="Judgements, as TREC has.")
            ],
            None,
        ),
        "topics": _Offered(
            Annotated[
                str | None,
                typer.Option(
                    "--topics", metavar="FILE", help="Queries: id, tab, words or picture."
                ),
            ],
            None,
        ),
    },
    Choice.COUNT: {
        "count": _Offered(
            Annotated[
                int, typer.Option("--count", min=1, help="Scenes to draw, where none are given.")
            ],
            2000,
        )
    },
}
_PATHS = ("query_list", "distractors", "qrels", "topics")


def command_for(card: DatasetCard) -> Callable[..., None]:
    """Return the command of a data set, a function whose signature is the data set's options."""

    def command(**options: Any) -> None:  # noqa: ANN401 - the signature below says what they are
        _measure(card, options)

    offered = _options(card)
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


def _options(card: DatasetCard) -> dict[str, _Offered]:
    options = {"data": _Offered(DataOption, None), "model": _model_option(card)}
    if len(card.modes) > 1:
        options["by"] = _mode_option(card.modes)
    if Choice.PART in card.choices:
        options["part"] = _part_option(card)
    for choice in card.choices:
        options |= _CHOSEN.get(choice, {})
    if "text" in card.modes:
        options["prompt"] = _Offered(PromptOption, None)
    if "both" in card.modes:
        for what in ("text", "image"):
            weight = Annotated[
                float, typer.Option(f"--{what}-weight", min=0.0, help=f"Of the {what} in a query.")
            ]
            options[f"{what}_weight"] = _Offered(weight, 0.5)
    return options | {
        "index": _Offered(IndexOption, "exact"),
        "out": _Offered(OutOption, None),
        "report": _Offered(ReportOption, True),
        "gallery": _Offered(EvaluationGalleryOption, None),
        "precision": _Offered(PrecisionOption, None),
        "device": _Offered(DeviceOption, "auto"),
        "threads": _Offered(ThreadsOption, 0),
        "max_megapixels": _Offered(MegapixelsOption, 200.0),
        "as_json": _Offered(JsonOption, False),
    }


def _measure(card: DatasetCard, options: dict[str, Any]) -> None:
    from sightline.cli.eval.measuring import Wanted, measure
    from sightline.errors import InvalidValueError
    from sightline.evaluation.datasets.bringing import missing
    from sightline.evaluation.datasets.cards import Choices
    from sightline.paths import absolute

    chosen = {
        name: options[name]
        for name in Choices.__dataclass_fields__
        if options.get(name) is not None
    }
    chosen |= {name: absolute(chosen[name]) for name in _PATHS if name in chosen}
    chosen.setdefault("by", card.modes[0])
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
