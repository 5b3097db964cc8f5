"""The model table: every model that can be asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sightline.encoders.traits import ModelTraits, Padding


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
