from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sightline.images import decode
from sightline.images.decoding import reduction

from .pictures import encoded, noise, scene

TOLERANCE = 1.0  # mean absolute difference at the model's input, in 1/255; stated in decode()


def model_input(
    image: Image.Image, shortest_px: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    width, height = image.size
    scale = shortest_px / min(width, height)
    size = max(shortest_px, int(width * scale)), max(shortest_px, int(height * scale))
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC), dtype=np.float64)


@pytest.mark.parametrize("draw", [scene, noise])
@pytest.mark.parametrize(
    ("size", "shortest_px", "scale"),
    [
        ((640, 480), 96, 2),
        ((480, 640), 60, 4),
        ((1024, 768), 96, 4),
        ((1600, 1200), 64, 4),
        ((2048, 1536), 64, 8),
        ((1000, 750), 96, 2),
        ((1023, 767), 96, 2),
        ((641, 479), 96, 2),
        ((899, 901), 112, 4),
        ((1799, 601), 64, 4),
        ((2041, 1537), 64, 8),
        ((1001, 751), 400, 1),
    ],
)
@pytest.mark.parametrize("subsampling", [0, 2])
def test_the_model_sees_nearly_the_same_as_from_a_full_decode(
    draw: object, size: tuple[int, int], shortest_px: int, scale: int, subsampling: int
) -> None:
    assert callable(draw)
    data = encoded(draw(*size), "JPEG", quality=90, subsampling=subsampling)

    full, reduced = decode(data), decode(data, shortest_px=shortest_px)

    if size[0] % scale == size[1] % scale == 0:
        assert reduced.image.size == (size[0] // scale, size[1] // scale)
    assert max(reduced.image.size) <= max(size) / scale
    assert (reduced.width_px, reduced.height_px) == size, "the size is that of the whole picture"
    error = np.abs(
        model_input(full.image, shortest_px) - model_input(reduced.image, shortest_px)
    ).mean()
    assert error < TOLERANCE
    assert (error > 0) == (scale > 1)


@pytest.mark.parametrize(
    ("width", "height", "shortest_px", "scale"),
    [
        (1792, 1792, 74, 8),
        (1792, 1792, 75, 4),  # 1792 / 8 = 224 is less than three times 75
        (1792, 1792, 225, 2),
        (896, 892, 112, 2),  # 892 / 4 = 223 is less than twice 112
        (896, 896, 112, 4),
        (448, 448, 112, 2),
        (447, 448, 112, 1),
        (4000, 3000, 224, 4),
        (4032, 3024, 96, 8),
        (4001, 3000, 96, 8),
        (4001, 3001, 224, 4),
        (8, 8, 1, 4),
        (1, 1, 1, 1),
        (60000, 16, 4, 2),
    ],
)
def test_the_scale_leaves_more_than_the_model_needs(
    width: int, height: int, shortest_px: int, scale: int
) -> None:
    assert reduction(width, height, shortest_px) == scale
    assert reduction(height, width, shortest_px) == scale


@pytest.mark.parametrize("edge_px", [960, 961, 963, 966, 967])
def test_a_mark_stays_where_it_is_whatever_the_scale_does_to_the_edges(edge_px: int) -> None:
    # One black line near the far edge: decoded smaller and stretched, it would move.
    picture = np.full((edge_px, edge_px, 3), 255, np.uint8)
    middle = edge_px * 15 // 16
    picture[:, middle - 8 : middle + 8] = 0
    data = encoded(Image.fromarray(picture), "JPEG", quality=95)

    places = []
    for decoded in (decode(data), decode(data, shortest_px=40)):
        dark = 255 - model_input(decoded.image, 40)[20, :, 0]
        places.append((dark * np.arange(40)).sum() / dark.sum())

    assert places[0] == pytest.approx(places[1], abs=0.05), "in pixels of the model's input"


@pytest.mark.parametrize(
    ("size", "shortest_px"),
    [((1001, 667), 64), ((667, 1001), 64), ((1201, 903), 84), ((2003, 333), 40), ((999, 998), 96)],
)
def test_the_long_edge_is_cut_as_it_is_of_the_whole_picture(
    size: tuple[int, int], shortest_px: int
) -> None:
    data = encoded(scene(*size), "JPEG", quality=92)

    full, reduced = decode(data), decode(data, shortest_px=shortest_px)

    assert max(reduced.image.size) < max(size)
    assert (
        model_input(full.image, shortest_px).shape == model_input(reduced.image, shortest_px).shape
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_is_reduced_and_then_turned(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(scene(640, 320), "JPEG", quality=92, exif=exif)

    full, reduced = decode(data), decode(data, shortest_px=40)

    assert reduced.image.size == tuple(edge // 4 for edge in full.image.size)
    assert (reduced.width_px, reduced.height_px) == full.image.size
    assert np.abs(model_input(full.image, 40) - model_input(reduced.image, 40)).mean() < TOLERANCE


def test_grey_is_reduced_and_cmyk_is_not() -> None:
    grey = encoded(scene(320, 320).convert("L"), "JPEG")
    cmyk = encoded(scene(320, 320).convert("CMYK"), "JPEG")

    assert decode(grey, shortest_px=12).image.size == (40, 40)
    assert decode(cmyk, shortest_px=12).image.size == (320, 320)


def test_a_progressive_jpeg_is_reduced_too() -> None:
    data = encoded(scene(640, 480), "JPEG", quality=92, progressive=True)

    full, reduced = decode(data), decode(data, shortest_px=60)

    assert reduced.image.size == (160, 120)
    assert np.abs(model_input(full.image, 60) - model_input(reduced.image, 60)).mean() < TOLERANCE


def test_other_formats_are_never_reduced() -> None:
    for kind in ("PNG", "WEBP", "TIFF", "BMP"):
        assert decode(encoded(scene(320, 320), kind), shortest_px=10).image.size == (320, 320)
