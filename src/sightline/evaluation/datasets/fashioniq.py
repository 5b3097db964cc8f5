"""FashionIQ's validation split: a product, two sentences of what shall be other, one right answer.

The two sentences are joined by "and". A query ranks the pictures of its own category: all of the
category's split (the original protocol, ``--pool split``), or only those that occur in its
queries (the smaller one of later papers, ``--pool queries``). The reference stays in. The figure of
the whole is the mean over categories.
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
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Protocol, QueryMode, Task, Topic, composed_topic

_MEASURES = ("recall@10", "recall@50")


def read(brought: Brought) -> Task:
    """Return the task."""
    choices, every = brought.choices, brought.card.parts
    pool = checked_choice("--pool", choices.pool, ("split", "queries"))
    mode = brought.mode
    parts = (checked_choice("--part", choices.part, every),) if choices.part else every
    records = {part: _records(brought, part) for part in parts}
    pools = {part: _pool(brought, part, records[part]) for part in parts}
    pictures = brought.pictures_by_stem()
    brought.required(pictures, [name for names in pools.values() for name in names])
    documents = {name: pictures[name] for names in pools.values() for name in names}
    return Task(
        brought.card.name,
        f"val, {', '.join(parts)}, pool of {pool}, by {mode}",
        documents,
        tuple(
            _topic(f"{part}-{number}", record, documents, mode)
            for part in parts
            for number, record in enumerate(records[part])
        ),
        (_protocol(records, pools),),
        depth=50,
        notes=(
            f"each query ranks its category's pool of {pool}; the reference stays in; the whole is "
            "the mean over categories",
        ),
    )


def _records(brought: Brought, part: str) -> list[dict[str, Any]]:
    file = brought.file(f"cap.{part}.val.json")
    records = read_records(file, "target", "candidate", "captions")
    if not all(isinstance(r["captions"], list) and r["captions"] for r in records):
        raise AnnotationsUnreadableError(file, "an entry has no captions")
    return records


def _pool(brought: Brought, part: str, records: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    used = {str(name) for r in records for name in (r["target"], r["candidate"])}
    if brought.choices.pool == "queries":
        return tuple(sorted(used))
    file = brought.file(f"split.{part}.val.json")
    names = read_json(file)
    if not isinstance(names, list) or not used <= set(names):
        raise AnnotationsUnreadableError(file, "it does not list the pictures of its queries")
    return tuple(str(name) for name in names)


def _topic(
    query: str, record: Mapping[str, Any], documents: Mapping[str, Path], mode: QueryMode
) -> Topic:
    words = " and ".join(str(caption).strip() for caption in record["captions"])
    reference = str(record["candidate"])
    return composed_topic(query, mode, documents[reference], reference, words)


def _protocol(
    records: Mapping[str, Sequence[Mapping[str, Any]]], pools: Mapping[str, tuple[str, ...]]
) -> Protocol:
    groups = {part: tuple(f"{part}-{i}" for i in range(len(records[part]))) for part in records}
    relevant = {
        f"{part}-{i}": [str(record["target"])]
        for part in records
        for i, record in enumerate(records[part])
    }
    candidates = {query: pools[part] for part, queries in groups.items() for query in queries}
    return Protocol(
        "", Qrels.of(relevant), _MEASURES, candidates=candidates, groups=groups, macro=True
    )
