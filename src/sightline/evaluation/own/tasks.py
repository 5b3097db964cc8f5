"""Tasks made of a gallery itself.

- ``judgements``: what people said of answers. The only one of these that measures what they want.
- ``folders``: pictures in one folder belong together, and its name says what they show. A weak
  label.
- ``bursts``: pictures taken within seconds of each other show the same thing. A weak label.
- ``transforms``: a picture that was changed shall find its original. Says how sturdy a model is,
  and nothing about meaning.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import TypeAlias

from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.bringing import drawn
from sightline.evaluation.datasets.classes import ClassTask, class_task, label_text
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.run.pictures import ALTERATIONS
from sightline.evaluation.tasks import (
    CUTOFFS,
    MEAN_AVERAGE_PRECISIONS,
    Altered,
    Protocol,
    QueryMode,
    Task,
    Topic,
    own_of,
)
from sightline.gallery import Gallery
from sightline.types import ImageRecord, Judgement, Question

_MEASURES = (*MEAN_AVERAGE_PRECISIONS, "nDCG@10", "P@10", "recall@10", "MRR", "success@10")
_BURST_S = 10.0
_NAME = "mine"


class Labels(StrEnum):
    """Where it is known from what belongs together."""

    JUDGEMENTS = "judgements"
    FOLDERS = "folders"
    BURSTS = "bursts"
    TRANSFORMS = "transforms"


OwnPictures: TypeAlias = Mapping[str, ImageRecord]
"""A gallery's pictures as documents: their ids are their paths, as text."""


def own_pictures(gallery: Gallery) -> OwnPictures:
    """Return the pictures of a gallery, in order of path."""
    records = sorted(gallery.records().values(), key=lambda record: str(record.path))
    return {str(record.path): record for record in records}


def _files(pictures: OwnPictures) -> dict[str, Path]:
    return {name: record.path for name, record in pictures.items()}


def judged_task(pictures: OwnPictures, judgements: tuple[Judgement, ...], mode: QueryMode) -> Task:
    """Return the task of the judgements whose questions are asked in one way.

    Raises:
        InvalidValueError: there are none.
    """
    names = {record.id: name for name, record in pictures.items()}
    grades: dict[Question, dict[str, int]] = defaultdict(dict)
    for judgement in judgements:
        if judgement.picture in names and _mode(judgement.question) is mode:
            grades[judgement.question][names[judgement.picture]] = judgement.grade
    if not grades:
        raise InvalidValueError(f"the number of judged queries by {mode}", 0, "at least 1")
    topics = tuple(_topic(question, names, pictures) for question in grades)
    qrels = Qrels({topic.id: grades[q] for topic, q in zip(topics, grades, strict=True)})
    return Task(
        _NAME,
        f"judgements, by {mode}",
        _files(pictures),
        topics,
        (Protocol("", qrels.left_out(own_of(topics)), _MEASURES),),
        depth=max(CUTOFFS),
        notes=("what nobody judged counts as not relevant, as TREC has it",),
    )


def modes_of(judgements: tuple[Judgement, ...]) -> list[QueryMode]:
    """Return the ways in which judged questions are asked."""
    found = {_mode(judgement.question) for judgement in judgements}
    return [mode for mode in QueryMode if mode in found]


