"""The options of `sightline eval NAME`: those of every data set, and those that only some have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from sightline.cli.options import (
    DeviceOption,
    JsonOption,
    MegapixelsOption,
    PrecisionOption,
    ThreadsOption,
)
from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.cards import DatasetCard
from sightline.types.composition import Mode

if TYPE_CHECKING:
    from sightline.composed import WordsSettings

WAYS = (Mode.SUM, Mode.ROLES, Mode.PUBLISHED, Mode.FUSION)
"""How a picture and words can become one search in an evaluation."""

EvaluatedModeOption = Annotated[
    str | None,
    typer.Option(
        help="How a picture and words become one search: sum, which adds up their vectors, or as "
        "users' searches are composed: roles, published, fusion. Implies --by both. Default: sum.",
        show_default=False,
    ),
]
EvaluatedCaptionerOption = Annotated[
    str | None,
    typer.Option(
        help="In roles and published, what says in words what a picture shows: tags, blip, chat, "
        "or several with commas, asked in this order.",
        envvar="SIGHTLINE_CAPTIONER",
        show_default=False,
    ),
]
EvaluatedComposerOption = Annotated[
    str | None,
    typer.Option(
        help="In roles and published, what merges caption and words: llm, rules, or both with a "
        "comma. Default: llm if a language model is set up, then rules.",
        envvar="SIGHTLINE_COMPOSER",
        show_default=False,
    ),
]
QueriesOption = Annotated[int, typer.Option(min=1, help="How many are drawn if there are more.")]


@dataclass(frozen=True, slots=True)
class Options:
    """All that the command of a data set may be told; each command offers those that it has.

    What ``Choices`` has under the same name is a choice about the data set.
    """

    data: Annotated[
        str | None,
        typer.Option(
            metavar="DIR", help="The folder with the data set's files.", show_default=False
        ),
    ] = None
    model: Annotated[
        str,
        typer.Option(
            "--model",
            "-m",
            help="A model's name, or a folder with its files.",
            envvar="SIGHTLINE_MODEL",
        ),
    ] = "clip-vit-l14"
    by: str | None = None  # what it offers depends on the data set, as that of part does
    mode: EvaluatedModeOption = None
    captioner: EvaluatedCaptionerOption = None
    composer: EvaluatedComposerOption = None
    part: str = ""
    count: Annotated[int, typer.Option(min=1, help="Scenes to draw, where none are given.")] = 2000
    queries: QueriesOption = 5000
    seed: Annotated[int, typer.Option(help="The same seed draws the same queries.")] = 1
    query_list: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Query with the pictures of this list, such as the queries.txt of another result, "
            "instead of drawing.",
            show_default=False,
        ),
    ] = None
    names: Annotated[
        str, typer.Option("--class-names", help="Whose names the classes have: clip or wordnet.")
    ] = "clip"
    templates: Annotated[
        int,
        typer.Option(help="Put names into 7 or 80 sentences of CLIP's and average; 0: the prompt."),
    ] = 0
    whole: Annotated[
        bool, typer.Option("--whole", help="Query with whole pictures, not with their boxes.")
    ] = False
    distractors: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="More pictures that are never right, such as revisitop1m.",
            show_default=False,
        ),
    ] = None
    split: Annotated[str, typer.Option(help="val, or test, which writes files for its server.")] = (
        "val"
    )
    pool: Annotated[
        str,
        typer.Option(
            help="What a query ranks: the category's whole split, or only the pictures of its "
            "queries, as some papers do."
        ),
    ] = "split"
    qrels: Annotated[str | None, typer.Option(metavar="FILE", help="Judgements, as TREC has.")] = (
        None
    )
    topics: Annotated[
        str | None, typer.Option(metavar="FILE", help="Queries: id, tab, words or picture.")
    ] = None
    prompt: Annotated[
        str | None,
        typer.Option(
            help="The sentence that words are put into, with {query} where they go. Default: the "
            "protocol's, or the model's own.",
            show_default=False,
        ),
    ] = None
    text_weight: Annotated[float, typer.Option(min=0.0, help="Of the text in a sum.")] = 0.5
    image_weight: Annotated[float, typer.Option(min=0.0, help="Of the image in a sum.")] = 0.5
    index: Annotated[
        str,
        typer.Option(
            help='exact, or an index of FAISS to see what it loses, such as "HNSW32" or '
            '"IVF256,SQ8:nprobe=16".'
        ),
    ] = "exact"
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Where the results go. Default: a new name below ./evaluations.",
            show_default=False,
        ),
    ] = None
    report: Annotated[bool, typer.Option(help="Write report.html with pictures and curves.")] = True
    # Not that of other commands: its environment variable names the gallery of one's own pictures,
    # and the documents of a data set must not end up there.
    gallery: Annotated[
        str | None,
        typer.Option(
            "--gallery",
            "-g",
            metavar="FOLDER",
            help="Where the documents are indexed. Default: in your cache folder, kept for next "
            "time.",
            show_default=False,
        ),
    ] = None
    precision: PrecisionOption = None
    device: DeviceOption = "auto"
    threads: ThreadsOption = 0
    max_megapixels: MegapixelsOption = 200.0
    as_json: JsonOption = False


_EVERYWHERE = {"data", "model", "index", "out", "report", "gallery"}
_EVERYWHERE |= {"precision", "device", "threads", "max_megapixels", "as_json"}
_WHERE_COMPOSED = {"mode", "captioner", "composer", "text_weight", "image_weight"}


def options_of(card: DatasetCard) -> Iterator[Parameter]:
    """Yield the options of a data set's command, in the order in which its help has them."""
    offered = _EVERYWHERE.union(card.choices)
    offered |= {"by"} if len(card.modes) > 1 else set()
    offered |= {"prompt"} if "text" in card.modes else set()
    offered |= _WHERE_COMPOSED if "both" in card.modes else set()
    hints: dict[str, Any] = get_type_hints(Options, include_extras=True)
    hints |= {"by": Annotated[str | None, _by(card)], "part": Annotated[str, _part(card)]}
    defaults: dict[str, object] = {field.name: field.default for field in fields(Options)}
    if card.name == "scenes":
        defaults["model"] = "mini"
    if "both" not in card.modes:
        defaults["by"] = card.modes[0]
    for name, default in defaults.items():
        if name in offered:
            yield Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])


def _by(card: DatasetCard) -> Any:  # noqa: ANN401 - Typer's
    text = f"What a query is made of: {', '.join(card.modes)}."
    if "both" not in card.modes:
        return typer.Option("--by", "--mode", help=text)
    # Without a default, so that --mode can imply one.
    return typer.Option("--by", help=f"{text} Default: {card.modes[0]}.", show_default=False)


def _part(card: DatasetCard) -> Any:  # noqa: ANN401 - Typer's
    default = "all" if card.name == "fashioniq" else next(iter(card.parts), "")
    text = f"One of {', '.join(card.parts)}. Default: {default}."
    return typer.Option("--part", help=text, show_default=False)


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
