"""A pen that draws one subject in its own units, in the light of its scene."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sightline_scenes.canvas import Canvas, Point
from sightline_scenes.kinds import Time, Weather
from sightline_scenes.light import RGB, Light, mix


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws one subject in its own units: x across from its middle, y up from its base.

    One unit is the subject's height, so its top is at y = 1 and a car is 2 units wide. Colours
    go through the light and the haze of the subject's distance; ``lit`` ones do not.

    Attributes:
        canvas: What is drawn on.
        light: Of the scene.
        x: Where the subject's middle is, in picture heights.
        y: Where its base is, in picture heights.
        height: Of the subject, in picture heights.
        flipped: Whether the subject looks to the left. Draw it looking to the right.
        distance: 0 near, 1 at the horizon.
    """

    canvas: Canvas
    light: Light
    x: float
    y: float
    height: float
    flipped: bool
    distance: float

    @property
    def sun(self) -> float:
        """+1 if light falls from the subject's own right-hand side (+x), else -1."""
        return 1.0 if self.light.from_right != self.flipped else -1.0

    @property
    def is_dark(self) -> bool:
        """Whether windows and lamps are lit."""
        return self.light.is_dark

    def polygon(self, points: Sequence[Point], fill: RGB, alpha: float = 1.0) -> None:
        """Fill a polygon."""
        self.canvas.polygon([self._at(x, y) for x, y in points], self._tone(fill), alpha)

    def smooth(self, points: Sequence[Point], fill: RGB, alpha: float = 1.0) -> None:
        """Fill a closed curve that goes through all points."""
        self.canvas.smooth([self._at(x, y) for x, y in points], self._tone(fill), alpha)

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: RGB, alpha: float = 1.0
    ) -> None:
        """Fill an ellipse around a centre."""
        across, down = self._at(x, y)
        self.canvas.ellipse(
            across, down, rx * self.height, ry * self.height, self._tone(fill), alpha
        )

    def rectangle(
        self,
        left: float,
        bottom: float,
        right: float,
        top: float,
        fill: RGB,
        alpha: float = 1.0,
        radius: float = 0.0,
    ) -> None:
        """Fill a rectangle, given by its lower left and upper right corners."""
        x0, y0 = self._at(left, top)
        x1, y1 = self._at(right, bottom)
        self.canvas.rectangle(x0, y0, x1, y1, self._tone(fill), alpha, radius * self.height)

    def line(self, points: Sequence[Point], width: float, fill: RGB, alpha: float = 1.0) -> None:
        """Draw a line with round joints and ends."""
        placed = [self._at(x, y) for x, y in points]
        self.canvas.line(placed, width * self.height, self._tone(fill), alpha)

    def lit(self, left: float, bottom: float, right: float, top: float, fill: RGB) -> None:
        """Fill a rectangle that shines by itself, such as a window at night."""
        x0, y0 = self._at(left, top)
        x1, y1 = self._at(right, bottom)
        self.canvas.rectangle(x0, y0, x1, y1, self._shine(fill))

    def shining(self, points: Sequence[Point], fill: RGB, alpha: float = 1.0) -> None:
        """Fill a polygon that shines by itself, such as a beam of light."""
        self.canvas.polygon([self._at(x, y) for x, y in points], self._shine(fill), alpha)

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float = 0.5) -> None:
        """Lay a soft light around a point."""
        across, down = self._at(x, y)
        self.canvas.glow(across, down, radius * self.height, colour, strength)

    def shadow(self, half_width: float) -> None:
        """Lay the subject's shadow on the ground."""
        strength = {Time.DAY: 0.22, Time.SUNSET: 0.26, Time.NIGHT: 0.30}[self.light.time]
        if self.light.weather is not Weather.CLEAR:
            strength *= 0.6
        lean = -0.10 if self.light.from_right else 0.10
        self.canvas.ellipse(
            self.x + lean * half_width * self.height,
            self.y,
            half_width * self.height * 1.06,
            max(0.006, 0.13 * half_width * self.height),
            (16, 18, 40),
            strength,
        )

    def _at(self, x: float, y: float) -> Point:
        across = -x if self.flipped else x
        return self.x + across * self.height, self.y - y * self.height

    def _shine(self, colour: RGB) -> RGB:
        # Haze takes half as much from what shines as from what is lit.
        return mix(colour, self.light.haze, 0.5 * self.light.thickness * self.distance)

    def _tone(self, colour: RGB) -> RGB:
        return self.light.on(colour, self.distance)


def arc(
    x: float, y: float, rx: float, ry: float, start: float, end: float, steps: int = 16
) -> list[Point]:
    """Return points along an ellipse; angles in degrees, 0 to the right, counted upwards."""
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + rx * math.cos(a), y + ry * math.sin(a)) for a in angles]
