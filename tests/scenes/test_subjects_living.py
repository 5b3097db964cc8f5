from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping

import numpy as np
import pytest
from PIL import Image

from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS, Colour, Kind, Time, Weather
from sightline_scenes.light import RGB, Light, mix
from sightline_scenes.palette import PAINT, shade_of
from sightline_scenes.pen import Pen
from sightline_scenes.subjects.animals import ANIMALS
from sightline_scenes.subjects.forms import limb, oval, spline, tapered, tones_of
from sightline_scenes.subjects.people import PEOPLE
from sightline_scenes.subjects.plants import PLANTS

LIVING: Mapping[Kind, Callable[[Pen, RGB, Dice], None]] = {**ANIMALS, **PEOPLE, **PLANTS}
KINDS = sorted(LIVING)
COLOURED = [(kind, colour) for kind in KINDS for colour in TRAITS[kind].colours]
BACKGROUNDS: tuple[RGB, RGB] = ((255, 0, 255), (0, 255, 120))
NEUTRAL = {Colour.WHITE, Colour.GREY, Colour.BLACK}


def render(
    kind: Kind,
    colour: Colour,
    seed: int,
    background: RGB = BACKGROUNDS[0],
    size: tuple[int, int] = (128, 96),
    light: Light | None = None,
    flipped: bool = False,
) -> Image.Image:
    canvas = Canvas(*size, 2)
    canvas.rectangle(0, 0, 2, 1, background)
    light = light or Light(Time.DAY, Weather.CLEAR, True, (200, 210, 220), 0.0)
    height = min(0.7, 1.0 / TRAITS[kind].breadth)
    dice = Dice("living", seed)
    pen = Pen(canvas, light, 2 / 3, 0.5 + height / 2, height, flipped, 0.0)
    LIVING[kind](pen, shade_of(colour, dice), dice)
    return canvas.finish()


