"""A picture and an instruction on the command line: what is asked, and how it is explained."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from sightline.cli.console import complain, say
from sightline.errors import InvalidValueError, SourceNotFoundError
from sightline.system.paths import absolute
from sightline.types.composition import (
    COMPOSING,
    Composition,
    Cost,
    Mode,
    Target,
    Weights,
)

if TYPE_CHECKING:
    from sightline.composed import WordsSettings
    from sightline.types import Query

CaptionerOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="What says in words what --image shows: tags, blip, chat, or several with commas, "
        "asked in this order. tags, which needs nothing, comes last in any case.",
        envvar="SIGHTLINE_CAPTIONER",
        show_default=False,
    ),
]
PhrasesOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A list of phrases of your own for the captioner tags.",
        envvar="SIGHTLINE_PHRASES",
        show_default=False,
    ),
]
BlipOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The checkpoint for the captioner blip: a name of the hub, or a folder. "
        "Default: Salesforce/blip-image-captioning-base.",
        envvar="SIGHTLINE_BLIP",
        show_default=False,
    ),
]


def _part_of_target(what: str) -> Any:  # noqa: ANN401 - typer.Option says so, too
    return typer.Option(metavar="WORDS", help=f"With --target: {what}.")


@dataclass(frozen=True, slots=True)
class Composed:
    """How a picture and an instruction become one search."""

    mode: Annotated[
        Mode | None,
        typer.Option(
            help="How a picture and words become one search. Default: roles for one --image and "
            "words, unless weights or --not say that they are to be added up.",
            show_default=False,
        ),
    ] = None
    captioner: CaptionerOption = None
    composer: Annotated[
        str | None,
        typer.Option(
            help="What merges caption and words: llm, rules, or both with a comma. Default: llm if "
            "a language model is set up, then rules.",
            envvar="SIGHTLINE_COMPOSER",
            show_default=False,
        ),
    ] = None
    caption: Annotated[
        str | None, typer.Option(help="What --image shows, in your words.", show_default=False)
    ] = None
    target: Annotated[
        str | None, typer.Option(help="What is wanted, in your words.", show_default=False)
    ] = None
    desired: Annotated[list[str] | None, _part_of_target("what must be there")] = None
    preserve: Annotated[list[str] | None, _part_of_target("what must stay")] = None
    forbidden: Annotated[list[str] | None, _part_of_target("what must be gone")] = None
    paraphrase: Annotated[list[str] | None, _part_of_target("the same in other words")] = None
    weights: Annotated[
        str | None,
        typer.Option(
            metavar="NAME=N,...",
            help="For --mode roles: how much target, desired, preserve, image and forbidden count.",
            show_default=False,
        ),
    ] = None
    balance: Annotated[
        float,
        typer.Option(help="For --mode sum: from 0, the picture alone, to 1, the words alone."),
    ] = 0.5
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how picture and words became one search.")
    ] = False
    phrases: PhrasesOption = None
    blip: BlipOption = None

    def query(self, query: Query, *, added_up: bool) -> Query:
        """Return a query whose words are an instruction, or the query itself if they are not.

        Args:
            query: With the words as its texts.
            added_up: Whether words and pictures are to be added up, and not composed.

        Raises:
            InvalidValueError: a part that the mode needs is missing, or makes no sense.
        """
        is_change = len(query.images) == 1 and bool(query.texts) and not added_up
        if self.mode is None and not self.target and not self.caption and not is_change:
            return query
        mode, target = self.mode or Mode.ROLES, self._own_target()
        if len(query.images) != 1 and mode is not Mode.TEXT:
            raise InvalidValueError("the number of pictures for --mode", len(query.images), "one")
        return replace(
            query,
            texts=(),
            instruction=" ".join(query.texts),
            mode=mode,
            caption=self.caption,
            target=target,
            weights=read_weights(self.weights),
            balance=self.balance,
        )

    def settings(self) -> WordsSettings:
        """Return what says in words what pictures show, and merges that with an instruction."""
        return words_settings(self.captioner, self.composer, self.phrases, self.blip)

    def _own_target(self) -> Target | None:
        """The target that the user gives instead of having it made."""
        lists = (self.desired, self.preserve, self.forbidden, self.paraphrase)
        parts = [tuple(given or ()) for given in lists]
        if self.target is not None:
            return Target(self.target, *parts)
        if any(parts):
            raise InvalidValueError("--target", None, "given where parts of it are given")
        return None


def read_weights(text: str | None) -> Weights:
    """Return the weights that a text names; those that it does not name stay as they are.

    Raises:
        InvalidValueError: a name is unknown, or a value is no number from 0 on.
    """
    names = [field.name for field in fields(Weights)]
    given: dict[str, float] = {}
    for part in (text or "").split(",") if text else ():
        name, _, value = part.partition("=")
        try:
            given[name.strip()] = float(value)
        except ValueError as error:
            raise InvalidValueError("--weights", text, "such as desired=0.5,image=0.2") from error
        if name.strip() not in names:
            raise InvalidValueError("a name in --weights", name, f"one of {', '.join(names)}")
    return replace(Weights(), **given)


def words_settings(
    captioner: str | None, composer: str | None, phrases: str | None, blip: str | None
) -> WordsSettings:
    """Return which captioners and composers are asked: options, else the environment.

    Raises:
        SourceNotFoundError: there is no such list of phrases.
        InvalidValueError: the environment says something that cannot be understood.
    """
    from sightline.composed import WordsSettings

    named = {"CAPTIONER": captioner, "COMPOSER": composer, "PHRASES": phrases, "BLIP": blip}
    given = {f"SIGHTLINE_{name}": value for name, value in named.items() if value}
    settings = WordsSettings.from_environment({**os.environ, **given})
    if settings.phrases is not None and not settings.phrases.exists():
        raise SourceNotFoundError(settings.phrases)
    return settings


# Explaining


def explain(composition: Composition, image: str, pushed: Sequence[str], *, as_json: bool) -> None:
    """Say how picture and words became one search: as JSON with the results, else to the person.

    Args:
        composition: How.
        image: The query picture, as it was named.
        pushed: The options that named what the results should not be like, word by word.
        as_json: Whether as JSON.
    """
    if as_json:
        say(json.dumps({"composition": composition.as_object()}, ensure_ascii=False))
        return
    for name, told in _told(composition):
        complain(f"{name:<12}{told}")
    complain(f"{'again':<12}{shlex.join(_again(composition, image, pushed))}")


def note_fallbacks(composition: Composition) -> None:
    """Say what could not answer, and what answered instead."""
    instead = {"caption": composition.captioner, "compose": composition.composer}
    for fallen in composition.fell_back:
        complain(f"note: {instead[fallen.step]} is used, not {fallen.name}: {fallen.reason}")


def _told(composition: Composition) -> list[tuple[str, str]]:
    lines = [("mode", str(composition.mode)), ("instruction", composition.instruction)]
    target = composition.target
    if composition.mode in COMPOSING and target is not None:
        lines.append(("caption", f"{composition.caption}  [{composition.captioner or 'none'}]"))
        lines.append(("target", f"{target.text}  [{composition.composer}]"))
        lists: Mapping[str, Sequence[str]] = {
            "desired": target.desired,
            "preserve": target.preserve,
            "forbidden": target.forbidden,
        }
        lines += [(name, ", ".join(phrases)) for name, phrases in lists.items() if phrases]
    if composition.agreement is not None and target is not None:
        others = len(target.paraphrases)
        lines.append(("paraphrases", f"{others}, agreement {composition.agreement:.3f}"))
    if composition.mode is Mode.ROLES:
        lines.append(("weights", _weights_text(composition.weights)))
    lines += [
        (step.name, f"{step.milliseconds:.0f} ms  [{step.source}]{_cost(step.cost)}")
        for step in composition.steps
    ]
    return lines


def _cost(cost: Cost) -> str:
    if not (cost.tokens_sent or cost.tokens_received):
        return ""
    return f", {cost.tokens_sent} tokens sent, {cost.tokens_received} received"


def _weights_text(weights: Weights) -> str:
    return ",".join(f"{field.name}={getattr(weights, field.name):g}" for field in fields(Weights))


def _again(composition: Composition, image: str, pushed: Sequence[str]) -> list[str]:
    """Return the command that does this very search, with nothing left to be made."""
    command = ["sightline", "search", "--mode", str(composition.mode)]
    if image:
        command += ["--image", image if image == "-" else str(absolute(image))]
    target = composition.target
    if target is not None:
        command += ["--caption", composition.caption] if composition.caption else []
        command += ["--target", target.text]
        for name, phrases in (
            ("--desired", target.desired),
            ("--preserve", target.preserve),
            ("--forbidden", target.forbidden),
            ("--paraphrase", target.paraphrases),
        ):
            command += [word for phrase in phrases for word in (name, phrase)]
    if composition.mode is Mode.ROLES:
        command += ["--weights", _weights_text(composition.weights)]
    if composition.mode is Mode.SUM:
        command += ["--balance", f"{composition.balance:g}"]
    command += pushed
    return [*command, composition.instruction] if composition.instruction else command
