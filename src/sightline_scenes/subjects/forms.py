"""Bodies and limbs as outlines, and how light falls on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sightline_scenes.canvas import Point
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen

Outline: TypeAlias = list[Point]


INK: RGB = (34, 30, 38)
CREAM: RGB = (250, 238, 214)
COLLARS: tuple[RGB, ...] = ((206, 52, 56), (44, 110, 190), (240, 180, 50), (50, 140, 110))
_MOONLIGHT: RGB = (214, 226, 255)


@dataclass(frozen=True, slots=True)
class Tones:
    """The shades of one surface.

    Attributes:
        base: The named colour itself.
        sunny: Where light falls.
        shady: Where it does not.
        rim: The line that sets the shape off from what is behind it.
    """

    base: RGB
    sunny: RGB
    shady: RGB
    rim: RGB


def tones_of(colour: RGB) -> Tones:
    """Return the shades of a colour; white and black get an edge for snow and for the night."""
    brightness = 0.3 * colour[0] + 0.59 * colour[1] + 0.11 * colour[2]
    is_neutral = max(colour) - min(colour) < 42
    if is_neutral and brightness > 205:
        shady, rim = mix(colour, (126, 144, 190), 0.45), mix(colour, (92, 106, 150), 0.55)
        return Tones(colour, lighter(colour, 0.8), shady, rim)
    if is_neutral and brightness < 75:
        sunny, rim = mix(colour, (134, 146, 176), 0.26), mix(colour, (176, 190, 220), 0.6)
        return Tones(colour, sunny, darker(colour, 0.5), rim)
    return Tones(colour, lighter(colour, 0.24), darker(colour, 0.27), lighter(colour, 0.45))


def feature_tone(tones: Tones) -> RGB:
    """Return the colour of eyes and mouth: dark, but light on a black coat."""
    return (226, 220, 206) if sum(tones.base) < 180 else INK


def layers_of(pen: Pen, tones: Tones, depth: float) -> tuple[tuple[float, float, RGB], ...]:
    """Return how far to the right and up a body is drawn in which colour, backmost first.

    A rim towards the light, a shady edge away from it, and the body itself.
    """
    # At least about a pixel of the finished picture, or a far white sheep drowns in the snow.
    edge = max(0.014, 1.3 / (pen.height * pen.canvas.scale))
    rim = mix(tones.rim, _MOONLIGHT, 0.4) if pen.is_dark else tones.rim
    return (
        (pen.sun * edge, edge * 0.8, rim),
        (-pen.sun * max(depth, edge), -0.6 * depth, tones.shady),
        (0.0, 0.0, tones.base),
    )


def relief(pen: Pen, parts: Sequence[Outline], tones: Tones, depth: float = 0.022) -> None:
    """Draw the outlines that make up one body, with light and shade along its edges."""
    for right, up, fill in layers_of(pen, tones, depth):
        for part in parts:
            pen.polygon([(x + right, y + up) for x, y in part], fill)


def spline(points: Sequence[Point], steps: int = 4) -> Outline:
    """Return an open Catmull-Rom curve through points, its ends among them."""
    padded = (points[0], *points, points[-1])
    line: Outline = []
    for i in range(1, len(padded) - 2):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = padded[i - 1 : i + 3]
        for step in range(steps):
            t = step / steps
            line.append((_blend(ax, bx, cx, dx, t), _blend(ay, by, cy, dy, t)))
    return [*line, points[-1]]


def _blend(a: float, b: float, c: float, d: float, t: float) -> float:
    cubic = (3 * b - a - 3 * c + d) * t
    return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + cubic))


def limb(points: Sequence[Point], widths: Sequence[float]) -> Outline:
    """Return the outline of a bent limb with a width at each point and rounded ends."""
    left: Outline = []
    right: Outline = []
    last = len(points) - 1
    for i, ((x, y), width) in enumerate(zip(points, widths, strict=True)):
        (ax, ay), (bx, by) = points[max(0, i - 1)], points[min(last, i + 1)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        across, up = (ay - by) / length * width / 2, (bx - ax) / length * width / 2
        left.append((x + across, y + up))
        right.append((x - across, y - up))
    return [
        *left,
        *_cap(left[-1], right[-1], widths[-1]),
        *reversed(right),
        *_cap(right[0], left[0], widths[0]),
    ]


def _cap(first: Point, second: Point, width: float) -> Outline:
    """Return the corners of a rounded end, clockwise from one side of a limb to the other."""
    x, y = (first[0] + second[0]) / 2, (first[1] + second[1]) / 2
    across, up = (first[0] - second[0]) / 2, (first[1] - second[1]) / 2
    # A quarter turn from "across" points out of the limb.
    out, over = up * 0.9, -across * 0.9
    return [
        (x + across * share + out * reach, y + up * share + over * reach)
        for share, reach in ((0.9, 0.42), (0.54, 0.84), (0.0, 1.0), (-0.54, 0.84), (-0.9, 0.42))
    ]


def tapered(points: Sequence[Point], first: float, last: float, steps: int = 4) -> Outline:
    """Return the outline of a curved limb that goes evenly from one width to another."""
    line = spline(points, steps)
    share = 1 / (len(line) - 1)
    return limb(line, [first + (last - first) * i * share for i in range(len(line))])


def oval(
    x: float, y: float, rx: float, ry: float, degrees: float = 0.0, corners: int = 18
) -> Outline:
    """Return a turned ellipse as an outline."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    outline: Outline = []
    for i in range(corners):
        angle = 2 * math.pi * i / corners
        across, up = rx * math.cos(angle), ry * math.sin(angle)
        outline.append((x + across * cos - up * sin, y + across * sin + up * cos))
    return outline
