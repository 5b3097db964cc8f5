"""Oxford 5k and Paris 6k: 55 queries each, a box around a landmark, good and ok and junk.

As the authors' compute_ap.cpp has it: good and ok are relevant, junk is taken out, all else is
wrong, and the query's own picture, which is among the good ones, counts as a hit.
"""

from __future__ import annotations

from pathlib import Path

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import Brought, read_lines
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    Crop,
    Picture,
    Task,
    Topic,
    mean_average_precisions,
    own_picture_protocols,
)

_PREFIX = "oxc1_"  # of Oxford's queries, from the authors' file names of visual words
_MEASURES = ("mAP/trapezoid", *mean_average_precisions(), "P@10")


def read(brought: Brought) -> Task:
    """Return the task."""
    whole = brought.choices.whole
    pictures = brought.pictures_by_stem()
    left_out = pictures.keys() & set(brought.card.left_out)
    documents = {stem: path for stem, path in pictures.items() if stem not in left_out}
    queries = {f.name.removesuffix("_query.txt"): f for f in brought.files("*_query.txt")}
    if not queries:
        raise brought.missing("the ground truth (*_query.txt)")
    topics = tuple(
        _topic(brought, query, file, documents, whole=whole) for query, file in queries.items()
    )
    relevant = {q: _listed(file, q, "good") + _listed(file, q, "ok") for q, file in queries.items()}
    junk = {q: _listed(file, q, "junk") for q, file in queries.items()}
    own = {topic.id: topic.own for topic in topics if topic.own is not None}
    return Task(
        brought.card.name,
        "whole pictures as queries" if whole else "boxes as queries",
        documents,
        topics,
        own_picture_protocols(Qrels.of(relevant, junk), own, _MEASURES),
        depth=None,
        published=brought.published,
        notes=_notes(len(left_out)),
    )


def _topic(
    brought: Brought, query: str, file: Path, documents: dict[str, Path], *, whole: bool
) -> Topic:
    lines = read_lines(file)
    fields = lines[0].split() if lines else []
    try:
        left, top, right, bottom = (float(number) for number in fields[1:5])
    except ValueError as error:
        raise AnnotationsUnreadableError(file, "it has no name and four numbers") from error
    own = fields[0].removeprefix(_PREFIX)
    brought.required(documents, [own])
    picture: Picture = documents[own]
    if not whole:
        picture = Crop(documents[own], (left, top, right, bottom), f"query-{query}")
    return Topic(query, image=picture, own=own)


def _listed(query_file: Path, name: str, kind: str) -> list[str]:
    return read_lines(query_file.with_name(f"{name}_{kind}.txt"))


def _notes(left_out: int) -> tuple[str, ...]:
    official = "mAP/trapezoid with the query counted is the official measure"
    if not left_out:
        return (official,)
    return (official, f"{left_out} files that the authors call damaged are left out")
