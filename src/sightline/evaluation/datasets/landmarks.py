"""Pictures of Oxford and Paris, with queries that are boxes around landmarks.

The first protocol (Philbin et al., CVPR 2007 and 2008) has 55 queries for each city, which are
pictures of the gallery. As the authors' compute_ap.cpp has it, good and ok are relevant, junk is
taken out, all else is wrong, and the query's own picture, which is among the good ones, counts as a
hit.

The revisited one (Radenovic et al., CVPR 2018) has 70, whose pictures are not in the gallery::

              relevant       junk
    easy      easy           junk, hard
    medium    easy, hard     junk
    hard      hard           junk, easy

Queries with nothing relevant under a protocol are left out of its mean. Its ground truth is the
authors' pickle, which is read without running anything in it, or the same as JSON.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import Brought, read_json
from sightline.evaluation.files import read_bytes, read_lines
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    MEAN_AVERAGE_PRECISIONS,
    Crop,
    Protocol,
    Task,
    Topic,
    own_picture_protocols,
)
from sightline.system.paths import absolute

_PREFIX = "oxc1_"  # of Oxford's queries, from the authors' file names of visual words
_MEASURES = ("mAP/trapezoid", *MEAN_AVERAGE_PRECISIONS, "P@10")
_REVISITED_MEASURES = (
    "mAP/trapezoid",
    "mP@1/revisited",
    "mP@5/revisited",
    "mP@10/revisited",
    "mAP@10",
)
_PROTOCOLS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "medium": (("easy", "hard"), ("junk",)),
    "hard": (("hard",), ("junk", "easy")),
    "easy": (("easy",), ("junk", "hard")),
}
# All that an array of numbers needs when it is unpickled.
_ALLOWED = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("_codecs", "encode"),
}


def _topic(
    brought: Brought, query: str, picture: Path, box: Iterable[float], own: str | None = None
) -> Topic:
    if brought.choices.whole:
        return Topic(query, image=picture, own=own)
    left, top, right, bottom = (float(edge) for edge in box)
    return Topic(query, image=Crop(picture, (left, top, right, bottom), f"query-{query}"), own=own)


def _variant(brought: Brought) -> str:
    return "whole pictures as queries" if brought.choices.whole else "boxes as queries"


# Oxford 5k and Paris 6k


def read(brought: Brought) -> Task:
    """Return the task of the first protocol."""
    pictures = brought.pictures_by_stem()
    left_out = pictures.keys() & set(brought.card.left_out)
    documents = {stem: path for stem, path in pictures.items() if stem not in left_out}
    queries = {f.name.removesuffix("_query.txt"): f for f in brought.files("*_query.txt")}
    if not queries:
        raise brought.missing("the ground truth (*_query.txt)")
    topics = tuple(_asked(brought, query, file, documents) for query, file in queries.items())
    relevant = {q: _listed(file, q, "good") + _listed(file, q, "ok") for q, file in queries.items()}
    junk = {q: _listed(file, q, "junk") for q, file in queries.items()}
    notes = ["mAP/trapezoid with the query counted is the official measure"]
    if left_out:
        notes.append(f"{len(left_out)} files that the authors call damaged are left out")
    return Task(
        brought.card.name,
        _variant(brought),
        documents,
        topics,
        own_picture_protocols(Qrels.of(relevant, junk), topics, _MEASURES),
        depth=None,
        published=brought.published,
        notes=tuple(notes),
    )


def _asked(brought: Brought, query: str, file: Path, documents: Mapping[str, Path]) -> Topic:
    lines = read_lines(file)
    fields = lines[0].split() if lines else []
    try:
        left, top, right, bottom = (float(number) for number in fields[1:5])
    except ValueError as error:
        raise AnnotationsUnreadableError(file, "it has no name and four numbers") from error
    own = fields[0].removeprefix(_PREFIX)
    brought.required(documents, [own])
    return _topic(brought, query, documents[own], (left, top, right, bottom), own)


def _listed(query_file: Path, name: str, kind: str) -> list[str]:
    return read_lines(query_file.with_name(f"{name}_{kind}.txt"))


# Both revisited


def read_revisited(brought: Brought) -> Task:
    """Return the task of the revisited protocol: medium, hard and easy."""
    name = brought.card.name
    truth = _truth(brought.file(f"gnd_{name}.pkl", f"gnd_{name}.json"))
    names, query_names = [str(n) for n in truth["imlist"]], [str(n) for n in truth["qimlist"]]
    pictures = brought.pictures_by_stem()
    brought.required(pictures, [*names, *query_names])
    distractors = _distractors(brought)
    more = f", {len(distractors):,} distractors" if distractors else ""
    judged = list(zip(query_names, truth["gnd"], strict=True))
    return Task(
        name,
        _variant(brought) + more,
        {name: pictures[name] for name in names} | distractors,
        tuple(_topic(brought, query, pictures[query], gnd["bbx"]) for query, gnd in judged),
        tuple(_protocol(kind, judged, names) for kind in _PROTOCOLS),
        depth=None,
        notes=("mAP/trapezoid and mP@k/revisited are the official measures",),
    )


def _protocol(
    name: str, judged: Sequence[tuple[str, Mapping[str, Any]]], names: Sequence[str]
) -> Protocol:
    kinds, junk_kinds = _PROTOCOLS[name]

    def listed(gnd: Mapping[str, Any], which: tuple[str, ...]) -> list[str]:
        return [names[int(place)] for kind in which for place in gnd[kind]]

    relevant = {query: listed(gnd, kinds) for query, gnd in judged}
    junk = {query: listed(gnd, junk_kinds) for query, gnd in judged}
    return Protocol(name, Qrels.of(relevant, junk), _REVISITED_MEASURES)


def _distractors(brought: Brought) -> dict[str, Path]:
    if brought.choices.distractors is None:
        return {}
    home = absolute(brought.choices.distractors)
    found = brought.pictures(home)
    return {f"distractor/{path.relative_to(home).as_posix()}": path for path in found}


class _NumbersOnly(pickle.Unpickler):
    """Loads lists, dicts, text and arrays, and refuses whatever could run code."""

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - as pickle has it
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


def _truth(file: Path) -> Mapping[str, Any]:
    truth = read_json(file) if file.suffix == ".json" else _unpickled(file)
    if not isinstance(truth, dict) or not {"gnd", "imlist", "qimlist"} <= truth.keys():
        raise AnnotationsUnreadableError(file, "it has no gnd, imlist and qimlist")
    lists = [truth["gnd"], truth["qimlist"]]
    if len(lists[0]) != len(lists[1]):
        raise AnnotationsUnreadableError(file, "gnd and qimlist have different lengths")
    for gnd in truth["gnd"]:
        if not isinstance(gnd, dict) or not {"bbx", "easy", "hard", "junk"} <= gnd.keys():
            raise AnnotationsUnreadableError(file, "a query has no bbx, easy, hard and junk")
    return truth


def _unpickled(file: Path) -> object:
    content = read_bytes(file)
    try:
        # The authors' files were written by Python 2, whose text comes as bytes.
        return _NumbersOnly(io.BytesIO(content), encoding="latin1").load()
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to mean
        raise AnnotationsUnreadableError(file, f"it is no pickle of numbers: {error}") from error
