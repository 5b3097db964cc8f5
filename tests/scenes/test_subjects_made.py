from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import TRAITS, Colour, Kind, Medium, Time, Weather
from sightline_scenes.light import RGB, Light
from sightline_scenes.palette import shade_of
from sightline_scenes.pen import Pen
from sightline_scenes.subjects import ARTISTS
from sightline_scenes.subjects.buildings import BUILDINGS
from sightline_scenes.subjects.craft import CRAFT
from sightline_scenes.subjects.shades import shades_of
from sightline_scenes.subjects.shapes import band, bowed, crescent, ring, tilted
from sightline_scenes.subjects.things import THINGS
from sightline_scenes.subjects.vehicles import VEHICLES
from sightline_scenes.world import ASPECT

MADE = (*BUILDINGS, *VEHICLES, *CRAFT, *THINGS)
OUTFITS = [(kind, colour) for kind in MADE for colour in TRAITS[kind].colours]
MAGENTA: RGB = (255, 0, 255)
GREEN: RGB = (0, 255, 0)


def render(
    kind: Kind,
    colour: Colour,
    seed: object,
    *,
    time: Time = Time.DAY,
    weather: Weather = Weather.CLEAR,
    flipped: bool = False,
    from_right: bool = True,
    size: tuple[int, int] = (160, 120),
    background: RGB = MAGENTA,
    height: float | None = None,
) -> NDArray[np.int64]:
    dice = Dice("made", seed)
    canvas = Canvas(*size, 1)
    canvas.gradient(0, 1, background, background)
    light = Light(time, weather, from_right, (200, 210, 220), 0.5)
    tall = height or min(0.8, 1.15 / TRAITS[kind].breadth)
    pen = Pen(canvas, light, ASPECT / 2, 0.9, tall, flipped, 0.0)
    ARTISTS[kind](pen, shade_of(colour, dice), dice)
    return np.asarray(canvas.finish()).astype(np.int64)


def painted(kind: Kind, colour: Colour, seed: object) -> NDArray[np.bool_]:
    """Where the subject covers what is behind it, which a shadow or a glow does not."""
    first = render(kind, colour, seed, background=MAGENTA)
    second = render(kind, colour, seed, background=GREEN)
    covered: NDArray[np.bool_] = np.abs(first - second).max(axis=2) < 8
    return covered


