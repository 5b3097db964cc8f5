"""Captioners and composers by name: which there are, which are asked, and in which order.

Other packages offer theirs as entry points: of the group ``sightline.captioners`` a callable that
takes ``Surroundings`` and returns a ``protocols.Captioner`` or ``protocols.VectorCaptioner``; of
the group ``sightline.composers`` one that takes ``ChatSettings | None`` and returns a
``protocols.Composer``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import entry_points
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakValueDictionary

from sightline.composed.captioners.blip import PUBLISHED_CHECKPOINT, BlipCaptioner
from sightline.composed.chat import OPENAI, PUBLISHED_MODEL, ChatSettings
from sightline.composed.pipeline import DEFAULT_BUDGET_S, AnyCaptioner
from sightline.errors import InvalidValueError, SightlineError, WordsSourceNotFoundError
from sightline.protocols import Composer
from sightline.system.paths import absolute
from sightline.types.composition import Caption, Composed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from sightline.composed.captioners.banks import Bank
    from sightline.types import Vectors

Given = TypeVar("Given")
Made = TypeVar("Made")

_PREFIX = "SIGHTLINE_"
_DRAWN = "drawn scenes"
_NEEDS_CHAT = "set up with SIGHTLINE_LLM_URL, SIGHTLINE_LLM_MODEL or SIGHTLINE_LLM_KEY"


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
    blip: str = PUBLISHED_CHECKPOINT
    chat: ChatSettings | None = None
    budget_s: float = DEFAULT_BUDGET_S

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> WordsSettings:
        """Return what the environment says; see docs/composed.md for the variables.

        Raises:
            InvalidValueError: a value cannot be understood.
        """

        def get(name: str) -> str:
            return environment.get(_PREFIX + name, "").strip()

        given: dict[str, Any] = {
            "captioners": _listed(get("CAPTIONER")),
            "composers": _listed(get("COMPOSER")),
            "chat": _chat_from(get),
        }
        if phrases := get("PHRASES"):
            given["phrases"] = absolute(phrases)
        if blip := get("BLIP"):
            given["blip"] = blip
        if seconds := get("COMPOSE_SECONDS"):
            given["budget_s"] = _number("COMPOSE_SECONDS", seconds)
        return cls(**given)

    def with_key(self, key: str) -> WordsSettings:
        """Return the same with a key that came with a request."""
        return replace(self, chat=replace(self.chat or ChatSettings(), key=key))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _chat_from(get: Callable[[str], str]) -> ChatSettings | None:
    url, model, key = get("LLM_URL"), get("LLM_MODEL"), get("LLM_KEY")
    if not (url or model or key):
        return None
    settings = ChatSettings(url or OPENAI, model or PUBLISHED_MODEL, key)
    seconds = get("LLM_SECONDS")
    return replace(settings, timeout_s=_number("LLM_SECONDS", seconds)) if seconds else settings


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise InvalidValueError(_PREFIX + name, text, "a number of seconds") from error


# By name


class Registry(Generic[Given, Made]):
    """What can be made by name: what is built in, and what other packages offer.

    Args:
        role: What its members are called, such as "captioner".
        built_in: What makes each.
    """

    def __init__(self, role: str, built_in: Mapping[str, Callable[[Given], Made]]) -> None:
        self._role = role
        self._built_in = built_in

    def names(self) -> tuple[str, ...]:
        """Return the name of every one that there is."""
        others = {point.name for point in entry_points(group=self._group)}
        return (*self._built_in, *sorted(others - self._built_in.keys()))

    def make(self, name: str, given: Given) -> Made:
        """Return the one with a name, made of what is given.

        Raises:
            WordsSourceNotFoundError: there is none.
            InvalidValueError: it needs a language model, and none is set up; or its list of phrases
                makes no sense.
            MissingPackageError: it needs a package that is not installed.
        """
        make = self._built_in.get(name)
        if make is not None:
            return make(given)
        found = next(iter(entry_points(group=self._group, name=name)), None)
        if found is None:
            raise WordsSourceNotFoundError(self._role, name, self.names())
        made: Made = found.load()(given)
        return made

    def make_all(self, names: Sequence[str], given: Given) -> list[Made]:
        """Return those with some names; one that cannot be made says why when it is asked.

        Raises:
            WordsSourceNotFoundError: there is none with one of the names.
        """
        known = self.names()
        for name in names:
            if name not in known:
                raise WordsSourceNotFoundError(self._role, name, known)
        return [self._made_or_broken(name, given) for name in names]

    @property
    def _group(self) -> str:
        return f"sightline.{self._role}s"

    def _made_or_broken(self, name: str, given: Given) -> Made | Any:  # noqa: ANN401
        try:
            return self.make(name, given)
        except SightlineError as error:
            return _Broken(name, error)


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


# What is built in


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a captioner may draw on.

    Attributes:
        embed: The text tower of the gallery's model, with its prompt.
        image_mean: Returns the mean vector of the gallery's pictures, shape (d,), or None. It may
            take a while, so it is asked when the first picture is described.
        model: The name and digest of the gallery's model.
        knows: What the model was trained on, such as "drawn scenes", or "".
        phrases: A list of one's own for ``tags``.
        blip: The checkpoint for ``blip``: a name of the hub, or a folder.
        device: For ``blip``: "cpu" or "cuda".
        chat: Where the chat model is, if there is one.
    """

    embed: Callable[[Sequence[str]], Vectors]
    image_mean: Callable[[], NDArray[np.float32] | None] = lambda: None
    model: str = ""
    knows: str = ""
    phrases: Path | None = None
    blip: str = PUBLISHED_CHECKPOINT
    device: str = "cpu"
    chat: ChatSettings | None = None


