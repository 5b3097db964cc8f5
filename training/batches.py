"""From families of pictures to what one step of training needs.

Letters: P pictures of a batch, N descriptions, C captions. ``P = C = 2 N``.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from model import COLOURS, DEPTHS, GRID, KINDS, SIDES, SIZES
from numpy.typing import NDArray
from pictures import FAMILY, Pool, scene_of
from tokenizer import END, FRAMES
from tokenizers import Tokenizer
from torch import Tensor

from sightline_scenes.captions import Detail, caption, swapped
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.places import nominal_box
from sightline_scenes.world import ASPECT, Scene

DETAILS = {Detail.FULL: 0.66, Detail.SHORT: 0.15, Detail.TERSE: 0.12, Detail.WORD: 0.07}
_KINDS, _COLOURS, _SIZES = list(Kind), list(Colour), list(Size)
_SIDES, _DEPTHS, _SETTINGS = list(Side), list(Depth), list(Setting)
_TIMES, _WEATHERS = list(Time), list(Weather)
UNKNOWN = -100  # PyTorch's mark for a target that is not scored


@dataclass(frozen=True, slots=True)
class Answers:
    """What the heads should say about descriptions or captions.

    Attributes:
        whole: Shape (n, 3), int64: setting, time, weather.
        present: Shape (n, kinds * (colours + sides + sizes + depths)), float32 zeros and ones.
        known: Same shape, bool: which of them are scored.
    """

    whole: Tensor
    present: Tensor
    known: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """One step's input.

    Attributes:
        pixels: Shape (P, 3, 128, 128), uint8, channels last in memory.
        scene_of_picture: Shape (P,), int64: its description, 0 .. N - 1.
        ids: Shape (C + 2 W, T), int64: captions, then W right ones, then W wrong ones.
        holds: Shape (C, N), bool: whether a caption is true of a description.
        swaps: Shape (W,), int64: the description that right and wrong ones are about.
        scenes: What the pictures show, by description.
        captions: What the captions say.
        subjects: Shape (S, 2), int64: picture and token of every subject.
        there: Shape (S, 4), int64: its kind, colour, size, depth.
    """

    pixels: Tensor
    scene_of_picture: Tensor
    ids: Tensor
    holds: Tensor
    swaps: Tensor
    scenes: Answers
    captions: Answers
    subjects: Tensor
    there: Tensor


def answers_of(scenes: list[Scene]) -> Answers:
    """Return what is true of descriptions."""
    whole = [
        (_SETTINGS.index(s.setting), _TIMES.index(s.time), _WEATHERS.index(s.weather))
        for s in scenes
    ]
    present = np.stack([_present(s) for s in scenes])
    return Answers(
        torch.tensor(whole),
        torch.from_numpy(present),
        torch.ones(present.shape, dtype=torch.bool),
    )


def _present(scene: Scene) -> NDArray[np.float32]:
    blocks = [np.zeros((KINDS, n), np.float32) for n in (COLOURS, SIDES, SIZES, DEPTHS)]
    for one in scene.subjects:
        kind = _KINDS.index(one.kind)
        blocks[0][kind, _COLOURS.index(one.colour)] = 1
        blocks[1][kind, _SIDES.index(one.side)] = 1
        blocks[2][kind, _SIZES.index(one.size)] = 1
        blocks[3][kind, _DEPTHS.index(one.depth)] = 1
    return np.concatenate([block.ravel() for block in blocks])


def answers_in(claims: Claims, scene: Scene) -> tuple[list[int], NDArray[np.bool_]]:
    """Return what a caption tells of a scene: setting, time, weather, and the known presences."""
    whole = [
        _SETTINGS.index(scene.setting) if len(claims.settings) == 1 else UNKNOWN,
        _TIMES.index(scene.time) if claims.time is not None else UNKNOWN,
        _WEATHERS.index(scene.weather) if claims.weather is not None else UNKNOWN,
    ]
    every = len(claims.subjects) == len(scene.subjects) and all(
        len(claim.kinds) == 1 for claim in claims.subjects
    )
    told = [
        every and all(getattr(claim, name) is not None for claim in claims.subjects)
        for name in ("colour", "side", "size", "depth")
    ]
    sizes = (COLOURS, SIDES, SIZES, DEPTHS)
    known = np.concatenate([np.full(KINDS * n, t) for n, t in zip(sizes, told, strict=True)])
    return whole, known


def places_of(scene: Scene) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Return the token at the middle of each subject, with its kind, colour, size and depth."""
    places = []
    for one in scene.subjects:
        box = nominal_box(one, scene.setting)
        column = min(GRID - 1, max(0, int(box.x / ASPECT * GRID)))
        row = min(GRID - 1, max(0, int((box.y - box.height / 2) * GRID)))
        answer = (
            _KINDS.index(one.kind),
            _COLOURS.index(one.colour),
            _SIZES.index(one.size),
            _DEPTHS.index(one.depth),
        )
        places.append((row * GRID + column, answer))
    return places


