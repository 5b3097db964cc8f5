"""Turning files into upright pixels in sRGB on white, whatever state the files are in."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFile

from sightline.errors import ImageUnreadableError, InvalidValueError
from sightline.images import exif
from sightline.images.colours import profile_of, to_srgb
from sightline.images.formats import HEAD_BYTES, Format, describe_stranger, sniff, webp_size_px
from sightline.images.memory import footprint_bytes
from sightline.images.opening import open_picture, pillow_quiet, reason_of
from sightline.images.reading import read

DEFAULT_MAX_MEGAPIXELS = 200.0
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = frozenset((5, 6, 7, 8))
_SAID_LATE = (b"eXIf", b"Raw profile type", b"XML:com.adobe.xmp")
# Their plug-ins parse EXIF or damaged directories while opening, and warn.
_MAY_WARN = frozenset((Format.TIFF, Format.AVIF, Format.HEIF, Format.GIF))


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture, upright.

    Attributes:
        image: RGB in sRGB, on white, EXIF orientation applied; the caller's own. A JPEG may be
            smaller than ``width_px`` by ``height_px``.
        width_px: Of the whole picture as shown.
        height_px: Likewise.
        format: "JPEG", "PNG" and so on; "" for a picture that never was a file.
        taken_at: ISO 8601 local time from EXIF, or None.
    """

    image: Image.Image
    width_px: int
    height_px: int
    format: str
    taken_at: str | None = None


@dataclass(frozen=True, slots=True)
class _Wishes:
    """How the bytes of a file are to be decoded, and what errors call them."""

    label: str
    shortest_px: int | None
    max_megapixels: float
    reserve: Callable[[int], None]


def decode(
    source: Path | str | bytes | Image.Image,
    *,
    shortest_px: int | None = None,
    max_megapixels: float = DEFAULT_MAX_MEGAPIXELS,
    name: str | None = None,
    reserve: Callable[[int], None] = lambda bytes: None,
) -> Decoded:
    """Return the first frame of a picture as upright sRGB on white. Safe in many threads at once.

    With ``shortest_px``, a JPEG is decoded at 1/2, 1/4 or 1/8 scale, which takes a third of the
    time and makes the resize after it cheap, where all of this holds: the result's shortest edge is
    still at least twice ``shortest_px`` (three times at 1/8); the file is RGB or grey; and its
    colour profile is so close to a straight line that it may be applied after shrinking. Resized
    to ``shortest_px`` (bicubic), the picture then differs from a full decode by less than 1.0 on
    average, in units of 1/255, even if it is mostly noise (0.2 on photographs);
    ``tests/images/test_reduced_scale.py`` measures it. Anything else is decoded in full.

    Args:
        source: A file, the bytes of one (see ``read``), or a picture that Pillow already opened.
        shortest_px: The shortest edge that the picture will be resized to, or None for all pixels.
        max_megapixels: A larger picture is refused from its header alone, before memory is taken.
        name: What error messages call the picture; by default its path, if it has one.
        reserve: Called once a file's header is read, with the most bytes of memory that decoding
            it takes, before they are taken; it may wait for room. Not called for a picture that
            Pillow opened.

    Raises:
        ImageUnreadableError: there is no picture to be had from source; ``reason`` says why.
        InvalidValueError: shortest_px is below 1, or max_megapixels is not positive.
    """
    if shortest_px is not None and shortest_px < 1:
        raise InvalidValueError("shortest_px", shortest_px, "1 or more")
    if not max_megapixels > 0:
        raise InvalidValueError("max_megapixels", max_megapixels, "more than 0")
    if isinstance(source, Image.Image):
        label = name or str(getattr(source, "filename", "")) or "the picture"
        return _decode_opened(source, max_megapixels, label)
    if isinstance(source, bytes):
        wishes = _Wishes(name or "the picture", shortest_px, max_megapixels, reserve)
        return _decode_bytes(source, wishes)
    return _decode_bytes(
        read(source), _Wishes(name or str(source), shortest_px, max_megapixels, reserve)
    )


