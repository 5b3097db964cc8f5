"""Composing: from a picture and an instruction to what is searched for, every step told."""

from sightline.composed.pipeline import Composing
from sightline.composed.registry import Surroundings, WordsSettings, words_for

__all__ = ["Composing", "Surroundings", "WordsSettings", "words_for"]
