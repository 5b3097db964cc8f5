"""The words that captions and instructions are made of.

Every text that the grammar can say is put together from the tables of this module, so that
``every_word`` is complete.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sightline_scenes.claims import Relation
from sightline_scenes.kinds import Colour, Depth, Kind, Medium, Setting, Side, Size, Time, Weather


@dataclass(frozen=True, slots=True)
class Noun:
    """A word for subjects.

    Attributes:
        text: In the singular (flowers: in the plural).
        kinds: What it can mean. "boat" means a sailboat, too.
        plural: Its plural.
        size: The size that it implies: a puppy is a small dog.
        colour: The colour that it implies.
    """

    text: str
    kinds: frozenset[Kind]
    plural: str
    size: Size | None = None
    colour: Colour | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A phrase that says where a scene is.

    Attributes:
        text: Begins with a preposition.
        settings: Where it is true: "by the sea" is true of a harbour, too.
        media: The subjects that it suits: a balloon is over the beach, not on it.
    """

    text: str
    settings: frozenset[Setting]
    media: frozenset[Medium] = frozenset(Medium)


def _nouns(kind: Kind, *texts: str) -> tuple[Noun, ...]:
    return tuple(Noun(text, frozenset({kind}), f"{text}s") for text in texts)


def _wide(kinds: frozenset[Kind], *texts: str) -> tuple[Noun, ...]:
    return tuple(Noun(text, kinds, f"{text}s") for text in texts)


def _odd(kind: Kind, text: str, plural: str, size: Size | None = None) -> Noun:
    return Noun(text, frozenset({kind}), plural, size)


BOATS = frozenset({Kind.BOAT, Kind.SAILBOAT})
TREES = frozenset({Kind.PINE, Kind.OAK, Kind.PALM})
BUILDINGS = frozenset({Kind.HOUSE, Kind.TOWER, Kind.WINDMILL})
VEHICLES = frozenset({Kind.CAR, Kind.TRUCK, Kind.BUS, Kind.BICYCLE})
ANIMALS = frozenset({Kind.DOG, Kind.CAT, Kind.HORSE, Kind.COW, Kind.SHEEP, Kind.BIRD, Kind.FISH})
PEOPLE = frozenset({Kind.MAN, Kind.WOMAN})
PLURAL_KINDS = frozenset({Kind.FLOWERS})

