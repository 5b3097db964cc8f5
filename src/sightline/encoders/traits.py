"""What a model is like: prompt, context, case, padding, what it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sightline.encoders.families import Padding, family_of
from sightline.encoders.files.model_files import CONFIG, ModelFiles, ModelFolder

__all__ = ["ModelTraits", "Padding", "read_traits"]


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
        cleanup: Whether garbled characters, HTML entities and runs of white space are mended
            before the tokeniser, as OpenAI's does for CLIP.
        punctuation: Whether ASCII punctuation is kept. The first SigLIP was trained without.
    """

    prompt: str
    domain: str
    context: int
    causal: bool
    lowercase: bool
    padding: Padding
    cleanup: bool = False
    punctuation: bool = True


def read_traits(files: ModelFiles) -> ModelTraits:
    """Return the traits of someone's own folder.

    Its ``config.json`` may say them outright in an object ``sightline``, under the names of
    ``ModelTraits``; else they follow from the family that config and tokeniser tell, and from the
    numbers they state.

    Raises:
        ModelFilesError: a value is not what it must be, or nothing gives the context.
    """
    said = _block(files, "sightline")
    text = _block(files, "text_config") or _block(files, "text_cfg")
    family = family_of(files.config, files.tokenizer_config, files.tokenizer)
    lowercase = files.tokenizer_config.get("do_lower_case", False)
    unknown = 0 if files.text else 1  # a model that reads no words needs none
    traits = ModelTraits(
        prompt=said.get("prompt", family.prompt),
        domain=said.get("domain", "photographs"),
        context=said.get("context") or _context(files, text) or family.context or unknown,
        causal=said.get("causal", text.get("causal", family.causal)),
        lowercase=said.get(
            "lowercase", lowercase if family.lowercase is None else family.lowercase
        ),
        padding=said.get("padding", family.padding),
        cleanup=said.get("cleanup", family.cleanup),
        punctuation=said.get("punctuation", family.punctuation),
    )
    return _checked(files.folder, traits)


def _context(files: ModelFiles, text: Mapping[str, Any]) -> int | None:
    stated = text.get("max_position_embeddings", text.get("context_length"))
    lengths = [stated, files.tokenizer_config.get("model_max_length")]
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
        "cleanup": not isinstance(traits.cleanup, bool),
        "punctuation": not isinstance(traits.punctuation, bool),
        "context": not isinstance(traits.context, int) or traits.context < 1,
    }
    for key, is_wrong in wrong.items():
        if is_wrong:
            remedy = f'set it in {CONFIG}, in an object "sightline"'
            raise folder.error(f"its {key} is {getattr(traits, key)!r}", remedy)
    return traits
