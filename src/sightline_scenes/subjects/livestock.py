"""Livestock: horse, cow and sheep."""

from __future__ import annotations

from sightline_scenes.canvas import Point, curve
from sightline_scenes.dice import Dice
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen, arc
from sightline_scenes.subjects.forms import (
    COLLARS,
    CREAM,
    INK,
    Outline,
    Tones,
    feature_tone,
    layers_of,
    limb,
    oval,
    relief,
    spline,
    tapered,
    tones_of,
)

_HOOF: RGB = (58, 48, 46)
_BLUSH: RGB = (238, 176, 168)


def draw_horse(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a horse with an arched neck, standing, walking or trotting."""
    tones = tones_of(colour)
    hair = _mane_colour(colour, dice)
    stride = dice.around(0.02, 0.06)
    raised = dice.chance(0.4)
    pen.shadow(0.46)
    _draw_far_legs(pen, tones.shady, -0.22 - stride, 0.08 + stride)
    end = dice.around(0.15, 0.05)
    tail = curve(
        [
            (-0.33, 0.64),
            (-0.44, 0.60),
            (-0.51, 0.42),
            (-0.57, end),
            (-0.46, end + 0.04),
            (-0.41, 0.36),
            (-0.36, 0.52),
        ],
        4,
    )
    body = curve(
        [
            (-0.38, 0.54),
            (-0.34, 0.64),
            (-0.20, 0.67),
            (-0.02, 0.63),
            (0.10, 0.67),
            (0.17, 0.82),
            (0.29, 0.96),
            (0.36, 0.97),
            (0.37, 0.86),
            (0.34, 0.72),
            (0.27, 0.54),
            (0.17, 0.42),
            (-0.02, 0.40),
            (-0.18, 0.43),
            (-0.34, 0.42),
        ],
        4,
    )
    head = limb(
        [(0.33, 0.93), (0.39, 0.87), (0.48, 0.76), (0.535, 0.70)], [0.10, 0.165, 0.11, 0.095]
    )
    ears = [[(0.295, 0.95), (0.325, 1.03), (0.36, 0.96)]]
    legs = _horse_legs(-0.27 + stride, 0.17 - stride, raised)
    pen.polygon(tail, hair)
    relief(pen, [body, head, *ears, *legs], tones)
    pen.smooth([(-0.30, 0.62), (-0.05, 0.61), (0.05, 0.57), (-0.2, 0.56)], tones.sunny)
    _draw_hooves(pen, legs)
    mane = curve(
        [(0.36, 0.99), (0.26, 0.975), (0.14, 0.86), (0.06, 0.70), (0.12, 0.66), (0.20, 0.80)], 4
    )
    pen.polygon(mane, hair)
    pen.polygon([(0.33, 1.0), (0.40, 0.92), (0.35, 0.89)], hair)
    if dice.chance(0.35):
        pen.line([(0.41, 0.90), (0.49, 0.775)], 0.026, CREAM)
    pen.ellipse(0.535, 0.715, 0.016, 0.014, feature_tone(tones))
    pen.ellipse(0.405, 0.885, 0.017, 0.018, feature_tone(tones))


def _mane_colour(colour: RGB, dice: Dice) -> RGB:
    brightness = sum(colour) / 3
    if brightness > 200:
        return dice.pick(((196, 186, 170), (168, 172, 184), (120, 118, 128)))
    if brightness < 70:
        return (92, 96, 112)
    return dice.pick((darker(colour, 0.62), darker(colour, 0.5), mix(colour, CREAM, 0.62)))


def _horse_legs(hind: float, fore: float, raised: bool) -> list[Outline]:
    back = limb(
        [(-0.27, 0.52), (-0.28, 0.36), (hind - 0.05, 0.24), (hind - 0.02, 0.02)],
        [0.22, 0.14, 0.075, 0.065],
    )
    if raised:
        front = [(0.18, 0.50), (0.25, 0.36), (0.36, 0.30), (0.33, 0.14)]
    else:
        front = [(0.16, 0.50), (0.18, 0.36), (fore + 0.01, 0.23), (fore, 0.02)]
    return [back, limb(front, [0.17, 0.11, 0.07, 0.062])]


def _draw_far_legs(pen: Pen, tone: RGB, hind: float, fore: float) -> None:
    legs = _horse_legs(hind, fore, raised=False)
    for leg in legs:
        pen.polygon(leg, tone)
    _draw_hooves(pen, legs)


def _draw_hooves(pen: Pen, legs: list[Outline]) -> None:
    for leg in legs:
        x, y = leg[6]  # the middle of the rounded lower end
        pen.polygon(
            [(x - 0.036, y + 0.06), (x + 0.034, y + 0.06), (x + 0.05, y), (x - 0.046, y)], _HOOF
        )


def draw_cow(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a cow: a box on short legs, with horns, muzzle and udder."""
    tones = tones_of(colour)
    drop = dice.weighted({0.0: 0.7, 0.42: 0.3})  # grazing, now and then
    stride = dice.around(0.0, 0.04)
    pen.shadow(0.6)
    for x in (-0.36 - stride, 0.16 + stride):
        pen.polygon(limb([(x, 0.40), (x, 0.05)], [0.14, 0.10]), tones.shady)
        pen.rectangle(x - 0.052, 0, x + 0.058, 0.05, _HOOF)
    pen.ellipse(-0.24, 0.36, 0.13, 0.09, _BLUSH)
    pen.line([(-0.26, 0.28), (-0.26, 0.25)], 0.03, darker(_BLUSH, 0.12))
    _draw_cow_tail(pen, tones, dice)
    body = curve(
        [
            (-0.57, 0.78),
            (-0.50, 0.86),
            (-0.20, 0.84),
            (0.10, 0.86),
            (0.30, 0.88 - 0.1 * drop),
            (0.40, 0.72 - 0.2 * drop),
            (0.34, 0.46),
            (0.16, 0.37),
            (-0.16, 0.36),
            (-0.46, 0.42),
            (-0.57, 0.56),
        ],
        4,
    )
    near = [
        limb([(x, 0.50), (x - 0.01, 0.24), (x, 0.03)], [0.19, 0.12, 0.11])
        for x in (-0.46 + stride, 0.26 - stride)
    ]
    x, y = 0.53, 0.80 - drop * 1.15
    neck = limb([(0.28, 0.74 - drop * 0.2), (x - 0.05, y)], [0.34, 0.22])
    head = limb([(x - 0.06, y + 0.06), (x, y - 0.04), (x + 0.07, y - 0.17)], [0.20, 0.20, 0.15])
    relief(pen, [body, neck, *near], tones)
    _draw_patches(pen, colour, dice)
    for leg in (-0.46 + stride, 0.26 - stride):
        pen.rectangle(leg - 0.06, 0, leg + 0.062, 0.055, _HOOF)
    _draw_cow_head(pen, tones, dice, head, (x, y))


def _draw_cow_tail(pen: Pen, tones: Tones, dice: Dice) -> None:
    swing = dice.around(-0.63, 0.05)
    pen.line(spline([(-0.53, 0.80), (-0.61, 0.74), (swing, 0.45)]), 0.035, tones.shady)
    pen.polygon(oval(swing, 0.38, 0.04, 0.08), _mane_colour(tones.base, dice))


def _draw_patches(pen: Pen, colour: RGB, dice: Dice) -> None:
    brightness = sum(colour) / 3
    if brightness > 200:
        patch: RGB = dice.pick(((46, 44, 52), (46, 44, 52), (122, 76, 48)))
    elif brightness < 70 or dice.chance(0.5):
        patch = CREAM if dice.chance(0.6) else colour
    else:
        return
    shift = dice.around(0.0, 0.04)
    grow = dice.around(1.0, 0.12)
    for x, y, rx, ry in (
        (-0.34, 0.69, 0.15, 0.13),
        (0.06, 0.64, 0.13, 0.15),
        (-0.12, 0.48, 0.08, 0.06),
    ):
        x += shift
        points = arc(x, y, rx * grow, ry * grow, 0, 315, 7)
        bumpy = [
            (px + dice.around(0, 0.03), min(0.82, py + dice.around(0, 0.03))) for px, py in points
        ]
        pen.polygon(curve(bumpy, 4), patch)


def _draw_cow_head(pen: Pen, tones: Tones, dice: Dice, head: Outline, at: Point) -> None:
    x, y = at
    horn: RGB = (236, 222, 190) if sum(tones.base) < 600 else (168, 146, 116)
    for reach in (-0.13, 0.07):
        tip = (x - 0.02 + reach, y + 0.25)
        pen.polygon(
            tapered(
                [(x - 0.05 + reach / 3, y + 0.12), (x - 0.02 + reach * 1.1, y + 0.17), tip],
                0.06,
                0.02,
            ),
            horn,
        )
    ear = limb([(x - 0.12, y + 0.09), (x - 0.25, y + 0.07)], [0.07, 0.06])
    relief(pen, [ear, head], tones)
    pen.polygon(oval(x + 0.095, y - 0.195, 0.105, 0.075, -30), _BLUSH)
    for nostril in (0.07, 0.14):
        pen.ellipse(x + nostril, y - 0.18 - nostril * 0.2, 0.014, 0.016, darker(_BLUSH, 0.55))
    pen.ellipse(x + 0.025, y + 0.02, 0.022, 0.026, feature_tone(tones))
    if dice.chance(0.6):
        pen.line([(x - 0.16, y - 0.04), (x - 0.10, y - 0.17)], 0.03, dice.pick(COLLARS))
        pen.ellipse(x - 0.09, y - 0.20, 0.045, 0.05, (240, 196, 72))


def draw_sheep(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a sheep: a woolly cloud on thin dark legs, with a small dark face."""
    tones = tones_of(colour)
    skin: RGB = (104, 92, 90) if sum(colour) < 180 else (58, 50, 54)
    stride = dice.around(0.0, 0.03)
    pen.shadow(0.52)
    for x in (-0.27 - stride, 0.12 + stride):
        pen.line([(x, 0.36), (x, 0.03)], 0.062, darker(skin, 0.2))
    for x in (-0.36 + stride, 0.22 - stride):
        pen.line([(x, 0.36), (x, 0.03)], 0.062, skin)
    lobes = _wool(dice)
    for right, up, fill in layers_of(pen, tones, 0.03):
        for x, y, r in lobes:
            pen.ellipse(x + right, y + up, r, r, fill)
        pen.ellipse(-0.08 + right, 0.58 + up, 0.36, 0.24, fill)
    for _ in range(6):
        x, y = dice.between(-0.38, 0.16), dice.between(0.42, 0.74)
        pen.line(arc(x, y, 0.06, 0.05, 200, 350, 5), 0.02, tones.shady)
    _draw_sheep_head(pen, tones, skin, dice)


def _wool(dice: Dice) -> list[tuple[float, float, float]]:
    count = 11
    return [
        (x, y, dice.around(0.145, 0.015))
        for x, y in arc(-0.08, 0.58, 0.37, 0.225, 0, 360 - 360 / count, count - 1)
    ]


def _draw_sheep_head(pen: Pen, tones: Tones, skin: RGB, dice: Dice) -> None:
    y = dice.around(0.68, 0.05)
    x = 0.42
    pen.polygon(
        limb([(x - 0.06, y + 0.06), (x - 0.18, y + 0.03)], [0.08, 0.06]), darker(skin, 0.25)
    )
    face = limb([(x - 0.02, y + 0.08), (x + 0.05, y), (x + 0.11, y - 0.13)], [0.20, 0.20, 0.13])
    relief(pen, [face], Tones(skin, skin, darker(skin, 0.3), lighter(skin, 0.3)), 0.012)
    for lobe_x, lobe_y in ((-0.08, 0.14), (0.01, 0.17), (0.08, 0.13)):
        pen.ellipse(x + lobe_x, y + lobe_y, 0.085, 0.075, tones.base)
    pen.polygon(limb([(x - 0.02, y + 0.06), (x - 0.15, y + 0.0)], [0.07, 0.05]), skin)
    pen.ellipse(x + 0.075, y + 0.03, 0.026, 0.028, (248, 244, 236))
    pen.ellipse(x + 0.082, y + 0.028, 0.013, 0.016, INK)
