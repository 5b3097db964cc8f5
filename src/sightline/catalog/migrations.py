"""The catalog's tables, as the steps that lead from an empty file to today's format.

They lie in ``formats/``, one file a step. A step that was released is never edited: a new format
is a new step at the end. Its number is kept in ``PRAGMA user_version``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sightline.errors import GalleryCorruptError, GalleryVersionError

APPLICATION_ID = 0x53_47_4C_4E  # "SGLN": tells `file` and us that the database is a catalog

_FORMATS = Path(__file__).parent / "formats"


def _statements(step: Path) -> tuple[str, ...]:
    """Return the statements of a step, each with the comments before it."""
    statements, begun = [], ""
    for line in step.read_text(encoding="utf-8").splitlines(keepends=True):
        begun += line
        if sqlite3.complete_statement(begun):
            statements.append(begun)
            begun = ""
    return tuple(statements)


MIGRATIONS = tuple(map(_statements, sorted(_FORMATS.glob("*.sql"))))


def check_format(connection: sqlite3.Connection, path: Path) -> int:
    """Return the format of a catalog file, 0 if it is empty. Changes nothing.

    Raises:
        GalleryVersionError: the file is of a newer format.
        GalleryCorruptError: the file is another program's database.
    """
    # One statement sees one moment: between two, another process may make the catalog.
    application, version, tables = connection.execute(
        "SELECT (SELECT application_id FROM pragma_application_id),"
        " (SELECT user_version FROM pragma_user_version),"
        " (SELECT count(*) FROM sqlite_master)"
    ).fetchone()
    # A file without tables is one whose maker was killed before its first commit.
    if tables and (application != APPLICATION_ID or version < 1):
        raise GalleryCorruptError(path, "it is a database of another program")
    if version > len(MIGRATIONS):
        raise GalleryVersionError(path.parent, version, len(MIGRATIONS))
    return int(version) if tables else 0


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring a catalog file to today's format, in one transaction.

    Raises:
        GalleryVersionError: the file is of a newer format.
        GalleryCorruptError: the file is another program's database.
    """
    if check_format(connection, path) == len(MIGRATIONS):
        return
    # A table that is made anew is dropped in between: nothing that hangs on its rows may follow.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have migrated while this one waited for its turn.
        for step in MIGRATIONS[check_format(connection, path) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    connection.execute("PRAGMA foreign_keys = ON")
