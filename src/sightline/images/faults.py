"""What Pillow throws at a broken file, as a reason in plain words."""

from __future__ import annotations

import re

from PIL import Image

from sightline.images.formats import Format, is_cut_off
from sightline.images.reading import reason_of_os_error

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
