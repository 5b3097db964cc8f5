"""The options of `sightline eval NAME`: those of every data set, and those that only some have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.options import (
    DeviceOption,
    JsonOption,
    MegapixelsOption,
    PrecisionOption,
    ThreadsOption,
)
from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.cards import Choice, DatasetCard
from sightline.types.composition import Mode

if TYPE_CHECKING:
    from sightline.composed import WordsSettings

WAYS = (Mode.SUM, Mode.ROLES, Mode.PUBLISHED, Mode.FUSION)
"""How a picture and words can become one search in an evaluation."""


@dataclass(frozen=True, slots=True)
class Offered:
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
EvaluatedModeOption = Annotated[
    str | None,
    typer.Option(
        "--mode",
        help="How a picture and words become one search: sum, which adds up their vectors, or as "
        "users' searches are composed: roles, published, fusion. Implies --by both. Default: sum.",
        show_default=False,
    ),
]
EvaluatedCaptionerOption = Annotated[
    str | None,
    typer.Option(
        "--captioner",
        help="In roles and published, what says in words what a picture shows: tags, blip, chat, "
        "or several with commas, asked in this order.",
        envvar="SIGHTLINE_CAPTIONER",
        show_default=False,
    ),
]
EvaluatedComposerOption = Annotated[
    str | None,
    typer.Option(
        "--composer",
        help="In roles and published, what merges caption and words: llm, rules, or both with a "
        "comma. Default: llm if a language model is set up, then rules.",
        envvar="SIGHTLINE_COMPOSER",
        show_default=False,
    ),
]
ReportOption = Annotated[
    bool, typer.Option("--report/--no-report", help="Write report.html with pictures and curves.")
]


def _model_option(card: DatasetCard) -> Offered:
    text = "A model's name, or a folder with its files."
    option = typer.Option("--model", "-m", help=text, envvar="SIGHTLINE_MODEL")
    return Offered(Annotated[str, option], "mini" if card.name == "scenes" else "clip-vit-l14")


def _mode_option(modes: tuple[str, ...]) -> Offered:
    text = f"What a query is made of: {', '.join(modes)}."
    return Offered(Annotated[str, typer.Option("--by", "--mode", help=text)], modes[0])


def _by_option(modes: tuple[str, ...]) -> Offered:
    text = f"What a query is made of: {', '.join(modes)}. Default: {modes[0]}."
    return Offered(Annotated[str | None, typer.Option("--by", help=text, show_default=False)], None)


def _part_option(card: DatasetCard) -> Offered:
    every = card.name == "fashioniq"
    text = f"One of {', '.join(card.parts)}. Default: {'all' if every else card.parts[0]}."
    return Offered(Annotated[str, typer.Option("--part", help=text, show_default=False)], "")


_CHOSEN: dict[Choice, dict[str, Offered]] = {
    Choice.QUERIES: {
        "queries": Offered(
            Annotated[
                int, typer.Option("--queries", min=1, help="How many are drawn if there are more.")
            ],
            5000,
        ),
        "seed": Offered(
            Annotated[int, typer.Option("--seed", help="The same seed draws the same queries.")], 1
        ),
    },
    Choice.QUERY_LIST: {
        "query_list": Offered(
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
        "names": Offered(
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
        "templates": Offered(
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
        "whole": Offered(
            Annotated[
                bool,
                typer.Option("--whole", help="Query with whole pictures, not with their boxes."),
            ],
            False,
        )
    },
    Choice.DISTRACTORS: {
        "distractors": Offered(
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
        "split": Offered(
            Annotated[
                str,
                typer.Option("--split", help="val, or test, which writes files for its server."),
            ],
            "val",
        )
    },
    Choice.POOL: {
        "pool": Offered(
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
        "qrels": Offered(
            Annotated[
                str | None, typer.Option("--qrels", metavar="FILE", help="Judgements, as TREC has.")
            ],
            None,
        ),
        "topics": Offered(
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
        "count": Offered(
            Annotated[
                int, typer.Option("--count", min=1, help="Scenes to draw, where none are given.")
            ],
            2000,
        )
    },
}


_COMPOSED = {
    "mode": Offered(EvaluatedModeOption, None),
    "captioner": Offered(EvaluatedCaptionerOption, None),
    "composer": Offered(EvaluatedComposerOption, None),
}


def asked_way(by: str | None, mode: str | None) -> tuple[str | None, Mode | None]:
    """Return what queries are made of, if it was said, and how picture and words are composed.

    Args:
        by: What ``--by`` says: "image", "text" or "both".
        mode: What ``--mode`` says: a way to compose, or what ``--by`` says, by its older name.

    Raises:
        InvalidValueError: there is no such mode, or it contradicts ``--by``.
    """
    if mode is None:
        return by, None
    older = ("image", "text", "both")
    if mode not in (*WAYS, *older):
        raise InvalidValueError("--mode", mode, f"one of {', '.join(WAYS)}")
    asked = mode if mode in older else "both"
    if by not in (None, asked):
        raise InvalidValueError("--by", by, f"{asked}, or left out, beside --mode {mode}")
    return asked, None if mode in (*older, Mode.SUM) else Mode(mode)


def asked_words(mode: Mode | None, captioner: str | None, composer: str | None) -> WordsSettings:
    """Return which captioners and composers are asked: options, else the environment.

    Where nothing is composed, what they say does not matter.

    Raises:
        InvalidValueError: the environment says something that cannot be understood.
    """
    from sightline.cli.composing import words_settings
    from sightline.composed import WordsSettings

    if mode is None:
        return WordsSettings()
    return words_settings(captioner, composer, None, None)


def options_of(card: DatasetCard) -> dict[str, Offered]:
    """Return the options of a data set's command by the names of their values."""
    options = {"data": Offered(DataOption, None), "model": _model_option(card)}
    if "both" in card.modes:
        options |= {"by": _by_option(card.modes), **_COMPOSED}
    elif len(card.modes) > 1:
        options["by"] = _mode_option(card.modes)
    if Choice.PART in card.choices:
        options["part"] = _part_option(card)
    for choice in card.choices:
        options |= _CHOSEN.get(choice, {})
    if "text" in card.modes:
        options["prompt"] = Offered(PromptOption, None)
    if "both" in card.modes:
        for what in ("text", "image"):
            weight = Annotated[
                float, typer.Option(f"--{what}-weight", min=0.0, help=f"Of the {what} in a sum.")
            ]
            options[f"{what}_weight"] = Offered(weight, 0.5)
    return options | {
        "index": Offered(IndexOption, "exact"),
        "out": Offered(OutOption, None),
        "report": Offered(ReportOption, True),
        "gallery": Offered(EvaluationGalleryOption, None),
        "precision": Offered(PrecisionOption, None),
        "device": Offered(DeviceOption, "auto"),
        "threads": Offered(ThreadsOption, 0),
        "max_megapixels": Offered(MegapixelsOption, 200.0),
        "as_json": Offered(JsonOption, False),
    }
