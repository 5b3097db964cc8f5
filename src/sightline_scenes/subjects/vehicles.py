"""What rolls on wheels: car, truck, bus, bicycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sightline_scenes.canvas import Point
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import Kind
from sightline_scenes.light import RGB, mix
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.shades import (
    IRON,
    LAMP,
    STEEL,
    WOOD,
    Shades,
    glass_of,
    shades_of,
)
from sightline_scenes.subjects.shapes import band, box, ring

_ARCH: RGB = (30, 31, 38)


def draw_car(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a car from its side: a saloon or a hatchback."""
    shades = shades_of(colour)
    pen.shadow(1.02)
    back = dice.pick((dice.between(-0.92, -0.86), dice.between(-0.74, -0.66)))
    front, belt = dice.between(0.50, 0.58), dice.between(0.59, 0.63)
    roof_back, roof_front = back + dice.between(0.18, 0.26), dice.between(0.08, 0.16)
    cabin = [(back, belt - 0.04), (roof_back, 0.94), (roof_back + 0.16, 1.0)]
    cabin += [(roof_front - 0.10, 1.0), (roof_front + 0.05, 0.95), (front, belt - 0.04)]
    pen.polygon(cabin, shades.base)
    pen.line([(roof_back + 0.1, 0.985), (roof_front - 0.08, 0.985)], 0.03, shades.edge)
    _hull(pen, belt, shades)
    _car_windows(pen, cabin, belt, shades)
    pen.line([(-0.90, belt - 0.05), (0.66, belt - 0.05)], 0.022, shades.edge)
    pillar = (back + front) / 2 - 0.02
    for x in (pillar, pillar - 0.44):
        pen.line([(x, 0.24), (x, belt - 0.03)], 0.012, shades.deep)
    pen.rectangle(pillar - 0.14, belt - 0.13, pillar - 0.04, belt - 0.105, shades.trim)
    pen.rectangle(-1.0, 0.34, -0.95, 0.45, (150, 46, 46))
    wheel = dice.between(0.18, 0.2)
    for x in (-0.58, 0.60):
        pen.ellipse(x, wheel, wheel + 0.03, wheel + 0.03, _ARCH)
        _wheel(pen, x, wheel)
    _headlight(pen, 0.93, 0.40, 0.055)


def _hull(pen: Pen, belt: float, shades: Shades) -> None:
    outline = [(-0.97, 0.17), (-1.0, 0.36), (-0.95, belt - 0.05), (-0.86, belt), (0.52, belt)]
    outline += [(0.78, belt - 0.05), (0.93, belt - 0.12), (1.0, 0.32), (0.99, 0.17)]
    pen.polygon(outline, shades.base)
    pen.polygon([(-0.97, 0.15), (-0.99, 0.29), (0.99, 0.29), (0.99, 0.15)], shades.shade)
    pen.rectangle(-0.97, 0.13, 0.98, 0.16, IRON)


def _car_windows(pen: Pen, cabin: list[Point], belt: float, shades: Shades) -> None:
    (back, _), (roof_back, _), _, _, (roof_front, _), (front, _) = cabin
    pane = glass_of(pen)
    low, high = belt + 0.035, 0.905
    middle = (back + front) / 2 - 0.02
    pen.polygon(
        [(back + 0.15, low), (roof_back + 0.10, high), (middle - 0.04, high), (middle - 0.04, low)],
        pane,
    )
    pen.polygon(
        [
            (middle + 0.04, low),
            (middle + 0.04, high),
            (roof_front - 0.03, high),
            (front - 0.14, low),
        ],
        pane,
    )
    if not pen.is_dark:
        shine = [(middle + 0.1, low), (middle + 0.22, high), (middle + 0.28, high)]
        pen.polygon([*shine, (middle + 0.16, low)], (236, 246, 250), 0.7)


def _wheel(pen: Pen, x: float, radius: float) -> None:
    pen.ellipse(x, radius, radius, radius, IRON)
    pen.ellipse(x, radius, radius * 0.56, radius * 0.56, STEEL)
    pen.ellipse(x, radius, radius * 0.22, radius * 0.22, (98, 102, 112))


def _headlight(pen: Pen, x: float, y: float, size: float) -> None:
    if not pen.is_dark:
        pen.ellipse(x, y, size * 0.8, size, (250, 242, 214))
        return
    for reach in (0.35, 0.55, 0.72, 0.86):
        low = max(0.0, y - size - 0.4 * reach)
        beam = [(x, y + size), (x + reach, y + size * 1.2), (x + reach, low), (x, y - size)]
        pen.shining(beam, (255, 236, 176), 0.075)
    pen.lit(x - size * 0.8, y - size, x + size * 0.8, y + size, (255, 246, 208))
    pen.glow(x + 0.02, y, size * 5, LAMP, 0.6)