def folder_task(
    pictures: OwnPictures, mode: QueryMode, *, queries: int = 1000, seed: int = 1
) -> Task:
    """Return the task in which pictures of one folder belong together.

    Raises:
        InvalidValueError: there are not two folders with at least two pictures each.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for name, record in pictures.items():
        members[str(record.path.parent)].append(name)
    shared = {folder: names for folder, names in members.items() if len(names) > 1}
    if len(shared) < 2:
        what = "the number of folders with several pictures"
        raise InvalidValueError(what, len(shared), "at least 2")
    class_of = {name: str(record.path.parent) for name, record in pictures.items()}
    if mode is QueryMode.TEXT:
        chosen = sorted(names[0] for names in shared.values())
    else:
        chosen = drawn([n for names in shared.values() for n in names], queries, seed)
    texts = {folder: (label_text(Path(folder).name) or Path(folder).name,) for folder in members}
    told = ClassTask(_NAME, _files(pictures), class_of, chosen, mode, texts)
    task = class_task(told, variant=f"folders as weak labels, by {mode}", seed=seed)
    return _noted(task, "folders are weak labels: a picture elsewhere may well be right")


def burst_task(
    pictures: OwnPictures, *, within_s: float = _BURST_S, queries: int = 1000, seed: int = 1
) -> Task:
    """Return the task in which pictures taken within seconds of each other belong together.

    A picture belongs to the burst of the one before it in its folder if it was taken at most
    ``within_s`` seconds later.

    Raises:
        InvalidValueError: no two pictures were taken so close together.
    """
    class_of = _bursts(pictures, within_s)
    sizes: dict[str, int] = defaultdict(int)
    for burst in class_of.values():
        sizes[burst] += 1
    inside = [name for name, burst in class_of.items() if sizes[burst] > 1]
    if not inside:
        allowed = f"at least 1, and no pictures of a folder were taken within {within_s:g} s"
        raise InvalidValueError("the number of bursts", 0, allowed)
    chosen = drawn(inside, queries, seed)
    told = ClassTask(_NAME, _files(pictures), class_of, chosen, QueryMode.IMAGE, {})
    variant = f"bursts within {within_s:g} s as weak labels, by image"
    task = class_task(told, variant=variant, seed=seed)
    return _noted(task, "bursts are weak labels: they show what looks alike, not what is wanted")


def transform_task(pictures: OwnPictures, *, count: int = 200, seed: int = 1) -> Task:
    """Return the task in which a changed picture shall find its original.

    A file with the same content as the original is as right as the original.

    Raises:
        InvalidValueError: there are no pictures.
    """
    if not pictures:
        raise InvalidValueError("the pictures in the gallery", 0, "at least 1")
    chosen = drawn(list(pictures), count, seed)
    copies: dict[str, list[str]] = defaultdict(list)
    for name, record in pictures.items():
        copies[record.content_hash].append(name)
    topics, relevant, groups = [], {}, {}
    for change in ALTERATIONS:
        groups[change] = tuple(f"{change}: {name}" for name in chosen)
        for name in chosen:
            record = pictures[name]
            image = Altered(record.path, change)
            topics.append(Topic(f"{change}: {name}", image=image, cluster=name))
            relevant[f"{change}: {name}"] = copies[record.content_hash]
    measures = ("success@1", "success@10", "MRR")
    return Task(
        _NAME,
        f"{len(chosen):,} pictures under {len(ALTERATIONS)} changes",
        _files(pictures),
        tuple(topics),
        (Protocol("", Qrels.of(relevant), measures, groups=groups),),
        depth=50,
        seed=seed,
        notes=("finding a changed picture again says nothing about meaning",),
    )


def _mode(question: Question) -> QueryMode:
    if question.picture is None:
        return QueryMode.TEXT
    return QueryMode.BOTH if question.text else QueryMode.IMAGE


def _topic(question: Question, names: Mapping[int, str], pictures: OwnPictures) -> Topic:
    own = None if question.picture is None else names[question.picture]
    image = None if own is None else pictures[own].path
    texts = (question.text,) if question.text else ()
    id = " + ".join(part for part in (own, question.text) if part)
    return Topic(id, texts, image, own)


def _bursts(pictures: OwnPictures, within_s: float) -> dict[str, str]:
    """Return each picture's burst, named after its first picture; alone without a time."""
    timed: dict[Path, list[tuple[datetime, str]]] = defaultdict(list)
    burst_of = {name: name for name in pictures}
    for name, record in pictures.items():
        if record.taken_at is not None:
            taken = datetime.fromisoformat(record.taken_at)
            # Local times: with or without an offset, what the camera's clock said is compared.
            timed[record.path.parent].append((taken.replace(tzinfo=None), name))
    for series in timed.values():
        series.sort()
        for (before, first), (after, second) in pairwise(series):
            if (after - before).total_seconds() <= within_s:
                burst_of[second] = burst_of[first]
    return burst_of


def _noted(task: Task, note: str) -> Task:
    left_out = tuple(p for p in task.protocols if p.name != "query counted")
    return replace(task, protocols=left_out, notes=(*task.notes, note))
