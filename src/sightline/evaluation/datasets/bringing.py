"""Looking for what a user brought: files, pictures, tables; and saying what is missing."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sightline.errors import (
    AnnotationsUnreadableError,
    DatasetIncompleteError,
    InvalidValueError,
)
from sightline.evaluation.datasets.cards import DatasetCard
from sightline.evaluation.files import read_bytes, read_text
from sightline.images import FoundFile, find
from sightline.system.paths import absolute


def data_folder(card: DatasetCard, data: Path) -> Path:
    """Return the data set's folder, absolute.

    Raises:
        DatasetIncompleteError: it is not there.
    """
    folder = absolute(data)
    if not os.path.isdir(folder):
        raise missing(card, f"its folder {folder}")
    return folder


def missing(card: DatasetCard, what: str) -> DatasetIncompleteError:
    """Return the error that says what is missing and how to get it."""
    return DatasetIncompleteError(card.name, what, f"it needs {card.needs}")


def one_file(card: DatasetCard, folder: Path, *names: str) -> Path:
    """Return the first file below a folder that has one of the names; the shallowest counts.

    Raises:
        DatasetIncompleteError: there is none.
    """
    for name in names:
        found = files_below(folder, name)
        if found:
            return found[0]
    raise missing(card, f"{' or '.join(names)} below {folder}")


def files_below(folder: Path, pattern: str) -> list[Path]:
    """Return the files below a folder whose names match a pattern, the shallowest first.

    Links to folders are followed, as people keep large data sets elsewhere.
    """
    found = [
        Path(place) / name
        for place, _, names in _walk(folder)
        for name in fnmatch.filter(names, pattern)
    ]
    return sorted(found, key=lambda path: (len(path.parts), path))


def folders_below(folder: Path, name: str) -> list[Path]:
    """Return the folders of a name below a folder, the shallowest first; links are followed."""
    found = [Path(place) / name for place, names, _ in _walk(folder) if name in names]
    return sorted(found, key=lambda path: (len(path.parts), path))


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        facts = os.stat(place)
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        yield place, folders, names


def pictures_below(card: DatasetCard, folder: Path) -> list[Path]:
    """Return every picture file below a folder, in order of name.

    Raises:
        DatasetIncompleteError: the folder is not there, or has none.
    """
    if not os.path.isdir(folder):
        raise missing(card, f"the folder {folder}")
    found = [each.path for each in find([folder]) if isinstance(each, FoundFile)]
    if not found:
        raise missing(card, f"pictures below {folder}")
    return sorted(found)


def pictures_by_stem(card: DatasetCard, folder: Path) -> dict[str, Path]:
    """Return every picture below a folder by its name without ending; of equals, the first.

    Raises:
        DatasetIncompleteError: there is none.
    """
    by_stem: dict[str, Path] = {}
    for path in pictures_below(card, folder):
        by_stem.setdefault(path.stem, path)
    return by_stem


def required(card: DatasetCard, pictures: Mapping[str, Path], names: Iterable[str]) -> None:
    """Check that pictures of some names were found.

    Raises:
        DatasetIncompleteError: some were not; the message counts them and names one.
    """
    lacking = [name for name in names if name not in pictures]
    if lacking:
        raise missing(card, f"{len(lacking):,} of its pictures, such as {lacking[0]}")


def read_json(path: Path) -> Any:  # noqa: ANN401 - the caller checks what it is
    """Return what a JSON file holds.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: it is not JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except ValueError as error:
        raise AnnotationsUnreadableError(path, "it is not JSON") from error


def read_records(path: Path, *fields: str) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, each of which has the fields.

    Raises:
        NotReadableError: the file cannot be read.
        AnnotationsUnreadableError: it is not such a list.
    """
    return checked_records(path, read_json(path), *fields)


def checked_records(path: Path, value: object, *fields: str) -> list[dict[str, Any]]:
    """Return a value that is a list of objects with these fields.

    Raises:
        AnnotationsUnreadableError: it is something else.
    """
    if not isinstance(value, list):
        raise AnnotationsUnreadableError(path, "it is not a list of objects")
    for number, record in enumerate(value, start=1):
        lacking = [name for name in fields if not isinstance(record, dict) or name not in record]
        if lacking:
            raise AnnotationsUnreadableError(path, f"entry {number} has no {lacking[0]!r}")
    return value


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty, without white space around them.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: it is not text.
    """
    lines = (line.strip() for line in read_text(path).splitlines())
    return [line for line in lines if line]


def drawn(names: Iterable[str], count: int, seed: int) -> list[str]:
    """Return ``count`` names at random, in order of name; all if there are fewer.

    They are those whose SHA-256 with the seed before it comes first, so the choice is the same on
    every machine, in every version, and can be made without this program.
    """

    def lot(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogateescape")).hexdigest()

    return sorted(sorted(names, key=lot)[:count])


def queried(documents: Sequence[str], query_list: Path | None, count: int, seed: int) -> list[str]:
    """Return the documents to query with: those of a list, or some that are drawn.

    Raises:
        InvalidValueError: the list names what is not a document.
    """
    if query_list is None:
        return drawn(documents, count, seed)
    known = frozenset(documents)
    names = read_lines(absolute(query_list))
    stranger = next((name for name in names if name not in known), None)
    if stranger is not None:
        raise InvalidValueError("a query of --query-list", stranger, "a picture of the data set")
    return names


def checked_choice(name: str, value: str, allowed: Sequence[str]) -> str:
    """Return a value that is one of those allowed.

    Raises:
        InvalidValueError: it is not.
    """
    if value not in allowed:
        raise InvalidValueError(name, value, f"one of {', '.join(allowed)}")
    return value
