"""The parts of a report's page, each a small function from data to HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sightline.evaluation.report.examples import Answer, Example, Missed
from sightline.evaluation.report.pictures import Thumbnails
from sightline.evaluation.report.style import CSS
from sightline.evaluation.results import Summary, picture_name
from sightline.evaluation.tables import Cell, Row, Table
from sightline.evaluation.tasks import Picture, Published

# A page that may load nothing cannot tell anybody that it was opened.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(title: str, body: str) -> str:
    """Return a whole page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{CSS}\n</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def head(summary: Summary) -> str:
    """Return the title, and the facts that one must know to read the figures."""
    told = summary.circumstances
    counts, model = told["counts"], told["model"]
    facts = [
        f"{counts['queries']:,} queries",
        f"{counts['documents']:,} pictures",
        f"{model['name']} in {model['precision']}",
        f"{told['index']} index",
        str(told["date"]),
    ]
    if told.get("prompt"):
        facts.insert(3, f"prompt “{told['prompt']}”")
    spans = " ".join(f"<span>{escape(fact)}</span>" for fact in facts)
    title = f"{summary.task}, {summary.variant}"
    return f'<h1>{escape(title)}</h1>\n<p class="facts">{spans}</p>'


def notes(summary: Summary, published: Sequence[Published], left_out: Mapping[str, int]) -> str:
    """Return what a reader of the figures has to know."""
    told = [str(note) for note in summary.circumstances.get("notes", ())]
    told += [f"{one.source}: {one.remark}" for one in published if one.remark]
    for protocol, count in left_out.items():
        under = f" ({protocol})" if protocol else ""
        noun = "query" if count == 1 else "queries"
        told.append(f"{count:,} {noun} left out, as nothing is relevant there{under}")
    return "\n".join(f'<p class="note">{_sentence(note)}</p>' for note in told)


def figures(tables: Sequence[Table]) -> str:
    """Return the tables of figures."""
    told = '<p class="soft">In percent, with 95 % intervals of a bootstrap over queries.</p>'
    return f"<h2>Figures</h2>\n{told}\n" + "\n".join(_table(table) for table in tables)


def charts(drawn: Sequence[tuple[str, str, str]]) -> str:
    """Return charts with a heading and a remark each: (heading, svg, remark)."""
    cards = [
        f'<div class="card"><h3>{escape(name)}</h3>{svg}<p class="soft">{escape(remark)}</p></div>'
        for name, svg, remark in drawn
    ]
    return f'<h2>Curves</h2>\n<div class="charts">\n{"".join(cards)}\n</div>' if cards else ""


def queries(
    heading: str,
    measure: str,
    examples: Sequence[Example],
    files: Mapping[str, Path],
    thumbnails: Thumbnails,
) -> str:
    """Return queries with the pictures that were found for them in a row."""
    if not examples:
        return ""
    rows = "\n".join(_query(example, measure, files, thumbnails) for example in examples)
    return f"<h2>{escape(heading)}</h2>\n{rows}"


def circumstances(summary: Summary) -> str:
    """Return all that is known about how the figures came about."""
    items = "".join(
        f"<dt>{escape(name.replace('_', ' '))}</dt><dd>{escape(_plain(value))}</dd>"
        for name, value in summary.circumstances.items()
        if name != "notes" and value is not None
    )
    return f'<h2>How this was measured</h2>\n<div class="card"><dl>{items}</dl></div>'


def _sentence(text: str) -> str:
    return escape(text[:1].upper() + text[1:])


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever a summary holds
    if isinstance(value, dict):
        return ", ".join(f"{name or 'all'} {_plain(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _table(table: Table) -> str:
    heading = f"<h3>{_sentence(table.title)}</h3>" if table.title else ""
    name = table.title or "figures"
    head_cells = "".join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = "".join(_row(row) for row in table.rows)
    return (
        f'<div class="card wide" tabindex="0" role="region" aria-label="{escape(name)}">'
        f'{heading}<table><thead><tr><th scope="col">measure</th>'
        f"{head_cells}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Row) -> str:
    style = ' class="published"' if row.is_published else ""
    cells = "".join(f"<td>{_number(cell)}</td>" for cell in row.cells)
    return f'<tr{style}><th scope="row">{escape(row.label)}</th>{cells}</tr>'


def _number(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.low is None or cell.high is None:
        return f"{cell.value:.1f}"
    return f"{cell.value:.1f}<small>{cell.low:.1f} to {cell.high:.1f}</small>"


def _query(
    example: Example, measure: str, files: Mapping[str, Path], thumbnails: Thumbnails
) -> str:
    results = "".join(
        _answer(rank, answer, files, thumbnails) for rank, answer in enumerate(example.answers, 1)
    )
    results += "".join(_missed(missed, files, thumbnails) for missed in example.missed)
    return (
        f'<div class="card query"><div class="asked">{_asked(example, measure, thumbnails)}</div>'
        '<div class="row" tabindex="0" role="group" aria-label="results">'
        f"{results or 'no results'}</div></div>"
    )


def _asked(example: Example, measure: str, thumbnails: Thumbnails) -> str:
    topic = example.topic
    parts = []
    if topic.image is not None:
        parts.append(_image(topic.image, f"query {picture_name(topic)}", thumbnails))
    words = f"“{topic.texts[0]}”" if topic.texts else picture_name(topic)
    more = f" and {len(topic.texts) - 1} more sentences" if len(topic.texts) > 1 else ""
    scored = f"{measure} {100 * example.value:.1f}, {example.relevant:,} relevant"
    parts.append(f'<div>{escape(words + more)}<p class="soft">{escape(scored)}</p></div>')
    return "".join(parts)


def _answer(rank: int, answer: Answer, files: Mapping[str, Path], thumbnails: Thumbnails) -> str:
    is_right = answer.grade > 0
    if answer.is_query:
        kind, mark = "own", " the query"
    else:
        kind = "right" if is_right else "junk" if answer.grade < 0 else "wrong"
        mark = {"right": " <b>✓ relevant</b>", "junk": " junk", "wrong": ""}[kind]
    kind = f"{kind} right" if is_right and answer.is_query else kind
    told = f"{answer.document}, {'relevant' if is_right else 'not relevant'}"
    picture = _image(files[answer.document], told, thumbnails)
    return (
        f'<figure class="{kind}">{picture}<figcaption>{rank}. {answer.score:.3f}<br>{mark.strip()}'
        "</figcaption></figure>"
    )


def _missed(missed: Missed, files: Mapping[str, Path], thumbnails: Thumbnails) -> str:
    place = "not found" if missed.rank is None else f"rank {missed.rank:,}"
    told = f"{missed.document}, relevant, {place}"
    file = files.get(missed.document)
    picture = _image(file, told, thumbnails) if file is not None else ""
    return f'<figure class="missed">{picture}<figcaption>{place}<br>wanted</figcaption></figure>'


def _image(picture: Picture, told: str, thumbnails: Thumbnails) -> str:
    uri = thumbnails.uri(picture)
    if uri is None:
        return f'<div class="none" role="img" aria-label="{escape(told)}">cannot be read</div>'
    return f'<img src="{uri}" alt="{escape(told)}" title="{escape(told)}">'
