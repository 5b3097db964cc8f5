"""Descriptions of pictures taken apart into phrases and put together again, and those phrases.

A description is what is shown, and where, when and how. What is shown is called by a noun, of which
several mean one thing, with an article, a number, adjectives and a colour.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.composed.composers.lexicon import (
    ARTICLES,
    COLOUR,
    COLOURS,
    KIND_OF,
    NUMBERS,
    PEOPLE,
    PLURALS,
    SHADES,
    SINGULARS,
    SIZES,
    WIDER_KINDS,
    Facet,
    Sense,
    senses_of,
)

_OPENING = re.compile(
    r"^(?:there (?:is|are) |(?:an? |the )?(?:photo|picture|image|photograph|view)(?: of| showing) )"
)
# Places within the picture belong to what stands there, and are no setting.
_POSITION = re.compile(
    r"^(?:in|on|at|to|near) (?:the )?(?:left|right|middle|centre|center|foreground|background|"
    r"distance|horizon|front|side|top|back)\b(?! of an? (?:road|street|lake|river|sea))"
)
_SPLIT = re.compile(
    r"(?P<link>,? and (?=an? |some |the |two |three |four |five )|, |: |;|"
    r" (?<!late )(?<!early )(?=(?:in front of|next to|by the side of|to the left of|"
    r"to the right of|left of|right of|"
    r"in|on|at|by|under|over|above|below|beneath|near|during|with|off|after|while|as|from|among|"
    r"beside|behind|through|against|along|across|around|inside|between|downtown|indoors|outdoors|"
    r"outside) |(?:downtown|indoors|outdoors|outside)$))"
)
_BETWEEN = re.compile(
    r"^(?P<link>in front of|next to|by the side of|to the left of|to the right of|left of|right of|"
    r"with|beside|behind|under|over|above|below|beneath|near|on|by|against|between|around) "
    r"(?P<thing>(?:an?|the|some|two|three|four|five|several) .+)$"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that is shown.

    Attributes:
        text: With its article: "a red car".
        link: How it stands to what came before: "in front of", or "" in a list.
    """

    text: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class Around:
    """A phrase about the whole picture, such as "at night", and what it says."""

    text: str
    senses: tuple[Sense, ...]

    @property
    def facets(self) -> frozenset[Facet]:
        """What it says something about."""
        return frozenset(sense.facet for sense in self.senses)


@dataclass(frozen=True, slots=True)
class Description:
    """A sentence about a picture, in parts, in their order."""

    subjects: tuple[Subject, ...] = ()
    around: tuple[Around, ...] = ()

    def text(self) -> str:
        """Return the sentence: who and what, then where, when and how; a style comes first."""
        who = _listed(self.subjects)
        styles = [a.text for a in self.around if Facet.STYLE in a.facets]
        rest = " ".join(a.text for a in self.around if Facet.STYLE not in a.facets)
        plain = len([s for s in self.subjects if not s.link]) > 1
        whole = (f"{who}, {rest}" if plain else f"{who} {rest}").strip(", ") if rest else who
        for style in styles:
            whole = f"{style} of {whole}" if style.startswith(("a ", "an ")) else f"{whole} {style}"
        return with_articles(whole)


def taken_apart(sentence: str) -> Description:
    """Return the parts of a sentence about a picture."""
    text = _OPENING.sub("", sentence.strip().strip(".!").lower())
    subjects: list[Subject] = []
    around: list[Around] = []
    for piece in _pieces(text):
        senses = () if _POSITION.match(piece) else senses_of(piece)
        between = _BETWEEN.match(piece)
        if senses and (not between or _is_setting(senses) or not subjects):
            around.append(Around(piece, senses))
        elif between:
            subjects.append(Subject(between["thing"], between["link"]))
        elif subjects and re.match(r"(?:in|on|at|by|to|near|with|from|as|while|off) ", piece):
            subjects[-1] = Subject(f"{subjects[-1].text} {piece}", subjects[-1].link)
        elif piece:
            subjects.append(Subject(piece))
    return Description(tuple(subjects), tuple(around))


def _is_setting(senses: Sequence[Sense]) -> bool:
    return any(sense.facet in (Facet.PLACE, Facet.TIME, Facet.WEATHER) for sense in senses)


def _pieces(text: str) -> list[str]:
    marked = _SPLIT.sub("\n", text)
    return [piece.strip(" ,") for piece in marked.split("\n") if piece.strip(" ,")]


def _listed(subjects: Sequence[Subject]) -> str:
    """Return "a, b and c", where what has a link hangs on what comes before it."""
    groups: list[str] = []
    for subject in subjects:
        if subject.link and groups:
            groups[-1] += f" {subject.link} {subject.text}"
        else:
            groups.append(subject.text)
    if len(groups) < 2:
        return "".join(groups)
    return f"{', '.join(groups[:-1])} and {groups[-1]}"


# Phrases

_BEFORE_NOUN = frozenset((*ARTICLES, *COLOURS, *SHADES, *SIZES, *NUMBERS, "no", "any", "that"))
_BUNCH = re.compile(r"^(?:an? )?(?:bunch|patch|group|pair|lot|few|couple) of ")
_AFTER_NOUN = re.compile(
    r" (?:(?:in|on|at|by|with|of|wearing|dressed|that|which|who|from|near|beside|behind|under|over|"
    r"next|holding|riding)\b"
    # "a boat sailing" and "sailing on", but not "a sailing boat".
    r"|(?:parked|standing|sitting|flying|floating|sailing|walking|running|lying|jumping)"
    r"(?: \w+ |$))"
)
_COLOUR = re.compile(rf"\b{COLOUR}\b")


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


def recoloured(phrase: str, colour: str) -> str:
    """Return a phrase with another colour, in the place of its first one if it has one."""
    if _COLOUR.search(phrase):
        return with_articles(_COLOUR.sub(colour, phrase, count=1))
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
    return any(_singular(word) != word or word in PLURALS for word in last)


def _singular(word: str) -> str:
    if word in SINGULARS or word in KIND_OF:
        return SINGULARS.get(word, word)
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if re.search(r"(?:s|x|ch|sh)es$", word):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