NOUNS: Mapping[Kind, tuple[Noun, ...]] = {
    Kind.HOUSE: _nouns(Kind.HOUSE, "house", "home", "cottage", "cabin", "hut"),
    Kind.TOWER: _nouns(Kind.TOWER, "tower"),
    Kind.WINDMILL: _nouns(Kind.WINDMILL, "windmill", "mill"),
    Kind.TENT: _nouns(Kind.TENT, "tent", "camping tent"),
    Kind.CAR: _nouns(Kind.CAR, "car", "automobile", "motorcar"),
    Kind.TRUCK: (*_nouns(Kind.TRUCK, "truck"), _odd(Kind.TRUCK, "lorry", "lorries")),
    Kind.BUS: (
        _odd(Kind.BUS, "bus", "buses"),
        _odd(Kind.BUS, "coach", "coaches"),
    ),
    Kind.BICYCLE: _nouns(Kind.BICYCLE, "bicycle", "bike", "cycle"),
    Kind.BOAT: (*_wide(BOATS, "boat"), *_nouns(Kind.BOAT, "rowing boat", "rowboat")),
    Kind.SAILBOAT: _nouns(Kind.SAILBOAT, "sailboat", "sailing boat", "yacht", "sailing yacht"),
    Kind.BALLOON: _nouns(Kind.BALLOON, "hot air balloon", "balloon", "air balloon"),
    Kind.KITE: _nouns(Kind.KITE, "kite", "paper kite"),
    Kind.AEROPLANE: (
        *_nouns(Kind.AEROPLANE, "aeroplane", "airplane", "plane"),
        _odd(Kind.AEROPLANE, "aircraft", "aircraft"),
    ),
    Kind.BIRD: _nouns(Kind.BIRD, "bird"),
    Kind.PINE: _nouns(
        Kind.PINE, "pine tree", "fir tree", "pine", "conifer", "evergreen tree", "spruce"
    ),
    Kind.OAK: (
        *_nouns(Kind.OAK, "leafy tree", "oak", "oak tree"),
        Noun("blossoming tree", frozenset({Kind.OAK}), "blossoming trees", colour=Colour.PINK),
        Noun("cherry tree", frozenset({Kind.OAK}), "cherry trees", colour=Colour.PINK),
        *(
            Noun("autumn tree", frozenset({Kind.OAK}), "autumn trees", colour=colour)
            for colour in (Colour.RED, Colour.ORANGE)
        ),
    ),
    Kind.PALM: _nouns(Kind.PALM, "palm tree", "palm", "coconut palm"),
    Kind.CACTUS: (_odd(Kind.CACTUS, "cactus", "cactuses"),),
    Kind.FLOWERS: (
        _odd(Kind.FLOWERS, "flowers", "flowers"),
        _odd(Kind.FLOWERS, "blossoms", "blossoms"),
        _odd(Kind.FLOWERS, "blooms", "blooms"),
    ),
    Kind.DOG: (
        *_nouns(Kind.DOG, "dog", "hound"),
        _odd(Kind.DOG, "puppy", "puppies", Size.SMALL),
    ),
    Kind.CAT: (
        *_nouns(Kind.CAT, "cat", "house cat"),
        _odd(Kind.CAT, "kitten", "kittens", Size.SMALL),
    ),
    Kind.HORSE: (
        *_nouns(Kind.HORSE, "horse"),
        _odd(Kind.HORSE, "pony", "ponies", Size.SMALL),
    ),
    Kind.COW: _nouns(Kind.COW, "cow"),
    Kind.SHEEP: (
        _odd(Kind.SHEEP, "sheep", "sheep"),
        _odd(Kind.SHEEP, "lamb", "lambs", Size.SMALL),
    ),
    Kind.FISH: (_odd(Kind.FISH, "fish", "fish"),),
    Kind.MAN: (
        _odd(Kind.MAN, "man", "men"),
        _odd(Kind.MAN, "gentleman", "gentlemen"),
        *_nouns(Kind.MAN, "guy"),
    ),
    Kind.WOMAN: (
        _odd(Kind.WOMAN, "woman", "women"),
        _odd(Kind.WOMAN, "lady", "ladies"),
    ),
    Kind.UMBRELLA: _nouns(Kind.UMBRELLA, "umbrella", "parasol", "sunshade"),
    Kind.BALL: _nouns(Kind.BALL, "ball"),
}
"""What a kind is called; the first word is the commonest. Only "boat" can mean another kind."""

WIDER_NOUNS: tuple[Noun, ...] = (
    *_wide(TREES, "tree"),
    *_wide(BUILDINGS, "building"),
    *_wide(VEHICLES, "vehicle"),
    *_wide(ANIMALS, "animal"),
    *_wide(BOATS, "boat", "ship", "vessel"),
    Noun("person", PEOPLE, "people"),
    Noun("human", PEOPLE, "humans"),
    *_wide(frozenset({Kind.AEROPLANE, Kind.BALLOON, Kind.KITE, Kind.BIRD}), "flying thing"),
    *_wide(frozenset({Kind.DOG, Kind.CAT}), "pet"),
    *_wide(frozenset({Kind.HORSE, Kind.COW, Kind.SHEEP}), "farm animal"),
    *_wide(TREES | {Kind.CACTUS, Kind.FLOWERS}, "plant"),
)
"""Words that mean several kinds. Full captions leave them out."""

COLOURS: Mapping[Colour, Mapping[str, float]] = {
    Colour.RED: {"red": 0.9, "scarlet": 0.05, "crimson": 0.05},
    Colour.ORANGE: {"orange": 1.0},
    Colour.YELLOW: {"yellow": 1.0},
    Colour.GREEN: {"green": 1.0},
    Colour.BLUE: {"blue": 1.0},
    Colour.PURPLE: {"purple": 0.85, "violet": 0.15},
    Colour.PINK: {"pink": 1.0},
    Colour.BROWN: {"brown": 1.0},
    Colour.WHITE: {"white": 1.0},
    Colour.GREY: {"grey": 0.6, "gray": 0.4},
    Colour.BLACK: {"black": 1.0},
}
SIZES: Mapping[Size, Mapping[str, float]] = {
    Size.SMALL: {"small": 0.6, "little": 0.25, "tiny": 0.15},
    Size.LARGE: {"large": 0.45, "big": 0.4, "huge": 0.15},
}
TALL = "tall"
TALL_KINDS = frozenset(
    {Kind.TOWER, Kind.PINE, Kind.PALM, Kind.CACTUS, Kind.MAN, Kind.WOMAN, Kind.WINDMILL}
)

