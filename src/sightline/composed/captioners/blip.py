"""The captioner of the published system: BLIP (Li et al., 2022), with a checkpoint of one's choice.

transformers loads the checkpoint, and its weights run here in fewer, larger steps than it takes.
The arithmetic is that of ``transformers.BlipForConditionalGeneration`` and of the original
(salesforce/BLIP, models/vit.py and models/med.py); the order of it is cheaper: attention in one
fused call, keys and values of the picture computed once for the whole sentence, those of the words
kept in one buffer, and one multiplication for queries, keys and values together. ADR 23 says why.

Letters: ``n`` pictures, ``p`` patches and the class token, ``h`` heads, ``w`` width.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

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

    Tensor: TypeAlias = torch.Tensor
    # transformers carries no types that hold across its versions.
    Module: TypeAlias = Any

PUBLISHED_CHECKPOINT = "Salesforce/blip-image-captioning-base"

_VERSION = 1
_MOST_TOKENS = 20  # as the published checkpoints are asked by transformers without settings
_BATCH = 8
_REMEDY = "fetch it again, or choose another with SIGHTLINE_BLIP"


class BlipCaptioner:
    """Describes pictures with a BLIP checkpoint that is on this machine. Nothing is fetched.

    Args:
        checkpoint: A name of the hub whose files are here, or a folder.
        device: "cpu" or "cuda".
        precision: "float32", "bfloat16", or "auto": bfloat16 where the device computes in it.
        most_tokens: The longest sentence.

    Raises:
        MissingPackageError: torch or transformers is not installed.
        InvalidValueError: precision or most_tokens make no sense.
    """

    name = "blip"

    def __init__(
        self,
        checkpoint: str | Path = PUBLISHED_CHECKPOINT,
        *,
        device: str = "cpu",
        precision: str = "auto",
        most_tokens: int = _MOST_TOKENS,
    ) -> None:
        require("torch", extra="blip")
        require("transformers", extra="blip")
        if most_tokens < 1:
            raise InvalidValueError("most_tokens", most_tokens, "at least 1")
        if precision not in ("auto", "float32", "bfloat16"):
            raise InvalidValueError("precision", precision, "float32, bfloat16 or auto")
        self._checkpoint = str(checkpoint)
        self._device = device
        self._precision = precision
        self._most_tokens = most_tokens
        self._mutex = threading.Lock()
        self._loaded: LoadedBlip | None = None

    @property
    def identity(self) -> str:
        """Checkpoint, arithmetic and length."""
        # "1 beams": greedy. Captions that galleries keep are found by this very text.
        return (
            f"blip {_VERSION}, {self._checkpoint}, 1 beams, {self._precision}, "
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
                texts += loaded.describe(pixels, most=self._most_tokens)
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

    model: Module
    decoder: GreedyDecoder
    tokenizer: Any
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def prepared(self, images: Sequence[Image.Image]) -> Tensor:
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

    def describe(self, pixels: Tensor, *, most: int = _MOST_TOKENS) -> list[str]:
        """Return one sentence for each prepared picture."""
        rows = self.tokens(pixels, most=most)
        return [self.tokenizer.decode(row, skip_special_tokens=True).strip() for row in rows]

    def tokens(self, pixels: Tensor, *, most: int, least: int = 0) -> list[list[int]]:
        """Return the tokens of the greedy sentence of each prepared picture."""
        import torch

        with torch.inference_mode():
            return self.decoder.write(see(self.model.vision_model, pixels), most, least)


# Loading


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
    return LoadedBlip(model, GreedyDecoder(model), tokenizer, mean, std)


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


# Running


def see(vision: Module, pixels: Tensor) -> Tensor:
    """Return what the picture tower says of each patch, (n, 3, height, width) -> (n, p, w)."""
    import torch.nn.functional as F

    hidden = vision.embeddings(pixels)
    for layer in vision.encoder.layers:
        attention = layer.self_attn
        normed = layer.layer_norm1(hidden)
        n, p, width = normed.shape
        heads = attention.num_heads
        packed = attention.qkv(normed).view(n, p, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(packed[0], packed[1], packed[2])
        hidden = hidden + attention.projection(mixed.transpose(1, 2).reshape(n, p, width))
        hidden = hidden + layer.mlp(layer.layer_norm2(hidden))
    return vision.post_layernorm(hidden)


class GreedyDecoder:
    """Writes the likeliest next token until the sentence ends.

    Args:
        model: ``BlipForConditionalGeneration``, on the device and in the precision it is to run in.
            The weights of its text decoder for queries, keys and values are moved, once, to where
            one multiplication finds them; it goes on working with them.
    """

    def __init__(self, model: Module) -> None:
        config, decoder = model.config.text_config, model.text_decoder
        self._start, self._end = config.bos_token_id, config.sep_token_id
        self._pad = config.pad_token_id
        self._bert = decoder.bert
        self._head = decoder.cls.predictions
        self._layers = [_Layer(layer) for layer in decoder.bert.encoder.layer]

    def write(self, seen: Tensor, most: int, least: int = 0) -> list[list[int]]:
        """Return the tokens of a sentence for each picture, without start, end and padding.

        Args:
            seen: Of the picture tower, (n, p, w).
            most: How many tokens at most.
            least: How many at least; for measuring.
        """
        import torch

        n = len(seen)
        memories = [layer.remember(seen, most) for layer in self._layers]
        tokens = torch.full((n, 1), self._start, device=seen.device)
        ended = torch.zeros(n, dtype=torch.bool, device=seen.device)
        written = []
        for step in range(most):
            scores = self._next(tokens, step, memories)
            if step < least:
                scores[:, self._end] = -torch.inf
            # Others in the batch may go on after a sentence has ended.
            chosen = torch.where(ended, self._pad, scores.argmax(dim=-1))
            written.append(chosen)
            ended = ended | (chosen == self._end)
            if bool(ended.all()):
                break
            tokens = chosen[:, None]
        rows: list[list[int]] = torch.stack(written, dim=1).tolist()
        return [row[: row.index(self._end)] if self._end in row else row for row in rows]

    def _next(self, tokens: Tensor, step: int, memories: Sequence[_Memory]) -> Tensor:
        """Return the score of every token to come next, (n, vocabulary)."""
        embeddings = self._bert.embeddings
        position = embeddings.position_embeddings.weight[step]
        hidden = embeddings.LayerNorm(embeddings.word_embeddings(tokens) + position)
        for layer, memory in zip(self._layers, memories, strict=True):
            hidden = layer.step(hidden, step, memory)
        return self._head(hidden)[:, 0]


@dataclass(frozen=True, slots=True)
class _Memory:
    """What a layer remembers of a sentence: its words so far, and the picture."""

    keys: Tensor  # (n, h, most, w / h)
    values: Tensor
    seen_keys: Tensor  # (n, h, p, w / h)
    seen_values: Tensor


class _Layer:
    """One layer of the decoder: look at the words so far, look at the picture, think."""

    def __init__(self, layer: Module) -> None:
        self._layer = layer
        self._words = layer.attention.self
        self._picture = layer.crossattention.self
        self._weight, self._bias = _joined(self._words.query, self._words.key, self._words.value)

    def remember(self, seen: Tensor, most: int) -> _Memory:
        """Return a memory with the picture in it, and room for the words."""
        keys = self._heads(self._picture.key(seen))
        values = self._heads(self._picture.value(seen))
        n, heads, _, size = keys.shape
        room = seen.new_zeros((2, n, heads, most, size))
        return _Memory(room[0], room[1], keys.contiguous(), values.contiguous())

    def step(self, hidden: Tensor, step: int, memory: _Memory) -> Tensor:
        """Return a token's state after this layer, (n, 1, w); its key and value are remembered."""
        import torch.nn.functional as F

        packed = F.linear(hidden, self._weight, self._bias)
        query, key, value = (self._heads(part) for part in packed.chunk(3, dim=-1))
        memory.keys[:, :, step] = key[:, :, 0]
        memory.values[:, :, step] = value[:, :, 0]
        known, told = memory.keys[:, :, : step + 1], memory.values[:, :, : step + 1]
        mixed = self._whole(F.scaled_dot_product_attention(query, known, told))
        hidden = self._layer.attention.output(mixed, hidden)
        query = self._heads(self._picture.query(hidden))
        mixed = F.scaled_dot_product_attention(query, memory.seen_keys, memory.seen_values)
        hidden = self._layer.crossattention.output(self._whole(mixed), hidden)
        return self._layer.feed_forward_chunk(hidden)

    def _heads(self, states: Tensor) -> Tensor:
        n, length, _ = states.shape
        return states.view(n, length, self._words.num_attention_heads, -1).transpose(1, 2)

    def _whole(self, mixed: Tensor) -> Tensor:
        n, _, length, _ = mixed.shape
        return mixed.transpose(1, 2).reshape(n, length, -1)


def _joined(*linears: Module) -> tuple[Tensor, Tensor]:
    """Return weights and biases one after the other; the layers keep views of them, not a copy."""
    import torch

    weight = torch.cat([linear.weight.detach() for linear in linears])
    bias = torch.cat([linear.bias.detach() for linear in linears])
    rows = [len(linear.weight) for linear in linears]
    for linear, part, shift in zip(linears, weight.split(rows), bias.split(rows), strict=True):
        linear.weight.data, linear.bias.data = part, shift
    return weight, bias
