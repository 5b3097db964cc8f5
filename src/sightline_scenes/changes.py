"""What can be asked to be different in a picture, in words and as a claim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from sightline_scenes import phrases, vocabulary
from sightline_scenes.claims import Claims, SubjectClaim
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS, WEATHERS, Colour, Kind, Setting, Time, Weather
from sightline_scenes.lots import kinds_in
from sightline_scenes.vocabulary import Noun
from sightline_scenes.world import Scene, Subject


class ChangeKind(StrEnum):
    """What a change is about."""

    TIME = "time"
    WEATHER = "weather"
    SETTING = "setting"
    RECOLOUR = "recolour"
    ADD = "add"
    REMOVE = "remove"
    REPLACE = "replace"


class Change(Protocol):
    """One thing that is to be different."""

    @property
    def kind(self) -> ChangeKind:
        """What it is about."""
        ...

    @property
    def touches(self) -> frozenset[Kind]:
        """The kinds of subject that it names; empty where it is about the whole picture."""
        ...

    def target(self, before: Claims) -> Claims:
        """Return what is wanted, given what was wanted before."""
        ...

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return how somebody who sees the scene might ask for it."""
        ...


def outline(scene: Scene) -> Claims:
    """Return what an edit keeps unless it says otherwise: all but sizes and places."""
    subjects = tuple(SubjectClaim(frozenset({s.kind}), s.colour) for s in scene.subjects)
    return Claims(frozenset({scene.setting}), scene.time, scene.weather, subjects=subjects)


@dataclass(frozen=True, slots=True)
class ChangeTime:
    """At another time."""

    time: Time
    kind = ChangeKind.TIME
    touches = frozenset[Kind]()

    def target(self, before: Claims) -> Claims:
        """Return the same at this time."""
        return replace(before, time=self.time)

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "at night"."""
        if dice.chance(0.3):
            return dice.pick(vocabulary.CHANGED_TIMES[self.time])
        return _around(dice.pick(vocabulary.TIMES[self.time]), dice)


@dataclass(frozen=True, slots=True)
class ChangeWeather:
    """In other weather."""

    weather: Weather
    kind = ChangeKind.WEATHER
    touches = frozenset[Kind]()

    def target(self, before: Claims) -> Claims:
        """Return the same in this weather."""
        return replace(before, weather=self.weather)

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "in the rain"."""
        if self.weather is Weather.CLEAR and dice.chance(0.5):
            return dice.pick(vocabulary.ENDED_WEATHERS[scene.weather])
        if dice.chance(0.3):
            return dice.pick(vocabulary.CHANGED_WEATHERS[self.weather])
        return _around(phrases.weather(replace(scene, weather=self.weather), dice).text, dice)


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Somewhere else."""

    setting: Setting
    kind = ChangeKind.SETTING
    touches = frozenset[Kind]()

    def target(self, before: Claims) -> Claims:
        """Return the same in this setting."""
        return replace(before, settings=frozenset({self.setting}))

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "on a beach"."""
        if dice.chance(0.3):
            form = dice.pick(vocabulary.INSTRUCTIONS["setting"])
            return form.format(dice.pick(vocabulary.SCENERIES[self.setting]))
        there = replace(scene, setting=self.setting)
        return _around(phrases.place(there, dice, scene.subjects, wide=False).text, dice)


@dataclass(frozen=True, slots=True)
class Recolour:
    """One subject in another colour."""

    noun: Noun
    subject: Subject
    colour: Colour
    kind = ChangeKind.RECOLOUR

    @property
    def touches(self) -> frozenset[Kind]:
        """Whose colour changes."""
        return self.noun.kinds

    def target(self, before: Claims) -> Claims:
        """Return the same with this subject in the new colour."""
        return _exchanged(before, self.subject, replace(_claim(self.subject), colour=self.colour))

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "make the car blue"."""
        form = "dress" if self.subject.kind in vocabulary.PEOPLE else "recolour"
        colour = dice.weighted(vocabulary.COLOURS[self.colour])
        text = dice.pick(vocabulary.INSTRUCTIONS[form])
        return text.format(noun=self.noun.text, colour=colour)


@dataclass(frozen=True, slots=True)
class Add:
    """One more subject, of any colour where none is named."""

    noun: Noun
    subject: Subject
    colour: Colour | None
    kind = ChangeKind.ADD

    @property
    def touches(self) -> frozenset[Kind]:
        """What is added."""
        return self.noun.kinds

    def target(self, before: Claims) -> Claims:
        """Return the same with this subject."""
        added = SubjectClaim(self.noun.kinds, self.colour)
        return replace(before, subjects=(*before.subjects, added))

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "with a dog"."""
        thing = _thing(self.noun, self.subject, self.colour, dice)
        return dice.pick(vocabulary.INSTRUCTIONS["add"]).format(thing=thing)


