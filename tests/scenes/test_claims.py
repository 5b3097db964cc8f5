from __future__ import annotations

import pytest

from sightline_scenes.claims import NOTHING, Claims, Relation, SubjectClaim, related
from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.world import Scene, Subject


def subject(
    kind: Kind,
    colour: Colour = Colour.RED,
    side: Side = Side.MIDDLE,
    depth: Depth = Depth.NEAR,
    size: Size = Size.SMALL,
) -> Subject:
    return Subject(kind, colour, size, side, depth)


def scene(
    *subjects: Subject,
    setting: Setting = Setting.BEACH,
    time: Time = Time.DAY,
    weather: Weather = Weather.CLEAR,
) -> Scene:
    return Scene(setting, time, weather, subjects)


RED_CAR = SubjectClaim(frozenset({Kind.CAR}), Colour.RED)
BLUE_HOUSE = SubjectClaim(frozenset({Kind.HOUSE}), Colour.BLUE)


def test_a_text_that_says_nothing_is_true_of_every_scene() -> None:
    assert NOTHING.hold_in(scene(subject(Kind.CAR)))


@pytest.mark.parametrize(
    "claim",
    [
        SubjectClaim(frozenset({Kind.BUS})),
        SubjectClaim(colour=Colour.BLUE),
        SubjectClaim(size=Size.LARGE),
        SubjectClaim(side=Side.LEFT),
        SubjectClaim(depth=Depth.FAR),
        SubjectClaim(frozenset({Kind.CAR}), Colour.BLUE),
    ],
)
def test_one_false_attribute_makes_the_claim_false(claim: SubjectClaim) -> None:
    there = subject(Kind.CAR)
    assert not claim.fits(there)
    assert not Claims(subjects=(claim,)).hold_in(scene(there))


def test_a_wider_word_is_true_of_each_of_its_kinds() -> None:
    tree = Claims(subjects=(SubjectClaim(frozenset({Kind.PINE, Kind.OAK, Kind.PALM})),))
    assert tree.hold_in(scene(subject(Kind.PINE)))
    assert tree.hold_in(scene(subject(Kind.PALM)))
    assert not tree.hold_in(scene(subject(Kind.CACTUS)))


@pytest.mark.parametrize(
    ("claims", "true"),
    [
        (Claims(frozenset({Setting.BEACH, Setting.HARBOUR})), True),
        (Claims(frozenset({Setting.CITY})), False),
        (Claims(time=Time.DAY), True),
        (Claims(time=Time.NIGHT), False),
        (Claims(weather=Weather.CLEAR), True),
        (Claims(weather=Weather.FOG), False),
        (Claims(snow=True), False),
    ],
)
def test_setting_time_and_weather_are_checked(claims: Claims, true: bool) -> None:
    assert claims.hold_in(scene(subject(Kind.CAR))) is true


def test_there_is_snow_where_it_falls_and_where_it_lies() -> None:
    snow = Claims(snow=True)
    car = subject(Kind.CAR)
    assert snow.hold_in(scene(car, setting=Setting.CITY, weather=Weather.SNOW))
    assert snow.hold_in(scene(car, setting=Setting.SNOWFIELD, weather=Weather.CLEAR))
    assert not snow.hold_in(scene(car, setting=Setting.MOUNTAINS, weather=Weather.CLEAR))


def test_two_claims_need_two_subjects() -> None:
    two_cars = Claims(subjects=(SubjectClaim(frozenset({Kind.CAR})),) * 2)
    red, blue = subject(Kind.CAR), subject(Kind.CAR, Colour.BLUE, Side.LEFT)
    assert not two_cars.hold_in(scene(red))
    assert not two_cars.hold_in(scene(red, subject(Kind.BUS)))
    assert two_cars.hold_in(scene(red, blue))


def test_claims_may_fit_only_in_another_order_than_the_subjects_stand() -> None:
    # The first claim fits both cars, the second only the first of them.
    claims = Claims(subjects=(SubjectClaim(frozenset({Kind.CAR})), RED_CAR))
    red, blue = subject(Kind.CAR, side=Side.LEFT), subject(Kind.CAR, Colour.BLUE)
    assert claims.hold_in(scene(red, blue))
    assert claims.hold_in(scene(blue, red))


def test_swapped_colours_are_false() -> None:
    claims = Claims(subjects=(RED_CAR, BLUE_HOUSE))
    red_car, blue_car = subject(Kind.CAR), subject(Kind.CAR, Colour.BLUE)
    blue_house, red_house = subject(Kind.HOUSE, Colour.BLUE), subject(Kind.HOUSE)
    assert claims.hold_in(scene(red_car, blue_house))
    assert not claims.hold_in(scene(blue_car, red_house))


