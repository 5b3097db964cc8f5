"""People: a man in a coat and a woman in a long dress."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline_scenes.canvas import Point, curve
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.forms import Outline, Tones, limb, oval, relief, tones_of

Artist: TypeAlias = Callable[[Pen, RGB, Dice], None]

_DARK_HAIRS: tuple[RGB, ...] = ((40, 32, 34), (66, 44, 36), (150, 148, 152))
_HAIRS: tuple[RGB, ...] = (*_DARK_HAIRS, (128, 78, 44), (214, 168, 88), (176, 84, 44))
_LOOKS: Mapping[RGB, tuple[RGB, ...]] = {
    (250, 214, 186): _HAIRS,
    (238, 190, 152): _HAIRS,
    (214, 158, 116): _HAIRS[:4],
    (172, 116, 80): _DARK_HAIRS,
    (128, 84, 60): _DARK_HAIRS,
    (96, 62, 48): _DARK_HAIRS,
}
_SHOE: RGB = (52, 42, 44)
_LEATHERS: tuple[RGB, ...] = ((150, 92, 52), (206, 156, 92), (92, 58, 48), (70, 78, 104))


def draw_man(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a man in a coat and trousers, walking or standing, with a hat or short hair."""
    tones = tones_of(colour)
    skin, hair = _looks(dice)
    step = dice.weighted({0.025: 0.3, 0.105: 0.7}) + dice.around(0.0, 0.02)
    hem = dice.weighted({0.33: 0.4, 0.44: 0.6})
    tails = 0.02 if hem < 0.4 else 0.0
    pen.shadow(0.2)
    legs = _trousers(colour, dice)
    far_arm = Tones(tones.shady, tones.shady, tones.shady, tones.shady)
    _draw_leg(pen, darker(legs, 0.2), -0.02, -step, lifted=step > 0.06)
    _draw_arm(pen, far_arm, skin, 0.085, step * 0.8)
    _draw_leg(pen, legs, 0.02, step, lifted=False)
    coat = curve(
        [
            (-0.05, 0.85),
            (0.05, 0.85),
            (0.124, 0.80),
            (0.104, 0.62),
            (0.116 + tails + step * 0.15, hem),
            (0.0, hem - 0.012),
            (-0.116 - tails, hem + 0.005),
            (-0.106, 0.62),
            (-0.126, 0.80),
        ],
        4,
    )
    relief(pen, [coat], tones, 0.018)
    _draw_front(pen, tones, hem, dice)
    _draw_head(pen, skin, hair, dice)
    if dice.chance(0.15):
        _draw_wave(pen, tones, skin)
    else:
        _draw_arm(pen, tones, skin, -0.095, -step * 0.9)


def _looks(dice: Dice) -> tuple[RGB, RGB]:
    skin = dice.pick(tuple(_LOOKS))
    return skin, dice.pick(_LOOKS[skin])


def _trousers(colour: RGB, dice: Dice) -> RGB:
    if sum(colour) < 180:
        return lighter(colour, 0.16)
    if sum(colour) > 690:
        return dice.pick(((198, 196, 196), (184, 190, 204), (206, 196, 178)))
    # Towards a warm black, so that brown trousers stay brown.
    return mix(colour, (34, 24, 24), dice.between(0.28, 0.42))


def _draw_leg(pen: Pen, tone: RGB, hip: float, foot: float, lifted: bool) -> None:
    knee = (hip + foot) / 2 + 0.015
    # The heel of the leg behind comes off the ground.
    heel = 0.028 if lifted else 0.0
    pen.polygon(limb([(hip, 0.47), (knee, 0.26), (foot, 0.06)], [0.13, 0.10, 0.078]), tone)
    sole = [(foot - 0.042, heel), (foot - 0.042, heel + 0.045), (foot + 0.03, heel / 2 + 0.05)]
    pen.polygon([*sole, (foot + 0.085, 0.018), (foot + 0.085, 0.0)], _SHOE)


def _draw_wave(pen: Pen, tones: Tones, skin: RGB) -> None:
    pen.ellipse(-0.185, 0.985, 0.028, 0.032, skin)
    arm = limb([(-0.09, 0.79), (-0.175, 0.80), (-0.185, 0.945)], [0.075, 0.066, 0.052])
    relief(pen, [arm], Tones(tones.sunny, tones.sunny, tones.shady, tones.rim), 0.010)


