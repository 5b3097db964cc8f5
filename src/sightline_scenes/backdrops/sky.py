"""The sky: its colours, the sun or the moon, stars and clouds."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sightline_scenes.backdrops.stage import LEFT, RIGHT, Stage
from sightline_scenes.backdrops.tones import drifted, sky_of
from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Setting, Time, Weather
from sightline_scenes.light import RGB, Light, mix
from sightline_scenes.world import ASPECT

# How far above the horizon the evening sun stands, so that what is on the horizon does not hide it.
_EVENING: Mapping[Setting, float] = {
    Setting.BEACH: 0.07,
    Setting.MOUNTAINS: 0.36,
    Setting.DESERT: 0.13,
    Setting.FOREST: 0.44,
    Setting.MEADOW: 0.16,
    Setting.CITY: 0.42,
    Setting.HARBOUR: 0.11,
    Setting.SNOWFIELD: 0.15,
    Setting.LAKE: 0.22,
}
_SUN: Mapping[Time, RGB] = {
    Time.DAY: (255, 247, 214),
    Time.SUNSET: (255, 226, 150),
    Time.NIGHT: (246, 243, 222),
}


def place_of_sun(setting: Setting, light: Light, horizon: float, dice: Dice) -> Point:
    """Return where the sun or the moon stands."""
    aside = dice.between(0.10, 0.34) if light.time is Time.SUNSET else dice.between(0.08, 0.2)
    x = ASPECT - aside if light.from_right else aside
    if light.time is Time.SUNSET:
        return x, horizon - _EVENING[setting] * dice.between(0.75, 1.15)
    return x, dice.between(0.08, 0.15)


def draw_sky(stage: Stage) -> None:
    """Draw the sky from the upper edge down to a little below the horizon."""
    sky = sky_of(stage.light)
    top, middle = drifted(sky.top, 7, stage.dice), drifted(sky.middle, 7, stage.dice)
    knee = stage.horizon * stage.dice.between(0.45, 0.62)
    stage.canvas.gradient(0.0, knee, top, middle)
    low = drifted(sky.low, 6, stage.dice)
    stage.canvas.gradient(knee, stage.horizon + 0.03, middle, low)
    if stage.light.time is Time.NIGHT and stage.light.weather is Weather.CLEAR:
        _draw_stars(stage)
    _draw_sun(stage)
    _draw_clouds(stage)


def _draw_stars(stage: Stage) -> None:
    dice = stage.dice
    for _ in range(70):
        x, y = dice.between(0, ASPECT), stage.horizon * dice.unit() ** 1.4
        size = dice.between(0.0012, 0.0034)
        fill = mix((255, 246, 220), (190, 214, 255), dice.unit())
        stage.canvas.ellipse(x, y, size, size, fill, dice.between(0.45, 0.95))


def _draw_sun(stage: Stage) -> None:
    (x, y), canvas, weather = stage.sun, stage.canvas, stage.light.weather
    colour = _SUN[stage.light.time]
    if weather is Weather.CLEAR:
        if stage.light.time is Time.SUNSET:
            canvas.soft(x, y, 0.62, 0.42, (255, 196, 120), 0.75)
            canvas.soft(x, y, 0.22, 0.22, (255, 224, 150), 0.8)
            canvas.ellipse(x, y, 0.058, 0.058, (255, 240, 190))
        elif stage.light.time is Time.DAY:
            canvas.soft(x, y, 0.26, 0.26, colour, 0.8)
            canvas.ellipse(x, y, 0.043, 0.043, (255, 252, 232))
        else:
            _draw_moon(stage)
    elif weather is Weather.FOG:
        canvas.soft(x, y, 0.3, 0.24, colour, 0.35)
        canvas.ellipse(x, y, 0.045, 0.045, mix(stage.light.haze, colour, 0.6), 0.6)
    elif weather is Weather.SNOW:
        canvas.soft(x, y, 0.3, 0.2, colour, 0.3)


def _draw_moon(stage: Stage) -> None:
    (x, y), canvas, dice = stage.sun, stage.canvas, stage.dice
    radius = dice.between(0.036, 0.046)
    canvas.soft(x, y, 0.3, 0.3, (150, 172, 226), 0.55)
    if dice.chance(0.5):
        canvas.polygon(_crescent(stage.sun, radius, dice), _SUN[Time.NIGHT])
        return
    canvas.ellipse(x, y, radius, radius, _SUN[Time.NIGHT])
    for dx, dy, size in ((-0.3, -0.2, 0.22), (0.25, 0.3, 0.17), (0.3, -0.35, 0.12)):
        spot = size * radius
        canvas.ellipse(x + dx * radius, y + dy * radius, spot, spot, (222, 218, 200))


def _crescent(middle: Point, radius: float, dice: Dice) -> list[Point]:
    # Half a circle, and back along half an ellipse between the same two horns.
    (x, y), tilt = middle, math.radians(dice.between(15, 55))
    bow = dice.between(0.25, 0.5)
    limb = [(math.cos(a), math.sin(a)) for a in _half_turn()]
    outline = [*limb, *((across * bow, up) for across, up in reversed(limb))]
    return [
        (
            x + radius * (across * math.cos(tilt) - up * math.sin(tilt)),
            y + radius * (across * math.sin(tilt) + up * math.cos(tilt)),
        )
        for across, up in outline
    ]


def _half_turn(steps: int = 16) -> list[float]:
    return [math.pi * (i / steps - 0.5) for i in range(steps + 1)]


def _draw_clouds(stage: Stage) -> None:
    weather = stage.light.weather
    if weather is Weather.CLEAR:
        if stage.light.time is Time.DAY:
            _draw_fair_clouds(stage)
        else:
            _draw_streaks(stage)
    elif weather is Weather.FOG:
        _draw_banks(stage)
    else:
        _draw_overcast(stage)


def _draw_fair_clouds(stage: Stage) -> None:
    dice, sky = stage.dice, sky_of(stage.light)
    for _ in range(1 + dice.below(4)):
        x = dice.between(0.0, ASPECT)
        y = dice.between(0.10, max(0.16, stage.horizon - 0.16))
        size = dice.between(0.09, 0.19) * (0.55 + 0.45 * (1 - y / stage.horizon) + 0.2)
        _draw_cloud(stage, (x, y), size, mix(sky.cloud, stage.light.haze, 0.12), sky.shade)


def _draw_cloud(stage: Stage, middle: Point, size: float, lit: RGB, shade: RGB) -> None:
    # A flat bottom and a low heap, wider than anything that flies.
    (x, y), dice, canvas = middle, stage.dice, stage.canvas
    lobes = []
    for i in range(5):
        share = i / 4 * 2 - 1
        tall = size * (0.34 - 0.2 * share * share) * dice.between(0.75, 1.2)
        lobes.append((x + share * size * 0.85, tall, size * dice.between(0.3, 0.42)))
    canvas.rectangle(x - size * 1.25, y - size * 0.13, x + size * 1.25, y, shade, 1.0, size * 0.065)
    for across, tall, wide in lobes:
        canvas.ellipse(across, y - tall * 0.5, wide, tall * 0.62, shade)
    shift = stage.sunward * size * 0.05
    for across, tall, wide in lobes:
        canvas.ellipse(across + shift, y - tall * 0.66, wide * 0.9, tall * 0.52, lit)


def _draw_streaks(stage: Stage) -> None:
    dice, sky = stage.dice, sky_of(stage.light)
    night = stage.light.time is Time.NIGHT
    for _ in range(2 + dice.below(2) if night else 5 + dice.below(4)):
        x, depth = dice.between(0.0, ASPECT), dice.unit()
        y = stage.horizon * (0.22 + 0.68 * depth)
        half = dice.between(0.16, 0.42)
        thick = dice.between(0.006, 0.014) * (1.4 - depth * 0.7)
        fill = mix(sky.shade, sky.cloud, depth)
        lens = [
            (x - half, y),
            (x - half * 0.3, y - thick * dice.between(0.6, 1.2)),
            (x + half * 0.35, y - thick * dice.between(0.7, 1.3)),
            (x + half, y),
            (x + half * 0.2, y + thick * 0.6),
            (x - half * 0.5, y + thick * 0.5),
        ]
        stage.canvas.smooth(lens, fill, 0.55 if night else 0.8)


def _draw_overcast(stage: Stage) -> None:
    dice, sky, canvas = stage.dice, sky_of(stage.light), stage.canvas
    heavy = stage.light.weather is Weather.RAIN
    for row in (2, 1, 0):
        fill = mix(sky.shade, sky.middle, 0.33 * row)
        level = 0.0 + (0.062 if heavy else 0.05) * row
        canvas.rectangle(LEFT, 0.0, RIGHT, level, fill)
        x = LEFT - dice.between(0.0, 0.1)
        while x < RIGHT + 0.05:
            wide = dice.between(0.05, 0.13)
            canvas.ellipse(x, level, wide, wide * dice.between(0.34, 0.55), fill)
            x += wide * dice.between(0.85, 1.5)


def _draw_banks(stage: Stage) -> None:
    dice, sky = stage.dice, sky_of(stage.light)
    for _ in range(3):
        x, y = dice.between(0, ASPECT), dice.between(0.1, stage.horizon)
        stage.canvas.soft(x, y, dice.between(0.3, 0.6), dice.between(0.04, 0.09), sky.cloud, 0.5)
