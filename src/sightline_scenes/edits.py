"""Composed search with ground truth: a picture, an instruction, and which pictures fulfil it.

A picture fulfils an instruction when what the instruction asks for holds and everything else is as
in the reference: setting, time, weather, and exactly the same subjects in the same colours, none
more and none less. Sizes and places are free: "the same at night" is still the same if the dog
stands on the other side. Where an instruction names no colour ("with a dog"), any will do.

A near miss does not fulfil it, but either is as the reference was, as if there had been no
instruction, or is wrong in one thing only: setting, time, weather, or one subject that is missing,
too much, or another. The reference itself is neither.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations

from sightline_scenes.changes import Change, ChangeKind, outline, propose
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Setting, Time, Weather
from sightline_scenes.phrases import with_articles
from sightline_scenes.vocabulary import ONLY_FIRST
from sightline_scenes.world import Scene


@dataclass(frozen=True, slots=True)
class Edit:
    """One or two changes, as they were asked for."""

    instruction: str
    changes: tuple[Change, ...]

    @property
    def kinds(self) -> tuple[ChangeKind, ...]:
        """What the changes are about."""
        return tuple(change.kind for change in self.changes)

    def target(self, reference: Scene) -> Claims:
        """Return what is wanted; it is fulfilled by a scene with exactly these subjects."""
        wanted = outline(reference)
        for change in self.changes:
            wanted = change.target(wanted)
        return wanted


@dataclass(frozen=True, slots=True)
class EditCase:
    """A composed query with its ground truth. Pictures are numbered as in the collection.

    Attributes:
        reference: The picture that is shown.
        instruction: What is asked for.
        kinds: What the instruction is about.
        target: What a picture must show, and no other subject.
        fulfilled: The pictures that do, ascending; at least one.
        near_misses: Those that almost do, ascending.
    """

    reference: int
    instruction: str
    kinds: tuple[ChangeKind, ...]
    target: Claims
    fulfilled: tuple[int, ...]
    near_misses: tuple[int, ...]


def fulfils(scene: Scene, target: Claims) -> bool:
    """Return whether a scene shows what is wanted and nothing else."""
    return len(scene.subjects) == len(target.subjects) and target.hold_in(scene)


def differences(scene: Scene, target: Claims) -> int:
    """Return how many things must change for a scene to fulfil a target; 0 when it does.

    Setting, time and weather count one each, and so does a subject that is missing, too much, or
    of the wrong kind or colour.
    """
    around = (scene.setting not in target.settings) + (scene.time is not target.time)
    around += scene.weather is not target.weather
    size = max(len(scene.subjects), len(target.subjects))
    return around + size - _matched(scene, target)


def _matched(scene: Scene, target: Claims) -> int:
    """Return how many subjects can be told to be wanted ones, each another."""
    fits = [[claim.fits(subject) for subject in scene.subjects] for claim in target.subjects]
    if len(fits) > len(scene.subjects):
        fits = [list(column) for column in zip(*fits, strict=True)]
    others = range(len(fits[0]))
    return max(
        sum(row[place] for row, place in zip(fits, places, strict=True))
        for places in permutations(others, len(fits))
    )


def random_edit(scene: Scene, kinds: Sequence[ChangeKind], dice: Dice) -> Edit | None:
    """Return an edit of a scene with changes of these kinds, or None where it has none.

    Two changes touch different subjects, and the instruction names neither twice.
    """
    changes: list[Change] = []
    touched: set[object] = set()
    for kind in kinds:
        change = propose(kind, scene, dice)
        if change is None or change.touches & touched:
            return None
        changes.append(change)
        touched |= change.touches
    return Edit(_instruction(changes, scene, dice), tuple(changes))


def _instruction(changes: Sequence[Change], scene: Scene, dice: Dice) -> str:
    texts = [change.words(scene, dice) for change in changes]
    for prefix in ONLY_FIRST:
        texts[1:] = [text.removeprefix(prefix) for text in texts[1:]]
    return with_articles(dice.pick((" and ", " and ", ", ")).join(texts))


def edit_cases(scenes: Sequence[Scene], edits: Mapping[int, Iterable[Edit]]) -> list[EditCase]:
    """Return every edit that some picture of the collection fulfils, with its ground truth.

    Args:
        scenes: The whole collection; a picture's number is its place here.
        edits: What may be asked, by the number of the reference.
    """
    shelves = _Shelves(scenes)
    cases = [shelves.case(reference, edit) for reference, asked in edits.items() for edit in asked]
    return [case for case in cases if case.fulfilled]


class _Shelves:
    """A collection sorted by setting, time and weather, so that most can be passed by."""

    def __init__(self, scenes: Sequence[Scene]) -> None:
        self._scenes = scenes
        self._shelves: dict[tuple[Setting, Time, Weather], list[int]] = defaultdict(list)
        for number, scene in enumerate(scenes):
            self._shelves[scene.setting, scene.time, scene.weather].append(number)

    def case(self, reference: int, edit: Edit) -> EditCase:
        """Return one case, perhaps with nothing that fulfils it."""
        before = outline(self._scenes[reference])
        target = edit.target(self._scenes[reference])
        near: set[int] = set()
        fulfilled = []
        for number in self._within_one_of(target):
            wrong = differences(self._scenes[number], target)
            if wrong == 0:
                fulfilled.append(number)
            elif wrong == 1:
                near.add(number)
        near.update(n for n in self._within_one_of(before) if fulfils(self._scenes[n], before))
        near.discard(reference)
        return EditCase(
            reference,
            edit.instruction,
            edit.kinds,
            target,
            tuple(sorted(fulfilled)),
            tuple(sorted(near)),
        )

    def _within_one_of(self, target: Claims) -> Iterable[int]:
        for (setting, time, weather), numbers in self._shelves.items():
            wrong = (setting not in target.settings) + (time is not target.time)
            if wrong + (weather is not target.weather) <= 1:
                yield from numbers
