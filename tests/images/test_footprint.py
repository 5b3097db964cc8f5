import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.images import decode
from tests.images.pictures import encoded, scene

MEASURED = """
import sys
from sightline.images import decode
import sightline.images.colours

def peak_bytes():
    with open("/proc/self/status") as lines:
        return next(int(l.split()[1]) * 1024 for l in lines if l.startswith("VmHWM"))

with open(sys.argv[1], "rb") as file:
    data = file.read()
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the highest mark starts anew
before, stated = peak_bytes(), []
decode(data, shortest_px=int(sys.argv[2]), reserve=stated.append)
sys.stdout.write(f"{peak_bytes() - before} {stated[0]}")
"""


def stated(data: bytes, shortest_px: int | None = None) -> int:
    asked: list[int] = []
    decode(data, shortest_px=shortest_px, reserve=asked.append)
    assert len(asked) == 1, "asked once"
    return asked[0]


def test_a_jpeg_asks_for_the_size_at_which_it_is_decoded() -> None:
    data = encoded(scene(640, 480), "JPEG")

    assert stated(data) == 640 * 480 * 12
    assert stated(data, shortest_px=60) == 160 * 120 * 12


def test_a_progressive_jpeg_asks_for_its_coefficients_too() -> None:
    data = encoded(scene(640, 480), "JPEG", progressive=True)

    assert stated(data, shortest_px=60) == 160 * 120 * 12 + 640 * 480 * 6


def test_a_picture_of_floating_point_numbers_asks_for_most() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((20, 30), np.float32)).save(file, "TIFF")

    assert stated(file.getvalue()) == 30 * 20 * 48
    assert stated(encoded(scene(30, 20), "PNG")) == 30 * 20 * 20


def test_a_picture_beyond_the_limit_asks_for_nothing() -> None:
    asked: list[int] = []
    with pytest.raises(ImageUnreadableError, match="megapixels"):
        decode(encoded(scene(640, 480), "JPEG"), max_megapixels=0.1, reserve=asked.append)

    assert asked == []


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="measures with Linux's own figures"
)
@pytest.mark.parametrize(
    ("kind", "shortest_px", "options"),
    [
        ("PNG", 224, {}),
        ("JPEG", 2000, {"progressive": True}),
        ("JPEG", 224, {"progressive": True}),
    ],
)
def test_no_more_memory_is_taken_than_was_asked_for(
    tmp_path: Path, kind: str, shortest_px: int, options: dict[str, bool]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned, so that there are two of it for a moment
    picture = Image.fromarray(np.tile(np.arange(3000, dtype=np.uint8), (2000, 1))).convert("RGB")
    if kind == "PNG":
        picture.putalpha(100)
    picture.save(tmp_path / "picture", kind, exif=exif, **options)

    run = [sys.executable, "-c", MEASURED, str(tmp_path / "picture"), str(shortest_px)]
    taken, asked = map(int, subprocess.check_output(run, text=True).split())

    assert 0.2 * asked < taken <= asked + (2 << 20), "the last megabytes are libraries"
