"""What training makes small."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from batches import UNKNOWN, Answers, Batch
from model import COLOURS, DEPTHS, KINDS, SETTINGS, SIZES, TIMES, WEATHERS, Heads, Mini, TextTower
from torch import Tensor


def contrast(scores: Tensor, right: Tensor) -> Tensor:
    """Return how far rows are from ranking every right column above all wrong ones.

    For each right column on its own, the cross-entropy against the row's wrong columns: with one
    right column per row this is InfoNCE; with several, they do not compete with each other.
    Rows with nothing right or nothing wrong do not count.

    Args:
        scores: Shape (r, c), scaled cosines.
        right: Shape (r, c), bool.
    """
    wrong = scores.masked_fill(right, -1e4).logsumexp(dim=1, keepdim=True)
    losses = F.softplus(wrong - scores) * right
    return (losses.sum(dim=1) / right.sum(dim=1).clamp(min=1)).sum() / right.any(dim=1).sum()


def whole_loss(outputs: Tensor, answers: Answers) -> Tensor:
    """Return the cross-entropy of setting, time and weather, and that of what is present."""
    setting, time, weather, present = outputs.split(
        [SETTINGS, TIMES, WEATHERS, Heads.PRESENT], dim=1
    )
    loss = torch.zeros(())
    for part, target in zip((setting, time, weather), answers.whole.unbind(1), strict=True):
        if bool((target != UNKNOWN).any()):
            loss = loss + F.cross_entropy(part, target, ignore_index=UNKNOWN)
    single = F.binary_cross_entropy_with_logits(present, answers.present, reduction="none")
    return loss + (single * answers.known).sum() / (answers.known.any(dim=1).sum() + 1) * 0.2


def there_loss(tokens: Tensor, heads: Heads, batch: Batch) -> Tensor:
    """Return how badly the token at a subject's middle tells what it is."""
    chosen = tokens[batch.subjects[:, 0], batch.subjects[:, 1]]
    parts = heads.there(chosen).float().split([KINDS, COLOURS, SIZES, DEPTHS], dim=1)
    weights = (1.0, 1.0, 0.4, 0.4)
    return sum(
        (
            weight * F.cross_entropy(part, target)
            for weight, part, target in zip(weights, parts, batch.there.unbind(1), strict=True)
        ),
        torch.zeros(()),
    )


def read(tower: TextTower, ids: Tensor) -> Tensor:
    """Return what the text tower makes of texts, shape (n, E), shorter and longer ones apart.

    Most texts are half as long as the longest, and padding costs as much as words do.
    """
    lengths = ids.argmax(dim=1) + 1
    order = lengths.argsort()
    rows = [tower(ids[part, : int(lengths[part[-1]])]) for part in order.tensor_split(3)]
    return torch.cat(rows)[order.argsort()]


def losses(model: Mini, batch: Batch) -> dict[str, Tensor]:
    """Return the parts of the loss of one batch, each a scalar, not weighted."""
    pixels = batch.pixels.to(torch.bfloat16, memory_format=torch.channels_last)
    tokens = model.picture.tokens(pixels / 127.5 - 1.0)
    pictures = F.normalize(model.picture.embed(tokens).float(), dim=1)
    texts = F.normalize(read(model.text, batch.ids).float(), dim=1)
    captions = len(batch.holds)
    scale = model.log_scale.exp().clamp(max=100.0)
    scores = scale * texts[:captions] @ pictures.T
    holds = batch.holds[:, batch.scene_of_picture]
    among = model.log_scale_pictures.exp().clamp(max=100.0) * pictures @ pictures.T
    # A picture is not asked to find itself.
    same = batch.scene_of_picture[:, None] == batch.scene_of_picture[None, :]
    itself = torch.eye(len(pictures), dtype=torch.bool)
    among = among.masked_fill(itself, -1e4)
    right, wrong = texts[captions:].chunk(2)
    # Both drawings of the description that a right and a wrong text are about.
    pair = torch.stack([2 * batch.swaps, 2 * batch.swaps + 1])
    gap = ((wrong - right)[None] * pictures[pair]).sum(dim=-1) * scale
    answers = batch.scenes
    repeated = Answers(
        answers.whole.repeat_interleave(2, dim=0),
        answers.present.repeat_interleave(2, dim=0),
        answers.known.repeat_interleave(2, dim=0),
    )
    with torch.autocast("cpu", enabled=False):
        reading = 8.0 * pictures, 8.0 * texts[:captions]
        return {
            "text_to_picture": contrast(scores, holds),
            "picture_to_text": contrast(scores.T, holds.T),
            "pictures": contrast(among, same & ~itself),
            "swaps": F.softplus(gap).mean() if len(batch.swaps) else torch.zeros(()),
            "seen": whole_loss(model.heads.summary(reading[0]), repeated),
            "read": whole_loss(model.heads.summary(reading[1]), batch.captions),
            "there": there_loss(tokens.float(), model.heads, batch),
        }
