"""Results on the terminal: tables on standard output, remarks on standard error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sightline.cli.console import complain, page, say

if TYPE_CHECKING:
    from sightline.evaluation.results import Summary
    from sightline.evaluation.tasks import Published


def print_summary(summary: Summary, published: tuple[Published, ...] = ()) -> None:
    """Print the figures of a result as tables, in percent, with their intervals."""
    from rich.text import Text

    from sightline.evaluation.tables import tables

    page().print(Text(title_of(summary), style="bold"))
    for table in tables(summary, published):
        page().print()
        head = [table.title or "in percent", *table.columns]
        rows = [[r.label, *("" if c is None else str(c) for c in r.cells)] for r in table.rows]
        print_table([head, *rows])
    for one in published:
        if one.remark:
            complain(f"note: {one.source}: {one.remark}")
    for note in summary.circumstances.get("notes", ()):
        complain(f"note: {note}")


def print_json(summary: Summary) -> None:
    """Print the figures of a result as one JSON object."""
    protocols = {
        name: {
            ":".join(part for part in (figure.group, figure.measure) if part): figure.rounded()
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


def print_table(lines: Sequence[Sequence[str]], words: int = 1) -> None:
    """Print lines of cells, the head first; as many columns as are words stand on the left."""
    from rich.text import Text

    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for number, line in enumerate(lines):
        cells = [
            cell.ljust(width) if place < words else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        page().print(Text("  ".join(cells).rstrip(), style="" if number else "bold"))
