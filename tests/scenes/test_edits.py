from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.errors import InvalidValueError
from sightline_scenes.captions import DEMO_QUERIES, every_word
from sightline_scenes.changes import (
    Add,
    Change,
    ChangeKind,
    ChangeSetting,
    ChangeTime,
    ChangeWeather,
    Recolour,
    Remove,
    Replace,
    outline,
    propose,
)
from sightline_scenes.claims import Claims, SubjectClaim
from sightline_scenes.dice import Dice
from sightline_scenes.edits import (
    Edit,
    EditCase,
    differences,
    edit_cases,
    fulfils,
    random_edit,
)
from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.lots import draw_lots, is_possible
from sightline_scenes.plan import BLOCK, PlannedPicture, Role, plan_collection, scene_for
from sightline_scenes.vocabulary import NOUNS
from sightline_scenes.world import Scene, Subject

COUNT = 2000


@pytest.fixture(scope="module")
def plan() -> list[PlannedPicture]:
    return plan_collection(COUNT, seed=1)


@pytest.fixture(scope="module")
def cases(plan: list[PlannedPicture]) -> list[EditCase]:
    return cases_of(plan)


def cases_of(plan: list[PlannedPicture]) -> list[EditCase]:
    asked = {number: picture.edits for number, picture in enumerate(plan)}
    return edit_cases([picture.scene for picture in plan], asked)


CAR = Subject(Kind.CAR, Colour.RED, Size.SMALL, Side.LEFT, Depth.NEAR)
DOG = Subject(Kind.DOG, Colour.BROWN, Size.SMALL, Side.MIDDLE, Depth.NEAR)
BEACH = Scene(Setting.BEACH, Time.DAY, Weather.CLEAR, (CAR, DOG))
CAR_NOUN, DOG_NOUN, BUS_NOUN = NOUNS[Kind.CAR][0], NOUNS[Kind.DOG][0], NOUNS[Kind.BUS][0]
BUS = replace(CAR, kind=Kind.BUS)


def claim(kind: Kind, colour: Colour | None) -> SubjectClaim:
    return SubjectClaim(frozenset({kind}), colour)


RED_CAR, BROWN_DOG = claim(Kind.CAR, Colour.RED), claim(Kind.DOG, Colour.BROWN)
BEFORE = Claims(frozenset({Setting.BEACH}), Time.DAY, Weather.CLEAR, subjects=(RED_CAR, BROWN_DOG))


def test_an_outline_keeps_everything_but_sizes_and_places() -> None:
    assert outline(BEACH) == BEFORE


def test_each_change_changes_what_it_says_and_nothing_else() -> None:
    assert ChangeTime(Time.NIGHT).target(BEFORE) == replace(BEFORE, time=Time.NIGHT)
    assert ChangeWeather(Weather.FOG).target(BEFORE) == replace(BEFORE, weather=Weather.FOG)
    city = frozenset({Setting.CITY})
    assert ChangeSetting(Setting.CITY).target(BEFORE) == replace(BEFORE, settings=city)
    subjects: dict[Change, tuple[SubjectClaim, ...]] = {
        Recolour(CAR_NOUN, CAR, Colour.BLUE): (BROWN_DOG, claim(Kind.CAR, Colour.BLUE)),
        Remove(CAR_NOUN, CAR): (BROWN_DOG,),
        Add(BUS_NOUN, BUS, None): (RED_CAR, BROWN_DOG, claim(Kind.BUS, None)),
        Replace(CAR_NOUN, CAR, BUS_NOUN, BUS, Colour.RED): (
            BROWN_DOG,
            claim(Kind.BUS, Colour.RED),
        ),
    }
    for change, expected in subjects.items():
        assert change.target(BEFORE) == replace(BEFORE, subjects=expected)


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (BEACH, 0),
        (replace(BEACH, subjects=(replace(CAR, side=Side.RIGHT, size=Size.LARGE), DOG)), 0),
        (replace(BEACH, time=Time.NIGHT), 1),
        (replace(BEACH, time=Time.NIGHT, weather=Weather.RAIN), 2),
        (replace(BEACH, subjects=(CAR,)), 1),
        (replace(BEACH, subjects=(CAR, DOG, BUS)), 1),
        (replace(BEACH, subjects=(replace(CAR, colour=Colour.BLUE), DOG)), 1),
        (replace(BEACH, subjects=(BUS, DOG)), 1),
        (replace(BEACH, subjects=(replace(BUS, side=Side.RIGHT),)), 2),
        (replace(BEACH, setting=Setting.CITY, subjects=(BUS, DOG)), 2),
    ],
)
def test_differences_are_counted(scene: Scene, expected: int) -> None:
    assert differences(scene, BEFORE) == expected
    assert fulfils(scene, BEFORE) is (expected == 0)


