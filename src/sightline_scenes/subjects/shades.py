"""The tones of one subject, from its named colour: a sunny side, a shade side, an edge."""

from __future__ import annotations

from dataclasses import dataclass

from sightline_scenes.light import RGB, darker, lighter, mix
from sightline_scenes.pen import Pen

CREAM: RGB = (245, 236, 217)
SLATE: RGB = (84, 90, 104)
IRON: RGB = (46, 47, 56)
STEEL: RGB = (186, 191, 198)
WOOD: RGB = (112, 84, 62)
GLASS: RGB = (176, 206, 220)
DUSK_GLASS: RGB = (70, 84, 116)
LAMP: RGB = (255, 214, 128)
FOAM: RGB = (226, 240, 246)


@dataclass(frozen=True, slots=True)
class Shades:
    """What one named colour becomes on the faces of a subject.

    Attributes:
        base: The colour itself.
        lit: Towards the light, still plainly the same colour.
        shade: Away from the light, likewise.
        deep: For joints, roofs and grooves.
        edge: A line that parts the subject from a background of its own lightness.
        trim: A neutral for frames and stripes that shows on the colour.
        is_pale: Whether it is white or nearly so.
        is_black: Whether it is black or nearly so.
    """

    base: RGB
    lit: RGB
    shade: RGB
    deep: RGB
    edge: RGB
    trim: RGB
    is_pale: bool
    is_black: bool

    def side(self, pen: Pen, side: float) -> RGB:
        """Return the tone of a face that looks to the right (+1) or to the left (-1)."""
        return self.lit if side * pen.sun > 0 else self.shade


def shades_of(colour: RGB) -> Shades:
    """Return the tones of a colour; white gets cool shadows, black gets light edges."""
    if min(colour) > 195:
        cool = mix(colour, (150, 170, 206), 0.42)
        deep = mix(colour, (104, 122, 158), 0.72)
        return Shades(colour, (255, 253, 249), cool, deep, deep, (150, 160, 180), True, False)
    if max(colour) < 92:
        rim = lighter(colour, 0.55)
        return Shades(
            colour,
            lighter(colour, 0.13),
            darker(colour, 0.4),
            (18, 18, 26),
            rim,
            STEEL,
            False,
            True,
        )
    lit, shade = _warmed(colour)
    # The shade of the shade: a warm colour stays warm in its grooves.
    deep = mix(shade, (62, 30, 40) if colour[0] == max(colour) else (14, 22, 44), 0.42)
    return Shades(colour, lit, shade, deep, lit, CREAM, False, False)


def _warmed(colour: RGB) -> tuple[RGB, RGB]:
    red, green, blue = colour
    if red > 190 and 90 < green and blue < 100:
        # Yellow and orange turn olive and brown when they are only darkened.
        return lighter(colour, 0.24), (round(red * 0.9), round(green * 0.81), round(blue * 0.62))
    if red > 170 and green < 90 and blue < 90:
        # Red turns pink when it is only lightened.
        return mix(colour, (255, 150, 96), 0.2), darker(colour, 0.22)
    return lighter(colour, 0.18), darker(colour, 0.22)


def glass_of(pen: Pen) -> RGB:
    """Return the colour of an unlit pane."""
    return DUSK_GLASS if pen.is_dark else GLASS
