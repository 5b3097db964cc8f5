"""What the named colours look like."""

from __future__ import annotations

from collections.abc import Mapping

from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Colour
from sightline_scenes.light import RGB

PAINT: Mapping[Colour, RGB] = {
    Colour.RED: (212, 44, 44),
    Colour.ORANGE: (240, 132, 34),
    Colour.YELLOW: (250, 208, 52),
    Colour.GREEN: (58, 152, 76),
    Colour.BLUE: (44, 104, 208),
    Colour.PURPLE: (132, 66, 176),
    Colour.PINK: (244, 136, 178),
    Colour.BROWN: (132, 84, 48),
    Colour.WHITE: (246, 243, 236),
    Colour.GREY: (140, 144, 150),
    Colour.BLACK: (44, 44, 52),
}


def shade_of(colour: Colour, dice: Dice) -> RGB:
    """Return one shade of a named colour, a little different each time."""
    red, green, blue = PAINT[colour]
    lift = dice.around(1.0, 0.07)
    return (
        _channel(red * lift + dice.around(0, 8)),
        _channel(green * lift + dice.around(0, 8)),
        _channel(blue * lift + dice.around(0, 8)),
    )


def _channel(value: float) -> int:
    return min(255, max(0, round(value)))