def hue_of(rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The angle of each colour around the grey axis, in radians."""
    red, green, blue = (rows[:, i].astype(float) for i in range(3))
    angle: NDArray[np.float64] = np.arctan2(math.sqrt(3) * (green - blue), 2 * red - green - blue)
    return angle


def named_share(rows: NDArray[np.int64], colour: Colour, base: RGB) -> float:
    """The share of pixels that anyone would call by the colour's name."""
    high, spread = rows.max(axis=1), rows.max(axis=1) - rows.min(axis=1)
    if colour is Colour.WHITE:
        return float(((high > 180) & (spread < 60)).mean())
    if colour is Colour.BLACK:
        return float((high < 115).mean())
    if colour is Colour.GREY:
        return float(((spread < 34) & (high > 70) & (high < 205)).mean())
    apart = hue_of(rows) - hue_of(np.asarray([base]))[0]
    apart = np.abs((apart + math.pi) % (2 * math.pi) - math.pi)
    return float(((apart < math.radians(24)) & (spread > 0.22 * high)).mean())


def test_every_kind_has_an_artist() -> None:
    assert set(ARTISTS) == set(Kind)


def test_no_kind_is_drawn_by_two_artists() -> None:
    assert len(MADE) == len(set(MADE)) == 15


@pytest.mark.parametrize("kind", MADE)
def test_the_same_dice_give_the_same_pixels(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]
    for time in Time:
        first, second = render(kind, colour, 3, time=time), render(kind, colour, 3, time=time)
        assert np.array_equal(first, second)


@pytest.mark.parametrize("kind", MADE)
def test_no_two_of_a_dozen_drawings_are_alike(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]
    drawings = {render(kind, colour, seed).tobytes() for seed in range(12)}
    assert len(drawings) == 12


@pytest.mark.parametrize(("kind", "colour"), OUTFITS)
def test_the_named_colour_covers_half_of_the_subject(kind: Kind, colour: Colour) -> None:
    shares = []
    for seed in range(4):
        base = shade_of(colour, Dice("made", seed))
        rows = render(kind, colour, seed)[painted(kind, colour, seed)]
        shares.append(named_share(rows, colour, base))
    assert min(shares) >= 0.45, f"{colour} covers only {min(shares):.0%} of a {kind}"
    assert sum(shares) / len(shares) >= 0.5


@pytest.mark.parametrize("kind", MADE)
def test_a_subject_is_as_broad_as_the_layout_believes(kind: Kind) -> None:
    breadths, heights = [], []
    for seed in range(6):
        rows, columns = np.nonzero(painted(kind, TRAITS[kind].colours[0], seed))
        tall = min(0.8, 1.15 / TRAITS[kind].breadth) * 120
        breadths.append((columns.max() - columns.min() + 1) / tall)
        heights.append((0.9 * 120 - rows.min()) / tall)
    middle = sorted(breadths)[3]
    assert 0.78 < middle / TRAITS[kind].breadth < 1.15
    assert 0.85 < sorted(heights)[3] < 1.1


@pytest.mark.parametrize("kind", [k for k in MADE if TRAITS[k].medium is Medium.GROUND])
def test_what_stands_on_the_ground_touches_it(kind: Kind) -> None:
    rows, _ = np.nonzero(painted(kind, TRAITS[kind].colours[0], 1))
    assert abs(int(rows.max()) - 0.9 * 120) <= 3


@pytest.mark.parametrize("kind", MADE)
def test_looking_left_is_looking_right_in_a_mirror(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]
    # The light is mirrored too, so every pixel must find its partner but for rounding at edges.
    right = render(kind, colour, 5, flipped=False, from_right=True)
    left = render(kind, colour, 5, flipped=True, from_right=False)
    apart = np.abs(right - left[:, ::-1]).max(axis=2) > 40
    assert apart.mean() < 0.06


@pytest.mark.parametrize("kind", MADE)
def test_the_side_of_the_light_shows(kind: Kind) -> None:
    colour = TRAITS[kind].colours[0]
    assert not np.array_equal(
        render(kind, colour, 5, from_right=True), render(kind, colour, 5, from_right=False)
    )


@pytest.mark.parametrize("size", [(32, 24), (128, 96), (640, 480), (128, 128)])
@pytest.mark.parametrize("kind", MADE)
def test_every_size_time_and_weather_can_be_drawn(kind: Kind, size: tuple[int, int]) -> None:
    colour = TRAITS[kind].colours[-1]
    empty = np.full((size[1], size[0], 3), MAGENTA)
    for time in Time:
        for weather in Weather if size[0] < 200 else (Weather.SNOW,):
            picture = render(kind, colour, 1, time=time, weather=weather, size=size, height=0.2)
            assert not np.array_equal(picture, empty)


LAMPLESS = (Kind.KITE, Kind.UMBRELLA, Kind.BALL)


def shining(picture: NDArray[np.int64]) -> float:
    """The share of a night's picture that no moonlit surface is bright enough for."""
    return float(((picture[..., 0] > 190) & (picture[..., 1] > 150)).mean())


@pytest.mark.parametrize("kind", [k for k in MADE if k not in LAMPLESS])
def test_lamps_burn_at_night(kind: Kind) -> None:
    assert shining(render(kind, Colour.BLUE, 2, time=Time.NIGHT)) > 0.0004


@pytest.mark.parametrize("kind", LAMPLESS)
def test_what_has_no_lamp_stays_dark_at_night(kind: Kind) -> None:
    assert shining(render(kind, Colour.YELLOW, 2, time=Time.NIGHT)) == 0.0


@pytest.mark.parametrize("kind", [k for k in MADE if Colour.BLACK in TRAITS[k].colours])
def test_a_black_subject_has_light_edges_at_night(kind: Kind) -> None:
    picture = render(kind, Colour.BLACK, 1, time=Time.NIGHT)
    rows = picture[painted(kind, Colour.BLACK, 1)]
    brightness = rows.mean(axis=1)
    assert np.quantile(brightness, 0.97) > 2 * np.quantile(brightness, 0.3)


@pytest.mark.parametrize("kind", [k for k in MADE if Colour.WHITE in TRAITS[k].colours])
def test_a_white_subject_has_shaded_parts_against_snow(kind: Kind) -> None:
    rows = render(kind, Colour.WHITE, 1)[painted(kind, Colour.WHITE, 1)]
    assert (rows.max(axis=1) < 232).mean() > 0.1


def test_shades_run_from_dark_to_light() -> None:
    for colour in Colour:
        shades = shades_of(shade_of(colour, Dice(1)))
        ordered = [sum(shades.deep), sum(shades.shade), sum(shades.base), sum(shades.lit)]
        assert ordered == sorted(ordered), colour


def test_only_white_is_pale_and_only_black_is_black() -> None:
    for seed in range(40):
        for colour in Colour:
            shades = shades_of(shade_of(colour, Dice(seed)))
            assert shades.is_pale == (colour is Colour.WHITE)
            assert shades.is_black == (colour is Colour.BLACK)


def test_a_quarter_turn_moves_right_to_up() -> None:
    ((x, y),) = tilted([(3.0, 1.0)], 90, about=(1.0, 1.0))
    assert (x, y) == pytest.approx((1.0, 3.0))


def test_a_bowed_line_bulges_to_the_left_of_its_way() -> None:
    points = bowed((0.0, 0.0), (2.0, 0.0), 0.5, steps=4)
    assert points[0] == (0.0, 0.0)
    assert points[2] == pytest.approx((1.0, 0.5))
    assert points[4] == pytest.approx((2.0, 0.0))


def test_a_crescent_lies_between_its_waist_and_the_rim() -> None:
    xs = [x for x, _ in crescent(0.0, 0.0, 2.0, 1.0, side=-1.0, waist=0.5, steps=4)]
    assert min(xs) == pytest.approx(-2.0)
    assert max(xs) == pytest.approx(0.0, abs=1e-9)
    assert sorted(xs)[-5] == pytest.approx(-2.0 * 0.5 * math.cos(math.pi / 4))


def test_a_ring_keeps_its_width() -> None:
    for points in (ring(1.0, 1.0, 0.5, 0.1), band(1.0, 1.0, 0.5, 0.1, 20, 90)):
        radii = [math.hypot(x - 1.0, y - 1.0) for x, y in points]
        assert max(radii) == pytest.approx(0.5)
        assert min(radii) == pytest.approx(0.4)