def size_as_shown(data: bytes, reserve: Callable[[int], None]) -> tuple[int, int]:
    """Return the width and height of a picture that was decoded before, as it is shown.

    Its pixels stay where they are, unless more than its header is needed to know.

    Args:
        data: The bytes of its file.
        reserve: As for ``decode``.

    Raises:
        ImageUnreadableError: there is no picture to be had from data.
    """
    kind = sniff(data[:HEAD_BYTES])
    # What corrects itself while loading, and the marks of what a PNG may say after its pixels.
    is_known_late = kind in (Format.HEIF, Format.GIF) or (
        kind is Format.PNG and any(mark in data for mark in _SAID_LATE)
    )
    if kind is None or is_known_late:
        decoded = decode(data, shortest_px=1, max_megapixels=math.inf, reserve=reserve)
        return decoded.width_px, decoded.height_px
    try:
        with _warnings_hidden(kind, data):
            image = open_picture(kind, data)
            sideways = _facts(kind, data, image).orientation in _SIDEWAYS
    except Exception as error:  # as for ``decode``
        raise ImageUnreadableError("the picture", reason_of(error, kind, data)) from error
    width, height = image.size
    return (height, width) if sideways else (width, height)


def _decode_bytes(data: bytes, wishes: _Wishes) -> Decoded:
    label = wishes.label
    head = data[:HEAD_BYTES]
    kind = sniff(head)
    if kind is None:
        raise ImageUnreadableError(label, describe_stranger(head) if data else "the file is empty")
    try:
        with _warnings_hidden(kind, data):
            return _decode_known(kind, data, wishes)
    except ImageUnreadableError:
        raise
    except Exception as error:
        # Deliberately everything: on hostile files Pillow raises a dozen types, AssertionError
        # and AttributeError among them, and each means that there is no picture.
        lasting = not isinstance(error, MemoryError)
        raise ImageUnreadableError(label, reason_of(error, kind, data), lasting) from error


def _decode_known(kind: Format, data: bytes, wishes: _Wishes) -> Decoded:
    if kind is Format.WEBP and (size := webp_size_px(data[:HEAD_BYTES])):
        _check_size(size, wishes.max_megapixels, wishes.label)
    image = open_picture(kind, data)
    _check_size(image.size, wishes.max_megapixels, wishes.label)
    width, height = image.size
    scale = _reduce(image, wishes.shortest_px) if kind is Format.JPEG else 1
    wishes.reserve(footprint_bytes(kind, image, (width, height)))
    image.load()
    if kind is not Format.JPEG:
        width, height = image.size  # HEIF and damaged GIF may correct themselves while loading
    facts = _facts(kind, data, image)
    rgb = to_srgb(image)
    if scale > 1 and wishes.shortest_px is not None:
        rgb = evened(rgb, (width, height), scale, wishes.shortest_px)
    upright = _turn(rgb, facts.orientation)
    if facts.orientation in _SIDEWAYS:
        width, height = height, width
    return Decoded(_detached(upright), width, height, kind.value, facts.taken_at)


def _decode_opened(image: Image.Image, max_megapixels: float, label: str) -> Decoded:
    _check_size(image.size, max_megapixels, label)
    try:
        with pillow_quiet():
            image.load()
            tags = image.getexif()
            orientation = tags.get(0x0112, 1)
            taken = tags.get_ifd(0x8769).get(0x9003)
            upright = _turn(to_srgb(image), orientation if orientation in _UPRIGHT else 1)
    except Exception as error:  # a file that Pillow opened lazily can be as broken as any
        kind = Format(image.format) if image.format in list(Format) else Format.PNG
        raise ImageUnreadableError(label, reason_of(error, kind, b"")) from error
    taken_at = exif.iso_time(taken.encode("ascii", "replace")) if isinstance(taken, str) else None
    own = upright.copy() if upright is image else upright
    return Decoded(_detached(own), *upright.size, image.format or "", taken_at)


def _check_size(size: tuple[int, int], max_megapixels: float, label: str) -> None:
    width, height = size
    if width < 1 or height < 1:
        raise ImageUnreadableError(label, f"its header says that it is {width} x {height} pixels")
    megapixels = width * height / 1e6
    if megapixels > max_megapixels:
        raise ImageUnreadableError(
            label,
            f"it has {megapixels:,.0f} megapixels ({width:,} x {height:,}), and the limit is "
            f"{max_megapixels:,g}; if you trust it, raise the limit with --max-megapixels",
            lasting=False,
        )


