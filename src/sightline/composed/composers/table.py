"""Composers by name: those that are built in, and those of other packages.

Another package offers one as an entry point of the group ``sightline.composers``: a callable that
takes ``ChatSettings | None`` and returns a ``protocols.Composer``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from sightline.errors import InvalidValueError, WordsSourceNotFoundError

if TYPE_CHECKING:
    from sightline.composed.chat import ChatSettings
    from sightline.protocols import Composer

GROUP = "sightline.composers"


def composer(name: str, chat: ChatSettings | None) -> Composer:
    """Return a composer.

    Args:
        name: Of the table, or of an entry point.
        chat: Where the language model is, if there is one.

    Raises:
        WordsSourceNotFoundError: no composer has the name.
        InvalidValueError: it needs a language model, and none is set up.
        MissingPackageError: it needs a package that is not installed.
    """
    make = _BUILT_IN.get(name)
    if make is not None:
        return make(chat)
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise WordsSourceNotFoundError("composer", name, composer_names())
    made: Composer = found.load()(chat)
    return made


def composer_names() -> tuple[str, ...]:
    """Return the name of every composer that there is."""
    others = {point.name for point in entry_points(group=GROUP)} - _BUILT_IN.keys()
    return (*_BUILT_IN, *sorted(others))


def _rules(chat: ChatSettings | None) -> Composer:
    from sightline.composed.composers.rules import RulesComposer

    return RulesComposer()


def _llm(chat: ChatSettings | None) -> Composer:
    from sightline.composed.composers.llm import LlmComposer

    if chat is None:
        raise InvalidValueError("the language model", None, NEEDS_CHAT)
    return LlmComposer(chat)


NEEDS_CHAT = "set up with SIGHTLINE_LLM_URL, SIGHTLINE_LLM_MODEL or SIGHTLINE_LLM_KEY"
_BUILT_IN: Mapping[str, Callable[[ChatSettings | None], Composer]] = {"rules": _rules, "llm": _llm}