def encode(tokenizer: Tokenizer, texts: list[str]) -> Tensor:
    """Return token ids, padded on the right with the end token, which a causal tower ignores."""
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    ids = np.full((len(rows), max(map(len, rows))), tokenizer.token_to_id(END), np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    return torch.from_numpy(ids)


def framed(text: str, dice: Dice) -> str:
    """Return a caption as people may ask for it: now and then with words around it."""
    if dice.chance(0.12):
        return f"{FRAMES[dice.below(9)]} {text}"
    return text


class Loader:
    """Prepares batches in a thread, from a pool that others write to."""

    def __init__(self, pool: Pool, tokenizer: Tokenizer, families: int, seed: object) -> None:
        self._pool = pool
        self._tokenizer = tokenizer
        self._families = families
        self._dice = Dice("batches", seed)
        self._numpy = np.random.default_rng(int(self._dice.unit() * 2**32))
        self._queue: queue.Queue[Batch | BaseException] = queue.Queue(maxsize=3)
        threading.Thread(target=self._run, daemon=True).start()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            batch = self._queue.get()
            if isinstance(batch, BaseException):
                raise batch
            yield batch

    def _run(self) -> None:
        try:
            while True:
                self._queue.put(self.batch())
        except BaseException as error:
            self._queue.put(error)

    def batch(self) -> Batch:
        """Return a batch of random families."""
        slots = self._numpy.choice(self._pool.filled(), self._families, replace=False)
        rows = self._pool.rows[slots].reshape(-1, self._pool.rows.shape[2])
        scenes = [scene_of(row) for row in rows]
        pixels = torch.from_numpy(self._pool.pictures[slots].reshape(-1, *self._shape))
        dice = self._dice
        chosen = [
            (n, caption(scenes[n], dice, dice.weighted(DETAILS)))
            for n in range(len(scenes))
            for _ in range(2)
        ]
        holds = np.array([[c.claims.hold_in(s) for s in scenes] for _, c in chosen])
        swaps = self._swaps(scenes)
        texts = [framed(c.text, dice) for _, c in chosen]
        texts += [right for _, right, _ in swaps] + [wrong for _, _, wrong in swaps]
        told = [answers_in(c.claims, scenes[n]) for n, c in chosen]
        truth = answers_of(scenes)
        places = [
            (2 * n + copy, token, answer)
            for n, scene in enumerate(scenes)
            for token, answer in places_of(scene)
            for copy in range(2)
        ]
        return Batch(
            pixels.permute(0, 3, 1, 2),
            torch.arange(2 * len(scenes)) // 2,
            encode(self._tokenizer, texts),
            torch.from_numpy(holds),
            torch.tensor([n for n, _, _ in swaps], dtype=torch.int64),
            truth,
            Answers(
                torch.tensor([whole for whole, _ in told]),
                truth.present.repeat_interleave(2, dim=0),
                torch.from_numpy(np.stack([known for _, known in told])),
            ),
            torch.tensor([place[:2] for place in places]),
            torch.tensor([place[2] for place in places]),
        )

    @property
    def _shape(self) -> tuple[int, ...]:
        return self._pool.pictures.shape[2:]

    def _swaps(self, scenes: list[Scene], limit: int = 56) -> list[tuple[int, str, str]]:
        found = []
        for n in self._numpy.permutation(len(scenes)):
            if len(found) == limit:
                break
            pair = swapped(scenes[n], self._dice)
            if pair is not None:
                found.append((int(n), pair[0].text, pair[1]))
        return found


assert FAMILY == 4, "two descriptions, each drawn twice"
