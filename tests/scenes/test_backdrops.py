from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from sightline_scenes.backdrops import draw_backdrop, draw_weather, light_of
from sightline_scenes.canvas import Canvas
from sightline_scenes.dice import Dice
from sightline_scenes.kinds import WEATHERS, Colour, Depth, Kind, Setting, Side, Size, Time, Weather
from sightline_scenes.light import RGB
from sightline_scenes.places import GROUND, WATER
from sightline_scenes.world import Scene, Subject

_COMBINATIONS = [
    pytest.param(Scene(setting, time, weather, ()), id=f"{setting}-{time}-{weather}")
    for setting in Setting
    for time in Time
    for weather in WEATHERS[setting]
]
_SEEDS = range(8)
_LUMA = np.array([0.299, 0.587, 0.114])


def _picture(
    scene: Scene, seed: object = 0, width_px: int = 128, height_px: int = 96
) -> Image.Image:
    dice = Dice("test", seed)
    canvas = Canvas(width_px, height_px, 2)
    light = light_of(scene, dice)
    draw_backdrop(canvas, light, scene, dice)
    draw_weather(canvas, light, scene, dice)
    return canvas.finish()


def _pixels(scene: Scene, seed: object = 0) -> npt.NDArray[np.float64]:
    return np.asarray(_picture(scene, seed), dtype=np.float64)


