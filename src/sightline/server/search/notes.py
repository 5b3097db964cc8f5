"""What a search has to tell beside its hits, gathered from wherever it turns up on the way."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sightline.errors import TextTruncatedWarning

_notes: ContextVar[list[str] | None] = ContextVar("sightline_notes", default=None)
_heard: ContextVar[list[str] | None] = ContextVar("sightline_warnings", default=None)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Yield the list that notes of this thread go to, for as long as the block runs."""
    notes: list[str] = []
    before = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(before)


def note(sentence: str) -> None:
    """Add a note, once, if anybody collects them."""
    notes = _notes.get()
    if notes is not None and sentence not in notes:
        notes.append(sentence)


@contextmanager
def hearing() -> Iterator[list[str]]:
    """Yield what the model warns of in this thread, for as long as the block runs.

    Empty unless ``warnings_of_threads`` is on.
    """
    heard: list[str] = []
    before = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(before)


@contextmanager
def warnings_of_threads() -> Iterator[None]:
    """Let ``hearing`` work, for the whole process and as long as the block runs.

    ``warnings.catch_warnings`` is no way for many threads: it changes the whole process each time,
    and two of them that overlap leave it changed.
    """
    before = warnings.showwarning

    def show(message: Warning | str, *details: Any, **more: Any) -> None:  # noqa: ANN401
        heard = _heard.get()
        if heard is not None and isinstance(message, TextTruncatedWarning):
            heard.append(str(message))
        else:
            before(message, *details, **more)

    warnings.simplefilter("always", TextTruncatedWarning)
    warnings.showwarning = show
    try:
        yield
    finally:
        if warnings.showwarning is show:
            warnings.showwarning = before