# {} takes the colour.
CLOTHES: Mapping[Kind, tuple[str, ...]] = {
    Kind.MAN: (
        "in a {} coat",
        "in a {} shirt",
        "in a {} jacket",
        "wearing a {} coat",
        "dressed in {}",
        "in {}",
        "in {} clothes",
        "wearing {}",
    ),
    Kind.WOMAN: (
        "in a {} dress",
        "in a {} coat",
        "wearing a {} dress",
        "dressed in {}",
        "in {}",
        "in {} clothes",
        "wearing {}",
    ),
}
# {} takes size, colour and noun.
BUNCHES = ("some {}", "{}", "a bunch of {}", "a patch of {}")

_G = frozenset({Medium.GROUND})
_W = frozenset({Medium.WATER})
_A = frozenset({Medium.AIR})
_SEA = frozenset({Setting.BEACH, Setting.HARBOUR})
_SHORE = _SEA | {Setting.LAKE}


def _places(
    setting: Setting, *, anything: str, ground: str = "", water: str = "", air: str = ""
) -> tuple[Place, ...]:
    only = frozenset({setting})
    media = ((anything, frozenset(Medium)), (ground, _G), (water, _W), (air, _A))
    return tuple(
        Place(text.strip(), only, suits)
        for texts, suits in media
        if texts
        for text in texts.split(",")
    )


PLACES: Mapping[Setting, tuple[Place, ...]] = {
    Setting.BEACH: (
        *_places(
            Setting.BEACH,
            anything="at the beach, at a beach, at a sandy beach",
            ground="on the beach, on a beach, on a sandy beach, on the seashore",
            water="off the beach, near the beach",
            air="over the beach, above a beach",
        ),
        Place("by the sea", _SEA),
        Place("at the seaside", _SEA),
        Place("by the ocean", _SEA),
        Place("on the coast", _SEA),
        Place("by the water", _SHORE),
        Place("on the sea", _SEA, _W),
        Place("on the water", _SHORE, _W),
        Place("at the shore", _SHORE),
    ),
    Setting.HARBOUR: (
        *_places(
            Setting.HARBOUR,
            anything="in the harbour, in a harbour, in the harbor, at the harbour, in a port",
            ground="at the quay, on the quay, at the docks, at the waterfront",
            air="over the harbour, above the port",
        ),
        Place("by the sea", _SEA),
        Place("on the coast", _SEA),
        Place("by the water", _SHORE),
        Place("on the sea", _SEA, _W),
        Place("on the water", _SHORE, _W),
    ),
    Setting.LAKE: (
        *_places(
            Setting.LAKE,
            anything="at the lake, at a lake",
            ground="by the lake, by a lake, beside a lake, at the lakeside, on the lake shore",
            water="on the lake, on a lake",
            air="over the lake, above a lake",
        ),
        Place("by the water", _SHORE),
        Place("on the water", _SHORE, _W),
        Place("at the shore", _SHORE),
    ),
    Setting.MOUNTAINS: _places(
        Setting.MOUNTAINS,
        anything="in the mountains, in a mountain landscape, in a mountain valley, in the alps",
        ground="on a mountain, below the peaks",
        air="over the mountains, above the peaks",
    ),
    Setting.DESERT: _places(
        Setting.DESERT,
        anything="in the desert, in a desert, in a sandy desert",
        ground="among the dunes, among sand dunes",
        air="over the desert, above the dunes",
    ),
    Setting.FOREST: _places(
        Setting.FOREST,
        anything="in the forest, in a forest, in the woods, in the woodland",
        ground="at the edge of the forest",
        air="over the forest, above the woods",
    ),
    Setting.MEADOW: _places(
        Setting.MEADOW,
        anything="in the countryside, in a meadow, in the meadow, in a field, in the fields",
        ground="on the grass, on a pasture, in the grass, on a grassy field, on farmland",
        air="over a meadow, over the fields, above the meadow",
    ),
    Setting.CITY: _places(
        Setting.CITY,
        anything="in the city, in a city, in town",
        ground="on a city street, on the street, in the street, downtown, on an urban street",
        air="over the city, above the town, over the skyline",
    ),
    Setting.SNOWFIELD: _places(
        Setting.SNOWFIELD,
        anything="in a snowy landscape, in a winter landscape, in the arctic, in a snow field",
        ground="on a snow field, on the snow field, on a snowy plain, on snow covered ground",
        air="over a snow field, above the snow",
    ),
}
"""Where a scene is. The first phrase of a setting suits every subject and only that setting."""

