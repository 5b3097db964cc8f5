"""Pictures with captions: COCO, Flickr, or one's own table. A caption looks for its picture."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import Brought, checked_records, missing, read_json
from sightline.evaluation.files import read_text
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Protocol, Task, Topic

_MEASURES = ("recall@1", "recall@5", "recall@10", "MRR@10")
_TABLES = ("captions.csv", "captions.tsv", "captions.jsonl")
_COLUMNS = ("picture", "caption")


# Which split it is, the names of its pictures without ending, and (picture, caption) pairs.
_Captioned: TypeAlias = tuple[str, Sequence[str], Sequence[tuple[str, str]]]


def read(brought: Brought) -> Task:
    """Return the task of a published data set."""
    variant, names, pairs = _published(brought)
    pictures = brought.pictures_by_stem()
    brought.required(pictures, names)
    return _task(brought.card.name, variant, {name: pictures[name] for name in names}, pairs)


def read_table(brought: Brought) -> Task:
    """Return the task of one's own table."""
    root, file = brought.root, brought.file(*_TABLES)
    rows = _rows(file)
    documents = {name: root / name for name, _ in rows}
    gone = next((name for name, path in documents.items() if not path.is_file()), None)
    if gone is not None:
        raise missing(brought.card, f"the picture {gone} of {file.name} in {root}")
    return _task(brought.card.name, file.name, documents, rows)


def _task(
    name: str, variant: str, documents: dict[str, Path], pairs: Iterable[tuple[str, str]]
) -> Task:
    numbered = {str(number): pair for number, pair in enumerate(pairs)}
    relevant = {number: [picture] for number, (picture, _) in numbered.items()}
    return Task(
        name,
        variant,
        documents,
        tuple(
            Topic(number, texts=(caption,), cluster=picture)
            for number, (picture, caption) in numbered.items()
        ),
        (Protocol("", Qrels.of(relevant), _MEASURES),),
        depth=10,
        prompt="{query}",
        notes=("one picture is right for each caption; captions go to the model as they are",),
    )


def _published(brought: Brought) -> _Captioned:
    known = _SPLITS[brought.card.name]
    for name, read_split in known.items():
        found = brought.files(name)
        if found:
            return read_split(found[0])
    raise brought.missing(" or ".join(known))


def _karpathy(file: Path) -> _Captioned:
    content = read_json(file)
    records = checked_records(
        file, content.get("images") if isinstance(content, dict) else None, "filename", "sentences"
    )
    test = [record for record in records if record.get("split") == "test"]
    pairs = [
        (Path(record["filename"]).stem, str(sentence["raw"]).strip())
        for record in test
        for sentence in record["sentences"]
    ]
    names = [Path(record["filename"]).stem for record in test]
    return f"Karpathy's test split of {len(test):,} pictures", names, pairs


def _val2017(file: Path) -> _Captioned:
    content: Any = read_json(file)
    content = content if isinstance(content, dict) else {}
    images = checked_records(file, content.get("images"), "id", "file_name")
    notes = checked_records(file, content.get("annotations"), "image_id", "caption")
    names = {image["id"]: Path(image["file_name"]).stem for image in images}
    try:
        pairs = [(names[note["image_id"]], str(note["caption"]).strip()) for note in notes]
    except KeyError as error:
        raise AnnotationsUnreadableError(file, f"there is no picture {error}") from error
    return f"val2017, {len(names):,} pictures", list(names.values()), pairs


_SPLITS: dict[str, dict[str, Callable[[Path], _Captioned]]] = {
    "coco": {"dataset_coco.json": _karpathy, "captions_val2017.json": _val2017},
    "flickr": {"dataset_flickr30k.json": _karpathy, "dataset_flickr8k.json": _karpathy},
}
"""The files of each data set, those of Karpathy's splits before the official ones."""


# One's own table


def _rows(file: Path) -> list[tuple[str, str]]:
    text = read_text(file)
    if file.suffix == ".jsonl":
        records = _json_lines(file, text)
    else:
        delimiter = "\t" if file.suffix == ".tsv" else ","
        records = list(csv.DictReader(text.splitlines(), delimiter=delimiter))
    for number, record in enumerate(records, start=1):
        if any(not record.get(column) for column in _COLUMNS):
            raise AnnotationsUnreadableError(file, f"row {number} has no picture or no caption")
    return [(str(record["picture"]), str(record["caption"])) for record in records]


def _json_lines(file: Path, text: str) -> list[dict[str, Any]]:
    records = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            raise AnnotationsUnreadableError(file, f"line {number} is not JSON") from error
    return checked_records(file, records, *_COLUMNS)
