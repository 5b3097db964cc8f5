"""Plants: pine, oak, palm and cactus, and the table with the flowers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind, Weather
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen, arc
from sightline_scenes.subjects.flowers import draw_flowers
from sightline_scenes.subjects.forms import (
    Outline,
    Tones,
    limb,
    relief,
    spline,
    tones_of,
)

Artist: TypeAlias = Callable[[Pen, RGB, Dice], None]
_Lump: TypeAlias = tuple[float, float, float]  # x, y and radius

_BARK: RGB = (112, 78, 56)
_SNOW: RGB = (246, 249, 255)


def draw_pine(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a pine: layers of branches that grow narrower, snow on them when it snows."""
    tones = tones_of(darker(colour, 0.08))
    count = 4 + dice.below(2)
    wide = dice.around(0.285, 0.02)
    pen.shadow(0.26)
    pen.rectangle(-0.036, 0.0, 0.036, 0.2, darker(_BARK, 0.15))
    tops = [0.42 + 0.58 * (layer + 1) / count for layer in range(count)]
    for layer, top in enumerate(tops):
        bottom = 0.10 + 0.66 * layer / count
        half = wide * (1 - 0.70 * layer / count) + dice.around(0.0, 0.012)
        if layer:
            _draw_tier_shadow(pen, tones, bottom, half)
        _draw_tier(pen, tones, bottom, min(1.0, top - 0.06 * (count - 1 - layer)), half, dice)


def _draw_tier_shadow(pen: Pen, tones: Tones, bottom: float, half: float) -> None:
    pen.polygon(
        [
            (-half * 0.9, bottom),
            (half * 0.9, bottom),
            (half * 0.45, bottom - 0.07),
            (-half * 0.5, bottom - 0.06),
        ],
        darker(tones.shady, 0.22),
    )


def _draw_tier(pen: Pen, tones: Tones, bottom: float, top: float, half: float, dice: Dice) -> None:
    lean = dice.around(0.0, 0.008)
    waist = bottom + (top - bottom) * 0.38
    hem = [(1.0, 0.012), (0.66, 0.004), (0.44, -0.042), (0.14, -0.008), (-0.16, -0.046)]
    hem += [(-0.46, -0.006), (-0.7, -0.03), (-1.0, 0.012)]
    skirt = [(half * x, bottom + y) for x, y in hem]
    pen.polygon([(lean, top), (half * 0.46, waist), *skirt, (-half * 0.46, waist)], tones.base)
    s = -pen.sun
    shady = [(1.0, 0.012), (0.66, 0.0), (0.44, -0.035), (0.10, 0.0), (0.2, 0.06)]
    lit = [(-1.0, 0.012), (-0.6, 0.03), (-0.52, 0.075)]
    for spots, tone in ((shady, tones.shady), (lit, tones.sunny)):
        side = s if tone == tones.shady else -s
        inner = [(s * half * x, bottom + y) for x, y in spots]
        pen.polygon([(lean, top), (side * half * 0.46, waist), *inner], tone)
    if pen.light.weather is Weather.SNOW:
        _draw_snow_on(pen, bottom, top, half, waist)


def _draw_snow_on(pen: Pen, bottom: float, top: float, half: float, waist: float) -> None:
    s = pen.sun * half
    drift = [(s * 0.46, waist), (s * 0.98, bottom + 0.015), (s * 0.74, bottom + 0.05)]
    drift += [(s * 0.52, bottom + 0.035), (s * 0.32, bottom + 0.085), (s * 0.1, bottom + 0.075)]
    pen.polygon([(0.0, top), *drift], _SNOW)
    away = [(-s * 0.46, waist), (-s * 0.98, bottom + 0.015), (-s * 0.66, bottom + 0.045)]
    pen.polygon([(0.0, top), *away, (-s * 0.36, waist - 0.02)], (206, 218, 238))


