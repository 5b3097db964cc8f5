"""Settings at the water: beach, harbour and lake."""

from __future__ import annotations

import math
from itertools import pairwise

from sightline_scenes.backdrops.ground import draw_ground_cover, draw_tufts
from sightline_scenes.backdrops.stage import LEFT, RIGHT, Stage, conifers, is_sunset, rolling
from sightline_scenes.backdrops.tones import sky_of
from sightline_scenes.canvas import Point
from sightline_scenes.kinds import Weather
from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.world import ASPECT


def draw_beach(stage: Stage) -> None:
    """Draw the sea, the foam at its edge and the sand."""
    dice, level = stage.dice, stage.horizon
    shore = 0.642 + dice.around(0.0, 0.012)
    _draw_headland(stage, level)
    _draw_water(stage, level, shore + 0.03, (34, 116, 176), (92, 204, 204))
    _draw_waves(stage, level, shore - 0.02)
    _draw_glitter(stage, level, shore - 0.03)
    _draw_surf(stage, shore)
    sand = (242, 218, 168)
    stage.below(rolling(dice, shore + 0.042, 0.010, 1.1), 1.0, stage.soil(sand, 0.12))
    stage.below(rolling(dice, 0.86, 0.03, 0.8), 1.0, stage.soil((248, 228, 182), 0.0))
    _draw_sand(stage)
    draw_ground_cover(stage, shore + 0.08)


def _draw_surf(stage: Stage, shore: float) -> None:
    dice = stage.dice
    foam, thin = stage.tone((255, 255, 255), 0.1), stage.tone((236, 250, 250), 0.2)
    edge = rolling(dice, shore, 0.011, 1.2)
    stage.below([(x, y - 0.024) for x, y in edge], 0.72, thin, 0.4)
    lace = [(x, y - 0.012 - 0.004 * math.sin(x * 37) * math.sin(x * 11)) for x, y in edge]
    stage.below(lace, 0.72, foam)
    stage.below(edge, 0.72, stage.tone((178, 214, 206), 0.1))
    stage.below([(x, y + 0.007) for x, y in edge], 0.74, stage.soil((204, 176, 134), 0.15))
    for share in (0.35, 0.68):
        start, long = dice.between(-0.2, 0.8), dice.between(0.35, 0.7)
        level = shore - 0.13 * (1 - share) - 0.016
        crest = [p for p in rolling(dice, level, 0.005, 1.5) if start < p[0] < start + long]
        if len(crest) > 2:
            swell = [
                (x, y + 0.010 * share * math.sin(math.pi * (x - start) / long)) for x, y in crest
            ]
            stage.canvas.polygon([*crest, *reversed(swell)], foam, 0.85)


def _draw_headland(stage: Stage, level: float) -> None:
    dice, side = stage.dice, stage.dice.chance(0.5)
    for reach, tall, colour, distance in (
        (dice.between(0.45, 0.85), 0.075, (126, 150, 160), 0.95),
        (dice.between(0.2, 0.4), 0.05, (104, 142, 118), 0.75),
    ):
        swell = dice.between(0.75, 1.2) * tall
        shape: list[Point] = [(LEFT, level + 0.004)]
        for step in range(11):
            share = step / 10
            lump = 0.12 * math.sin(share * 11 + swell * 90)
            shape.append((LEFT + reach * share, level - swell * (1 - share**1.6) * (1 + lump)))
        shape.append((LEFT + reach * 1.08, level + 0.004))
        placed = [(ASPECT - x if side else x, y) for x, y in shape]
        stage.canvas.polygon(placed, stage.soil(colour, distance))


def _draw_water(stage: Stage, top: float, bottom: float, far: RGB, near: RGB) -> None:
    # Water has its own colour and gives back that of the sky.
    sky = sky_of(stage.light)
    first, last = stage.tone(far, 0.3, 6), stage.tone(near, 0.0, 6)
    if is_sunset(stage.light):
        first, last = mix(first, sky.haze, 0.68), mix(last, mix(sky.top, sky.haze, 0.15), 0.6)
    else:
        first, last = mix(first, sky.low, 0.22), mix(last, sky.middle, 0.25)
    stage.canvas.gradient(top, bottom, first, last)


