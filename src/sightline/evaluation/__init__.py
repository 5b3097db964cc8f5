"""The laboratory: measures, data sets with their protocols, runs, reports.

Judgements, rankings and measures are plain data and pure functions. Only ``run``, ``own`` and
``report`` know a gallery.
"""