def draw_oak(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a broad-leaved tree with a round, lumpy crown: green, autumnal or in blossom."""
    tones = tones_of(colour)
    is_blossom = colour[0] > 215 and colour[2] > 130
    pen.shadow(0.38)
    _draw_trunk(pen, (92, 62, 62) if is_blossom else _BARK, dice)
    lumps = _crown(dice)
    if pen.light.weather is Weather.SNOW:
        _draw_lumps(pen, [lump for lump in lumps if lump[1] > 0.66], 0.0, 0.03, 1.0, _SNOW)
    edge = max(0.008, 1.0 / (pen.height * pen.canvas.scale))
    _draw_lumps(pen, lumps, pen.sun * edge, 0.0, 1.0, tones.rim)
    _draw_lumps(pen, lumps, 0.0, 0.0, 1.0, tones.shady)
    _draw_lumps(pen, lumps, pen.sun * 0.02, 0.028, 0.9, tones.base)
    glow = [lump for lump in lumps[1:] if lump[0] * pen.sun + lump[1] - 0.68 > 0.0]
    _draw_lumps(pen, glow, pen.sun * 0.035, 0.045, 0.58, mix(tones.base, tones.sunny, 0.7))
    _scatter_leaves(pen, tones, dice, is_blossom)


def _draw_lumps(
    pen: Pen, lumps: list[_Lump], right: float, up: float, size: float, fill: RGB
) -> None:
    for x, y, r in lumps:
        pen.ellipse(x + right, y + up, r * size, r * 0.92 * size, fill)


def _draw_trunk(pen: Pen, bark: RGB, dice: Dice) -> None:
    bend = dice.around(0.0, 0.02)
    pen.polygon(
        [
            (-0.085, 0.0),
            (-0.05, 0.06),
            (bend - 0.045, 0.42),
            (bend + 0.045, 0.42),
            (0.05, 0.06),
            (0.09, 0.0),
        ],
        bark,
    )
    for s in (-1, 1):
        pen.line([(bend, 0.26), (bend + s * 0.16, 0.46)], 0.04, bark)
    dark = -pen.sun
    pen.polygon(
        [
            (dark * 0.087, 0.0),
            (dark * 0.05, 0.06),
            (bend + dark * 0.045, 0.42),
            (bend + dark * 0.01, 0.42),
            (dark * 0.015, 0.0),
        ],
        darker(bark, 0.25),
    )


def _crown(dice: Dice) -> list[_Lump]:
    lumps = [(0.0, 0.66, 0.27)]
    turn = dice.between(0, 40)
    for x, y in arc(0.0, 0.66, 0.245, 0.165, turn, turn + 320, 8):
        lumps.append((x, y + dice.around(0, 0.015), dice.around(0.152, 0.018)))
    return lumps


def _scatter_leaves(pen: Pen, tones: Tones, dice: Dice, is_blossom: bool) -> None:
    spots = [lighter(tones.base, 0.6), tones.shady] if is_blossom else [tones.sunny, tones.shady]
    for i in range(14):
        angle, far = dice.between(0, 2 * math.pi), math.sqrt(dice.unit()) * 0.30
        x, y = far * 1.15 * math.cos(angle), 0.67 + far * 0.85 * math.sin(angle)
        pen.ellipse(x, y, 0.017, 0.015, spots[i % 2])


def draw_palm(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a palm: a curved, ringed trunk and a fan of hanging fronds."""
    tones = tones_of(colour)
    lean = dice.around(-0.12, 0.05)
    pen.shadow(0.2)
    top: Point = (0.01, 0.72)
    line = spline([(lean, 0.03), (lean + 0.02, 0.30), (lean * 0.35, 0.54), top], 4)
    pen.polygon(
        limb(line, [0.10 - 0.045 * i / (len(line) - 1) for i in range(len(line))]), (162, 122, 84)
    )
    for i, (x, y) in enumerate(line[1:-1]):
        half = 0.042 - 0.002 * i
        pen.line([(x - half, y + 0.01), (x + half, y - 0.005)], 0.011, (118, 84, 62))
    _draw_fronds(pen, tones, dice, top)
    for x, y in ((-0.035, -0.045), (0.03, -0.05), (0.0, -0.075)):
        pen.ellipse(top[0] + x, top[1] + y, 0.032, 0.034, (110, 70, 44))


def _draw_fronds(pen: Pen, tones: Tones, dice: Dice, top: Point) -> None:
    # Where the fronds end, as seen from the top of the trunk; those behind come first.
    reaches = [(0.22, -0.30), (0.35, -0.17), (0.09, 0.22), (0.37, -0.01), (0.27, 0.15)]
    for i, (reach, rise) in enumerate(reaches):
        for side in (-1, 1):
            across = side * reach * dice.around(1.0, 0.09)
            up = rise + dice.around(0.0, 0.03)
            tip = (top[0] + across, top[1] + up)
            arch = dice.around(0.115, 0.02) if rise < 0.2 else 0.04
            knee = (top[0] + across * 0.52, top[1] + max(-0.06, up * 0.72) + arch)
            light = tones.sunny if side * pen.sun > 0 else tones.base
            fill = tones.shady if i < 2 else light
            pen.polygon(_frond(top, knee, tip), fill)
            pen.line(spline([top, knee, tip], 3), 0.010, lighter(fill, 0.3))


def _frond(top: Point, knee: Point, tip: Point) -> Outline:
    """Return a leaf along a curve, with toothed edges."""
    line = spline([top, knee, tip], 5)
    count = len(line) - 1
    swell = [math.sin(math.pi * min(1.0, 0.14 + 0.86 * i / count)) for i in range(count + 1)]
    edge = limb(line, [0.02 + 0.115 * share for share in swell])
    cap = len(edge) // 2 - len(line)
    # Every second point of both sides is drawn in towards the rib: the gaps between leaflets.
    ribs = [*line, *[line[-1]] * cap, *reversed(line), *[line[0]] * cap]
    return [
        (x + (rx - x) * 0.42, y + (ry - y) * 0.42) if i % 2 == 0 else (x, y)
        for i, ((x, y), (rx, ry)) in enumerate(zip(edge, ribs, strict=True))
    ]


def draw_cactus(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a saguaro with ribs and raised arms, sometimes in blossom."""
    tones = tones_of(colour)
    pen.shadow(0.26)
    width = dice.around(0.225, 0.015)
    arms = [
        _arm(-1, dice.around(0.36, 0.05), dice.around(0.70, 0.07), dice.around(0.25, 0.02)),
        _arm(1, dice.around(0.46, 0.05), dice.around(0.82, 0.06), dice.around(0.25, 0.02)),
    ]
    trunk = [(0.0, 0.07), (0.0, 0.35), (0.0, 0.65), (0.0, 0.885)]
    relief(pen, [_column(arm, 0.13) for arm in arms], tones, 0.03)
    relief(pen, [_column(trunk, width)], tones, 0.04)
    for share in (-0.30, -0.1, 0.1, 0.30):
        tone = tones.sunny if share * pen.sun > 0 else tones.shady
        x = share * width
        pen.line([(x, 0.05), (x, 0.94 - abs(share) * 0.2)], 0.012, tone)
    for arm in arms:
        pen.line(spline(arm, 3), 0.012, tones.shady)
    if dice.chance(0.5):
        for x, y in ((0.0, 1.0), arms[0][-1], arms[1][-1]):
            pen.ellipse(x, y + 0.045 if y < 0.99 else y - 0.01, 0.042, 0.034, (240, 110, 150))
            pen.ellipse(x, y + 0.06 if y < 0.99 else y + 0.005, 0.018, 0.014, (252, 214, 90))


def _arm(side: int, elbow: float, top: float, reach: float) -> list[Point]:
    return [
        (side * 0.05, elbow),
        (side * reach * 0.75, elbow + 0.015),
        (side * reach, elbow + 0.10),
        (side * reach, top),
    ]


def _column(points: list[Point], width: float) -> Outline:
    line = spline(points, 4)
    return limb(line, [width] * len(line))


PLANTS: Mapping[Kind, Artist] = {
    Kind.PINE: draw_pine,
    Kind.OAK: draw_oak,
    Kind.PALM: draw_palm,
    Kind.CACTUS: draw_cactus,
    Kind.FLOWERS: draw_flowers,
}