SCENERIES: Mapping[Setting, tuple[str, ...]] = {
    Setting.BEACH: ("beach", "sandy beach"),
    Setting.MOUNTAINS: ("mountain landscape", "mountain valley", "mountain view"),
    Setting.DESERT: ("desert", "desert landscape", "sandy desert"),
    Setting.FOREST: ("forest", "forest landscape", "forest clearing"),
    Setting.MEADOW: ("meadow", "field", "country landscape"),
    Setting.CITY: ("city street", "city", "city view"),
    Setting.HARBOUR: ("harbour", "harbor", "port"),
    Setting.SNOWFIELD: ("snow field", "snowy plain", "winter landscape"),
    Setting.LAKE: ("lake", "lake shore", "lake view"),
}
"""What a scene is a picture of; each takes "a"."""

SETTING_WORDS: Mapping[str, frozenset[Setting]] = {
    "beach": frozenset({Setting.BEACH}),
    "sea": _SEA,
    "ocean": _SEA,
    "coast": _SEA,
    "seaside": _SEA,
    "mountains": frozenset({Setting.MOUNTAINS}),
    "alps": frozenset({Setting.MOUNTAINS}),
    "desert": frozenset({Setting.DESERT}),
    "dunes": frozenset({Setting.DESERT}),
    "forest": frozenset({Setting.FOREST}),
    "woods": frozenset({Setting.FOREST}),
    "meadow": frozenset({Setting.MEADOW}),
    "countryside": frozenset({Setting.MEADOW}),
    "city": frozenset({Setting.CITY}),
    "town": frozenset({Setting.CITY}),
    "street": frozenset({Setting.CITY}),
    "harbour": frozenset({Setting.HARBOUR}),
    "harbor": frozenset({Setting.HARBOUR}),
    "port": frozenset({Setting.HARBOUR}),
    "snow field": frozenset({Setting.SNOWFIELD}),
    "winter landscape": frozenset({Setting.SNOWFIELD}),
    "arctic": frozenset({Setting.SNOWFIELD}),
    "lake": frozenset({Setting.LAKE}),
    "water": _SHORE,
}
"""Settings in one word."""

TIMES: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("by day", "during the day", "in daylight", "in the daytime", "at noon", "at midday"),
    Time.SUNSET: (
        "at sunset",
        "at dusk",
        "at sundown",
        "at twilight",
        "in the evening",
        "in the evening light",
        "in the evening glow",
        "in the glow of the sunset",
        "at the golden hour",
        "as the sun sets",
        "as the sun goes down",
    ),
    Time.NIGHT: (
        "at night",
        "by night",
        "after dark",
        "in the dark",
        "in the night",
        "at midnight",
        "late at night",
    ),
}
TIME_WORDS: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("daytime", "daylight", "day", "midday"),
    Time.SUNSET: ("sunset", "dusk", "evening", "sundown", "twilight", "golden hour"),
    Time.NIGHT: ("night", "darkness", "nighttime", "midnight"),
}
DAY_NOUNS: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("day", "afternoon", "morning"),
    Time.SUNSET: ("evening",),
    Time.NIGHT: ("night",),
}
"""What takes an adjective of the weather: "on a rainy evening"."""

WEATHERS: Mapping[Weather, tuple[str, ...]] = {
    Weather.CLEAR: ("in clear weather", "in fine weather", "in good weather"),
    Weather.RAIN: (
        "in the rain",
        "in rain",
        "in pouring rain",
        "in heavy rain",
        "while it rains",
        "in rainy weather",
        "in wet weather",
        "in a downpour",
        "in drizzle",
        "in a rain shower",
        "in a rainstorm",
    ),
    Weather.SNOW: (
        "in falling snow",
        "while it snows",
        "with snow falling",
        "in a snowstorm",
        "in snowfall",
        "with falling snowflakes",
        "in a blizzard",
        "in a snow shower",
    ),
    Weather.FOG: (
        "in the fog",
        "in fog",
        "in thick fog",
        "in the mist",
        "in mist",
        "in foggy weather",
        "in misty weather",
        "in dense fog",
        "in the haze",
    ),
}
SNOW_PLACES = ("in the snow", "in snow", "in winter")
"""True where snow falls and on a snow field, too."""

