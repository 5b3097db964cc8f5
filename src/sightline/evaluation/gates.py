"""A gate for a CI pipeline: figures that must not fall below a floor, or below what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sightline.errors import InvalidValueError
from sightline.evaluation.results import Summary


@dataclass(frozen=True, slots=True)
class Floor:
    """The least that a figure may be.

    Attributes:
        measure: Its name.
        least: In [0, 1], as summaries have it.
        protocol: Whose figure; None for the first that has it.
    """

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
    """What became of one condition.

    Attributes:
        condition: In words.
        value: What the figure is.
        holds: Whether it is good enough.
    """

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
    """Return a verdict for every figure that both have.

    Args:
        summary: The new one.
        against: The old one, of the same measurement.
        max_drop: How many percentage points a figure may fall.

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