def test_a_subject_too_many_does_not_fulfil_an_instruction() -> None:
    at_night = ChangeTime(Time.NIGHT).target(BEFORE)
    night = replace(BEACH, time=Time.NIGHT)
    assert fulfils(night, at_night)
    assert not fulfils(replace(night, subjects=(CAR, DOG, BUS)), at_night)
    assert not fulfils(replace(night, subjects=(CAR,)), at_night)


@given(st.integers(), st.sampled_from(ChangeKind))
def test_a_proposed_change_is_never_true_of_the_reference(seed: int, kind: ChangeKind) -> None:
    scene = draw_lots(Dice(seed))
    change = propose(kind, scene, Dice(seed))
    if change is not None:
        assert change.kind is kind
        assert differences(scene, change.target(outline(scene))) == 1
        assert change.words(scene, Dice(seed))


@given(st.integers(), st.sampled_from(list(permutations(ChangeKind, 2))))
def test_two_changes_at_once_are_two_differences(
    seed: int, kinds: tuple[ChangeKind, ChangeKind]
) -> None:
    scene = draw_lots(Dice(seed))
    edit = random_edit(scene, kinds, Dice(seed))
    if edit is not None:
        assert edit.kinds == kinds
        # An addition and a removal are together as good as one replacement.
        undoing = {ChangeKind.ADD, ChangeKind.REMOVE}
        assert differences(scene, edit.target(scene)) == 2 - (set(kinds) == undoing)


def test_the_subject_that_an_instruction_names_is_the_only_one_it_fits() -> None:
    boat = Subject(Kind.BOAT, Colour.RED, Size.SMALL, Side.LEFT, Depth.NEAR)
    sail = replace(boat, kind=Kind.SAILBOAT, side=Side.RIGHT)
    harbour = Scene(Setting.HARBOUR, Time.DAY, Weather.CLEAR, (boat, sail))
    for seed in range(200):
        change = propose(ChangeKind.REMOVE, harbour, Dice(seed))
        if isinstance(change, Remove):
            assert change.noun.text != "boat"


# Ground truth --------------------------------------------------------------------------------


