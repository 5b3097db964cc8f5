"""The captioner that needs no further model: the gallery's own says which phrases fit a picture.

A phrase alone says little: "a dog" is nearer to some pictures than to others whatever they show,
and a longer sentence is further from all. So pictures and texts are centred first, each by the mean
of its kind, and whole captions are compared, built up phrase by phrase: the one that fits best is
what the picture is said to show.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sightline.composed.captioners.banks import Bank
from sightline.types.composition import Caption

if TYPE_CHECKING:
    from sightline.types import Vectors

Embed: TypeAlias = "Callable[[Sequence[str]], Vectors]"
"""Texts to unit rows, with the model's prompt around them."""

_BEAM = 3
_POOL = 10
_AROUND = 4
_ROUNDS = 3
# A longer caption must fit better by so much a phrase, or it stays short. Among many phrases that a
# model hardly knows some fit by accident, so an open bank asks for more.
_GAIN_IF_COMPLETE = 0.014
_GAIN_IF_OPEN = 0.03
_SHORTEST = 1e-6


@dataclass(frozen=True, slots=True)
class _Draft:
    """A caption in parts: places in the bank's lists. -1 is a facet of which nothing is said."""

    around: tuple[int, ...]
    subjects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Scored:
    draft: _Draft
    score: float


class TagsCaptioner:
    """Says what a picture shows in the phrases of a bank.

    Args:
        embed: The text tower of the model that the vectors are from.
        bank: The phrases.
        image_mean: Returns the mean vector of many pictures, shape (d,), or None: then captions
            are less sure. It is asked when the first picture is described.
        model: What the vectors are from, for ``identity``.
    """

    name = "tags"

    def __init__(
        self,
        embed: Embed,
        bank: Bank,
        *,
        image_mean: Callable[[], NDArray[np.float32] | None] = lambda: None,
        model: str = "",
    ) -> None:
        self._embed = embed
        self._bank = bank
        self._image_mean = image_mean
        self._model = model
        self._mutex = threading.Lock()

    @property
    def identity(self) -> str:
        """What a caption depends on, apart from the picture."""
        return f"tags 1, {self._bank.name}, {self._model}"

    def caption_vectors(self, vectors: Vectors) -> list[Caption]:
        """Return a caption for each unit row, shape (n, d)."""
        return [Caption(self._caption(vector.astype(np.float64))) for vector in vectors]

    def _caption(self, vector: NDArray[np.float64]) -> str:
        with self._mutex:  # both are made once, whoever comes first
            bank, mean = self._embedded, self._mean
        search = _Search(self._bank, bank, self._embed, vector - mean)
        return written(self._bank, search.best())

    @cached_property
    def _embedded(self) -> _EmbeddedBank:
        return _EmbeddedBank.of(self._bank, self._embed)

    @cached_property
    def _mean(self) -> NDArray[np.float64]:
        mean = self._image_mean()
        return np.zeros(1) if mean is None else mean.astype(np.float64)


@dataclass(frozen=True, slots=True)
class _EmbeddedBank:
    """A bank's phrases as centred unit rows.

    Attributes:
        mean: Of captions put together at random, shape (d,): what every caption has in common.
        subjects: Shape (s, d).
        around: What can be said of all facets together, as places in them.
        around_rows: The same as rows, shape (a, d).
    """

    mean: NDArray[np.float64]
    subjects: NDArray[np.float64]
    around: tuple[tuple[int, ...], ...]
    around_rows: NDArray[np.float64]

    @classmethod
    def of(cls, bank: Bank, embed: Embed) -> _EmbeddedBank:
        """Embed a bank: its subjects, its facets together, and captions at random for the mean."""
        mean = embed(example_captions(bank)).astype(np.float64).mean(axis=0)
        around = _combinations(bank)
        said = [_around_text(bank, places) for places in around]
        rows = np.zeros((len(around), len(mean)))
        spoken = [i for i, text in enumerate(said) if text]
        if spoken:
            rows[spoken] = _centred(embed([said[i] for i in spoken]), mean)
        return cls(mean, _centred(embed(bank.subjects), mean), around, rows)


