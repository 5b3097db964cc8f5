"""Measures a model on scenes that training never sees, drawn at full size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from batches import encode
from model import IMAGE_PX, Mini
from numpy.typing import NDArray
from PIL import Image
from tokenizers import Tokenizer
from torch import Tensor

from sightline_scenes import drawing
from sightline_scenes.captions import Detail, caption, swapped
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.lots import draw_lots
from sightline_scenes.world import Scene


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Scenes that are all different, with two drawings of each, and what is said of them."""

    scenes: list[Scene]
    first: NDArray[np.uint8]
    second: NDArray[np.uint8]
    full: list[str]
    short: list[tuple[str, Claims]]
    pairs: list[tuple[int, str, str]]


def draw_held_out(count: int, seed: object) -> HeldOut:
    """Return ``count`` different scenes drawn at 640 x 480 and reduced as the product does."""
    dice = Dice("held out", seed)
    scenes: dict[Scene, None] = {}
    while len(scenes) < count:
        scenes[draw_lots(dice)] = None
    kept = list(scenes)
    pairs = [
        (i, pair[0].text, pair[1])
        for i, scene in enumerate(kept)
        if (pair := swapped(scene, dice)) is not None
    ]
    short = [caption(scene, dice, Detail.TERSE) for scene in kept]
    return HeldOut(
        kept,
        np.stack([_seen(scene, ("first", seed, i)) for i, scene in enumerate(kept)]),
        np.stack([_seen(scene, ("second", seed, i)) for i, scene in enumerate(kept)]),
        [caption(scene, dice, Detail.FULL).text for scene in kept],
        [(one.text, one.claims) for one in short],
        pairs,
    )


def _seen(scene: Scene, seed: object) -> NDArray[np.uint8]:
    image = drawing.draw(scene, seed, 640, 480)
    return np.asarray(image.resize((IMAGE_PX, IMAGE_PX), Image.Resampling.BICUBIC))


@torch.no_grad()
def figures(model: Mini, tokenizer: Tokenizer, held: HeldOut) -> dict[str, float]:
    """Return the figures that decide when training is done; see benchmarks/mini_quality.py."""
    model.eval()
    first, second = embed_pictures(model, held.first), embed_pictures(model, held.second)
    full = embed_texts(model, tokenizer, held.full)
    short = embed_texts(model, tokenizer, [text for text, _ in held.short])
    right = embed_texts(model, tokenizer, [pair[1] for pair in held.pairs])
    wrong = embed_texts(model, tokenizer, [pair[2] for pair in held.pairs])
    about = first[[pair[0] for pair in held.pairs]]
    places = ranks(full @ first.T)
    holds = torch.tensor([[c.hold_in(s) for s in held.scenes] for _, c in held.short])
    best = (short @ first.T).topk(10, dim=1).indices
    hits = holds.gather(1, best).sum(1) / holds.sum(1).clamp(max=10)
    return {
        "text_to_picture_r1": _share(places < 1),
        "text_to_picture_r10": _share(places < 10),
        "picture_to_picture_r1": _share(ranks(first @ second.T) < 1),
        "swaps": _share((about * right).sum(1) > (about * wrong).sum(1)),
        "terse_precision_10": round(float(hits.mean()), 4),
    }


def ranks(scores: Tensor) -> Tensor:
    """Return how many columns score at least as well as the diagonal one, for each row."""
    return (scores >= scores.diagonal()[:, None]).sum(dim=1) - 1


def _share(right: Tensor) -> float:
    return round(float(right.float().mean()), 4)


@torch.no_grad()
def embed_pictures(model: Mini, pictures: NDArray[np.uint8]) -> Tensor:
    """Return unit rows, shape (n, 256)."""
    rows = []
    for start in range(0, len(pictures), 128):
        pixels = torch.from_numpy(pictures[start : start + 128]).permute(0, 3, 1, 2)
        rows.append(F.normalize(model.picture(pixels.float() / 127.5 - 1.0), dim=1))
    return torch.cat(rows)


@torch.no_grad()
def embed_texts(model: Mini, tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """Return unit rows, shape (n, 256)."""
    rows = [
        F.normalize(model.text(encode(tokenizer, texts[start : start + 256])), dim=1)
        for start in range(0, len(texts), 256)
    ]
    return torch.cat(rows)