def _brightness(pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(pixels @ _LUMA)


def _clear(setting: Setting, time: Time = Time.DAY) -> Scene:
    return Scene(setting, time, Weather.CLEAR, ())


def _rows(pixels: npt.NDArray[np.float64], middle: float, half: float) -> npt.NDArray[np.float64]:
    height = pixels.shape[0]
    return pixels[round((middle - half) * height) : round((middle + half) * height)]


@pytest.mark.parametrize("scene", _COMBINATIONS)
def test_every_setting_time_and_weather_fills_the_picture(scene: Scene) -> None:
    # A new canvas is black, and no backdrop has a pure black in it.
    for seed in range(3):
        pixels = np.asarray(_picture(scene, seed, 32, 24))
        assert pixels.shape == (24, 32, 3)
        assert pixels.max(axis=2).min() > 0


@pytest.mark.parametrize("setting", Setting)
@pytest.mark.parametrize("size", [(1, 1), (33, 7), (128, 128), (640, 480)])
def test_a_backdrop_is_drawn_at_any_size(setting: Setting, size: tuple[int, int]) -> None:
    scene = Scene(setting, Time.SUNSET, Weather.FOG, ())
    assert _picture(scene, 1, *size).size == size


@pytest.mark.parametrize("scene", _COMBINATIONS)
def test_a_seed_decides_every_pixel(scene: Scene) -> None:
    first = _picture(scene, 5).tobytes()
    assert _picture(scene, 5).tobytes() == first
    assert _picture(scene, 6).tobytes() != first


@pytest.mark.parametrize("setting", Setting)
def test_day_is_brighter_than_sunset_and_sunset_than_night(setting: Setting) -> None:
    for weather in WEATHERS[setting]:
        day, sunset, night = (
            np.mean(
                [_brightness(_pixels(Scene(setting, t, weather, ()), s)).mean() for s in (0, 1)]
            )
            for t in Time
        )
        assert day > sunset + 8 > night + 30, weather


@pytest.mark.parametrize("setting", Setting)
def test_the_light_of_a_sunset_is_warm_and_that_of_the_night_is_cold(setting: Setting) -> None:
    for weather in WEATHERS[setting]:
        sunset = _pixels(Scene(setting, Time.SUNSET, weather, ()))
        night = _pixels(Scene(setting, Time.NIGHT, weather, ()))
        assert sunset[..., 0].mean() > sunset[..., 2].mean() + 10, weather
        assert night[..., 2].mean() > night[..., 0].mean() + 10, weather


@pytest.mark.parametrize("setting", WATER)
@pytest.mark.parametrize("depth", Depth)
def test_what_floats_is_on_water(setting: Setting, depth: Depth) -> None:
    line, _ = WATER[setting][depth]
    for seed in _SEEDS:
        water = _rows(_pixels(_clear(setting), seed), line - 0.02, 0.02)
        bluish = water[..., 2] > water[..., 0]
        assert bluish.mean() > 0.9, seed


@pytest.mark.parametrize("setting", [Setting.BEACH, Setting.HARBOUR, Setting.LAKE])
@pytest.mark.parametrize("depth", Depth)
def test_what_stands_at_the_waterside_is_on_land(setting: Setting, depth: Depth) -> None:
    line, _ = GROUND[setting][depth]
    for seed in _SEEDS:
        land = _rows(_pixels(_clear(setting), seed), line, 0.025)
        assert (land[..., 2] < land[..., 1]).mean() > 0.9, seed


def test_a_far_car_on_the_street_stands_on_the_road() -> None:
    car, man = (
        Subject(kind, Colour.RED, Size.SMALL, Side.LEFT, Depth.FAR) for kind in (Kind.CAR, Kind.MAN)
    )
    line, _ = GROUND[Setting.CITY][Depth.FAR]
    for seed in _SEEDS:
        under_car, under_man = (
            _brightness(_rows(_pixels(_street([subject]), seed), line, 0.02)).mean()
            for subject in (car, man)
        )
        assert under_car < under_man - 30, "asphalt is darker than a pavement"


def test_a_near_bus_widens_the_road_and_a_near_dog_does_not() -> None:
    bus, dog = (
        Subject(kind, Colour.WHITE, Size.SMALL, Side.LEFT, Depth.NEAR)
        for kind in (Kind.BUS, Kind.DOG)
    )
    under_bus, under_dog = (
        _brightness(_rows(_pixels(_street([subject])), 0.92, 0.02)).mean() for subject in (bus, dog)
    )
    assert under_bus < under_dog - 30


def _street(subjects: Sequence[Subject]) -> Scene:
    return Scene(Setting.CITY, Time.DAY, Weather.CLEAR, tuple(subjects))


def test_windows_are_lit_at_night_only() -> None:
    def glowing(time: Time) -> int:
        red, green, blue = np.moveaxis(_pixels(_clear(Setting.CITY, time))[40:59], 2, 0)
        return int(((red > 190) & (green > 150) & (blue < 160)).sum())

    assert glowing(Time.NIGHT) > 60
    assert glowing(Time.DAY) < 10


@pytest.mark.parametrize("setting", [s for s in Setting if Weather.SNOW in WEATHERS[s]])
def test_snowfall_whitens_the_ground_but_not_as_far_as_a_snow_field(setting: Setting) -> None:
    def ground(place: Setting, weather: Weather) -> float:
        pictures = [_pixels(Scene(place, Time.DAY, weather, ()), s) for s in range(4)]
        return float(np.mean([_brightness(_rows(p, 0.93, 0.06)).mean() for p in pictures]))

    field = ground(Setting.SNOWFIELD, Weather.CLEAR)
    snowed = ground(setting, Weather.SNOW)
    if setting is not Setting.SNOWFIELD:
        assert ground(setting, Weather.CLEAR) + 15 < snowed < field - 5


@pytest.mark.parametrize("setting", Setting)
def test_fog_takes_the_contrast_of_the_distance(setting: Setting) -> None:
    def contrast(weather: Weather) -> float:
        bands = [
            _rows(_pixels(Scene(setting, Time.DAY, weather, ()), seed), 0.45, 0.15)
            for seed in range(3)
        ]
        edges = [np.abs(np.diff(_brightness(band), axis=1)).mean() for band in bands]
        return float(np.mean(edges))

    assert contrast(Weather.FOG) < 0.75 * contrast(Weather.CLEAR)


def _over_stripes(
    scene: Scene, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    # What the weather does to dark and light stripes behind it.
    def draw(fill: RGB) -> npt.NDArray[np.float64]:
        dice = Dice("stripes", seed)
        canvas = Canvas(128, 96, 2)
        light = light_of(scene, dice)
        canvas.rectangle(0, 0, 2, 1, fill)
        draw_weather(canvas, light, scene, dice)
        return _brightness(np.asarray(canvas.finish(), dtype=np.float64))

    return draw((40, 40, 40)), draw((200, 200, 200))


@pytest.mark.parametrize("time", Time)
@pytest.mark.parametrize("weather", [Weather.RAIN, Weather.SNOW, Weather.FOG])
def test_weather_is_seen_but_hides_nothing(time: Time, weather: Weather) -> None:
    for seed in _SEEDS:
        dark, light = _over_stripes(Scene(Setting.MEADOW, time, weather, ()), seed)
        kept = (light - dark) / 160
        assert kept[70:].mean() > 0.7, "near subjects stay clear"
        assert kept.mean(axis=1).min() > 0.45, "far subjects can be recognised"
        assert (np.abs(dark - 40) > 6).mean() > 0.03, "and yet one sees the weather"


def test_clear_weather_draws_nothing() -> None:
    dark, light = _over_stripes(_clear(Setting.MEADOW), 0)
    assert (dark == 40).all()
    assert (light == 200).all()


def test_the_sky_above_the_near_subjects_leaves_room_for_a_bright_and_a_dark_one() -> None:
    # A black bird at night and a white one by day must both stand out from the sky.
    for weather in Weather:
        for seed in _SEEDS:
            night = Scene(Setting.MEADOW, Time.NIGHT, weather, ())
            sky = _brightness(_rows(_pixels(night, seed), 0.25, 0.1))
            assert np.median(sky) > 45, weather
            day = Scene(Setting.MEADOW, Time.DAY, weather, ())
            sky = _brightness(_rows(_pixels(day, seed), 0.25, 0.1))
            assert np.median(sky) < 232, weather


@pytest.mark.parametrize("scene", _COMBINATIONS)
def test_the_sun_keeps_to_the_side_that_the_light_comes_from(scene: Scene) -> None:
    if scene.weather is not Weather.CLEAR:
        return
    sides = set()
    for seed in range(24):
        light = light_of(scene, Dice("test", seed))
        sides.add(light.from_right)
        columns = _brightness(_pixels(scene, seed))[:20].mean(axis=0)
        if scene.time is Time.NIGHT:  # by day a cloud can be as bright as the sun
            assert (columns[64:].mean() > columns[:64].mean()) == light.from_right, seed
    assert sides == {True, False}
