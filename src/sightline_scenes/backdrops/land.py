"""Open country: mountains, desert, meadow and snow field."""

from __future__ import annotations

import math

from sightline_scenes.backdrops.ground import draw_ground_cover, draw_path, draw_stones, draw_tufts
from sightline_scenes.backdrops.stage import (
    SNOW,
    Stage,
    conifers,
    craggy,
    is_sunset,
    rolling,
)
from sightline_scenes.canvas import Point
from sightline_scenes.light import RGB, mix
from sightline_scenes.world import ASPECT


def draw_mountains(stage: Stage) -> None:
    """Draw snow-capped peaks above an alpine pasture."""
    dice, level = stage.dice, stage.horizon
    far = stage.tone((112, 132, 176), 0.95)
    stage.below(craggy(dice, level, dice.between(0.24, 0.32), 7), level + 0.03, far)
    stride = ASPECT / 4
    for slot in dice.shuffled(range(5)):
        x = (slot + dice.around(0.0, 0.3)) * stride
        _draw_peak(stage, x, level + 0.02, dice.between(0.20, 0.42))
    stage.wood(conifers(dice, level + 0.025, 0.06, 0.03), level + 0.05, (54, 92, 88), 0.55)
    grass = (122, 164, 92)
    stage.below(rolling(dice, level + 0.02, 0.012), 1.0, stage.soil(grass, 0.5))
    stage.below(rolling(dice, level + 0.12, 0.02, 1.0), 1.0, stage.soil((108, 156, 82), 0.25))
    stage.below(rolling(dice, 0.84, 0.025, 0.8), 1.0, stage.soil((92, 142, 74), 0.0))
    draw_stones(stage, (150, 148, 146), 7)
    draw_tufts(stage, (70, 118, 62), 16)
    draw_ground_cover(stage, level + 0.06)


def _draw_peak(stage: Stage, x: float, foot: float, height: float) -> None:
    dice, lean = stage.dice, -stage.sunward
    half = height * dice.between(0.66, 0.9)
    lit = stage.tone((146, 144, 160), 0.5, 6)
    shade = stage.tone((98, 104, 138), 0.5, 4)
    sunny = _slope(stage, x, foot, height, -lean * half)
    shady = _slope(stage, x, foot, height, lean * half)
    crest = [(x, foot - height)]
    for i in range(1, 6):
        aside = half * (0.10 * i / 5 + (0.045 if i % 2 else -0.05) * dice.between(0.6, 1.2))
        crest.append((x + lean * aside, foot - height + height * i / 5))
    stage.canvas.polygon([*sunny, *reversed(crest)], lit)
    stage.canvas.polygon([*shady, *reversed(crest)], shade)
    for side, colour, distance in ((sunny, SNOW, 0.3), (shady, (190, 204, 234), 0.4)):
        stage.canvas.polygon(_cap(stage, side, crest), stage.tone(colour, distance))


def _slope(stage: Stage, x: float, foot: float, height: float, reach: float) -> list[Point]:
    # From the top down, in five strides that do not quite follow the straight line.
    line = [(x, foot - height)]
    for i in range(1, 6):
        wobble = stage.dice.around(0.0, 0.055) if i < 5 else 0.0
        line.append((x + reach * (i / 5 + wobble), foot - height + height * i / 5))
    return line


def _cap(stage: Stage, side: list[Point], crest: list[Point]) -> list[Point]:
    # The snow reaches down to the second stride, with a ragged lower edge.
    dice = stage.dice
    (x0, y0), (x1, y1) = side[2], crest[2]
    deep = (crest[2][1] - crest[1][1]) * 0.55
    teeth = [
        (
            x0 + (x1 - x0) * i / 4,
            y0 + (y1 - y0) * i / 4 + deep * (dice.between(0.3, 1.0) if i % 2 else -0.35),
        )
        for i in range(1, 4)
    ]
    return [side[0], side[1], side[2], *teeth, crest[2], crest[1]]


