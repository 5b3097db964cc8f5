"""English words that instructions are made of: when, where, in what weather, in which style.

Of each group a picture has one: a picture at night is not by day. So a phrase that names another
member of a group takes the place of the one that was there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Facet(StrEnum):
    """What a picture has one of."""

    TIME = "time"
    WEATHER = "weather"
    PLACE = "place"
    STYLE = "style"
    VIEW = "view"


_NIGHT = (Facet.TIME, "night")
_DAY = (Facet.TIME, "day")
_SUNSET = (Facet.TIME, "sunset")
_DAWN = (Facet.TIME, "dawn")
_CLEAR = (Facet.WEATHER, "clear")
_RAIN = (Facet.WEATHER, "rain")
_SNOW = (Facet.WEATHER, "snow")
_FOG = (Facet.WEATHER, "fog")
_CLOUDS = (Facet.WEATHER, "clouds")

_TIMES_AND_WEATHERS: Mapping[tuple[tuple[Facet, str], ...], str] = {
    (_NIGHT,): "night, nighttime, midnight, dark, darkness, nightfall",
    (_NIGHT, _CLEAR): "stars, starry, starry sky, moonlight, moonlit",
    (_DAY,): "day, daytime, daylight, noon, midday, afternoon, morning",
    (_DAY, _CLEAR): "sunshine, sunny, sunlight, sunlit, sun, bright sunshine",
    (_SUNSET,): "sunset, dusk, sundown, twilight, evening, golden hour, sun sets, sun goes down, "
    "evening light, evening glow",
    (_SUNSET, _CLEAR): "evening sun, golden evening",
    (_DAWN,): "dawn, sunrise, daybreak, early morning",
    (_CLEAR,): "clear, clear weather, fine, fine weather, good weather, bright, blue sky, dry, "
    "summer, spring",
    (_RAIN,): "rain, rainy, raining, rains, wet, downpour, drizzle, rainstorm, storm, stormy, "
    "thunderstorm, rain shower",
    (_SNOW,): "snow, snowy, snowing, snows, snowfall, snowstorm, blizzard, snowflakes, winter, "
    "wintry, falling snow, snow shower",
    (_FOG,): "fog, foggy, mist, misty, haze, hazy, smoke, smoky",
    (_CLOUDS,): "cloudy, overcast, clouds, autumn, windy",
}

_PLACES: Mapping[str, str] = {
    "beach": "beach, sandy beach, sea, ocean, coast, seaside, seashore, shore, water",
    "harbour": "harbour, harbor, port, quay, docks, dock, waterfront, pier, marina",
    "lake": "lake, lakeside, lake shore, pond",
    "river": "river, riverside, bridge, canal, waterfall",
    "mountains": "mountains, mountain, alps, peaks, valley, mountain landscape, mountain valley, "
    "mountain view, hills, hill",
    "desert": "desert, dunes, sand dunes, sandy desert, desert landscape",
    "forest": "forest, woods, woodland, jungle, rainforest, forest landscape, forest clearing",
    "meadow": "meadow, field, fields, countryside, pasture, grass, grassy field, farmland, farm, "
    "country landscape, lawn, park, garden",
    "city": "city, town, street, downtown, urban street, skyline, city street, city view, road, "
    "village, market, square, highway, parking lot, sidewalk",
    "snow field": "snow field, snowfield, snowy landscape, winter landscape, arctic, snowy plain, "
    "snow covered ground, ice",
    "indoors": "indoors, kitchen, living room, bedroom, bathroom, office, room, studio, shop, "
    "restaurant, cafe, library, church, museum, airport, station, stadium, classroom, hospital, "
    "garage, gym, supermarket",
    "outdoors": "outdoors, outside",
    "elsewhere": "zoo, swimming pool, pool, playground, space, underwater, moon, castle",
}

_STYLES = (
    "sketch, pencil sketch, drawing, pencil drawing, line drawing, cartoon, comic, painting, "
    "oil painting, watercolour, watercolor, photo, photograph, black and white, sepia, poster, "
    "sculpture, statue, toy, origami, embroidery, tattoo, graffiti, mosaic, logo, icon, "
    "illustration, silhouette, anime, pixel art, plush, clay, lego, stamp, engraving"
)
_VIEWS = (
    "close up, closeup, close-up, from above, from below, from behind, from the side, "
    "from the front, aerial view, far away, from afar, wide angle"
)


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word says about a picture: one value of a facet."""

    facet: Facet
    value: str


def _words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",")]


