"""Vector drawing in picture units, with antialiasing, on Pillow.

Positions are in units of the picture's height: x from 0 to ``ASPECT``, y downwards from 0 to 1.
Everything is drawn larger than asked and reduced at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from PIL import Image, ImageDraw

from sightline_scenes.light import RGB
from sightline_scenes.world import ASPECT

Point: TypeAlias = tuple[float, float]

# Corners are put on a grid of 1/16 of a drawn pixel, so that a sine that differs in its last bit
# on another machine does not move an edge.
_GRID = 16

# How a soft spot fades with the distance from its middle, level there and at the rim. Pillow's
# gradient has the value 181 at the rim of the circle and 255 in the corners.
_FADING = tuple(s * s * (3 - 2 * s) for s in (max(0.0, 1.0 - step / 180) for step in range(256)))


class Canvas:
    """A picture being drawn. ``finish`` returns it at the size that was asked for."""

    def __init__(self, width_px: int, height_px: int, oversampling: int) -> None:
        self.scale = height_px * oversampling
        self._stretch = width_px / (height_px * ASPECT)  # another aspect squeezes, never crops
        self._oversampling = oversampling
        size = (width_px * oversampling, height_px * oversampling)
        self._image = Image.new("RGB", size)
        self._draw = ImageDraw.Draw(self._image)
        self._blend = ImageDraw.Draw(self._image, "RGBA")

    def finish(self) -> Image.Image:
        """Return the picture, reduced to the size that was asked for."""
        if self._oversampling == 1:
            return self._image
        return self._image.reduce(self._oversampling)

    def gradient(self, top: float, bottom: float, first: RGB, second: RGB) -> None:
        """Fill the picture from ``top`` to ``bottom`` with a vertical run of colour."""
        upper, lower = round(top * self.scale), round(bottom * self.scale)
        height = max(1, lower - upper)
        ramp = _ramp(height)
        channels = [ramp.point(_run(a, b)) for a, b in zip(first, second, strict=True)]
        column = Image.merge("RGB", channels)
        size = (self._image.width, height)
        self._image.paste(column.resize(size, Image.Resampling.NEAREST), (0, upper))

    def polygon(self, points: Sequence[Point], fill: RGB, alpha: float = 1.0) -> None:
        """Fill a polygon."""
        flat = self._place_all(points)
        self._pick(alpha).polygon(flat, fill=_with(fill, alpha))

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: RGB, alpha: float = 1.0
    ) -> None:
        """Fill an ellipse around a centre."""
        left, top = self._place(x - rx, y - ry)
        right, bottom = self._place(x + rx, y + ry)
        self._pick(alpha).ellipse((left, top, right, bottom), fill=_with(fill, alpha))

    def rectangle(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        fill: RGB,
        alpha: float = 1.0,
        radius: float = 0.0,
    ) -> None:
        """Fill a rectangle, with rounded corners if a radius is given."""
        box = (*self._place(min(left, right), top), *self._place(max(left, right), bottom))
        draw = self._pick(alpha)
        if radius > 0:
            draw.rounded_rectangle(box, radius * self.scale, fill=_with(fill, alpha))
        else:
            draw.rectangle(box, fill=_with(fill, alpha))

    def line(self, points: Sequence[Point], width: float, fill: RGB, alpha: float = 1.0) -> None:
        """Draw a line with round joints and ends. ``width`` is in picture heights."""
        flat = self._place_all(points)
        pixels = max(1, round(width * self.scale))
        draw = self._pick(alpha)
        draw.line(flat, fill=_with(fill, alpha), width=pixels, joint="curve")
        if alpha >= 1.0 and pixels > 2:
            for x, y in (flat[0], flat[-1]):
                half = pixels / 2
                draw.ellipse((x - half, y - half, x + half, y + half), fill=fill)

    def smooth(self, points: Sequence[Point], fill: RGB, alpha: float = 1.0) -> None:
        """Fill a closed curve that goes through all points."""
        self.polygon(curve(points), fill, alpha)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float) -> None:
        """Lay a soft light around a point; ``strength`` in [0, 1] at its middle."""
        self.soft(x, y, radius, radius, colour, min(1.0, strength))

    def soft(self, x: float, y: float, rx: float, ry: float, fill: RGB, alpha: float) -> None:
        """Lay a spot that fades out from its middle; ``alpha`` in [0, 1] there."""
        corners = (*self._place(x - rx, y - ry), *self._place(x + rx, y + ry))
        left, top, right, bottom = (round(edge) for edge in corners)
        x0, y0 = max(0, left), max(0, top)
        x1, y1 = min(self._image.width, right), min(self._image.height, bottom)
        if x0 >= x1 or y0 >= y1:
            return
        across, down = 256 / (right - left), 256 / (bottom - top)
        part = ((x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down)
        spot = _disc().point([round(255 * alpha * share) for share in _FADING])
        mask = spot.resize((x1 - x0, y1 - y0), Image.Resampling.BILINEAR, part)
        self._image.paste(fill, (x0, y0), mask)

    def veil(self, top: float, bottom: float, fill: RGB, first: float, last: float) -> None:
        """Lay a see-through colour from side to side, its alpha going from first to last."""
        upper, lower = round(top * self.scale), round(bottom * self.scale)
        height = max(1, lower - upper)
        column = _ramp(height).point(_run(255 * first, 255 * last))
        mask = column.resize((self._image.width, height), Image.Resampling.NEAREST)
        self._image.paste(fill, (0, upper), mask)

    def _place_all(self, points: Sequence[Point]) -> list[Point]:
        # The same as _place for each; half of the time of a small picture would go there.
        down = self.scale * _GRID
        across = self.scale * self._stretch * _GRID
        return [(round(x * across) / _GRID, round(y * down) / _GRID) for x, y in points]

    def _place(self, x: float, y: float) -> Point:
        across = round(x * self.scale * self._stretch * _GRID) / _GRID
        return across, round(y * self.scale * _GRID) / _GRID

    def _pick(self, alpha: float) -> ImageDraw.ImageDraw:
        return self._draw if alpha >= 1.0 else self._blend


def _ramp(height: int) -> Image.Image:
    # One column from 0 at the top to 255 at the bottom.
    column = Image.linear_gradient("L").crop((0, 0, 1, 256))
    return column.resize((1, height), Image.Resampling.BILINEAR)


def _run(first: float, last: float) -> list[int]:
    stride = (last - first) / 255
    return [round(first + stride * step) for step in range(256)]


@cache
def _disc() -> Image.Image:
    return Image.radial_gradient("L")


def _with(colour: RGB, alpha: float) -> tuple[int, ...]:
    return colour if alpha >= 1.0 else (*colour, round(255 * max(0.0, alpha)))


def curve(points: Sequence[Point], steps: int = 6) -> list[Point]:
    """Return a closed Catmull-Rom curve through points, as a polygon."""
    count = len(points)
    outline: list[Point] = []
    for i in range(count):
        p0, p1, p2, p3 = (points[(i + j - 1) % count] for j in range(4))
        for step in range(steps):
            t = step / steps
            outline.append(
                (_between(p0[0], p1[0], p2[0], p3[0], t), _between(p0[1], p1[1], p2[1], p3[1], t))
            )
    return outline


def _between(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3
    )