def draw_truck(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a truck from its side: a cab and a tall box."""
    shades = shades_of(colour)
    pen.shadow(0.9)
    rear, gate = -0.87, dice.between(0.24, 0.32)
    pen.rectangle(rear + 0.03, 0.14, 0.84, 0.24, IRON)
    pen.rectangle(rear, 0.23, gate, 1.0, shades.base, radius=0.03)
    pen.rectangle(rear, 0.23, gate, 0.34, shades.shade)
    pen.rectangle(rear + 0.02, 0.94, gate - 0.02, 0.985, shades.edge)
    ribs = dice.pick((4, 5, 6))
    for i in range(1, ribs):
        x = rear + (gate - rear) * i / ribs
        pen.line([(x, 0.36), (x, 0.93)], 0.014, shades.shade)
    pen.rectangle(rear, 0.42, gate, 0.48, shades.trim)
    _cab(pen, gate + 0.06, dice.between(0.76, 0.84), shades)
    wheel = dice.between(0.15, 0.17)
    for x in (-0.60, -0.24, 0.60):
        pen.ellipse(x, wheel, wheel + 0.03, wheel + 0.03, _ARCH)
        _wheel(pen, x, wheel)
    _headlight(pen, 0.85, 0.30, 0.045)


def _cab(pen: Pen, rear: float, top: float, shades: Shades) -> None:
    nose = [(rear, 0.17), (rear, top - 0.03), (rear + 0.03, top), (0.70, top), (0.84, 0.50)]
    nose += [(0.875, 0.46), (0.88, 0.17)]
    pen.polygon(nose, shades.base)
    pen.polygon([(rear, 0.17), (rear, 0.27), (0.88, 0.27), (0.88, 0.17)], shades.shade)
    pane = [(rear + 0.08, 0.50), (rear + 0.08, top - 0.07), (0.67, top - 0.07), (0.77, 0.50)]
    pen.polygon(pane, glass_of(pen))
    post = rear + 0.30
    pen.line([(post, 0.22), (post, top - 0.07)], 0.024, shades.base)
    pen.line([(post, 0.24), (post, 0.50)], 0.012, shades.deep)
    pen.line([(rear + 0.05, top - 0.012), (0.68, top - 0.012)], 0.022, shades.edge)
    pen.line([(rear - 0.06, 0.24), (rear - 0.06, 0.60)], 0.02, IRON)


def draw_bus(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a bus from its side: long, with a row of windows and a door at the front."""
    shades = shades_of(colour)
    pen.shadow(1.02)
    pen.rectangle(-0.99, 0.13, 0.99, 0.985, shades.base, radius=dice.between(0.08, 0.13))
    pen.rectangle(-0.985, 0.15, 0.985, 0.27, shades.shade)
    pen.rectangle(-0.88, 0.945, 0.88, 0.985, shades.edge)
    pen.rectangle(-0.5, 0.97, -0.1, 1.0, shades.shade)
    low, high = dice.between(0.56, 0.59), dice.between(0.83, 0.86)
    count = dice.pick((5, 6))
    start, end = -0.92, 0.56
    step = (end - start) / count
    for i in range(count):
        left = start + i * step
        _bus_window(pen, left + 0.03, low, left + step - 0.035, high, dice)
    pen.rectangle(-0.985, low - 0.10, 0.57, low - 0.065, shades.trim)
    _bus_front(pen, low, high, shades)
    pen.rectangle(-0.97, 0.125, 0.97, 0.15, IRON)
    wheel = dice.between(0.155, 0.17)
    for x in (-0.60, 0.40):
        pen.ellipse(x, wheel, wheel + 0.03, wheel + 0.03, _ARCH)
        _wheel(pen, x, wheel)
    _headlight(pen, 0.95, 0.32, 0.045)


def _bus_window(pen: Pen, left: float, low: float, right: float, high: float, dice: Dice) -> None:
    if pen.is_dark:
        pen.lit(left, low, right, high, (255, 220, 146))
    else:
        pen.rectangle(left, low, right, high, glass_of(pen), radius=0.02)
    if dice.chance(0.4):
        x = dice.between(left + 0.07, right - 0.07)
        pen.ellipse(x, low + 0.10, 0.045, 0.06, (96, 92, 104))
        pen.rectangle(x - 0.07, low, x + 0.07, low + 0.05, (96, 92, 104))


def _bus_front(pen: Pen, low: float, high: float, shades: Shades) -> None:
    pen.rectangle(0.61, 0.18, 0.80, high, shades.deep)
    for left in (0.625, 0.715):
        if pen.is_dark:
            pen.lit(left, 0.22, left + 0.065, high - 0.02, (255, 220, 146))
        else:
            pen.rectangle(left, 0.22, left + 0.065, high - 0.02, glass_of(pen))
    pen.polygon(box(0.88, low - 0.02, 0.985, high), glass_of(pen))


def draw_bicycle(pen: Pen, colour: RGB, dice: Dice) -> None:
    """Draw a bicycle with mudguards, a basket and a bag, all in its colour."""
    shades = shades_of(colour)
    pen.shadow(0.8)
    radius = dice.between(0.345, 0.365)
    rear, front = (-0.43, radius), (0.43, radius)
    for hub in (rear, front):
        _spoked_wheel(pen, hub, radius, dice.between(0, 60), shades)
    _frame(pen, rear, front, shades)
    _bag(pen, rear, radius, shades)
    _basket(pen, radius, shades, dice)
    for (x, y), start, end in ((rear, 12, 168), (front, 10, 150)):
        pen.polygon(band(x, y, radius + 0.055, 0.055, start, end), shades.base)
    if pen.is_dark:
        pen.glow(0.58, 0.72, 0.22, LAMP, 0.6)
        pen.lit(0.54, 0.70, 0.60, 0.75, (255, 244, 200))


def _spoked_wheel(pen: Pen, hub: Point, radius: float, turn: float, shades: Shades) -> None:
    x, y = hub
    for i in range(4):
        spoke = band(x, y, radius - 0.03, 2 * radius - 0.06, turn + 45 * i, turn + 45 * i, 1)
        pen.line(spoke[::2], 0.008, STEEL if not shades.is_pale else (150, 156, 170))
    pen.polygon(ring(x, y, radius, 0.042), IRON)
    pen.polygon(ring(x, y, radius - 0.04, 0.028), shades.base)
    pen.ellipse(x, y, 0.04, 0.04, shades.deep)


def _frame(pen: Pen, rear: Point, front: Point, shades: Shades) -> None:
    crank, seat, head = (-0.06, rear[1] - 0.04), (-0.17, 0.76), (0.31, 0.78)
    fork = (0.335, 0.70)
    for tube in ([rear, crank], [rear, seat], [seat, crank], [crank, fork], [(-0.15, 0.68), fork]):
        pen.line(tube, 0.062, shades.base)
    pen.line([front, head], 0.062, shades.base)
    pen.line([(-0.15, 0.695), (0.325, 0.715)], 0.018, shades.edge)
    pen.line([seat, (-0.19, 0.86)], 0.036, STEEL)
    pen.polygon([(-0.33, 0.87), (-0.31, 0.93), (-0.10, 0.90), (-0.04, 0.86), (-0.20, 0.84)], IRON)
    pen.line([head, (0.28, 0.94), (0.15, 0.985)], 0.036, STEEL)
    pen.line([(0.24, 0.965), (0.12, 0.985)], 0.05, IRON)
    pen.ellipse(*crank, 0.085, 0.085, shades.deep)
    pen.ellipse(*crank, 0.05, 0.05, STEEL)
    pen.line([crank, (crank[0] + 0.07, crank[1] - 0.14)], 0.03, IRON)


def _bag(pen: Pen, rear: Point, radius: float, shades: Shades) -> None:
    top = rear[1] + radius + 0.075
    pen.line([(rear[0] - 0.20, top), (-0.20, top)], 0.03, IRON)
    pen.rectangle(rear[0] - 0.16, top - 0.27, rear[0] + 0.12, top, shades.shade, radius=0.04)
    pen.rectangle(rear[0] - 0.16, top - 0.10, rear[0] + 0.12, top, shades.base, radius=0.03)


def _basket(pen: Pen, radius: float, shades: Shades, dice: Dice) -> None:
    top, low = dice.between(0.90, 0.94), dice.between(0.74, 0.77)
    pen.polygon([(0.36, top), (0.69, top), (0.64, low), (0.40, low)], shades.base)
    pen.line([(0.36, top), (0.69, top)], 0.03, shades.shade)
    weave = mix(shades.deep, WOOD, 0.2)
    pen.line([(0.38, (top + low) / 2), (0.66, (top + low) / 2)], 0.012, weave)


VEHICLES: Mapping[Kind, Callable[[Pen, RGB, Dice], None]] = {
    Kind.CAR: draw_car,
    Kind.TRUCK: draw_truck,
    Kind.BUS: draw_bus,
    Kind.BICYCLE: draw_bicycle,
}