@dataclass(frozen=True, slots=True)
class Remove:
    """One subject less."""

    noun: Noun
    subject: Subject
    kind = ChangeKind.REMOVE

    @property
    def touches(self) -> frozenset[Kind]:
        """What goes."""
        return self.noun.kinds

    def target(self, before: Claims) -> Claims:
        """Return the same without this subject."""
        return _exchanged(before, self.subject, None)

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "without the boat"."""
        return dice.pick(vocabulary.INSTRUCTIONS["remove"]).format(noun=self.noun.text)


@dataclass(frozen=True, slots=True)
class Replace:
    """Another subject, of any colour where none is named, in the place of one."""

    noun: Noun
    subject: Subject
    new_noun: Noun
    new_subject: Subject
    colour: Colour | None
    kind = ChangeKind.REPLACE

    @property
    def touches(self) -> frozenset[Kind]:
        """What goes and what comes."""
        return self.noun.kinds | self.new_noun.kinds

    def target(self, before: Claims) -> Claims:
        """Return the same with the one exchanged for the other."""
        return _exchanged(before, self.subject, SubjectClaim(self.new_noun.kinds, self.colour))

    def words(self, scene: Scene, dice: Dice) -> str:
        """Return such as "a tower instead of the house"."""
        thing = _thing(self.new_noun, self.new_subject, self.colour, dice)
        text = dice.pick(vocabulary.INSTRUCTIONS["replace"])
        return text.format(thing=thing, noun=self.noun.text)


def _claim(subject: Subject) -> SubjectClaim:
    return SubjectClaim(frozenset({subject.kind}), subject.colour)


def _exchanged(before: Claims, subject: Subject, new: SubjectClaim | None) -> Claims:
    old = before.subjects.index(_claim(subject))
    kept = before.subjects[:old] + before.subjects[old + 1 :]
    return replace(before, subjects=kept if new is None else (*kept, new))


def _around(text: str, dice: Dice) -> str:
    return dice.pick(vocabulary.INSTRUCTIONS["around"]).format(text)


def _thing(noun: Noun, subject: Subject, colour: Colour | None, dice: Dice) -> str:
    name = phrases.noun_phrase(subject, dice, colour=colour is not None, noun=noun)
    return phrases.named(name, dice).text


# Proposals -----------------------------------------------------------------------------------


def propose(kind: ChangeKind, scene: Scene, dice: Dice) -> Change | None:
    """Return a random change of a scene that can be asked for in plain words.

    The subject it names is the only one in the scene that its noun fits, and what it adds was not
    there before. None where this scene has no such change.
    """
    return _PROPOSERS[kind](scene, dice)


def _another_time(scene: Scene, dice: Dice) -> Change | None:
    return ChangeTime(dice.pick([time for time in Time if time is not scene.time]))


def _another_weather(scene: Scene, dice: Dice) -> Change | None:
    return ChangeWeather(dice.pick([w for w in WEATHERS[scene.setting] if w is not scene.weather]))


def _another_setting(scene: Scene, dice: Dice) -> Change | None:
    fitting = [
        setting
        for setting in Setting
        if setting is not scene.setting
        and scene.weather in WEATHERS[setting]
        and all(setting in TRAITS[subject.kind].settings for subject in scene.subjects)
    ]
    return ChangeSetting(dice.pick(fitting)) if fitting else None


def _recolour(scene: Scene, dice: Dice) -> Change | None:
    named = _one_of(scene, dice)
    if named is None:
        return None
    noun, subject = named
    others = [c for c in TRAITS[subject.kind].colours if c is not subject.colour]
    return Recolour(noun, subject, dice.pick(others)) if others else None


def _add(scene: Scene, dice: Dice) -> Change | None:
    if len(scene.subjects) > 3:
        return None
    noun, subject, colour = _newcomer(scene, dice)
    return Add(noun, subject, colour)


def _remove(scene: Scene, dice: Dice) -> Change | None:
    named = _one_of(scene, dice)
    return Remove(*named) if named is not None and len(scene.subjects) > 1 else None


def _replace(scene: Scene, dice: Dice) -> Change | None:
    named = _one_of(scene, dice)
    if named is None:
        return None
    new_noun, new_subject, colour = _newcomer(scene, dice)
    return Replace(*named, new_noun, new_subject, colour)


_PROPOSERS: Mapping[ChangeKind, Callable[[Scene, Dice], Change | None]] = {
    ChangeKind.TIME: _another_time,
    ChangeKind.WEATHER: _another_weather,
    ChangeKind.SETTING: _another_setting,
    ChangeKind.RECOLOUR: _recolour,
    ChangeKind.ADD: _add,
    ChangeKind.REMOVE: _remove,
    ChangeKind.REPLACE: _replace,
}


def _one_of(scene: Scene, dice: Dice) -> tuple[Noun, Subject] | None:
    """Return a subject with a noun that fits no other subject."""
    for subject in dice.shuffled(scene.subjects):
        noun = phrases.plain_noun(subject.kind, dice)
        if sum(other.kind in noun.kinds for other in scene.subjects) == 1:
            return noun, subject
    return None


def _newcomer(scene: Scene, dice: Dice) -> tuple[Noun, Subject, Colour | None]:
    """Return a subject of a kind that is not there yet."""
    present = {subject.kind for subject in scene.subjects}
    nouns = [phrases.plain_noun(kind, dice) for kind in kinds_in(scene.setting)]
    noun = dice.pick([noun for noun in nouns if not noun.kinds & present])
    kind = dice.pick([kind for kind in kinds_in(scene.setting) if kind in noun.kinds])
    pattern = scene.subjects[0]
    subject = replace(pattern, kind=kind, colour=dice.pick(TRAITS[kind].colours))
    return noun, subject, subject.colour if dice.chance(0.5) else None
