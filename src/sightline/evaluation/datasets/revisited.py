"""Oxford and Paris revisited (Radenovic et al., CVPR 2018): Easy, Medium and Hard.

::

              relevant       junk
    easy      easy           junk, hard
    medium    easy, hard     junk
    hard      hard           junk, easy

The queries' pictures are not in the gallery. Queries with nothing relevant under a protocol are
left out of its mean. The ground truth is the authors' pickle, which is read without running
anything in it, or the same as JSON.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.datasets.bringing import Brought, read_json
from sightline.evaluation.datasets.cards import Choices
from sightline.evaluation.files import read_bytes
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import Crop, Picture, Protocol, Task, Topic
from sightline.system.paths import absolute

_MEASURES = ("mAP/trapezoid", "mP@1/revisited", "mP@5/revisited", "mP@10/revisited", "mAP@10")
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


def read(brought: Brought) -> Task:
    """Return the task."""
    name, choices = brought.card.name, brought.choices
    file = brought.file(f"gnd_{name}.pkl", f"gnd_{name}.json")
    truth = _truth(file)
    names, query_names = [str(n) for n in truth["imlist"]], [str(n) for n in truth["qimlist"]]
    pictures = brought.pictures_by_stem()
    brought.required(pictures, [*names, *query_names])
    documents = {name: pictures[name] for name in names}
    distractors = _distractors(brought)
    judged = list(zip(query_names, truth["gnd"], strict=True))
    return Task(
        name,
        _variant(choices, len(distractors)),
        documents | distractors,
        tuple(_topic(query, pictures[query], gnd["bbx"], choices.whole) for query, gnd in judged),
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
    return Protocol(name, Qrels.of(relevant, junk), _MEASURES)


def _topic(name: str, path: Path, box: Sequence[float], whole: bool) -> Topic:
    left, top, right, bottom = (float(edge) for edge in box)
    crop: Picture = Crop(path, (left, top, right, bottom), f"query-{name}")
    return Topic(name, image=path if whole else crop)


def _variant(choices: Choices, distractors: int) -> str:
    kind = "whole pictures as queries" if choices.whole else "boxes as queries"
    return f"{kind}, {distractors:,} distractors" if distractors else kind


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