def _draw_waves(stage: Stage, top: float, bottom: float) -> None:
    dice = stage.dice
    pale = mix(stage.tone((255, 255, 255), 0.2), sky_of(stage.light).low, 0.3)
    for _ in range(34):
        share = dice.unit()
        y = top + 0.012 + (bottom - top - 0.03) * share
        half = (0.012 + 0.055 * share) * dice.between(0.5, 1.2)
        x = dice.between(0, ASPECT)
        thick = 0.0014 + 0.0035 * share
        crest = [(x - half, y), (x, y - thick), (x + half, y), (x, y + thick * 0.5)]
        stage.canvas.polygon(crest, pale, 0.5)


def _draw_glitter(stage: Stage, top: float, bottom: float) -> None:
    if not stage.sunlit or not (is_sunset(stage.light) or stage.light.is_dark):
        return
    dice = stage.dice
    fill: RGB = (255, 226, 160) if is_sunset(stage.light) else (206, 220, 250)
    for step in range(16):
        share = step / 15
        half = (0.05 + 0.05 * share) * dice.between(0.4, 1.0)
        x = stage.sun[0] + dice.around(0.0, 0.04 + 0.03 * share)
        y = top + 0.006 + (bottom - top - 0.012) * share
        thick = 0.0018 + 0.0026 * share
        stage.canvas.polygon(
            [(x - half, y), (x, y - thick), (x + half, y), (x, y + thick)], fill, 0.75
        )


def _draw_sand(stage: Stage) -> None:
    dice = stage.dice
    groove = stage.soil((224, 194, 144), 0.0)
    for _ in range(9):
        x, y, half = dice.between(0, ASPECT), dice.between(0.73, 0.99), dice.between(0.03, 0.1)
        lens = [(x - half, y), (x, y - 0.0035), (x + half, y + 0.001), (x, y + 0.0025)]
        stage.canvas.polygon(lens, groove)
    for _ in range(26):
        x, y = dice.between(0, ASPECT), dice.between(0.72, 0.99)
        size = 0.0015 + 0.007 * (y - 0.68) * dice.between(0.5, 1.3)
        fill = stage.soil(dice.pick(((214, 184, 136), (255, 244, 226), (226, 196, 150))), 0.0)
        stage.canvas.ellipse(x, y, size * 1.7, size, fill)


def draw_harbour(stage: Stage) -> None:
    """Draw a basin behind a quay, with sheds and cranes far off."""
    dice, level = stage.dice, stage.horizon
    _draw_far_docks(stage, level)
    quay = 0.79 + dice.around(0.0, 0.006)
    _draw_water(stage, level, quay, (52, 104, 138), (58, 124, 150))
    _draw_mole(stage, level)
    _draw_waves(stage, level, quay)
    _draw_glitter(stage, level, quay - 0.05)
    wood = dice.chance(0.4)
    (_draw_planks if wood else _draw_slabs)(stage, quay)
    _draw_bollards(stage, quay)
    draw_ground_cover(stage, quay + 0.04)


def _draw_far_docks(stage: Stage, level: float) -> None:
    dice = stage.dice
    back = stage.soil((126, 140, 164), 0.85)
    stage.below(rolling(dice, level - 0.035, 0.025), level + 0.02, back)
    x = LEFT
    while x < RIGHT:
        wide, tall = dice.between(0.10, 0.22), dice.between(0.03, 0.06)
        fill = stage.tone(dice.pick(((146, 118, 112), (120, 128, 142), (150, 140, 128))), 0.7, 5)
        roof = stage.soil((104, 100, 112), 0.7)
        ridge = level - tall - 0.014
        stage.canvas.rectangle(x, level - tall, x + wide, level + 0.01, fill)
        stage.canvas.polygon(
            [
                (x - 0.004, level - tall),
                (x + 0.01, ridge),
                (x + wide - 0.01, ridge),
                (x + wide + 0.004, level - tall),
            ],
            roof,
        )
        _draw_dock_lamps(stage, x, level - tall * 0.5, wide)
        x += wide + (dice.between(0.05, 0.2) if dice.chance(0.45) else 0.004)
    for _ in range(2 + dice.below(2)):
        _draw_crane(stage, dice.between(0.1, ASPECT - 0.1), level)


