"""Two results of one measurement side by side, and a result as a condition.

``compare`` gives differences, tests, and the queries that changed. ``check_floors`` and
``check_drops`` are a gate for a CI pipeline: figures that must not fall below a floor, or below
what they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sightline.errors import InvalidValueError, ResultsDifferError
from sightline.evaluation.intervals import PairedTest, paired_test
from sightline.evaluation.results import QueryResult, Summary, read_per_query, read_summary
from sightline.evaluation.scoring import Figure


@dataclass(frozen=True, slots=True)
class Change:
    """A query that one result answers better than the other."""

    query: QueryResult
    before: float
    after: float

    @property
    def difference(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Compared:
    """One measure under one protocol in two results: both means, and whether they differ by chance.

    The queries whose value differs are its changes, those with the largest difference first.
    """

    protocol: str
    measure: str
    before: float
    after: float
    test: PairedTest
    changes: tuple[Change, ...]
    queries: int


def compare(first: Path, second: Path) -> tuple[Compared, ...]:
    """Return every measure that two results, each a folder or its summary, have in common.

    Raises:
        ResultsDifferError: they are of other data sets, variants, protocols or queries.
        NotReadableError: a file cannot be read.
        AnnotationsUnreadableError: a file is not one of a result.
    """
    before, after = read_summary(first), read_summary(second)
    check_comparable(before, after, str(first), str(second))
    values = [_by_protocol(read_per_query(path)) for path in (first, second)]
    compared = []
    for protocol, figures in before.figures.items():
        ours, theirs = (found.get(protocol, {}) for found in values)
        if ours.keys() != theirs.keys():
            under = f" of the protocol {protocol!r}" if protocol else ""
            raise ResultsDifferError(str(first), str(second), f"the queries{under}")
        for figure in figures:
            other = after.figure(figure.measure, protocol)
            if not figure.group and other is not None:
                compared.append(_compared(protocol, figure, other, ours, theirs))
    return tuple(compared)


def check_comparable(before: Summary, after: Summary, first: str, second: str) -> None:
    """Check that two summaries are of the same measurement, whatever they measured.

    Raises:
        ResultsDifferError: they are not.
    """
    for name, ours, theirs in (
        ("the data set", before.task, after.task),
        ("the variant", before.variant, after.variant),
        ("the protocols", list(before.figures), list(after.figures)),
        ("the seed", before.circumstances.get("seed"), after.circumstances.get("seed")),
        ("the number of documents", _documents(before), _documents(after)),
    ):
        if ours != theirs:
            raise ResultsDifferError(first, second, f"{name} ({ours} and {theirs})")


def _documents(summary: Summary) -> object:
    counts = summary.circumstances.get("counts")
    return counts.get("documents") if isinstance(counts, dict) else None


def _by_protocol(results: Sequence[QueryResult]) -> dict[str, dict[str, QueryResult]]:
    sorted_results: dict[str, dict[str, QueryResult]] = {}
    for result in results:
        sorted_results.setdefault(result.protocol, {})[result.query] = result
    return sorted_results


def _compared(
    protocol: str,
    first: Figure,
    second: Figure,
    ours: dict[str, QueryResult],
    theirs: dict[str, QueryResult],
) -> Compared:
    measure = first.measure
    before = np.array([result.values[measure] for result in ours.values()])
    after = np.array([theirs[query].values[measure] for query in ours])
    changes = [
        Change(theirs[query], float(old), float(new))
        for query, old, new in zip(ours, before, after, strict=True)
        if old != new
    ]
    changes.sort(key=lambda change: (-abs(change.difference), change.query.query))
    return Compared(
        protocol,
        measure,
        first.interval.mean,
        second.interval.mean,
        paired_test(before, after),
        tuple(changes),
        len(ours),
    )


# Gates


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a figure may be, in [0, 1], under a protocol, or the first that has it."""

    measure: str
    least: float
    protocol: str | None = None

    @classmethod
    def parse(cls, text: str) -> Floor:
        """Return the floor of a text such as "mAP@10=0.62" or "hard:mAP/trapezoid=0.5".

        Raises:
            InvalidValueError: it is of another form, or its number is not in [0, 1].
        """
        name, sign, number = text.rpartition("=")
        protocol, colon, measure = name.rpartition(":")
        try:
            least = float(number)
        except ValueError:
            least = -1.0
        if not sign or not measure or not 0 <= least <= 1:
            raise InvalidValueError("--min", text, "MEASURE=NUMBER, with a number from 0 to 1")
        return cls(measure, least, protocol if colon else None)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the figure of a condition, told in words, is, and whether it is good enough."""

    condition: str
    value: float
    holds: bool


def check_floors(summary: Summary, floors: Sequence[Floor]) -> list[Verdict]:
    """Return a verdict for each floor.

    Raises:
        InvalidValueError: the summary has no such figure; a gate that looks at nothing must not
            open.
    """
    verdicts = []
    for floor in floors:
        figure = summary.figure(floor.measure, floor.protocol)
        if figure is None:
            known = [f.measure for figures in summary.figures.values() for f in figures]
            allowed = f"one of {', '.join(dict.fromkeys(known))}"
            raise InvalidValueError("the measure of a gate", floor.measure, allowed)
        value = figure.interval.mean
        verdicts.append(Verdict(f"{floor.measure} >= {floor.least:g}", value, value >= floor.least))
    return verdicts


def check_drops(summary: Summary, against: Summary, max_drop: float) -> list[Verdict]:
    """Return a verdict for every figure of a summary and an older one of the same measurement.

    A figure may fall by as many percentage points as ``max_drop`` says.

    Raises:
        InvalidValueError: they have no figure in common, or ``max_drop`` is negative.
    """
    if not max_drop >= 0:
        raise InvalidValueError("--max-drop", max_drop, "0 or more percentage points")
    verdicts = []
    for protocol, figures in against.figures.items():
        for old in figures:
            new = summary.figure(old.measure, protocol, old.group)
            if new is None:
                continue
            fallen = 100 * (old.interval.mean - new.interval.mean)
            name = ":".join(part for part in (protocol, old.group, old.measure) if part)
            condition = f"{name} within {max_drop:g} points of {old.interval.mean:.4f}"
            # What was written was rounded, so a drop of exactly the limit may come out above it.
            verdicts.append(Verdict(condition, new.interval.mean, fallen <= max_drop + 1e-9))
    if not verdicts:
        raise InvalidValueError("--against", "another measurement", "one with the same measures")
    return verdicts