CLEAR_TIMES: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: (
        "in the sunshine",
        "in bright sunshine",
        "in sunny weather",
        "in the sun",
        "in sunlight",
    ),
    Time.SUNSET: ("on a golden evening", "in the evening sun"),
    Time.NIGHT: ("under the stars", "under a starry sky", "in the moonlight", "by moonlight"),
}
"""Time and clear weather in one phrase."""

WEATHER_ADJECTIVES: Mapping[Weather, tuple[str, ...]] = {
    Weather.CLEAR: ("clear",),
    Weather.RAIN: ("rainy", "wet"),
    Weather.SNOW: ("snowy",),
    Weather.FOG: ("foggy", "misty", "hazy"),
}
CLEAR_ADJECTIVES: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("sunny", "bright", "clear"),
    Time.SUNSET: ("clear", "golden"),
    Time.NIGHT: ("clear", "starry", "moonlit"),
}
CLEAR_SCENERY_ADJECTIVES: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("sunny", "sunlit"),
    Time.SUNSET: (),
    Time.NIGHT: ("moonlit",),
}
"""Before the name of a place: "a moonlit lake"."""
WEATHER_WORDS: Mapping[Weather, tuple[str, ...]] = {
    Weather.CLEAR: ("clear weather", "fine weather"),
    Weather.RAIN: ("rain", "rainy weather", "heavy rain", "raining", "downpour", "drizzle"),
    Weather.SNOW: ("snowfall", "snowstorm", "falling snow", "snowing", "blizzard"),
    Weather.FOG: ("fog", "mist", "foggy weather", "haze"),
}
SNOW_WORDS = ("snow", "winter")

SIDES: Mapping[Side, tuple[str, ...]] = {
    Side.LEFT: ("on the left", "at left", "on the left side"),
    Side.MIDDLE: ("in the middle", "in the centre", "in the center"),
    Side.RIGHT: ("on the right", "at right", "on the right side"),
}
DEPTHS: Mapping[Medium, Mapping[Depth, tuple[str, ...]]] = {
    Medium.GROUND: {
        Depth.NEAR: ("in the foreground", "up close", "nearby"),
        Depth.FAR: ("in the distance", "far away", "in the background", "far off"),
    },
    Medium.WATER: {
        Depth.NEAR: ("nearby", "near the shore"),
        Depth.FAR: ("in the distance", "far away", "far out", "on the horizon"),
    },
    Medium.AIR: {
        Depth.NEAR: ("nearby", "up close"),
        Depth.FAR: ("in the distance", "far away", "far off", "far up"),
    },
}
CORNERS: Mapping[tuple[Side, Depth], tuple[str, ...]] = {
    (Side.LEFT, Depth.NEAR): ("in the left foreground",),
    (Side.RIGHT, Depth.NEAR): ("in the right foreground",),
    (Side.LEFT, Depth.FAR): ("in the left background",),
    (Side.RIGHT, Depth.FAR): ("in the right background",),
}
"""Side and depth in one phrase, for what stands on the ground."""

RELATIONS: Mapping[Relation, tuple[str, ...]] = {
    Relation.IN_FRONT_OF: ("in front of",),
    Relation.BESIDE: ("beside", "next to", "by the side of"),
    Relation.LEFT_OF: ("to the left of", "left of"),
    Relation.RIGHT_OF: ("to the right of", "right of"),
    Relation.OVER: ("over", "above", "in the sky above"),
}
REVERSED: Mapping[Relation, tuple[str, ...]] = {
    Relation.IN_FRONT_OF: ("behind",),
    Relation.OVER: ("below", "under", "beneath"),
}
"""How the second stands to the first."""

POSES: Mapping[Kind, tuple[str, ...]] = {
    Kind.BOAT: ("floating",),
    Kind.SAILBOAT: ("sailing",),
    Kind.BALLOON: ("floating", "flying"),
    Kind.KITE: ("flying",),
    Kind.AEROPLANE: ("flying",),
    Kind.BIRD: ("flying",),
    Kind.CAR: ("parked",),
    Kind.TRUCK: ("parked",),
    Kind.BUS: ("parked",),
    Kind.BICYCLE: ("parked",),
    Kind.DOG: ("standing",),
    Kind.CAT: ("sitting",),
    Kind.COW: ("standing",),
    Kind.SHEEP: ("standing",),
    Kind.FISH: ("jumping",),
}

