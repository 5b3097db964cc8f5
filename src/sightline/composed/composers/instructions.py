"""What an English instruction asks for, as a list of changes. What is not understood is said so."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sightline.composed.composers.descriptions import taken_apart
from sightline.composed.composers.lexicon import (
    ARTICLES,
    COLOUR,
    NUMBERS,
    PHRASES,
    SIZES,
    Facet,
    senses_of,
)


@dataclass(frozen=True, slots=True)
class Recolour:
    """One thing in another colour. ``noun`` is "it" for what the picture is mainly about."""

    noun: str
    colour: str


@dataclass(frozen=True, slots=True)
class Describe:
    """One thing with another adjective: "make the car bigger"."""

    noun: str
    adjective: str


@dataclass(frozen=True, slots=True)
class Add:
    """One thing more."""

    thing: str


@dataclass(frozen=True, slots=True)
class Remove:
    """One thing less; or an end of the rain."""

    thing: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One thing in the place of another."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Surround:
    """Another time, weather, place, style or view."""

    phrase: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """Words that no rule knows."""

    text: str


Change: TypeAlias = Recolour | Describe | Add | Remove | Exchange | Surround | Unclear

_WHOLE = (
    r"(?:it|this|that|everything|all|the (?:weather|scene|picture|photo|image|place|time|season|"
    r"setting|background|location))"
)
_POLITE = re.compile(
    r"^(?:(?:please|now|but|just|only|rather|i want|i would like|i'd like|show me|"
    r"show(?! it| this)|find|give me|"
    r"exactly|except|this|it is|it's|it should be|they are|they should be|like this|similar|"
    r"(?:the )?same(?: thing| picture| one| scene)?|(?:but )?(?:with )?everything else the same) ?"
    r"[,:]? ?)+(?=\S)"
)
_SAME = re.compile(r"^(?:(?:the |exactly the )?same(?: thing| picture| one| scene)?|like this)$")
_PROTECTED = (("black and white", "black-and-white"),)
_THING = re.compile(rf"^(?:{'|'.join((*ARTICLES, *NUMBERS))}) ")
_COMPARED = re.compile(rf"^(?:{'|'.join(SIZES)}|\w+er)$")

Rule: TypeAlias = tuple[re.Pattern[str], Callable[[re.Match[str]], Change | None]]


def changes_in(instruction: str) -> list[Change]:
    """Return what an instruction asks for, in its order."""
    found: list[Change] = []
    for clause in _clauses(instruction):
        found.append(_carried_on(clause, found) or _change(clause))
    return _merged(found)


def _clauses(instruction: str) -> list[str]:
    text = " ".join(instruction.lower().strip(" .!?").split())
    for plain, guarded in _PROTECTED:
        text = text.replace(plain, guarded)
    pieces = re.split(r"\s*[,;]\s*(?:and |but )?|\s+(?:and|but)\s+(?:also |then )?", text)
    clauses = [_POLITE.sub("", piece).strip() for piece in pieces if not _SAME.match(piece.strip())]
    for plain, guarded in _PROTECTED:
        clauses = [clause.replace(guarded, plain) for clause in clauses]
    return [clause for clause in clauses if clause]


def _carried_on(clause: str, before: Sequence[Change]) -> Change | None:
    """Return the change of a clause that has no verb of its own: "remove the dog and the cat"."""
    if not before or " instead of " in clause or " should " in clause:
        return None
    last, bare = before[-1], re.match(r"^(?:the|any) \w+(?: \w+)?$", clause)
    if isinstance(last, Remove) and (bare or _THING.match(clause)):
        return Remove(clause) if not re.search(rf" {COLOUR}$", clause) else None
    if isinstance(last, Add | Exchange) and _THING.match(clause) and not senses_of(clause):
        return Add(clause)
    return None


def _change(clause: str) -> Change:
    for pattern, make in _RULES:
        matched = pattern.match(clause)
        change = make(matched) if matched else None
        if change is not None:
            return change
    return Unclear(clause)


# What each form says. A rule that does not fit after all gives None, and the next one is tried.


def _exchange(m: re.Match[str]) -> Change:
    return _about(m["old"], m["new"]) or Exchange(m["old"], m["new"])


def _turn_into(m: re.Match[str]) -> Change:
    if re.fullmatch(COLOUR, m["new"]):
        return Recolour(m["old"], m["new"])
    return _exchange(m)


def _about(old: str, new: str) -> Change | None:
    """Return what "change it to ..." asks for, where "it" is the whole picture."""
    if not re.fullmatch(_WHOLE, old):
        return None
    return _whole(new) or Exchange("it", new)


def _whole(words: str) -> Change | None:
    """Return what "make it ..." asks for."""
    if re.fullmatch(COLOUR, words):
        return Recolour("it", words)
    senses = senses_of(words)
    if senses:
        return Surround(_as_phrase(words))
    if _COMPARED.match(words) and not _THING.match(words):
        return Describe("it", words)
    return Exchange("it", words) if _THING.match(words) else None


def _as_phrase(words: str) -> str:
    """Return "night" as "at night" and "a forest" as "in a forest"."""
    senses = senses_of(words)
    facet = senses[0].facet
    bare = re.sub(r"^(?:look )?(?:like |as |to )*", "", words)
    if facet is Facet.STYLE:
        return bare if bare.startswith(("a ", "an ", "in ")) else _style(bare)
    if re.match(
        r"(?:in|on|at|by|under|over|during|while|after|as|with|off|near|above|among|late|early|below|beside|beneath|"
        r"inside|outside|across|along|through|around|behind|next|against|between) ",
        bare,
    ):
        return bare
    return PHRASES.get(bare) or _placed(bare, senses[0].value, facet)


def _style(words: str) -> str:
    return f"in {words}" if words in ("black and white", "sepia") else f"a {words}"


def _placed(words: str, value: str, facet: Facet) -> str:
    if facet is Facet.PLACE:
        first = "at" if value in ("beach", "harbour", "lake", "river") else "in"
        return f"{first} {words}"
    if facet in (Facet.TIME, Facet.WEATHER):
        return PHRASES[value]
    return words


def _add(m: re.Match[str]) -> Change:
    # "with snow falling" is weather, and "with a dog in the rain" is a dog first of all.
    parts = taken_apart(m["thing"])
    return Surround(m["thing"]) if parts.around and not parts.subjects else Add(m["thing"])


def _make(m: re.Match[str]) -> Change | None:
    noun, rest = m["noun"], m["rest"]
    words = rest.split()
    for cut in range(len(words)):
        old, new = " ".join([noun, *words[:cut]]), " ".join(words[cut:])
        if re.fullmatch(COLOUR, new):
            return Recolour(old, new)
    if len(words) >= 1 and not _THING.match(rest):
        return Describe(" ".join([noun, *words[:-1]]), words[-1])
    return None


def _bare(m: re.Match[str]) -> Change | None:
    words = m.group()
    if re.fullmatch(COLOUR, words):
        return Recolour("it", words)
    parts = taken_apart(words)
    if _THING.match(words) and parts.subjects:
        return Add(words)
    if parts.around and not parts.subjects:
        return Surround(_as_phrase(words))
    return Describe("it", words) if _COMPARED.match(words) else None


def _rule(pattern: str, make: Callable[[re.Match[str]], Change | None]) -> Rule:
    return re.compile(f"^(?:{pattern})$"), make


_RULES: tuple[Rule, ...] = (
    _rule(r"(?:with |to |have |show )?(?P<new>.+?) (?:instead|in place) of (?P<old>.+)", _exchange),
    _rule(
        r"(?:replace|swap|exchange|substitute) (?P<old>.+?) (?:with|by|for) (?P<new>.+)", _exchange
    ),
    _rule(
        r"(?:turn|change|transform|convert|switch) (?P<old>.+?) (?:into|to) (?P<new>.+)", _turn_into
    ),
    _rule(
        r"(?:without|remove|take away|take out|leave out|leave away|delete|drop|get rid of|erase|"
        r"omit|lose|no|not|do not show|don't show|there (?:is|are|should be) no|no more) "
        r"(?P<old>.+)",
        lambda m: Remove(m["old"]),
    ),
    _rule(r"(?:take|leave) (?P<old>.+) (?:away|out)", lambda m: Remove(m["old"])),
    _rule(
        r"(?P<noun>(?!with |add |also |include |an? |some ).+?) "
        rf"(?:should be|should wear|to be|is|are|in|wears|wearing) (?P<c>{COLOUR})",
        lambda m: Recolour(re.sub(r"^(?:dress|put|have) ", "", m["noun"]), m["c"]),
    ),
    _rule(
        rf"(?:make|let|turn|show|move|put|set|have) {_WHOLE}(?: to be| be| to| look)? ?"
        r"(?P<new>\S.*)",
        lambda m: _whole(m["new"]),
    ),
    _rule(r"(?:as|like|in the style of) (?P<new>.+)", lambda m: _whole(m["new"])),
    _rule(rf"in (?P<c>{COLOUR})", lambda m: Recolour("it", m["c"])),
    _rule(r"(?P<new>(?:an?|the|some) .+) instead", lambda m: Exchange("it", m["new"])),
    _rule(r"(?:make|paint|colou?r|turn|dye) (?P<noun>(?:the |this )?\S+) (?P<rest>.+)", _make),
    _rule(rf"(?P<noun>the .+?) (?P<c>{COLOUR})", lambda m: Recolour(m["noun"], m["c"])),
    _rule(
        r"(?:also )?(?:with|add|include|have|put|place|insert|give it|there is|there are) "
        r"(?:also )?(?P<thing>.+?)(?: too| as well| in it| to it| in the picture)?",
        _add,
    ),
    _rule(r".+", _bare),
)


def _merged(changes: Sequence[Change]) -> list[Change]:
    """Return the changes without a second one that says the same."""
    kept: list[Change] = []
    for change in changes:
        if isinstance(change, Add):
            change = replace(change, thing=re.sub(r" (?:too|as well)$", "", change.thing))
        if change not in kept:
            kept.append(change)
    return kept
