"""Judgements in the catalog, inside a transaction that the caller opened."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from sightline.catalog.sqlite import text_column
from sightline.errors import InvalidValueError
from sightline.types import Judgement, Question

_FIND = "SELECT id FROM questions WHERE text = ? AND coalesce(picture_id, 0) = ?"


def store(connection: sqlite3.Connection, judgements: Sequence[Judgement]) -> None:
    """Write judgements; the last of a picture counts.

    Raises:
        InvalidValueError: a picture is unknown, or a grade is negative.
    """
    for judgement in judgements:
        if judgement.grade < 0:
            raise InvalidValueError("a grade", judgement.grade, "0 or more")
        _check_known(connection, judgement.picture)
        connection.execute(
            "INSERT INTO judgements (question_id, image_id, grade) VALUES (?, ?, ?)"
            " ON CONFLICT (question_id, image_id) DO UPDATE SET grade = excluded.grade",
            (_number(connection, judgement.question), judgement.picture, judgement.grade),
        )


def forget(connection: sqlite3.Connection, judgements: Sequence[Judgement]) -> int:
    """Delete what was said of pictures, and questions left without any; return how many."""
    count = 0
    for judgement in judgements:
        question = _find(connection, judgement.question)
        deleted = connection.execute(
            "DELETE FROM judgements WHERE question_id = ? AND image_id = ?",
            (question, judgement.picture),
        )
        count += deleted.rowcount
    connection.execute(
        "DELETE FROM questions WHERE NOT EXISTS"
        " (SELECT 1 FROM judgements WHERE question_id = questions.id)"
    )
    return count


def read(connection: sqlite3.Connection) -> list[Judgement]:
    """Return all judgements, by question in the order these were first asked, then by picture."""
    rows = connection.execute(
        "SELECT text, picture_id, image_id, grade FROM judgements"
        " JOIN questions ON questions.id = question_id ORDER BY question_id, image_id"
    )
    return [
        Judgement(Question(text, asked), picture, grade) for text, asked, picture, grade in rows
    ]


def _number(connection: sqlite3.Connection, question: Question) -> int:
    """Return a question's number, giving it one if it has none."""
    known = _find(connection, question)
    if known is not None:
        return known
    if question.picture is not None:
        _check_known(connection, question.picture)
    inserted = connection.execute(
        "INSERT INTO questions (text, picture_id) VALUES (?, ?)",
        (text_column(question.text), question.picture),
    )
    return int(inserted.lastrowid or 0)


def _find(connection: sqlite3.Connection, question: Question) -> int | None:
    key = text_column(question.text), question.picture or 0
    found = connection.execute(_FIND, key).fetchone()
    return None if found is None else int(found[0])


def _check_known(connection: sqlite3.Connection, picture: int) -> None:
    found = connection.execute("SELECT 1 FROM images WHERE id = ?", (picture,)).fetchone()
    if found is None:
        raise InvalidValueError("the picture of a judgement", picture, "in the gallery")