CONNECTIVES = (
    "a an and with there is are one the it of in by , two to picture photo image view showing"
)
"""Small words of the grammar itself."""

CHANGED_TIMES: Mapping[Time, tuple[str, ...]] = {
    Time.DAY: ("make it day", "change it to daytime"),
    Time.SUNSET: ("make it sunset", "make it evening", "change it to dusk"),
    Time.NIGHT: ("make it night", "change it to night"),
}
CHANGED_WEATHERS: Mapping[Weather, tuple[str, ...]] = {
    Weather.CLEAR: ("make the weather clear", "make the weather fine"),
    Weather.RAIN: ("make it rain", "let it rain", "make it rainy"),
    Weather.SNOW: ("make it snow", "let it snow"),
    Weather.FOG: ("make it foggy", "make it misty"),
}
ENDED_WEATHERS: Mapping[Weather, tuple[str, ...]] = {
    Weather.RAIN: ("without the rain",),
    Weather.SNOW: ("without the falling snow",),
    Weather.FOG: ("without the fog", "without the mist"),
}
"""How clear weather is asked for."""

INSTRUCTIONS: Mapping[str, tuple[str, ...]] = {
    "around": ("{}", "{}", "but {}", "the same {}", "show it {}"),
    "setting": ("move it to a {}", "change the place to a {}"),
    "recolour": (
        "make the {noun} {colour}",
        "make the {noun} {colour}",
        "paint the {noun} {colour}",
        "change the {noun} to {colour}",
        "turn the {noun} {colour}",
        "the {noun} should be {colour}",
    ),
    "dress": ("dress the {noun} in {colour}", "the {noun} should wear {colour}"),
    "add": ("with {thing}", "with {thing}", "add {thing}", "also with {thing}"),
    "remove": (
        "without the {noun}",
        "without the {noun}",
        "remove the {noun}",
        "take away the {noun}",
        "leave out the {noun}",
    ),
    "replace": (
        "{thing} instead of the {noun}",
        "with {thing} instead of the {noun}",
        "replace the {noun} with {thing}",
        "change the {noun} to {thing}",
        "turn the {noun} into {thing}",
    ),
}
"""What edits say."""
ONLY_FIRST = ("but ", "the same ", "show it ")
"""How the second half of an instruction does not begin."""

_NOT_WORDS = re.compile(r"\{[^}]*\}")


def every_word() -> list[str]:
    """Return every word that a caption or an instruction can hold, sorted, in lower case.

    Punctuation is left out: texts hold commas and colons, and nothing else.
    """
    found = set()
    for text in _every_text():
        found.update(re.findall(r"[a-z]+", _NOT_WORDS.sub(" ", text).lower()))
    return sorted(found)


def _every_text() -> Iterator[str]:
    yield CONNECTIVES
    yield TALL
    yield from SETTING_WORDS
    yield from (*SNOW_PLACES, *SNOW_WORDS, *BUNCHES)
    for noun in (*WIDER_NOUNS, *(n for nouns in NOUNS.values() for n in nouns)):
        yield from (noun.text, noun.plural)
    for weighted in (*COLOURS.values(), *SIZES.values()):
        yield from weighted
    for places in PLACES.values():
        yield from (place.text for place in places)
    for table in _TABLES:
        for texts in table:
            yield from texts


_TABLES: tuple[Iterable[tuple[str, ...]], ...] = (
    CLOTHES.values(),
    SCENERIES.values(),
    TIMES.values(),
    TIME_WORDS.values(),
    DAY_NOUNS.values(),
    WEATHERS.values(),
    CLEAR_TIMES.values(),
    WEATHER_ADJECTIVES.values(),
    CLEAR_ADJECTIVES.values(),
    CLEAR_SCENERY_ADJECTIVES.values(),
    WEATHER_WORDS.values(),
    SIDES.values(),
    *(depths.values() for depths in DEPTHS.values()),
    CORNERS.values(),
    RELATIONS.values(),
    REVERSED.values(),
    POSES.values(),
    CHANGED_TIMES.values(),
    CHANGED_WEATHERS.values(),
    ENDED_WEATHERS.values(),
    INSTRUCTIONS.values(),
)
