"""Results on the terminal: tables on standard output, remarks on standard error."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sightline.cli.console import complain, page, say

if TYPE_CHECKING:
    from sightline.evaluation.results import Summary
    from sightline.evaluation.tables import Table
    from sightline.evaluation.tasks import Published

_GAP = "  "


def print_summary(summary: Summary, published: tuple[Published, ...] = ()) -> None:
    """Print the figures of a result as tables, in percent, with their intervals."""
    from rich.text import Text

    from sightline.evaluation.tables import tables

    console = page()
    console.print(Text(title_of(summary), style="bold"))
    for table in tables(summary, published):
        console.print()
        for number, line in enumerate(_lines(table)):
            console.print(Text(line, style="bold" if number == 0 else ""))
    for one in published:
        if one.remark:
            complain(f"note: {one.source}: {one.remark}")
    for note in summary.circumstances.get("notes", ()):
        complain(f"note: {note}")


def print_json(summary: Summary) -> None:
    """Print the figures of a result as one JSON object."""
    protocols = {
        name: {
            ":".join(part for part in (figure.group, figure.measure) if part): {
                "value": round(figure.interval.mean, 6),
                "low": round(figure.interval.low, 6),
                "high": round(figure.interval.high, 6),
                "queries": figure.queries,
            }
            for figure in figures
        }
        for name, figures in summary.figures.items()
    }
    facts = {"task": summary.task, "variant": summary.variant, **summary.circumstances}
    say(json.dumps(facts | {"figures": protocols}, ensure_ascii=False))


def title_of(summary: Summary) -> str:
    """Return what was measured, in one line."""
    counts = summary.circumstances["counts"]
    model = summary.circumstances["model"]
    composed = composed_way(summary)
    return (
        f"{summary.task}, {summary.variant}: {counts['queries']:,} queries, "
        f"{counts['documents']:,} pictures, {model['name']} in {model['precision']}"
        + (f", {composed}" if composed else "")
    )


def composed_way(summary: Summary) -> str:
    """Return how queries were composed and by what, such as "roles by tags and rules", or ""."""
    told = summary.circumstances
    mode = told.get("mode")
    if mode in (None, "sum"):
        return ""
    by = [told[role] for role in ("captioner", "composer") if told.get(role)]
    return f"{mode} by {' and '.join(by)}" if by else str(mode)


def _lines(table: Table) -> list[str]:
    head = [table.title or "in percent", *table.columns]
    rows = [[row.label, *("" if c is None else str(c) for c in row.cells)] for row in table.rows]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        _GAP.join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        ).rstrip()
        for line in [head, *rows]
    ]