def bank_for(surroundings: Surroundings) -> Bank:
    """Return the phrases that suit a model: a list of one's own, or that of what it knows."""
    from sightline.composed.captioners.banks import drawn_scenes, photographs, read_bank

    if surroundings.phrases is not None:
        return read_bank(surroundings.phrases)
    return drawn_scenes() if surroundings.knows == _DRAWN else photographs()


def _tags(surroundings: Surroundings) -> AnyCaptioner:
    from sightline.composed.captioners.tags import TagsCaptioner

    return TagsCaptioner(
        surroundings.embed,
        bank_for(surroundings),
        image_mean=surroundings.image_mean,
        model=surroundings.model,
    )


# While anybody uses a checkpoint, all who ask for it get the same captioner: its model is in memory
# once, whatever else differs between them, such as the key for a language model.
_blips: WeakValueDictionary[tuple[str, str], BlipCaptioner] = WeakValueDictionary()
_blips_mutex = Lock()


def _blip(surroundings: Surroundings) -> AnyCaptioner:
    place = surroundings.blip, surroundings.device
    with _blips_mutex:
        blip = _blips.get(place)
        if blip is None:
            blip = _blips[place] = BlipCaptioner(surroundings.blip, device=surroundings.device)
        return blip


def _chat(surroundings: Surroundings) -> AnyCaptioner:
    from sightline.composed.captioners.chat import ChatCaptioner

    if surroundings.chat is None:
        raise InvalidValueError("the chat model", None, _NEEDS_CHAT)
    return ChatCaptioner(surroundings.chat)


def _rules(chat: ChatSettings | None) -> Composer:
    from sightline.composed.composers.rules import RulesComposer

    return RulesComposer()


def _llm(chat: ChatSettings | None) -> Composer:
    from sightline.composed.composers.llm import LlmComposer

    if chat is None:
        raise InvalidValueError("the language model", None, _NEEDS_CHAT)
    return LlmComposer(chat)


CAPTIONERS: Registry[Surroundings, AnyCaptioner] = Registry(
    "captioner", {"tags": _tags, "blip": _blip, "chat": _chat}
)
COMPOSERS: Registry[ChatSettings | None, Composer] = Registry(
    "composer", {"rules": _rules, "llm": _llm}
)


# Who is asked


def asked_captioners(settings: WordsSettings) -> list[str]:
    """Return the captioners that are asked, in order."""
    return _in_order(settings.captioners, "tags")


def asked_composers(settings: WordsSettings) -> list[str]:
    """Return the composers that are asked, in order."""
    default = ("llm",) if settings.chat is not None else ()
    return _in_order(settings.composers or default, "rules")


def words_for(
    settings: WordsSettings, surroundings: Surroundings
) -> tuple[list[AnyCaptioner], list[Composer]]:
    """Return the captioners and composers to ask, in order. Nothing is loaded or embedded yet.

    One that is named and cannot be used is in the list all the same, and says why when it is asked:
    the next one answers, and the answer tells.

    Raises:
        WordsSourceNotFoundError: a name is unknown.
    """
    around = replace(surroundings, phrases=settings.phrases, blip=settings.blip, chat=settings.chat)
    return (
        CAPTIONERS.make_all(asked_captioners(settings), around),
        COMPOSERS.make_all(asked_composers(settings), settings.chat),
    )


def _in_order(named: Sequence[str], last: str) -> list[str]:
    return list(dict.fromkeys([*(name for name in named if name != last), last]))
