"""What a model is like: prompt, context, case, padding, what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sightline.encoders.files import CONFIG, ModelFiles, ModelFolder


class Padding(StrEnum):
    """How long the token row of a text is when it goes into the text tower."""

    NONE = "none"
    """As long as the text. Right where the read-out ignores what follows the end token."""
    CONTEXT = "context"
    """Always the whole context, filled with the padding token, as SigLIP was trained."""


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What the files of a model do not show by themselves.

    Attributes:
        prompt: The sentence that a search puts words into, with ``{query}``.
        domain: What the model knows, such as "photographs" or "drawn scenes".
        context: How many tokens a text may have, special tokens included.
        causal: Whether a token sees only what stands before it, with the read-out at the end.
        lowercase: Whether texts are lowercased before the tokeniser.
        padding: See ``Padding``.
    """

    prompt: str
    domain: str
    context: int
    causal: bool
    lowercase: bool
    padding: Padding


@dataclass(frozen=True, slots=True)
class _FamilyDefaults:
    prompt: str
    context: int | None
    causal: bool
    padding: Padding


# What each family was trained with; the values its published configs leave out.
_CLIP = _FamilyDefaults("The photo of {query}", 77, True, Padding.NONE)
_SIGLIP = _FamilyDefaults("This is a photo of {query}.", 64, False, Padding.CONTEXT)
_OTHER = _FamilyDefaults("{query}", None, False, Padding.NONE)
_FAMILIES = {"clip": _CLIP, "siglip": _SIGLIP, "siglip2": _SIGLIP}


def read_traits(files: ModelFiles) -> ModelTraits:
    """Return the traits of someone's own folder.

    Its ``config.json`` may say them outright in an object ``sightline`` with the keys ``prompt``,
    ``domain``, ``context``, ``causal``, ``lowercase`` and ``padding``; else they follow from
    ``model_type``, ``text_config`` and ``tokenizer_config.json``.

    Raises:
        ModelFilesError: a value is not what it must be, or nothing gives the context.
    """
    said = _block(files, "sightline")
    text = _block(files, "text_config")
    family = _FAMILIES.get(str(files.config.get("model_type")), _OTHER)
    lowercase = files.tokenizer_config.get("do_lower_case", False)
    traits = ModelTraits(
        prompt=said.get("prompt", family.prompt),
        domain=said.get("domain", "photographs"),
        context=said.get("context") or _context(files, text) or family.context or 0,
        causal=said.get("causal", text.get("causal", family.causal)),
        lowercase=said.get("lowercase", lowercase),
        padding=said.get("padding", family.padding),
    )
    return _checked(files.folder, traits)


def _context(files: ModelFiles, text: Mapping[str, Any]) -> int | None:
    lengths = [text.get("max_position_embeddings"), files.tokenizer_config.get("model_max_length")]
    # Tokenisers without a limit state an astronomical one.
    known = [length for length in lengths if isinstance(length, int) and 0 < length < 100_000]
    return min(known, default=None)


def _block(files: ModelFiles, key: str) -> Mapping[str, Any]:
    block = files.config.get(key) or {}
    if not isinstance(block, dict):
        raise files.folder.error(f"{key} in {CONFIG} is not an object")
    return block


def _checked(folder: ModelFolder, traits: ModelTraits) -> ModelTraits:
    wrong = {
        "prompt": not isinstance(traits.prompt, str) or traits.prompt.count("{query}") != 1,
        "domain": not isinstance(traits.domain, str),
        "causal": not isinstance(traits.causal, bool),
        "lowercase": not isinstance(traits.lowercase, bool),
        "padding": traits.padding not in tuple(Padding),
        "context": not isinstance(traits.context, int) or traits.context < 1,
    }
    for key, is_wrong in wrong.items():
        if is_wrong:
            remedy = f'set it in {CONFIG}, in an object "sightline"'
            raise folder.error(f"its {key} is {getattr(traits, key)!r}", remedy)
    return traits
