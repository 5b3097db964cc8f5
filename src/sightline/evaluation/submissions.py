"""The files that evaluation servers take, for test splits whose labels are not public."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from sightline.errors import InvalidValueError
from sightline.evaluation.files import write_file
from sightline.evaluation.ranking import Run
from sightline.evaluation.tasks import Submission, Task, own_of

_CIRCO_RESULTS = 50
_CIRR_RESULTS, _CIRR_SUBSET_RESULTS = 50, 3


def write_submissions(task: Task, runs: Mapping[str, Run], folder: Path) -> tuple[Path, ...]:
    """Write what the server of a task wants; return the files.

    Args:
        task: With a ``submission``; else nothing is written.
        runs: By the name of the protocol that they are for; "" ranks the whole gallery.
        folder: Where they go.

    Raises:
        InvalidValueError: a query has too few results.
        StorageError: as ``write_file`` raises.
    """
    contents: dict[str, Mapping[str, object]] = {}
    match task.submission:
        case Submission.CIRCO:
            contents["circo_submission.json"] = circo_submission(runs[""])
        case Submission.CIRR:
            contents["cirr_recall.json"] = cirr_recall(runs[""], own_of(task.topics))
            contents["cirr_recall_subset.json"] = cirr_subset(runs["subset"])
    return tuple(
        write_file(folder / name, json.dumps(content).encode())
        for name, content in contents.items()
    )


def circo_submission(run: Run) -> dict[str, list[int]]:
    """Return CIRCO's form: the numbers of the first 50 pictures by number of the query."""
    return {
        query: [int(name) for name in _first(run, query, _CIRCO_RESULTS)] for query in run.queries
    }


def cirr_recall(run: Run, own: Mapping[str, str]) -> dict[str, object]:
    """Return CIRR's form for recall: the first 50 pictures by pair, the reference left out."""
    found = {q: _first(run, q, _CIRR_RESULTS, without=own.get(q)) for q in run.queries}
    return {"version": "rc2", "metric": "recall", **found}


def cirr_subset(run: Run) -> dict[str, object]:
    """Return CIRR's form for subset recall: the first 3 members of the set by pair."""
    found = {query: _first(run, query, _CIRR_SUBSET_RESULTS) for query in run.queries}
    return {"version": "rc2", "metric": "recall_subset", **found}


def _first(run: Run, query: str, count: int, without: str | None = None) -> Sequence[str]:
    names = [name for name, _ in run.found(query) if name != without][:count]
    if len(names) < count:
        what = f"the number of results of query {query}"
        raise InvalidValueError(what, len(names), f"{count}, which the server wants")
    return names