def test_a_relation_must_hold_between_the_very_subjects_that_are_named() -> None:
    left_of = Claims(subjects=(RED_CAR, BLUE_HOUSE), relations=((0, Relation.LEFT_OF, 1),))
    car = subject(Kind.CAR, side=Side.LEFT)
    house = subject(Kind.HOUSE, Colour.BLUE, Side.RIGHT)
    assert left_of.hold_in(scene(car, house))
    mirrored = scene(
        subject(Kind.CAR, side=Side.RIGHT), subject(Kind.HOUSE, Colour.BLUE, Side.LEFT)
    )
    assert not left_of.hold_in(mirrored)
    # A second red car on the wrong side does no harm, a green one on the right side does no good.
    assert left_of.hold_in(scene(car, house, subject(Kind.CAR, side=Side.RIGHT, depth=Depth.FAR)))
    green = subject(Kind.CAR, Colour.GREEN, Side.LEFT)
    assert not left_of.hold_in(scene(*mirrored.subjects, green))


NEAR_DOG = subject(Kind.DOG)
FAR_HOUSE = subject(Kind.HOUSE, depth=Depth.FAR)
NEAR_BOAT = subject(Kind.BOAT)
FAR_BOAT = subject(Kind.BOAT, depth=Depth.FAR)
NEAR_KITE = subject(Kind.KITE)


@pytest.mark.parametrize(
    ("first", "relation", "second", "setting", "true"),
    [
        (NEAR_DOG, Relation.IN_FRONT_OF, FAR_HOUSE, Setting.BEACH, True),
        (FAR_HOUSE, Relation.IN_FRONT_OF, NEAR_DOG, Setting.BEACH, False),
        (NEAR_DOG, Relation.IN_FRONT_OF, FAR_BOAT, Setting.BEACH, True),
        (NEAR_BOAT, Relation.IN_FRONT_OF, FAR_BOAT, Setting.BEACH, True),
        # The quay lies before the water: a near boat is behind what stands far on it.
        (
            NEAR_BOAT,
            Relation.IN_FRONT_OF,
            subject(Kind.TOWER, depth=Depth.FAR),
            Setting.HARBOUR,
            False,
        ),
        (
            subject(Kind.TOWER, depth=Depth.FAR),
            Relation.IN_FRONT_OF,
            NEAR_BOAT,
            Setting.HARBOUR,
            True,
        ),
        (
            NEAR_DOG,
            Relation.IN_FRONT_OF,
            subject(Kind.HOUSE, side=Side.LEFT, depth=Depth.FAR),
            Setting.BEACH,
            False,
        ),
        (NEAR_KITE, Relation.IN_FRONT_OF, FAR_HOUSE, Setting.BEACH, False),
        (NEAR_KITE, Relation.OVER, FAR_HOUSE, Setting.BEACH, True),
        (FAR_HOUSE, Relation.OVER, NEAR_KITE, Setting.BEACH, False),
        (NEAR_KITE, Relation.OVER, subject(Kind.BIRD), Setting.BEACH, False),
        (NEAR_KITE, Relation.OVER, subject(Kind.DOG, side=Side.LEFT), Setting.BEACH, False),
        (NEAR_DOG, Relation.BESIDE, subject(Kind.CAR, side=Side.RIGHT), Setting.BEACH, True),
        (NEAR_DOG, Relation.BESIDE, subject(Kind.CAR, side=Side.LEFT), Setting.BEACH, True),
        (
            subject(Kind.DOG, side=Side.LEFT),
            Relation.BESIDE,
            subject(Kind.CAR, side=Side.RIGHT),
            Setting.BEACH,
            False,
        ),
        (NEAR_DOG, Relation.BESIDE, FAR_HOUSE, Setting.BEACH, False),
        (NEAR_DOG, Relation.BESIDE, subject(Kind.BOAT, side=Side.LEFT), Setting.BEACH, False),
        (subject(Kind.DOG, side=Side.LEFT), Relation.LEFT_OF, NEAR_KITE, Setting.BEACH, True),
        (NEAR_DOG, Relation.LEFT_OF, NEAR_KITE, Setting.BEACH, False),
        (NEAR_DOG, Relation.RIGHT_OF, subject(Kind.CAR, side=Side.LEFT), Setting.BEACH, True),
        (NEAR_DOG, Relation.RIGHT_OF, subject(Kind.CAR, side=Side.RIGHT), Setting.BEACH, False),
    ],
)
def test_relations_are_what_a_viewer_would_say(
    first: Subject, relation: Relation, second: Subject, setting: Setting, true: bool
) -> None:
    assert related(first, relation, second, setting) is true


def test_what_two_texts_say_adds_up() -> None:
    pair = Claims(subjects=(RED_CAR, BLUE_HOUSE), relations=((0, Relation.BESIDE, 1),))
    one = Claims(frozenset({Setting.CITY}), subjects=(SubjectClaim(frozenset({Kind.DOG})),))
    both = one.with_others(Claims(time=Time.NIGHT, snow=True)).with_others(pair)
    assert both.settings == {Setting.CITY}
    assert (both.time, both.weather, both.snow) == (Time.NIGHT, None, True)
    assert both.subjects == (*one.subjects, RED_CAR, BLUE_HOUSE)
    assert both.relations == ((1, Relation.BESIDE, 2),)