def _draw_arm(pen: Pen, tones: Tones, skin: RGB, shoulder: float, swing: float) -> None:
    elbow: Point = (shoulder + swing * 0.4 - 0.01, 0.62)
    hand: Point = (shoulder + swing + 0.02, 0.475)
    pen.ellipse(hand[0] + swing * 0.1, hand[1] - 0.012, 0.026, 0.03, skin)
    arm = limb([(shoulder, 0.785), elbow, hand], [0.07, 0.062, 0.052])
    if tones.base == tones.shady:
        pen.polygon(arm, tones.base)
    else:
        relief(pen, [arm], Tones(tones.sunny, tones.sunny, tones.shady, tones.rim), 0.010)


def _draw_front(pen: Pen, tones: Tones, hem: float, dice: Dice) -> None:
    shirt: RGB = (250, 246, 238) if sum(tones.base) < 640 else (90, 110, 150)
    pen.polygon([(0.0, 0.845), (0.07, 0.84), (0.045, 0.74)], shirt)
    pen.line([(0.045, 0.74), (0.05, hem + 0.02)], 0.009, tones.shady)
    if dice.chance(0.3):
        scarf = dice.pick(((206, 60, 56), (240, 190, 70), (52, 110, 170), (244, 240, 230)))
        pen.rectangle(-0.045, 0.825, 0.065, 0.865, scarf, radius=0.015)
        pen.polygon([(0.03, 0.84), (0.065, 0.84), (0.075, 0.72), (0.04, 0.72)], scarf)


def _draw_head(pen: Pen, skin: RGB, hair: RGB, dice: Dice) -> None:
    pen.rectangle(-0.025, 0.82, 0.032, 0.88, darker(skin, 0.15))
    crown = dice.weighted({"hat": 0.4, "cap": 0.2, "hair": 0.4})
    if crown != "hat":
        pen.ellipse(-0.006, 0.928, 0.070, 0.072, hair)
    pen.polygon(oval(0.012, 0.912, 0.060, 0.068), skin)
    pen.polygon([(0.066, 0.915), (0.086, 0.895), (0.064, 0.892)], skin)
    pen.ellipse(-0.022, 0.905, 0.014, 0.018, darker(skin, 0.15))
    pen.ellipse(0.042, 0.922, 0.008, 0.011, _SHOE)
    if dice.chance(0.3):
        beard: Outline = [(-0.03, 0.90), (0.02, 0.885), (0.066, 0.888), (0.05, 0.845), (0.0, 0.85)]
        pen.smooth(beard, hair)
    if crown == "hat":
        felt = dice.pick(_LEATHERS)
        pen.polygon([(-0.055, 0.945), (-0.045, 1.0), (0.05, 1.005), (0.065, 0.945)], felt)
        pen.rectangle(-0.058, 0.947, 0.066, 0.965, darker(felt, 0.45))
        pen.polygon(oval(0.01, 0.945, 0.115, 0.018, -3), felt)
    elif crown == "cap":
        wool = dice.pick(((206, 60, 56), (60, 84, 130), (240, 190, 70), (84, 84, 92)))
        pen.smooth([(-0.072, 0.93), (-0.05, 0.995), (0.03, 1.0), (0.072, 0.945), (0.0, 0.94)], wool)
        pen.line([(0.05, 0.945), (0.105, 0.94)], 0.018, darker(wool, 0.2))
    else:
        pen.smooth(
            [(-0.065, 0.92), (-0.045, 0.99), (0.03, 0.998), (0.075, 0.955), (0.0, 0.955)], hair
        )


