"""What a user brought of a data set: looking for its files, and saying what is missing."""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sightline.errors import (
    AnnotationsUnreadableError,
    DatasetIncompleteError,
    InvalidValueError,
)
from sightline.evaluation.datasets.cards import Choices, DatasetCard
from sightline.evaluation.files import read_bytes, read_lines
from sightline.evaluation.tasks import Published, QueryMode
from sightline.images import FoundFile, find
from sightline.system.paths import absolute


@dataclass(frozen=True, slots=True)
class Brought:
    """The folder of a data set, and what was chosen about it.

    Whatever is looked for and is not there raises DatasetIncompleteError, which says how to get it.
    Links to folders are followed, as people keep large data sets elsewhere.

    Attributes:
        card: Of the data set.
        root: The folder, absolute.
        choices: What was chosen.
    """

    card: DatasetCard
    root: Path
    choices: Choices

    @classmethod
    def of(cls, card: DatasetCard, data: Path, choices: Choices) -> Brought:
        """Return what lies in a folder.

        Raises:
            DatasetIncompleteError: the folder is not there.
        """
        root = absolute(data)
        if not os.path.isdir(root):
            raise missing(card, f"its folder {root}")
        return cls(card, root, choices)

    @property
    def mode(self) -> QueryMode:
        """What a query is made of.

        Raises:
            InvalidValueError: the data set has no such queries.
        """
        return QueryMode(checked_choice("--by", self.choices.by, self.card.modes))

    @property
    def published(self) -> tuple[Published, ...]:
        """What others printed of such queries."""
        values = self.card.published.get(self.mode)
        return () if values is None else (Published("the 2024 report", values, self.card.remark),)

    def missing(self, what: str) -> DatasetIncompleteError:
        """Return the error that says what is missing below the folder."""
        return missing(self.card, f"{what} below {self.root}")

    def file(self, *names: str) -> Path:
        """Return the first file that has one of the names; the shallowest counts."""
        for name in names:
            found = self.files(name)
            if found:
                return found[0]
        raise self.missing(" or ".join(names))

    def files(self, pattern: str) -> list[Path]:
        """Return the files whose names match a pattern, the shallowest first."""
        return _shallowest_first(
            Path(place) / name
            for place, _, names in _walk(self.root)
            for name in fnmatch.filter(names, pattern)
        )

    def folders(self, name: str) -> list[Path]:
        """Return the folders of a name, the shallowest first."""
        return _shallowest_first(
            Path(place) / name for place, names, _ in _walk(self.root) if name in names
        )

    def pictures(self, folder: Path | None = None) -> list[Path]:
        """Return every picture file below a folder, or below the data set's, in order of name."""
        home = folder or self.root
        if not os.path.isdir(home):
            raise missing(self.card, f"the folder {home}")
        found = [each.path for each in find([home]) if isinstance(each, FoundFile)]
        if not found:
            raise missing(self.card, f"pictures below {home}")
        return sorted(found)

    def pictures_by_stem(self) -> dict[str, Path]:
        """Return every picture by its name without ending; of equals, the first."""
        by_stem: dict[str, Path] = {}
        for path in self.pictures():
            by_stem.setdefault(path.stem, path)
        return by_stem

    def required(self, pictures: Iterable[str], names: Iterable[str]) -> None:
        """Check that pictures of some names were found; if not, count them and name one."""
        lacking = [name for name in names if name not in pictures]
        if lacking:
            what = f"{len(lacking):,} of its pictures, such as {lacking[0]}"
            raise missing(self.card, what)

    def queried(self, documents: Sequence[str]) -> list[str]:
        """Return the documents to query with: those of a list, or some that are drawn.

        Raises:
            InvalidValueError: the list names what is not a document.
        """
        if self.choices.query_list is None:
            return drawn(documents, self.choices.queries, self.choices.seed)
        known = frozenset(documents)
        names = read_lines(absolute(self.choices.query_list))
        stranger = next((name for name in names if name not in known), None)
        if stranger is not None:
            allowed = "a picture of the data set"
            raise InvalidValueError("a query of --query-list", stranger, allowed)
        return names


def missing(card: DatasetCard, what: str) -> DatasetIncompleteError:
    """Return the error that says what is missing and how to get it."""
    return DatasetIncompleteError(card.name, what, f"it needs {card.needs}")


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    seen: set[tuple[int, int]] = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        facts = os.stat(place)
        if (facts.st_dev, facts.st_ino) in seen:
            folders.clear()
            continue
        seen.add((facts.st_dev, facts.st_ino))
        yield place, folders, names


def _shallowest_first(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (len(path.parts), path))


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
    """Return the objects of a JSON list; as ``read_json`` and ``checked_records``."""
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


def drawn(names: Iterable[str], count: int, seed: int) -> list[str]:
    """Return ``count`` names at random, in order of name; all if there are fewer.

    They are those whose SHA-256 with the seed before it comes first, so the choice is the same on
    every machine, in every version, and can be made without this program.
    """

    def lot(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogateescape")).hexdigest()

    return sorted(sorted(names, key=lot)[:count])


def checked_choice(name: str, value: str, allowed: Sequence[str]) -> str:
    """Return a value that is one of those allowed.

    Raises:
        InvalidValueError: it is not.
    """
    if value not in allowed:
        raise InvalidValueError(name, value, f"one of {', '.join(allowed)}")
    return value
