"""Gallery: one collection of pictures, the one object that a user of the library holds."""

from __future__ import annotations

from sightline.gallery.gallery import Gallery

__all__ = ["Gallery"]