def _draw_dock_lamps(stage: Stage, x: float, y: float, wide: float) -> None:
    if stage.light.is_dark:
        for i in range(4):
            across = x + wide * (i + 0.6) / 4.4
            lamp = mix((255, 214, 130), stage.light.haze, 0.25)
            stage.canvas.rectangle(across, y - 0.005, across + 0.007, y + 0.003, lamp)


def _draw_crane(stage: Stage, x: float, level: float) -> None:
    dice = stage.dice
    side = 1 if dice.chance(0.5) else -1
    tall = dice.between(0.11, 0.17)
    fill = stage.tone((112, 104, 124), 0.75)
    top = level - tall
    for foot in (-0.018, 0.018):
        stage.canvas.line([(x + foot, level), (x, top + 0.03)], 0.004, fill)
    stage.canvas.line([(x, level - 0.04), (x, top)], 0.006, fill)
    stage.canvas.line(
        [(x - side * 0.035, top + 0.035), (x + side * 0.12, top + 0.012)], 0.005, fill
    )
    stage.canvas.line([(x, top), (x + side * 0.115, top + 0.012)], 0.0025, fill)
    stage.canvas.line([(x + side * 0.10, top + 0.012), (x + side * 0.10, top + 0.06)], 0.002, fill)


def _draw_mole(stage: Stage, level: float) -> None:
    # The breakwater: a low bar of stone from one side.
    dice = stage.dice
    reach, side = dice.between(0.35, 0.6), dice.chance(0.5)
    y = level + dice.between(0.018, 0.03)
    bar = [(0.0, y - 0.012), (reach, y - 0.010), (reach + 0.02, y + 0.006), (0.0, y + 0.010)]
    placed = [(ASPECT - px if side else px, py) for px, py in bar]
    stage.canvas.polygon(placed, stage.soil((128, 124, 126), 0.6))


def _draw_slabs(stage: Stage, quay: float) -> None:
    dice = stage.dice
    stone = stage.soil((186, 178, 166), 0.05)
    seam = darker(stone, 0.16)
    canvas = stage.canvas
    canvas.rectangle(LEFT, quay - 0.006, RIGHT, quay + 0.016, stage.soil((206, 198, 184), 0.05))
    canvas.rectangle(LEFT, quay - 0.022, RIGHT, quay - 0.006, stage.tone((92, 92, 98), 0.05))
    canvas.rectangle(LEFT, quay + 0.012, RIGHT, 1.0, stone)
    canvas.gradient(quay + 0.012, 1.0, darker(stone, 0.06), lighter(stone, 0.06))
    rows = (quay + 0.012, quay + 0.065, quay + 0.135, 1.02)
    middle = dice.between(0.4, 0.9)
    for upper, lower in pairwise(rows):
        canvas.line([(LEFT, upper), (RIGHT, upper)], 0.0025, seam)
        shift = dice.between(0.0, 0.16)
        for i in range(-4, 11):
            x = middle + (i + shift * 6) * 0.16 - 0.3
            run = (x - middle) * 0.32
            canvas.line([(x, upper), (x + run * (lower - upper) * 4, lower)], 0.0025, seam)


def _draw_planks(stage: Stage, quay: float) -> None:
    dice = stage.dice
    wood = stage.soil((170, 130, 92), 0.05)
    canvas = stage.canvas
    canvas.rectangle(LEFT, quay - 0.022, RIGHT, quay + 0.002, stage.tone((84, 64, 54), 0.05))
    canvas.rectangle(LEFT, quay, RIGHT, 1.0, wood)
    y, deep = quay, 0.020
    while y < 1.0:
        tint = mix(wood, darker(wood, 0.2), dice.unit() * 0.5)
        canvas.rectangle(LEFT, y, RIGHT, y + deep, tint)
        canvas.line([(LEFT, y), (RIGHT, y)], 0.0026, darker(wood, 0.34))
        x = dice.between(0.1, ASPECT - 0.1)
        canvas.line([(x, y), (x, y + deep)], 0.0026, darker(wood, 0.34))
        y += deep
        deep *= 1.2


