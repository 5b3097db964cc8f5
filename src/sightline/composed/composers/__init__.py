"""Composers: what a picture shows, and what is to be different, become what is wanted."""

from sightline.composed.composers.rules import RulesComposer
from sightline.composed.composers.table import composer, composer_names

__all__ = ["RulesComposer", "composer", "composer_names"]
