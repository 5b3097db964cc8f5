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
    Published,
    Task,
    Topic,
    mean_average_precisions,
    own_picture_protocols,
)

_PREFIX = "oxc1_"  # of Oxford's queries, from the authors' file names of visual words
_MEASURES = ("mAP/trapezoid", *mean_average_precisions(), "P@10")
_REMARK = (
    "neither the divisor of AP@k, nor whether the query counts, nor whether it is the box is stated"
)
_PUBLISHED = {
    "oxford5k": {"mAP@5": 91.3, "mAP@10": 80.8, "mAP@20": 69.0, "mAP@50": 54.9},
    "paris6k": {"mAP@5": 93.4, "mAP@10": 85.6, "mAP@20": 78.6, "mAP@50": 67.9},
}
PARIS_CORRUPTED = frozenset(
    f"paris_{name}"
    for name in (
        "louvre_000136 louvre_000146 moulinrouge_000422 museedorsay_001059 notredame_000188 "
        "pantheon_000284 pantheon_000960 pantheon_000974 pompidou_000195 pompidou_000196 "
        "pompidou_000201 pompidou_000467 pompidou_000640 sacrecoeur_000299 sacrecoeur_000330 "
        "sacrecoeur_000353 triomphe_000662 triomphe_000833 triomphe_000863 triomphe_000867"
    ).split()
)
"""Twenty files of Paris that the authors say are damaged, and leave out of the gallery."""


def read(brought: Brought) -> Task:
    """Return the task."""
    name, whole = brought.card.name, brought.choices.whole
    pictures = brought.pictures_by_stem()
    left_out = PARIS_CORRUPTED & pictures.keys() if name == "paris6k" else frozenset()
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
        name,
        "whole pictures as queries" if whole else "boxes as queries",
        documents,
        topics,
        own_picture_protocols(Qrels.of(relevant, junk), own, _MEASURES),
        depth=None,
        published=(Published("the 2024 report", _PUBLISHED[name], _REMARK),),
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
