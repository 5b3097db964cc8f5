"""Outlines that several subjects are built from."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sightline_scenes.canvas import Point
from sightline_scenes.pen import arc


def ring(x: float, y: float, radius: float, width: float, steps: int = 32) -> list[Point]:
    """Return a closed ring around a point; ``radius`` is its outer one."""
    return band(x, y, radius, width, 0, 360, steps)


def band(
    x: float, y: float, radius: float, width: float, start: float, end: float, steps: int = 12
) -> list[Point]:
    """Return part of a ring, from one angle in degrees to another, counted upwards."""
    outer = arc(x, y, radius, radius, start, end, steps)
    inner = arc(x, y, radius - width, radius - width, end, start, steps)
    return outer + inner


def crescent(
    x: float, y: float, rx: float, ry: float, side: float, waist: float, steps: int = 14
) -> list[Point]:
    """Return the part of an ellipse that lies on one side of a bent line from top to bottom.

    Args:
        x: Of the ellipse's middle.
        y: Of the ellipse's middle.
        rx: Half its width.
        ry: Half its height.
        side: +1 for the right part, -1 for the left.
        waist: Where the line crosses the middle, from -1 (all of the ellipse) to 1 (nothing).
        steps: How many straight pieces each edge has.
    """
    outer = arc(x, y, rx * side, ry, -90, 90, steps)
    inner = arc(x, y, rx * side * waist, ry, 90, -90, steps)
    return outer + inner


def tilted(points: Sequence[Point], degrees: float, about: Point = (0.0, 0.0)) -> list[Point]:
    """Return points turned anticlockwise around one."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    x0, y0 = about
    return [
        (x0 + (x - x0) * cosine - (y - y0) * sine, y0 + (x - x0) * sine + (y - y0) * cosine)
        for x, y in points
    ]


def along(first: Point, second: Point, share: float) -> Point:
    """Return the point that is ``share`` of the way from the first to the second."""
    return first[0] + (second[0] - first[0]) * share, first[1] + (second[1] - first[1]) * share


def box(left: float, bottom: float, right: float, top: float) -> list[Point]:
    """Return the corners of an upright rectangle."""
    return [(left, bottom), (left, top), (right, top), (right, bottom)]


def bowed(first: Point, second: Point, sag: float, steps: int = 8) -> list[Point]:
    """Return points on a bent line; it bulges by ``sag`` to the left as one goes along it."""
    (x0, y0), (x1, y1) = first, second
    length = math.hypot(x1 - x0, y1 - y0)
    points = []
    for i in range(steps + 1):
        share = i / steps
        bulge = 4 * sag * share * (1 - share) / length
        x, y = along(first, second, share)
        points.append((x - (y1 - y0) * bulge, y + (x1 - x0) * bulge))
    return points
