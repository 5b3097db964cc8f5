"""The composer that needs nothing: a grammar of English instructions, always the same answer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from sightline.composed.composers.descriptions import (
    Around,
    Description,
    Subject,
    indefinite,
    is_plural,
    means,
    recoloured,
    taken_apart,
    with_adjective,
)
from sightline.composed.composers.instructions import (
    Add,
    Change,
    Describe,
    Exchange,
    Recolour,
    Remove,
    Surround,
    Unclear,
    changes_in,
)
from sightline.composed.composers.lexicon import CLEAR_PHRASE, Facet, senses_of
from sightline.types.composition import Composed, Target


class RulesComposer:
    """Applies what an instruction asks for to a caption, by rules alone.

    It knows recolouring, adding, removing and exchanging things, and other times, weathers, places,
    styles and views. What it does not understand is put after the caption as it is:
    "{caption}, {instruction}".
    """

    name = "rules"
    identity = ""  # an answer takes less time than to look it up

    def compose(self, caption: str, instruction: str, *, within_s: float = math.inf) -> Composed:
        """Return what is wanted. Never fails; an empty caption stands for "anything"."""
        draft = _Draft(taken_apart(caption))
        for change in changes_in(instruction):
            draft.apply(change)
        return Composed(draft.target())


class _Draft:
    """A description while changes are made to it, and what they asked for."""

    def __init__(self, description: Description) -> None:
        self._subjects = list(description.subjects)
        self._around = list(description.around)
        self._desired: list[str] = []
        self._forbidden: list[str] = []
        self._unclear: list[str] = []

    def apply(self, change: Change) -> None:
        match change:
            case Recolour(noun, colour):
                self._alter(noun, lambda phrase: recoloured(phrase, colour))
            case Describe(noun, adjective):
                self._alter(noun, lambda phrase: with_adjective(phrase, adjective))
            case Add(thing):
                self._add(thing)
            case Remove(thing):
                self._remove(thing)
            case Exchange(old, new):
                self._exchange(old, new)
            case Surround(phrase):
                self._surround(phrase)
            case Unclear(text):
                self._unclear.append(text)

    def target(self) -> Target:
        description = Description(tuple(self._subjects), tuple(self._around))
        text = ", ".join(part for part in (description.text(), *self._unclear) if part)
        shown = [s.text for s in self._subjects] + [a.text for a in self._around]
        forbidden = [phrase for phrase in dict.fromkeys(self._forbidden) if phrase not in shown]
        return Target(
            text=text,
            desired=tuple(dict.fromkeys((*self._desired, *self._unclear))),
            preserve=tuple(phrase for phrase in shown if phrase not in self._desired),
            forbidden=tuple(forbidden),
            paraphrases=_paraphrases(description, self._unclear),
        )

    # Changes

    def _alter(self, noun: str, altered: Callable[[str], str]) -> None:
        place = self._place_of(noun)
        if place is None:
            self._show(altered(indefinite(noun)))
        else:
            self._rewrite(place, altered(self._subjects[place].text))

    def _add(self, thing: str) -> None:
        parts = taken_apart(thing)
        for subject in parts.subjects:
            self._show(indefinite(subject.text), subject.link)
        for around in parts.around:
            self._surround(around.text)

    def _remove(self, thing: str) -> None:
        places = self._places_of(thing)
        if places:
            self._forbidden += [self._drop(place).text for place in reversed(places)]
            return
        senses = senses_of(thing)
        if not senses:
            self._forbidden.append(indefinite(thing))
            return
        facets = {sense.facet for sense in senses}
        self._make_room(facets)
        if Facet.WEATHER in facets:
            self._around.append(Around(CLEAR_PHRASE, senses_of(CLEAR_PHRASE)))
            self._desired.append(CLEAR_PHRASE)
        self._forbidden.append(thing.removeprefix("the "))

    def _exchange(self, old: str, new: str) -> None:
        place = self._place_of(old)
        if place is not None:
            self._rewrite(place, indefinite(new))
        elif senses_of(old) and senses_of(new):
            self._surround(new)
        else:
            self._show(indefinite(new))
            self._forbidden.append(indefinite(old))

    def _surround(self, phrase: str) -> None:
        senses = senses_of(phrase)
        self._make_room({sense.facet for sense in senses})
        self._around.append(Around(phrase, senses))
        self._desired.append(phrase)

    # Parts

    def _place_of(self, noun: str) -> int | None:
        """Return where the subject is that a word means; the first one for "it"."""
        if noun in ("it", "this", "that", "them", "everything"):
            return 0 if self._subjects else None
        return next((i for i, s in enumerate(self._subjects) if means(noun, s.text)), None)

    def _places_of(self, noun: str) -> list[int]:
        """Return where the subjects are that a word means: all of them for "the trees"."""
        fitting = [i for i, s in enumerate(self._subjects) if means(noun, s.text)]
        return fitting if is_plural(noun) else fitting[:1]

    def _show(self, phrase: str, link: str = "") -> None:
        self._subjects.append(Subject(phrase, link if self._subjects else ""))
        self._desired.append(phrase)

    def _rewrite(self, place: int, text: str) -> None:
        old = self._subjects[place]
        self._subjects[place] = replace(old, text=text)
        # Two changes may touch one thing: what the first one wanted is not wanted alone.
        if old.text in self._desired:
            self._desired.remove(old.text)
        else:
            self._forbidden.append(old.text)
        self._desired.append(text)

    def _drop(self, place: int) -> Subject:
        gone = self._subjects.pop(place)
        if place < len(self._subjects) and (place == 0 or not gone.link):
            self._subjects[place] = replace(self._subjects[place], link="")
        if gone.text in self._desired:
            self._desired.remove(gone.text)
        return gone

    def _make_room(self, facets: set[Facet]) -> None:
        for around in [a for a in self._around if a.facets & facets]:
            self._around.remove(around)
            self._forbidden.append(around.text)


def _paraphrases(description: Description, unclear: list[str]) -> tuple[str, ...]:
    """Return the same in other orders: what counts for the reader does not for an encoder."""
    backwards = Description(_turned(description.subjects), description.around)
    who = Description(description.subjects).text()
    where = Description((), description.around).text()
    texts = [backwards.text()]
    if who and where and not any(Facet.STYLE in a.facets for a in description.around):
        texts.append(f"{where}, {who}")
    asked = [", ".join([text, *unclear]) for text in texts]
    return tuple(text for text in dict.fromkeys(asked) if text != description.text())


def _turned(subjects: tuple[Subject, ...]) -> tuple[Subject, ...]:
    return subjects if any(s.link for s in subjects) else subjects[::-1]
