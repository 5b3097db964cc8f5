"""What people say of a scene, from one word to everything, and what each text claims.

Texts are in lower case and hold only the words of ``vocabulary.every_word`` with commas and colons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import permutations

from sightline.scenes import phrases, vocabulary
from sightline.scenes.claims import Claims, Relation, SubjectClaim, related
from sightline.scenes.dice import Dice
from sightline.scenes.phrases import NounPhrase, Phrase
from sightline.scenes.vocabulary import every_word
from sightline.scenes.world import (
    TRAITS,
    Colour,
    Kind,
    Scene,
    Setting,
    Size,
    Subject,
    Time,
    Weather,
)

__all__ = ["DEMO_QUERIES", "MAX_WORDS", "Caption", "Detail", "caption", "every_word", "swapped"]

MAX_WORDS = 45


@dataclass(frozen=True, slots=True)
class Caption:
    """A text about a scene, and what it says."""

    text: str
    claims: Claims


class Detail(StrEnum):
    """How much a caption tells.

    WORD: "beach", "car", "night". TERSE: "red car", "foggy forest". SHORT: "a red car on the
    beach". FULL: setting, time, weather (but clear weather may go without saying), and of every
    subject what it is, its colour, its size, and where it is or how it stands to another one.
    """

    WORD = "word"
    TERSE = "terse"
    SHORT = "short"
    FULL = "full"


def caption(scene: Scene, dice: Dice, detail: Detail) -> Caption:
    """Return a random caption that is true of a scene."""
    phrase = _WRITERS[detail](scene, dice)
    return Caption(phrases.with_articles(phrase.text), phrase.claims)


# One word ------------------------------------------------------------------------------------


def _word(scene: Scene, dice: Dice) -> Phrase:
    about = dice.weighted(
        {"subject": 0.5, "setting": 0.2, "time": 0.13, "weather": 0.14, "colour": 0.03}
    )
    match about:
        case "subject":
            return _bare_noun(scene, dice)
        case "setting":
            return _setting_word(scene, dice)
        case "time":
            text = dice.pick(vocabulary.TIME_WORDS[scene.time])
            return Phrase(text, Claims(time=scene.time))
        case "weather":
            return _weather_word(scene, dice)
    subject = dice.pick(scene.subjects)
    claim = SubjectClaim(colour=subject.colour)
    text = dice.weighted(vocabulary.COLOURS[subject.colour])
    return Phrase(text, Claims(subjects=(claim,)))


def _bare_noun(scene: Scene, dice: Dice) -> Phrase:
    subject = dice.pick(scene.subjects)
    name = phrases.noun_phrase(subject, dice, colour=False, wide=dice.chance(0.25))
    return Phrase(name.text(""), Claims(subjects=(name.claim,)))


def _setting_word(scene: Scene, dice: Dice) -> Phrase:
    fitting = [w for w, where in vocabulary.SETTING_WORDS.items() if scene.setting in where]
    word = dice.pick(fitting)
    return Phrase(word, Claims(settings=vocabulary.SETTING_WORDS[word]))


def _weather_word(scene: Scene, dice: Dice) -> Phrase:
    snowy = scene.weather is Weather.SNOW or scene.setting is Setting.SNOWFIELD
    if snowy and dice.chance(0.5):
        return Phrase(dice.pick(vocabulary.SNOW_WORDS), Claims(snow=True))
    text = dice.pick(vocabulary.WEATHER_WORDS[scene.weather])
    return Phrase(text, Claims(weather=scene.weather))


# A few words ---------------------------------------------------------------------------------


def _terse(scene: Scene, dice: Dice) -> Phrase:
    forms: dict[Callable[[Scene, Dice], Phrase], float] = {
        _bare_subject: 0.35,
        _bare_subject_somewhere: 0.3,
        _bare_scenery: 0.2,
        _bare_pair: 0.15,
    }
    return dice.weighted(forms)(scene, dice)


def _bare_subject(scene: Scene, dice: Dice) -> Phrase:
    return _bare(dice.pick(scene.subjects), dice)


def _bare(subject: Subject, dice: Dice) -> Phrase:
    name = phrases.noun_phrase(
        subject, dice, colour=dice.chance(0.85), size=dice.chance(0.2), wide=dice.chance(0.2)
    )
    return Phrase(name.text(""), Claims(subjects=(name.claim,)))


def _bare_subject_somewhere(scene: Scene, dice: Dice) -> Phrase:
    subject = dice.pick(scene.subjects)
    name = phrases.noun_phrase(subject, dice, colour=dice.chance(0.4), wide=dice.chance(0.2))
    if dice.chance(0.2):
        side = dice.chance(0.6)
        return _placed(subject, name, dice, side=side, depth=not side, article="")
    first = Phrase(name.text(""), Claims(subjects=(name.claim,)))
    return phrases.joined((first, dice.pick(_around(scene, dice, [subject]))))


def _bare_scenery(scene: Scene, dice: Dice) -> Phrase:
    view = phrases.scenery(scene, dice, described=dice.chance(0.5))
    if view.claims.time is not None:
        return view
    if view.claims.weather or view.claims.snow or dice.chance(0.6):
        return phrases.joined((view, phrases.moment(scene.time, dice)))
    return phrases.joined((view, phrases.weather(scene, dice)))


def _bare_pair(scene: Scene, dice: Dice) -> Phrase:
    if len(scene.subjects) == 1:
        return _bare_subject_somewhere(scene, dice)
    pair = dice.sample(scene.subjects, 2)
    if pair[0].kind is pair[1].kind and pair[0].kind not in vocabulary.PLURAL_KINDS:
        return _two_of_a_kind(pair, dice, colours=False)
    both = [_bare(subject, dice) for subject in pair]
    return phrases.joined(both, dice.pick((" and ", ", ", " with ")))


def _two_of_a_kind(pair: Sequence[Subject], dice: Dice, *, colours: bool) -> Phrase:
    """Return "two cars", or "two cars, one red and one blue"."""
    noun = phrases.plain_noun(pair[0].kind, dice)  # The other dog may not be a puppy.
    names = [phrases.noun_phrase(s, dice, colour=colours, noun=noun) for s in pair]
    text = f"two {noun.plural}"
    if colours:
        dressed = "in " if noun.kinds <= vocabulary.PEOPLE else ""
        text += f", one {dressed}{names[0].colour} and one {dressed}{names[1].colour}"
    return Phrase(text, Claims(subjects=tuple(name.claim for name in names)))


# A sentence ----------------------------------------------------------------------------------


def _short(scene: Scene, dice: Dice) -> Phrase:
    count = 2 if len(scene.subjects) > 1 and dice.chance(0.5) else 1
    chosen = dice.sample(scene.subjects, count)
    about = _short_pair(chosen, scene, dice) if count == 2 else _short_one(chosen[0], dice)
    around = dice.sample(_around(scene, dice, chosen), dice.weighted({0: 0.1, 1: 0.5, 2: 0.4}))
    if around and dice.chance(0.12):
        return phrases.joined((phrases.joined(around), about), ", ")
    comma = ", " if "," in about.text and around else " "
    return phrases.joined((about, phrases.joined(around)), comma)


def _short_one(subject: Subject, dice: Dice) -> Phrase:
    name = phrases.noun_phrase(
        subject, dice, colour=dice.chance(0.75), size=dice.chance(0.3), wide=dice.chance(0.15)
    )
    if dice.chance(0.25):
        return _placed(subject, name, dice, side=dice.chance(0.6), depth=dice.chance(0.5))
    return _posed(subject, name, dice, 0.15)


def _short_pair(pair: Sequence[Subject], scene: Scene, dice: Dice) -> Phrase:
    same = pair[0].kind is pair[1].kind and pair[0].kind not in vocabulary.PLURAL_KINDS
    if same and dice.chance(0.5):
        return _two_of_a_kind(pair, dice, colours=True)
    names = [
        phrases.noun_phrase(
            s, dice, colour=same or dice.chance(0.8), size=dice.chance(0.2), wide=dice.chance(0.08)
        )
        for s in pair
    ]
    found = _relation(pair, scene, dice)
    if found is not None and dice.chance(0.75):
        return _beside_each_other(pair, names, found, dice)
    both = [phrases.named(name, dice) for name in names]
    return phrases.joined(both, dice.pick((" and ", " with ", " and ")))


def _around(scene: Scene, dice: Dice, subjects: Sequence[Subject]) -> list[Phrase]:
    """Return where and when it is and what the weather does, in random order."""
    when = (
        phrases.moment_and_weather(scene, dice)
        if dice.chance(0.3)
        else [phrases.moment(scene.time, dice), phrases.weather(scene, dice)]
    )
    return dice.shuffled([phrases.place(scene, dice, subjects), *when])


# Everything ----------------------------------------------------------------------------------


def _full(scene: Scene, dice: Dice) -> Phrase:
    spare = 1.0
    while True:
        phrase = dice.weighted(_FULL_FORMS)(scene, dice, spare)
        if len(phrase.text.split()) <= MAX_WORDS:
            return phrase
        spare *= 0.7  # Say less about places, so that it ends.


def _subjects_first(scene: Scene, dice: Dice, spare: float) -> Phrase:
    about = _everyone(scene, dice, spare)
    start = dice.weighted(_OPENINGS) if about.text.startswith("a ") else ""
    around = _everything_around(scene, dice, scene.subjects)
    comma = ", " if len(scene.subjects) > 1 or dice.chance(0.3) else " "
    return phrases.joined((Phrase(start), phrases.joined((about, _strung(around, dice)), comma)))


def _around_first(scene: Scene, dice: Dice, spare: float) -> Phrase:
    around = _strung(_everything_around(scene, dice, ()), dice)
    about = _everyone(scene, dice, spare)
    links = (", ", ": ", ", there is ") if about.text.startswith("a ") else (", ", ": ")
    return phrases.joined((around, about), dice.pick(links))


def _in_the_middle(scene: Scene, dice: Dice, spare: float) -> Phrase:
    around = _everything_around(scene, dice, scene.subjects)
    before = _strung(around[:1], dice)
    about = _everyone(scene, dice, spare)
    after = _strung(around[1:], dice)
    return phrases.joined((before, about, after) if after.text else (before, about), ", ")


def _view_with(scene: Scene, dice: Dice, spare: float) -> Phrase:
    view = phrases.scenery(scene, dice, described=dice.chance(0.5))
    when = []
    if view.claims.time is None:
        when.append(phrases.moment(scene.time, dice))
    described = view.claims.weather or view.claims.snow
    if not described and (scene.weather is not Weather.CLEAR or dice.chance(0.5)):
        when.append(phrases.weather(scene, dice))
    head = phrases.joined((Phrase("a"), view, _strung(when, dice)))
    return phrases.joined((head, _everyone(scene, dice, spare)), dice.pick((" with ", ": ")))


_FULL_FORMS: dict[Callable[[Scene, Dice, float], Phrase], float] = {
    _subjects_first: 0.5,
    _around_first: 0.17,
    _in_the_middle: 0.13,
    _view_with: 0.2,
}
_OPENINGS = {
    "": 0.88,
    "there is": 0.03,
    "a photo of": 0.03,
    "a picture of": 0.04,
    "an image showing": 0.02,
}


def _everything_around(scene: Scene, dice: Dice, subjects: Sequence[Subject]) -> list[Phrase]:
    """Return setting, time and weather in random order; clear weather not always."""
    where = phrases.place(scene, dice, subjects, wide=False)
    if scene.weather is Weather.CLEAR and dice.chance(0.5):
        return dice.shuffled([where, phrases.moment(scene.time, dice)])
    when = phrases.moment_and_weather(scene, dice)
    return dice.shuffled([where, *when]) if dice.chance(0.5) else [where, *when]


def _strung(around: Sequence[Phrase], dice: Dice) -> Phrase:
    if len(around) == 3 and dice.chance(0.3):
        return phrases.joined((phrases.joined(around[:2]), around[2]), ", ")
    return phrases.joined(around)


def _everyone(scene: Scene, dice: Dice, spare: float) -> Phrase:
    """Return every subject with colour, size, and place or relation."""
    rest = dice.shuffled(scene.subjects)
    said: list[Phrase] = []
    found = _relation(rest, scene, dice) if dice.chance(0.6) else None
    if found is not None:
        pair = (rest[found.first], rest[found.second])
        rest = [subject for subject in rest if subject not in pair]
        names = [_full_name(subject, dice) for subject in pair]
        said.append(_related_in_full(pair, names, found.relation, dice))
    place_first = found is None and len(rest) > 1 and dice.chance(0.2)
    for subject in rest:
        side, depth = _share_of_place(len(scene.subjects), dice, spare)
        said.append(
            _placed(
                subject,
                _full_name(subject, dice),
                dice,
                side=side,
                depth=depth,
                place_first=place_first,
            )
        )
    return phrases.listed(dice.shuffled(said))


def _full_name(subject: Subject, dice: Dice) -> NounPhrase:
    return phrases.noun_phrase(subject, dice, size=True)


def _share_of_place(count: int, dice: Dice, spare: float) -> tuple[bool, bool]:
    """Return whether to say the side and the depth; at least one of them."""
    if dice.chance({1: 0.7, 2: 0.6, 3: 0.4, 4: 0.25}[count] * spare):
        return True, True
    side = dice.chance(0.65)
    return side, not side


# One subject or two --------------------------------------------------------------------------


def _posed(subject: Subject, name: NounPhrase, dice: Dice, probability: float) -> Phrase:
    phrase = phrases.named(name, dice)
    poses = vocabulary.POSES.get(subject.kind)
    if poses and dice.chance(probability):
        return replace(phrase, text=f"{phrase.text} {dice.pick(poses)}")
    return phrase


def _placed(
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
    where, claim = phrases.position(subject, dice, side=side, depth=depth)
    whole = replace(name.claim, side=claim.side, depth=claim.depth)
    if article:
        text = _posed(subject, name, dice, 0.0 if place_first or not where else 0.08).text
    else:
        text = name.text("")
    parts = (where, text) if place_first else (text, where)
    return Phrase(" ".join(part for part in parts if part), Claims(subjects=(whole,)))


@dataclass(frozen=True, slots=True)
class _Related:
    """How the first of a pair stands to the second."""

    first: int
    relation: Relation
    second: int


# What is left of something may be beside it, too, which says more.
_TELLING = {Relation.IN_FRONT_OF: 4.0, Relation.BESIDE: 3.0, Relation.OVER: 3.0}


def _relation(subjects: Sequence[Subject], scene: Scene, dice: Dice) -> _Related | None:
    """Return one of the relations among some subjects, by their places in the sequence."""
    found = {
        _Related(first, relation, second): _TELLING.get(relation, 1.0)
        for first, second in permutations(range(len(subjects)), 2)
        for relation in Relation
        if related(subjects[first], relation, subjects[second], scene.setting)
    }
    return dice.weighted(found) if found else None


def _beside_each_other(
    pair: Sequence[Subject], names: Sequence[NounPhrase], found: _Related, dice: Dice
) -> Phrase:
    """Return "a red car in front of a house", without places."""
    first, second = pair[found.first], pair[found.second]
    name, other = names[found.first], names[found.second]
    claims = Claims(subjects=(name.claim, other.claim), relations=((0, found.relation, 1),))
    backwards = vocabulary.REVERSED.get(found.relation)
    if backwards and dice.chance(0.3):
        texts = (_posed(second, other, dice, 0.1).text, phrases.named(name, dice).text)
        return Phrase(f" {dice.pick(backwards)} ".join(texts), claims)
    texts = (_posed(first, name, dice, 0.1).text, phrases.named(other, dice).text)
    return Phrase(f" {dice.pick(vocabulary.RELATIONS[found.relation])} ".join(texts), claims)


def _related_in_full(
    pair: Sequence[Subject], names: Sequence[NounPhrase], relation: Relation, dice: Dice
) -> Phrase:
    """Return a pair whose place is told as far as that can be done without ambiguity."""
    second = pair[1]
    thing = second.kind not in (*vocabulary.PEOPLE, *vocabulary.PLURAL_KINDS)
    if thing and dice.chance(0.4):
        return _with_it(pair, names, relation, dice)
    phrase = _beside_each_other(pair, names, _Related(0, relation, 1), dice)
    if relation in (Relation.LEFT_OF, Relation.RIGHT_OF):
        return phrase
    # "a dog in front of a house on the left": the side is that of both. Beside one another, they
    # have the depth in common instead.
    depth = relation is Relation.BESIDE
    where, claim = phrases.position(second, dice, side=not depth, depth=depth)
    subjects = tuple(replace(c, side=claim.side, depth=claim.depth) for c in phrase.claims.subjects)
    return Phrase(f"{phrase.text} {where}", replace(phrase.claims, subjects=subjects))


def _with_it(
    pair: Sequence[Subject], names: Sequence[NounPhrase], relation: Relation, dice: Dice
) -> Phrase:
    """Return "a large house on the left with a small dog in front of it"."""
    side = dice.chance(0.7)
    anchor = _placed(pair[1], names[1], dice, side=side, depth=not side)
    first = phrases.named(names[0], dice)
    how = dice.pick(vocabulary.RELATIONS[relation])
    claims = replace(first.claims.with_others(anchor.claims), relations=((0, relation, 1),))
    return Phrase(f"{anchor.text} with {first.text} {how} it", claims)


_WRITERS: dict[Detail, Callable[[Scene, Dice], Phrase]] = {
    Detail.WORD: _word,
    Detail.TERSE: _terse,
    Detail.SHORT: _short,
    Detail.FULL: _full,
}


# Swapped attributes --------------------------------------------------------------------------


def swapped(scene: Scene, dice: Dice) -> tuple[Caption, str] | None:
    """Return a true caption of two subjects, and the same words with their colours exchanged.

    The second text is false of the scene. None where no two subjects of different kinds have
    colours that each of them could have.
    """
    for pair in dice.shuffled(list(permutations(scene.subjects, 2))):
        if not _can_swap(pair[0], pair[1]):
            continue
        right, wrong = _right_and_wrong(pair, scene, dice)
        if not wrong.claims.hold_in(scene):
            return right, wrong.text
    return None


def _can_swap(first: Subject, second: Subject) -> bool:
    return (
        first.kind is not second.kind
        and first.colour is not second.colour
        and second.colour in TRAITS[first.kind].colours
        and first.colour in TRAITS[second.kind].colours
    )


def _right_and_wrong(pair: Sequence[Subject], scene: Scene, dice: Dice) -> tuple[Caption, Caption]:
    names = [
        phrases.noun_phrase(s, dice, noun=phrases.plain_noun(s.kind, dice), size=dice.chance(0.2))
        for s in pair
    ]
    others = [names[0].recoloured(names[1]), names[1].recoloured(names[0])]
    found = _relation(pair, scene, dice)
    around = dice.sample(_around(scene, dice, pair), dice.below(3))
    turn = dice.unit()
    texts = []
    for chosen in (names, others):
        words = Dice("swapped", turn)  # The same for both, so that only the colours differ.
        about = _plain_pair(pair, chosen, found, words)
        whole = phrases.joined((about, *around))
        texts.append(Caption(phrases.with_articles(whole.text), whole.claims))
    return texts[0], texts[1]


def _plain_pair(
    pair: Sequence[Subject], names: Sequence[NounPhrase], found: _Related | None, dice: Dice
) -> Phrase:
    if found is not None and dice.chance(0.8):
        return _beside_each_other(pair, names, found, dice)
    return phrases.joined([phrases.named(name, dice) for name in names], " and ")


# For the demo --------------------------------------------------------------------------------


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
        _of(*sorted(vocabulary.TREES)),
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
"""Texts to try on the demo collection."""
