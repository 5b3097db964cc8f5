"""What people leave lying about: umbrella, ball."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB
from sightline_scenes.pen import Pen, arc
from sightline_scenes.subjects.shades import CREAM, WOOD, Shades, shades_of
from sightline_scenes.subjects.shapes import bowed, crescent, tilted


def draw_umbrella(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a big striped parasol on its pole."""
    shades = shades_of(colour)
    pen.shadow(0.46)
    lean = dice.between(-9, 9)
    rim, half, top = dice.between(0.52, 0.57), dice.between(0.49, 0.53), 0.965

    def leaning(points: list[Point]) -> list[Point]:
        return tilted(points, lean, (0.0, rim))

    pole = leaning([(0.0, rim), (0.0, 1.0)])
    pen.line([(0.0, 0.02), pole[0], pole[1]], 0.034, WOOD)
    pen.ellipse(0, 0.025, 0.11, 0.028, (128, 122, 118))
    pen.polygon(
        leaning([(-half, rim), (half, rim), (half * 0.5, rim + 0.1), (0, rim + 0.16)]), shades.deep
    )
    _canopy(pen, leaning, (half, rim, top), shades)
    pen.line(pole[1:] + leaning([(0, top - 0.02)]), 0.034, WOOD)


def _canopy(
    pen: Pen,
    leaning: Callable[[list[Point]], list[Point]],
    size: tuple[float, float, float],
    shades: Shades,
) -> None:
    half, rim, top = size
    stripe = shades.shade if shades.is_pale else CREAM
    # Seams meet at the top; the ones near the edge are foreshortened. Every other gore is narrow.
    edges = (-1.0, -0.74, -0.56, -0.16, 0.16, 0.56, 0.74, 1.0)
    for i in range(7):
        left, right = edges[i], edges[i + 1]
        fringe = bowed((right * half, rim), (left * half, rim), 0.03 + 0.02 * (right - left), 5)
        gore = _seam(left, half, rim, top) + _seam(right, half, rim, top)[::-1] + fringe
        fill = stripe if i % 2 else shades.base
        pen.polygon(leaning(gore), fill)
    turn = -pen.sun
    dark = _seam(turn, half, rim, top) + _seam(turn * 0.35, half, rim, top)[::-1]
    pen.polygon(leaning(dark), shades.deep, 0.30)


def _seam(share: float, half: float, rim: float, top: float) -> list[Point]:
    angles = [math.pi / 2 * i / 8 for i in range(9)]
    return [(share * half * math.cos(a), rim + (top - rim) * math.sin(a)) for a in angles]


def draw_ball(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a beach ball: panels that meet at a cap, every other one pale."""
    shades = shades_of(colour)
    pen.shadow(0.46)
    stripe = shades.shade if shades.is_pale else CREAM
    pen.ellipse(0, 0.5, 0.5, 0.5, shades.base)
    turn, tip = dice.between(0, 360), dice.between(0.2, 0.3)
    cap = tilted([(tip, 0.5)], turn, (0.0, 0.5))[0]
    for start in (25, 145, 265):
        pen.polygon(_panel(cap, turn + start, turn + start + 46), stripe)
    for waist in (0.5, 0.78):
        pen.polygon(crescent(0, 0.5, 0.5, 0.5, -pen.sun, waist), shades.deep, 0.22)
    pen.polygon(crescent(0, 0.5, 0.49, 0.49, pen.sun, 0.91), shades.edge, 0.5)
    pen.ellipse(pen.sun * 0.23, 0.74, 0.065, 0.05, (255, 255, 250), 0.7)
    pen.ellipse(*cap, 0.075, 0.075, shades.deep)


def _panel(cap: Point, start: float, end: float) -> list[Point]:
    rim = arc(0, 0.5, 0.5, 0.5, start, end, 8)
    return bowed(cap, rim[0], 0.07) + rim + bowed(rim[-1], cap, -0.07)


THINGS: Mapping[Kind, Callable[[Pen, RGB, Dice], None]] = {
    Kind.UMBRELLA: draw_umbrella,
    Kind.BALL: draw_ball,
}