def draw_desert(stage: Stage) -> None:
    """Draw dunes below table mountains."""
    dice, level = stage.dice, stage.horizon
    for slot in dice.sample((0.15, 0.45, 0.8, 1.15), 1 + dice.below(3)):
        _draw_mesa(stage, slot + dice.around(0.0, 0.15), level + 0.012, dice.between(0.08, 0.18))
    stage.below(rolling(dice, level - 0.012, 0.02, 1.6), 1.0, stage.soil((228, 180, 132), 0.7))
    for foot, tall, colour, distance in (
        (level + 0.045, 0.065, (234, 184, 124), 0.5),
        (level + 0.115, 0.075, (240, 192, 122), 0.25),
    ):
        shift = dice.between(0.0, 0.4)
        lit = stage.soil(colour, distance)
        stage.below(rolling(dice, foot - 0.012, 0.008, 1.0), 1.0, lit)
        for i in dice.shuffled(range(4)):
            x = i * 0.44 - 0.2 + shift + dice.around(0.0, 0.08)
            _draw_dune(stage, (x, foot), tall * dice.between(0.6, 1.1), colour, distance)
    stage.below(rolling(dice, 0.83, 0.03, 0.8), 1.0, stage.soil((236, 184, 108), 0.0))
    for _ in range(14):
        x, y = dice.between(0, ASPECT), dice.between(0.76, 0.99)
        _draw_ripple(stage, x, y, stage.soil((216, 160, 90), 0.0))
    draw_stones(stage, (176, 122, 88), 6)
    draw_ground_cover(stage, level + 0.08)


def _draw_mesa(stage: Stage, x: float, foot: float, height: float) -> None:
    dice, sunward = stage.dice, stage.sunward
    half = height * dice.between(1.1, 2.2)
    rock, dark = stage.tone((204, 120, 84), 0.6, 6), stage.tone((164, 90, 78), 0.6)
    top = foot - height
    shoulder = top + height * dice.between(0.42, 0.6)
    crown = half * dice.between(0.62, 0.8)
    shape = [(x - half, foot), (x - crown, shoulder), (x - crown * 0.92, top)]
    shape += [(x - crown * 0.2, top + height * dice.around(0.0, 0.05)), (x + crown * 0.92, top)]
    stage.canvas.polygon([*shape, (x + crown, shoulder), (x + half, foot)], rock)
    lean = -sunward
    edge = x + lean * crown * dice.between(0.3, 0.5)
    stage.canvas.polygon(
        [
            (edge, top),
            (x + lean * crown * 0.92, top),
            (x + lean * crown, shoulder),
            (x + lean * half, foot),
            (edge + lean * 0.01, foot),
        ],
        dark,
    )
    for _ in range(4):
        crack = x + crown * dice.between(-0.8, 0.8)
        deep = (shoulder - top) * dice.between(0.5, 1.0)
        stage.canvas.line([(crack, top + 0.004), (crack, top + deep)], 0.0025, dark, 0.5)
    band = stage.tone((222, 148, 104), 0.6)
    for share in (0.12, 0.27):
        y = top + (shoulder - top) * share * 2
        stage.canvas.rectangle(x - crown * 0.9, y, x + crown * 0.9, y + height * 0.05, band, 0.4)


def _draw_dune(stage: Stage, foot: Point, tall: float, colour: RGB, distance: float) -> None:
    # A sickle: the windward side in the light, the lee side in shade below a winding crest.
    (x, y), dice, lean = foot, stage.dice, -stage.sunward
    wide = dice.between(0.24, 0.36)
    lit = stage.soil(colour, distance)
    shade = stage.soil(mix(colour, (158, 92, 84), 0.40), distance)
    top = (x, y - tall)
    sunny = [(x - lean * wide * s, y - tall * (1 - s) ** 1.5) for s in _steps(8)]
    shady = [(x + lean * wide * 0.9 * s, y - tall * (1 - s) ** 1.9) for s in _steps(8)]
    bend = dice.between(0.05, 0.10)
    crest = [
        (x + lean * wide * (0.28 * s - bend * math.sin(s * math.tau)), y - tall + tall * 1.25 * s)
        for s in _steps(8)
    ]
    stage.canvas.polygon([*sunny, (x, y + tall * 0.3), *reversed(shady)], lit)
    stage.canvas.polygon([top, *shady, *reversed(crest)], shade)


def _steps(count: int) -> list[float]:
    return [i / count for i in range(count + 1)]


def _draw_ripple(stage: Stage, x: float, y: float, fill: RGB) -> None:
    half, bow = stage.dice.between(0.03, 0.10), stage.dice.between(-0.006, 0.006)
    lens = [(x - half, y), (x, y + bow - 0.002), (x + half, y), (x, y + bow + 0.003)]
    stage.canvas.smooth(lens, fill)


def draw_meadow(stage: Stage) -> None:
    """Draw rolling green hills with a path and specks of flowers."""
    dice, level = stage.dice, stage.horizon
    hills: tuple[tuple[float, float, RGB, float], ...] = (
        (-0.10, 0.045, (126, 172, 150), 0.95),
        (-0.045, 0.04, (126, 182, 116), 0.7),
        (0.0, 0.022, (134, 190, 92), 0.45),
    )
    for lift, swell, colour, distance in hills:
        line = rolling(dice, level + lift, swell, dice.between(1.0, 1.7))
        stage.below(line, level + 0.12, stage.soil(colour, distance))
        if lift == -0.045:
            _draw_hedges(stage, line)
    stage.below(rolling(dice, level + 0.045, 0.018, 1.0), 1.0, stage.soil((122, 184, 78), 0.25))
    draw_path(stage, level + 0.05, (226, 198, 150))
    stage.below(rolling(dice, 0.90, 0.03, 0.7), 1.0, stage.soil((92, 160, 62), 0.0))
    draw_tufts(stage, (66, 132, 52), 22)
    _draw_specks(stage)
    draw_ground_cover(stage, level + 0.06)


