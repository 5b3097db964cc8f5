"""Folders of pictures, one for each class: what lies in the query's folder is relevant."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import InvalidValueError
from sightline.evaluation.datasets import classes
from sightline.evaluation.datasets.bringing import (
    checked_choice,
    data_folder,
    drawn,
    pictures_below,
    queried,
)
from sightline.evaluation.datasets.cards import Choices, DatasetCard
from sightline.evaluation.datasets.classes import put_into, templates
from sightline.evaluation.tasks import QueryMode, Task


def read(card: DatasetCard, data: Path, choices: Choices) -> Task:
    """Return the task; see ``DatasetCard.read``.

    By picture, up to ``choices.queries`` pictures are drawn. By text, each class is one query.
    """
    mode = QueryMode(checked_choice("--by", choices.by, card.modes))
    root = data_folder(card, data)
    inside = [path for path in pictures_below(card, root) if path.parent != root]
    documents = {path.relative_to(root).as_posix(): path for path in inside}
    class_of = {name: str(Path(name).parent.as_posix()) for name in documents}
    if len(set(class_of.values())) < 2:
        raise InvalidValueError(
            "--data", str(data), "a folder with at least two folders of pictures"
        )
    sentences = templates(choices.templates)
    texts = {label: put_into(label_text(label), sentences) for label in set(class_of.values())}
    if mode is QueryMode.IMAGE or choices.query_list is not None:
        chosen = queried(sorted(documents), choices.query_list, choices.queries, choices.seed)
    else:
        chosen = _one_of_each(class_of)
    told = classes.ClassTask(card.name, documents, class_of, chosen, mode, texts)
    return classes.class_task(
        told,
        variant=f"{root.name}, by {mode}",
        prompt="{query}" if sentences else None,
        seed=choices.seed if mode is QueryMode.IMAGE and choices.query_list is None else None,
    )


def label_text(label: str) -> str:
    """Return words for a folder's name: its last part, with spaces for - and _."""
    return label.rpartition("/")[2].replace("_", " ").replace("-", " ").strip()


def _one_of_each(class_of: dict[str, str]) -> list[str]:
    """Return the first picture of each class, whose class's name is the query."""
    first: dict[str, str] = {}
    for name in sorted(class_of):
        first.setdefault(class_of[name], name)
    return drawn(first.values(), len(first), seed=0)