def painted(kind: Kind, colour: Colour, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels and the mask of those that hide what is behind them."""
    first, second = (
        np.asarray(render(kind, colour, seed, ground)).astype(int) for ground in BACKGROUNDS
    )
    return first, (first == second).all(axis=2)


def name_of(pixel: RGB) -> Colour:
    """Return the named colour of a pixel by its hue, or by its brightness where it has none."""
    hue, lightness, _ = colorsys.rgb_to_hls(*(channel / 255 for channel in pixel))
    if max(pixel) - min(pixel) < 40:
        return _neutral(lightness)
    degrees = hue * 360
    if lightness < 0.40 and 8 <= degrees < 45 and max(pixel) < 190:
        return Colour.BROWN
    hues = {
        Colour.RED: 0.0,
        Colour.ORANGE: 27.0,
        Colour.YELLOW: 47.0,
        Colour.GREEN: 130.0,
        Colour.BLUE: 218.0,
        Colour.PURPLE: 277.0,
        Colour.PINK: 337.0,
    }
    return min(hues, key=lambda c: min(abs(degrees - hues[c]), 360 - abs(degrees - hues[c])))


def _neutral(lightness: float) -> Colour:
    if lightness < 0.36:
        return Colour.BLACK
    return Colour.GREY if lightness < 0.69 else Colour.WHITE


def share_of(kind: Kind, colour: Colour, seed: int) -> float:
    pixels, mask = painted(kind, colour, seed)
    values, counts = np.unique(pixels[mask], axis=0, return_counts=True)
    named = [name_of((int(r), int(g), int(b))) is colour for r, g, b in values]
    return float(counts[named].sum() / counts.sum())


def silhouette(kind: Kind, seed: int) -> np.ndarray:
    colour = TRAITS[kind].colours[0]
    return painted(kind, colour, seed)[1]


@pytest.fixture(scope="module")
def silhouettes() -> dict[Kind, list[np.ndarray]]:
    return {kind: [silhouette(kind, seed) for seed in range(4)] for kind in KINDS}


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return float((first & second).sum() / (first | second).sum())


def test_every_living_kind_has_an_artist() -> None:
    living = "dog cat horse cow sheep fish bird man woman pine oak palm cactus flowers".split()
    assert set(LIVING) == {Kind(name) for name in living}
    assert len(ANIMALS) + len(PEOPLE) + len(PLANTS) == len(LIVING), "no kind has two artists"


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_bytes(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]

    assert render(kind, colour, 7).tobytes() == render(kind, colour, 7).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_seeds_give_the_same_picture(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]

    assert len({render(kind, colour, seed).tobytes() for seed in range(12)}) == 12


@pytest.mark.parametrize("kind", KINDS)
def test_no_two_seeds_give_the_same_outline(kind: Kind) -> None:
    masks = {silhouette(kind, seed).tobytes() for seed in range(6)}

    assert len(masks) == 6, "the shape itself varies, not only the shade"


@pytest.mark.parametrize("size", [(32, 24), (128, 96), (640, 480)])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_at_every_size(kind: Kind, size: tuple[int, int]) -> None:
    picture = render(kind, TRAITS[kind].colours[-1], 3, size=size)

    assert picture.size == size
    assert len(picture.getcolors(maxcolors=1 << 20) or ()) > 12


@pytest.mark.parametrize(("kind", "colour"), COLOURED)
def test_the_named_colour_is_the_dominant_one(kind: Kind, colour: Colour) -> None:
    shares = [share_of(kind, colour, seed) for seed in range(8)]

    assert min(shares) >= 0.5, [round(share, 2) for share in shares]


@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_fills_its_box_and_does_not_leave_it(kind: Kind) -> None:
    for seed in range(6):
        rows, columns = np.nonzero(silhouette(kind, seed))
        height = min(0.7, 1.0 / TRAITS[kind].breadth) * 96
        width = height * TRAITS[kind].breadth
        base = (0.5 * 96) + height / 2
        assert (base - rows.min()) / height == pytest.approx(1.0, abs=0.16)
        assert rows.max() <= base + 0.05 * height
        assert 0.62 * width < np.ptp(columns) < 1.12 * width
        assert abs((columns.max() + columns.min()) / 2 - 64) < 0.16 * width + 1


@pytest.mark.parametrize("kind", [k for k in KINDS if TRAITS[k].breadth > 0.9 and k != "flowers"])
def test_a_flipped_animal_is_the_mirror_image(kind: Kind) -> None:
    light = Light(Time.DAY, Weather.CLEAR, True, (0, 0, 0), 0.0)
    other = Light(Time.DAY, Weather.CLEAR, False, (0, 0, 0), 0.0)
    colour = TRAITS[kind].colours[0]
    right = np.asarray(render(kind, colour, 5, light=light)).astype(int)
    left = np.asarray(render(kind, colour, 5, light=other, flipped=True)).astype(int)[:, ::-1]

    assert np.abs(right - left).mean() < 6.0
    assert np.abs(right - left[:, ::-1]).mean() > 9.0


def test_kinds_that_share_the_ground_have_different_outlines(
    silhouettes: dict[Kind, list[np.ndarray]],
) -> None:
    for kind in KINDS:
        own = min(overlap(silhouettes[kind][0], mask) for mask in silhouettes[kind][1:])
        for other in KINDS:
            if other != kind:
                crossed = max(overlap(silhouettes[kind][0], mask) for mask in silhouettes[other])
                assert crossed < 0.72, (kind, other, crossed)
        assert own > 0.45, (kind, own)


@pytest.mark.parametrize("kind", [k for k in KINDS if Colour.WHITE in TRAITS[k].colours])
def test_a_white_subject_can_be_told_from_snow(kind: Kind) -> None:
    snow: RGB = (240, 244, 250)
    picture = np.asarray(render(kind, Colour.WHITE, 2, background=snow)).astype(int)
    darkness = np.abs(picture - np.array(snow)).max(axis=2)
    _, mask = painted(kind, Colour.WHITE, 2)

    assert (darkness[mask] > 36).mean() > 0.10, "the edge and the shady side are there"


@pytest.mark.parametrize("kind", [k for k in KINDS if Colour.BLACK in TRAITS[k].colours])
def test_a_black_subject_can_be_told_from_the_night(kind: Kind) -> None:
    night: RGB = (22, 28, 52)
    light = Light(Time.NIGHT, Weather.CLEAR, True, (20, 26, 50), 0.4)
    picture = np.asarray(render(kind, Colour.BLACK, 2, background=night, light=light)).astype(int)
    brighter = (picture - np.array(night)).max(axis=2)

    assert (brighter > 20).sum() > 60, "a rim of light runs along it"


@pytest.mark.parametrize("kind", [Kind.PINE, Kind.OAK])
def test_snow_lies_on_a_tree_when_it_snows(kind: Kind) -> None:
    def white_pixels(weather: Weather) -> int:
        light = Light(Time.DAY, weather, True, (0, 0, 0), 0.0)
        pixels = np.asarray(render(kind, Colour.GREEN, 4, light=light))
        return int((pixels.min(axis=2) > 225).sum())

    assert white_pixels(Weather.SNOW) > white_pixels(Weather.CLEAR) + 20


def test_a_limb_is_as_wide_as_it_is_told() -> None:
    straight = limb([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)], [0.2, 0.4, 0.6])

    assert (1.0, 0.2) in straight
    assert (1.0, -0.2) in straight
    assert max(x for x, _ in straight) == pytest.approx(2.0 + 0.27)
    assert min(x for x, _ in straight) == pytest.approx(-0.09)


def test_a_tapered_limb_narrows_evenly() -> None:
    outline = tapered([(0.0, 0.0), (0.0, 1.0)], 0.4, 0.2, steps=2)

    assert min(outline, key=lambda p: (abs(p[1] - 0.5), p[0]))[0] == pytest.approx(-0.15)


def test_a_spline_goes_through_its_points() -> None:
    points = [(0.0, 0.0), (1.0, 2.0), (3.0, 1.0)]

    line = spline(points, 5)

    assert line[0] == points[0]
    assert line[-1] == points[-1]
    assert min(abs(x - 1.0) + abs(y - 2.0) for x, y in line) < 1e-12
    assert len(line) == 11


def test_an_oval_that_is_turned_by_a_quarter_swaps_its_axes() -> None:
    corners = oval(1.0, 2.0, 0.5, 0.1, 90.0, corners=4)

    assert corners[0] == pytest.approx((1.0, 2.5))
    assert corners[1] == pytest.approx((0.9, 2.0))


@pytest.mark.parametrize("colour", Colour)
def test_the_sunny_side_is_brighter_than_the_shady_one(colour: Colour) -> None:
    tones = tones_of(PAINT[colour])

    assert sum(tones.sunny) > sum(tones.base) - 3
    assert sum(tones.base) > sum(tones.shady) + 20
    assert mix(tones.base, tones.shady, 0.0) == tones.base
