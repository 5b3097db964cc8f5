"""Parts of a caption: noun phrases, and where, when and in what weather a scene is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sightline_scenes import vocabulary as words
from sightline_scenes.claims import NOTHING, Claims, SubjectClaim
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind, Medium, Setting, Size, Time, Weather
from sightline_scenes.world import Scene, Subject

_BEFORE_VOWEL = re.compile(r"\ba (?=[aeiou])")


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words, and what they say."""

    text: str
    claims: Claims = NOTHING


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """How a subject is named. Kept apart until the end, so that a colour can be exchanged.

    Attributes:
        noun: What it is called.
        size: The word for its size, or "".
        colour: The word for its colour, or "".
        frame: Where the parts go: {name} takes size, colour and noun; clothes take {colour}.
        claim: What all of it says.
    """

    noun: words.Noun
    size: str
    colour: str
    frame: str
    claim: SubjectClaim

    def text(self, article: str = "a") -> str:
        """Return the words, after "a", "the", or nothing."""
        dressed = "{colour}" in self.frame
        parts = (self.size, "" if dressed else self.colour, self.noun.text)
        name = " ".join(part for part in parts if part)
        whole = self.frame.format(name=name, colour=self.colour)
        return f"{article} {whole}" if article else whole

    def recoloured(self, other: NounPhrase) -> NounPhrase:
        """Return the same words with another's colour."""
        claim = replace(self.claim, colour=other.claim.colour)
        return replace(self, colour=other.colour, claim=claim)


def with_articles(text: str) -> str:
    """Return a text in which "a" became "an" before a vowel."""
    return _BEFORE_VOWEL.sub("an ", text)


def joined(phrases: Sequence[Phrase], separator: str = " ") -> Phrase:
    """Return several phrases as one; what they say adds up."""
    claims = NOTHING
    for phrase in phrases:
        claims = claims.with_others(phrase.claims)
    return Phrase(separator.join(p.text for p in phrases if p.text), claims)


def listed(phrases: Sequence[Phrase]) -> Phrase:
    """Return "one, two and three"."""
    if len(phrases) == 1:
        return phrases[0]
    start, last = joined(phrases[:-1], ", "), phrases[-1]
    return joined((start, last), " and ")


def noun_for(subject: Subject, dice: Dice, *, wide: bool = False) -> words.Noun:
    """Return a word for a subject; ``wide`` allows "tree" and "animal"."""
    if wide:
        fitting = [noun for noun in words.WIDER_NOUNS if subject.kind in noun.kinds]
        if fitting:
            return dice.pick(fitting)
    first, *others = (
        noun
        for noun in words.NOUNS[subject.kind]
        if noun.size in (None, subject.size) and noun.colour in (None, subject.colour)
    )
    return first if not others or dice.chance(0.5) else dice.pick(others)


def plain_noun(kind: Kind, dice: Dice) -> words.Noun:
    """Return a word for a kind that says nothing of size or colour."""
    return dice.pick([n for n in words.NOUNS[kind] if n.size is None and n.colour is None])


def noun_phrase(
    subject: Subject,
    dice: Dice,
    *,
    colour: bool = True,
    size: bool = False,
    wide: bool = False,
    noun: words.Noun | None = None,
) -> NounPhrase:
    """Return a way to name a subject, with as much of it as is asked for."""
    noun = noun or noun_for(subject, dice, wide=wide)
    size_said = size and noun.size is None
    claim = SubjectClaim(
        noun.kinds,
        subject.colour if colour else noun.colour,
        subject.size if size_said else noun.size,
    )
    return NounPhrase(
        noun,
        _size_word(subject, dice) if size_said else "",
        dice.weighted(words.COLOURS[subject.colour]) if colour else "",
        _frame(subject.kind, dice, dressed=colour),
        claim,
    )


def _size_word(subject: Subject, dice: Dice) -> str:
    if subject.size is Size.LARGE and subject.kind in words.TALL_KINDS:
        if dice.chance(0.7 if subject.kind in words.PEOPLE else 0.3):
            return words.TALL
    return dice.weighted(words.SIZES[subject.size])


def _frame(kind: Kind, dice: Dice, *, dressed: bool) -> str:
    if kind in words.CLOTHES and dressed:
        return "{name} " + dice.pick(words.CLOTHES[kind]).format("{colour}")
    return "{name}"


def named(name: NounPhrase, dice: Dice) -> Phrase:
    """Return a subject with its article: "a small red car", "some red flowers"."""
    claims = Claims(subjects=(name.claim,))
    if name.noun.kinds == words.PLURAL_KINDS:
        bunch = dice.pick(words.BUNCHES)
        return Phrase(bunch.format(name.text("")), claims)
    return Phrase(name.text(), claims)


def position(subject: Subject, dice: Dice, *, side: bool, depth: bool) -> tuple[str, SubjectClaim]:
    """Return where in the picture a subject is, in words and as a claim."""
    claim = SubjectClaim(
        side=subject.side if side else None, depth=subject.depth if depth else None
    )
    corner = words.CORNERS.get((subject.side, subject.depth), ())
    if side and depth and corner and subject.medium is Medium.GROUND and dice.chance(0.3):
        return dice.pick(corner), claim
    parts = []
    if side:
        parts.append(dice.pick(words.SIDES[subject.side]))
    if depth:
        parts.append(dice.pick(words.DEPTHS[subject.medium][subject.depth]))
    return " ".join(dice.shuffled(parts)), claim


