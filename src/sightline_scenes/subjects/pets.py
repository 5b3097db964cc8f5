"""Pets: dog and cat."""

from __future__ import annotations

from sightline_scenes.canvas import Point, curve
from sightline_scenes.dice import Dice
from sightline_scenes.light import RGB, darker
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.forms import (
    COLLARS,
    CREAM,
    INK,
    Outline,
    Tones,
    feature_tone,
    limb,
    oval,
    relief,
    tapered,
    tones_of,
)

_BLUSH: RGB = (238, 176, 168)


def draw_dog(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a dog from the side, snout forward and tail up."""
    tones = tones_of(colour)
    stride = dice.around(0.0, 0.075)
    pen.shadow(0.5)
    for hip, foot in ((-0.22, -0.19 - stride), (0.13, 0.16 + stride)):
        pen.polygon(_far_leg((hip, 0.42), foot, 0.11), tones.shady)
    x, y = 0.37 + dice.around(0.0, 0.015), 0.815 + dice.around(0.0, 0.015)
    floppy = dice.chance(0.6)
    parts = [_dogs_tail(dice), _dogs_body(dice), oval(x, y, 0.14, 0.13)]
    parts.append(
        limb(
            [(x + 0.02, y - 0.03), (x + 0.16, y - 0.05), (x + 0.205, y - 0.052)], [0.2, 0.14, 0.12]
        )
    )
    parts += _dogs_legs(stride)
    if not floppy:
        parts += [
            [(x - 0.125, y + 0.04), (x - 0.10, y + 0.205), (x - 0.01, y + 0.10)],
            [(x - 0.03, y + 0.10), (x + 0.02, y + 0.215), (x + 0.075, y + 0.08)],
        ]
    relief(pen, parts, tones)
    pen.smooth([(0.36, 0.62), (0.40, 0.68), (0.385, 0.55), (0.29, 0.44), (0.30, 0.52)], tones.sunny)
    pen.line([(0.19, 0.735), (0.29, 0.685), (0.40, 0.675)], 0.048, dice.pick(COLLARS))
    pen.ellipse(0.345, 0.645, 0.028, 0.03, (246, 206, 90))
    _draw_dogs_face(pen, tones, dice, (x, y))
    if floppy:
        flap = [(-0.07, 0.12), (0.0, 0.085), (-0.015, -0.07), (-0.085, -0.15), (-0.14, -0.06)]
        pen.smooth([(x + dx, y + dy) for dx, dy in flap], _ear_tone(tones))


def _dogs_tail(dice: Dice) -> Outline:
    fluff = dice.between(0.0, 0.04)
    wag = dice.around(-0.53, 0.05)
    curl = dice.between(0.0, 0.10)
    points = [(-0.36, 0.58), (-0.47, 0.66), (wag, 0.80), (wag + curl, 0.93)]
    return tapered(points, 0.10 + fluff, 0.06 + 1.5 * fluff)


def _dogs_body(dice: Dice) -> Outline:
    back, belly = dice.around(0.655, 0.015), dice.around(0.40, 0.025)
    return curve(
        [
            (-0.42, 0.58),
            (-0.33, 0.68),
            (-0.08, back),
            (0.12, 0.68),
            (0.22, 0.80),
            (0.33, 0.90),
            (0.44, 0.70),
            (0.385, 0.52),
            (0.26, 0.37),
            (0.02, belly),
            (-0.20, belly + 0.05),
            (-0.38, 0.42),
        ],
        4,
    )


def _dogs_legs(stride: float) -> list[Outline]:
    hind = limb(
        [(-0.29, 0.49), (-0.31, 0.30), (-0.385 - stride / 2, 0.20), (-0.35 + stride, 0.04)],
        [0.26, 0.17, 0.095, 0.085],
    )
    fore = limb([(0.25, 0.46), (0.26, 0.25), (0.26 - stride, 0.04)], [0.18, 0.11, 0.09])
    return [
        hind,
        fore,
        oval(stride - 0.325, 0.035, 0.07, 0.04),
        oval(0.285 - stride, 0.035, 0.07, 0.04),
    ]


def _draw_dogs_face(pen: Pen, tones: Tones, dice: Dice, at: Point) -> None:
    x, y = at
    if dice.chance(0.4):
        tongue = [
            (x + 0.13, y - 0.095),
            (x + 0.18, y - 0.095),
            (x + 0.165, y - 0.18),
            (x + 0.13, y - 0.17),
        ]
        pen.smooth(tongue, (236, 112, 118))
    pen.line(
        [(x + 0.235, y - 0.075), (x + 0.15, y - 0.095), (x + 0.11, y - 0.085)],
        0.014,
        feature_tone(tones),
    )
    pen.ellipse(x + 0.235, y - 0.018, 0.038, 0.032, INK)
    pen.ellipse(x + 0.07, y + 0.04, 0.023, 0.027, feature_tone(tones))


def _far_leg(hip: Point, foot: float, width: float) -> Outline:
    knee = ((hip[0] + foot) / 2, hip[1] * 0.5)
    return limb([hip, knee, (foot, 0.03)], [width * 1.2, width * 0.9, width * 0.9])


def _ear_tone(tones: Tones) -> RGB:
    return tones.sunny if sum(tones.base) < 180 else darker(tones.base, 0.42)


def draw_cat(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a sitting cat that looks at you, its tail curled beside it."""
    tones = tones_of(colour)
    lean = dice.around(0.0, 0.02)
    wide = dice.around(1.0, 0.08)
    x = 0.09
    head = x + 0.03 + lean
    pen.shadow(0.4)
    tail = tapered(
        [
            (x - 0.10, 0.07),
            (-0.30, 0.07),
            (-0.41, 0.20),
            (-0.36, dice.around(0.40, 0.04)),
            (-0.40, 0.52),
            (-0.47, 0.54),
        ],
        0.12,
        0.08,
    )
    body = curve(
        [
            (x - 0.27 * wide, 0.03),
            (x - 0.30 * wide, 0.20),
            (x - 0.20 * wide, 0.46),
            (head - 0.11, 0.66),
            (head + 0.13, 0.66),
            (x + 0.19 * wide, 0.44),
            (x + 0.25 * wide, 0.18),
            (x + 0.22 * wide, 0.02),
            (x, 0.0),
        ],
        4,
    )
    face = curve(
        [
            (head - 0.215, 0.73),
            (head - 0.15, 0.85),
            (head, 0.885),
            (head + 0.15, 0.85),
            (head + 0.215, 0.73),
            (head + 0.12, 0.63),
            (head, 0.605),
            (head - 0.12, 0.63),
        ],
        4,
    )
    tip = dice.around(0.19, 0.02)
    ears = [
        [(head + s * 0.20, 0.75), (head + s * tip, 1.01), (head + s * 0.03, 0.86)] for s in (-1, 1)
    ]
    relief(pen, [tail, body, face, *ears], tones)
    _mark_cat(pen, tones, dice, x, head)
    for s in (-1, 1):
        inner = [(head + s * 0.175, 0.82), (head + s * tip * 0.97, 0.955), (head + s * 0.075, 0.86)]
        pen.polygon(inner, _BLUSH)
    _draw_cat_face(pen, tones, dice, head)


def _mark_cat(pen: Pen, tones: Tones, dice: Dice, x: float, head: float) -> None:
    bib = dice.chance(0.5)
    if bib:
        pen.smooth(
            [(head - 0.07, 0.62), (head + 0.08, 0.62), (x + 0.08, 0.42), (x + 0.01, 0.34)], CREAM
        )
    for foot in (x - 0.065, x + 0.085):
        pen.line([(foot, 0.36), (foot, 0.06)], 0.012, tones.shady)
        pen.ellipse(foot + 0.01, 0.035, 0.07, 0.038, CREAM if bib else tones.sunny)
    if dice.chance(0.6):
        stripe = tones.sunny if sum(tones.base) < 180 else tones.shady
        for step in range(3):
            y = 0.50 - 0.10 * step
            pen.line([(x - 0.20 - 0.035 * step, y), (x - 0.10, y - 0.03)], 0.026, stripe)
            pen.line([(x + 0.18 + 0.03 * step, y - 0.02), (x + 0.12, y - 0.04)], 0.024, stripe)
        for s in (-0.05, 0.0, 0.05):
            pen.line([(head + s, 0.87), (head + s * 0.8, 0.80)], 0.022, stripe)


def _draw_cat_face(pen: Pen, tones: Tones, dice: Dice, head: float) -> None:
    iris = dice.pick(((170, 206, 74), (246, 200, 66), (120, 190, 220)))
    for s in (-1, 1):
        pen.ellipse(head + s * 0.085, 0.755, 0.038, 0.036, iris)
        pen.ellipse(head + s * 0.085, 0.755, 0.014, 0.033, INK)
        whisker = feature_tone(tones) if sum(tones.base) < 180 else tones.shady
        for rise in (0.0, 0.045):
            start = (head + s * 0.09, 0.675)
            pen.line([start, (head + s * 0.27, 0.655 + rise)], 0.007, whisker)
    pen.ellipse(head, 0.675, 0.055, 0.032, tones.sunny)
    pen.polygon([(head - 0.026, 0.71), (head + 0.026, 0.71), (head, 0.68)], (226, 120, 124))
