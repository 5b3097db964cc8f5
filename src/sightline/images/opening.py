"""Pillow's readers, called one by one: no guessing among fifty formats, no global limits.

``Image.open`` tries plug-ins in turn, compares with the process-wide ``MAX_IMAGE_PIXELS``, parses
all of EXIF to learn a resolution, and looks for further pictures in a JPEG. Here the format is
known, the limit is an argument, and the first picture is the one wanted. What Pillow says of a
picture that it cannot decode becomes a reason in plain words, and what it warns of is hidden.
"""

from __future__ import annotations

import ctypes
import io
import logging
import re
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

from PIL import Image, ImageFile, _imaging
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TiffImageFile

from sightline.images.formats import Format, is_cut_off
from sightline.images.reading import reason_of_os_error

# Pillow logs damage that it also raises. Without any handler Python would print it to standard
# error; whoever configures logging still gets it.
logging.getLogger("PIL").addHandler(logging.NullHandler())


class _Jpeg(JpegImageFile):
    def _read_dpi_from_exif(self) -> None:
        pass  # parses all of EXIF, and warns where that is broken


class _Tiff(TiffImageFile):
    def load_prepare(self) -> None:
        # With its pixels in place, the parent does not compare them with MAX_IMAGE_PIXELS.
        if self._im is None:
            self.im = Image.new(self.mode, self._tile_size, None).im
        super().load_prepare()


def open_picture(kind: Format, data: bytes) -> ImageFile.ImageFile:
    """Return the picture with its header read and its pixels not yet.

    Whatever Pillow raises on a broken header passes through.
    """
    image = _reader(kind)(io.BytesIO(data))
    # One bite instead of 64 KiB ones, which Pillow would glue together again and again.
    image.decodermaxblock = max(image.decodermaxblock, len(data))
    return image


@cache
def _reader(kind: Format) -> Callable[[io.BytesIO], ImageFile.ImageFile]:
    match kind:
        case Format.JPEG:
            return _Jpeg
        case Format.TIFF:
            _silence_libtiff()
            return _Tiff
        case Format.PNG:
            from PIL.PngImagePlugin import PngImageFile

            return PngImageFile
        case Format.WEBP:
            from PIL.WebPImagePlugin import WebPImageFile

            return WebPImageFile
        case Format.AVIF:
            from PIL.AvifImagePlugin import AvifImageFile

            return AvifImageFile
        case Format.GIF:
            from PIL.GifImagePlugin import GifImageFile

            return GifImageFile
        case Format.BMP:
            from PIL.BmpImagePlugin import BmpImageFile

            return BmpImageFile
        case Format.HEIF:
            from pillow_heif import HeifImageFile

            reader: Callable[[io.BytesIO], ImageFile.ImageFile] = HeifImageFile
            return reader


def _silence_libtiff() -> None:
    """Keep libtiff from printing; what goes wrong reaches us as an exception all the same.

    Pillow leaves libtiff's handlers as they are, and those write a line to the process's standard
    error for every unusual tag, in the middle of a progress bar. Where the symbols cannot be
    reached (libtiff linked statically), it goes on printing.
    """
    try:
        library = ctypes.CDLL(_imaging.__file__)
        library.TIFFSetWarningHandler(None)
        library.TIFFSetErrorHandler(None)
    except (AttributeError, OSError):
        pass


_CUT_OFF = re.compile(
    r"truncat|premature|end of (file|data)|not enough (image )?data|insufficient", re.IGNORECASE
)
_UNINTERESTING = re.compile(
    r"<[^>]*>| when reading image file|^cannot identify image file"
    r"|^not identified by this driver$|^decoder error -?\d+$"
)
_MAX_DETAIL = 120


def reason_of(error: Exception, kind: Format, data: bytes) -> str:
    """Return why a picture could not be decoded, as the end of "cannot read x.jpg: ..."."""
    if isinstance(error, MemoryError):
        return "there is not enough memory to decode it"
    if isinstance(error, Image.DecompressionBombError):
        return "it or one of its parts is larger than the decoder allows"
    if isinstance(error, OSError) and error.errno:
        return reason_of_os_error(error)
    if isinstance(error, EOFError) or _CUT_OFF.search(str(error)) or is_cut_off(kind, data):
        return f"the file is cut off after {len(data):,} bytes"
    detail = _detail(error)
    if isinstance(error, NotImplementedError):
        return f"it uses a part of {kind} that is not supported{detail}"
    return f"its {kind} data is damaged{detail}"


def _detail(error: Exception) -> str:
    first_line = str(error).partition("\n")[0]
    text = _UNINTERESTING.sub("", first_line).strip()[:_MAX_DETAIL]
    return f" ({text})" if text.isprintable() and " " in text else ""


_lock = threading.Lock()
_inside = 0
_catcher: warnings.catch_warnings[None] | None = None


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Ignore warnings that Pillow's modules give, in every thread, while inside."""
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _catcher
    with _lock:
        _inside += 1
        if _inside == 1:
            _catcher = warnings.catch_warnings()
            _catcher.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL(\.|$)")


def _leave() -> None:
    global _inside, _catcher
    with _lock:
        _inside -= 1
        if _inside == 0 and _catcher is not None:
            _catcher.__exit__(None, None, None)
            _catcher = None