def _senses() -> dict[str, tuple[Sense, ...]]:
    table: dict[str, tuple[Sense, ...]] = {}
    for value, listed in _PLACES.items():
        table |= {word: (Sense(Facet.PLACE, value),) for word in _words(listed)}
    for pairs, listed in _TIMES_AND_WEATHERS.items():
        table |= {word: tuple(Sense(*pair) for pair in pairs) for word in _words(listed)}
    table |= {word: (Sense(Facet.STYLE, word),) for word in _words(_STYLES)}
    table |= {word: (Sense(Facet.VIEW, word),) for word in _words(_VIEWS)}
    return table


SENSES: Mapping[str, tuple[Sense, ...]] = _senses()
"""What each word or fixed phrase says."""

COLOURS = (
    "red orange yellow green blue purple violet pink brown white grey gray black scarlet crimson "
    "gold golden silver turquoise beige cyan magenta maroon navy teal"
).split()
SHADES = "dark light bright pale deep".split()
SIZES = "small little tiny large big huge tall giant".split()
NUMBERS = "one two three four five six seven eight nine ten several many".split()
ARTICLES = "a an the some another more".split()
CLEAR_PHRASE = "in clear weather"

KINDS: Mapping[str, str] = {
    "house": "house, home, cottage, cabin, hut",
    "windmill": "windmill, mill",
    "car": "car, automobile, motorcar, auto, taxi, cab",
    "truck": "truck, lorry, van",
    "bus": "bus, coach",
    "bicycle": "bicycle, bike, cycle",
    "motorcycle": "motorcycle, motorbike, scooter",
    "train": "train, tram",
    "boat": "boat, rowing boat, rowboat, canoe, ship, vessel",
    "sailboat": "sailboat, sailing boat, yacht",
    "balloon": "balloon, hot air balloon",
    "aeroplane": "aeroplane, airplane, plane, aircraft, jet",
    "pine": "pine, pine tree, fir, fir tree, conifer, evergreen tree, spruce",
    "oak": "oak, oak tree, leafy tree, blossoming tree, cherry tree, autumn tree",
    "palm": "palm, palm tree, coconut palm",
    "flowers": "flowers, flower, blossoms, blossom, blooms, bloom",
    "dog": "dog, hound, puppy",
    "cat": "cat, kitten",
    "horse": "horse, pony",
    "sheep": "sheep, lamb",
    "man": "man, gentleman, guy, boy",
    "woman": "woman, lady, girl",
    "umbrella": "umbrella, parasol, sunshade",
    "shirt": "shirt, t-shirt, tshirt, tee, top, blouse",
    "trousers": "trousers, pants, jeans",
    "jacket": "jacket, coat",
    "dress": "dress, gown",
    "shoe": "shoe, shoes, sneaker, sneakers, boot, boots",
    "sofa": "sofa, couch",
}
"""Words for the same thing, by its name."""

WIDER: Mapping[str, str] = {
    "tree": "pine, oak, palm",
    "building": "house, tower, windmill, church, castle",
    "vehicle": "car, truck, bus, bicycle, motorcycle, train",
    "animal": "dog, cat, horse, cow, sheep, bird, fish",
    "person": "man, woman",
    "human": "man, woman",
    "boat": "sailboat",
    "flying thing": "aeroplane, balloon, kite, bird",
    "pet": "dog, cat",
    "farm animal": "horse, cow, sheep",
    "plant": "pine, oak, palm, cactus, flowers",
}
"""Words for several things, by what they may mean."""

PEOPLE = frozenset({"man", "woman", "person", "human", "child", "player"})
IRREGULAR: Mapping[str, str] = {
    "men": "man",
    "women": "woman",
    "people": "person",
    "children": "child",
    "gentlemen": "gentleman",
    "sheep": "sheep",
    "fish": "fish",
    "bus": "bus",
    "cactus": "cactus",
    "grass": "grass",
    "dress": "dress",
    "trousers": "trousers",
    "pants": "pants",
    "jeans": "jeans",
}


def _kind_of() -> dict[str, str]:
    return {word: kind for kind, listed in KINDS.items() for word in _words(listed)}


KIND_OF: Mapping[str, str] = _kind_of()
WIDER_KINDS: Mapping[str, frozenset[str]] = {
    word: frozenset(_words(listed)) for word, listed in WIDER.items()
}

_LONGEST = max(len(phrase.split()) for phrase in SENSES)


def senses_of(phrase: str) -> tuple[Sense, ...]:
    """Return what a phrase says of time, weather, place, style and view; one sense a facet.

    Of fixed phrases the longest counts, so that a "winter landscape" is a place and no weather.
    """
    words = re.findall(r"[a-z0-9-]+", phrase.lower())
    found: dict[Facet, Sense] = {}
    start = 0
    while start < len(words):
        length = next(
            (n for n in range(_LONGEST, 0, -1) if " ".join(words[start : start + n]) in SENSES), 0
        )
        for sense in SENSES.get(" ".join(words[start : start + length]), ()):
            found.setdefault(sense.facet, sense)
        start += length or 1
    return tuple(found.values())
