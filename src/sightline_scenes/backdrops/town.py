"""The city street: rows of facades, pavement and road."""

from __future__ import annotations

from sightline_scenes.backdrops.ground import draw_ground_cover
from sightline_scenes.backdrops.stage import LEFT, RIGHT, SNOW, Stage
from sightline_scenes.kinds import Depth, Kind, Weather
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.world import ASPECT

_VEHICLES = frozenset({Kind.CAR, Kind.TRUCK, Kind.BUS, Kind.BICYCLE})
_FACADES: tuple[RGB, ...] = (
    (190, 164, 152),
    (170, 168, 172),
    (202, 184, 158),
    (158, 150, 160),
    (186, 150, 138),
    (164, 176, 182),
)


def draw_city(stage: Stage) -> None:
    """Draw a street below facades and a skyline."""
    foot = 0.625
    _draw_skyline(stage, foot)
    _draw_facades(stage, foot)
    _draw_street(stage, foot)
    _draw_lamps(stage, foot + 0.022)
    draw_ground_cover(stage, foot + 0.06)


def _draw_skyline(stage: Stage, foot: float) -> None:
    dice = stage.dice
    fill = stage.tone((136, 148, 172), 0.95, 6)
    x = LEFT
    while x < RIGHT:
        wide, top = dice.between(0.05, 0.12), dice.between(0.16, 0.36)
        stage.canvas.rectangle(x, top, x + wide, foot, mix(fill, darker(fill, 0.12), dice.unit()))
        if stage.light.is_dark:
            for _ in range(5):
                wx, wy = x + wide * dice.between(0.15, 0.8), dice.between(top + 0.02, foot - 0.15)
                lamp = mix((255, 220, 150), stage.light.haze, 0.45)
                stage.canvas.rectangle(wx, wy, wx + 0.006, wy + 0.009, lamp)
        x += wide


def _draw_facades(stage: Stage, foot: float) -> None:
    dice = stage.dice
    x = LEFT - dice.between(0.0, 0.1)
    last = -1
    while x < RIGHT:
        wide, top = dice.between(0.15, 0.26), dice.between(0.29, 0.43)
        hue = dice.below(len(_FACADES))
        hue = (hue + 1) % len(_FACADES) if hue == last else hue
        last = hue
        _draw_facade(stage, x, x + wide, top, foot, _FACADES[hue])
        x += wide


def _draw_facade(
    stage: Stage, left: float, right: float, top: float, foot: float, colour: RGB
) -> None:
    dice, canvas = stage.dice, stage.canvas
    wall = stage.tone(colour, 0.5, 6)
    canvas.rectangle(left, top, right, foot, wall)
    shaded = left if stage.sunward > 0 else right
    canvas.rectangle(shaded, top, shaded + stage.sunward * 0.012, foot, darker(wall, 0.14))
    cornice = stage.tone(SNOW, 0.4) if stage.light.weather is Weather.SNOW else darker(wall, 0.2)
    canvas.rectangle(left - 0.004, top - 0.012, right + 0.004, top + 0.004, cornice)
    if dice.chance(0.4):
        _draw_attic(stage, left, right, top)
    _draw_windows(stage, left, right, top, foot, wall)
    shop = stage.tone(dice.pick(((120, 98, 96), (94, 110, 116), (132, 112, 90))), 0.45, 5)
    canvas.rectangle(left + 0.008, foot - 0.062, right - 0.008, foot, shop)
    glass = (
        mix((255, 214, 140), stage.light.haze, 0.15) if stage.light.is_dark else lighter(shop, 0.32)
    )
    count = 2 + dice.below(2)
    step = (right - left - 0.016) / count
    for i in range(count):
        x = left + 0.008 + step * i
        canvas.rectangle(x + 0.008, foot - 0.050, x + step - 0.008, foot - 0.008, glass)


def _draw_attic(stage: Stage, left: float, right: float, top: float) -> None:
    dice, canvas = stage.dice, stage.canvas
    tall = dice.between(0.03, 0.05)
    slate = stage.soil((112, 110, 126), 0.5)
    canvas.polygon(
        [
            (left, top - 0.01),
            (left + 0.018, top - tall),
            (right - 0.018, top - tall),
            (right, top - 0.01),
        ],
        slate,
    )
    for share in (0.3, 0.7):
        x = left + (right - left) * share
        canvas.rectangle(x - 0.010, top - tall * 0.75, x + 0.010, top - 0.012, lighter(slate, 0.25))


