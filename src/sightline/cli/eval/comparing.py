"""`sightline eval compare` and `gate`: a result beside another, and a result as a condition."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, page, say
from sightline.cli.exits import Exit
from sightline.cli.options import JsonOption
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.evaluation.comparing import Change, Compared


def compare(
    first: Annotated[
        str, typer.Argument(metavar="A", help="The folder of a result, or its summary.json.")
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Of another result.")],
    changes: Annotated[
        int, typer.Option("--changes", min=0, help="How many changed queries are shown.")
    ] = 10,
    as_json: JsonOption = False,
) -> None:
    """Compare two results of one measurement, query by query.

    p is how often chance alone gives a difference as large (a paired
    randomisation test, both ways).
    """
    from sightline.evaluation.comparing import compare as compare_results

    compared = compare_results(absolute(first), absolute(second))
    if as_json:
        for one in compared:
            say(json.dumps(_as_object(one), ensure_ascii=False))
        return
    _print_compared(compared)
    if compared and changes:
        _print_changes(compared[0], changes)


def gate(
    summary: Annotated[
        str, typer.Argument(metavar="SUMMARY", help="A summary.json, or its folder.")
    ],
    least: Annotated[
        list[str] | None,
        typer.Option(
            "--min",
            metavar="MEASURE=NUMBER",
            help='The least that a figure may be, such as "mAP@10=0.62", or "hard:mAP@10=0.5" of '
            "the protocol hard. May be given several times.",
        ),
    ] = None,
    max_drop: Annotated[
        float, typer.Option("--max-drop", help="How many percentage points a figure may fall.")
    ] = 1.0,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="FILE", help="The older summary.json to compare with."),
    ] = None,
) -> None:
    """Let a pipeline pass or fail: the exit code is 1 if a figure is too low.

    Every condition is printed with what the figure is.
    """
    from sightline.errors import InvalidValueError
    from sightline.evaluation.comparing import Floor, check_comparable, check_drops, check_floors
    from sightline.evaluation.results import read_summary

    if not least and against is None:
        raise InvalidValueError("the conditions of a gate", [], "given, with --min or --against")
    found = read_summary(absolute(summary))
    verdicts = check_floors(found, [Floor.parse(text) for text in least or ()])
    if against is not None:
        older = read_summary(absolute(against))
        check_comparable(older, found, against, summary)
        verdicts += check_drops(found, older, max_drop)
    for verdict in verdicts:
        say(f"{'ok ' if verdict.holds else 'LOW'}  {verdict.value:.4f}  {verdict.condition}")
    if not all(verdict.holds for verdict in verdicts):
        raise typer.Exit(Exit.NOTHING_FOUND)


def _print_compared(compared: tuple[Compared, ...]) -> None:
    from rich.text import Text

    console = page()
    head = f"{'':<16}{'measure':<18}{'A':>7}{'B':>7}{'B - A':>8}{'p':>9}  better, worse, equal"
    console.print(Text(head.rstrip(), style="bold"))
    for one in compared:
        better = sum(change.difference > 0 for change in one.changes)
        worse = len(one.changes) - better
        console.print(
            f"{one.protocol:<16}{one.measure:<18}{100 * one.before:>7.1f}{100 * one.after:>7.1f}"
            f"{100 * (one.after - one.before):>+8.1f}{one.test.p:>9.4f}  "
            f"{better:,}, {worse:,}, {one.queries - len(one.changes):,}"
        )


def _print_changes(compared: Compared, count: int) -> None:
    console = page()
    if not compared.changes:
        complain("no query changed")
        return
    console.print(f"\nqueries that changed most ({compared.measure})")
    for change in compared.changes[:count]:
        console.print(f"  {change.difference:+.3f}  {_told(change)}")


def _told(change: Change) -> str:
    query = change.query
    asked = " + ".join(part for part in (query.picture, query.text) if part)
    values = f"{change.before:.3f} to {change.after:.3f}"
    return f"{values}  {asked or query.query}"


def _as_object(one: Compared) -> dict[str, object]:
    return {
        "protocol": one.protocol,
        "measure": one.measure,
        "before": round(one.before, 6),
        "after": round(one.after, 6),
        "p": one.test.p,
        "exact": one.test.exact,
        "queries": one.queries,
        "changes": [
            {
                "query": change.query.query,
                "before": change.before,
                "after": change.after,
            }
            for change in one.changes
        ],
    }
