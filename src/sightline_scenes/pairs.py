"""Two subjects in one phrase: how they stand to each other, or that they are two of a kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from sightline_scenes import phrases, vocabulary
from sightline_scenes.claims import Claims, Relation, related
from sightline_scenes.dice import Dice
from sightline_scenes.phrases import NounPhrase, Phrase
from sightline_scenes.world import Scene, Subject


def two_of_a_kind(pair: Sequence[Subject], dice: Dice, *, colours: bool) -> Phrase:
    """Return "two cars", or "two cars, one red and one blue"."""
    noun = phrases.plain_noun(pair[0].kind, dice)  # The other dog may not be a puppy.
    names = [phrases.noun_phrase(s, dice, colour=colours, noun=noun) for s in pair]
    text = f"two {noun.plural}"
    if colours:
        dressed = "in " if noun.kinds <= vocabulary.PEOPLE else ""
        text += f", one {dressed}{names[0].colour} and one {dressed}{names[1].colour}"
    return Phrase(text, Claims(subjects=tuple(name.claim for name in names)))


@dataclass(frozen=True, slots=True)
class Related:
    """How the first of a pair stands to the second."""

    first: int
    relation: Relation
    second: int


# What is left of something may be beside it, too, which says more.
_TELLING = {Relation.IN_FRONT_OF: 4.0, Relation.BESIDE: 3.0, Relation.OVER: 3.0}


def relation_among(subjects: Sequence[Subject], scene: Scene, dice: Dice) -> Related | None:
    """Return one of the relations among some subjects, by their places in the sequence."""
    found = {
        Related(first, relation, second): _TELLING.get(relation, 1.0)
        for first, second in permutations(range(len(subjects)), 2)
        for relation in Relation
        if related(subjects[first], relation, subjects[second], scene.setting)
    }
    return dice.weighted(found) if found else None


def in_relation(
    pair: Sequence[Subject], names: Sequence[NounPhrase], found: Related, dice: Dice
) -> Phrase:
    """Return "a red car in front of a house", without places."""
    first, second = pair[found.first], pair[found.second]
    name, other = names[found.first], names[found.second]
    claims = Claims(subjects=(name.claim, other.claim), relations=((0, found.relation, 1),))
    backwards = vocabulary.REVERSED.get(found.relation)
    if backwards and dice.chance(0.3):
        texts = (phrases.posed(second, other, dice, 0.1).text, phrases.named(name, dice).text)
        return Phrase(f" {dice.pick(backwards)} ".join(texts), claims)
    texts = (phrases.posed(first, name, dice, 0.1).text, phrases.named(other, dice).text)
    return Phrase(f" {dice.pick(vocabulary.RELATIONS[found.relation])} ".join(texts), claims)


def related_in_full(
    pair: Sequence[Subject], names: Sequence[NounPhrase], relation: Relation, dice: Dice
) -> Phrase:
    """Return a pair whose place is told as far as that can be done without ambiguity."""
    second = pair[1]
    thing = second.kind not in (*vocabulary.PEOPLE, *vocabulary.PLURAL_KINDS)
    if thing and dice.chance(0.4):
        return _with_it(pair, names, relation, dice)
    phrase = in_relation(pair, names, Related(0, relation, 1), dice)
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
    anchor = phrases.placed(pair[1], names[1], dice, side=side, depth=not side)
    first = phrases.named(names[0], dice)
    how = dice.pick(vocabulary.RELATIONS[relation])
    claims = replace(first.claims.with_others(anchor.claims), relations=((0, relation, 1),))
    return Phrase(f"{anchor.text} with {first.text} {how} it", claims)
