"""Colours, and what time, weather and distance do to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sightline_scenes.kinds import Time, Weather

RGB: TypeAlias = tuple[int, int, int]


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """Return the colour that is ``share`` of the way from the first to the second."""
    share = min(1.0, max(0.0, share))
    return (
        round(first[0] + (second[0] - first[0]) * share),
        round(first[1] + (second[1] - first[1]) * share),
        round(first[2] + (second[2] - first[2]) * share),
    )


def lighter(colour: RGB, amount: float) -> RGB:
    """Return a colour nearer to warm white; ``amount`` in [0, 1]."""
    return mix(colour, (255, 250, 240), amount)


def darker(colour: RGB, amount: float) -> RGB:
    """Return a colour nearer to cool black; ``amount`` in [0, 1]."""
    return mix(colour, (20, 22, 40), amount)


@dataclass(frozen=True, slots=True)
class Light:
    """What time and weather do to every colour.

    Attributes:
        time: Day, sunset or night.
        weather: Clear, rain, snow or fog.
        from_right: Whether the sun or the moon stands on the right.
        haze: The colour that things take on with distance.
        thickness: How much of it at the horizon, in [0, 1].
    """

    time: Time
    weather: Weather
    from_right: bool
    haze: RGB
    thickness: float

    @property
    def is_dark(self) -> bool:
        """Whether windows and lamps are lit."""
        return self.time is Time.NIGHT

    def on(self, colour: RGB, distance: float) -> RGB:
        """Return how a surface of a colour looks at a distance (0 near, 1 at the horizon)."""
        red, green, blue = _AMBIENT[self.time]
        lit = (
            min(255, round(colour[0] * red)),
            min(255, round(colour[1] * green)),
            min(255, round(colour[2] * blue)),
        )
        if self.weather in (Weather.RAIN, Weather.FOG):
            grey = round(0.3 * lit[0] + 0.59 * lit[1] + 0.11 * lit[2])
            lit = mix(lit, (grey, grey, grey), 0.10)
        return mix(lit, self.haze, self.thickness * distance)


_AMBIENT = {
    Time.DAY: (1.0, 1.0, 1.0),
    Time.SUNSET: (1.0, 0.90, 0.84),
    Time.NIGHT: (0.64, 0.67, 0.86),
}
