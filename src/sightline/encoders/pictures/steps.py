"""The steps from a picture to a tower's input, as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from sightline.encoders.digests import digest_of_text


@dataclass(frozen=True, slots=True)
class Size:
    """Pixels."""

    height: int
    width: int


class Fit(StrEnum):
    """How a picture is resized to about a size, its shape kept."""

    NONE = ""
    COVER = "cover"
    """As small as possible without being smaller anywhere: open_clip's "shortest"."""
    CONTAIN = "contain"
    """As large as possible without being larger anywhere: open_clip's "longest"."""


class Margins(StrEnum):
    """Where a centre crop begins when the margin is odd."""

    CUT = "cut"
    """At the pixel above or left of the middle, as in transformers."""
    ROUNDED = "rounded"
    """At the even one of both pixels, as in torchvision."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """The steps from an RGB picture to a tower's input.

    Attributes:
        shortest_px: Resize so that the shortest edge has this length; None not to.
        squash: Resize to exactly this, whatever the shape; None not to.
        resample: Pillow's number of a filter.
        crop: Cut this out of the middle; None not to.
        scale: The factor that brings 0..255 to the range of mean and deviation.
        mean: One for each of red, green and blue.
        deviation: Likewise.
        fit: How to resize to about the size of ``crop``, where none of the above says; or "".
        fill: The grey, 0..255, that fills up what is smaller than ``crop``.
        margins: How half a pixel of margin is dealt with.
    """

    shortest_px: int | None
    squash: Size | None
    resample: int
    crop: Size | None
    scale: float
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    fit: Fit = Fit.NONE
    fill: int = 0
    margins: Margins = Margins.CUT

    @property
    def output(self) -> Size:
        """The size of every prepared picture."""
        size = self.crop or self.squash
        return size if size else Size(0, 0)

    @property
    def input_px(self) -> int:
        """The shortest edge that a picture is resized to, so what a decoder should deliver."""
        if self.shortest_px is not None:
            return self.shortest_px
        size = self.squash or self.output
        return max(size.height, size.width)

    def digest(self) -> str:
        """Return a SHA-256 (hex) over the steps, equal for configs that mean the same.

        Numbers count to five digits: one tool writes 1/255, the next 0.003921569. A sixth would
        not do, since CLIP's 0.4578275 lies between two of them.
        """
        crop = self.crop if self.crop != self.squash else None  # nothing is left to cut off
        steps: dict[str, object] = {
            "shortest": self.shortest_px,
            "squash": [self.squash.height, self.squash.width] if self.squash else None,
            "resample": self.resample if self.shortest_px or self.squash or self.fit else None,
            "crop": [crop.height, crop.width] if crop else None,
            "scale": _to_five_digits(self.scale),
            "mean": [_to_five_digits(value) for value in self.mean],
            "deviation": [_to_five_digits(value) for value in self.deviation],
        }
        # Only where they differ from what was the only way once, so that older digests hold.
        steps |= {"fit": self.fit, "fill": self.fill} if self.fit else {}
        steps |= {"margins": self.margins} if self.margins is not Margins.CUT else {}
        return digest_of_text(json.dumps(steps, sort_keys=True, separators=(",", ":")))


def _to_five_digits(value: float) -> float:
    return float(f"{value:.5g}") + 0.0  # without the sign of a zero
