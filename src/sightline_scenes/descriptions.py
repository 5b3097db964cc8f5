"""Full captions: everything that a description holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sightline_scenes import pairs, phrases
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Weather
from sightline_scenes.phrases import NounPhrase, Phrase
from sightline_scenes.world import Scene, Subject

MAX_WORDS = 45


def describe(scene: Scene, dice: Dice) -> Phrase:
    """Return a full caption of at most ``MAX_WORDS`` words, without its articles corrected."""
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
    found = pairs.relation_among(rest, scene, dice) if dice.chance(0.6) else None
    if found is not None:
        pair = (rest[found.first], rest[found.second])
        rest = [subject for subject in rest if subject not in pair]
        names = [_full_name(subject, dice) for subject in pair]
        said.append(pairs.related_in_full(pair, names, found.relation, dice))
    place_first = found is None and len(rest) > 1 and dice.chance(0.2)
    for subject in rest:
        side, depth = _share_of_place(len(scene.subjects), dice, spare)
        said.append(
            phrases.placed(
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
