"""Descriptions taken apart into what they show and where, when and how; and put together again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.composed.composers.lexicon import Facet, Sense, senses_of
from sightline.composed.composers.nouns import with_articles

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
