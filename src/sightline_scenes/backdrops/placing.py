"""From a scene to its backdrop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sightline_scenes.backdrops.land import (
    draw_desert,
    draw_meadow,
    draw_mountains,
    draw_snowfield,
)
from sightline_scenes.backdrops.sky import draw_sky, place_of_sun
from sightline_scenes.backdrops.stage import Stage
from sightline_scenes.backdrops.town import draw_city
from sightline_scenes.backdrops.water import draw_beach, draw_harbour, draw_lake
from sightline_scenes.backdrops.woods import draw_forest
from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Setting
from sightline_scenes.light import Light
from sightline_scenes.places import HORIZON
from sightline_scenes.world import Scene

_PLACES: Mapping[Setting, Callable[[Stage], None]] = {
    Setting.BEACH: draw_beach,
    Setting.MOUNTAINS: draw_mountains,
    Setting.DESERT: draw_desert,
    Setting.FOREST: draw_forest,
    Setting.MEADOW: draw_meadow,
    Setting.CITY: draw_city,
    Setting.HARBOUR: draw_harbour,
    Setting.SNOWFIELD: draw_snowfield,
    Setting.LAKE: draw_lake,
}


def draw_backdrop(canvas: Canvas, light: Light, scene: Scene, dice: Dice) -> None:
    """Draw all that is behind the subjects: sky, horizon, ground and water."""
    # Only a little: the subjects stand where the nominal horizon says.
    horizon = HORIZON[scene.setting] + dice.around(0.0, 0.015)
    sun = place_of_sun(scene.setting, light, horizon, dice)
    stage = Stage(canvas, light, scene, dice, horizon, sun)
    draw_sky(stage)
    _PLACES[scene.setting](stage)
