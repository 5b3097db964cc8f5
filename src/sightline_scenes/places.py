"""Where a subject stands in a picture, and what it hides.

Distances are in units of the picture's height, as everywhere in this room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sightline_scenes.kinds import TRAITS, Depth, Medium, Setting, Side, Size
from sightline_scenes.world import ASPECT, Subject

# The line that a subject stands on (for things in the air: its middle), and how much smaller than
# nominal it is drawn there.
_OPEN_GROUND = {Depth.NEAR: (0.92, 1.0), Depth.FAR: (0.67, 0.68)}

GROUND: Mapping[Setting, Mapping[Depth, tuple[float, float]]] = {
    Setting.BEACH: {Depth.NEAR: (0.94, 1.0), Depth.FAR: (0.73, 0.68)},
    Setting.HARBOUR: {Depth.NEAR: (0.96, 0.95), Depth.FAR: (0.84, 0.72)},
    Setting.LAKE: {Depth.NEAR: (0.95, 0.95), Depth.FAR: (0.78, 0.68)},
    Setting.CITY: {Depth.NEAR: (0.93, 1.0), Depth.FAR: (0.70, 0.70)},
    Setting.MOUNTAINS: _OPEN_GROUND,
    Setting.DESERT: _OPEN_GROUND,
    Setting.FOREST: _OPEN_GROUND,
    Setting.MEADOW: _OPEN_GROUND,
    Setting.SNOWFIELD: _OPEN_GROUND,
}

WATER: Mapping[Setting, Mapping[Depth, tuple[float, float]]] = {
    Setting.BEACH: {Depth.NEAR: (0.63, 0.78), Depth.FAR: (0.50, 0.56)},
    Setting.HARBOUR: {Depth.NEAR: (0.74, 0.95), Depth.FAR: (0.54, 0.62)},
    Setting.LAKE: {Depth.NEAR: (0.68, 0.85), Depth.FAR: (0.53, 0.58)},
}

AIR: Mapping[Depth, tuple[float, float]] = {Depth.NEAR: (0.20, 1.0), Depth.FAR: (0.17, 0.66)}

HORIZON: Mapping[Setting, float] = {
    Setting.BEACH: 0.44,
    Setting.MOUNTAINS: 0.56,
    Setting.DESERT: 0.54,
    Setting.FOREST: 0.55,
    Setting.MEADOW: 0.54,
    Setting.CITY: 0.60,
    Setting.HARBOUR: 0.44,
    Setting.SNOWFIELD: 0.55,
    Setting.LAKE: 0.46,
}

SIDE_X: Mapping[Side, float] = {
    Side.LEFT: ASPECT / 6,
    Side.MIDDLE: ASPECT / 2,
    Side.RIGHT: ASPECT * 5 / 6,
}

SIZE_FACTOR: Mapping[Size, float] = {Size.SMALL: 0.76, Size.LARGE: 1.18}


@dataclass(frozen=True, slots=True)
class Box:
    """Where a subject is drawn: its middle x, its base y and its height, in picture heights."""

    x: float
    y: float
    height: float
    breadth: float

    @property
    def left(self) -> float:
        """The left edge."""
        return self.x - self.height * self.breadth / 2

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.height * self.breadth / 2

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y - self.height

    def covered_by(self, other: Box) -> float:
        """Return the share of this box that another one hides, in [0, 1]."""
        across = max(0.0, min(self.right, other.right) - max(self.left, other.left))
        down = max(0.0, min(self.y, other.y) - max(self.top, other.top))
        return across * down / (self.height * self.height * self.breadth)

    def stands_on(self, other: Box) -> bool:
        """Return whether this box's base would seem to rest on another's top."""
        overlap = min(self.right, other.right) - max(self.left, other.left)
        return overlap > 0 and abs(self.y - other.top) < 0.05


def nominal_box(subject: Subject, setting: Setting) -> Box:
    """Return where a subject stands before any jitter.

    Raises:
        KeyError: the setting has no water and the subject needs some.
    """
    traits = TRAITS[subject.kind]
    if traits.medium is Medium.AIR:
        middle, scale = AIR[subject.depth]
        height = traits.height * scale * SIZE_FACTOR[subject.size]
        return Box(SIDE_X[subject.side], middle + height / 2, height, traits.breadth)
    bands = WATER[setting] if traits.medium is Medium.WATER else GROUND[setting]
    base, scale = bands[subject.depth]
    height = traits.height * scale * SIZE_FACTOR[subject.size]
    return Box(SIDE_X[subject.side], base, height, traits.breadth)