class _Search:
    """The search for the caption that fits one picture best."""

    def __init__(
        self, bank: Bank, embedded: _EmbeddedBank, embed: Embed, vector: NDArray[np.float64]
    ) -> None:
        self._bank = bank
        self._embedded = embedded
        self._embed = embed
        self._vector = vector / max(float(np.linalg.norm(vector)), _SHORTEST)
        self._gain = _GAIN_IF_COMPLETE if bank.complete else _GAIN_IF_OPEN
        self._known: dict[_Draft, float] = {}
        self._rows: dict[_Draft, NDArray[np.float64]] = {}

    def best(self) -> _Draft:
        """Return the draft with the highest score that the beam comes across."""
        around = self._embedded.around_rows @ self._vector
        starts = [self._embedded.around[i] for i in np.argsort(-around)[:_AROUND]]
        front = self._scored([_Draft(a, (s,)) for a in starts for s in self._fitting(None)])
        for _ in range(self._bank.most_subjects - 1):
            front = self._scored(
                [e.draft for e in front[:_BEAM]]
                + [
                    replace(e.draft, subjects=(*e.draft.subjects, phrase))
                    for e in front[:_BEAM]
                    for phrase in self._fitting(e.draft)
                    if phrase not in e.draft.subjects
                ]
            )
        return self._polished(front[0])

    def _polished(self, best: _Scored) -> _Draft:
        """Return the draft after every single change that makes it better."""
        for _ in range(_ROUNDS):
            found = self._scored([best.draft, *self._neighbours(best.draft)])[0]
            if found.draft == best.draft:
                break
            best = found
        return best.draft

    def _neighbours(self, draft: _Draft) -> list[_Draft]:
        near = [
            replace(draft, around=(*draft.around[:f], place, *draft.around[f + 1 :]))
            for f, phrases in enumerate(self._bank.facets)
            for place in range(0 if self._bank.complete else -1, len(phrases))
            if place != draft.around[f] and (len(phrases) <= 16 or place < 0)
        ]
        for i, phrase in enumerate(draft.subjects):
            rest = (*draft.subjects[:i], *draft.subjects[i + 1 :])
            if rest:
                near.append(replace(draft, subjects=rest))
            others = [*self._fitting(replace(draft, subjects=rest)), *self._coloured(phrase)]
            near += [
                replace(draft, subjects=(*draft.subjects[:i], other, *draft.subjects[i + 1 :]))
                for other in dict.fromkeys(others)
                if other not in draft.subjects
            ]
        return near

    def _coloured(self, phrase: str) -> list[str]:
        first, _, noun = phrase.partition(" ")
        if first not in ("a", "an", "some"):
            first, noun = "", phrase
        if noun.split()[0] in self._bank.colours:
            return []
        return [_with_article(f"{first} {colour} {noun}").strip() for colour in self._bank.colours]

    def _fitting(self, draft: _Draft | None) -> list[str]:
        """Return the subjects that fit best what a draft leaves unsaid of the picture."""
        rest = self._vector
        if draft is not None and draft.subjects:
            row = self._row(draft)
            rest = rest - (rest @ row) * row
        scores = self._embedded.subjects @ rest
        return [self._bank.subjects[i] for i in np.argsort(-scores)[:_POOL]]

    def _row(self, draft: _Draft) -> NDArray[np.float64]:
        if draft not in self._rows:
            self._scored([draft])
        return self._rows[draft]

    def _scored(self, drafts: Sequence[_Draft]) -> list[_Scored]:
        """Return each different draft with its score, best first."""
        distinct = list({_sorted(draft): draft for draft in drafts}.values())
        new = [draft for draft in distinct if draft not in self._known]
        forms = [_forms(self._bank, draft) for draft in new]
        if new:
            rows = self._embed([text for texts in forms for text in texts]).astype(np.float64)
            start = 0
            for draft, texts in zip(new, forms, strict=True):
                mean = rows[start : start + len(texts)].mean(axis=0) - self._embedded.mean
                row = mean / max(float(np.linalg.norm(mean)), _SHORTEST)
                start += len(texts)
                self._rows[draft] = row
                said = len(draft.subjects) + sum(place >= 0 for place in draft.around)
                self._known[draft] = float(row @ self._vector) - self._gain * said
        scored = [_Scored(draft, self._known[draft]) for draft in distinct]
        return sorted(scored, key=lambda each: -each.score)


def written(bank: Bank, draft: _Draft) -> str:
    """Return a draft as a sentence."""
    return _forms(bank, draft)[0]


def _forms(bank: Bank, draft: _Draft) -> list[str]:
    """Return a draft in a few orders, so that none of them decides."""
    around = _around_text(bank, draft.around)
    who = _listed(draft.subjects)
    if not around:
        return [who]
    first = f"{who}, {around}" if len(draft.subjects) > 1 else f"{who} {around}"
    return [first, f"{around}, {_listed(draft.subjects[::-1])}"]


def _around_text(bank: Bank, places: tuple[int, ...]) -> str:
    return " ".join(
        phrases[place] for phrases, place in zip(bank.facets, places, strict=True) if place >= 0
    )


def _combinations(bank: Bank) -> tuple[tuple[int, ...], ...]:
    """Return what can be said of all facets: together where a bank is complete, else one each."""
    if bank.complete:
        return tuple(product(*(range(len(phrases)) for phrases in bank.facets)))
    silent = (-1,) * len(bank.facets)
    alone = [
        (*silent[:f], place, *silent[f + 1 :])
        for f, phrases in enumerate(bank.facets)
        for place in range(len(phrases))
    ]
    return (silent, *alone)


def example_captions(bank: Bank, count: int = 200) -> list[str]:
    """Return captions put together at random from a bank; the same ones every time."""
    random = np.random.default_rng(0)
    texts = []
    for _ in range(count):
        around = tuple(int(random.integers(len(phrases))) for phrases in bank.facets)
        said = tuple(place if bank.complete or random.random() < 0.5 else -1 for place in around)
        chosen = random.integers(len(bank.subjects), size=1 + int(random.integers(3)))
        texts.append(written(bank, _Draft(said, tuple(bank.subjects[i] for i in chosen))))
    return texts


def _sorted(draft: _Draft) -> _Draft:
    return replace(draft, subjects=tuple(sorted(draft.subjects)))


def _centred(rows: Vectors, mean: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = rows.astype(np.float64) - mean
    lengths = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.maximum(lengths, _SHORTEST))


def _listed(phrases: Sequence[str]) -> str:
    return ", ".join(phrases[:-1]) + " and " + phrases[-1] if len(phrases) > 1 else phrases[0]


def _with_article(text: str) -> str:
    return re.sub(r"^a (?=[aeiou])", "an ", re.sub(r"^an (?=[^aeiou])", "a ", text))
