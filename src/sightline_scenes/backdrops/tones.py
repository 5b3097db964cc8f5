"""The colours of the sky, and the light they give, for every time and weather."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Time, Weather
from sightline_scenes.light import RGB, Light
from sightline_scenes.world import Scene


@dataclass(frozen=True, slots=True)
class SkyTones:
    """The colours of one sky.

    Attributes:
        top: At the upper edge of the picture.
        middle: Half-way to the horizon.
        low: At the horizon.
        cloud: The lit side of clouds.
        shade: Their shaded side.
        haze: What distance does to things.
    """

    top: RGB
    middle: RGB
    low: RGB
    cloud: RGB
    shade: RGB
    haze: RGB


_CLEAR: Mapping[Time, SkyTones] = {
    Time.DAY: SkyTones(
        (62, 142, 208),
        (128, 192, 228),
        (216, 236, 234),
        (255, 252, 246),
        (206, 222, 234),
        (206, 228, 236),
    ),
    Time.SUNSET: SkyTones(
        (92, 70, 136),
        (226, 112, 118),
        (255, 198, 116),
        (255, 168, 138),
        (176, 92, 132),
        (232, 148, 134),
    ),
    Time.NIGHT: SkyTones(
        (22, 36, 86), (46, 68, 130), (92, 116, 170), (82, 102, 156), (58, 78, 134), (82, 106, 162)
    ),
}
_RAIN: Mapping[Time, SkyTones] = {
    Time.DAY: SkyTones(
        (92, 106, 122),
        (132, 146, 158),
        (178, 188, 192),
        (122, 136, 150),
        (84, 97, 114),
        (172, 182, 188),
    ),
    Time.SUNSET: SkyTones(
        (80, 70, 98),
        (142, 100, 114),
        (228, 150, 112),
        (118, 92, 116),
        (80, 66, 96),
        (196, 138, 122),
    ),
    Time.NIGHT: SkyTones(
        (44, 52, 74), (60, 70, 94), (84, 96, 118), (62, 72, 94), (40, 48, 70), (76, 88, 110)
    ),
}
_SNOW: Mapping[Time, SkyTones] = {
    Time.DAY: SkyTones(
        (158, 178, 202),
        (190, 206, 222),
        (226, 234, 240),
        (216, 226, 236),
        (172, 190, 210),
        (222, 231, 239),
    ),
    Time.SUNSET: SkyTones(
        (138, 118, 166),
        (214, 154, 172),
        (252, 214, 192),
        (236, 184, 190),
        (176, 140, 176),
        (240, 200, 196),
    ),
    Time.NIGHT: SkyTones(
        (48, 58, 104), (70, 82, 130), (116, 128, 170), (86, 98, 144), (58, 70, 116), (110, 122, 164)
    ),
}
_FOG: Mapping[Time, SkyTones] = {
    Time.DAY: SkyTones(
        (184, 196, 202),
        (204, 212, 214),
        (224, 228, 226),
        (232, 236, 234),
        (206, 214, 214),
        (224, 228, 226),
    ),
    Time.SUNSET: SkyTones(
        (190, 142, 146),
        (230, 174, 148),
        (250, 212, 170),
        (252, 222, 190),
        (222, 170, 150),
        (248, 210, 172),
    ),
    Time.NIGHT: SkyTones(
        (62, 72, 98),
        (82, 94, 118),
        (110, 122, 142),
        (126, 138, 158),
        (94, 106, 128),
        (108, 120, 140),
    ),
}
_SKIES: Mapping[Weather, Mapping[Time, SkyTones]] = {
    Weather.CLEAR: _CLEAR,
    Weather.RAIN: _RAIN,
    Weather.SNOW: _SNOW,
    Weather.FOG: _FOG,
}
# How far the air of each weather goes towards hiding what stands at the horizon.
_THICKNESS: Mapping[Weather, float] = {
    Weather.CLEAR: 0.30,
    Weather.RAIN: 0.46,
    Weather.SNOW: 0.46,
    Weather.FOG: 0.74,
}


def sky_of(light: Light) -> SkyTones:
    """Return the colours of the sky that belong to a light."""
    return _SKIES[light.weather][light.time]


def light_of(scene: Scene, dice: Dice) -> Light:
    """Return the light of one drawing of a scene."""
    return Light(
        scene.time,
        scene.weather,
        from_right=dice.chance(0.5),
        haze=drifted(_SKIES[scene.weather][scene.time].haze, 6, dice),
        thickness=min(0.8, max(0.0, _THICKNESS[scene.weather] + dice.around(0.0, 0.04))),
    )


def drifted(colour: RGB, spread: float, dice: Dice) -> RGB:
    """Return a colour a little lighter or darker, warmer or colder."""
    lift, warmth = dice.around(0.0, spread), dice.around(0.0, spread)
    return (
        _channel(colour[0] + lift + warmth),
        _channel(colour[1] + lift + dice.around(0.0, spread * 0.4)),
        _channel(colour[2] + lift - warmth),
    )


def _channel(value: float) -> int:
    return min(255, max(0, round(value)))
