"""Which scenes a collection holds.

Scenes drawn at random hardly ever fulfil an edit of one another, so families are planted among
them: a reference, pictures that fulfil edits of it, and near misses; and now and then a picture
that answers one of the demo queries. Every block of ``BLOCK`` pictures is planned by itself, from
the seed and its own number, so a smaller collection is the beginning of a larger one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count as count_from

from sightline.errors import InvalidValueError
from sightline_scenes.captions import DEMO_QUERIES
from sightline_scenes.changes import ChangeKind, outline
from sightline_scenes.claims import Claims, SubjectClaim
from sightline_scenes.dice import Dice
from sightline_scenes.edits import Edit, fulfils, random_edit
from sightline_scenes.kinds import TRAITS, WEATHERS, Kind, Setting, Time, Weather
from sightline_scenes.lots import draw_lots, draw_subject, is_possible
from sightline_scenes.world import Scene, Subject

BLOCK = 25
_EDITS = 4
_TRIES = 60


class Role(StrEnum):
    """Why a scene is in the collection. Ground truth never relies on it."""

    FREE = "free"
    QUERY = "query"
    REFERENCE = "reference"
    FULFILS = "fulfils"
    NEAR_MISS = "near miss"


@dataclass(frozen=True, slots=True)
class PlannedPicture:
    """A scene to draw.

    Attributes:
        scene: What it shows.
        role: Why it is there.
        family: The number of its block where it belongs to a family, else None.
        edits: What may be asked with it as the reference.
    """

    scene: Scene
    role: Role = Role.FREE
    family: int | None = None
    edits: tuple[Edit, ...] = ()


def plan_collection(count: int, seed: int) -> list[PlannedPicture]:
    """Return what to draw, picture by picture.

    Raises:
        InvalidValueError: count is below 1.
    """
    if count < 1:
        raise InvalidValueError("count", count, "at least 1")
    planned: list[PlannedPicture] = []
    for number in range((count + BLOCK - 1) // BLOCK):
        planned += _block(number, Dice("plan", seed, number))
    return planned[:count]


def _block(number: int, dice: Dice) -> list[PlannedPicture]:
    pictures = _family(number, dice)
    query = DEMO_QUERIES[number % len(DEMO_QUERIES)].claims
    answer = scene_for(query, dice, others=dice.below(2))
    if answer is not None:
        pictures.append(PlannedPicture(answer, Role.QUERY))
    pictures += [PlannedPicture(draw_lots(dice)) for _ in range(BLOCK - len(pictures))]
    return dice.shuffled(pictures)


# Families ------------------------------------------------------------------------------------

# One change, mostly; the kinds take turns from block to block.
_SINGLE = tuple(ChangeKind)
_DOUBLE = (
    (ChangeKind.RECOLOUR, ChangeKind.TIME),
    (ChangeKind.ADD, ChangeKind.WEATHER),
    (ChangeKind.REMOVE, ChangeKind.TIME),
    (ChangeKind.SETTING, ChangeKind.TIME),
    (ChangeKind.REPLACE, ChangeKind.RECOLOUR),
    (ChangeKind.TIME, ChangeKind.WEATHER),
    (ChangeKind.ADD, ChangeKind.RECOLOUR),
    (ChangeKind.RECOLOUR, ChangeKind.SETTING),
    (ChangeKind.WEATHER, ChangeKind.REMOVE),
)


def _family(number: int, dice: Dice) -> list[PlannedPicture]:
    """Return a reference, a picture like it, and for each edit what fulfils or just misses it."""
    for attempt in count_from():
        reference = draw_lots(dice)
        asked = _asked(number)
        edits = [random_edit(reference, kinds, dice) for kinds in asked]
        found = [edit for edit in edits if edit is not None]
        planted = [_planted(edit, reference, number, dice, i) for i, edit in enumerate(found)]
        enough = len([p for p in planted if p]) == len(asked)
        if enough or attempt >= _TRIES:
            break
    likeness = scene_for(outline(reference), dice)
    pictures = [PlannedPicture(reference, Role.REFERENCE, number, tuple(found))]
    if likeness is not None:
        pictures.append(PlannedPicture(likeness, Role.NEAR_MISS, number))
    return pictures + [picture for group in planted for picture in group]


def _asked(number: int) -> list[tuple[ChangeKind, ...]]:
    singles = [(_SINGLE[(number * (_EDITS - 1) + i) % len(_SINGLE)],) for i in range(_EDITS - 1)]
    return [*singles, _DOUBLE[number % len(_DOUBLE)]]


def _planted(
    edit: Edit, reference: Scene, family: int, dice: Dice, place: int
) -> list[PlannedPicture]:
    """Return one or two pictures that fulfil an edit, and for most edits a near miss."""
    target = edit.target(reference)
    good = [scene_for(target, dice, like=reference)]
    if place % 2:
        good.append(scene_for(target, dice))
    pictures = [PlannedPicture(scene, Role.FULFILS, family) for scene in good if scene is not None]
    if pictures and place < _EDITS - 1:
        miss = _near_miss(pictures[0].scene, target, dice)
        if miss is not None:
            pictures.append(PlannedPicture(miss, Role.NEAR_MISS, family))
    return pictures


def _near_miss(fulfilling: Scene, target: Claims, dice: Dice) -> Scene | None:
    for _ in range(_TRIES):
        wrong = random_edit(fulfilling, (dice.pick(_SINGLE),), dice)
        if wrong is not None:
            scene = scene_for(wrong.target(fulfilling), dice, like=fulfilling)
            if scene is not None and not fulfils(scene, target):
                return scene
    return None


# Scenes to order -----------------------------------------------------------------------------


def scene_for(
    claims: Claims, dice: Dice, *, like: Scene | None = None, others: int = 0
) -> Scene | None:
    """Return a random scene of which claims are true, or None where none is found.

    Args:
        claims: What it must show; it has no other subjects than these.
        dice: Decides on what the claims leave open.
        like: A scene whose subjects keep their sizes and places where that is possible.
        others: Subjects to add that the claims do not speak of.
    """
    for attempt in range(_TRIES * 3):
        setting, weather = _around(claims, dice)
        pattern = like if attempt < _TRIES // 4 else None
        subjects = [_subject(claim, setting, dice, pattern) for claim in claims.subjects]
        subjects += [draw_subject(dice, setting) for _ in range(others or not subjects)]
        time = claims.time or dice.pick(tuple(Time))
        scene = Scene(setting, time, weather, tuple(s for s in subjects if s is not None))
        if None not in subjects and is_possible(scene) and claims.hold_in(scene):
            return scene
    return None


def _around(claims: Claims, dice: Dice) -> tuple[Setting, Weather]:
    setting = dice.pick(sorted(claims.settings) or tuple(Setting))
    return setting, claims.weather or dice.pick(WEATHERS[setting])


def _subject(
    claim: SubjectClaim, setting: Setting, dice: Dice, like: Scene | None
) -> Subject | None:
    kinds = [k for k in sorted(claim.kinds or set(Kind)) if setting in TRAITS[k].settings]
    if not kinds:
        return None
    subject = draw_subject(dice, setting, dice.pick(kinds))
    subject = replace(
        subject,
        colour=claim.colour or subject.colour,
        size=claim.size or subject.size,
        side=claim.side or subject.side,
        depth=claim.depth or subject.depth,
    )
    return subject if like is None else _placed_like(subject, like.subjects)


def _placed_like(subject: Subject, others: Sequence[Subject]) -> Subject:
    for other in others:
        if other.kind is subject.kind:
            return replace(subject, size=other.size, side=other.side, depth=other.depth)
    return subject
