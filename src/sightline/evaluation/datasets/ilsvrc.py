"""ImageNet's validation pictures as a retrieval set: what is of the query's class is relevant.

Two layouts are read: 50,000 files in one folder, with their classes in the devkit's
``ILSVRC2012_validation_ground_truth.txt`` (numbers that ``meta.mat`` gives WordNet ids to); or a
folder for each class, named after its WordNet id.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from sightline.errors import AnnotationsUnreadableError, InvalidValueError
from sightline.evaluation.datasets.bringing import Brought, checked_choice, missing
from sightline.evaluation.datasets.cards import Choices
from sightline.evaluation.datasets.classes import (
    ClassTask,
    class_task,
    imagenet_classes,
    put_into,
    templates,
)
from sightline.evaluation.files import read_bytes, read_lines
from sightline.evaluation.tasks import QueryMode, Task
from sightline.system.packages import require

_WNID = re.compile(r"n\d{8}")
_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})")
_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
_PROMPT = "The photo of {query}"
# Of MATLAB's files: the size of the header, and the type behind it if nothing is compressed, which
# is 4 bytes long, in the order of either machine.
_HEADER_BYTES, _MATRIX = 128, 14


def read(brought: Brought) -> Task:
    """Return the task of the validation pictures."""
    mode, choices = brought.mode, brought.choices
    checked_choice("--class-names", choices.names, ("clip", "wordnet"))
    if choices.templates not in (0, 7, 80):
        raise InvalidValueError("--templates", choices.templates, "0, 7 or 80")
    class_of = _class_of(brought)
    documents = {path.name: path for path in class_of}
    of_document = {path.name: wnid for path, wnid in class_of.items()}
    chosen = brought.queried(sorted(documents))
    sentences = templates(choices.templates)
    texts = {
        wnid: put_into(kind.name(choices.names), sentences)
        for wnid, kind in imagenet_classes().items()
    }
    return class_task(
        ClassTask(brought.card.name, documents, of_document, chosen, mode, texts),
        variant=_variant(mode, choices),
        prompt="{query}" if sentences else _PROMPT,
        seed=None if choices.query_list else choices.seed,
        published=brought.published,
    )


def _variant(mode: QueryMode, choices: Choices) -> str:
    if mode is QueryMode.IMAGE:
        return "by image"
    ensemble = f", {choices.templates} templates" if choices.templates else ""
    return f"by text, {choices.names} names{ensemble}"


def _class_of(brought: Brought) -> dict[Path, str]:
    """Return the WordNet id of every validation picture's class, by path in order of name."""
    home = brought.root / "val" if (brought.root / "val").is_dir() else brought.root
    pictures = [p for p in brought.pictures(home) if p.stem.startswith("ILSVRC2012_val_")]
    if not pictures:
        raise missing(
            brought.card, f"pictures named ILSVRC2012_val_00000001.JPEG and so on below {home}"
        )
    known = imagenet_classes()
    if all(_WNID.fullmatch(path.parent.name) for path in pictures):
        stranger = next((p for p in pictures if p.parent.name not in known), None)
        if stranger is not None:
            problem = f"{stranger.parent.name} is none of the 1,000 classes"
            raise AnnotationsUnreadableError(stranger.parent, problem)
        return {path: path.parent.name for path in pictures}
    return _from_devkit(brought, pictures)


def _from_devkit(brought: Brought, pictures: list[Path]) -> dict[Path, str]:
    truth = brought.file(_TRUTH)
    numbers = read_lines(truth)
    wnids = _wnids(brought.file("meta.mat"))
    class_of = {}
    for path in pictures:
        found = _NUMBER.fullmatch(path.stem)
        if found is None or not 1 <= int(found[1]) <= len(numbers):
            raise AnnotationsUnreadableError(truth, f"it has no line for {path.name}")
        number = numbers[int(found[1]) - 1]
        if number not in wnids:
            raise AnnotationsUnreadableError(truth, f"{number!r} is no number of a class")
        class_of[path] = wnids[number]
    return class_of


def _wnids(meta: Path) -> Mapping[str, str]:
    """Return the WordNet ids by the numbers that the ground truth uses, the devkit's own."""
    known = imagenet_classes()
    found: dict[str, str] = {}
    for entry in _synsets(meta):
        number, wnid = entry.get("ILSVRC2012_ID"), entry.get("WNID")
        if isinstance(number, int | float | np.number) and isinstance(wnid, str) and wnid in known:
            found[str(int(number))] = wnid
    if not found:
        raise AnnotationsUnreadableError(meta, "it has none of the 1,000 classes")
    return found


def _synsets(meta: Path) -> list[dict[str, Any]]:
    """Return the struct array of classes, one dict for each."""
    require("scipy", extra="evaluation")
    content = read_bytes(meta)
    try:
        if _MATRIX not in content[_HEADER_BYTES:][:4]:
            synsets = _loaded(content)
        else:
            # SciPy believes the lengths and types in a file. Only compressed ones have checksums;
            # damage in others may end the process, which therefore has to be another one.
            with ProcessPoolExecutor(1, get_context("spawn")) as pool:
                synsets = pool.submit(_loaded, content).result()
    except Exception as error:  # a damaged file raises whatever its bytes happen to mean
        raise AnnotationsUnreadableError(meta, "it is not a MATLAB file of level 5") from error
    entries = [synsets] if isinstance(synsets, dict) else synsets
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise AnnotationsUnreadableError(meta, "it has no struct 'synsets'")
    return entries


def _loaded(content: bytes) -> object:
    from scipy.io import loadmat

    found = loadmat(io.BytesIO(content), variable_names=["synsets"], simplify_cells=True)
    return found.get("synsets")
