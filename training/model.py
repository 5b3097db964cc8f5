"""The two towers of `mini`, and the heads that help to train them.

Letters: B pictures or texts, T tokens, D width of a tower, E dimensions of the common space.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather

IMAGE_PX = 128
GRID = 8
DIMENSIONS = 256
CONTEXT = 77
KINDS, COLOURS, SIZES, SIDES, DEPTHS = (len(e) for e in (Kind, Colour, Size, Side, Depth))
SETTINGS, TIMES, WEATHERS = (len(e) for e in (Setting, Time, Weather))


@dataclass(frozen=True, slots=True)
class Plan:
    """How large the towers are."""

    picture_width: int = 192
    picture_layers: int = 4
    text_width: int = 192
    text_layers: int = 3
    vocabulary: int = 1024
    stem: tuple[int, int, int] = (24, 64, 128)


class Attention(nn.Module):
    """Self-attention with heads of 64 channels.

    Written out, because the fused kernel's backward pass is several times slower than these
    matrix products on a CPU in bfloat16.
    """

    def __init__(self, width: int, causal: bool) -> None:
        super().__init__()
        self.heads = width // 64
        self.causal = causal
        self.inward = nn.Linear(width, 3 * width)
        self.outward = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) from (B, T, D)."""
        batch, length, width = tokens.shape
        parts = self.inward(tokens).view(batch, length, 3, self.heads, 64)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (query * 0.125) @ key.transpose(-1, -2)
        if self.causal:
            later = torch.ones(length, length, dtype=torch.bool, device=tokens.device).triu(1)
            scores = scores.masked_fill(later, -1e4)
        mixed = scores.softmax(dim=-1).to(value.dtype) @ value
        return self.outward(mixed.transpose(1, 2).reshape(batch, length, width))


class Block(nn.Module):
    """One transformer layer, normalised before each half."""

    def __init__(self, width: int, causal: bool) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.attention = Attention(width, causal)
        self.before_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, T, D) from (B, T, D)."""
        tokens = tokens + self.attention(self.before_attention(tokens))
        return tokens + self.mlp(self.before_mlp(tokens))


def _convolution(inward: int, outward: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inward, outward, 3, stride, 1, bias=False),
        nn.BatchNorm2d(outward),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two convolutions beside a short cut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = _convolution(width, width, 1)
        self.second = nn.Sequential(
            nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return features of the same shape."""
        return F.relu(features + self.second(self.first(features)))


class PictureTower(nn.Module):
    """Strided convolutions down to 8 x 8 tokens, then a transformer, then attention pooling."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        width = plan.picture_width
        first, second, third = plan.stem
        self.stem = nn.Sequential(
            _convolution(3, first, 2),
            _convolution(first, second, 2),
            _convolution(second, third, 2),
            Residual(third),
            nn.Conv2d(third, width, 3, 2, 1),
        )
        self.positions = nn.Parameter(torch.randn(1, GRID * GRID, width) * 0.02)
        self.blocks = nn.ModuleList(Block(width, causal=False) for _ in range(plan.picture_layers))
        self.after = nn.LayerNorm(width)
        self.pool = Pool(width)
        self.projection = nn.Linear(2 * width, DIMENSIONS, bias=False)

    def tokens(self, pixels: Tensor) -> Tensor:
        """Return (B, 64, D) from (B, 3, 128, 128)."""
        tokens = self.stem(pixels).flatten(2).transpose(1, 2) + self.positions
        for block in self.blocks:
            tokens = block(tokens)
        return self.after(tokens)

    def embed(self, tokens: Tensor) -> Tensor:
        """Return (B, E) from (B, 64, D)."""
        return self.projection(self.pool(tokens))

    def forward(self, pixels: Tensor) -> Tensor:
        """Return (B, E) from (B, 3, 128, 128)."""
        return self.embed(self.tokens(pixels))


class Pool(nn.Module):
    """Attention pooling with two learned questions for each head, in place of a class token."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // 16
        self.scores = nn.Linear(width, 2 * self.heads)
        self.values = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (B, 2 D) from (B, T, D)."""
        batch, length, width = tokens.shape
        weights = self.scores(tokens).float().softmax(dim=1).to(tokens.dtype)
        weights = weights.view(batch, length, self.heads, 2).permute(0, 2, 3, 1)
        values = self.values(tokens).view(batch, length, self.heads, 16).transpose(1, 2)
        return (weights @ values).reshape(batch, 2 * width)


class TextTower(nn.Module):
    """A causal transformer that is read out at the end token, which has the highest id."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        width = plan.text_width
        self.words = nn.Embedding(plan.vocabulary, width)
        nn.init.normal_(self.words.weight, std=0.02)
        self.positions = nn.Parameter(torch.randn(CONTEXT, width) * 0.01)
        self.blocks = nn.ModuleList(Block(width, causal=True) for _ in range(plan.text_layers))
        self.after = nn.LayerNorm(width)
        self.projection = nn.Linear(width, DIMENSIONS, bias=False)

    def forward(self, input_ids: Tensor) -> Tensor:
        """Return (B, E) from (B, T) of int64."""
        tokens = self.words(input_ids) + self.positions[: input_ids.shape[1]]
        for block in self.blocks:
            tokens = block(tokens)
        ends = input_ids.argmax(dim=-1)
        last = tokens.gather(1, ends[:, None, None].expand(-1, 1, tokens.shape[2])).squeeze(1)
        return self.projection(self.after(last))


class Heads(nn.Module):
    """Plain questions about a scene that both towers must answer. Thrown away after training.

    ``summary`` reads the common space, so answering the same questions from a picture and from
    its caption pulls the two towers together. ``there`` reads the token where a subject stands.
    """

    WHOLE = SETTINGS + TIMES + WEATHERS
    PRESENT = KINDS * (COLOURS + SIDES + SIZES + DEPTHS)
    THERE = KINDS + COLOURS + SIZES + DEPTHS

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.summary = nn.Linear(DIMENSIONS, self.WHOLE + self.PRESENT)
        self.there = nn.Linear(plan.picture_width, self.THERE)
        # Most answers about presence are no.
        nn.init.constant_(self.summary.bias[self.WHOLE :].data, -4.0)
        nn.init.normal_(self.summary.weight, std=0.2)


class Mini(nn.Module):
    """Both towers, the heads, and the temperatures."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.picture = PictureTower(plan)
        self.text = TextTower(plan)
        self.heads = Heads(plan)
        self.log_scale = nn.Parameter(torch.tensor(math.log(14.0)))
        self.log_scale_pictures = nn.Parameter(torch.tensor(math.log(14.0)))
