"""Composers: what a picture shows, and what is to be different, become what is wanted."""

from sightline.composers.rules import RulesComposer
from sightline.composers.table import composer, composer_names

__all__ = ["RulesComposer", "composer", "composer_names"]
