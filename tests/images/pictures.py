"""Pictures to test with: detailed ones, and files of every format."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw

from sightline.images.formats import Format


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    """Coloured blobs under strong grain: the worst that reduced decoding meets."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), dtype=np.uint8)
    blobs = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    grain = rng.normal(0, 12, (height, width, 3))
    return Image.fromarray(np.clip(np.asarray(blobs) + grain, 0, 255).astype(np.uint8))


def scene(width: int, height: int, seed: int = 0) -> Image.Image:
    """Discs and lines with sharp, antialiased edges, and a little grain."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (width * 2, height * 2), (120, 160, 200))
    draw = ImageDraw.Draw(image)
    for _ in range(300):
        x, y = int(rng.integers(0, width * 2)), int(rng.integers(0, height * 2))
        r, slope = int(rng.integers(4, max(5, width // 6))), int(rng.integers(-width, width))
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            draw.ellipse((x - r, y - r, x + r, y + r), fill=colour)
        else:
            draw.line((x, y, x + r, y + slope), fill=colour, width=int(rng.integers(1, 6)))
    smooth = np.asarray(image.resize((width, height), Image.Resampling.LANCZOS))
    grain = rng.normal(0, 6, (height, width, 3))
    return Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))


def corners(width: int = 48, height: int = 32) -> Image.Image:
    """Four plain quarters: red, green / blue, white. No two orientations look alike."""
    image = Image.new("RGB", (width, height), (255, 255, 255))
    w, h = width // 2, height // 2
    image.paste((255, 0, 0), (0, 0, w, h))
    image.paste((0, 255, 0), (w, 0, width, h))
    image.paste((0, 0, 255), (0, h, w, height))
    return image


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401
    """The bytes of a file."""
    if kind == "HEIF":
        pillow_heif.register_heif_opener()  # only to write: decoding does without
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def small_files() -> dict[Format, bytes]:
    """One small file of every format, with metadata where there can be some."""
    image = noise(40, 28, seed=3)
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x0132] = "2024:05:31 23:59:58"
    return {
        Format.JPEG: encoded(image, "JPEG", quality=90, exif=exif),
        Format.PNG: encoded(image, "PNG", exif=exif),
        Format.WEBP: encoded(image, "WEBP", exif=exif),
        Format.AVIF: encoded(image, "AVIF", exif=exif),
        Format.HEIF: encoded(image, "HEIF"),
        Format.TIFF: encoded(image, "TIFF", compression="tiff_lzw", exif=exif),
        Format.GIF: encoded(image.quantize(64), "GIF"),
        Format.BMP: encoded(image, "BMP"),
    }


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and has no pixels to show for it."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
