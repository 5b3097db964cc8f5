from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageMode

from sightline.images import decode
from sightline.images.colours import profile_of, to_srgb

from .pictures import encoded, noise, scene

GREY = (128, 128, 128)


def colour_at(data: bytes, x: int = 0, y: int = 0) -> tuple[int, ...]:
    value = decode(data).image.getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(v) for v in value)


def linear_profile() -> bytes:
    """An RGB profile with sRGB's primaries and no gamma, put together by hand."""
    curve = b"curv" + bytes(4) + struct.pack(">I", 0)

    def xyz(*values: float) -> bytes:
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in values))

    text = b"desc" + bytes(4) + struct.pack(">I", 7) + b"linear\0" + bytes(78)
    tags = {
        b"desc": text,
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.4360, 0.2225, 0.0139),
        b"gXYZ": xyz(0.3851, 0.7169, 0.0971),
        b"bXYZ": xyz(0.1431, 0.0606, 0.7141),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += name + struct.pack(">II", start + len(body), len(content))
        body += padded
    header = struct.pack(">I", start + len(body)) + b"lcms" + b"\x02\x10\0\0mntrRGB XYZ "
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp"
    header = header.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + table + body


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def test_alpha_is_shown_on_white() -> None:
    image = Image.new("RGBA", (3, 1))
    image.putdata([(255, 0, 0, 255), (255, 0, 0, 0), (0, 0, 0, 51)])

    result = decode(encoded(image, "PNG")).image

    assert [result.getpixel((x, 0)) for x in range(3)] == [(255, 0, 0), (255,) * 3, (204,) * 3]


@pytest.mark.parametrize("mode", ["LA", "PA", "La", "RGBa"])
def test_other_kinds_of_alpha_are_shown_on_white_too(mode: str) -> None:
    image = Image.new("RGBA", (2, 1))
    image.putdata([(0, 0, 0, 255), (0, 0, 0, 0)])
    through = {"LA": ("LA",), "PA": ("PA",), "La": ("LA", "La"), "RGBa": ("RGBa",)}[mode]
    for step in through:
        image = image.convert(step)

    result = to_srgb(image)

    assert [result.getpixel((x, 0)) for x in range(2)] == [(0, 0, 0), (255, 255, 255)]


def test_a_transparent_palette_entry_is_white() -> None:
    image = Image.new("P", (3, 1))
    image.putpalette([10, 20, 30, 200, 100, 50, 0, 0, 0])
    image.putdata([0, 1, 2])

    one = decode(encoded(image, "PNG", transparency=1)).image
    several = decode(encoded(image, "PNG", transparency=bytes([255, 0, 51]))).image
    gif = decode(encoded(image, "GIF", transparency=1)).image

    assert [one.getpixel((x, 0)) for x in range(3)] == [(10, 20, 30), (255,) * 3, (0, 0, 0)]
    assert [several.getpixel((x, 0)) for x in range(3)] == [(10, 20, 30), (255,) * 3, (204,) * 3]
    assert gif.getpixel((1, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("image", "key", "expected"),
    [
        (Image.new("RGB", (1, 1), (1, 2, 3)), (1, 2, 3), (255, 255, 255)),
        (Image.new("RGB", (1, 1), (1, 2, 3)), (1, 2, 4), (1, 2, 3)),
        (Image.new("L", (1, 1), 7), 7, (255, 255, 255)),
        (Image.new("1", (1, 1), 0), 0, (255, 255, 255)),
        (Image.new("I;16", (1, 1), 300), 300, (255, 255, 255)),
        (Image.new("I;16", (1, 1), 257), 300, (1, 1, 1)),
    ],
)
def test_a_colour_that_stands_for_transparent_is_white(
    image: Image.Image, key: object, expected: tuple[int, ...]
) -> None:
    assert colour_at(encoded(image, "PNG", transparency=key)) == expected


def test_one_bit_pictures_are_black_and_white() -> None:
    image = Image.new("1", (2, 1), 1)
    image.putpixel((0, 0), 0)
    for kind in ("PNG", "BMP", "TIFF", "GIF"):
        data = encoded(image, kind)
        assert (colour_at(data, 0), colour_at(data, 1)) == ((0, 0, 0), (255, 255, 255)), kind


@pytest.mark.parametrize("value", [0, 1, 128, 129, 32768, 65535])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_and_not_clipped(value: int, kind: str) -> None:
    image = Image.fromarray(np.full((2, 2), value, dtype=np.uint16))

    assert colour_at(encoded(image, kind)) == (round(value / 257),) * 3


def test_big_endian_sixteen_bits_are_read_as_such() -> None:
    values = np.array([[0, 0x8000, 0xFFFF]], dtype=">u2")
    image = Image.frombytes("I;16B", (3, 1), values.tobytes())

    assert [to_srgb(image).getpixel((x, 0)) for x in range(3)] == [(0,) * 3, GREY, (255,) * 3]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 32768, 65535]], dtype=np.int32), [0, 128, 255]),
        (np.array([[0, 128, 255]], dtype=np.int32), [0, 128, 255]),
        (np.array([[-100, 0, 100]], dtype=np.int32), [0, 128, 255]),
        (np.array([[0, 5_000_000, 10_000_000]], dtype=np.int32), [0, 128, 255]),
        (np.array([[0.0, 0.5, 1.0]], dtype=np.float32), [0, 128, 255]),
        (np.array([[0.0, 128.0, 255.0]], dtype=np.float32), [0, 128, 255]),
        (np.array([[-3.0, 0.0, 3.0]], dtype=np.float32), [0, 128, 255]),
        (np.array([[np.nan, 1.0, np.inf]], dtype=np.float32), [255, 255, 255]),
        (np.array([[np.nan, np.nan, np.nan]], dtype=np.float32), [0, 0, 0]),
        (np.array([[-5.0, -5.0, -5.0]], dtype=np.float32), [0, 0, 0]),
    ],
)
def test_thirty_two_bits_take_the_smallest_usual_scale_or_are_stretched(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], expected: list[int]
) -> None:
    result = decode(encoded(Image.fromarray(values), "TIFF")).image

    assert np.asarray(result)[0, :, 0].tolist() == expected


