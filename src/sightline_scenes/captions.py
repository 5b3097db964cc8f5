"""What people say of a scene, from one word to everything, and what each text claims.

Texts are in lower case and hold only the words of ``vocabulary.every_word`` with commas and colons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from sightline_scenes import pairs, phrases, vocabulary
from sightline_scenes.claims import Caption, Claims, SubjectClaim
from sightline_scenes.descriptions import MAX_WORDS, describe
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Setting, Weather
from sightline_scenes.phrases import Phrase
from sightline_scenes.queries import DEMO_QUERIES
from sightline_scenes.swaps import swapped
from sightline_scenes.vocabulary import every_word
from sightline_scenes.world import Scene, Subject

__all__ = ["DEMO_QUERIES", "MAX_WORDS", "Caption", "Detail", "caption", "every_word", "swapped"]


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
        return phrases.placed(subject, name, dice, side=side, depth=not side, article="")
    first = Phrase(name.text(""), Claims(subjects=(name.claim,)))
    return phrases.joined((first, dice.pick(phrases.around_phrases(scene, dice, [subject]))))


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
        return pairs.two_of_a_kind(pair, dice, colours=False)
    both = [_bare(subject, dice) for subject in pair]
    return phrases.joined(both, dice.pick((" and ", ", ", " with ")))


# A sentence ----------------------------------------------------------------------------------


def _short(scene: Scene, dice: Dice) -> Phrase:
    count = 2 if len(scene.subjects) > 1 and dice.chance(0.5) else 1
    chosen = dice.sample(scene.subjects, count)
    about = _short_pair(chosen, scene, dice) if count == 2 else _short_one(chosen[0], dice)
    around = dice.sample(
        phrases.around_phrases(scene, dice, chosen), dice.weighted({0: 0.1, 1: 0.5, 2: 0.4})
    )
    if around and dice.chance(0.12):
        return phrases.joined((phrases.joined(around), about), ", ")
    comma = ", " if "," in about.text and around else " "
    return phrases.joined((about, phrases.joined(around)), comma)


def _short_one(subject: Subject, dice: Dice) -> Phrase:
    name = phrases.noun_phrase(
        subject, dice, colour=dice.chance(0.75), size=dice.chance(0.3), wide=dice.chance(0.15)
    )
    if dice.chance(0.25):
        return phrases.placed(subject, name, dice, side=dice.chance(0.6), depth=dice.chance(0.5))
    return phrases.posed(subject, name, dice, 0.15)


def _short_pair(pair: Sequence[Subject], scene: Scene, dice: Dice) -> Phrase:
    same = pair[0].kind is pair[1].kind and pair[0].kind not in vocabulary.PLURAL_KINDS
    if same and dice.chance(0.5):
        return pairs.two_of_a_kind(pair, dice, colours=True)
    names = [
        phrases.noun_phrase(
            s, dice, colour=same or dice.chance(0.8), size=dice.chance(0.2), wide=dice.chance(0.08)
        )
        for s in pair
    ]
    found = pairs.relation_among(pair, scene, dice)
    if found is not None and dice.chance(0.75):
        return pairs.in_relation(pair, names, found, dice)
    both = [phrases.named(name, dice) for name in names]
    return phrases.joined(both, dice.pick((" and ", " with ", " and ")))


_WRITERS: dict[Detail, Callable[[Scene, Dice], Phrase]] = {
    Detail.WORD: _word,
    Detail.TERSE: _terse,
    Detail.SHORT: _short,
    Detail.FULL: describe,
}
