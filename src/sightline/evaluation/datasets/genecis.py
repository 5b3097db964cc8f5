"""GeneCIS: a picture and a word or two for what it is about; a small gallery for each query.

In the object tasks pictures are whole ones of COCO. In the attribute tasks they are parts of Visual
Genome's, cut out as the authors' code does: the box is made larger by 0.7 of its size, and black
bars make it square.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import (
    checked_choice,
    data_folder,
    one_file,
    pictures_by_stem,
    read_records,
    required,
)
from sightline.evaluation.datasets.cards import Choices, DatasetCard
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    Crop,
    Picture,
    Protocol,
    QueryMode,
    Task,
    Topic,
    composed_topic,
)

_MEASURES = ("recall@1", "recall@2", "recall@3")
_DILATION = 0.7


def read(card: DatasetCard, data: Path, choices: Choices) -> Task:
    """Return the task of one of the four parts; see ``DatasetCard.read``."""
    part = checked_choice("--part", choices.part or card.parts[0], card.parts)
    mode = QueryMode(checked_choice("--by", choices.by, card.modes))
    root = data_folder(card, data)
    file = one_file(card, root, f"{part}.json")
    records = read_records(file, "reference", "target", "gallery", "condition")
    kept = _of_usual_size(records)
    pictures = pictures_by_stem(card, root)
    source = _Source(card, file, pictures)
    documents: dict[str, Picture] = {}
    topics, relevant, candidates = [], {}, {}
    for number, record in enumerate(kept):
        query = str(number)
        names = [source.add(documents, item) for item in (record["target"], *record["gallery"])]
        topics.append(_topic(query, mode, source, record))
        relevant[query], candidates[query] = names[:1], tuple(dict.fromkeys(names))
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


class _Source:
    """Finds the pictures that entries speak of."""

    def __init__(self, card: DatasetCard, file: Path, pictures: Mapping[str, Path]) -> None:
        self._card = card
        self._file = file
        self._pictures = pictures

    def add(self, documents: dict[str, Picture], item: Mapping[str, Any]) -> str:
        """Return a picture's name, having put it among the documents."""
        name, picture = self.picture(item)
        documents.setdefault(name, picture)
        return name

    def picture(self, item: Mapping[str, Any]) -> tuple[str, Picture]:
        if not isinstance(item, dict) or not {"val_image_id", "image_id"} & item.keys():
            raise AnnotationsUnreadableError(self._file, "a picture has no image id")
        if "val_image_id" in item:
            name = f"{int(item['val_image_id']):012}"
            required(self._card, self._pictures, [name])
            return name, self._pictures[name]
        name = str(item["image_id"])
        required(self._card, self._pictures, [name])
        left, top, width, height = (float(number) for number in item["instance_bbox"])
        crop = Crop(
            self._pictures[name],
            _dilated(left, top, width, height),
            f"{name}-{left:g}-{top:g}-{width:g}-{height:g}",
            squared=True,
        )
        return crop.name, crop


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


def _topic(query: str, mode: QueryMode, source: _Source, record: Mapping[str, Any]) -> Topic:
    _, reference = source.picture(record["reference"])
    return composed_topic(query, mode, reference, None, str(record["condition"]))


def _file(picture: Picture) -> Path:
    return picture if isinstance(picture, Path) else picture.source


def _notes(left_out: int) -> tuple[str, ...]:
    if not left_out:
        return ()
    return (
        f"{left_out:,} queries whose gallery is not of the usual size are left out, as the "
        "authors' code does",
    )
