"""The same words with the colours exchanged: one text is true, the other false."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from sightline_scenes import pairs, phrases
from sightline_scenes.claims import Caption
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS
from sightline_scenes.phrases import NounPhrase, Phrase
from sightline_scenes.world import Scene, Subject


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
    found = pairs.relation_among(pair, scene, dice)
    around = dice.sample(phrases.around_phrases(scene, dice, pair), dice.below(3))
    turn = dice.unit()
    texts = []
    for chosen in (names, others):
        words = Dice("swapped", turn)  # The same for both, so that only the colours differ.
        about = _plain_pair(pair, chosen, found, words)
        whole = phrases.joined((about, *around))
        texts.append(Caption(phrases.with_articles(whole.text), whole.claims))
    return texts[0], texts[1]


def _plain_pair(
    pair: Sequence[Subject], names: Sequence[NounPhrase], found: pairs.Related | None, dice: Dice
) -> Phrase:
    if found is not None and dice.chance(0.8):
        return pairs.in_relation(pair, names, found, dice)
    return phrases.joined([phrases.named(name, dice) for name in names], " and ")
