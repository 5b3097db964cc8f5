"""English words of captions and instructions: things, times, weathers, places, styles and views.

Of each facet a picture has one: a picture at night is not by day. So a phrase that names another
value of a facet takes the place of the one that was there. The words are in lexicon.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Facet(StrEnum):
    """What a picture has one of."""

    TIME = "time"
    WEATHER = "weather"
    PLACE = "place"
    STYLE = "style"
    VIEW = "view"


@dataclass(frozen=True, slots=True)
class Sense:
    """What a word says about a picture: one value of a facet."""

    facet: Facet
    value: str


_TABLES: Mapping[str, Mapping[str, str]] = tomllib.loads(
    Path(__file__).with_name("lexicon.toml").read_text(encoding="utf-8")
)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(","))


def _words(table: str) -> Mapping[str, tuple[str, ...]]:
    return {name: _listed(words) for name, words in _TABLES[table].items()}


def _senses() -> Iterator[tuple[str, tuple[Sense, ...]]]:
    for facet in (Facet.PLACE, Facet.TIME, Facet.WEATHER):
        for value, words in _words(facet).items():
            for word in words:
                yield word, (Sense(facet, value),)
    for value, words in _words("time_in_clear_weather").items():
        for word in words:
            yield word, (Sense(Facet.TIME, value), Sense(Facet.WEATHER, "clear"))
    for name, words in _words("alone").items():
        for word in words:
            yield word, (Sense(Facet(name), word),)


SENSES: Mapping[str, tuple[Sense, ...]] = dict(_senses())
"""What each word or fixed phrase says."""

PHRASES = _TABLES["phrase"]
"""How a bare word is said of a picture: "night" as "at night"."""
CLEAR_PHRASE = PHRASES["clear"]

KIND_OF: Mapping[str, str] = {
    word: kind for kind, words in _words("kind").items() for word in words
}
"""The one name of a thing, by each word for it."""
WIDER_KINDS: Mapping[str, frozenset[str]] = {
    word: frozenset(kinds) for word, kinds in _words("wider").items()
}
"""What a word for several things may mean."""
SINGULARS = _TABLES["singular"]

_LISTS = _words("words")
COLOURS = _LISTS["colours"]
SHADES = _LISTS["shades"]
SIZES = _LISTS["sizes"]
NUMBERS = _LISTS["numbers"]
ARTICLES = _LISTS["articles"]
PEOPLE = frozenset(_LISTS["people"])
PLURALS = frozenset(_LISTS["plurals"])

COLOUR = rf"(?:(?:{'|'.join(SHADES)}) )?(?:{'|'.join(COLOURS)})"
"""A regular expression for a colour with its shade: "dark blue"."""

_LONGEST = max(len(phrase.split()) for phrase in SENSES)


def senses_of(phrase: str) -> tuple[Sense, ...]:
    """Return what a phrase says of time, weather, place, style and view; one sense a facet.

    Of fixed phrases the longest counts, so that a "winter landscape" is a place and no weather.
    """
    words = re.findall(r"[a-z0-9-]+", phrase.lower())
    found: dict[Facet, Sense] = {}
    start = 0
    while start < len(words):
        length = next(
            (n for n in range(_LONGEST, 0, -1) if " ".join(words[start : start + n]) in SENSES), 0
        )
        for sense in SENSES.get(" ".join(words[start : start + length]), ()):
            found.setdefault(sense.facet, sense)
        start += length or 1
    return tuple(found.values())
