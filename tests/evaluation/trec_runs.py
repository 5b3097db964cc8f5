"""Runs as trec_eval reads them: what is written is read by the program that it is for."""

from pathlib import Path
from urllib.parse import unquote

import pytrec_eval

from sightline.evaluation.ranking import Run


def read_run(path: Path) -> Run:
    """Return the run of a file, its names as they were before they were escaped."""
    with path.open(encoding="utf-8") as file:
        found = pytrec_eval.parse_run(file)
    return Run.of(
        {
            unquote(query): [(unquote(document), score) for document, score in results.items()]
            for query, results in found.items()
        }
    )
