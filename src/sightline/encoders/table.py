"""The model table, and the traits of models outside of it: prompt, context, case, padding.

The rows are in ``models.toml`` beside this module.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sightline.encoders.files.model_files import CONFIG, FileSet, ModelFiles, ModelFolder

FILE_SETS = (FileSet.FP32, FileSet.FP16, FileSet.INT8)
"""The number formats that published weights come in."""

_BYTES_PER_WEIGHT = {FileSet.FP32: 4, FileSet.FP16: 2, FileSet.INT8: 1, FileSet.CHECKPOINT: 4}
_SIGLIP_TOKENIZERS = ("SiglipTokenizer", "T5Tokenizer")
_SIGLIP2_TOKENIZERS = ("GemmaTokenizer", "Siglip2Tokenizer")


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


@dataclass(frozen=True, slots=True)
class ModelCard:
    """One row of the model table.

    Attributes:
        name: What ``--model`` takes.
        good_for: One line for someone who chooses.
        licence: Of the weights, as an SPDX name.
        input_px: The edge of the square that the picture tower sees.
        dimensions: Length of a vector.
        parameters_millions: Both towers together.
        gflops: Matrix products for one picture, in 10^9 operations; a multiplication and its
            addition count as two.
        traits: How to use it.
        text_gflops: The same for one text of full length; 0 where it reads pictures only.
        restriction: What the licence limits use to, such as "research-only"; "" for no limit. A
            model with one is refused until its licence is accepted.
        package_folder: Folder beside this module, for a model that ships with Sightline.
        hub_id: Hub repository with the towers as ONNX files, for a model that is fetched.
        checkpoint: Hub repository with the weights as they were trained, for GPUs and for export.
    """

    name: str
    good_for: str
    licence: str
    input_px: int
    dimensions: int
    parameters_millions: float
    gflops: float
    traits: ModelTraits
    text_gflops: float = 0.0
    restriction: str = ""
    package_folder: str = ""
    hub_id: str = ""
    checkpoint: str = ""

    @property
    def shipped_folder(self) -> Path:
        """Where a model lies that ships with Sightline."""
        return Path(__file__).parent / self.package_folder

    @property
    def reads_text(self) -> bool:
        """Whether it finds pictures by words, too."""
        return self.text_gflops > 0

    def repository(self, files: str) -> str:
        """Return the hub repository of a ``FileSet``."""
        return self.checkpoint if files == FileSet.CHECKPOINT else self.hub_id

    def about_megabytes(self, files: str = FileSet.FP32) -> int:
        """Return about how much there is to fetch: the weights, at their size in a ``FileSet``."""
        return round(self.parameters_millions * _BYTES_PER_WEIGHT[FileSet(files)])


_TABLE = tomllib.loads((Path(__file__).parent / "models.toml").read_text(encoding="utf-8"))
_FAMILIES: Mapping[str, Mapping[str, Any]] = _TABLE["families"]
_CLIP, _SIGLIP, _SIGLIP2, _OTHER = (
    _FAMILIES[name] for name in ("clip", "siglip", "siglip2", "other")
)


def _card(name: str, row: Mapping[str, Any]) -> ModelCard:
    row = dict(row)
    # A model that reads no words has no context.
    known: dict[str, Any] = {"domain": "photographs", "context": 1, "lowercase": False}
    known |= {**_FAMILIES[row.pop("family")], **row.pop("traits", {})}
    known["padding"] = Padding(known["padding"])
    return ModelCard(name=name, traits=ModelTraits(**known), **row)


MODELS: Mapping[str, ModelCard] = MappingProxyType(
    {name: _card(name, row) for name, row in _TABLE["models"].items()}
)
"""Every model that can be asked for by name."""


def restriction_of(licence: str) -> str:
    """Return what a licence limits use to, by the hub's name of it; "" for no known limit."""
    name = licence.strip().lower()
    return next(
        (use for start, use in _TABLE["restrictions"].items() if name.startswith(start)), ""
    )


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
    family = _family_of(files.config, files.tokenizer_config, files.tokenizer)
    unknown = 0 if files.text else 1  # a model that reads no words needs none
    told = {
        "domain": "photographs",
        "lowercase": files.tokenizer_config.get("do_lower_case", False),
        **family,
        "causal": text.get("causal", family["causal"]),
        "context": _context(files, text) or family.get("context") or unknown,
        **said,
    }
    traits = ModelTraits(**{field.name: told[field.name] for field in fields(ModelTraits)})
    return _checked(files.folder, traits)


def _family_of(
    config: Mapping[str, Any], tokenizer_config: Mapping[str, Any], tokenizer: str
) -> Mapping[str, Any]:
    """The family that the configs of transformers or of open_clip and ``tokenizer.json`` tell."""
    if isinstance(config.get("text_cfg"), dict):
        return _open_clip_family(config["text_cfg"])
    if config.get("model_type") == "siglip":
        # SigLIP 2 of one fixed resolution calls itself "siglip": only its tokeniser is another.
        return _SIGLIP2 if _has_gemma_tokenizer(tokenizer_config, tokenizer) else _SIGLIP
    return _FAMILIES.get(str(config.get("model_type")), _OTHER)


def _has_gemma_tokenizer(tokenizer_config: Mapping[str, Any], tokenizer: str) -> bool:
    said = str(tokenizer_config.get("tokenizer_class", ""))
    if said.startswith(_SIGLIP_TOKENIZERS + _SIGLIP2_TOKENIZERS):
        return said.startswith(_SIGLIP2_TOKENIZERS)
    # Gemma's pieces were learnt by byte-pair encoding, those of T5 as a unigram model. The file is
    # too large to be parsed for one word.
    kind = re.search(r'"model"\s*:\s*\{\s*"type"\s*:\s*"(\w+)"', tokenizer)
    return kind is not None and kind[1] == "BPE"


def _open_clip_family(text: Mapping[str, Any]) -> Mapping[str, Any]:
    """A model of open_clip, whose own tokeniser is CLIP's and whose others are the hub's."""
    is_causal = not text.get("no_causal_mask")
    if not text.get("hf_tokenizer_name"):
        is_trimmed = is_causal and text.get("pool_type", "argmax") == "argmax"
        padding = Padding.NONE if is_trimmed else Padding.CONTEXT
        return {**_CLIP, "causal": is_causal, "padding": padding}
    options = text.get("tokenizer_kwargs")
    clean = options.get("clean") if isinstance(options, dict) else None
    return {
        **_CLIP,
        "prompt": (_SIGLIP if clean == "canonicalize" else _CLIP)["prompt"],
        "causal": False,
        "padding": Padding.CONTEXT,
        "lowercase": clean in ("canonicalize", "lower"),
        "punctuation": clean != "canonicalize",
    }


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
        "padding": traits.padding not in tuple(Padding),
        "context": not isinstance(traits.context, int) or traits.context < 1,
    }
    for key in ("causal", "lowercase", "cleanup", "punctuation"):
        wrong[key] = not isinstance(getattr(traits, key), bool)
    for key, is_wrong in wrong.items():
        if is_wrong:
            remedy = f'set it in {CONFIG}, in an object "sightline"'
            raise folder.error(f"its {key} is {getattr(traits, key)!r}", remedy)
    return replace(traits, padding=Padding(traits.padding))
