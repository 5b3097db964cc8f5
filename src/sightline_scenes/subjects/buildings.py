"""What people live and work in: house, tower, windmill, tent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind, Weather
from sightline_scenes.light import RGB, lighter, mix
from sightline_scenes.pen import Pen, arc
from sightline_scenes.subjects.shades import (
    CREAM,
    LAMP,
    SLATE,
    WOOD,
    Shades,
    glass_of,
    shades_of,
)
from sightline_scenes.subjects.shapes import along, tilted


def draw_house(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a house with a gable, a door, windows and a chimney."""
    shades = shades_of(colour)
    pen.shadow(0.58)
    if dice.chance(0.65):
        _corner_house(pen, shades, dice)
    else:
        _front_house(pen, shades, dice)


def _corner_house(pen: Pen, shades: Shades, dice: Dice) -> None:
    eaves, ridge = dice.between(0.48, 0.56), dice.between(0.86, 0.92)
    left, right, corner = -0.49, 0.49, dice.between(-0.10, 0.02)
    apex = (left + corner) / 2
    back = apex + (right - corner)
    roof = _roof_of(shades)
    _chimney(pen, dice.between(apex + 0.16, back - 0.12), ridge - 0.14, dice)
    pen.rectangle(corner, 0, right, eaves + 0.01, shades.side(pen, 1))
    gable = [(left, 0), (left, eaves), (apex, ridge - 0.02), (corner, eaves), (corner, 0)]
    pen.polygon(gable, shades.side(pen, -1))
    pen.rectangle(left, 0, right, 0.045, shades.deep)
    slope = [(apex, ridge), (back, ridge), (right + 0.04, eaves - 0.03), (corner, eaves - 0.03)]
    pen.polygon(slope, roof if pen.sun < 0 else lighter(roof, 0.12))
    _courses(pen, slope, roof)
    verge = [(left - 0.035, eaves - 0.035), (apex, ridge + 0.005), (corner, eaves - 0.03)]
    pen.line(verge, 0.035, shades.trim)
    _snow_on(pen, slope)
    _door(pen, along((left, 0), (corner, 0), 0.5)[0], 0.16, 0.30, shades)
    _window(pen, apex, eaves + 0.10, 0.10, 0.13, shades)
    count = dice.pick((2, 2, 3))
    for i in range(count):
        x = along((corner, 0), (right, 0), (i + 0.5) / count)[0]
        _window(pen, x, eaves * 0.52, 0.34 / count, 0.17, shades)


def _front_house(pen: Pen, shades: Shades, dice: Dice) -> None:
    eaves, ridge = dice.between(0.44, 0.52), dice.between(0.88, 0.93)
    half = dice.between(0.42, 0.46)
    roof = _roof_of(shades)
    _chimney(pen, dice.pick((-0.22, 0.22)), eaves + 0.1, dice)
    gable = [(-half, 0), (-half, eaves), (0, ridge - 0.03), (half, eaves), (half, 0)]
    pen.polygon(gable, shades.base)
    turn = -pen.sun
    shadow = [(turn * half, 0), (turn * half, eaves), (turn * half * 0.5, (eaves + ridge) / 2)]
    pen.polygon([*shadow, (turn * half * 0.62, 0)], shades.shade)
    pen.rectangle(-half, 0, half, 0.045, shades.deep)
    for side in (-1.0, 1.0):
        foot = (side * (half + 0.08), eaves - 0.085)
        pen.line(
            [(0, ridge - 0.005), foot], 0.075, roof if side != pen.sun else lighter(roof, 0.14)
        )
    _snow_on(pen, [(-half - 0.04, eaves - 0.02), (0, ridge + 0.04), (half + 0.04, eaves - 0.02)])
    door = dice.pick((-0.2, 0.0, 0.2))
    _door(pen, door, 0.16, 0.29, shades)
    for x in (-0.25, 0.0, 0.25):
        if abs(x - door) > 0.15:
            _window(pen, x, 0.25, 0.15, 0.17, shades)
    for x in dice.pick(((0.0,), (-0.13, 0.13))):
        _window(pen, x, eaves + 0.10, 0.13, 0.16, shades)


def _roof_of(shades: Shades) -> RGB:
    return mix(shades.deep, SLATE, 0.22) if not shades.is_black else (70, 72, 82)


def _chimney(pen: Pen, x: float, foot: float, dice: Dice) -> None:
    top = dice.between(0.96, 1.0)
    pen.rectangle(x - 0.045, foot, x + 0.045, top, (122, 112, 108))
    pen.rectangle(x - 0.06, top - 0.035, x + 0.06, top, (92, 86, 88))
    if dice.chance(0.45):
        for i in range(3):
            puff = 0.03 + 0.014 * i
            pen.ellipse(x + 0.04 * i, top + 0.04 + 0.05 * i, puff, puff * 0.8, (236, 232, 228), 0.5)


