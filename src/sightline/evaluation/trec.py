"""TREC's files: qrels and runs, one line a judgement or a result, fields parted by white space.

::

    qrels   QUERY 0 DOCUMENT GRADE
    run     QUERY Q0 DOCUMENT RANK SCORE TAG

Names of files may hold white space, which a field may not: it is written as in a URL (%20), and so
is the percent sign; both are undone on reading. Scores are written so that they read back the same
to the last bit. A run is ranked by its scores, as trec_eval does; its ranks are not looked at.
Equal scores are in order of document (trec_eval has them in the opposite order).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from sightline.errors import AnnotationsUnreadableError, InvalidValueError, NotReadableError
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.system.files import storage_error, write_whole

_ESCAPED = re.compile(r"[\s%]")


def read_qrels(path: Path) -> Qrels:
    """Return the judgements of a file.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: a line is not of the form, or judges a document twice.
    """
    grades: dict[str, dict[str, int]] = {}
    for number, (query, _, document, grade) in _lines(path, fields=4):
        of_query = grades.setdefault(query, {})
        if document in of_query:
            raise _wrong(path, number, f"{document} was judged before")
        try:
            of_query[document] = int(grade)
        except ValueError as error:
            raise _wrong(path, number, f"{grade!r} is not a whole number") from error
    return Qrels(grades)


def write_qrels(path: Path, qrels: Qrels) -> None:
    """Write judgements, in the order they have.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the file may not be written.
    """
    lines = [
        f"{_field(query)} 0 {_field(document)} {grade}\n"
        for query, grades in qrels.grades.items()
        for document, grade in grades.items()
    ]
    _write(path, "".join(lines))


def read_run(path: Path) -> Run:
    """Return the run of a file.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: a line is not of the form, or a document comes twice.
    """
    rankings: dict[str, list[tuple[str, float]]] = {}
    for number, (query, _, document, _, score, _) in _lines(path, fields=6):
        try:
            rankings.setdefault(query, []).append((document, float(score)))
        except ValueError as error:
            raise _wrong(path, number, f"{score!r} is not a number") from error
    try:
        return Run.of(rankings)
    except InvalidValueError as error:
        raise AnnotationsUnreadableError(path, str(error)) from error


def write_run(path: Path, run: Run, tag: str = "sightline") -> None:
    """Write a run, best results first.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the file may not be written.
    """
    names = [_field(document) for document in run.documents]
    end = f" {_field(tag)}\n"
    lines = []
    for query, places, scores in zip(
        run.queries, run.ranked.tolist(), run.scores.tolist(), strict=True
    ):
        start = f"{_field(query)} Q0 "
        lines += [
            f"{start}{names[place]} {rank} {score!r}{end}"
            for rank, (place, score) in enumerate(zip(places, scores, strict=True), start=1)
            if place >= 0
        ]
    _write(path, "".join(lines))


def _lines(path: Path, fields: int) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise NotReadableError(path, error.strerror or str(error)) from error
    except UnicodeDecodeError as error:
        raise AnnotationsUnreadableError(path, "it is not text in UTF-8") from error
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != fields:
            raise _wrong(path, number, f"it has {len(parts)} fields, and {fields} are expected")
        yield number, [unquote(part) if "%" in part else part for part in parts]


def _field(text: str) -> str:
    return _ESCAPED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _wrong(path: Path, number: int, problem: str) -> AnnotationsUnreadableError:
    return AnnotationsUnreadableError(path, f"line {number}: {problem}")


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise storage_error(error, path) from error
