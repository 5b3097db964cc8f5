"""TREC's files: qrels and runs, one line a judgement or a result, fields parted by white space.

::

    qrels   QUERY 0 DOCUMENT GRADE
    run     QUERY Q0 DOCUMENT RANK SCORE TAG

Names of files may hold white space, which a field may not: it is written as in a URL (%20), and so
is the percent sign; both are undone on reading. Scores are written so that they read back the same
to the last bit. Results with equal scores are in order of document; trec_eval, which looks at
scores and not at ranks, has them in the opposite order. Writing raises as ``write_file`` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.files import read_lines, read_text, write_file
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run

_QRELS_FIELDS = 4
_ESCAPED = re.compile(r"[\s%]")


def read_qrels(path: Path) -> Qrels:
    """Return the judgements of a file.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: a line is not of the form, or judges a document twice.
    """
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        fields = [unquote(field) for field in line.split()]
        if not fields:
            continue
        if len(fields) != _QRELS_FIELDS:
            problem = f"it has {len(fields)} fields, and {_QRELS_FIELDS} are expected"
            raise _wrong(path, number, problem)
        query, _, document, grade = fields
        of_query = grades.setdefault(query, {})
        if document in of_query:
            raise _wrong(path, number, f"{document} was judged before")
        try:
            of_query[document] = int(grade)
        except ValueError as error:
            raise _wrong(path, number, f"{grade!r} is not a whole number") from error
    return Qrels(grades)


def read_topics(path: Path) -> Iterator[tuple[int, str, str, str]]:
    """Yield number, id, words and picture of each line of a table of queries, "" where one lacks.

    A line is an id, a tab, and words or a picture's name, which only the caller can tell apart; or
    words, another tab, and the name of a picture beside them.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: a line has nothing behind a tab.
    """
    for number, line in enumerate(read_lines(path), start=1):
        id, _, asked = line.partition("\t")
        words, _, picture = (part.strip() for part in asked.partition("\t"))
        if not words and not picture:
            raise AnnotationsUnreadableError(path, f"line {number} has no tab and words after it")
        yield number, id, words, picture


def write_qrels(path: Path, qrels: Qrels) -> Path:
    """Write judgements, in the order they have, and return the path."""
    lines = [
        f"{_field(query)} 0 {_field(document)} {grade}\n"
        for query, grades in qrels.grades.items()
        for document, grade in grades.items()
    ]
    return write_file(path, "".join(lines).encode("utf-8", "surrogateescape"))


def write_run(path: Path, run: Run, tag: str = "sightline") -> Path:
    """Write a run, best results first, and return the path."""
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
    return write_file(path, "".join(lines).encode("utf-8", "surrogateescape"))


def _field(text: str) -> str:
    return _ESCAPED.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)


def _wrong(path: Path, number: int, problem: str) -> AnnotationsUnreadableError:
    return AnnotationsUnreadableError(path, f"line {number}: {problem}")
