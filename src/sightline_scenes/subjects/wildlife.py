"""Wildlife: fish and bird."""

from __future__ import annotations

import math
from collections.abc import Callable

from sightline_scenes.canvas import Point, curve
from sightline_scenes.dice import Dice
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.forms import (
    INK,
    Outline,
    Tones,
    feature_tone,
    relief,
    spline,
    tones_of,
)


def draw_fish(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a fish that leaps out of the water in an arc."""
    tones = tones_of(colour)
    tilt = dice.around(10.0, 22.0)
    _draw_splash(pen, dice)

    def turned(x: float, y: float) -> Point:
        cos, sin = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
        # Bent downwards at both ends, then turned about the middle of the body.
        bent = y - 0.38 * x * x
        return 0.02 + x * cos - bent * sin, 0.64 + x * sin + bent * cos

    def bent(points: list[Point]) -> Outline:
        return [turned(x, y) for x, y in points]

    fat = dice.around(0.25, 0.03)
    body = bent(
        curve(
            [
                (0.60, 0.0),
                (0.50, fat * 0.55),
                (0.28, fat * 0.98),
                (0.0, fat),
                (-0.25, fat * 0.6),
                (-0.44, 0.065),
                (-0.44, -0.065),
                (-0.25, -fat * 0.6),
                (0.0, -fat),
                (0.28, -fat * 0.95),
                (0.50, -fat * 0.5),
            ],
            4,
        )
    )
    fork = dice.around(0.24, 0.03)
    tail = bent([(-0.38, 0.05), (-0.74, fork), (-0.63, 0.0), (-0.72, -fork), (-0.38, -0.05)])
    back = bent([(0.24, fat * 0.9), (0.06, fat + 0.13), (-0.16, fat + 0.09), (-0.2, fat * 0.6)])
    belly = bent([(0.0, -fat * 0.9), (-0.14, -fat - 0.10), (-0.2, -fat * 0.7)])
    fin = Tones(darker(colour, 0.14), tones.sunny, tones.shady, tones.rim)
    relief(pen, [tail, back, belly], fin, 0.015)
    relief(pen, [body], tones, 0.03)
    pen.polygon(
        bent(
            curve(
                [
                    (0.56, -0.03),
                    (0.3, -fat * 0.55),
                    (0.0, -fat * 0.55),
                    (-0.34, -0.04),
                    (0.0, -fat * 0.88),
                    (0.3, -fat * 0.85),
                ],
                4,
            )
        ),
        lighter(colour, 0.5),
    )
    _mark_fish(pen, tones, dice, bent, fat)


def _mark_fish(
    pen: Pen, tones: Tones, dice: Dice, bent: Callable[[list[Point]], Outline], fat: float
) -> None:
    if dice.chance(0.5):
        for x, half in ((0.14, 0.86), (-0.06, 0.84), (-0.24, 0.5)):
            stripe = [(x, fat * half), (x + 0.07, 0.0), (x, -fat * half * 0.5)]
            pen.line(spline(bent(stripe), 3), 0.05, tones.shady)
    else:
        for x, y in ((0.10, 0.11), (-0.02, 0.03), (-0.04, 0.16), (-0.16, 0.08), (-0.26, 0.02)):
            scale = bent([(x + 0.035, y + 0.055), (x - 0.01, y), (x + 0.035, y - 0.055)])
            pen.line(spline(scale, 3), 0.02, tones.shady)
    pen.line(
        spline(bent([(0.27, fat * 0.75), (0.21, 0.0), (0.27, -fat * 0.6)]), 3), 0.02, tones.shady
    )
    pen.polygon(bent([(0.17, -0.02), (0.0, -0.10), (0.06, 0.03)]), tones.shady)
    ((x, y),) = bent([(0.40, 0.055)])
    pen.ellipse(x, y, 0.062, 0.062, (252, 250, 244))
    pen.ellipse(x + 0.012, y, 0.034, 0.036, INK)


def _draw_splash(pen: Pen, dice: Dice) -> None:
    foam: RGB = (244, 250, 255)
    for rx, alpha in ((0.52, 0.35), (0.36, 0.55)):
        pen.ellipse(-0.18, 0.03, rx, rx * 0.13, foam, alpha)
    pen.ellipse(-0.18, 0.035, 0.24, 0.028, (70, 130, 170), 0.6)
    for s in (-1, 0, 1):
        x = -0.18 + s * 0.17
        top = 0.20 + dice.around(0.0, 0.05) - 0.06 * abs(s)
        pen.polygon([(x - 0.05, 0.03), (x + s * 0.12, top), (x + 0.05, 0.03)], foam, 0.85)
    for _ in range(5):
        x, y = -0.18 + dice.around(0.0, 0.36), dice.between(0.14, 0.32)
        pen.ellipse(x, y, 0.022, 0.026, foam, 0.9)


def draw_bird(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a flying bird with its wings spread wide."""
    tones = tones_of(colour)
    beat = dice.around(0.0, 0.09)
    beak: RGB = dice.pick(((244, 166, 48), (236, 130, 40), (240, 188, 70)))
    far = _wing((0.10, 0.42), 1.0, beat + dice.around(0.03, 0.03), dice.around(0.74, 0.04))
    near = _wing((-0.02, 0.42), -1.0, beat, dice.around(0.80, 0.04))
    back = mix(tones.base, tones.shady, 0.55)
    relief(pen, [far], Tones(back, tones.base, tones.shady, tones.rim))
    _draw_feathers(pen, far, tones)
    pen.polygon([(0.43, 0.46), (0.63, 0.375), (0.43, 0.355)], beak)
    body = curve(
        [
            (-0.32, 0.27),
            (-0.02, 0.42),
            (0.20, 0.47),
            (0.35, 0.535),
            (0.47, 0.50),
            (0.50, 0.40),
            (0.40, 0.28),
            (0.16, 0.15),
            (-0.10, 0.14),
        ],
        4,
    )
    tail = [(-0.18, 0.33), (-0.64, 0.23), (-0.55, 0.145), (-0.61, 0.06), (-0.14, 0.17)]
    relief(pen, [tail, body], tones)
    pen.smooth([(0.42, 0.33), (0.16, 0.18), (-0.10, 0.16), (0.10, 0.25)], lighter(tones.base, 0.4))
    relief(pen, [near], tones)
    _draw_feathers(pen, near, tones)
    pen.ellipse(0.405, 0.445, 0.03, 0.032, feature_tone(tones))


def _wing(root: Point, side: float, beat: float, reach: float) -> Outline:
    """Return a wing: its front edge over the wrist to the tip, then back along the feathers."""
    x, y = root
    front = [
        (0.02, y + 0.04),
        (0.20, 0.80 + beat * 0.6),
        (0.36, 0.92 + beat),
        (reach, 0.88 + beat * 1.6),
    ]
    back = [(0.62, 0.755 + beat * 1.2), (0.52, 0.675 + beat), (0.38, 0.56 + beat * 0.6)]
    line = spline([(x + side * across, up) for across, up in front], 4)
    fingers: Outline = []
    for across, up in back:
        # A notch before every feather's end.
        fingers += [(x + side * (across + 0.035), up + 0.035), (x + side * across, up - 0.015)]
    return [*line, *fingers, (x - side * 0.18, y - 0.12)]


def _draw_feathers(pen: Pen, wing: Outline, tones: Tones) -> None:
    dark = tones.rim if sum(tones.base) < 180 else tones.shady
    front, tip, ends = wing[7:12], wing[12], wing[14:19:2]
    pen.polygon([_between(front[2], ends[0], 0.35), front[3], tip, wing[13], ends[0]], dark)
    for start, end in ((front[0], ends[0]), (wing[5], ends[1]), (wing[3], ends[2])):
        pen.line([_between(start, end, 0.35), _between(start, end, 0.95)], 0.018, dark)


def _between(first: Point, second: Point, share: float) -> Point:
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
    )
