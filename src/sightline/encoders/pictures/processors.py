"""Reads what is done to a picture out of a model's config: of transformers, or of open_clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sightline.encoders.files.layouts import IMMICH, PREPROCESSOR
from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.pictures.steps import Fit, Margins, Preprocessing, Size

_CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
_CLIP_DEVIATION = (0.26862954, 0.26130258, 0.27577711)
_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What a class of transformers assumes where its file is silent. Source: its ...Pil classes.

    ``square`` tells whether a lone number for the size means a square.
    """

    resample: int
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    square: bool
    crops: bool


_CLIP = _Defaults(3, _CLIP_MEAN, _CLIP_DEVIATION, square=False, crops=True)
_SIGLIP = _Defaults(3, _HALF, _HALF, square=False, crops=False)
_VIT = _Defaults(2, _HALF, _HALF, square=True, crops=False)
# By what a class's name begins with: "Fast" and "Pil" may follow. Bit is what DINOv2 names.
_KINDS = {
    "clipimageprocessor": _CLIP,
    "clipfeatureextractor": _CLIP,
    "bitimageprocessor": _CLIP,
    "siglipimageprocessor": _SIGLIP,
    "vitimageprocessor": _VIT,
    "vitfeatureextractor": _VIT,
}
_OPEN_CLIP_KEYS = {"mean", "std", "interpolation", "resize_mode"}
_FILTERS = {"bicubic": 3, "bilinear": 2, "random": 3}  # "random" chose one of them in training


def read_preprocessing(folder: ModelFolder, config: Mapping[str, Any]) -> Preprocessing:
    """Return the steps that a config of transformers or of open_clip describes.

    Raises:
        ModelFilesError: it asks for a step that is not known here, or leaves the size open.
    """
    if _OPEN_CLIP_KEYS & set(config):
        return _OpenClipReader(folder, config).steps()
    return _TransformersReader(folder, config).steps()


class _Reader:
    """Reads values out of a config, and says what is wrong with them."""

    name = ""
    remedy = "use a model of the CLIP, SigLIP, DINOv2 or ViT kind"

    def __init__(self, folder: ModelFolder, config: Mapping[str, Any]) -> None:
        self._folder = folder
        self._config = config

    def error(self, problem: str) -> Exception:
        return self._folder.error(f"{self.name} {problem}", self.remedy)

    def pixels(self, value: object) -> int:
        if type(value) is not int or not 1 <= value <= 8192:  # bool is an int too
            raise self.error(f"has a size of {value!r} pixels")
        return value

    def number(self, key: str, value: object) -> float:
        if not isinstance(value, int | float) or not np.isfinite(value):
            raise self.error(f"has {key} {value!r}, which is not a number")
        return float(value)

    def three_numbers(self, key: str, given: object) -> tuple[float, float, float]:
        several = list(given) if isinstance(given, list | tuple | str) else []
        values = [given] * 3 if isinstance(given, int | float) else several
        numbers = [self.number(key, value) for value in values]
        if len(numbers) != 3 or (key.endswith("std") and 0 in numbers):
            raise self.error(f"has {key} {given!r}, not three numbers, one for each colour")
        return numbers[0], numbers[1], numbers[2]


