"""CIRR: a picture of a real scene, words for what shall be other, one right answer.

As the authors' evaluation has it: recall@k with the reference taken out of the ranking, and
recall@k among the five other pictures of the reference's set of six. The answers of test1 are on a
server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import (
    Brought,
    checked_choice,
    read_json,
    read_records,
)
from sightline.evaluation.qrels import JUNK, Qrels
from sightline.evaluation.tasks import Protocol, Submission, Task, composed_topic

_SPLITS = {"val": "val", "test": "test1"}
_RECALLS = ("recall@1", "recall@5", "recall@10", "recall@50")
_SUBSET_RECALLS = ("recall@1", "recall@2", "recall@3")


def read(brought: Brought) -> Task:
    """Return the task."""
    split = _SPLITS[checked_choice("--split", brought.choices.split, tuple(_SPLITS))]
    mode = brought.mode
    answer = ("target_hard",) if split == "val" else ()
    file = brought.file(f"cap.rc2.{split}.json")
    records = read_records(file, "pairid", "reference", "caption", "img_set", *answer)
    documents = _documents(brought, split)
    _check_names(file, records, documents)
    return Task(
        brought.card.name,
        f"{split}, by {mode}",
        documents,
        tuple(
            composed_topic(
                str(r["pairid"]), mode, documents[r["reference"]], r["reference"], r["caption"]
            )
            for r in records
        ),
        _protocols(records, is_judged=split == "val"),
        depth=50,
        submission=Submission.CIRR,
        notes=("as in the official evaluation, the reference picture is taken out of the ranking",),
    )


def _documents(brought: Brought, split: str) -> dict[str, Path]:
    file = brought.file(f"split.rc2.{split}.json")
    names = read_json(file)
    if not isinstance(names, dict):
        raise AnnotationsUnreadableError(file, "it is not an object of names and files")
    folder = "dev" if split == "val" else "test1"
    homes = [brought.root, *(path.parent for path in brought.folders(folder))]
    first = next(iter(names.values()), "")
    home = next((home for home in homes if (home / first).is_file()), None)
    if home is None:
        raise brought.missing(f"the picture {first}")
    return {str(name): home / Path(file) for name, file in names.items()}


def _check_names(
    file: Path, records: Sequence[Mapping[str, Any]], documents: Mapping[str, Path]
) -> None:
    for record in records:
        for name in (record["reference"], *record["img_set"]["members"]):
            if name not in documents:
                problem = f"{name} of pair {record['pairid']} is not in the split"
                raise AnnotationsUnreadableError(file, problem)


def _protocols(records: Sequence[Mapping[str, Any]], *, is_judged: bool) -> tuple[Protocol, ...]:
    subsets = {
        str(r["pairid"]): tuple(m for m in r["img_set"]["members"] if m != r["reference"])
        for r in records
    }
    if not is_judged:
        # The subset's ranking is needed for the server's file, though nobody here can judge it.
        return (Protocol("subset", Qrels({}), _SUBSET_RECALLS, candidates=subsets),)
    qrels = Qrels({str(r["pairid"]): {r["reference"]: JUNK, r["target_hard"]: 1} for r in records})
    return (
        Protocol("", qrels, _RECALLS),
        Protocol("subset", qrels, _SUBSET_RECALLS, candidates=subsets),
    )