def draw_woman(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a woman in a long, wide dress, with long hair."""
    tones = tones_of(colour)
    skin, hair = _looks(dice)
    flare = dice.around(0.235, 0.02)
    sway = dice.around(0.0, 0.02)
    pen.shadow(0.25)
    for foot in (-0.045, 0.05):
        pen.line([(foot, 0.16), (foot, 0.04)], 0.035, skin)
        pen.polygon([(foot - 0.03, 0.0), (foot - 0.03, 0.04), (foot + 0.065, 0.0)], _SHOE)
    _draw_long_hair(pen, hair, sway, dice)
    dress = [
        (-0.065, 0.832),
        (0.07, 0.832),
        (0.098, 0.80),
        (0.092, 0.74),
        (0.066, 0.61),
        (0.125, 0.44),
        (0.185 + sway * 0.5, 0.27),
        (flare + sway, 0.125),
        (flare * 0.75, 0.105),
        (flare * 0.4, 0.115),
        (0.0, 0.10),
        (-flare * 0.4, 0.112),
        (-flare * 0.75, 0.102),
        (sway - flare, 0.125),
        (sway * 0.5 - 0.185, 0.27),
        (-0.125, 0.44),
        (-0.066, 0.61),
        (-0.092, 0.74),
        (-0.098, 0.80),
    ]
    relief(pen, [dress], tones, 0.02)
    _decorate_dress(pen, tones, flare, sway, dice)
    _draw_womans_head(pen, skin, hair, dice)
    _draw_womans_arm(pen, tones, skin, dice)


def _draw_long_hair(pen: Pen, hair: RGB, sway: float, dice: Dice) -> None:
    length = dice.around(0.66, 0.05)
    pen.smooth(
        [
            (-0.03, 1.0),
            (0.06, 0.985),
            (0.075, 0.90),
            (0.05, 0.76),
            (-0.06, length),
            (-0.155 - sway, length + 0.02),
            (-0.12, 0.84),
            (-0.095, 0.94),
        ],
        hair,
    )


def _decorate_dress(pen: Pen, tones: Tones, flare: float, sway: float, dice: Dice) -> None:
    away = -pen.sun
    hem = away * flare + sway
    panel = [(away * 0.066, 0.61), (away * 0.02, 0.45), (hem * 0.45, 0.105), (hem, 0.13)]
    pen.polygon([*panel, (away * 0.185 + sway * 0.5, 0.27), (away * 0.125, 0.44)], tones.shady)
    pen.polygon([(-away * 0.05, 0.60), (-away * 0.14, 0.12), (-away * 0.08, 0.11)], tones.sunny)
    belt = lighter(tones.base, 0.75) if sum(tones.base) < 560 else darker(tones.base, 0.5)
    pen.rectangle(-0.068, 0.595, 0.068, 0.63, belt)
    if dice.chance(0.4):
        for row, number in enumerate((2, 3, 3, 4)):
            y = 0.53 - 0.105 * row
            half = 0.07 + (0.6 - y) * 0.30
            for i in range(number):
                x = ((i + 0.5) / number * 2 - 1) * half * 0.92 + sway * (0.6 - y)
                pen.ellipse(x, y, 0.013, 0.013, belt)


def _draw_womans_head(pen: Pen, skin: RGB, hair: RGB, dice: Dice) -> None:
    pen.polygon([(-0.035, 0.83), (0.045, 0.83), (0.015, 0.78)], skin)
    pen.rectangle(-0.02, 0.81, 0.03, 0.88, darker(skin, 0.12))
    pen.polygon(oval(0.018, 0.905, 0.058, 0.066), skin)
    pen.polygon([(0.07, 0.91), (0.087, 0.892), (0.068, 0.888)], skin)
    pen.ellipse(0.047, 0.914, 0.008, 0.011, _SHOE)
    pen.ellipse(0.057, 0.872, 0.013, 0.007, (196, 72, 78))
    pen.smooth(
        [(-0.06, 0.88), (-0.06, 0.97), (0.02, 1.0), (0.078, 0.955), (0.0, 0.945), (-0.025, 0.87)],
        hair,
    )
    if dice.chance(0.3):
        straw: RGB = (240, 212, 142)
        pen.smooth([(-0.07, 0.955), (-0.05, 1.015), (0.05, 1.02), (0.08, 0.955)], straw)
        pen.polygon(oval(0.01, 0.955, 0.17, 0.024, -4), straw)
        pen.line([(-0.065, 0.968), (0.082, 0.962)], 0.018, mix(straw, (150, 60, 50), 0.6))


def _draw_womans_arm(pen: Pen, tones: Tones, skin: RGB, dice: Dice) -> None:
    if dice.chance(0.55):
        hand: Point = (-0.135, 0.50)
        bag = dice.pick(_LEATHERS)
        pen.line([(hand[0] - 0.035, 0.40), hand, (hand[0] + 0.035, 0.40)], 0.012, darker(bag, 0.3))
        pen.rectangle(hand[0] - 0.065, 0.29, hand[0] + 0.065, 0.41, bag, radius=0.02)
        elbow: Point = (-0.125, 0.64)
    else:
        hand, elbow = (0.0, 0.60), (-0.14, 0.66)
    pen.polygon(limb([(-0.085, 0.78), elbow, hand], [0.05, 0.045, 0.038]), skin)
    pen.polygon(limb([(-0.083, 0.80), (-0.105, 0.71)], [0.065, 0.06]), tones.sunny)


PEOPLE: Mapping[Kind, Artist] = {Kind.MAN: draw_man, Kind.WOMAN: draw_woman}
