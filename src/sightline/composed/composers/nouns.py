"""Which words mean the same thing, and the colour in the name of one."""

from __future__ import annotations

import re

from sightline.composed.composers.lexicon import (
    ARTICLES,
    COLOURS,
    IRREGULAR,
    KIND_OF,
    NUMBERS,
    PEOPLE,
    SHADES,
    SIZES,
    WIDER_KINDS,
)

_BEFORE_NOUN = frozenset((*ARTICLES, *COLOURS, *SHADES, *SIZES, *NUMBERS, "no", "any", "that"))
_BUNCH = re.compile(r"^(?:an? )?(?:bunch|patch|group|pair|lot|few|couple) of ")
_AFTER_NOUN = re.compile(
    r" (?:(?:in|on|at|by|with|of|wearing|dressed|that|which|who|from|near|beside|behind|under|over|"
    r"next|holding|riding)\b"
    # "a boat sailing" and "sailing on", but not "a sailing boat".
    r"|(?:parked|standing|sitting|flying|floating|sailing|walking|running|lying|jumping)"
    r"(?: \w+ |$))"
)
_SHADE = f"(?:(?:{'|'.join(SHADES)}) )?"
_PLURALS = frozenset({"flowers", "blossoms", "blooms", "trousers", "pants", "jeans"})
COLOUR = re.compile(rf"\b{_SHADE}(?:{'|'.join(COLOURS)})\b")
"""A colour with its shade: "dark blue"."""


def noun_in(phrase: str) -> str:
    """Return the bare noun of a phrase: "a small red car on the left" gives "car"."""
    bare = _BUNCH.sub("", phrase.strip().lower())
    bare = _AFTER_NOUN.split(bare, maxsplit=1)[0]
    words = bare.split()
    while len(words) > 1 and words[0] in _BEFORE_NOUN:
        words = words[1:]
    return " ".join(words)


def kind_in(phrase: str) -> str:
    """Return what a phrase is about, under one name for all words that mean it."""
    words = [_singular(word) for word in noun_in(phrase).split()]
    # "hot air balloon", then "air balloon", then "balloon": the longest that is known.
    for start in range(len(words)):
        known = KIND_OF.get(" ".join(words[start:]))
        if known is not None:
            return known
    whole = " ".join(words)
    return whole if whole in WIDER_KINDS else " ".join(words[-1:])


def means(word: str, phrase: str) -> bool:
    """Return whether a word for a thing can mean what a phrase is about."""
    asked, there = kind_in(word), kind_in(phrase)
    return asked == there or there in WIDER_KINDS.get(asked, ())


def is_person(phrase: str) -> bool:
    """Return whether a phrase is about somebody, whose colour is that of the clothes."""
    return kind_in(phrase) in PEOPLE


def colour_in(phrase: str) -> str:
    """Return the first colour in a phrase, or ""."""
    found = COLOUR.search(phrase.lower())
    return found.group() if found else ""


def recoloured(phrase: str, colour: str) -> str:
    """Return a phrase with another colour, in the place of its first one if it has one."""
    if COLOUR.search(phrase):
        return with_articles(COLOUR.sub(colour, phrase, count=1))
    if is_person(phrase):
        return f"{phrase} in {colour}"
    noun = noun_in(phrase)
    before, _, after = phrase.partition(noun)
    return with_articles(f"{before}{colour} {noun}{after}")


def with_adjective(phrase: str, adjective: str) -> str:
    """Return a phrase with one more adjective before its noun."""
    first, _, rest = phrase.partition(" ")
    if first in ARTICLES and rest:
        return with_articles(f"{first} {adjective} {rest}")
    return f"{adjective} {phrase}"


def with_articles(text: str) -> str:
    """Return a text in which "a" and "an" suit the next word."""
    text = re.sub(r"\b([Aa]) (?=[aeiou])", r"\1n ", text)
    return re.sub(r"\b([Aa])n (?=[^aeiou\W])", r"\1 ", text)


def indefinite(phrase: str) -> str:
    """Return a phrase with "a" for "the": what was spoken of as what is to be found."""
    bare = re.sub(r"^(?:the|that|this|any|no|more|another) ", "", phrase.strip())
    first = bare.split(" ", 1)[0]
    if first in ARTICLES or first in NUMBERS or _BUNCH.match(bare):
        return with_articles(bare)
    return f"some {bare}" if is_plural(bare) else with_articles(f"a {bare}")


def is_plural(phrase: str) -> bool:
    """Return whether a phrase is about several things."""
    last = noun_in(phrase).split()[-1:]
    return any(_singular(word) != word or word in _PLURALS for word in last)


def _singular(word: str) -> str:
    if word in IRREGULAR or word in KIND_OF:
        return IRREGULAR.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if re.search(r"(?:s|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
