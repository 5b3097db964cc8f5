"""The vocabulary of the demo world: what there can be, in which colours, and where it is found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