def _draw_hedges(stage: Stage, line: list[Point]) -> None:
    # Low, even belts of wood: nothing in them stands out as a tree.
    dice = stage.dice
    for _ in range(2):
        count = 5 + dice.below(8)
        start = dice.below(len(line) - count - 1)
        belt = line[start : start + count]
        tall = dice.between(0.018, 0.028)
        rim = [
            (x, y - tall * math.sin(math.pi * i / (count - 1)) ** 0.5 * dice.between(0.75, 1.0))
            for i, (x, y) in enumerate(belt)
        ]
        foot = [(x, y + 0.006) for x, y in reversed(belt)]
        stage.canvas.smooth([*rim, *foot], stage.soil((92, 146, 104), 0.7, dust=0.3))


def _draw_specks(stage: Stage) -> None:
    dice = stage.dice
    hues: tuple[RGB, ...] = ((255, 250, 240), (252, 222, 110), (236, 130, 150), (176, 140, 216))
    chosen = dice.sample(hues, 2)
    for _ in range(60):
        y = 0.64 + 0.36 * dice.unit() ** 0.8
        size = 0.0016 + 0.006 * (y - 0.6)
        x = dice.between(0, ASPECT)
        stage.canvas.ellipse(x, y, size, size * 0.8, stage.tone(dice.pick(chosen), 0.1))


def draw_snowfield(stage: Stage) -> None:
    """Draw a white plain with blue shades."""
    dice, level = stage.dice, stage.horizon
    stage.below(
        rolling(dice, level - 0.08, 0.05, 1.4), level + 0.05, stage.tone((176, 198, 226), 0.9)
    )
    stage.below(
        rolling(dice, level - 0.03, 0.03, 1.2), level + 0.05, stage.tone((208, 222, 240), 0.75)
    )
    _draw_distant_firs(stage, level)
    stage.below(rolling(dice, level + 0.015, 0.01), 1.0, stage.tone((234, 241, 250), 0.5))
    stage.canvas.gradient(
        level + 0.04, 1.0, stage.tone((238, 243, 251), 0.45), stage.tone(SNOW, 0.0)
    )
    for share, tint in ((0.10, 0.30), (0.20, 0.14), (0.33, 0.0)):
        _draw_drift(stage, level + share + dice.around(0.0, 0.012), tint)
    for _ in range(26):
        x, y = dice.between(0, ASPECT), dice.between(level + 0.08, 0.99)
        stage.canvas.ellipse(x, y, 0.003, 0.002, stage.tone((255, 255, 255), 0.0))


def _draw_distant_firs(stage: Stage, level: float) -> None:
    dice, foot = stage.dice, level + 0.022
    start, end = dice.between(0.0, 0.6), dice.between(0.8, ASPECT)
    wood = []
    for x, y in conifers(dice, foot, 0.07, 0.024):
        if start < x < end:
            share = (x - start) / (end - start)
            wood.append((x, foot - (foot - y) * math.sin(math.pi * share) ** 0.4))
    stage.canvas.polygon([(start, foot), *wood, (end, foot)], stage.tone(stage.snow, 0.3))
    laden = [(start, foot), *((x, y + 0.010) for x, y in wood), (end, foot)]
    stage.canvas.polygon(laden, stage.tone((112, 142, 170), 0.6))


def _draw_drift(stage: Stage, level: float, distance: float) -> None:
    # A hollow that darkens downwards, and the bright crest of the drift before it.
    dice = stage.dice
    shade = (190, 176, 222) if is_sunset(stage.light) else (186, 207, 240)
    line = rolling(dice, level, 0.018, dice.between(0.7, 1.2))
    stage.canvas.veil(level - 0.075, level + 0.02, stage.tone(shade, distance), 0.0, 0.8)
    stage.below(line, level + 0.021, stage.tone(mix(SNOW, shade, 0.10), distance))
    first, last = mix(SNOW, shade, 0.10), mix(SNOW, shade, 0.02)
    foot = 1.0 if level > 0.8 else level + 0.14
    stage.canvas.gradient(
        level + 0.02, foot, stage.tone(first, distance), stage.tone(last, distance)
    )