@pytest.mark.parametrize("mode", ["YCbCr", "HSV", "LAB", "CMYK", "RGBX", "P", "L", "RGBA"])
def test_every_colour_space_comes_back_near_the_colours_it_was_made_from(mode: str) -> None:
    original = scene(32, 24)
    image = original.quantize(256) if mode == "P" else original.convert(mode)
    reference = original.convert("L").convert("RGB") if mode == "L" else original

    error = np.abs(np.asarray(to_srgb(image), int) - np.asarray(reference, int)).mean()

    assert error < (12 if mode == "P" else 3)


def test_no_mode_of_pillow_is_left_out() -> None:
    modes = ["1", "L", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "HSV", "I", "F", "LA", "PA"]
    modes += ["RGBX", "RGBa", "La", "I;16", "I;16L", "I;16B", "I;16N"]
    for mode in modes:
        assert ImageMode.getmode(mode) is not None
        result = to_srgb(Image.new(mode, (3, 2)))
        assert (result.mode, result.size) == ("RGB", (3, 2)), mode


def test_a_cmyk_jpeg_and_tiff_are_not_inverted() -> None:
    for kind in ("JPEG", "TIFF"):
        cyan = encoded(Image.new("CMYK", (8, 8), (255, 0, 0, 0)), kind)
        assert colour_at(cyan, 4, 4) == pytest.approx((0, 255, 255), abs=4)


def test_a_profile_is_applied_and_equals_the_formula() -> None:
    # In linear light 55 is 0.2157, which the sRGB curve writes as 1.055 v^(1/2.4) - 0.055 = 0.502.
    data = encoded(Image.new("RGB", (4, 4), (55, 55, 55)), "PNG", icc_profile=linear_profile())

    assert colour_at(data) == pytest.approx(GREY, abs=1)


def test_a_profile_is_applied_before_alpha() -> None:
    image = Image.new("RGBA", (1, 1), (55, 55, 55, 128))

    result = colour_at(encoded(image, "PNG", icc_profile=linear_profile()))

    assert result == pytest.approx((191,) * 3, abs=1), "half of 128 and half of white"


@pytest.mark.parametrize("mode", ["P", "RGB"])
def test_a_profile_reaches_palette_pictures_and_jpegs(mode: str) -> None:
    image = Image.new("RGB", (8, 8), (55, 55, 55))
    image = image.quantize(2) if mode == "P" else image
    kind = "PNG" if mode == "P" else "JPEG"

    assert colour_at(encoded(image, kind, icc_profile=linear_profile())) == pytest.approx(
        GREY, abs=2
    )


@pytest.mark.parametrize(
    "icc",
    [b"nonsense", b"\0" * 200, srgb_profile()[:300], linear_profile()[:140], b"x" * 5_000_000],
)
def test_a_broken_profile_is_ignored(icc: bytes) -> None:
    image = noise(8, 8)
    image.info["icc_profile"] = icc

    assert to_srgb(image).tobytes() == noise(8, 8).tobytes()


def test_a_profile_for_other_colours_is_ignored() -> None:
    data = encoded(Image.new("L", (2, 2), 55), "PNG", icc_profile=linear_profile())

    assert colour_at(data) == (55, 55, 55)


def test_srgb_itself_changes_no_pixel_and_costs_no_conversion() -> None:
    image = noise(16, 16)
    data = encoded(image, "PNG", icc_profile=srgb_profile())

    assert decode(data).image.tobytes() == image.tobytes()
    assert profile_of(srgb_profile(), "RGB").transform is None


def test_a_bent_profile_forbids_shrinking_first() -> None:
    assert not profile_of(linear_profile(), "RGB").keeps_averages
    assert profile_of(srgb_profile(), "RGB").keeps_averages


def test_a_checkerboard_in_linear_light_is_not_darkened_by_reduced_decoding() -> None:
    board = np.indices((512, 512)).sum(axis=0) % 2 * 255
    image = Image.fromarray(np.repeat(board.astype(np.uint8)[..., None], 3, axis=2))
    data = encoded(image, "JPEG", quality=95, subsampling=0, icc_profile=linear_profile())

    full, reduced = (
        np.asarray(decode(data, shortest_px=px).image.resize((64, 64))).mean() for px in (None, 64)
    )

    assert full == pytest.approx(reduced, abs=1)


def test_converting_does_not_change_the_picture_it_is_given() -> None:
    image = Image.new("LA", (2, 2), (0, 0))
    before = image.tobytes(), dict(image.info)

    to_srgb(image)

    assert (image.tobytes(), image.info) == before


def test_a_twelve_bit_tiff_reaches_white() -> None:
    # Little-endian, one strip, two pixels of 12 bits: 4095 and 0 are packed as FF F0 00.
    entries = [(256, 3, 2), (257, 3, 1), (258, 3, 12), (259, 3, 1), (262, 3, 1)]
    entries += [(273, 4, 8), (277, 3, 1), (278, 3, 1), (279, 4, 3)]
    table = struct.pack("<H", len(entries))
    table += b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    data = b"II*\0" + struct.pack("<I", 12) + b"\xff\xf0\x00\x00" + table + bytes(4)

    assert (colour_at(data, 0), colour_at(data, 1)) == ((255,) * 3, (0,) * 3)
    assert Image.open(io.BytesIO(data)).mode == "I;16"
