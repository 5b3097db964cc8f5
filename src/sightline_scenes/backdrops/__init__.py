"""Everything in a picture that is not a subject: sky, land, water and weather."""

from __future__ import annotations

from sightline_scenes.backdrops.placing import draw_backdrop
from sightline_scenes.backdrops.tones import light_of
from sightline_scenes.backdrops.weather import draw_weather

__all__ = ["draw_backdrop", "draw_weather", "light_of"]
