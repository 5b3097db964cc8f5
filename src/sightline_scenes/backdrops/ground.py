"""What lies on the ground: paths, tufts of grass, stones, puddles and patches of snow."""

from __future__ import annotations

import math

from sightline_scenes.backdrops.stage import Stage
from sightline_scenes.kinds import Weather
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.world import ASPECT


def draw_path(stage: Stage, top: float, colour: RGB) -> None:
    """Draw a path that winds from far away to the lower edge."""
    dice = stage.dice
    end, start = dice.between(0.25, ASPECT - 0.25), dice.between(0.3, ASPECT - 0.3)
    bend, turn = dice.between(0.05, 0.12), dice.between(0, math.tau)
    left, right = [], []
    for step in range(15):
        share = step / 14
        near = share * share
        x = start + (end - start) * near + bend * math.sin(turn + share * 5) * (0.25 + near)
        half = 0.006 + 0.085 * near
        y = top + (1.02 - top) * share**1.3
        left.append((x - half, y))
        right.append((x + half, y))
    stage.canvas.polygon([*left, *reversed(right)], stage.soil(colour, 0.15))


def draw_tufts(stage: Stage, colour: RGB, count: int, top: float = 0.66) -> None:
    """Draw small tufts of grass below ``top``, larger towards the lower edge."""
    dice = stage.dice
    for _ in range(count):
        x, y = dice.between(0, ASPECT), top + (1 - top) * dice.unit() ** 0.7
        size = 0.010 + 0.045 * max(0.0, y - 0.62)
        fill = stage.soil(colour, max(0.0, 0.9 - y))
        blades = []
        for i in range(4):
            across = x + size * (i / 3 - 0.5) * 0.9
            blades += [
                (across - size * 0.09, y),
                (across + (i - 1.5) * size * 0.14, y - size * dice.between(0.5, 1)),
            ]
        stage.canvas.polygon([*blades, (x + size * 0.5, y)], fill)


def draw_stones(stage: Stage, colour: RGB, count: int) -> None:
    """Draw small stones, larger towards the lower edge."""
    dice = stage.dice
    for _ in range(count):
        x, y = dice.between(0, ASPECT), dice.between(0.70, 0.99)
        size = (0.006 + 0.02 * (y - 0.6)) * dice.between(0.8, 1.6)
        fill = stage.soil(colour, 0.1)
        stone = [(x - size, y), (x - size * 0.7, y - size * 0.5), (x, y - size * 0.75)]
        stone += [(x + size * 0.8, y - size * 0.4), (x + size, y)]
        stage.canvas.polygon(stone, darker(fill, 0.22))
        side = stage.sunward * size
        stage.canvas.polygon(
            [
                (x + side, y),
                (x + side * 0.8, y - size * 0.45),
                (x, y - size * 0.75),
                (x - side * 0.1, y),
            ],
            lighter(fill, 0.08),
        )


def draw_ground_cover(stage: Stage, top: float) -> None:
    """Draw what the weather leaves on open ground between ``top`` and the lower edge."""
    if stage.light.weather is Weather.RAIN:
        _draw_puddles(stage, top)
    elif stage.light.weather is Weather.SNOW:
        _draw_patches(stage, top)


def _draw_puddles(stage: Stage, top: float) -> None:
    dice = stage.dice
    glint = mix(stage.light.haze, (206, 222, 242), 0.10 if stage.light.is_dark else 0.25)
    shine = mix(glint, (214, 226, 246), 0.25 if stage.light.is_dark else 0.5)
    for _ in range(8):
        x, y = dice.between(0, ASPECT), dice.between(max(top, 0.68), 0.985)
        wide = dice.between(0.04, 0.10) * (0.4 + 2.2 * (y - 0.55))
        stage.canvas.ellipse(x, y, wide, wide * 0.15, glint, 0.75)
        stage.canvas.ellipse(x + wide * 0.15, y - wide * 0.02, wide * 0.55, wide * 0.06, shine, 0.7)


def _draw_patches(stage: Stage, top: float) -> None:
    dice = stage.dice
    fill = stage.tone(stage.snow, 0.05)
    for _ in range(26):
        x, y = dice.between(0, ASPECT), top + (1 - top) * dice.unit() ** 0.8
        wide = dice.between(0.035, 0.11) * (0.3 + 1.8 * (y - 0.55))
        thick = wide * dice.between(0.10, 0.17)
        aside = wide * dice.around(0.0, 0.6)
        stage.canvas.ellipse(x, y, wide, thick, fill)
        stage.canvas.ellipse(x + aside, y - thick * 0.5, wide * 0.6, thick * 0.9, fill)
        stage.canvas.ellipse(x - aside, y + thick * 0.6, wide * 0.5, thick * 0.7, fill)
