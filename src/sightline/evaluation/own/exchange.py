"""Judgements to and from TREC's files: qrels.txt, and topics.tsv with what each query is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.files import write_file
from sightline.evaluation.own.tasks import OwnPictures, own_pictures
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.results import QRELS
from sightline.evaluation.trec import read_qrels, read_topics, write_qrels
from sightline.gallery import Gallery
from sightline.types import Judgement, Question

TOPICS = "topics.tsv"


@dataclass(frozen=True, slots=True)
class Imported:
    """How many judgements were stored, and the pictures that they name and nobody has."""

    judgements: int
    unknown: tuple[str, ...]


def export_judgements(gallery: Gallery, folder: Path) -> int:
    """Write all judgements of a gallery as ``qrels.txt`` and ``topics.tsv``; return how many.

    Pictures are named by their paths; queries are numbered in the order they were first asked.
    Raises as ``write_file`` does.
    """
    judgements = gallery.judgements()
    names = {record.id: str(record.path) for record in gallery.records().values()}
    numbers: dict[Question, str] = {}
    grades: dict[str, dict[str, int]] = {}
    for judgement in judgements:
        id = numbers.setdefault(judgement.question, f"q{len(numbers) + 1}")
        grades.setdefault(id, {})[names[judgement.picture]] = judgement.grade
    lines = [f"{id}\t{_told(question, names)}\n" for question, id in numbers.items()]
    write_file(folder / TOPICS, "".join(lines).encode("utf-8", "surrogateescape"))
    write_qrels(folder / QRELS, Qrels(grades))
    return len(judgements)


def import_judgements(gallery: Gallery, qrels: Path, topics: Path) -> Imported:
    """Store the judgements of TREC's files; what was said of the same picture before is replaced.

    A picture is named by its path, by its end (``2024/beach.jpg``), or by its file name alone, as
    long as no other picture of the gallery has that end.

    Raises:
        NotReadableError: a file cannot be read.
        AnnotationsUnreadableError: a file is not of its form, or a grade is negative.
    """
    ids = _ids_by_name(own_pictures(gallery))
    asked = read_topics(topics)
    questions = {id: _question(words, picture, ids) for _, id, words, picture in asked}
    judgements, unknown = [], []
    for query, grades in read_qrels(qrels).grades.items():
        if query not in questions:
            raise AnnotationsUnreadableError(topics, f"it has no query {query!r}")
        for name, grade in grades.items():
            picture, question = ids.get(name), questions[query]
            if grade < 0:
                raise AnnotationsUnreadableError(qrels, f"the grade of {name} is negative")
            if picture is None or question is None:
                unknown.append(name)
                continue
            judgements.append(Judgement(question, picture, grade))
    gallery.judge(judgements)
    return Imported(len(judgements), tuple(dict.fromkeys(unknown)))


def _ids_by_name(pictures: OwnPictures) -> dict[str, int | None]:
    """Return the pictures by their paths and by the ends of these; None where two have an end."""
    ids: dict[str, int | None] = {}
    for name, record in pictures.items():
        for end in _ends(Path(name)):
            ids[end] = None if end in ids else record.id
    return ids | {name: record.id for name, record in pictures.items()}


def _ends(path: Path) -> Iterable[str]:
    parts = path.parts
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def _question(words: str, picture: str, ids: Mapping[str, int | None]) -> Question | None:
    """Return a question; None where its picture is not in the gallery."""
    if not picture:
        # Words that are a picture's name stand for the picture.
        found = ids.get(words)
        return Question(words) if found is None else Question(picture=found)
    found = ids.get(picture)
    return None if found is None else Question(words, found)


def _told(question: Question, names: Mapping[int, str]) -> str:
    picture = "" if question.picture is None else names[question.picture]
    return "\t".join(" ".join(part.split()) for part in (question.text, picture) if part)
