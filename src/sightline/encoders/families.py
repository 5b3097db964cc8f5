"""What each family of models was trained with, where its files do not say so themselves.

Sources: openai/CLIP ``simple_tokenizer.py``; google-research/big_vision, the SigLIP configs;
transformers' ``SiglipTokenizer`` and ``Siglip2Tokenizer``; open_clip's ``tokenizer.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Padding(StrEnum):
    """How long the token row of a text is when it goes into the text tower."""

    NONE = "none"
    """As long as the text. Right where the read-out ignores what follows the end token."""
    CONTEXT = "context"
    """Always the whole context, filled with the padding token, as SigLIP was trained."""


@dataclass(frozen=True, slots=True)
class Family:
    """The traits that the models of a family share; see ``ModelTraits``.

    ``context`` is None where only the files can tell; ``lowercase``, where the tokeniser's does.
    """

    prompt: str
    context: int | None
    causal: bool
    padding: Padding
    lowercase: bool | None = None
    cleanup: bool = False
    punctuation: bool = True


CLIP = Family("The photo of {query}", 77, True, Padding.NONE, lowercase=True, cleanup=True)
SIGLIP = Family(
    "This is a photo of {query}.", 64, False, Padding.CONTEXT, lowercase=True, punctuation=False
)
# Trained on lower-cased text, which the tokeniser that its repositories name does not do itself.
SIGLIP2 = replace(SIGLIP, punctuation=True)
OTHER = Family("{query}", None, False, Padding.NONE)

_SIGLIP_TOKENIZERS = ("SiglipTokenizer", "T5Tokenizer")
_SIGLIP2_TOKENIZERS = ("GemmaTokenizer", "Siglip2Tokenizer")


def family_of(
    config: Mapping[str, Any], tokenizer_config: Mapping[str, Any], tokenizer: str
) -> Family:
    """Return the family that a model's files tell.

    Args:
        config: ``config.json``, of transformers or of open_clip.
        tokenizer_config: ``tokenizer_config.json``, or empty.
        tokenizer: The text of ``tokenizer.json``, or "".
    """
    if isinstance(config.get("text_cfg"), dict):
        return _open_clip_family(config["text_cfg"])
    if config.get("model_type") == "clip":
        return CLIP
    if config.get("model_type") == "siglip2":
        return SIGLIP2
    if config.get("model_type") == "siglip":
        # SigLIP 2 of one fixed resolution calls itself "siglip": only its tokeniser is another.
        return SIGLIP2 if _has_gemma_tokenizer(tokenizer_config, tokenizer) else SIGLIP
    return OTHER


def _has_gemma_tokenizer(tokenizer_config: Mapping[str, Any], tokenizer: str) -> bool:
    said = str(tokenizer_config.get("tokenizer_class", ""))
    if said.startswith(_SIGLIP_TOKENIZERS + _SIGLIP2_TOKENIZERS):
        return said.startswith(_SIGLIP2_TOKENIZERS)
    # Gemma's pieces were learnt by byte-pair encoding, those of T5 as a unigram model. The file is
    # too large to be parsed for one word.
    kind = re.search(r'"model"\s*:\s*\{\s*"type"\s*:\s*"(\w+)"', tokenizer)
    return kind is not None and kind[1] == "BPE"


def _open_clip_family(text: Mapping[str, Any]) -> Family:
    """A model of open_clip, whose own tokeniser is CLIP's and whose others are the hub's."""
    if not text.get("hf_tokenizer_name"):
        return replace(CLIP, causal=not text.get("no_causal_mask"), padding=_padding(text))
    options = text.get("tokenizer_kwargs")
    clean = options.get("clean") if isinstance(options, dict) else None
    return Family(
        SIGLIP.prompt if clean == "canonicalize" else CLIP.prompt,
        CLIP.context,
        False,
        Padding.CONTEXT,
        lowercase=clean in ("canonicalize", "lower"),
        cleanup=True,
        punctuation=clean != "canonicalize",
    )


def _padding(text: Mapping[str, Any]) -> Padding:
    trimmed = not text.get("no_causal_mask") and text.get("pool_type", "argmax") == "argmax"
    return Padding.NONE if trimmed else Padding.CONTEXT
