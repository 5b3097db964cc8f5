"""Figures laid out as the published tables have them: a row a measure, a column a k."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.evaluation.measures import Measure
from sightline.evaluation.results import Summary
from sightline.evaluation.scoring import Figure
from sightline.evaluation.tasks import Published

_WITHOUT_K = "all"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a table, in percent where its measure is a share, and its interval if any."""

    value: float
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"{self.value:.1f}"
        return f"{self.value:.1f} ({self.low:.1f}-{self.high:.1f})"


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled line of a table; None where a column has no number."""

    label: str
    cells: tuple[Cell | None, ...]
    is_published: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One protocol's figures below columns such as "@5"; rows that others published come first."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def tables(summary: Summary, published: Sequence[Published] = ()) -> tuple[Table, ...]:
    """Return a table for each protocol, with what others published beside it."""
    return tuple(_table(name, figures, published) for name, figures in summary.figures.items())


def _table(title: str, figures: Sequence[Figure], published: Sequence[Published]) -> Table:
    parsed = [Measure.parse(figure.measure) for figure in figures]
    ks = sorted({measure.k for measure in parsed if measure.k is not None})
    without = [None] if any(measure.k is None for measure in parsed) else []
    places: list[int | None] = [*ks, *without]
    lines: dict[tuple[str, str], dict[int | None, Cell]] = {}
    for measure, figure in zip(parsed, figures, strict=True):
        line = lines.setdefault((figure.group, measure.family.name), {})
        line[measure.k] = _cell(measure, figure)
    rows = [
        Row(_label(group, family, any(k is not None for k in line)), tuple(map(line.get, places)))
        for (group, family), line in lines.items()
    ]
    columns = tuple(_WITHOUT_K if k is None else f"@{k}" for k in places)
    return Table(title, columns, (*_published_rows(published, places), *rows))


def _cell(measure: Measure, figure: Figure) -> Cell:
    scale = 100 if measure.family.best == 1 else 1
    interval = figure.interval
    return Cell(scale * interval.mean, scale * interval.low, scale * interval.high)


def _label(group: str, family: str, has_k: bool) -> str:
    name = family.replace("[@k]", "@k" if has_k else "")
    return f"{name}, {group}" if group else name


def _published_rows(published: Sequence[Published], places: Sequence[int | None]) -> list[Row]:
    rows = []
    for one in published:
        values = {Measure.parse(name).k: value for name, value in one.values.items()}
        cells = tuple(Cell(values[k]) if k in values else None for k in places)
        if any(cells):
            rows.append(Row(f"mAP@k, {one.source}", cells, is_published=True))
    return rows
