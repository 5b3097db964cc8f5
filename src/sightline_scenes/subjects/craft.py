"""What floats and flies: boat, sailboat, balloon, kite, aeroplane."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from sightline_scenes.canvas import Point, curve
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB, mix
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.shades import (
    CREAM,
    FOAM,
    IRON,
    LAMP,
    SLATE,
    WOOD,
    Shades,
    glass_of,
    shades_of,
)
from sightline_scenes.subjects.shapes import along, bowed, tilted


def draw_boat(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a boat without sails: a fishing boat with a wheelhouse, or a rowing boat."""
    shades = shades_of(colour)
    if dice.chance(0.6):
        _fishing_boat(pen, shades, dice)
    else:
        _rowing_boat(pen, shades, dice)


def _fishing_boat(pen: Pen, shades: Shades, dice: Dice) -> None:
    deck = dice.between(0.46, 0.52)
    left = dice.between(-0.56, -0.44)
    right, roof = left + dice.between(0.58, 0.68), dice.between(0.80, 0.85)
    house = mix(CREAM, shades.base, 0.05) if not shades.is_pale else shades.shade
    mast = dice.between(right + 0.04, right + 0.14)
    pen.line([(mast, deck), (mast, 1.0)], 0.03, WOOD)
    pen.line([(mast, 0.96), (0.92, deck + 0.16)], 0.012, SLATE)
    pen.polygon([(mast, 1.0), (mast - 0.2, 0.95), (mast, 0.90)], shades.base)
    pen.rectangle(left, deck - 0.05, right, roof, house)
    shaded = (left, left + 0.16) if pen.sun > 0 else (right - 0.16, right)
    pen.rectangle(shaded[0], deck - 0.05, shaded[1], roof, mix(house, SLATE, 0.3))
    pen.rectangle(left - 0.05, roof, right + 0.07, roof + 0.055, shades.base)
    for share in (0.12, 0.56):
        x = left + (right - left) * share
        if pen.is_dark:
            pen.lit(x, roof - 0.2, x + 0.2, roof - 0.05, LAMP)
            pen.glow(x + 0.1, roof - 0.12, 0.22, LAMP, 0.3)
        else:
            pen.rectangle(x, roof - 0.2, x + 0.2, roof - 0.05, SLATE)
    _hull(pen, deck, deck + dice.between(0.16, 0.2), shades)
    for x in (-0.62, -0.22):
        pen.ellipse(x, 0.36, 0.055, 0.055, IRON)
        pen.ellipse(x, 0.36, 0.025, 0.025, shades.base)


def _rowing_boat(pen: Pen, shades: Shades, dice: Dice) -> None:
    deck = dice.between(0.56, 0.62)
    pen.polygon([(-0.9, deck - 0.06), (-0.8, deck + 0.07), (0.78, deck + 0.1), (0.95, deck)], WOOD)
    for x in (-0.35, 0.22):
        pen.rectangle(x, deck - 0.02, x + 0.2, deck + 0.075, mix(WOOD, CREAM, 0.45))
    _hull(pen, deck, deck + dice.between(0.24, 0.3), shades)
    lock = (dice.around(-0.02, 0.08), deck + 0.02)
    grip, blade = (lock[0] + 0.24, 0.97), (lock[0] - 0.42, 0.12)
    pen.line([grip, blade], 0.04, mix(WOOD, CREAM, 0.35))
    tip = along(grip, blade, 0.82)
    pen.line([tip, blade], 0.11, mix(WOOD, CREAM, 0.35))
    pen.ellipse(*lock, 0.04, 0.04, IRON)
    if pen.is_dark:
        _lamp(pen, (0.82, deck + 0.2), 0.045, 0.34)
    pen.ellipse(blade[0], 0.1, 0.17, 0.035, FOAM, 0.8)


def _lamp(pen: Pen, at: Point, half: float, reach: float) -> None:
    x, y = at
    pen.glow(x, y, reach, LAMP, 0.6)
    pen.lit(x - half, y - half, x + half, y + half, (255, 240, 196))