def _warnings_hidden(kind: Format, data: bytes) -> AbstractContextManager[None]:
    if kind in _MAY_WARN or (kind is Format.PNG and b"acTL" in data):
        return pillow_quiet()
    return nullcontext()


def _reduce(image: ImageFile.ImageFile, shortest_px: int | None) -> int:
    """Set the largest scale at which a JPEG's pixels tell the model the same; return it."""
    width, height = image.size
    scale = 1 if shortest_px is None else reduction(width, height, shortest_px)
    if scale == 1 or image.mode not in ("RGB", "L"):
        return 1
    if not profile_of(image.info.get("icc_profile"), image.mode).keeps_averages:
        return 1
    image.draft(None, (width // scale, height // scale))
    return scale


def _facts(kind: Format, data: bytes, image: Image.Image) -> exif.Facts:
    if kind is Format.TIFF:  # Pillow has turned it already, and EXIF is the file itself
        return exif.Facts(1, exif.read_facts(data).taken_at)
    block = image.info.get("exif")
    facts = exif.read_facts(block if isinstance(block, bytes) else _exif_as_text(image))
    packet = image.info.get("xmp")
    if facts.orientation == 1 and isinstance(packet, bytes) and kind is not Format.HEIF:
        return exif.Facts(exif.xmp_orientation(packet), facts.taken_at)
    return facts


def _exif_as_text(image: Image.Image) -> bytes:
    """Return EXIF that ImageMagick wrote into a PNG's text, in hexadecimal after three lines."""
    text = image.info.get("Raw profile type exif")
    if not isinstance(text, str):
        return b""
    try:
        return bytes.fromhex("".join(text.split("\n")[3:]))
    except ValueError:
        return b""


def _turn(image: Image.Image, orientation: int) -> Image.Image:
    method = _UPRIGHT.get(orientation)
    return image if method is None else image.transpose(method)


def _detached(image: Image.Image) -> Image.Image:
    """Return a plain picture: no file behind it, and no metadata that is no longer true."""
    plain = image if type(image) is Image.Image else image._new(image.im)
    plain.info = {}
    return plain


# Times smaller -> how many times as large as the model's input the result must still be. At 1/8
# libjpeg keeps one number a block, its plain average, which aliases; hence the wider margin.
_REDUCTIONS = {8: 3, 4: 2, 2: 2}


def reduction(width: int, height: int, shortest_px: int) -> int:
    """Return 8, 4, 2 or 1: how many times smaller a JPEG may be decoded; see ``decode``."""
    for scale, margin in _REDUCTIONS.items():
        if min(width, height) // scale >= margin * shortest_px:
            return scale
    return 1


def evened(image: Image.Image, whole: tuple[int, int], scale: int, shortest_px: int) -> Image.Image:
    """Return a JPEG that was decoded smaller as a picture that ends where the whole one ends.

    libjpeg rounds edges up: 4,001 pixels at 1/4 become 1,001, of which the last is a quarter
    picture and three quarters padding. Stretched to a model's input, everything would move by up
    to half a pixel (measured: up to 10/255 on average). So where a scale does not divide an edge,
    the 1,000.25 pixels that are picture are resampled, to a multiple of the size at which the
    model takes them: cutting an edge to an integer then goes as it goes with the whole picture.

    Args:
        image: As libjpeg gave it, RGB.
        whole: Width and height of the whole picture.
        scale: How many times smaller it was decoded.
        shortest_px: The shortest edge that the picture will be resized to.

    Returns:
        The same picture where the scale divides both edges.
    """
    width, height = whole
    if width % scale == height % scale == 0:
        return image
    short, long = sorted(whole)
    multiple = short // scale // shortest_px
    short_px, long_px = multiple * shortest_px, multiple * int(shortest_px * long / short)
    size = (short_px, long_px) if width <= height else (long_px, short_px)
    # Lanczos, because what is left of a margin of two must not be blurred before the next resize.
    return image.resize(size, Image.Resampling.LANCZOS, box=(0, 0, width / scale, height / scale))
