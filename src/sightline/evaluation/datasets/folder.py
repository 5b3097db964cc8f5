"""Folders of pictures, one for each class: what lies in the query's folder is relevant."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.bringing import Brought, drawn
from sightline.evaluation.datasets.classes import ClassTask, class_task, put_into, templates
from sightline.evaluation.tasks import QueryMode, Task


def read(brought: Brought) -> Task:
    """Return the task.

    By picture, up to ``choices.queries`` pictures are drawn. By text, each class is one query.
    """
    mode, root, choices = brought.mode, brought.root, brought.choices
    inside = [path for path in brought.pictures() if path.parent != root]
    documents = {path.relative_to(root).as_posix(): path for path in inside}
    class_of = {name: Path(name).parent.as_posix() for name in documents}
    labels = set(class_of.values())
    if len(labels) < 2:
        allowed = "a folder with at least two folders of pictures"
        raise InvalidValueError("--data", str(root), allowed)
    sentences = templates(choices.templates)
    texts = {label: put_into(label_text(label), sentences) for label in labels}
    is_drawn = mode is QueryMode.IMAGE and choices.query_list is None
    if is_drawn or choices.query_list is not None:
        chosen = brought.queried(sorted(documents))
    else:
        chosen = _one_of_each(class_of)
    return class_task(
        ClassTask(brought.card.name, documents, class_of, chosen, mode, texts),
        variant=f"{root.name}, by {mode}",
        prompt="{query}" if sentences else None,
        seed=choices.seed if is_drawn else None,
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