class _TransformersReader(_Reader):
    """Reads one ``preprocessor_config.json``, with its family's defaults."""

    name = PREPROCESSOR

    def __init__(self, folder: ModelFolder, config: Mapping[str, Any]) -> None:
        super().__init__(folder, config)
        self._defaults = self._family()
        for step in ("do_pad", "patch_size", "crop_pct"):
            if config.get(step):
                raise self.error(f"asks for {step}, which is not known here")

    def steps(self) -> Preprocessing:
        shortest_px, squash = self._resize()
        steps = Preprocessing(
            shortest_px=shortest_px,
            squash=squash,
            resample=self._resample(),
            crop=self._crop(),
            scale=self._scale(),
            mean=self._channels("image_mean", self._defaults.mean, 0.0),
            deviation=self._channels("image_std", self._defaults.deviation, 1.0),
        )
        if steps.crop is None and steps.squash is None:
            raise self.error("gives pictures of different sizes, and no crop_size")
        return steps

    def _family(self) -> _Defaults:
        keys = ("image_processor_type", "feature_extractor_type")
        said = next((self._config[key] for key in keys if self._config.get(key)), None)
        if said is None:
            return _CLIP
        kind = str(said).lower()
        found = next((family for name, family in _KINDS.items() if kind.startswith(name)), None)
        if found is None:
            raise self.error(f"is for {said}, which is not known here")
        return found

    def _resize(self) -> tuple[int | None, Size | None]:
        if not self._config.get("do_resize", True):
            return None, None
        default = 224 if self._defaults.crops else {"height": 224, "width": 224}
        size = self._config.get("size", default)
        if isinstance(size, dict) and set(size) == {"shortest_edge"}:
            return self.pixels(size["shortest_edge"]), None
        if isinstance(size, int) and not self._defaults.square:
            return self.pixels(size), None
        return None, self._size("size", size)

    def _crop(self) -> Size | None:
        if not self._config.get("do_center_crop", self._defaults.crops):
            return None
        return self._size("crop_size", self._config.get("crop_size", 224))

    def _resample(self) -> int:
        resample = self._config.get("resample", self._defaults.resample)
        if not isinstance(resample, int) or resample not in range(6):
            raise self.error(f"has resample {resample!r}, which is not one of 0 to 5")
        return resample

    def _scale(self) -> float:
        if not self._config.get("do_rescale", True):
            return 1.0
        return self.number("rescale_factor", self._config.get("rescale_factor", 1 / 255))

    def _channels(
        self, key: str, default: tuple[float, float, float], neutral: float
    ) -> tuple[float, float, float]:
        if not self._config.get("do_normalize", True):
            return neutral, neutral, neutral
        return self.three_numbers(key, self._config.get(key, default))

    def _size(self, key: str, size: object) -> Size:
        if isinstance(size, int):
            return Size(self.pixels(size), self.pixels(size))
        if isinstance(size, dict) and set(size) == {"height", "width"}:
            return Size(self.pixels(size["height"]), self.pixels(size["width"]))
        raise self.error(f"has {key} {size!r}, which is not known here")


class _OpenClipReader(_Reader):
    """Reads one ``preprocess_cfg.json``: open_clip's ``PreprocessCfg``."""

    name = IMMICH.preprocessor

    def steps(self) -> Preprocessing:
        if self._config.get("mode", "RGB") != "RGB":
            raise self.error(f"has mode {self._config['mode']!r}, which is not known here")
        size, mode = self._size(), self._config.get("resize_mode") or "shortest"
        if mode not in ("shortest", "squash", "longest"):
            raise self.error(f"has resize_mode {mode!r}, which is not known here")
        # A square target goes through torchvision's Resize, which cuts where the other rounds.
        by_shortest = mode == "shortest" and size.height == size.width
        fits = {"shortest": Fit.NONE if by_shortest else Fit.COVER, "longest": Fit.CONTAIN}
        return Preprocessing(
            shortest_px=size.height if by_shortest else None,
            squash=size if mode == "squash" else None,
            resample=self._resample(always_bicubic=fits.get(mode) is Fit.COVER),
            crop=None if mode == "squash" else size,
            scale=1 / 255,
            mean=self.three_numbers("mean", self._config.get("mean") or _CLIP_MEAN),
            deviation=self.three_numbers("std", self._config.get("std") or _CLIP_DEVIATION),
            fit=fits.get(mode, Fit.NONE),
            fill=self._fill() if mode == "longest" else 0,
            margins=Margins.CUT if mode == "squash" else Margins.ROUNDED,
        )

    def _size(self) -> Size:
        size = self._config.get("size", 224)
        edges = size if isinstance(size, list) and len(size) in (1, 2) else [size]
        return Size(self.pixels(edges[0]), self.pixels(edges[-1]))

    def _resample(self, always_bicubic: bool) -> int:
        name = self._config.get("interpolation") or "bicubic"
        if name not in _FILTERS:
            raise self.error(f"has interpolation {name!r}, which is not known here")
        return 3 if always_bicubic else _FILTERS[name]  # as open_clip does, by an oversight

    def _fill(self) -> int:
        fill = self._config.get("fill_color", 0)
        if type(fill) is not int or not 0 <= fill <= 255:
            raise self.error(f"has fill_color {fill!r}, which is not one of 0 to 255")
        return fill
