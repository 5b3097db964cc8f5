from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sightline.errors import InvalidValueError
from sightline.images import thumbnail

from .pictures import corners, scene


@pytest.mark.parametrize(
    ("size", "longest_px", "expected"),
    [
        ((640, 480), 160, (160, 120)),
        ((480, 640), 160, (120, 160)),
        ((100, 100), 200, (100, 100)),
        ((3000, 1), 100, (100, 1)),
        ((100, 33), 50, (50, 16)),
    ],
)
def test_a_thumbnail_fits_keeps_its_shape_and_is_never_enlarged(
    size: tuple[int, int], longest_px: int, expected: tuple[int, int]
) -> None:
    assert thumbnail(Image.new("RGB", size), longest_px).size == expected


def test_a_thumbnail_looks_like_the_picture() -> None:
    image = scene(800, 600)

    small = np.asarray(thumbnail(image, 100), dtype=float)

    blocks = np.asarray(image, dtype=float).reshape(75, 8, 100, 8, 3).mean(axis=(1, 3))
    assert np.abs(small - blocks).mean() < 6


def test_the_picture_itself_is_left_alone_even_when_it_fits() -> None:
    image = corners()

    thumbnail(image, 100).putpixel((0, 0), (9, 9, 9))

    assert image.getpixel((0, 0)) == (255, 0, 0)


def test_what_is_transparent_becomes_white() -> None:
    assert thumbnail(Image.new("RGBA", (50, 50)), 10).getpixel((5, 5)) == (255, 255, 255)


def test_no_size_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="longest_px"):
        thumbnail(corners(), 0)
