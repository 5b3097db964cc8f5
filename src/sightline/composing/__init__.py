"""Composing: from a picture and an instruction to what is searched for, every step told."""

from sightline.composing.pipeline import Composing
from sightline.composing.words import WordsSettings, words_for

__all__ = ["Composing", "WordsSettings", "words_for"]
