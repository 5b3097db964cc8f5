"""GeneCIS: a picture and a word or two for what it is about; a small gallery for each query.

In the object tasks pictures are whole ones of COCO. In the attribute tasks they are parts of Visual
Genome's, cut out as the authors' code does: the box is made larger by 0.7 of its size, and black
bars make it square.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import Brought, checked_choice, read_records
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Crop, Picture, Protocol, Task, composed_topic

_MEASURES = ("recall@1", "recall@2", "recall@3")
_DILATION = 0.7


def read(brought: Brought) -> Task:
    """Return the task of one of the four parts."""
    card = brought.card
    part = checked_choice("--part", brought.choices.part or card.parts[0], card.parts)
    mode = brought.mode
    file = brought.file(f"{part}.json")
    records = read_records(file, "reference", "target", "gallery", "condition")
    kept = _of_usual_size(records)
    pictures = brought.pictures_by_stem()
    documents: dict[str, Picture] = {}
    topics, relevant, candidates = [], {}, {}
    for number, record in enumerate(kept):
        query = str(number)
        items = (record["reference"], record["target"], *record["gallery"])
        reference, *ranked = (_picture(brought, file, pictures, item) for item in items)
        documents |= ranked
        topics.append(composed_topic(query, mode, reference[1], None, str(record["condition"])))
        relevant[query] = [ranked[0][0]]
        candidates[query] = tuple(dict.fromkeys(name for name, _ in ranked))
    return Task(
        card.name,
        f"{part}, by {mode}",
        documents,
        tuple(topics),
        (Protocol("", Qrels.of(relevant), _MEASURES, candidates=candidates),),
        depth=len(next(iter(candidates.values()), ())),
        notes=_notes(len(records) - len(kept)),
    )


def _of_usual_size(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out queries whose gallery is not of the usual size, as the authors' code does."""
    sizes = Counter(len(record["gallery"]) for record in records)
    # Of equally frequent sizes, the smallest, which is numpy's argmax over sorted sizes.
    usual = min(sizes, key=lambda size: (-sizes[size], size), default=0)
    return [record for record in records if len(record["gallery"]) == usual]


def _picture(
    brought: Brought, file: Path, pictures: dict[str, Path], item: dict[str, Any]
) -> tuple[str, Picture]:
    """Return the picture that an entry speaks of, or the part of one, with its name."""
    if not isinstance(item, dict) or not {"val_image_id", "image_id"} & item.keys():
        raise AnnotationsUnreadableError(file, "a picture has no image id")
    is_whole = "val_image_id" in item
    name = f"{int(item['val_image_id']):012}" if is_whole else str(item["image_id"])
    brought.required(pictures, [name])
    if is_whole:
        return name, pictures[name]
    left, top, width, height = (float(number) for number in item["instance_bbox"])
    own = f"{name}-{left:g}-{top:g}-{width:g}-{height:g}"
    return own, Crop(pictures[name], _dilated(left, top, width, height), own, squared=True)


def _dilated(
    left: float, top: float, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return the box as the authors widen it; what lies beyond the picture is cut off later."""
    wider_left, higher_top = max(0.0, left - _DILATION * width), max(0.0, top - _DILATION * height)
    return (
        wider_left,
        higher_top,
        wider_left + (1 + _DILATION) * width,
        higher_top + (1 + _DILATION) * height,
    )


def _notes(left_out: int) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (
        f"{left_out:,} queries whose gallery is not of the usual size are left out, as the "
        "authors' code does",
    )
