"""Which captioners and composers are asked, in which order, and where their models are."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.composed.captioners import Surroundings, captioner, captioner_names
from sightline.composed.chat import OPENAI, PUBLISHED_MODEL, ChatSettings
from sightline.composed.composers import composer, composer_names
from sightline.composed.pipeline import DEFAULT_BUDGET_S, AnyCaptioner
from sightline.errors import InvalidValueError, SightlineError, WordsSourceNotFoundError
from sightline.system.paths import absolute
from sightline.types.composition import Caption, Composed

if TYPE_CHECKING:
    from PIL import Image

    from sightline.protocols import Composer

_PREFIX = "SIGHTLINE_"


@dataclass(frozen=True, slots=True)
class WordsSettings:
    """How pictures and instructions become words.

    Attributes:
        captioners: Asked in this order; ``tags`` comes last whether it is named or not.
        composers: Asked in this order; ``rules`` comes last likewise. Empty: ``llm`` if a language
            model is set up, then ``rules``.
        phrases: A list of one's own for ``tags``.
        blip: The checkpoint for ``blip``.
        chat: Where the language model is; None if none is set up.
        budget_s: How long captioners and composers may take together.
    """

    captioners: tuple[str, ...] = ()
    composers: tuple[str, ...] = ()
    phrases: Path | None = None
    blip: str = "Salesforce/blip-image-captioning-base"
    chat: ChatSettings | None = field(default=None)
    budget_s: float = DEFAULT_BUDGET_S

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> WordsSettings:
        """Return what the environment says; see docs/composed.md for the variables.

        Raises:
            InvalidValueError: a value cannot be understood.
        """
        get = {name: environment.get(_PREFIX + name, "").strip() for name in _VARIABLES}
        given: dict[str, Any] = {
            "captioners": _names(get["CAPTIONER"]),
            "composers": _names(get["COMPOSER"]),
            "chat": _chat(get),
        }
        if get["PHRASES"]:
            given["phrases"] = absolute(get["PHRASES"])
        if get["BLIP"]:
            given["blip"] = get["BLIP"]
        if get["COMPOSE_SECONDS"]:
            given["budget_s"] = _number("COMPOSE_SECONDS", get["COMPOSE_SECONDS"])
        return cls(**given)

    def with_key(self, key: str) -> WordsSettings:
        """Return the same with a key that came with a request."""
        return replace(self, chat=replace(self.chat or ChatSettings(), key=key))


_VARIABLES = (
    "CAPTIONER",
    "COMPOSER",
    "PHRASES",
    "BLIP",
    "COMPOSE_SECONDS",
    "LLM_URL",
    "LLM_MODEL",
    "LLM_KEY",
    "LLM_SECONDS",
)


def words_for(
    settings: WordsSettings, surroundings: Surroundings
) -> tuple[list[AnyCaptioner], list[Composer]]:
    """Return the captioners and composers to ask, in order.

    One that is named and cannot be used is in the list all the same, and says why when it is asked:
    the next one answers, and the answer tells.

    Raises:
        WordsSourceNotFoundError: a name is unknown.
    """
    around = replace(
        surroundings,
        phrases=settings.phrases,
        blip=settings.blip,
        chat=settings.chat,
    )
    captioners, composers = asked_captioners(settings), asked_composers(settings)
    _check_names("captioner", captioners, captioner_names())
    _check_names("composer", composers, composer_names())
    return (
        [_or_broken(name, partial(captioner, name, around)) for name in captioners],
        [_or_broken(name, partial(composer, name, settings.chat)) for name in composers],
    )


def asked_captioners(settings: WordsSettings) -> list[str]:
    """Return the captioners that are asked, in order."""
    return _in_order(settings.captioners, "tags")


def asked_composers(settings: WordsSettings) -> list[str]:
    """Return the composers that are asked, in order."""
    default = ("llm",) if settings.chat is not None else ()
    return _in_order(settings.composers or default, "rules")


class _Broken:
    """Stands for a captioner or composer that cannot be made, and says why whenever it is asked."""

    identity = ""

    def __init__(self, name: str, error: SightlineError) -> None:
        self.name = name
        self._error = error

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        """Raise the error."""
        raise self._error

    def compose(self, caption: str, instruction: str, *, within_s: float = math.inf) -> Composed:
        """Raise the error."""
        raise self._error


def _or_broken(name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - one of two protocols
    try:
        return make()
    except SightlineError as error:
        return _Broken(name, error)


def _in_order(named: Sequence[str], last: str) -> list[str]:
    return list(dict.fromkeys([*(name for name in named if name != last), last]))


def _check_names(role: str, names: Sequence[str], known: tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise WordsSourceNotFoundError(role, name, known)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _chat(get: Mapping[str, str]) -> ChatSettings | None:
    if not (get["LLM_URL"] or get["LLM_MODEL"] or get["LLM_KEY"]):
        return None
    settings = ChatSettings(
        url=get["LLM_URL"] or OPENAI,
        model=get["LLM_MODEL"] or PUBLISHED_MODEL,
        key=get["LLM_KEY"],
    )
    seconds = get["LLM_SECONDS"]
    return replace(settings, timeout_s=_number("LLM_SECONDS", seconds)) if seconds else settings


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidValueError(_PREFIX + name, text, "a number of seconds") from error