def _hull(pen: Pen, deck: float, bow: float, shades: Shades) -> None:
    """Draw the hull from stern to bow with the water at its foot."""
    _reflection(pen, 0.95, shades)
    sheer = bowed((-1.0, deck + 0.05), (1.04, bow), -(bow - deck + 0.05) / 2)
    keel = [(0.92, 0.34), (0.76, 0.12), (0.2, 0.09), (-0.5, 0.09), (-0.84, 0.12), (-0.96, 0.34)]
    pen.polygon([*sheer, *keel], shades.base)
    pen.polygon(
        [(-0.94, 0.29), (0.2, 0.27), (0.89, 0.29), (0.76, 0.12), (0.2, 0.09), (-0.84, 0.12)],
        shades.shade,
    )
    if pen.sun > 0:
        pen.polygon([*sheer[6:], (0.92, 0.34), (0.62, 0.3)], shades.lit)
    pen.line(sheer, 0.05, shades.trim)
    _wake(pen, 0.98)


def _reflection(pen: Pen, half: float, shades: Shades) -> None:
    pen.ellipse(0, 0.085, half, 0.075, shades.deep, 0.4)


def _wake(pen: Pen, half: float) -> None:
    for left, right, y in (
        (-0.98, 0.94, 0.105),
        (-0.72, 0.1, 0.06),
        (0.25, 0.8, 0.045),
        (-0.3, 0.35, 0.015),
    ):
        pen.line([(half * left, y), (half * right, y)], 0.026 * half, FOAM, 0.7)


