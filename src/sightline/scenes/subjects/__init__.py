"""The artists: one for each kind of subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline.scenes.dice import Dice
from sightline.scenes.kinds import Kind
from sightline.scenes.light import RGB
from sightline.scenes.pen import Pen
from sightline.scenes.subjects.animals import ANIMALS
from sightline.scenes.subjects.buildings import BUILDINGS
from sightline.scenes.subjects.craft import CRAFT
from sightline.scenes.subjects.people import PEOPLE
from sightline.scenes.subjects.plants import PLANTS
from sightline.scenes.subjects.things import THINGS
from sightline.scenes.subjects.vehicles import VEHICLES

Artist: TypeAlias = Callable[[Pen, RGB, Dice], None]

ARTISTS: Mapping[Kind, Artist] = {
    **BUILDINGS,
    **VEHICLES,
    **CRAFT,
    **THINGS,
    **ANIMALS,
    **PEOPLE,
    **PLANTS,
}
