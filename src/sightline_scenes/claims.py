"""What a text says about a scene, so that whether it is true can be computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import permutations

from sightline_scenes.kinds import Colour, Depth, Kind, Medium, Setting, Side, Size, Time, Weather
from sightline_scenes.places import nominal_box
from sightline_scenes.world import Scene, Subject

# Anything less, in picture heights, and a viewer would not call one thing nearer than the other.
_NEARER_BY = 0.08
_SIDES = tuple(Side)


class Relation(StrEnum):
    """How one subject stands to another, judged by where both stand in the picture.

    IN_FRONT_OF: both on the ground or the water, in the same third, the first clearly lower down.
    BESIDE: on the same footing, at the same depth, in neighbouring thirds.
    LEFT_OF and RIGHT_OF: in a third further left or right.
    OVER: the first in the air, the second not, in the same third.
    """

    IN_FRONT_OF = "in front of"
    BESIDE = "beside"
    LEFT_OF = "left of"
    RIGHT_OF = "right of"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SubjectClaim:
    """What a text says about one subject.

    Attributes:
        kinds: It is one of these; empty where the text does not say what it is.
        colour: None where the text does not say; so are the next three.
        size: For its kind.
        side: The third of the picture.
        depth: Near or far.
    """

    kinds: frozenset[Kind] = frozenset()
    colour: Colour | None = None
    size: Size | None = None
    side: Side | None = None
    depth: Depth | None = None

    def fits(self, subject: Subject) -> bool:
        """Return whether all of it is true of a subject."""
        return (
            (not self.kinds or subject.kind in self.kinds)
            and self.colour in (None, subject.colour)
            and self.size in (None, subject.size)
            and self.side in (None, subject.side)
            and self.depth in (None, subject.depth)
        )


@dataclass(frozen=True, slots=True)
class Claims:
    """What a text says about a whole scene. What it does not mention is left open.

    Attributes:
        settings: It is one of these; empty where the text does not say.
        time: None where the text does not say.
        weather: None where the text does not say.
        snow: Whether the text says that there is snow, be it falling or lying on a snow field.
        subjects: Different subjects of the scene, each as far as it is described.
        relations: (i, relation, j): how ``subjects[i]`` stands to ``subjects[j]``.
    """

    settings: frozenset[Setting] = frozenset()
    time: Time | None = None
    weather: Weather | None = None
    snow: bool = False
    subjects: tuple[SubjectClaim, ...] = ()
    relations: tuple[tuple[int, Relation, int], ...] = ()

    def hold_in(self, scene: Scene) -> bool:
        """Return whether the text is true of a scene, which may show more than it says."""
        return self._hold_around(scene) and any(
            self._hold_for(chosen, scene)
            for chosen in permutations(scene.subjects, len(self.subjects))
        )

    def with_others(self, other: Claims) -> Claims:
        """Return what two texts say together; the other's subjects come after these.

        Where both name the setting, the time or the weather, the other's holds.
        """
        shift = len(self.subjects)
        return Claims(
            other.settings or self.settings,
            other.time or self.time,
            other.weather or self.weather,
            self.snow or other.snow,
            self.subjects + other.subjects,
            self.relations + tuple((i + shift, r, j + shift) for i, r, j in other.relations),
        )

    def _hold_around(self, scene: Scene) -> bool:
        snowy = scene.weather is Weather.SNOW or scene.setting is Setting.SNOWFIELD
        return (
            (not self.settings or scene.setting in self.settings)
            and self.time in (None, scene.time)
            and self.weather in (None, scene.weather)
            and (snowy or not self.snow)
        )

    def _hold_for(self, chosen: Sequence[Subject], scene: Scene) -> bool:
        return all(
            claim.fits(subject) for claim, subject in zip(self.subjects, chosen, strict=True)
        ) and all(
            related(chosen[i], relation, chosen[j], scene.setting)
            for i, relation, j in self.relations
        )


NOTHING = Claims()
"""What an empty text says."""


@dataclass(frozen=True, slots=True)
class Caption:
    """A text about a scene, and what it says."""

    text: str
    claims: Claims


def related(first: Subject, relation: Relation, second: Subject, setting: Setting) -> bool:
    """Return whether one subject stands in a relation to another; see ``Relation``."""
    step = _SIDES.index(second.side) - _SIDES.index(first.side)
    in_air = (first.medium is Medium.AIR, second.medium is Medium.AIR)
    match relation:
        case Relation.IN_FRONT_OF:
            return step == 0 and not any(in_air) and _is_nearer(first, second, setting)
        case Relation.BESIDE:
            return abs(step) == 1 and first.depth is second.depth and first.medium is second.medium
        case Relation.LEFT_OF:
            return step > 0
        case Relation.RIGHT_OF:
            return step < 0
        case Relation.OVER:
            return step == 0 and in_air == (True, False)


def _is_nearer(first: Subject, second: Subject, setting: Setting) -> bool:
    # By the line that each stands on: a boat that is near still lies behind the shore.
    return nominal_box(first, setting).y - nominal_box(second, setting).y >= _NEARER_BY
