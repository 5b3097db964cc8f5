"""Composing: from a picture and an instruction to what is searched for, every step told."""

from sightline.composed.pipeline import Composing
from sightline.composed.registry import WordsSettings, words_for

__all__ = ["Composing", "WordsSettings", "words_for"]
