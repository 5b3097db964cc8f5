"""Animals: dog, cat, horse, cow, sheep, fish and bird."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.livestock import draw_cow, draw_horse, draw_sheep
from sightline_scenes.subjects.pets import draw_cat, draw_dog
from sightline_scenes.subjects.wildlife import draw_bird, draw_fish

Artist: TypeAlias = Callable[[Pen, RGB, Dice], None]

ANIMALS: Mapping[Kind, Artist] = {
    Kind.DOG: draw_dog,
    Kind.CAT: draw_cat,
    Kind.HORSE: draw_horse,
    Kind.COW: draw_cow,
    Kind.SHEEP: draw_sheep,
    Kind.FISH: draw_fish,
    Kind.BIRD: draw_bird,
}
