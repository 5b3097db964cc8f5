"""CIRCO: a reference picture, words for what shall be other, and several right answers.

As the authors' evaluation has it: mAP@k divided by min(k, R) over all right answers, recall@k for
the one picture that the words were written about, and mAP@10 for each kind of change. The reference
stays in the gallery. The test split's answers are on a server.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.evaluation.datasets.bringing import Brought, checked_choice, read_records
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Protocol, Submission, Task, composed_topic

_CUTOFFS = (5, 10, 25, 50)


def read(brought: Brought) -> Task:
    """Return the task."""
    split = checked_choice("--split", brought.choices.split, ("val", "test"))
    mode = brought.mode
    answers = ("gt_img_ids", "target_img_id") if split == "val" else ()
    file = brought.file(f"{split}.json")
    records = read_records(file, "id", "reference_img_id", "relative_caption", *answers)
    documents = _documents(brought)
    references = [str(record["reference_img_id"]) for record in records]
    brought.required(documents, references)
    return Task(
        brought.card.name,
        f"{split}, by {mode}",
        documents,
        tuple(
            composed_topic(str(r["id"]), mode, documents[name], name, r["relative_caption"])
            for r, name in zip(records, references, strict=True)
        ),
        _protocols(records) if split == "val" else (),
        depth=max(_CUTOFFS),
        submission=Submission.CIRCO,
        notes=("as in the official evaluation, the reference picture stays in the gallery",),
    )


def _documents(brought: Brought) -> dict[str, Path]:
    """Return the gallery by COCO id: the file name without its zeros."""
    homes = brought.folders("unlabeled2017")
    if not homes:
        raise brought.missing("the folder unlabeled2017")
    found = [path for path in brought.pictures(homes[0]) if path.stem.isdigit()]
    return {str(int(path.stem)): path for path in found}


def _protocols(records: Sequence[Mapping[str, Any]]) -> tuple[Protocol, ...]:
    by_id = {str(record["id"]): record for record in records}
    right = Qrels.of({i: [str(n) for n in r["gt_img_ids"]] for i, r in by_id.items()})
    target = Qrels.of({i: [str(r["target_img_id"])] for i, r in by_id.items()})
    aspects: dict[str, list[str]] = defaultdict(list)
    for i, record in by_id.items():
        for aspect in record.get("semantic_aspects", ()):
            aspects[str(aspect)].append(i)
    groups = {name: tuple(queries) for name, queries in sorted(aspects.items())}
    return (
        Protocol("", right, tuple(f"mAP@{k}" for k in _CUTOFFS)),
        Protocol("target only", target, tuple(f"recall@{k}" for k in _CUTOFFS)),
        Protocol("by aspect", right, ("mAP@10",), groups=groups),
    )
