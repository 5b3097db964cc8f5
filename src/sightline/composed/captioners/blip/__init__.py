"""Captions by BLIP (Li et al., 2022): a picture tower, and a text decoder that looks at it."""

from sightline.composed.captioners.blip.captioner import BlipCaptioner

__all__ = ["BlipCaptioner"]
