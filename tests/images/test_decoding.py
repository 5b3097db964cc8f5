from __future__ import annotations

import io
import os
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from sightline.errors import ImageUnreadableError, InvalidValueError
from sightline.images import bytes_hash, decode, read
from sightline.images.formats import Format
from sightline.images.hashing import stream_hash

from .pictures import corners, encoded, noise, png_header, scene, small_files

LOSSLESS = (Format.PNG, Format.TIFF, Format.BMP)


def pixels(image: Image.Image) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    return np.asarray(image).astype(np.int16)


@pytest.mark.parametrize("kind", list(Format))
def test_every_format_is_decoded_by_content_whatever_the_ending(
    kind: Format, tmp_path: Path
) -> None:
    image = corners(64, 48)
    path = tmp_path / "misnamed.txt"
    options = {"quality": 95} if kind in ("JPEG", "WEBP", "AVIF", "HEIF") else {}
    path.write_bytes(
        encoded(image.quantize(256) if kind == "GIF" else image, kind.value, **options)
    )

    decoded = decode(path)

    assert (decoded.format, decoded.width_px, decoded.height_px) == (kind.value, 64, 48)
    assert decoded.image.mode == "RGB"
    assert decoded.image.size == (64, 48)
    error = np.abs(pixels(decoded.image) - pixels(image)).mean()
    assert error == 0 if kind in LOSSLESS else error < 3


def test_path_string_and_bytes_give_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise(20, 10), "PNG"))

    results = [decode(path), decode(str(path)), decode(read(path))]

    assert len({result.image.tobytes() for result in results}) == 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("orientation", range(10))  # 0 and 9 do not exist, and count as upright