def _courses(pen: Pen, slope: list[Point], roof: RGB) -> None:
    upper, far, near, lower = slope
    for share in (0.34, 0.67):
        row = [along(upper, lower, share), along(far, near, share)]
        pen.line(row, 0.012, mix(roof, (20, 22, 40), 0.22))


def _snow_on(pen: Pen, roof: list[Point]) -> None:
    if pen.light.weather is Weather.SNOW:
        pen.line(roof[:3], 0.035, (250, 251, 255))


def _door(pen: Pen, x: float, width: float, height: float, shades: Shades) -> None:
    half = width / 2
    pen.rectangle(x - half - 0.02, 0, x + half + 0.02, height + 0.02, shades.trim)
    pen.rectangle(x - half, 0, x + half, height, mix(WOOD, shades.deep, 0.4))
    pen.ellipse(x + half * 0.6, height * 0.45, 0.012, 0.012, CREAM)
    pen.rectangle(x - half - 0.05, 0, x + half + 0.05, 0.025, (150, 146, 142))


def _window(pen: Pen, x: float, y: float, width: float, height: float, shades: Shades) -> None:
    half, tall = width / 2, height / 2
    pen.rectangle(x - half, y - tall, x + half, y + tall, shades.trim)
    inner, upper = half - 0.016, tall - 0.016
    if pen.is_dark:
        pen.lit(x - inner, y - upper, x + inner, y + upper, LAMP)
        pen.glow(x, y, 0.24, LAMP, 0.42)
    else:
        pen.rectangle(x - inner, y - upper, x + inner, y + upper, glass_of(pen))
    pen.line([(x, y - upper), (x, y + upper)], 0.014, shades.trim)
    pen.line([(x - inner, y), (x + inner, y)], 0.014, shades.trim)


