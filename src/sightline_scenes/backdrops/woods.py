"""The forest: a clearing before a wall of trees."""

from __future__ import annotations

from sightline_scenes.backdrops.ground import draw_ground_cover, draw_tufts
from sightline_scenes.backdrops.stage import LEFT, RIGHT, Stage, conifers, crowns, rolling
from sightline_scenes.light import RGB
from sightline_scenes.world import ASPECT

_FIR_GREENS: tuple[RGB, ...] = ((108, 150, 128), (70, 120, 94), (44, 90, 70))
_LEAF_GREENS: tuple[RGB, ...] = ((134, 164, 110), (96, 138, 82), (66, 108, 62))
# The three rows of a wood, the farthest first: distance, height, and the breadth of a tree.
_WALL = ((0.85, 0.43, 0.085), (0.6, 0.33, 0.095), (0.35, 0.22, 0.105))


def draw_forest(stage: Stage) -> None:
    """Draw a clearing before a wall of dense trees."""
    dice, level = stage.dice, stage.horizon + 0.02
    firs = dice.chance(0.6)
    edge, greens = (conifers, _FIR_GREENS) if firs else (crowns, _LEAF_GREENS)
    for colour, (distance, height, stride) in zip(greens, _WALL, strict=True):
        line = edge(dice, level, height * dice.between(0.92, 1.08), stride)
        stage.wood(line, level + 0.02, colour, distance)
    if not firs:
        _draw_trunks(stage, level)
    stage.wood(crowns(dice, level + 0.01, 0.035, 0.05), level + 0.03, (38, 74, 52), 0.3)
    stage.below(rolling(dice, level + 0.012, 0.006), 1.0, stage.soil((92, 112, 64), 0.3))
    stage.below(rolling(dice, level + 0.10, 0.02, 1.0), 1.0, stage.soil((112, 128, 70), 0.15))
    stage.below(rolling(dice, 0.85, 0.025, 0.8), 1.0, stage.soil((88, 106, 58), 0.0))
    if stage.sunlit and not stage.light.is_dark:
        _draw_shafts(stage, level)
    _draw_litter(stage)
    draw_tufts(stage, (54, 88, 50), 22)
    draw_ground_cover(stage, level + 0.06)


def _draw_trunks(stage: Stage, level: float) -> None:
    dice = stage.dice
    gloom = stage.soil((40, 66, 58), 0.35, dust=0.1)
    bark = stage.soil((92, 92, 76), 0.35, dust=0.1)
    stage.canvas.rectangle(LEFT, level - 0.085, RIGHT, level + 0.01, gloom)
    x = LEFT
    while x < RIGHT:
        x += dice.between(0.016, 0.05)
        wide = dice.between(0.005, 0.011)
        stage.canvas.rectangle(x, level - 0.10, x + wide, level + 0.01, bark)
    fringe = crowns(dice, level - 0.09, 0.06, 0.07)
    leaves = [(px, level - 0.09 - (level - 0.09 - py) * -0.35) for px, py in fringe]
    stage.canvas.polygon(
        [*leaves, (RIGHT, level - 0.13), (LEFT, level - 0.13)],
        stage.soil(_LEAF_GREENS[-1], 0.35, 0.0, 0.22),
    )


def _draw_shafts(stage: Stage, level: float) -> None:
    dice = stage.dice
    run = -stage.sunward * dice.between(0.14, 0.26)
    for _ in range(3):
        x, wide = dice.between(0.1, ASPECT - 0.1), dice.between(0.06, 0.11)
        top, foot = level - dice.between(0.3, 0.36), level + dice.between(0.07, 0.13)
        shaft = [(x, top), (x + 0.012, top), (x + wide + run, foot), (x + run, foot)]
        stage.canvas.polygon(shaft, (255, 244, 196), 0.12)


def _draw_litter(stage: Stage) -> None:
    dice = stage.dice
    for _ in range(22):
        x, y = dice.between(0, ASPECT), dice.between(0.66, 1.0)
        fill = stage.soil(dice.pick(((150, 112, 66), (126, 152, 80), (70, 104, 54))), 0.1)
        size = 0.004 + 0.010 * (y - 0.6)
        stage.canvas.ellipse(x, y, size * 2.2, size, fill)