def test_all_orientations_are_applied_as_exif_transpose_does(kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(corners(), kind, exif=exif)
    with Image.open(io.BytesIO(data)) as image:
        expected = ImageOps.exif_transpose(image).convert("RGB")

    decoded = decode(data)

    assert (decoded.width_px, decoded.height_px) == expected.size == decoded.image.size
    assert decoded.image.size == ((32, 48) if 5 <= orientation <= 8 else (48, 32))
    assert np.abs(pixels(decoded.image) - pixels(expected)).max() <= 1
    assert decode(decoded.image).image.size == expected.size, "it is not turned a second time"


def test_an_orientation_in_xmp_counts_where_exif_is_silent() -> None:
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'

    decoded = decode(encoded(corners(), "JPEG", xmp=xmp))

    assert decoded.image.size == (32, 48)
    assert decoded.image.getpixel((30, 2)) == pytest.approx((255, 0, 0), abs=6), "red is top right"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_heic_is_turned_exactly_once(orientation: int) -> None:
    # As telephones write it: the container turns the picture, and EXIF says the same once more.
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = corners()
    tagged = upright.copy()
    tagged.info["exif"] = exif.tobytes()
    expected = ImageOps.exif_transpose(tagged)

    decoded = decode(encoded(upright, "HEIF", quality=95, exif=exif.tobytes()))

    assert (decoded.width_px, decoded.height_px) == expected.size == decoded.image.size
    assert np.abs(pixels(decoded.image) - pixels(expected)).mean() < 4


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024:05:31 23:59:58", "2024-05-31T23:59:58"),
        ("2024-05-31 23:59:58", "2024-05-31T23:59:58"),
        ("0000:00:00 00:00:00", None),
        ("2023:02:29 10:00:00", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG", "TIFF", "AVIF"])
def test_the_time_a_picture_was_taken_is_iso_or_nothing(
    kind: str, written: str, expected: str | None
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif.get_ifd(0x8769)[0x9003] = written

    assert decode(encoded(corners(), kind, exif=exif.tobytes())).taken_at == expected


def test_a_picture_without_metadata_has_no_time() -> None:
    assert decode(encoded(corners(), "JPEG")).taken_at is None


def test_the_first_frame_of_an_animation_is_taken() -> None:
    red, blue = Image.new("RGB", (8, 8), (255, 0, 0)), Image.new("RGB", (8, 8), (0, 0, 255))
    for kind in ("GIF", "PNG", "WEBP", "TIFF", "AVIF"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(red, kind, save_all=True, append_images=[blue], **options)
        assert decode(data).image.getpixel((4, 4)) == pytest.approx((255, 0, 0), abs=3), kind


def test_a_picture_that_pillow_opened_is_decoded_and_left_alone(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    exif.get_ifd(0x8769)[0x9003] = "2001:02:03 04:05:06"
    path = tmp_path / "a.png"
    path.write_bytes(encoded(corners(), "PNG", exif=exif))

    with Image.open(path) as image:
        decoded = decode(image)
        assert image.size == (48, 32)
        assert image.getexif()[0x0112] == 8

    assert (decoded.width_px, decoded.height_px, decoded.format) == (32, 48, "PNG")
    assert decoded.taken_at == "2001-02-03T04:05:06"
    assert decoded.image.getpixel((0, 0)) == (0, 255, 0)


def test_a_decoded_picture_is_the_callers_own() -> None:
    drawn = corners()

    decoded = decode(drawn)
    decoded.image.putpixel((0, 0), (1, 2, 3))

    assert drawn.getpixel((0, 0)) == (255, 0, 0)
    assert decoded.format == ""


def test_a_bomb_is_refused_from_its_header_alone() -> None:
    with pytest.raises(ImageUnreadableError, match=r"2,500 megapixels .* 200; .*--max-megapixels"):
        decode(png_header(50_000, 50_000))


@pytest.mark.parametrize("kind", list(Format))
def test_the_pixel_limit_holds_for_every_format_and_to_the_pixel(kind: Format) -> None:
    data = encoded(scene(50, 40).quantize(8) if kind == "GIF" else scene(50, 40), kind.value)

    assert decode(data, max_megapixels=0.002).width_px == 50
    with pytest.raises(ImageUnreadableError, match="max-megapixels"):
        decode(data, max_megapixels=0.0019)


def test_pillows_own_limit_neither_warns_nor_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {kind: data for kind, data in small_files().items() if kind not in ("WEBP",)}
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)

    for kind, data in files.items():
        assert decode(data).format == kind.value

    assert Image.MAX_IMAGE_PIXELS == 100


def test_a_huge_webp_is_refused_before_its_canvas_is_made() -> None:
    canvas = (16_383 - 1).to_bytes(3, "little") * 2
    data = b"RIFF" + (22).to_bytes(4, "little") + b"WEBPVP8X" + (10).to_bytes(4, "little")
    with pytest.raises(ImageUnreadableError, match="268 megapixels"):
        decode(data + bytes(4) + canvas)


@pytest.mark.parametrize("value", [0, -1])
def test_senseless_arguments_are_refused_before_anything_is_read(value: int) -> None:
    with pytest.raises(InvalidValueError, match="shortest_px"):
        decode(Path("nowhere.jpg"), shortest_px=value)
    with pytest.raises(InvalidValueError, match="max_megapixels"):
        decode(Path("nowhere.jpg"), max_megapixels=value)
    with pytest.raises(InvalidValueError, match="max_megapixels"):
        decode(Path("nowhere.jpg"), max_megapixels=float("nan"))


def test_errors_name_the_file_or_what_the_caller_calls_it(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("hello")
    with pytest.raises(ImageUnreadableError, match=r"a\.jpg: it is not a picture .*like text"):
        decode(tmp_path / "a.jpg")
    with pytest.raises(ImageUnreadableError) as caught:
        decode(b"hello", name="upload.jpg")
    assert pickle.loads(pickle.dumps(caught.value)).name == "upload.jpg"


def test_many_threads_decode_at_once_without_a_warning_or_a_changed_filter() -> None:
    files = list(small_files().items())
    expected = {kind: decode(data).image.tobytes() for kind, data in files}
    filters = list(warnings.filters)

    def work(i: int) -> bool:
        kind, data = files[i % len(files)]
        return decode(data).image.tobytes() == expected[kind]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))
    assert list(warnings.filters) == filters


def test_corrupt_exif_costs_neither_the_picture_nor_a_warning() -> None:
    exif = b"Exif\0\0MM\0*\0\0\0\x08\x00\x03" + b"\x01\x12\x00\x03\xff\xff\xff\xff" * 3
    for kind in ("JPEG", "PNG", "WEBP"):
        assert decode(encoded(corners(), kind, exif=exif)).image.size == (48, 32)
    with Image.open(io.BytesIO(encoded(corners(), "JPEG", exif=b"Exif\0\0II*\0"))) as image:
        assert decode(image).image.size == (48, 32)


def test_reading_and_hashing_agree(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(noise(300, 200), "PNG"))

    assert read(path) == path.read_bytes()
    with path.open("rb") as file:
        assert stream_hash(file) == bytes_hash(path.read_bytes())
    assert bytes_hash(b"") == "3345524abf6bbe1809449224b5972c41790b6cf2", "BLAKE2b-160 of nothing"


@pytest.mark.parametrize("job", [decode, read])
def test_what_is_no_file_is_refused_and_never_waited_for(job: object, tmp_path: Path) -> None:
    assert callable(job)
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    for name, reason in (
        ("pipe.jpg", "named pipe"),
        ("folder.jpg", "folder"),
        ("loop.jpg", "circle"),
        ("gone.jpg", "no longer there"),
        ("bad\0name.jpg", "valid file name"),
        ("x" * 300, "too long"),
    ):
        with pytest.raises(ImageUnreadableError, match=reason):
            job(tmp_path / name)
    with pytest.raises(ImageUnreadableError, match="device"):
        job(Path("/dev/zero"))


def test_a_forbidden_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(
        os, "open", refuse
    )  # root may read everything, so a mode of 0 proves little
    with pytest.raises(ImageUnreadableError, match=r"a\.jpg: permission denied"):
        decode(Path("a.jpg"))


def test_a_film_under_a_pictures_name_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "film.jpg"
    with path.open("wb") as file:
        file.write(b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2")
        file.truncate(1 << 40)  # sparse

    with pytest.raises(ImageUnreadableError, match="begins like a film"):
        read(path)


def test_a_reader_that_is_interrupted_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sightline.images.decoding.open_picture", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode(encoded(corners(), "PNG"))