def _draw_windows(
    stage: Stage, left: float, right: float, top: float, foot: float, wall: RGB
) -> None:
    dice, canvas = stage.dice, stage.canvas
    columns, rows = 3 + dice.below(2), 3 + dice.below(2)
    wide, tall = (right - left) / columns, (foot - 0.075 - top - 0.01) / rows
    pane = mix(darker(wall, 0.34), (120, 150, 180), 0.25)
    pane = mix(pane, stage.light.haze, 0.6 * stage.light.thickness)
    shine: RGB = (255, 214, 128)
    for row in range(rows):
        for column in range(columns):
            x, y = left + wide * (column + 0.27), top + 0.014 + tall * (row + 0.16)
            lit = stage.light.is_dark and dice.chance(0.55)
            fill = mix(shine, stage.light.haze, 0.55 * stage.light.thickness) if lit else pane
            canvas.rectangle(x, y, x + wide * 0.46, y + tall * 0.62, fill)


def _draw_street(stage: Stage, foot: float) -> None:
    canvas = stage.canvas
    upper, lower = _road_span(stage)
    walk = stage.soil((184, 178, 170), 0.2)
    canvas.rectangle(LEFT, foot, RIGHT, 1.0, walk)
    near = stage.soil((190, 184, 174), 0.0)
    canvas.rectangle(LEFT, lower, RIGHT, 1.0, near)
    road = stage.soil((104, 106, 114), 0.12, 4)
    canvas.gradient(upper, lower, lighter(road, 0.10), darker(road, 0.05))
    for y, thick in ((upper, 0.008), (lower, 0.012)):
        canvas.rectangle(LEFT, y - thick, RIGHT, y, stage.soil((214, 208, 198), 0.1))
        canvas.rectangle(LEFT, y, RIGHT, y + thick * 0.4, darker(road, 0.3))
    _draw_dashes(stage, upper, lower)
    _draw_slab_seams(stage, lower, near)


def _road_span(stage: Stage) -> tuple[float, float]:
    # Whatever has wheels stands on the road, and the rest on the pavement where it can.
    wheeled = {s.depth for s in stage.scene.subjects if s.kind in _VEHICLES}
    afoot = {s.depth for s in stage.scene.subjects if s.kind not in _VEHICLES}
    upper = 0.745 if Depth.FAR in afoot - wheeled else 0.655
    lower = 0.965 if Depth.NEAR in wheeled else 0.84
    return upper, lower


def _draw_dashes(stage: Stage, upper: float, lower: float) -> None:
    y = upper + (lower - upper) * 0.48
    thick = 0.008 + 0.02 * (y - 0.7)
    fill = stage.soil((240, 236, 222), 0.1)
    x = LEFT - stage.dice.between(0.0, 0.2)
    while x < RIGHT:
        stage.canvas.polygon(
            [(x, y), (x + 0.12, y), (x + 0.115, y + thick), (x - 0.008, y + thick)], fill
        )
        x += 0.22


def _draw_slab_seams(stage: Stage, lower: float, pavement: RGB) -> None:
    seam = darker(pavement, 0.12)
    middle = 0.66
    y = lower + 0.07
    while y < 1.0:
        stage.canvas.line([(LEFT, y), (RIGHT, y)], 0.0022, seam)
        y += 0.07
    for i in range(-6, 7):
        x = middle + i * 0.14
        stage.canvas.line([(x, lower), (x + i * 0.03, 1.0)], 0.0022, seam)


def _draw_lamps(stage: Stage, foot: float) -> None:
    dice, canvas = stage.dice, stage.canvas
    iron = stage.tone((70, 76, 90), 0.4)
    x = dice.between(0.04, 0.2)
    while x < ASPECT:
        canvas.line([(x, foot), (x, foot - 0.15)], 0.0045, iron)
        canvas.rectangle(x - 0.008, foot - 0.006, x + 0.008, foot, iron)
        if stage.light.is_dark:
            canvas.soft(x, foot - 0.155, 0.075, 0.075, (255, 214, 140), 0.6)
            canvas.ellipse(x, foot - 0.155, 0.009, 0.012, (255, 238, 190))
            wet = stage.light.weather is Weather.RAIN
            canvas.soft(x, foot + 0.10, 0.05, 0.15, (255, 206, 130), 0.5 if wet else 0.18)
        else:
            canvas.ellipse(x, foot - 0.155, 0.008, 0.011, lighter(iron, 0.55))
        x += dice.between(0.36, 0.46)
