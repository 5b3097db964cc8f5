"""Small versions of pictures, inside the page."""

from __future__ import annotations

import base64
import io
from pathlib import Path

from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.evaluation.run.pictures import opened
from sightline.evaluation.tasks import Picture
from sightline.images import decode, thumbnail

_LONGEST_PX = 144
_QUALITY = 78


class Thumbnails:
    """Makes data URIs of pictures, each once.

    Args:
        max_megapixels: Larger pictures are not decoded.
    """

    def __init__(self, max_megapixels: float) -> None:
        self._max_megapixels = max_megapixels
        self._made: dict[Picture, str | None] = {}

    def uri(self, picture: Picture) -> str | None:
        """Return a picture as a data URI, or None if it cannot be read."""
        if picture not in self._made:
            self._made[picture] = self._make(picture)
        return self._made[picture]

    def _make(self, picture: Picture) -> str | None:
        try:
            image = self._read(picture)
        except ImageUnreadableError:
            return None
        file = io.BytesIO()
        thumbnail(image, _LONGEST_PX).save(file, "JPEG", quality=_QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

    def _read(self, picture: Picture) -> Image.Image:
        if not isinstance(picture, Path):
            return opened(picture, self._max_megapixels)
        shortest = _LONGEST_PX // 2
        return decode(picture, shortest_px=shortest, max_megapixels=self._max_megapixels).image
