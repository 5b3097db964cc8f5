"""The captioner of the published system: BLIP, with the checkpoint of the user's choice."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sightline.composed.captioners.blip.towers import GreedyDecoder, Sentences, see
from sightline.errors import (
    CaptionModelMissingError,
    DeviceNotFoundError,
    InvalidValueError,
    ModelFilesError,
)
from sightline.system.packages import require
from sightline.types.composition import Caption

if TYPE_CHECKING:
    import torch
    from PIL import Image

_VERSION = 1
_MOST_TOKENS = 20  # as the published checkpoints are asked by transformers without settings
_BATCH = 8
_REMEDY = "fetch it again, or choose another with SIGHTLINE_BLIP"


class BlipCaptioner:
    """Describes pictures with a BLIP checkpoint that is on this machine. Nothing is fetched.

    Args:
        checkpoint: A name of the hub whose files are here, or a folder.
        beams: How many sentences are pursued at once; 1 is greedy, and fastest.
        device: "cpu" or "cuda".
        precision: "float32", "bfloat16", or "auto": bfloat16 where the device computes in it.
        most_tokens: The longest sentence.

    Raises:
        MissingPackageError: torch or transformers is not installed.
        InvalidValueError: beams, precision or most_tokens make no sense.
    """

    name = "blip"

    def __init__(
        self,
        checkpoint: str | Path = "Salesforce/blip-image-captioning-base",
        *,
        beams: int = 1,
        device: str = "cpu",
        precision: str = "auto",
        most_tokens: int = _MOST_TOKENS,
    ) -> None:
        require("torch", extra="blip")
        require("transformers", extra="blip")
        for name, value in (("beams", beams), ("most_tokens", most_tokens)):
            if value < 1:
                raise InvalidValueError(name, value, "at least 1")
        if precision not in ("auto", "float32", "bfloat16"):
            raise InvalidValueError("precision", precision, "float32, bfloat16 or auto")
        self._checkpoint = str(checkpoint)
        self._beams = beams
        self._device = device
        self._precision = precision
        self._most_tokens = most_tokens
        self._mutex = threading.Lock()
        self._loaded: LoadedBlip | None = None

    @property
    def identity(self) -> str:
        """Checkpoint, beams, arithmetic and length."""
        return (
            f"blip {_VERSION}, {self._checkpoint}, {self._beams} beams, {self._precision}, "
            f"{self._most_tokens} tokens"
        )

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        """Return one sentence for each picture. A sentence that was begun is ended.

        Raises:
            CaptionModelMissingError: the checkpoint is not on this machine.
            ModelFilesError: its files are incomplete or broken, or of another kind of model.
            DeviceNotFoundError: there is no such device.
        """
        with self._mutex:  # one picture keeps all cores busy
            if self._loaded is None:
                self._loaded = load_blip(self._checkpoint, self._device, self._precision)
            loaded = self._loaded
            texts: list[str] = []
            for start in range(0, len(images), _BATCH):
                pixels = loaded.prepared(images[start : start + _BATCH])
                texts += loaded.describe(pixels, beams=self._beams, most=self._most_tokens)
        return [Caption(text) for text in texts]


@dataclass(frozen=True, slots=True)
class LoadedBlip:
    """A checkpoint in memory.

    Attributes:
        model: transformers' ``BlipForConditionalGeneration``.
        decoder: Its text decoder, as we run it.
        tokenizer: Its tokeniser.
        mean: Of a channel, as the checkpoint was trained; so is ``std``.
        std: Of a channel.
    """

    model: Any
    decoder: GreedyDecoder
    tokenizer: Any
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def prepared(self, images: Sequence[Image.Image]) -> torch.Tensor:
        """Return pictures as the model takes them, (n, 3, size, size): squashed, not cropped."""
        import torch
        from PIL import Image as PillowImage

        edge_px = self.model.config.vision_config.image_size
        rows = []
        for image in images:
            small = image.convert("RGB").resize((edge_px, edge_px), PillowImage.Resampling.BICUBIC)
            rows.append((np.asarray(small, dtype=np.float32) / 255 - self.mean) / self.std)
        stacked = np.stack(rows).astype(np.float32).transpose(0, 3, 1, 2)
        return torch.from_numpy(np.ascontiguousarray(stacked)).to(
            self.model.device, self.model.dtype
        )

    def describe(
        self, pixels: torch.Tensor, *, beams: int = 1, most: int = _MOST_TOKENS
    ) -> list[str]:
        """Return one sentence for each prepared picture."""
        rows = self.tokens(pixels, most=most) if beams == 1 else self._searched(pixels, beams, most)
        return [self.tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows]

    def tokens(self, pixels: torch.Tensor, *, most: int, least: int = 0) -> list[list[int]]:
        """Return the tokens of the greedy sentence of each prepared picture."""
        import torch

        config = self.model.config.text_config
        rules = Sentences(
            config.bos_token_id, config.sep_token_id, config.pad_token_id, most, least
        )
        with torch.inference_mode():
            return self.decoder.write(see(self.model.vision_model, pixels), rules)

    def _searched(self, pixels: torch.Tensor, beams: int, most: int) -> list[list[int]]:
        import torch

        with torch.inference_mode():
            rows = self.model.generate(
                pixel_values=pixels, num_beams=beams, do_sample=False, max_new_tokens=most
            )
        # The token that a sentence begins with is a word to some tokenisers.
        return [row[1:] for row in rows.tolist()]


def load_blip(checkpoint: str, device: str = "cpu", precision: str = "auto") -> LoadedBlip:
    """Return a checkpoint that is on this machine.

    Raises:
        CaptionModelMissingError: it is not.
        ModelFilesError: its files are incomplete or broken, or of another kind of model.
        DeviceNotFoundError: there is no such device.
    """
    import torch
    from transformers import AutoTokenizer, BlipForConditionalGeneration

    from sightline.encoders.gpu.checkpoint import first_line, quietly

    if device.startswith("cuda") and not torch.cuda.is_available():
        raise DeviceNotFoundError(device, "torch finds no GPU")
    dtype = getattr(torch, chosen_precision(device, precision))
    folder = _folder_of(checkpoint)
    try:
        with quietly():
            model, told = BlipForConditionalGeneration.from_pretrained(
                folder,
                local_files_only=True,
                dtype=dtype,
                weights_only=True,  # what makes torch read tensors and nothing else
                output_loading_info=True,
            )
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        mean, std = _colours(folder)
    except Exception as error:  # safetensors' and pickle's own errors have no common base
        raise ModelFilesError(folder, first_line(error), _REMEDY) from error
    missing = sorted(told["missing_keys"])
    if missing:  # they would be random numbers
        problem = f"{len(missing)} of its weights are missing, such as {missing[0]}"
        raise ModelFilesError(folder, problem, _REMEDY)
    model = model.eval().requires_grad_(False).to(device)
    return LoadedBlip(model, GreedyDecoder(model.text_decoder), tokenizer, mean, std)


def _folder_of(checkpoint: str) -> Path:
    folder = Path(checkpoint).expanduser()
    if folder.is_dir():
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(checkpoint, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError) as error:
        raise CaptionModelMissingError(checkpoint) from error


def _colours(folder: Path) -> tuple[tuple[float, ...], tuple[float, ...]]:
    import json

    facts = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    return tuple(facts["image_mean"]), tuple(facts["image_std"])


def chosen_precision(device: str, precision: str) -> str:
    """Return the arithmetic that ``auto`` stands for: bfloat16 where a device computes in it.

    A processor that does not would do it by way of float32, in more time than that takes alone.
    """
    from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16

    if precision != "auto":
        return precision
    return "bfloat16" if device != "cpu" or cpu_has_bfloat16() else "float32"
