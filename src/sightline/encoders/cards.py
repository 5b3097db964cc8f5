"""The model table: every model that can be asked for by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sightline.encoders.families import CLIP, OTHER, SIGLIP2, Family
from sightline.encoders.traits import ModelTraits, Padding

FILE_SETS = ("fp32", "fp16", "int8")
"""The number formats that published weights come in."""

_BYTES_PER_WEIGHT = {"fp32": 4, "fp16": 2, "int8": 1, "checkpoint": 4}
# Beginnings of the hub's licence names whose weights are not for everything, and what they are for.
_RESTRICTED = {
    "cc-by-nc": "non-commercial",
    "apple-amlr": "research-only",
    "apple-ascl": "research-only",
    "c-uda": "non-commercial",
    "fair-noncommercial": "non-commercial",
    "h-research": "research-only",
    "intel-research": "research-only",
    "deepfloyd-if": "research-only",
}


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
        revision: The branch, tag or commit that is fetched. A branch moves, so what is there at
            the first fetch is noted with its commit and digests and used from then on.
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
    revision: str = "main"
    checkpoint: str = ""

    @property
    def shipped_folder(self) -> Path:
        """Where a model lies that ships with Sightline."""
        return Path(__file__).parent / self.package_folder

    @property
    def reads_text(self) -> bool:
        """Whether it finds pictures by words, too."""
        return self.text_gflops > 0

    def about_megabytes(self, files: str = "fp32") -> int:
        """Return about how much there is to fetch: the weights, at their size in that format.

        Args:
            files: One of ``FILE_SETS``, or "checkpoint".
        """
        return round(self.parameters_millions * _BYTES_PER_WEIGHT[files])


def restriction_of(licence: str) -> str:
    """Return what a licence limits use to, by the hub's name of it; "" for no known limit."""
    name = licence.strip().lower()
    return next((use for start, use in _RESTRICTED.items() if name.startswith(start)), "")


def _traits(family: Family) -> ModelTraits:
    return ModelTraits(
        prompt=family.prompt,
        domain="photographs",
        context=family.context or 1,  # a model that reads no words has none
        causal=family.causal,
        lowercase=bool(family.lowercase),
        padding=family.padding,
        cleanup=family.cleanup,
        punctuation=family.punctuation,
    )


_CARDS = (
    ModelCard(
        name="clip-vit-l14",
        good_for="your own pictures, by words and by example: the default",
        licence="MIT",
        input_px=224,
        dimensions=768,
        parameters_millions=427.6,
        gflops=162.0,
        text_gflops=13.3,
        traits=_traits(CLIP),
        hub_id="Xenova/clip-vit-large-patch14",
        checkpoint="openai/clip-vit-large-patch14",
    ),
    ModelCard(
        name="clip-vit-l14-336",
        good_for="finer detail than clip-vit-l14, at 2.4 times the work",
        licence="MIT",
        input_px=336,
        dimensions=768,
        parameters_millions=427.9,
        gflops=381.9,
        text_gflops=13.3,
        traits=_traits(CLIP),
        hub_id="Xenova/clip-vit-large-patch14-336",
        checkpoint="openai/clip-vit-large-patch14-336",
    ),
    ModelCard(
        name="clip-vit-b32",
        good_for="a slow computer or very many pictures",
        licence="MIT",
        input_px=224,
        dimensions=512,
        parameters_millions=151.3,
        gflops=8.8,
        text_gflops=6.0,
        traits=_traits(CLIP),
        hub_id="Xenova/clip-vit-base-patch32",
        checkpoint="openai/clip-vit-base-patch32",
    ),
    ModelCard(
        name="clip-vit-b16",
        good_for="between clip-vit-b32 and clip-vit-l14",
        licence="MIT",
        input_px=224,
        dimensions=512,
        parameters_millions=149.6,
        gflops=35.1,
        text_gflops=6.0,
        traits=_traits(CLIP),
        hub_id="Xenova/clip-vit-base-patch16",
        checkpoint="openai/clip-vit-base-patch16",
    ),
    ModelCard(
        name="siglip2-b16-256",
        good_for="words, in many languages, at a third of the work",
        licence="Apache-2.0",
        input_px=256,
        dimensions=768,
        parameters_millions=375.2,
        gflops=46.8,
        text_gflops=11.0,
        traits=_traits(SIGLIP2),
        hub_id="onnx-community/siglip2-base-patch16-256-ONNX",
        checkpoint="google/siglip2-base-patch16-256",
    ),
    ModelCard(
        name="siglip2-so400m-256",
        good_for="the best answers to words, in many languages",
        licence="Apache-2.0",
        input_px=256,
        dimensions=1152,
        parameters_millions=1135.7,
        gflops=220.4,
        text_gflops=53.1,
        traits=_traits(SIGLIP2),
        hub_id="onnx-community/siglip2-so400m-patch16-256-ONNX",
        checkpoint="google/siglip2-so400m-patch16-256",
    ),
    ModelCard(
        name="dinov2-b14",
        good_for="the same thing in another picture; no words",
        licence="Apache-2.0",
        input_px=224,
        dimensions=768,
        parameters_millions=86.6,
        gflops=46.3,
        traits=_traits(OTHER),
        hub_id="Xenova/dinov2-base",
        checkpoint="facebook/dinov2-base",
    ),
    ModelCard(
        name="dinov2-l14",
        good_for="landmarks and objects in other pictures; no words",
        licence="Apache-2.0",
        input_px=224,
        dimensions=1024,
        parameters_millions=304.4,
        gflops=162.0,
        traits=_traits(OTHER),
        hub_id="Xenova/dinov2-large",
        checkpoint="facebook/dinov2-large",
    ),
    ModelCard(
        name="mini",
        good_for="trying Sightline offline: it knows drawn scenes, not photographs",
        licence="Apache-2.0",
        input_px=128,
        dimensions=256,
        parameters_millions=4.1,
        gflops=0.5,
        text_gflops=0.2,
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

MODELS: Mapping[str, ModelCard] = MappingProxyType({card.name: card for card in _CARDS})
"""Every model that can be asked for by name."""
