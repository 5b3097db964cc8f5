"""Draws scenes at the model's size into a ring of pictures that the trainer reads from.

A family is two descriptions that differ in one thing, each drawn twice: what a picture must be
told from is in the same batch, and so is what it must be recognised by. Run as a program, it draws
families into a pool; the trainer runs it again and again, so that each run sees the drawings as
they are then.
"""

from __future__ import annotations

import argparse
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from model import IMAGE_PX
from numpy.typing import NDArray
from PIL import Image

from sightline_scenes import drawing
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS, Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.lots import draw_lots, is_possible
from sightline_scenes.world import Scene, Subject

FAMILY = 4  # pictures: two drawings of each of two descriptions
ROW = 4 + 4 * 5  # bytes of a description
_LISTS = (tuple(Kind), tuple(Colour), tuple(Size), tuple(Side), tuple(Depth))
_SETTINGS, _TIMES, _WEATHERS = tuple(Setting), tuple(Time), tuple(Weather)


class Pool:
    """Pictures and their descriptions in two files that several processes map.

    Attributes:
        pictures: Shape (families, 4, 128, 128, 3), uint8.
        rows: Shape (families, 2, 24), uint8; the first byte counts subjects, 0 while unwritten.
    """

    def __init__(self, folder: Path, families: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.families = families
        shape = (families, FAMILY, IMAGE_PX, IMAGE_PX, 3)
        self.pictures = _map(folder / "pictures.u8", shape)
        self.rows = _map(folder / "rows.u8", (families, 2, ROW))

    def write(self, slot: int, scenes: tuple[Scene, Scene], pictures: NDArray[np.uint8]) -> None:
        """Put a family into a slot."""
        self.rows[slot, :, 0] = 0
        self.pictures[slot] = pictures
        self.rows[slot] = [row_of(scene) for scene in scenes]

    def filled(self) -> NDArray[np.intp]:
        """Return the slots that hold a family."""
        return np.flatnonzero((self.rows[:, :, 0] > 0).all(axis=1))


def _map(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    size = int(np.prod(shape))
    if not path.exists() or path.stat().st_size != size:
        with path.open("wb") as file:
            file.truncate(size)
    return np.memmap(path, np.uint8, "r+", shape=shape)


def row_of(scene: Scene) -> NDArray[np.uint8]:
    """Return a description as 24 bytes: subject count, setting, time, weather, subjects."""
    row = np.zeros(ROW, np.uint8)
    row[:4] = (
        len(scene.subjects),
        _SETTINGS.index(scene.setting),
        _TIMES.index(scene.time),
        _WEATHERS.index(scene.weather),
    )
    for i, one in enumerate(scene.subjects):
        values = (one.kind, one.colour, one.size, one.side, one.depth)
        row[4 + 5 * i : 9 + 5 * i] = [
            choices.index(value) for choices, value in zip(_LISTS, values, strict=True)
        ]
    return row


def scene_of(row: NDArray[np.uint8]) -> Scene:
    """Return the description that 24 bytes stand for."""
    parts = row[4 : 4 + 5 * int(row[0])].reshape(-1, 5)
    subjects = tuple(
        Subject(*(choices[value] for choices, value in zip(_LISTS, part, strict=True)))
        for part in parts
    )
    return Scene(_SETTINGS[row[1]], _TIMES[row[2]], _WEATHERS[row[3]], subjects)


def sibling(scene: Scene, dice: Dice) -> Scene:
    """Return a possible scene that differs from another in one thing."""
    changes = {
        "colour": 0.24,
        "kind": 0.22,
        "colours": 0.45,
        "size": 0.07,
        "side": 0.08,
        "depth": 0.05,
        "time": 0.04,
        "weather": 0.05,
        "setting": 0.03,
    }
    for _ in range(60):
        other = _changed(scene, dice.weighted(changes), dice)
        if other != scene and is_possible(other):
            return other
    return draw_lots(dice)


def _changed(scene: Scene, change: str, dice: Dice) -> Scene:
    if change == "time":
        return replace(scene, time=dice.pick(_TIMES))
    if change == "weather":
        return replace(scene, weather=dice.pick(_WEATHERS))
    if change == "setting":
        return replace(scene, setting=dice.pick(_SETTINGS))
    subjects = list(scene.subjects)
    i = dice.below(len(subjects))
    if change == "colours":
        j = dice.below(len(subjects))
        first, second = subjects[i], subjects[j]
        subjects[i] = replace(first, colour=second.colour)
        subjects[j] = replace(second, colour=first.colour)
    else:
        subjects[i] = _changed_subject(subjects[i], change, dice)
    return replace(scene, subjects=tuple(subjects))


def _changed_subject(subject: Subject, change: str, dice: Dice) -> Subject:
    if change == "colour":
        return replace(subject, colour=dice.pick(TRAITS[subject.kind].colours))
    if change == "kind":
        like = [k for k, traits in TRAITS.items() if traits.medium is subject.medium]
        return replace(subject, kind=dice.pick(like))
    if change == "size":
        return replace(subject, size=dice.pick(tuple(Size)))
    if change == "side":
        return replace(subject, side=dice.pick(tuple(Side)))
    return replace(subject, depth=dice.pick(tuple(Depth)))


def render(scene: Scene, dice: Dice) -> NDArray[np.uint8]:
    """Return one drawing as the model may come to see it, shape (128, 128, 3).

    Real pictures come at any size, through JPEG and one of several filters, perhaps cropped a
    little; so the drawing varies in all of these.
    """
    height = 120 + 8 * dice.below(16)
    oversampling = 2 if height < 144 else 1
    image = drawing.draw(scene, dice.unit(), round(height * 4 / 3), height, oversampling)
    if dice.chance(0.25):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=60 + dice.below(36))
        image = Image.open(file)
    width, height = image.size
    left, top = dice.unit() * 0.02 * width, dice.unit() * 0.02 * height
    right, bottom = width - dice.unit() * 0.02 * width, height - dice.unit() * 0.02 * height
    kernel = Image.Resampling.BICUBIC if dice.chance(0.6) else Image.Resampling.BILINEAR
    image = image.resize((IMAGE_PX, IMAGE_PX), kernel, (left, top, right, bottom))
    gain, lift = dice.around(1.0, 0.06), dice.around(0.0, 5.0)
    table = [min(255, max(0, round(value * gain + lift))) for value in range(256)]
    return np.asarray(image.convert("RGB").point(table * 3))


def draw_family(dice: Dice) -> tuple[tuple[Scene, Scene], NDArray[np.uint8]]:
    """Return two descriptions that differ in one thing and two drawings of each."""
    scene = draw_lots(dice)
    scenes = (scene, sibling(scene, dice))
    return scenes, np.stack([render(one, dice) for one in scenes for _ in range(2)])


def main() -> None:
    """Draw families into slots first, first + step, ... of a pool."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--families", type=int, required=True, help="that the pool holds")
    parser.add_argument("--count", type=int, required=True, help="how many to draw")
    parser.add_argument("--first", type=int, required=True, help="of the slots to write, modulo")
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--seed", required=True)
    parser.add_argument("--core", type=int, help="the only one to use")
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    pool = Pool(options.pool, options.families)
    dice = Dice("training", options.seed)
    for i in range(options.count):
        slot = (options.first + i * options.step) % options.families
        pool.write(slot, *draw_family(dice))


if __name__ == "__main__":
    main()