def draw_tower(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a tall tower: a castle's with battlements, or a lighthouse."""
    shades = shades_of(colour)
    pen.shadow(0.24)
    if dice.chance(0.5):
        _castle_tower(pen, shades, dice)
    else:
        _lighthouse(pen, shades, dice)


def _castle_tower(pen: Pen, shades: Shades, dice: Dice) -> None:
    foot, neck, crown = dice.between(0.138, 0.152), dice.between(0.115, 0.128), 0.17
    deck = dice.between(0.73, 0.76)
    shaft = [(-foot, 0), (-neck, deck), (neck, deck), (foot, 0)]
    pen.polygon(shaft, shades.base)
    _round_side(pen, foot, neck, 0.0, deck, shades)
    pen.polygon(
        [(-neck, deck - 0.05), (-crown, deck), (crown, deck), (neck, deck - 0.05)], shades.deep
    )
    pen.rectangle(-crown, deck, crown, deck + 0.08, shades.base)
    for i in range(4):
        left = -crown + i * (2 * crown - 0.06) / 3
        pen.rectangle(left, deck + 0.07, left + 0.06, deck + 0.14, shades.base)
    edge = crown if pen.sun < 0 else -crown
    pen.rectangle(edge, deck, edge - 0.08 * math.copysign(1, edge), deck + 0.08, shades.shade)
    for _ in range(dice.pick((5, 6, 7))):
        y = dice.between(0.06, deck - 0.1)
        x = dice.between(-0.08, 0.06)
        pen.rectangle(x, y, x + 0.04, y + 0.016, shades.shade)
    pen.line([(0, deck + 0.08), (0, 0.995)], 0.014, SLATE)
    pen.polygon([(0, 0.995), (0.135, 0.955), (0, 0.915)], shades.base)
    for y in (0.26, 0.44, 0.62):
        _arrow_slit(pen, dice.between(-0.03, 0.03), y + dice.around(0, 0.03), shades)
    _gate(pen, 0.05, 0.13, shades)


def _lighthouse(pen: Pen, shades: Shades, dice: Dice) -> None:
    foot, neck, deck = dice.between(0.145, 0.165), dice.between(0.085, 0.1), dice.between(0.77, 0.8)
    pen.polygon([(-foot, 0), (-neck, deck), (neck, deck), (foot, 0)], shades.base)
    stripe = shades.shade if shades.is_pale else (shades.edge if shades.is_black else CREAM)
    for middle in (0.27, 0.55):
        low, high = middle - 0.042, middle + 0.042
        wide, slim = (foot + (neck - foot) * y / deck for y in (low, high))
        pen.polygon([(-wide, low), (-slim, high), (slim, high), (wide, low)], stripe)
    _round_side(pen, foot, neck, 0.0, deck, shades, 0.34)
    pen.rectangle(-neck - 0.045, deck, neck + 0.045, deck + 0.028, shades.deep)
    pen.line([(-neck - 0.035, deck + 0.065), (neck + 0.035, deck + 0.065)], 0.01, shades.deep)
    _lantern(pen, deck + 0.028, shades)
    for y in (0.41, 0.68):
        _arrow_slit(pen, 0.0, y, shades)
    _gate(pen, 0.045, 0.11, shades)


def _lantern(pen: Pen, foot: float, shades: Shades) -> None:
    top = foot + 0.10
    if pen.is_dark:
        for side in (-1.0, 1.0):
            beam = [(0, top - 0.05), (side * 0.75, top + 0.05), (side * 0.75, top - 0.13)]
            pen.shining(beam, (255, 240, 190), 0.16)
        pen.glow(0, top - 0.05, 0.26, LAMP, 0.6)
        pen.lit(-0.068, foot, 0.068, top, (255, 238, 180))
    else:
        pen.rectangle(-0.068, foot, 0.068, top, (244, 234, 190))
    for x in (-0.064, 0.0, 0.064):
        pen.line([(x, foot), (x, top)], 0.012, shades.deep)
    dome = [(0.09 * math.cos(a), top + (0.98 - top) * math.sin(a)) for a in _HALF_TURN]
    pen.polygon(dome, shades.shade)
    pen.line([(0, 0.96), (0, 1.0)], 0.012, SLATE)


_HALF_TURN = tuple(math.pi * i / 12 for i in range(13))


def _round_side(
    pen: Pen, foot: float, neck: float, low: float, high: float, shades: Shades, alpha: float = 1.0
) -> None:
    # A round shaft is dark on the side away from the light and has a bright stripe towards it.
    turn = -pen.sun
    dark = [(turn * foot, low), (turn * neck, high), (turn * neck * 0.34, high)]
    pen.polygon([*dark, (turn * foot * 0.42, low)], shades.shade, alpha)
    bright = [(-turn * foot, low), (-turn * neck, high), (-turn * neck * 0.66, high)]
    pen.polygon([*bright, (-turn * foot * 0.7, low)], shades.edge, 0.6 * alpha)


def _arrow_slit(pen: Pen, x: float, y: float, shades: Shades) -> None:
    pen.rectangle(x - 0.026, y - 0.043, x + 0.026, y + 0.043, shades.trim)
    if pen.is_dark:
        pen.lit(x - 0.016, y - 0.032, x + 0.016, y + 0.032, LAMP)
        pen.glow(x, y, 0.13, LAMP, 0.45)
    else:
        pen.rectangle(x - 0.016, y - 0.032, x + 0.016, y + 0.032, (58, 64, 82))


def _gate(pen: Pen, half: float, height: float, shades: Shades) -> None:
    pen.rectangle(-half - 0.012, 0, half + 0.012, height * 0.72, shades.trim)
    pen.ellipse(0, height * 0.72, half + 0.012, height * 0.36, shades.trim)
    pen.rectangle(-half, 0, half, height * 0.7, WOOD)
    pen.ellipse(0, height * 0.7, half, height * 0.3, WOOD)


def draw_windmill(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a windmill: a tapered body, a cap and four big sails."""
    shades = shades_of(colour)
    pen.shadow(0.30)
    foot, neck = dice.between(0.235, 0.265), dice.between(0.15, 0.17)
    deck = dice.between(0.60, 0.63)
    pen.polygon([(-foot, 0), (-neck, deck), (neck, deck), (foot, 0)], shades.base)
    _round_side(pen, foot, neck, 0.0, deck, shades)
    pen.rectangle(-foot, 0, foot, 0.035, shades.deep)
    gallery = foot + (neck - foot) * 0.34 / 1.0
    pen.rectangle(-gallery - 0.045, 0.215, gallery + 0.045, 0.24, WOOD)
    pen.line([(-gallery - 0.04, 0.275), (gallery + 0.04, 0.275)], 0.01, WOOD)
    cap = [(neck * 1.1 * math.cos(a), deck + 0.14 * math.sin(a)) for a in _HALF_TURN]
    pen.polygon(cap, mix(shades.deep, SLATE, 0.15))
    for y in (0.37, 0.50):
        _arrow_slit(pen, dice.around(0, 0.02), y, shades)
    _gate(pen, 0.052, 0.16, shades)
    hub = (dice.around(0.0, 0.012), 0.635)
    first = dice.between(14, 76)
    for quarter in range(4):
        _sail(pen, hub, first + 90 * quarter, shades)
    pen.ellipse(*hub, 0.03, 0.03, WOOD)


def _sail(pen: Pen, hub: Point, degrees: float, shades: Shades) -> None:
    reach, near, broad = 0.375, 0.11, 0.088

    def placed(*points: Point) -> list[Point]:
        return tilted([(hub[0] + x, hub[1] + y) for x, y in points], degrees, hub)

    cloth = (238, 228, 208) if not shades.is_pale else (226, 222, 214)
    pen.polygon(placed((near, 0), (reach, 0), (reach, broad), (near, broad * 0.8)), cloth)
    for share in (0.3, 0.53, 0.77):
        x = near + (reach - near) * share
        pen.line(placed((x, 0), (x, broad * 0.92)), 0.009, WOOD)
    pen.line(placed((near, broad * 0.8), (reach, broad)), 0.010, WOOD)
    pen.line(placed((0, 0), (reach + 0.01, 0)), 0.024, WOOD)


def draw_tent(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a tent: an A-frame seen from a corner, or a dome."""
    shades = shades_of(colour)
    pen.shadow(0.74)
    if pen.is_dark:
        pen.glow(0, 0.35, 0.85, (255, 196, 110), 0.3)
    if dice.chance(0.65):
        _ridge_tent(pen, shades, dice)
    else:
        _dome_tent(pen, shades, dice)


def _ridge_tent(pen: Pen, shades: Shades, dice: Dice) -> None:
    top = (dice.between(-0.26, -0.18), 0.97)
    back = (dice.between(0.34, 0.42), dice.between(0.84, 0.9))
    left, near, far = (-0.66, 0.0), (dice.between(0.16, 0.24), 0.0), (0.70, 0.06)
    for start, peg in ((top, (-0.72, 0.02)), (back, (0.73, 0.22))):
        pen.line([start, peg], 0.014, shades.trim)
    pen.polygon([top, back, far, near], shades.side(pen, 1))
    pen.polygon([left, top, near], shades.side(pen, -1))
    if pen.is_dark:
        _inner_light(pen, [top, back, far, near], shades, 0.25)
        _inner_light(pen, [left, top, near], shades, 0.5)
    seam_top, seam_foot = along(top, back, 0.5), along(near, far, 0.5)
    pen.line([seam_top, seam_foot], 0.016, shades.deep, 0.6)
    middle = (along(left, near, 0.52)[0], 0.0)
    slit = along(top, middle, 0.16)
    _opening(pen, [slit, along(left, near, 0.25), along(left, near, 0.74)])
    flap = [
        slit,
        along(left, near, 0.74),
        along(left, near, 0.90),
        along(slit, (near[0], 0.3), 0.55),
    ]
    pen.polygon(flap, shades.lit if not shades.is_pale else shades.shade)
    pen.line([left, top, near], 0.022, shades.deep)
    pen.line([top, back], 0.022, shades.edge)
    pen.line([(top[0], 0.95), (top[0], 1.0)], 0.03, WOOD)


def _dome_tent(pen: Pen, shades: Shades, dice: Dice) -> None:
    half, height = 0.69, dice.between(0.90, 0.98)
    dome = _dome(half, height)
    pen.polygon(dome, shades.base)
    turn = -pen.sun
    right = dome[:13]
    dark = [(turn * x, y) for x, y in right]
    inner = [(turn * x * 0.5, y) for x, y in reversed(right)]
    pen.polygon([*dark, *inner], shades.shade)
    if pen.is_dark:
        _inner_light(pen, dome, shades, 0.35)
    for share in (-0.62, 0.62):
        pen.line([(share * x, y) for x, y in right], 0.02, shades.deep)
    door = arc(0, 0, 0.27, height * 0.72, 0, 180, 24)
    pen.polygon(door, shades.lit if not shades.is_pale else shades.shade)
    _opening(pen, [(0.0, height * 0.66), (-0.22, 0.0), (0.22, 0.0)])
    pen.line(door, 0.018, shades.deep)
    pen.rectangle(-half, 0, half, 0.03, shades.deep)


def _dome(half: float, height: float) -> list[Point]:
    # Steeper at the foot than an ellipse, as bent poles are.
    angles = [math.pi * i / 24 for i in range(25)]
    return [
        (math.copysign(half * abs(math.cos(a)) ** 0.84, math.cos(a)), height * math.sin(a))
        for a in angles
    ]


def _inner_light(pen: Pen, cloth: list[Point], shades: Shades, strength: float) -> None:
    # A lamp inside shows the cloth in its own colour, whatever the night does to the rest.
    pen.shining(cloth, mix(shades.base, LAMP, 0.25), strength)


def _opening(pen: Pen, triangle: list[Point]) -> None:
    if not pen.is_dark:
        pen.polygon(triangle, (54, 48, 56))
        return
    pen.shining(triangle, (255, 208, 120))
    x = sum(point[0] for point in triangle) / 3
    pen.glow(x, 0.22, 0.4, LAMP, 0.45)


BUILDINGS: Mapping[Kind, Callable[[Pen, RGB, Dice], None]] = {
    Kind.HOUSE: draw_house,
    Kind.TOWER: draw_tower,
    Kind.WINDMILL: draw_windmill,
    Kind.TENT: draw_tent,
}
