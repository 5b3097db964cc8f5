"""Random scenes that make sense: everything is where it is found, and can be seen."""

from __future__ import annotations

from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS, WEATHERS, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.places import nominal_box
from sightline_scenes.world import Scene, Subject


def is_possible(scene: Scene) -> bool:
    """Return whether a scene makes sense and every subject in it can be seen."""
    return (
        0 < len(scene.subjects) <= 4
        and scene.weather in WEATHERS[scene.setting]
        and all(scene.setting in TRAITS[s.kind].settings for s in scene.subjects)
        and all(s.colour in TRAITS[s.kind].colours for s in scene.subjects)
        and len({(s.kind, s.colour) for s in scene.subjects}) == len(scene.subjects)
        and _all_visible(scene)
    )


def _all_visible(scene: Scene) -> bool:
    boxes = [nominal_box(subject, scene.setting) for subject in scene.subjects]
    for i, behind in enumerate(boxes):
        for in_front in boxes[i + 1 :]:
            first, second = sorted((behind, in_front), key=lambda box: box.y)
            # What is in front may hide a corner of what is behind, and a cat far away must not seem
            # to stand on the back of the sheep before it.
            if first.covered_by(second) > 0.15 or first.stands_on(second):
                return False
    return True


def draw_lots(dice: Dice) -> Scene:
    """Return a random scene that is possible."""
    while True:
        setting = dice.pick(tuple(Setting))
        time = dice.weighted({Time.DAY: 0.42, Time.SUNSET: 0.28, Time.NIGHT: 0.30})
        weights = {Weather.CLEAR: 0.45, Weather.RAIN: 0.2, Weather.SNOW: 0.2, Weather.FOG: 0.15}
        weather = dice.weighted({w: weights[w] for w in WEATHERS[setting]})
        count = dice.weighted({1: 0.2, 2: 0.4, 3: 0.27, 4: 0.13})
        for _ in range(12):
            subjects = tuple(draw_subject(dice, setting) for _ in range(count))
            kinds_differ = len({s.kind for s in subjects}) == count
            scene = Scene(setting, time, weather, subjects)
            # The same kind twice is allowed now and then: two cars of different colours.
            if (kinds_differ or dice.chance(0.25)) and is_possible(scene):
                return scene


def draw_subject(dice: Dice, setting: Setting, kind: Kind | None = None) -> Subject:
    """Return a random subject that is found in a setting."""
    if kind is None:
        kind = dice.pick(kinds_in(setting))
    return Subject(
        kind,
        dice.pick(TRAITS[kind].colours),
        dice.pick(tuple(Size)),
        dice.pick(tuple(Side)),
        dice.weighted({Depth.NEAR: 0.58, Depth.FAR: 0.42}),
    )


def kinds_in(setting: Setting) -> tuple[Kind, ...]:
    """Return the kinds that are found in a setting."""
    return tuple(kind for kind, traits in TRAITS.items() if setting in traits.settings)
