"""What a scene is: where, when, in what weather, and who is there.

A ``Scene`` is a description, not a picture: it can be drawn many times, and no two drawings are
alike. Distances are in units of the picture's height; x runs from 0 to ``ASPECT``, y downwards
from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

from sightline_scenes.kinds import (
    TRAITS,
    Colour,
    Depth,
    Kind,
    Medium,
    Setting,
    Side,
    Size,
    Time,
    Weather,
)

ASPECT = 4 / 3


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing in a scene."""

    kind: Kind
    colour: Colour
    size: Size
    side: Side
    depth: Depth

    @property
    def medium(self) -> Medium:
        """What carries it."""
        return TRAITS[self.kind].medium


@dataclass(frozen=True, slots=True)
class Scene:
    """The description of a picture: where, when, in what weather, and who is there.

    Two scenes are the same description when they are equal; ``subjects`` is kept in a fixed order
    (far before near, left before right), so that the order of naming does not matter.
    """

    setting: Setting
    time: Time
    weather: Weather
    subjects: tuple[Subject, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "subjects", tuple(sorted(self.subjects, key=_reading_order)))


def _reading_order(subject: Subject) -> tuple[bool, int, Kind, Colour, Size]:
    sides = tuple(Side)
    return (
        subject.depth is Depth.NEAR,
        sides.index(subject.side),
        subject.kind,
        subject.colour,
        subject.size,
    )