def _draw_bollards(stage: Stage, quay: float) -> None:
    dice, canvas = stage.dice, stage.canvas
    iron = stage.soil((62, 66, 78), 0.1, 3)
    shift = dice.between(0.0, 0.2)
    for i in range(3):
        x = 0.14 + shift + i * 0.44
        canvas.rectangle(x - 0.009, quay - 0.022, x + 0.009, quay + 0.012, iron)
        canvas.rectangle(
            x - 0.015, quay - 0.030, x + 0.015, quay - 0.018, lighter(iron, 0.18), 1.0, 0.005
        )


def draw_lake(stage: Stage) -> None:
    """Draw a still lake below wooded hills, with a grassy shore in front."""
    dice, level = stage.dice, stage.horizon
    shore = 0.722 + dice.around(0.0, 0.006)
    far = rolling(dice, level - 0.11, 0.05, 1.3)
    middle = rolling(dice, level - 0.045, 0.03, 1.6)
    tones = (stage.soil((118, 150, 172), 0.85), stage.soil((92, 138, 118), 0.65, dust=0.4))
    wood = conifers(dice, level + 0.004, 0.045, 0.026)
    _draw_water(stage, level, shore + 0.03, (88, 150, 178), (52, 116, 152))
    for line, fill in ((far, tones[0]), (middle, tones[1])):
        stage.below(line, level + 0.002, fill)
        _draw_reflection(stage, line, level, fill)
    _draw_reflection(stage, wood, level, stage.wood(wood, level + 0.002, (58, 104, 88), 0.5))
    stage.canvas.veil(level, shore + 0.03, sky_of(stage.light).low, 0.0, 0.16)
    _draw_waves(stage, level + 0.02, shore)
    _draw_glitter(stage, level + 0.04, shore - 0.02)
    stage.below(rolling(dice, shore, 0.010, 1.4), 1.0, stage.soil((96, 128, 70), 0.2))
    stage.below(rolling(dice, shore + 0.022, 0.012, 1.2), 1.0, stage.soil((126, 170, 84), 0.12))
    stage.below(rolling(dice, 0.87, 0.02, 0.8), 1.0, stage.soil((104, 154, 70), 0.0))
    draw_tufts(stage, (74, 126, 60), 14, shore + 0.05)
    _draw_reeds(stage, shore)
    draw_ground_cover(stage, shore + 0.06)


def _draw_reflection(stage: Stage, line: list[Point], level: float, fill: RGB) -> None:
    mirrored = [(x, level + (level - y) * 0.85) for x, y in line]
    deep = mix(darker(fill, 0.12), (60, 120, 150), 0.18 if not stage.light.is_dark else 0.0)
    stage.canvas.polygon([*mirrored, (line[-1][0], level), (line[0][0], level)], deep, 0.72)


def _draw_reeds(stage: Stage, shore: float) -> None:
    dice = stage.dice
    for side in (0, 1):
        for _ in range(9):
            x = dice.between(0.0, 0.13)
            across = ASPECT - x if side else x
            y = shore + dice.between(0.0, 0.03)
            tall, lean = dice.between(0.05, 0.11), dice.around(0.0, 0.015)
            stem = stage.soil((96, 124, 64), 0.1)
            stage.canvas.line([(across, y), (across + lean, y - tall)], 0.003, stem)
            if dice.chance(0.5):
                head = stage.tone((112, 78, 54), 0.1)
                tip = (across + lean, y - tall)
                stage.canvas.line([(tip[0], tip[1] + 0.02), tip], 0.007, head)
    if stage.light.weather is Weather.FOG:
        stage.canvas.veil(shore - 0.06, shore, stage.light.haze, 0.0, 0.2)
