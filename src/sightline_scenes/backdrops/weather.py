"""What falls or drifts in front of everything: rain, snow and fog."""

from __future__ import annotations

from sightline_scenes.backdrops.tones import sky_of
from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Time, Weather
from sightline_scenes.light import Light, mix
from sightline_scenes.places import HORIZON
from sightline_scenes.world import ASPECT, Scene


def draw_weather(canvas: Canvas, light: Light, scene: Scene, dice: Dice) -> None:
    """Draw the weather over the subjects, without hiding them."""
    if scene.weather is Weather.RAIN:
        _draw_rain(canvas, light, dice)
    elif scene.weather is Weather.SNOW:
        _draw_snow(canvas, light, dice)
    elif scene.weather is Weather.FOG:
        _draw_fog(canvas, light, HORIZON[scene.setting], dice)


def _draw_rain(canvas: Canvas, light: Light, dice: Dice) -> None:
    fill = (186, 200, 224) if light.time is Time.NIGHT else (236, 242, 248)
    lean = dice.between(0.14, 0.34) * (1 if dice.chance(0.5) else -1)
    for _ in range(180):
        x, y = dice.between(-0.1, ASPECT + 0.1), dice.between(-0.05, 1.0)
        long = dice.between(0.035, 0.085)
        canvas.line(
            [(x, y), (x - lean * long, y + long)],
            dice.between(0.0022, 0.0042),
            fill,
            dice.between(0.32, 0.6),
        )


def _draw_snow(canvas: Canvas, light: Light, dice: Dice) -> None:
    fill = (216, 224, 246) if light.time is Time.NIGHT else (255, 255, 255)
    for _ in range(170):
        size = 0.0032 + 0.0088 * dice.unit() ** 3
        x, y = dice.between(0, ASPECT), dice.between(0, 1)
        canvas.ellipse(x, y, size, size * dice.between(0.9, 1.1), fill, dice.between(0.75, 0.99))


def _draw_fog(canvas: Canvas, light: Light, horizon: float, dice: Dice) -> None:
    fill = mix(light.haze, sky_of(light).cloud, 0.5)
    if light.is_dark:
        fill = mix(fill, (176, 186, 214), 0.2)
    canvas.veil(horizon - 0.22, horizon + 0.02, fill, 0.0, 0.30)
    canvas.veil(horizon + 0.02, 1.0, fill, 0.30, 0.06)
    for _ in range(5):
        x, y = dice.between(0, ASPECT), dice.between(horizon - 0.16, 0.92)
        wide, thick = dice.between(0.35, 0.7), dice.between(0.022, 0.05)
        canvas.soft(x, y, wide, thick, fill, dice.between(0.35, 0.55))