def place(scene: Scene, dice: Dice, subjects: Sequence[Subject], *, wide: bool = True) -> Phrase:
    """Return where a scene is, in words that suit the subjects.

    Args:
        scene: What is described.
        dice: Decides on the words.
        subjects: Those that the phrase stands with; none, and it suits whatever follows.
        wide: Whether "by the sea" will do for a beach.
    """
    media = {subject.medium for subject in subjects} or set(Medium)
    fitting = [
        place
        for place in words.PLACES[scene.setting]
        if media <= place.media and (wide or len(place.settings) == 1)
    ]
    chosen = dice.pick(fitting)
    return Phrase(chosen.text, Claims(settings=chosen.settings))


def moment(time: Time, dice: Dice) -> Phrase:
    """Return when it is."""
    return Phrase(dice.pick(words.TIMES[time]), Claims(time=time))


def weather(scene: Scene, dice: Dice) -> Phrase:
    """Return what the sky does; on a snow field, snow is said to fall."""
    falls = scene.setting is Setting.SNOWFIELD
    if scene.weather is Weather.SNOW and not falls and dice.chance(0.4):
        return Phrase(dice.pick(words.SNOW_PLACES), Claims(snow=True))
    return Phrase(dice.pick(words.WEATHERS[scene.weather]), Claims(weather=scene.weather))


def moment_and_weather(scene: Scene, dice: Dice) -> list[Phrase]:
    """Return when it is and what the sky does, in one phrase or two."""
    choices: list[Callable[[Scene, Dice], list[Phrase]]] = [_apart]
    if scene.weather is Weather.CLEAR:
        choices.append(_clear_time)
    if scene.weather is not Weather.SNOW or scene.setting is not Setting.SNOWFIELD:
        choices.append(_kind_of_day)
    return dice.pick(choices)(scene, dice)


def _apart(scene: Scene, dice: Dice) -> list[Phrase]:
    return [moment(scene.time, dice), weather(scene, dice)]


def _clear_time(scene: Scene, dice: Dice) -> list[Phrase]:
    text = dice.pick(words.CLEAR_TIMES[scene.time])
    return [Phrase(text, Claims(time=scene.time, weather=Weather.CLEAR))]


def _kind_of_day(scene: Scene, dice: Dice) -> list[Phrase]:
    clear = scene.weather is Weather.CLEAR
    adjectives = words.CLEAR_ADJECTIVES[scene.time] if clear else ()
    adjective = dice.pick(adjectives or words.WEATHER_ADJECTIVES[scene.weather])
    text = f"on a {adjective} {dice.pick(words.DAY_NOUNS[scene.time])}"
    return [Phrase(text, replace(adjective_claims(scene), time=scene.time))]


def adjective_claims(scene: Scene) -> Claims:
    """Return what an adjective of the weather says: "snowy" may be falling or lying snow."""
    if scene.weather is Weather.SNOW:
        return Claims(snow=True)
    return Claims(weather=scene.weather)


def scenery(scene: Scene, dice: Dice, *, described: bool) -> Phrase:
    """Return what the scene is a picture of, such as "foggy forest", without an article.

    Args:
        scene: What is described.
        dice: Decides on the words.
        described: Whether to put the weather before it, where it has an adjective there.
    """
    noun = dice.pick(words.SCENERIES[scene.setting])
    claims = Claims(settings=frozenset({scene.setting}))
    adjectives = scenery_adjectives(scene) if described else ()
    if not adjectives:
        return Phrase(noun, claims)
    said = adjective_claims(scene).with_others(claims)
    if scene.weather is Weather.CLEAR:
        said = replace(said, time=scene.time)
    return Phrase(f"{dice.pick(adjectives)} {noun}", said)


def scenery_adjectives(scene: Scene) -> tuple[str, ...]:
    """Return what the weather can be called before the name of the place."""
    if scene.weather is Weather.CLEAR:
        return words.CLEAR_SCENERY_ADJECTIVES[scene.time]
    if scene.weather is Weather.SNOW and scene.setting is Setting.SNOWFIELD:
        return ()  # "a snowy snow field" would not say that it falls.
    return words.WEATHER_ADJECTIVES[scene.weather]


def posed(subject: Subject, name: NounPhrase, dice: Dice, probability: float) -> Phrase:
    """Return a subject with its article and, with some probability, what it does."""
    phrase = named(name, dice)
    wide = name.noun not in words.NOUNS[subject.kind]
    poses = () if wide else words.POSES.get(subject.kind, ())
    if poses and dice.chance(probability):
        return replace(phrase, text=f"{phrase.text} {dice.pick(poses)}")
    return phrase


def placed(
    subject: Subject,
    name: NounPhrase,
    dice: Dice,
    *,
    side: bool,
    depth: bool,
    place_first: bool = False,
    article: str = "a",
) -> Phrase:
    """Return a subject and where it is in the picture."""
    where, claim = position(subject, dice, side=side, depth=depth)
    whole = replace(name.claim, side=claim.side, depth=claim.depth)
    if article:
        text = posed(subject, name, dice, 0.0 if place_first or not where else 0.08).text
    else:
        text = name.text("")
    parts = (where, text) if place_first else (text, where)
    return Phrase(" ".join(part for part in parts if part), Claims(subjects=(whole,)))


def around_phrases(scene: Scene, dice: Dice, subjects: Sequence[Subject]) -> list[Phrase]:
    """Return where and when it is and what the weather does, in random order."""
    when = (
        moment_and_weather(scene, dice)
        if dice.chance(0.3)
        else [moment(scene.time, dice), weather(scene, dice)]
    )
    return dice.shuffled([place(scene, dice, subjects), *when])
