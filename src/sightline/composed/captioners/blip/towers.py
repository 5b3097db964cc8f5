"""BLIP's two towers, run with its own weights and fewer, larger steps than transformers takes.

The arithmetic is that of ``transformers.BlipForConditionalGeneration`` and of the original
(salesforce/BLIP, models/vit.py and models/med.py); the order of it is cheaper: attention in one
fused call, keys and values of the picture computed once for the whole sentence, those of the words
kept in one buffer, and one multiplication for queries, keys and values together.

Letters: ``n`` pictures, ``p`` patches and the class token, ``h`` heads, ``w`` width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import torch

    Tensor: TypeAlias = torch.Tensor
    # transformers carries no types that hold across its versions.
    Module: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Sentences:
    """What the decoder needs to know of its vocabulary.

    Attributes:
        start: The token that a sentence begins with.
        end: The token that ends it.
        pad: What follows the end, where others in the batch go on.
        most: How many tokens at most, without the start.
        least: How many at least; for measuring.
    """

    start: int
    end: int
    pad: int
    most: int
    least: int = 0


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
        decoder: ``BlipForConditionalGeneration.text_decoder``, on the device and in the precision
            it is to run in. Its weights for queries, keys and values are moved, once, to where one
            multiplication finds them; it goes on working with them.
    """

    def __init__(self, decoder: Module) -> None:
        self._bert = decoder.bert
        self._head = decoder.cls.predictions
        self._layers = [_Layer(layer) for layer in decoder.bert.encoder.layer]

    def write(self, seen: Tensor, rules: Sentences) -> list[list[int]]:
        """Return the tokens of a sentence for each picture, without start, end and padding.

        Args:
            seen: Of the picture tower, (n, p, w).
            rules: What to know of the vocabulary, and how long to write.
        """
        import torch

        n = len(seen)
        memories = [layer.remember(seen, rules.most) for layer in self._layers]
        tokens = torch.full((n, 1), rules.start, device=seen.device)
        ended = torch.zeros(n, dtype=torch.bool, device=seen.device)
        written = []
        for step in range(rules.most):
            scores = self._next(tokens, step, memories)
            if step < rules.least:
                scores[:, rules.end] = -torch.inf
            chosen = torch.where(ended, rules.pad, scores.argmax(dim=-1))
            written.append(chosen)
            ended = ended | (chosen == rules.end)
            if bool(ended.all()):
                break
            tokens = chosen[:, None]
        return [_until(row, rules) for row in torch.stack(written, dim=1).tolist()]

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


def _until(tokens: list[int], rules: Sentences) -> list[int]:
    end = tokens.index(rules.end) if rules.end in tokens else len(tokens)
    return tokens[:end]