def slow_truth(
    scenes: list[Scene], case: EditCase, edit: Edit
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What is fulfilled and what nearly is, by going through everything from the definitions."""
    reference = scenes[case.reference]
    target = edit.target(reference)
    fulfilled, near = [], []
    for number, scene in enumerate(scenes):
        if number == case.reference:
            continue
        if is_exactly(scene, target):
            fulfilled.append(number)
        elif is_exactly(scene, outline(reference)) or is_one_off(scene, target):
            near.append(number)
    return tuple(fulfilled), tuple(near)


def is_exactly(scene: Scene, wanted: Claims) -> bool:
    around = (frozenset({scene.setting}), scene.time, scene.weather)
    return around == (wanted.settings, wanted.time, wanted.weather) and pairs_off(
        scene.subjects, wanted.subjects
    )


def pairs_off(subjects: tuple[Subject, ...], claims: tuple[SubjectClaim, ...]) -> bool:
    return len(subjects) == len(claims) and any(
        all(c.fits(s) for c, s in zip(claims, order, strict=True))
        for order in permutations(subjects)
    )


def is_one_off(scene: Scene, wanted: Claims) -> bool:
    """Whether putting right one thing would do."""
    for setting in wanted.settings:
        if is_exactly(replace(scene, setting=setting), wanted):
            return True
    time, weather = wanted.time, wanted.weather
    assert time is not None
    assert weather is not None
    if is_exactly(replace(scene, time=time), wanted):
        return True
    if is_exactly(replace(scene, weather=weather), wanted):
        return True
    around = replace(wanted, subjects=())
    if not is_exactly(replace(scene, subjects=()), around):
        return False
    without_one = [remove(scene.subjects, i) for i in range(len(scene.subjects))]
    wanted_less = [remove(wanted.subjects, i) for i in range(len(wanted.subjects))]
    return (
        any(pairs_off(fewer, wanted.subjects) for fewer in without_one)
        or any(pairs_off(scene.subjects, fewer) for fewer in wanted_less)
        or any(pairs_off(a, b) for a in without_one for b in wanted_less)
    )


def remove(items: tuple, index: int) -> tuple:  # type: ignore[type-arg]
    return items[:index] + items[index + 1 :]


def test_ground_truth_agrees_with_the_slow_form() -> None:
    plan = plan_collection(400, seed=5)
    scenes = [picture.scene for picture in plan]
    cases = {(case.reference, case.instruction): case for case in cases_of(plan)}
    compared = 0
    for number, picture in enumerate(plan):
        for edit in picture.edits:
            case = cases[number, edit.instruction]
            assert (case.fulfilled, case.near_misses) == slow_truth(scenes, case, edit)
            assert case.kinds == edit.kinds
            compared += 1
    assert compared == len(cases) > 50


def test_an_edit_that_nothing_fulfils_is_left_out() -> None:
    edit = Edit("at night", (ChangeTime(Time.NIGHT),))
    night = replace(BEACH, time=Time.NIGHT)
    assert edit_cases([BEACH, BEACH], {0: [edit]}) == []
    (case,) = edit_cases([BEACH, night, BEACH], {0: [edit]})
    assert case.fulfilled == (1,)
    assert case.near_misses == (2,)  # As the reference, without the edit.


def test_the_demo_has_hundreds_of_cases_of_every_kind(cases: list[EditCase]) -> None:
    assert len(cases) >= 300
    singles = Counter(case.kinds[0] for case in cases if len(case.kinds) == 1)
    assert set(singles) == set(ChangeKind)
    assert min(singles.values()) >= 20
    assert sum(len(case.kinds) == 2 for case in cases) >= 60
    assert sum(bool(case.near_misses) for case in cases) >= 0.9 * len(cases)
    assert all(case.fulfilled for case in cases)


def test_the_reference_is_never_among_the_answers(cases: list[EditCase]) -> None:
    for case in cases:
        assert case.reference not in case.fulfilled
        assert case.reference not in case.near_misses
        assert not set(case.fulfilled) & set(case.near_misses)


def test_instructions_use_known_words_and_are_tidy(cases: list[EditCase]) -> None:
    known = set(every_word())
    for case in cases:
        assert set(re.findall(r"[a-z]+", case.instruction)) <= known
        assert re.fullmatch(r"[a-z]+((, | )[a-z]+)*", case.instruction), case.instruction
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]|\b(\w+) \1\b", case.instruction)


# The plan ------------------------------------------------------------------------------------


def test_every_planned_scene_is_possible(plan: list[PlannedPicture]) -> None:
    assert len(plan) == COUNT
    assert all(is_possible(picture.scene) for picture in plan)


def test_a_smaller_plan_is_the_beginning_of_a_larger_one(plan: list[PlannedPicture]) -> None:
    for count in (1, BLOCK - 1, BLOCK, BLOCK + 1, 777):
        assert plan_collection(count, seed=1) == plan[:count]


def test_another_seed_plans_another_collection(plan: list[PlannedPicture]) -> None:
    other = plan_collection(100, seed=2)
    assert sum(a.scene == b.scene for a, b in zip(other, plan, strict=False)) < 5


@pytest.mark.parametrize("count", [0, -1])
def test_nothing_cannot_be_planned(count: int) -> None:
    with pytest.raises(InvalidValueError, match="at least 1"):
        plan_collection(count, seed=1)


def test_families_are_a_share_of_the_collection(plan: list[PlannedPicture]) -> None:
    roles = Counter(picture.role for picture in plan)
    assert 0.35 * COUNT < COUNT - roles[Role.FREE] - roles[Role.QUERY] < 0.5 * COUNT
    assert roles[Role.REFERENCE] == COUNT // BLOCK


def test_every_demo_query_has_answers_in_the_demo(plan: list[PlannedPicture]) -> None:
    for query in DEMO_QUERIES:
        answers = sum(query.claims.hold_in(picture.scene) for picture in plan)
        assert answers >= 4, query.text


@given(st.integers())
def test_a_scene_to_order_shows_what_was_ordered(seed: int) -> None:
    wanted = outline(draw_lots(Dice(seed)))
    scene = scene_for(wanted, Dice(seed))
    if scene is not None:
        assert is_possible(scene)
        assert fulfils(scene, wanted)


def test_a_scene_like_another_keeps_its_arrangement() -> None:
    night = replace(outline(BEACH), time=Time.NIGHT)
    assert scene_for(night, Dice(1), like=BEACH) == replace(BEACH, time=Time.NIGHT)


def test_an_impossible_order_gives_nothing() -> None:
    cactus = claim(Kind.CACTUS, None)
    beach = Claims(frozenset({Setting.BEACH}), subjects=(cactus,))
    assert scene_for(beach, Dice(1)) is None
