"""An encoder for queries: texts of concurrent callers share the model's runs, and are remembered.

It gives the very vectors of the encoder that it wraps. Whether a model gives one vector for a text
alone and in company is tried out; texts of one that does not are run one by one. Pictures are
never put together: the last bit of their vectors may change by it, and on CPUs it gains little
(``docs/adr/0014-joined-queries-and-kept-answers.md``).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from sightline.errors import EmptyTextError
from sightline.protocols import BulkEncoder, Encoder, Specialist, TextEncoder, TunableEncoder
from sightline.server.search.batching import Turns
from sightline.server.search.notes import hearing, note
from sightline.server.search.recent import Recent
from sightline.types import ModelSpec, Pixels, Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

MOST_TEXTS = 16
"""How many texts one run of the model gets: beyond it there is little left to gain."""

_PROBES = tuple(f"a {word} thing" for word in ("red", "green", "blue", "white")) * 4


@dataclass(frozen=True, slots=True)
class Joining:
    """How queries are joined.

    Attributes:
        window_s: How long a thread waits for others that are under way.
        expected: Returns how many searches are under way.
        kept_texts: How many texts' vectors are remembered.
        watch: Told how many texts each run of the model had, and None for a remembered text.
    """

    window_s: float = 0.002
    expected: Callable[[], int] = lambda: 0
    kept_texts: int = 4096
    watch: Callable[[int | None], None] = lambda texts: None


def joined(encoder: Encoder, how: Joining) -> Encoder:
    """Return an encoder of the same abilities, for queries of many threads."""
    abilities = [ability for kind, ability in _ABILITIES.items() if isinstance(encoder, kind)]
    kind = type("JoinedEncoder", (*abilities, _Joined), {})
    return cast(Encoder, kind(encoder, how))


def is_same_in_company(encoder: TextEncoder) -> bool:
    """Return whether texts have bit for bit the vectors that each has alone, going by probes."""
    alone = np.concatenate([encoder.encode_texts([text]) for text in _PROBES[:4]])
    sizes = (2, 4, MOST_TEXTS // 2, MOST_TEXTS)
    return all(
        np.array_equal(
            encoder.encode_texts(_PROBES[:size]), np.resize(alone, (size, len(alone[0])))
        )
        for size in sizes
    )


class _Joined:
    """What every encoder can do: pictures, one caller after the other."""

    def __init__(self, encoder: Encoder, how: Joining) -> None:
        self._encoder = encoder
        self._how = how
        self._picture_turn = threading.Lock()
        self._prepare_words()

    def _prepare_words(self) -> None:
        """Nothing, for an encoder that reads pictures only."""

    @property
    def spec(self) -> ModelSpec:
        return self._encoder.spec

    @property
    def input_px(self) -> int:
        return self._encoder.input_px

    def prepare(self, image: Image.Image) -> Pixels:
        return self._encoder.prepare(image)

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        with self._picture_turn:
            return self._encoder.encode_images(pixels)


@dataclass(frozen=True, slots=True)
class _Encoded:
    """A text's vector, shape (d,), and what the model said about the text."""

    row: Vectors
    notes: tuple[str, ...]


class _Words(_Joined):
    """Texts, several callers' at once."""

    def _prepare_words(self) -> None:
        self._texts_of = cast(TextEncoder, self._encoder)
        self._is_same_in_company = is_same_in_company(self._texts_of)
        self._remembered: Recent[str, _Encoded] = Recent(self._how.kept_texts)
        self._turns: Turns[str, _Encoded] = Turns(
            self._run,
            most=MOST_TEXTS,
            window_s=self._how.window_s,
            expected=self._how.expected,
        )

    @property
    def prompt(self) -> str:
        return self._texts_of.prompt

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        for position, text in enumerate(texts):
            if not text.strip():  # here, where its position is the caller's own
                raise EmptyTextError(position)
        known = {text: self._remembered.get(text) for text in dict.fromkeys(texts)}
        new = [text for text, encoded in known.items() if encoded is None]
        for _ in range(len(known) - len(new)):
            self._how.watch(None)
        for start in range(0, len(new), MOST_TEXTS):
            some = new[start : start + MOST_TEXTS]
            known |= zip(some, self._turns.call(some), strict=True)
        found = [cast(_Encoded, known[text]) for text in texts]
        for encoded in found:
            for sentence in encoded.notes:
                note(sentence)
        rows = [encoded.row for encoded in found]
        return np.stack(rows) if rows else self._texts_of.encode_texts([])

    def _run(self, texts: list[str]) -> list[_Encoded]:
        different = list(dict.fromkeys(texts))
        self._how.watch(len(different))
        encoded = self._together(different) if self._is_same_in_company else None
        if encoded is None:
            encoded = {text: _encoded(*_heard(self._texts_of, [text])) for text in different}
        for text, kept in encoded.items():
            self._remembered.put(text, kept)
        return [encoded[text] for text in texts]

    def _together(self, texts: Sequence[str]) -> dict[str, _Encoded] | None:
        """Encode texts in one go; None if the model warns, as it does not say of which."""
        rows, said = _heard(self._texts_of, texts)
        if said:
            return None
        return {text: _encoded(rows[place : place + 1], ()) for place, text in enumerate(texts)}


def _encoded(rows: Vectors, said: tuple[str, ...]) -> _Encoded:
    row = rows[0].copy()  # not a view that would keep the whole run's rows
    row.flags.writeable = False
    return _Encoded(row, said)


def _heard(encoder: TextEncoder, texts: Sequence[str]) -> tuple[Vectors, tuple[str, ...]]:
    """Encode texts; return their rows, and what the model warns of."""
    with hearing() as heard:
        rows = encoder.encode_texts(texts)
    return rows, tuple(dict.fromkeys(heard))


class _Knows(_Joined):
    """A model that says what it knows."""

    @property
    def knows(self) -> str:
        return cast(Specialist, self._encoder).knows


class _Bulk(_Joined):
    """A model that is kept busy by many pictures."""

    @property
    def pictures_at_once(self) -> int:
        return cast(BulkEncoder, self._encoder).pictures_at_once


class _Tunable(_Joined):
    """A model that finds out how it runs fastest."""

    def tune(self, pictures: int) -> None:
        cast(TunableEncoder, self._encoder).tune(pictures)


_ABILITIES: dict[type, type] = {
    TextEncoder: _Words,
    Specialist: _Knows,
    BulkEncoder: _Bulk,
    TunableEncoder: _Tunable,
}
