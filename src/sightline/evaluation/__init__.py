"""The laboratory: measures, data sets with their protocols, runs, reports.

What is below needs no gallery: judgements, rankings and measures are plain data and pure functions.
Only what measures a gallery (``run``, ``report`` and what ``tests/test_house.py`` names beside
them) stands above it.
"""
