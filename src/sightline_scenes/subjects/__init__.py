"""The artists: one for each kind of subject."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.animals import ANIMALS
from sightline_scenes.subjects.buildings import BUILDINGS
from sightline_scenes.subjects.craft import CRAFT
from sightline_scenes.subjects.people import PEOPLE
from sightline_scenes.subjects.plants import PLANTS
from sightline_scenes.subjects.things import THINGS
from sightline_scenes.subjects.vehicles import VEHICLES

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
