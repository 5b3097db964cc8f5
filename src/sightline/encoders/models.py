"""The model table, and what a model is like: prompt, context, case, padding, what it knows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sightline.encoders.files import CONFIG, ModelFiles, ModelFolder
from sightline.errors import ModelNotFoundError


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
class ModelCard:
    """One row of the model table.

    Attributes:
        name: What ``--model`` takes.
        good_for: One line for someone who chooses.
        licence: Of the weights, as an SPDX name.
        input_px: The edge of the square that the picture tower sees.
        dimensions: Length of a vector.
        parameters_millions: Both towers together.
        traits: How to use it.
        package_folder: Folder beside this module, for a model that ships with Sightline.
        hub_id: Hub repository, for one that is fetched.
        revision: The hub commit that ``hub_id`` is pinned to.
    """

    name: str
    good_for: str
    licence: str
    input_px: int
    dimensions: int
    parameters_millions: float
    traits: ModelTraits
    package_folder: str = ""
    hub_id: str = ""
    revision: str = ""


MODELS: Mapping[str, ModelCard] = MappingProxyType(
    {
        card.name: card
        for card in (
            ModelCard(
                name="mini",
                good_for="trying Sightline offline: it knows drawn scenes, not photographs",
                licence="Apache-2.0",
                input_px=128,
                dimensions=256,
                parameters_millions=4.1,
                traits=ModelTraits(
                    prompt="{query}",
                    domain="drawn scenes",
                    context=77,
                    causal=True,
                    lowercase=False,
                    padding=Padding.NONE,
                ),
                package_folder="mini",
            ),
        )
    }
)
"""Every model that can be asked for by name."""


@dataclass(frozen=True, slots=True)
class ModelPlace:
    """Where a model that was asked for lies. ``card`` is None for someone's own folder."""

    name: str
    folder: ModelFolder
    card: ModelCard | None


def find_model(name_or_folder: str | Path) -> ModelPlace:
    """Return where a model lies: a string is a name of the table first, then a folder.

    Raises:
        ModelNotFoundError: neither is there.
        ModelFilesError: a file was given in place of its folder.
    """
    if isinstance(name_or_folder, str) and name_or_folder in MODELS:
        card = MODELS[name_or_folder]
        folder = Path(__file__).parent / card.package_folder
        remedy = "install it again with `pip install --force-reinstall --no-deps sightline`"
        return ModelPlace(card.name, ModelFolder(folder, remedy), card)
    given = str(name_or_folder)
    path = Path(os.path.expanduser(given))
    if given and path.is_file():
        raise ModelFolder(path).error("it is a file", f"give the folder that holds {CONFIG}")
    if not given or not path.is_dir():
        raise ModelNotFoundError(given, tuple(MODELS))
    path = path.resolve()
    return ModelPlace(path.name or str(path), ModelFolder(path), None)


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
