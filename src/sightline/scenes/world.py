"""What a scene can be: the vocabulary of the demo world, and which things go together.

A ``Scene`` is a description, not a picture: it can be drawn many times, and no two drawings are
alike. Distances are in units of the picture's height; x runs from 0 to ``ASPECT``, y downwards
from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.scenes.dice import Dice

ASPECT = 4 / 3


class Setting(StrEnum):
    """Where a scene is."""

    BEACH = "beach"
    MOUNTAINS = "mountains"
    DESERT = "desert"
    FOREST = "forest"
    MEADOW = "meadow"
    CITY = "city"
    HARBOUR = "harbour"
    SNOWFIELD = "snowfield"
    LAKE = "lake"


class Time(StrEnum):
    """When it is."""

    DAY = "day"
    SUNSET = "sunset"
    NIGHT = "night"


class Weather(StrEnum):
    """What the sky does."""

    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"


class Colour(StrEnum):
    """The colour a subject is named by."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    PURPLE = "purple"
    PINK = "pink"
    BROWN = "brown"
    WHITE = "white"
    GREY = "grey"
    BLACK = "black"


class Size(StrEnum):
    """How large a subject is for its kind."""

    SMALL = "small"
    LARGE = "large"


class Side(StrEnum):
    """Which third of the picture a subject stands in."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


class Depth(StrEnum):
    """How far away a subject is."""

    NEAR = "near"
    FAR = "far"


class Medium(StrEnum):
    """What carries a subject."""

    GROUND = "ground"
    WATER = "water"
    AIR = "air"


class Kind(StrEnum):
    """What a subject is."""

    HOUSE = "house"
    TOWER = "tower"
    WINDMILL = "windmill"
    TENT = "tent"
    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    BICYCLE = "bicycle"
    BOAT = "boat"
    SAILBOAT = "sailboat"
    BALLOON = "balloon"
    KITE = "kite"
    AEROPLANE = "aeroplane"
    BIRD = "bird"
    PINE = "pine"
    OAK = "oak"
    PALM = "palm"
    CACTUS = "cactus"
    FLOWERS = "flowers"
    DOG = "dog"
    CAT = "cat"
    HORSE = "horse"
    COW = "cow"
    SHEEP = "sheep"
    FISH = "fish"
    MAN = "man"
    WOMAN = "woman"
    UMBRELLA = "umbrella"
    BALL = "ball"


@dataclass(frozen=True, slots=True)
class Traits:
    """What holds for every subject of a kind.

    Attributes:
        medium: What carries it.
        height: Of a nominal subject that is near, in picture heights.
        breadth: Its width divided by its height.
        colours: Those it comes in.
        settings: Where it is found.
    """

    medium: Medium
    height: float
    breadth: float
    colours: tuple[Colour, ...]
    settings: tuple[Setting, ...]


_ALL_COLOURS = tuple(Colour)
_PAINT = tuple(c for c in Colour if c is not Colour.BROWN)
_FUR = (Colour.BROWN, Colour.WHITE, Colour.BLACK, Colour.GREY, Colour.ORANGE)
_ANYWHERE = tuple(Setting)
_LAND = tuple(s for s in Setting if s not in (Setting.HARBOUR,))
_WATERSIDE = (Setting.BEACH, Setting.HARBOUR, Setting.LAKE)
_COUNTRY = (Setting.MOUNTAINS, Setting.FOREST, Setting.MEADOW, Setting.LAKE, Setting.SNOWFIELD)
_ROADS = (
    Setting.CITY,
    Setting.DESERT,
    Setting.BEACH,
    Setting.MEADOW,
    Setting.MOUNTAINS,
    Setting.HARBOUR,
    Setting.SNOWFIELD,
)

TRAITS: Mapping[Kind, Traits] = {
    Kind.HOUSE: Traits(Medium.GROUND, 0.38, 1.05, _ALL_COLOURS, _LAND),
    Kind.TOWER: Traits(Medium.GROUND, 0.56, 0.34, _ALL_COLOURS, _ANYWHERE),
    Kind.WINDMILL: Traits(
        Medium.GROUND,
        0.52,
        0.78,
        (Colour.WHITE, Colour.RED, Colour.BLUE, Colour.BROWN, Colour.YELLOW, Colour.GREY),
        (Setting.MEADOW, Setting.LAKE, Setting.BEACH, Setting.HARBOUR, Setting.MOUNTAINS),
    ),
    Kind.TENT: Traits(
        Medium.GROUND,
        0.26,
        1.45,
        (
            Colour.RED,
            Colour.ORANGE,
            Colour.YELLOW,
            Colour.GREEN,
            Colour.BLUE,
            Colour.PURPLE,
            Colour.PINK,
            Colour.WHITE,
        ),
        tuple(s for s in Setting if s not in (Setting.CITY, Setting.HARBOUR)),
    ),
    Kind.CAR: Traits(Medium.GROUND, 0.20, 2.0, _PAINT, _ROADS),
    Kind.TRUCK: Traits(Medium.GROUND, 0.27, 1.75, _PAINT, _ROADS),
    Kind.BUS: Traits(Medium.GROUND, 0.27, 2.0, _PAINT, _ROADS),
    Kind.BICYCLE: Traits(
        Medium.GROUND,
        0.22,
        1.6,
        tuple(c for c in _PAINT if c is not Colour.GREY),
        tuple(s for s in _ANYWHERE if s is not Setting.SNOWFIELD),
    ),
    Kind.BOAT: Traits(Medium.WATER, 0.17, 2.1, _ALL_COLOURS, _WATERSIDE),
    Kind.SAILBOAT: Traits(Medium.WATER, 0.40, 0.85, _PAINT, _WATERSIDE),
    Kind.BALLOON: Traits(Medium.AIR, 0.36, 0.72, _PAINT, _ANYWHERE),
    Kind.KITE: Traits(
        Medium.AIR,
        0.30,
        0.75,
        tuple(c for c in _PAINT if c not in (Colour.GREY, Colour.WHITE)),
        tuple(s for s in _ANYWHERE if s is not Setting.FOREST),
    ),
    Kind.AEROPLANE: Traits(
        Medium.AIR,
        0.17,
        2.3,
        (Colour.WHITE, Colour.RED, Colour.BLUE, Colour.YELLOW, Colour.GREEN, Colour.ORANGE),
        _ANYWHERE,
    ),
    Kind.BIRD: Traits(
        Medium.AIR,
        0.15,
        1.7,
        (Colour.WHITE, Colour.BLACK, Colour.BLUE, Colour.RED, Colour.YELLOW, Colour.BROWN),
        _ANYWHERE,
    ),
    Kind.PINE: Traits(
        Medium.GROUND, 0.52, 0.58, (Colour.GREEN, Colour.BLUE), (*_COUNTRY, Setting.BEACH)
    ),
    Kind.OAK: Traits(
        Medium.GROUND,
        0.50,
        0.85,
        (Colour.GREEN, Colour.RED, Colour.ORANGE, Colour.YELLOW, Colour.PINK),
        tuple(s for s in _ANYWHERE if s is not Setting.DESERT),
    ),
    Kind.PALM: Traits(
        Medium.GROUND,
        0.55,
        0.75,
        (Colour.GREEN, Colour.YELLOW),
        (Setting.BEACH, Setting.DESERT, Setting.HARBOUR, Setting.CITY),
    ),
    Kind.CACTUS: Traits(Medium.GROUND, 0.36, 0.68, (Colour.GREEN,), (Setting.DESERT,)),
    Kind.FLOWERS: Traits(
        Medium.GROUND,
        0.21,
        1.3,
        (
            Colour.RED,
            Colour.ORANGE,
            Colour.YELLOW,
            Colour.BLUE,
            Colour.PURPLE,
            Colour.PINK,
            Colour.WHITE,
        ),
        tuple(s for s in _ANYWHERE if s not in (Setting.SNOWFIELD, Setting.HARBOUR)),
    ),
    Kind.DOG: Traits(Medium.GROUND, 0.22, 1.25, _FUR, _ANYWHERE),
    Kind.CAT: Traits(Medium.GROUND, 0.21, 0.95, _FUR, _ANYWHERE),
    Kind.HORSE: Traits(
        Medium.GROUND,
        0.34,
        1.15,
        (Colour.BROWN, Colour.WHITE, Colour.BLACK, Colour.GREY),
        tuple(s for s in _ANYWHERE if s is not Setting.HARBOUR),
    ),
    Kind.COW: Traits(
        Medium.GROUND,
        0.28,
        1.4,
        (Colour.BROWN, Colour.WHITE, Colour.BLACK),
        (Setting.MEADOW, Setting.MOUNTAINS, Setting.LAKE, Setting.FOREST, Setting.BEACH),
    ),
    Kind.SHEEP: Traits(
        Medium.GROUND,
        0.22,
        1.25,
        (Colour.WHITE, Colour.BLACK, Colour.BROWN),
        (Setting.MEADOW, Setting.MOUNTAINS, Setting.LAKE, Setting.SNOWFIELD, Setting.DESERT),
    ),
    Kind.FISH: Traits(
        Medium.WATER,
        0.17,
        1.5,
        (Colour.ORANGE, Colour.RED, Colour.YELLOW, Colour.BLUE, Colour.GREY, Colour.PINK),
        _WATERSIDE,
    ),
    Kind.MAN: Traits(Medium.GROUND, 0.33, 0.40, _ALL_COLOURS, _ANYWHERE),
    Kind.WOMAN: Traits(Medium.GROUND, 0.32, 0.52, _ALL_COLOURS, _ANYWHERE),
    Kind.UMBRELLA: Traits(
        Medium.GROUND,
        0.34,
        1.05,
        tuple(c for c in _PAINT if c not in (Colour.GREY, Colour.BLACK)),
        (Setting.BEACH, Setting.MEADOW, Setting.LAKE, Setting.CITY, Setting.HARBOUR),
    ),
    Kind.BALL: Traits(
        Medium.GROUND,
        0.14,
        1.0,
        tuple(c for c in _PAINT if c not in (Colour.GREY, Colour.BLACK)),
        tuple(s for s in _ANYWHERE if s is not Setting.HARBOUR),
    ),
}

WEATHERS: Mapping[Setting, tuple[Weather, ...]] = {
    Setting.BEACH: (Weather.CLEAR, Weather.RAIN, Weather.FOG),
    Setting.MOUNTAINS: tuple(Weather),
    Setting.DESERT: (Weather.CLEAR, Weather.RAIN, Weather.FOG),
    Setting.FOREST: tuple(Weather),
    Setting.MEADOW: tuple(Weather),
    Setting.CITY: tuple(Weather),
    Setting.HARBOUR: tuple(Weather),
    Setting.SNOWFIELD: (Weather.CLEAR, Weather.SNOW, Weather.FOG),
    Setting.LAKE: tuple(Weather),
}

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


def is_possible(scene: Scene) -> bool:
    """Return whether a scene makes sense and every subject in it can be seen."""
    return (
        0 < len(scene.subjects) <= 4
        and scene.weather in WEATHERS[scene.setting]
        and all(scene.setting in TRAITS[s.kind].settings for s in scene.subjects)
        and all(s.colour in TRAITS[s.kind].colours for s in scene.subjects)
        and len({(s.kind, s.colour) for s in scene.subjects}) == len(scene.subjects)
        and _all_visible(scene)
    )


def _all_visible(scene: Scene) -> bool:
    boxes = [nominal_box(subject, scene.setting) for subject in scene.subjects]
    for i, behind in enumerate(boxes):
        for in_front in boxes[i + 1 :]:
            first, second = sorted((behind, in_front), key=lambda box: box.y)
            # What is in front may hide a corner of what is behind, and a cat far away must not seem
            # to stand on the back of the sheep before it.
            if first.covered_by(second) > 0.15 or first.stands_on(second):
                return False
    return True


def draw_lots(dice: Dice) -> Scene:
    """Return a random scene that is possible."""
    while True:
        setting = dice.pick(tuple(Setting))
        time = dice.weighted({Time.DAY: 0.42, Time.SUNSET: 0.28, Time.NIGHT: 0.30})
        weights = {Weather.CLEAR: 0.45, Weather.RAIN: 0.2, Weather.SNOW: 0.2, Weather.FOG: 0.15}
        weather = dice.weighted({w: weights[w] for w in WEATHERS[setting]})
        count = dice.weighted({1: 0.2, 2: 0.4, 3: 0.27, 4: 0.13})
        for _ in range(12):
            subjects = tuple(draw_subject(dice, setting) for _ in range(count))
            kinds_differ = len({s.kind for s in subjects}) == count
            scene = Scene(setting, time, weather, subjects)
            # The same kind twice is allowed now and then: two cars of different colours.
            if (kinds_differ or dice.chance(0.25)) and is_possible(scene):
                return scene


def draw_subject(dice: Dice, setting: Setting, kind: Kind | None = None) -> Subject:
    """Return a random subject that is found in a setting."""
    if kind is None:
        kind = dice.pick(kinds_in(setting))
    return Subject(
        kind,
        dice.pick(TRAITS[kind].colours),
        dice.pick(tuple(Size)),
        dice.pick(tuple(Side)),
        dice.weighted({Depth.NEAR: 0.58, Depth.FAR: 0.42}),
    )


def kinds_in(setting: Setting) -> tuple[Kind, ...]:
    """Return the kinds that are found in a setting."""
    return tuple(kind for kind, traits in TRAITS.items() if setting in traits.settings)


def _reading_order(subject: Subject) -> tuple[bool, int, Kind, Colour, Size]:
    sides = tuple(Side)
    return (
        subject.depth is Depth.NEAR,
        sides.index(subject.side),
        subject.kind,
        subject.colour,
        subject.size,
    )
