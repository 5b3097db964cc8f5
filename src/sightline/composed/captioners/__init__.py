"""Captioners: words for what a picture shows."""

from sightline.composed.captioners.table import Surroundings, bank_for, captioner, captioner_names

__all__ = ["Surroundings", "bank_for", "captioner", "captioner_names"]