def draw_sailboat(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a sailboat: a hull and two sails in its colour."""
    shades = shades_of(colour)
    mast, boom = dice.between(-0.02, 0.04), dice.between(0.235, 0.26)
    lean = dice.between(-2.5, 2.5)

    def leaning(*points: Point) -> list[Point]:
        return tilted(points, lean, (0.0, 0.08))

    pen.ellipse(0, 0.045, 0.36, 0.04, shades.deep, 0.4)
    hull = [(-0.36, 0.185), (0.0, 0.165), (0.42, 0.205), (0.29, 0.045), (-0.28, 0.045)]
    pen.polygon(leaning(*hull), shades.shade if shades.is_pale else shades.deep)
    pen.polygon(
        leaning((-0.36, 0.185), (0.0, 0.165), (0.42, 0.205), (0.385, 0.165), (-0.345, 0.14)), CREAM
    )
    pen.line(leaning((mast, 0.16), (mast, 1.0)), 0.022, WOOD)
    pen.line(leaning((mast, boom), (-0.40, boom - 0.01)), 0.016, WOOD)
    _sails(pen, leaning, (mast, boom), shades)
    pen.polygon(leaning((mast, 1.0), (mast - 0.07, 0.985), (mast, 0.965)), shades.base)
    if pen.is_dark:
        _lamp(pen, leaning((mast, 0.985))[0], 0.016, 0.11)
    for left, right, y in ((-0.36, 0.37, 0.048), (-0.27, 0.08, 0.028), (0.0, 0.26, 0.01)):
        pen.line([(left, y), (right, y)], 0.014, FOAM, 0.75)


def _sails(pen: Pen, leaning: Callable[..., list[Point]], step: Point, shades: Shades) -> None:
    mast, boom = step
    head, tack, clew = (mast - 0.015, 0.98), (mast - 0.015, boom + 0.01), (-0.41, boom + 0.01)
    leech = bowed(clew, head, 0.055)
    stay = bowed((mast + 0.02, 0.92), (0.40, boom - 0.01), 0.03)
    foot = bowed((0.40, boom - 0.01), (mast + 0.05, boom + 0.03), -0.015)
    pen.polygon(leaning(tack, *leech), shades.base if pen.sun < 0 else shades.shade)
    luff = bowed((mast + 0.05, boom + 0.03), (mast + 0.02, 0.92), -0.03)
    pen.polygon(leaning(*stay, *foot, *luff), shades.lit if pen.sun > 0 else shades.base)
    for share in (0.34, 0.64):
        left = along(clew, head, share * 0.9)
        seam = leaning(along(tack, head, share), (left[0] - 0.03, left[1]))
        pen.line(seam, 0.012, shades.deep, 0.6)
    if shades.is_pale or shades.is_black:
        pen.line(leaning(*leech), 0.010, shades.edge)
        pen.line(leaning(*stay), 0.010, shades.edge)


def draw_balloon(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a hot-air balloon with its basket."""
    shades = shades_of(colour)
    if pen.is_dark:
        pen.glow(0, 0.5, 0.62, (255, 190, 110), 0.28)
    throat, base = dice.between(0.045, 0.06), shades.base
    stripe = shades.shade if shades.is_pale or shades.is_black else CREAM
    pen.polygon(_envelope(1.0, throat), shades.base)
    wide, slim = dice.between(0.76, 0.84), dice.between(0.25, 0.31)
    for width, fill in ((wide, stripe), (wide - 0.14, base), (slim, stripe), (slim - 0.13, base)):
        pen.polygon(_envelope(width, throat), fill)
    turn = -pen.sun
    outer = _right_half(throat)
    for waist in (0.72, 0.4):
        side = [(turn * x, y) for x, y in outer]
        pen.polygon(side + [(turn * x * waist, y) for x, y in reversed(outer)], shades.deep, 0.2)
    pen.ellipse(-turn * 0.2, 0.79, 0.055, 0.09, (255, 255, 250), 0.4)
    rim = [(-turn * x, y) for x, y in outer]
    pen.polygon(rim + [(-turn * x * 0.93, y) for x, y in reversed(outer)], shades.edge, 0.6)
    if pen.is_dark:
        pen.shining(_envelope(1.0, throat), mix(shades.base, LAMP, 0.2), 0.28)
        pen.glow(0, 0.38, 0.30, (255, 206, 120), 0.55)
    _gondola(pen, throat, dice)


def _envelope(width: float, throat: float) -> list[Point]:
    # From the top down the right-hand side and up the left, bulging most above the middle.
    side = [(0.0, 1.0), (0.19, 0.965), (0.31, 0.86), (0.355, 0.70), (0.32, 0.54), (0.21, 0.37)]
    side = [(x * width, y) for x, y in side]
    foot = (max(throat * width, 0.012), 0.225)
    outline = [*side, foot, (-foot[0], foot[1]), *[(-x, y) for x, y in side[:0:-1]]]
    return curve(outline, 4)


def _right_half(throat: float) -> list[Point]:
    return [(max(0.0, x), y) for x, y in _envelope(1.0, throat)[:25]]


def _gondola(pen: Pen, throat: float, dice: Dice) -> None:
    half, top = dice.between(0.06, 0.072), dice.between(0.115, 0.13)
    for side in (-1.0, 1.0):
        pen.line([(side * throat, 0.235), (side * half * 0.95, top)], 0.009, IRON)
    if pen.is_dark:
        pen.glow(0, 0.2, 0.12, (255, 220, 140), 0.9)
    pen.polygon([(-half, top), (half, top), (half * 0.85, 0.0), (-half * 0.85, 0.0)], WOOD)
    pen.rectangle(-half - 0.008, top - 0.02, half + 0.008, top + 0.008, mix(WOOD, CREAM, 0.3))
    pen.line([(-half * 0.9, top * 0.45), (half * 0.9, top * 0.45)], 0.01, mix(WOOD, IRON, 0.5))


def draw_kite(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a diamond kite with a tail of bows and its string."""
    shades = shades_of(colour)
    turn = dice.between(-24, -10)
    middle, half, arms = (0.06, 0.70), dice.between(0.26, 0.31), dice.between(0.71, 0.78)
    head, foot, left, right = tilted(
        [(0.06, 1.0), (0.06, 0.26), (0.06 - half, arms), (0.06 + half, arms)], turn, middle
    )
    cross = tilted([(0.06, arms)], turn, middle)[0]
    peg = (dice.between(0.20, 0.34), 0.0)
    pen.line(bowed(cross, peg, dice.between(0.04, 0.1)), 0.008, shades.trim, 0.9)
    _tail(pen, foot, shades, dice)
    for corners, fill in (
        ((head, left, cross), shades.lit if pen.sun < 0 else shades.base),
        ((head, right, cross), shades.base if pen.sun < 0 else shades.lit),
        ((foot, left, cross), shades.base if pen.sun < 0 else shades.shade),
        ((foot, right, cross), shades.shade if pen.sun < 0 else shades.base),
    ):
        pen.polygon(corners, fill)
    pen.line([head, foot], 0.014, shades.trim)
    pen.line([left, right], 0.014, shades.trim)
    if shades.is_black or pen.is_dark:
        pen.line([head, left, foot, right, head], 0.012, shades.edge)


def _tail(pen: Pen, foot: Point, shades: Shades, dice: Dice) -> None:
    phase, sway = dice.between(0, 6), dice.between(0.045, 0.065)
    end = (-0.26, 0.04)
    points = []
    for i in range(15):
        x, y = along(foot, end, i / 14)
        points.append((x + sway * (i / 14) * math.sin(phase + i * 0.75), y))
    pen.line(points, 0.014, shades.base)
    for i in (4, 9, 14):
        x, y = points[i]
        pen.polygon([(x, y), (x - 0.06, y + 0.035), (x - 0.06, y - 0.03)], shades.base)
        pen.polygon([(x, y), (x + 0.06, y + 0.035), (x + 0.06, y - 0.03)], shades.shade)


def draw_aeroplane(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw an airliner from its side, climbing a little."""
    shades = shades_of(colour)
    climb = dice.between(0, 7)

    def climbing(*points: Point) -> list[Point]:
        return tilted(points, climb, (0.0, 0.42))

    belly = shades.deep if shades.is_pale else shades.shade
    pen.polygon(climbing((0.12, 0.52), (-0.16, 0.52), (-0.44, 0.80), (-0.30, 0.81)), belly)
    fin, tail = dice.between(-1.10, -1.04), shades.base if pen.sun < 0 else shades.shade
    pen.polygon(climbing((fin, 0.98), (fin + 0.20, 0.98), (-0.62, 0.52), (-1.02, 0.44)), tail)
    body = [(-1.12, 0.52), (-0.8, 0.565), (0.0, 0.58), (0.72, 0.58), (0.98, 0.53), (1.13, 0.41)]
    body += [(0.98, 0.335), (0.6, 0.30), (-0.2, 0.30), (-0.72, 0.37)]
    pen.smooth(climbing(*body), shades.base)
    under = [(-0.72, 0.37), (-0.2, 0.30), (0.6, 0.30), (0.98, 0.335), (1.08, 0.38), (-0.6, 0.38)]
    pen.polygon(climbing(*under), belly)
    pen.line(climbing((-0.8, 0.55), (0.0, 0.565), (0.7, 0.565)), 0.022, shades.edge)
    _portholes(pen, climbing, dice)
    pen.polygon(climbing((-1.0, 0.47), (-0.70, 0.47), (-1.0, 0.34), (-1.16, 0.34)), shades.shade)
    engine = climbing((dice.between(0.02, 0.14), 0.24))[0]
    tip = dice.between(-0.68, -0.58)
    pen.ellipse(*engine, 0.15, 0.065, SLATE)
    wing = climbing((0.26, 0.40), (-0.14, 0.38), (tip, 0.02), (tip + 0.16, 0.02))
    pen.polygon(wing, shades.lit if pen.sun > 0 else shades.base)
    pen.line(climbing((-0.14, 0.38), (tip, 0.02)), 0.016, shades.deep)
    if pen.is_dark:
        pen.glow(*climbing((tip + 0.08, 0.03))[0], 0.16, (255, 120, 100), 0.7)
        pen.glow(*climbing((1.08, 0.38))[0], 0.2, LAMP, 0.7)


def _portholes(pen: Pen, climbing: Callable[..., list[Point]], dice: Dice) -> None:
    count = dice.pick((9, 10, 11))
    pane = (255, 224, 150) if pen.is_dark else SLATE
    for i in range(count):
        x = -0.62 + 1.28 * i / (count - 1)
        (left, low), (right, high) = climbing((x - 0.028, 0.445), (x + 0.028, 0.505))
        if pen.is_dark:
            pen.lit(left, low, right, high, pane)
        else:
            pen.rectangle(left, low, right, high, pane)
    cockpit = climbing((0.84, 0.45), (0.86, 0.53), (0.96, 0.525), (1.05, 0.46))
    pen.polygon(cockpit, glass_of(pen) if pen.is_dark else SLATE)


CRAFT: Mapping[Kind, Callable[[Pen, RGB, Dice], None]] = {
    Kind.BOAT: draw_boat,
    Kind.SAILBOAT: draw_sailboat,
    Kind.BALLOON: draw_balloon,
    Kind.KITE: draw_kite,
    Kind.AEROPLANE: draw_aeroplane,
}
