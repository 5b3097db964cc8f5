"""Flowers: a clump of daisies, tulips or poppies."""

from __future__ import annotations

import math
from typing import TypeAlias

from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.light import RGB, darker, mix
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.forms import Tones, oval, spline, tapered, tones_of

_LEAF: RGB = (94, 134, 92)
_Bloom: TypeAlias = tuple[float, float, float]  # x, y and radius


def draw_flowers(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a clump of large blossoms on stems: daisies, tulips or poppies."""
    tones = tones_of(colour)
    bloom = dice.pick((_draw_daisy, _draw_tulip, _draw_poppy))
    count = 5 + dice.below(2 if bloom is _draw_tulip else 4)
    pen.shadow(0.55)
    heads = _flower_heads(dice, count)
    for x, y, _ in heads:
        pen.line(spline([(x * 0.55, 0.0), (x * 0.7, y * 0.5), (x, y)], 3), 0.026, _LEAF)
    for i in range(5):
        root = -0.34 + 0.17 * i + dice.around(0, 0.04)
        tip = (root + dice.around(0.0, 0.16), dice.between(0.26, 0.42))
        leaf = tapered([(root, 0.0), ((root + tip[0]) / 2 - 0.03, 0.2), tip], 0.10, 0.02, 3)
        pen.polygon(leaf, _LEAF if i % 2 else darker(_LEAF, 0.18))
    for x, y, r in sorted(heads, key=lambda head: -head[1]):
        bloom(pen, tones, dice, (x, y), r)


def _flower_heads(dice: Dice, count: int) -> list[_Bloom]:
    """Return where the blossoms are: a zigzag of two rows under a dome."""
    radius = {5: 0.205, 6: 0.195, 7: 0.185, 8: 0.175}[count]
    first = dice.below(2)
    heads = []
    for i in range(count):
        across = (i + 0.5) / count - 0.5
        r = radius * dice.around(1.0, 0.08)
        dome = 0.16 * math.cos(across * 2.6) - 0.12
        y = (0.76 if i % 2 == first else 0.46) + dome + dice.around(0.0, 0.03)
        heads.append((across * 1.14 + dice.around(0.0, 0.02), min(1.0 - r, y), r))
    return heads


def _draw_daisy(pen: Pen, tones: Tones, dice: Dice, at: Point, r: float) -> None:
    turn = dice.between(0, 60)
    heart: RGB = (250, 204, 60) if tones.base[2] > 90 or tones.base[1] < 100 else (124, 76, 44)
    pen.ellipse(*at, r * 0.72, r * 0.72, tones.shady)
    for i in range(8):
        angle = turn + 45 * i
        x = at[0] + 0.58 * r * math.cos(math.radians(angle))
        y = at[1] + 0.58 * r * math.sin(math.radians(angle))
        lit = math.cos(math.radians(angle - (45 if pen.sun > 0 else 135))) > 0.2
        fill = mix(tones.base, tones.sunny, 0.6) if lit else tones.base
        pen.polygon(oval(x, y, r * 0.44, r * 0.24, angle, 10), fill)
    pen.ellipse(*at, r * 0.28, r * 0.28, heart)


def _draw_tulip(pen: Pen, tones: Tones, dice: Dice, at: Point, r: float) -> None:
    x, y = at
    tall = r * dice.around(1.0, 0.06)
    s = pen.sun

    def petal(*corners: Point) -> None:
        pen.smooth([(x + across * r, y + up * tall) for across, up in corners], fill)

    fill = mix(tones.base, tones.shady, 0.6)
    petal((0.0, 0.95), (-0.35, 0.2), (0.0, -0.8), (0.35, 0.2))
    fill = tones.shady
    petal(
        (-s * 0.78, 1.0), (-s * 0.80, -0.25), (-s * 0.2, -0.95), (s * 0.15, -0.5), (-s * 0.2, 0.3)
    )
    fill = mix(tones.base, tones.sunny, 0.75)
    petal((s * 0.78, 1.0), (s * 0.80, -0.25), (s * 0.2, -0.95), (-s * 0.2, -0.5), (s * 0.15, 0.3))
    fill = tones.base
    petal((0.0, 0.72), (-0.52, -0.05), (-0.3, -0.82), (0.0, -0.96), (0.3, -0.82), (0.52, -0.05))


def _draw_poppy(pen: Pen, tones: Tones, dice: Dice, at: Point, r: float) -> None:
    x, y = at
    turn = dice.between(-25, 25)
    pen.ellipse(x, y, r * 0.8, r * 0.72, tones.shady)
    for angle in (turn + 90, turn + 270, turn, turn + 180):
        px = x + 0.40 * r * math.cos(math.radians(angle))
        py = y + 0.36 * r * math.sin(math.radians(angle))
        pen.polygon(oval(px, py, r * 0.62, r * 0.50, angle + 90, 14), tones.shady)
        lift = r * 0.05
        pen.polygon(
            oval(px + pen.sun * lift, py + lift, r * 0.56, r * 0.44, angle + 90, 14), tones.base
        )
    pen.polygon(
        oval(x + pen.sun * r * 0.42, y + r * 0.34, r * 0.26, r * 0.16, 35 * pen.sun, 10),
        tones.sunny,
    )
    pen.ellipse(x, y, r * 0.24, r * 0.22, (48, 40, 46))
    pen.ellipse(x, y, r * 0.10, r * 0.09, (226, 206, 110))
