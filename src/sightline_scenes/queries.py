"""Texts to try on the demo collection."""

from __future__ import annotations

from sightline_scenes.claims import Caption, Claims, Relation, SubjectClaim
from sightline_scenes.kinds import Colour, Kind, Setting, Size, Time, Weather
from sightline_scenes.vocabulary import TREES


def _query(
    text: str,
    *subjects: SubjectClaim,
    settings: tuple[Setting, ...] = (),
    time: Time | None = None,
    weather: Weather | None = None,
    snow: bool = False,
    relations: tuple[tuple[int, Relation, int], ...] = (),
) -> Caption:
    return Caption(text, Claims(frozenset(settings), time, weather, snow, subjects, relations))


def _of(*kinds: Kind, colour: Colour | None = None, size: Size | None = None) -> SubjectClaim:
    return SubjectClaim(frozenset(kinds), colour, size)


DEMO_QUERIES: tuple[Caption, ...] = (
    _query("a sailboat at sunset", _of(Kind.SAILBOAT), time=Time.SUNSET),
    _query(
        "a red car in the snow at night",
        _of(Kind.CAR, colour=Colour.RED),
        time=Time.NIGHT,
        snow=True,
    ),
    _query("hot air balloon over the mountains", _of(Kind.BALLOON), settings=(Setting.MOUNTAINS,)),
    _query(
        "a palm tree on the beach at night",
        _of(Kind.PALM),
        settings=(Setting.BEACH,),
        time=Time.NIGHT,
    ),
    _query("a foggy forest", settings=(Setting.FOREST,), weather=Weather.FOG),
    _query(
        "a yellow bus in the city in the rain",
        _of(Kind.BUS, colour=Colour.YELLOW),
        settings=(Setting.CITY,),
        weather=Weather.RAIN,
    ),
    _query(
        "a white horse in a meadow",
        _of(Kind.HORSE, colour=Colour.WHITE),
        settings=(Setting.MEADOW,),
    ),
    _query(
        "a black cat under a starry sky",
        _of(Kind.CAT, colour=Colour.BLACK),
        time=Time.NIGHT,
        weather=Weather.CLEAR,
    ),
    _query(
        "a cactus in the desert at sunset",
        _of(Kind.CACTUS),
        settings=(Setting.DESERT,),
        time=Time.SUNSET,
    ),
    _query(
        "a woman in a red dress beside a tree",
        _of(Kind.WOMAN, colour=Colour.RED),
        _of(*sorted(TREES)),
        relations=((0, Relation.BESIDE, 1),),
    ),
    _query(
        "a dog in front of a house",
        _of(Kind.DOG),
        _of(Kind.HOUSE),
        relations=((0, Relation.IN_FRONT_OF, 1),),
    ),
    _query(
        "a tent in the mountains under the stars",
        _of(Kind.TENT),
        settings=(Setting.MOUNTAINS,),
        time=Time.NIGHT,
        weather=Weather.CLEAR,
    ),
    _query("two sheep on a snowy day", _of(Kind.SHEEP), _of(Kind.SHEEP), time=Time.DAY, snow=True),
    _query("a windmill with flowers", _of(Kind.WINDMILL), _of(Kind.FLOWERS)),
)
