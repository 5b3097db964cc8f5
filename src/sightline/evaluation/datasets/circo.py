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

from sightline.evaluation.datasets.bringing import (
    checked_choice,
    data_folder,
    folders_below,
    missing,
    one_file,
    pictures_below,
    read_records,
    required,
)
from sightline.evaluation.datasets.cards import Choices, DatasetCard
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Protocol, QueryMode, Submission, Task, composed_topic

_CUTOFFS = (5, 10, 25, 50)


def read(card: DatasetCard, data: Path, choices: Choices) -> Task:
    """Return the task; see ``DatasetCard.read``."""
    split = checked_choice("--split", choices.split, ("val", "test"))
    mode = QueryMode(checked_choice("--by", choices.by, card.modes))
    root = data_folder(card, data)
    file = one_file(card, root, f"{split}.json")
    answers = ("gt_img_ids", "target_img_id") if split == "val" else ()
    records = read_records(file, "id", "reference_img_id", "relative_caption", *answers)
    documents = _documents(card, root)
    references = [str(record["reference_img_id"]) for record in records]
    required(card, documents, references)
    return Task(
        card.name,
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


def _documents(card: DatasetCard, root: Path) -> dict[str, Path]:
    """Return the gallery by COCO id: the file name without its zeros."""
    homes = folders_below(root, "unlabeled2017")
    if not homes:
        raise missing(card, f"the folder unlabeled2017 below {root}")
    found = [path for path in pictures_below(card, homes[0]) if path.stem.isdigit()]
    return {str(int(path.stem)): path for path in found}


def _protocols(records: Sequence[Mapping[str, Any]]) -> tuple[Protocol, ...]:
    ids = [str(record["id"]) for record in records]
    right = {i: [str(n) for n in r["gt_img_ids"]] for i, r in zip(ids, records, strict=True)}
    target = {i: [str(r["target_img_id"])] for i, r in zip(ids, records, strict=True)}
    aspects: dict[str, list[str]] = defaultdict(list)
    for i, record in zip(ids, records, strict=True):
        for aspect in record.get("semantic_aspects", ()):
            aspects[str(aspect)].append(i)
    groups = {name: tuple(queries) for name, queries in sorted(aspects.items())}
    return (
        Protocol("", Qrels.of(right), tuple(f"mAP@{k}" for k in _CUTOFFS)),
        Protocol("target only", Qrels.of(target), tuple(f"recall@{k}" for k in _CUTOFFS)),
        Protocol("by aspect", Qrels.of(right), ("mAP@10",), groups=groups),
    )
