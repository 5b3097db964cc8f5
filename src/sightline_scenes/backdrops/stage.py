"""What every backdrop is drawn with: the place, and the outlines of land."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sightline_scenes.backdrops.tones import drifted
from sightline_scenes.canvas import Canvas, Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Time, Weather
from sightline_scenes.light import RGB, Light, darker, mix
from sightline_scenes.world import ASPECT, Scene

# Half of a fir tree's outline, and the other half: share of its width, share of its depth.
_HALF = ((0.0, 1.0), (0.17, 0.62), (0.23, 0.68), (0.34, 0.32), (0.39, 0.36))
_FIR = (*_HALF, (0.5, 0.0), *((1 - x, y) for x, y in reversed(_HALF)))
_TOOTH = ((0.0, 1.0), (0.30, 0.5), (0.5, 0.0), (0.70, 0.5))
SNOW: RGB = (245, 248, 253)
_MOONLIGHT: RGB = (70, 100, 190)
_DUSK: RGB = (124, 84, 160)
LEFT, RIGHT = -0.04, ASPECT + 0.04


@dataclass(frozen=True, slots=True)
class Stage:
    """A backdrop being drawn.

    Attributes:
        canvas: What is drawn on.
        light: Of the scene.
        scene: What is drawn.
        dice: Decides what the scene leaves open.
        horizon: Where the sky ends, in picture heights.
        sun: The middle of the sun or the moon.
    """

    canvas: Canvas
    light: Light
    scene: Scene
    dice: Dice
    horizon: float
    sun: Point

    @property
    def sunward(self) -> float:
        """+1 if light falls from the right, else -1."""
        return 1.0 if self.light.from_right else -1.0

    @property
    def sunlit(self) -> bool:
        """Whether the sun or the moon shines."""
        return self.light.weather is Weather.CLEAR

    def tone(self, colour: RGB, distance: float, drift: float = 0.0) -> RGB:
        """Return how a colour looks at a distance, a little different each time."""
        if drift > 0:
            colour = drifted(colour, drift, self.dice)
        return self._airy(colour, distance)

    def soil(self, colour: RGB, distance: float, drift: float = 5.0, dust: float = 0.58) -> RGB:
        """Return how open ground looks: darker when wet, dusted when it snows.

        Args:
            colour: In plain daylight.
            distance: 0 near, 1 at the horizon.
            drift: How much it differs from drawing to drawing.
            dust: How much of it falling snow covers.
        """
        if drift > 0:
            colour = drifted(colour, drift, self.dice)
        if self.light.weather is Weather.RAIN:
            colour = darker(colour, 0.16)
        elif self.light.weather is Weather.SNOW:
            # Warm light on half-covered earth would look like sand.
            thicker = 1.3 if is_sunset(self.light) else 1.0
            colour = mix(colour, self.snow, dust * thicker)
        if self.light.is_dark:
            colour = mix(colour, _MOONLIGHT, 0.24)
        return self._airy(colour, distance)

    def wood(self, line: Sequence[Point], bottom: float, colour: RGB, distance: float) -> RGB:
        """Draw a dense wood below its upper edge, laden when it snows; return its colour."""
        fill = self.soil(colour, distance, dust=0.22)
        if self.light.weather is Weather.SNOW:
            self.below(line, bottom, self.tone(self.snow, distance * 0.7))
            line = [(x, y + 0.011) for x, y in line]
        self.below(line, bottom, fill)
        return fill

    @property
    def snow(self) -> RGB:
        """The colour of fallen snow: in the evening it gives back the violet of the sky."""
        return mix(SNOW, (206, 200, 246), 0.6) if self.light.time is Time.SUNSET else SNOW

    def _airy(self, colour: RGB, distance: float) -> RGB:
        # In the evening what is far away turns violet before it is lost in the haze.
        if self.light.time is Time.SUNSET and self.light.weather is not Weather.FOG:
            colour = mix(colour, _DUSK, 0.27 * distance)
        if self.light.weather is Weather.FOG:
            distance **= 0.6  # it swallows the backdrop sooner than the subjects
        return self.light.on(colour, distance)

    def below(self, line: Sequence[Point], bottom: float, fill: RGB, alpha: float = 1.0) -> None:
        """Fill from a line across the picture down to a level."""
        self.canvas.polygon([*line, (line[-1][0], bottom), (line[0][0], bottom)], fill, alpha)


def rolling(dice: Dice, level: float, swell: float, waves: float = 1.5) -> list[Point]:
    """Return a gently rolling line across the picture, within ``swell`` of a level."""
    parts = [
        (weight, waves * pace * dice.between(0.8, 1.25), dice.between(0, math.tau))
        for weight, pace in ((0.6, 1.0), (0.28, 1.9), (0.12, 3.7))
    ]
    steps = 36
    line = []
    for step in range(steps + 1):
        x = LEFT + (RIGHT - LEFT) * step / steps
        lift = sum(w * math.sin(f * x * math.pi / ASPECT * 2 + p) for w, f, p in parts)
        line.append((x, level - swell * lift))
    return line


def craggy(dice: Dice, level: float, height: float, peaks: int) -> list[Point]:
    """Return a line of peaks and saddles that rises up to ``height`` above a level."""
    line: list[Point] = []
    stride = (RIGHT - LEFT) / peaks
    for peak in range(peaks + 1):
        x = LEFT + stride * (peak + dice.around(0.0, 0.3))
        line.append((x, level - height * dice.between(0.55, 1.0)))
        line.append((x + stride * 0.22, level - height * dice.between(0.45, 0.6)))
        line.append((x + stride * dice.between(0.42, 0.6), level - height * dice.between(0.1, 0.4)))
    line[0] = (LEFT, line[0][1])
    return [*line, (RIGHT + stride, level)]


def conifers(dice: Dice, level: float, height: float, stride: float) -> list[Point]:
    """Return the upper edge of a dense wood of firs, rising up to ``height`` above a level."""
    line: list[Point] = [(LEFT, level)]
    x = LEFT - stride * dice.unit()
    wave = dice.between(0, math.tau)
    while x < RIGHT:
        wide = stride * dice.between(0.8, 1.25)
        tall = height * (0.8 + 0.13 * math.sin(x * 5 + wave)) * dice.between(0.86, 1.1)
        reach = min(tall * 0.62, wide * 1.7)
        for across, down in _FIR if stride > 0.06 else _TOOTH:
            line.append((x + wide * across, level - tall + reach * down))
        x += wide
    return [*line, (RIGHT + stride, level)]


def crowns(dice: Dice, level: float, height: float, stride: float) -> list[Point]:
    """Return the upper edge of a dense wood of leafy trees."""
    line: list[Point] = [(LEFT, level)]
    x = LEFT
    lift = dice.between(0, math.tau)
    while x < RIGHT:
        wide = stride * dice.between(0.75, 1.3)
        top = level - height * (0.84 + 0.12 * math.sin(x * 5 + lift)) * dice.between(0.88, 1.05)
        for step in range(7):
            angle = math.pi * step / 6
            line.append(
                (
                    x + wide * (0.5 - 0.5 * math.cos(angle)),
                    top + stride * 0.6 * (1 - math.sin(angle)),
                )
            )
        x += wide
    return [*line, (RIGHT + stride, level)]


def is_sunset(light: Light) -> bool:
    """Return whether the light is the warm one of the evening."""
    return light.time is Time.SUNSET
