"""Animals: dog, cat, horse, cow, sheep, fish and bird."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline.scenes.dice import Dice
from sightline.scenes.kinds import Kind
from sightline.scenes.light import RGB
from sightline.scenes.pen import Pen
from sightline.scenes.subjects.livestock import draw_cow, draw_horse, draw_sheep
from sightline.scenes.subjects.pets import draw_cat, draw_dog
from sightline.scenes.subjects.wildlife import draw_bird, draw_fish

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
