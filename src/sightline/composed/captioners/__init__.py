"""Captioners: words for what a picture shows."""
