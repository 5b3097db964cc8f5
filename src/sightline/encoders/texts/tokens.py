"""Words to token ids, as the text tower was trained to read them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sightline.encoders.digests import digest_of_text
from sightline.encoders.files.model_files import TOKENIZER, ModelFiles
from sightline.encoders.table import ModelTraits, Padding
from sightline.encoders.texts.cleaning import clean_text
from sightline.errors import EmptyTextError, TextTruncatedWarning

if TYPE_CHECKING:
    from tokenizers import Encoding


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One text as the text tower takes it.

    Attributes:
        ids: Token ids, padding included.
        length: How many of them are the text.
    """

    ids: tuple[int, ...]
    length: int


class TokenReader:
    """Turns texts into token ids. Safe to share by threads.

    Args:
        files: Of the model; must have a text tower.
        traits: Of the model.

    Raises:
        ModelFilesError: ``tokenizer.json`` is broken, or belongs to another text tower.
    """

    def __init__(self, files: ModelFiles, traits: ModelTraits) -> None:
        from tokenizers import Tokenizer, normalizers

        self._folder = files.folder
        self._traits = traits
        self._context, padded = _effective_context(files, traits)
        try:
            self._tokenizer = Tokenizer.from_str(files.tokenizer)
        except Exception as error:  # the library raises the bare class
            raise self._folder.error(f"{TOKENIZER} is not a tokeniser ({error})") from error
        self._check_vocabulary(files)
        self._special = self._tokenizer.num_special_tokens_to_add(False)
        if self._context <= self._special:
            raise self._folder.error(
                f"its context of {self._context} tokens has no room for a word"
            )
        # What follows the end token of a causal tower has no effect. 0, which OpenAI filled up
        # with, is never taken for that token by a read-out at the largest id.
        self._pad = 0 if traits.causal else _padding_id(self._tokenizer, files)
        if traits.cleanup and _only_cleans(self._tokenizer.normalizer):
            # Ours is done before it; a second pass would join what HTML entities took apart. What
            # is left to do: CLIP's pattern, which ignores case, passes over an iota subscript.
            self._tokenizer.normalizer = normalizers.Replace("\u0345", " ")
        # Only ours may hold: the file's own settings are often leftovers of training.
        self._tokenizer.enable_truncation(self._context)
        self._tokenizer.no_padding()
        self._padded_to = self._context if padded else 0
        self._text_digest = digest_of_text(files.tokenizer)

    @property
    def context(self) -> int:
        """How many tokens a text may have, special tokens included."""
        return self._context

    def digest(self) -> str:
        """Return a SHA-256 (hex) over all that turns a text into token ids."""
        facts: dict[str, object] = {
            "tokenizer": self._text_digest,
            "context": self._context,
            "padded_to": self._padded_to,
            "pad": self._pad if self._padded_to else None,
            "lowercase": self._traits.lowercase,
        }
        # Added in later versions, so that the digests of what was indexed before stay the same.
        facts |= {"cleanup": True} if self._traits.cleanup else {}
        facts |= {} if self._traits.punctuation else {"punctuation": False}
        return digest_of_text(json.dumps(facts, sort_keys=True, separators=(",", ":")))

    def read(self, texts: Sequence[str]) -> list[TokenRow]:
        """Return the tokens of each text; at least one, at most the context.

        A text that is too long loses its end, but keeps the end token that the read-out needs.

        Raises:
            EmptyTextError: a text is empty or white space.
            ModelFilesError: the tokeniser has no answer to a text.
        """
        cleaned = [self._clean(text, position) for position, text in enumerate(texts)]
        try:
            encodings = self._tokenizer.encode_batch(cleaned)
        except Exception as error:  # the library raises the bare class
            raise self._folder.error(f"{TOKENIZER} cannot read a text ({error})") from error
        self._warn_of_truncation(encodings)
        return [self._padded(encoding.ids) for encoding in encodings]

    def _clean(self, text: str, position: int) -> str:
        cleaned = clean_text(text, self._traits)
        if not cleaned:
            raise EmptyTextError(position)
        return cleaned

    def _padded(self, ids: list[int]) -> TokenRow:
        # A tokeniser without special tokens may know no part of a text at all.
        filled = ids or [self._pad]
        padding = [self._pad] * (self._padded_to - len(filled))
        return TokenRow((*filled, *padding), len(filled))

    def _warn_of_truncation(self, encodings: Sequence[Encoding]) -> None:
        tokens = max((self._full_length(encoding) for encoding in encodings), default=0)
        if tokens > self._context:
            warnings.warn(TextTruncatedWarning(tokens, self._context), stacklevel=4)

    def _full_length(self, encoding: Encoding) -> int:
        rest = sum(len(piece.ids) - self._special for piece in encoding.overflowing)
        return len(encoding.ids) + rest

    def _check_vocabulary(self, files: ModelFiles) -> None:
        rows = _text_settings(files).get("vocab_size")
        words = self._tokenizer.get_vocab_size()
        if isinstance(rows, int) and words > rows:
            raise self._folder.error(
                f"{TOKENIZER} has {words:,} tokens and the text tower knows {rows:,}; "
                "they are of different models"
            )


def _effective_context(files: ModelFiles, traits: ModelTraits) -> tuple[int, bool]:
    """The context, and whether texts are padded to it. A graph of fixed length overrules all."""
    axes = files.text.axes if files.text else ()
    fixed = axes[1] if len(axes) == 2 else None
    if fixed is not None:
        return fixed, True
    return traits.context, traits.padding == Padding.CONTEXT


def _padding_id(tokenizer: Any, files: ModelFiles) -> int:  # noqa: ANN401
    """The id that a text tower which sees its padding was trained with."""
    token = files.tokenizer_config.get("pad_token")
    name = token.get("content") if isinstance(token, dict) else token
    by_name = tokenizer.token_to_id(name) if isinstance(name, str) else None
    by_config = _text_settings(files).get("pad_token_id")
    candidates = (by_name, (tokenizer.padding or {}).get("pad_id"), by_config)
    return next((int(found) for found in candidates if isinstance(found, int)), 0)


def _text_settings(files: ModelFiles) -> Mapping[str, Any]:
    """The text tower's part of a config of transformers or of open_clip."""
    return files.config.get("text_config") or files.config.get("text_cfg") or {}


def _only_cleans(normalizer: Any) -> bool:  # noqa: ANN401
    """Whether a tokeniser's normaliser does no more than CLIP's own: NFC, white space, case."""
    steps = json.loads(normalizer.__getstate__()) if normalizer is not None else {}
    kinds = [step.get("type") for step in steps.get("normalizers", [steps])]
    spaces = [step for step in steps.get("normalizers", [steps]) if step.get("type") == "Replace"]
    return set(kinds) <= {"NFC", "Replace", "Strip", "Lowercase"} and all(
        step.get("pattern") == {"Regex": r"\s+"} for step in spaces
    )
