"""The catalog's tables, as the steps that lead from an empty file to today's format.

A step that was released is never edited: a new format is a new step at the end. The number of
steps is the format's number, kept in ``PRAGMA user_version``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sightline.errors import GalleryCorruptError, GalleryVersionError

APPLICATION_ID = 0x53_47_4C_4E  # "SGLN": tells `file` and us that the database is a catalog

_FIRST = (
    """
    CREATE TABLE models (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        preprocessing TEXT NOT NULL,
        tokenizer TEXT NOT NULL,
        precision TEXT NOT NULL,
        dimensions INTEGER NOT NULL,
        vector_count INTEGER NOT NULL DEFAULT 0, -- kept by triggers: counting takes a whole scan
        UNIQUE (name, digest, preprocessing, tokenizer, precision, dimensions)
    )
    """,
    # AUTOINCREMENT: an id is never given to a second picture, so an old result list cannot lie.
    """
    CREATE TABLE images (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        width_px INTEGER NOT NULL,
        height_px INTEGER NOT NULL,
        format TEXT NOT NULL,
        taken_at TEXT
    )
    """,
    "CREATE INDEX images_by_content ON images (content_hash)",
    # An ordinary table, not WITHOUT ROWID: a row of 1 KB would spill out of an index page. Rows lie
    # in the order they were written in, and vectors_by_change walks them in just that order.
    """
    CREATE TABLE vectors (
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        model_id INTEGER NOT NULL REFERENCES models (id),
        change INTEGER NOT NULL,
        vector BLOB NOT NULL,
        UNIQUE (image_id, model_id)
    )
    """,
    "CREATE INDEX vectors_by_change ON vectors (model_id, change, image_id)",
    """
    CREATE TABLE faults (
        path NOT NULL PRIMARY KEY,
        reason TEXT NOT NULL,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL
    )
    """,
    "CREATE TABLE folders (path NOT NULL PRIMARY KEY)",
    "CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL)",
    # Every change number there ever was: an index whose number is not among them belongs to
    # another catalog, or to a future that a restored backup does not have.
    "CREATE TABLE changes (change INTEGER PRIMARY KEY)",
    # Which vectors were lost at which change, so that an index learns it without comparing all ids.
    # Rows are never dropped: one takes some 20 bytes and comes of a vector that took 1 KB, and an
    # index file may be of any age.
    """
    CREATE TABLE removals (
        model_id INTEGER NOT NULL,
        change INTEGER NOT NULL,
        image_id INTEGER NOT NULL,
        PRIMARY KEY (model_id, change, image_id)
    ) WITHOUT ROWID
    """,
    """
    CREATE TRIGGER count_vector AFTER INSERT ON vectors BEGIN
        UPDATE models SET vector_count = vector_count + 1 WHERE id = new.model_id;
    END
    """,
    # A trigger, since most vectors go by ON DELETE CASCADE. A batch records its change first.
    """
    CREATE TRIGGER record_removal AFTER DELETE ON vectors BEGIN
        UPDATE models SET vector_count = vector_count - 1 WHERE id = old.model_id;
        INSERT OR IGNORE INTO removals (model_id, change, image_id)
            VALUES (old.model_id, (SELECT max(change) FROM changes), old.image_id);
    END
    """,
)

# What people say of pictures, and the names that pictures came with which the gallery keeps itself.
_LABELS_AND_TITLES = (
    "ALTER TABLE images ADD COLUMN title TEXT",
    """
    CREATE TABLE labels (
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        label TEXT NOT NULL,
        PRIMARY KEY (image_id, label)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX labels_by_name ON labels (label, image_id)",
)

# What captioners and composers said: a cache, so a row may go at any time. The key is a digest of
# all that the text depends on.
_KEPT_TEXTS = (
    """
    CREATE TABLE kept_texts (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (kind, key)
    ) WITHOUT ROWID
    """,
)

# What people say of answers to their queries. Both go when their pictures go.
_JUDGEMENTS = (
    """
    CREATE TABLE questions (
        id INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        picture_id INTEGER REFERENCES images (id) ON DELETE CASCADE
    )
    """,
    # NULL is equal to nothing, so it could come twice; no picture has the number 0.
    "CREATE UNIQUE INDEX questions_once ON questions (text, coalesce(picture_id, 0))",
    "CREATE INDEX questions_by_picture ON questions (picture_id)",
    """
    CREATE TABLE judgements (
        question_id INTEGER NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
        image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
        grade INTEGER NOT NULL,
        PRIMARY KEY (question_id, image_id)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX judgements_by_image ON judgements (image_id)",
)

# Texts are numbered in the order they are kept, so that the oldest can go.
_NUMBERED_TEXTS = (
    "ALTER TABLE kept_texts RENAME TO texts_of_before",
    """
    CREATE TABLE kept_texts (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (kind, key)
    )
    """,
    "INSERT INTO kept_texts (kind, key, text) SELECT kind, key, text FROM texts_of_before",
    "DROP TABLE texts_of_before",
)

# A picture is a document of a file: the whole of it, or a page, a frame, a member of an archive, a
# tile. What is true of the file is said once; ids of pictures, and all that hangs on them, stay.
_DOCUMENTS_OF_FILES = (
    """
    CREATE TABLE files (
        id INTEGER PRIMARY KEY,
        path NOT NULL UNIQUE,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        content_hash TEXT NOT NULL
    )
    """,
    "INSERT INTO files SELECT id, path, size_bytes, mtime_ns, content_hash FROM images",
    "CREATE INDEX files_by_content ON files (content_hash)",
    # SQLite cannot drop a column that is unique, so the table is made anew under its old name.
    """
    CREATE TABLE documents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        file_id INTEGER NOT NULL REFERENCES files (id),
        kind TEXT NOT NULL DEFAULT 'whole',
        part TEXT NOT NULL DEFAULT '',
        content_hash TEXT, -- of a part; NULL for the whole, which has that of its file
        width_px INTEGER NOT NULL,
        height_px INTEGER NOT NULL,
        format TEXT NOT NULL,
        taken_at TEXT,
        title TEXT,
        UNIQUE (file_id, part)
    )
    """,
    """
    INSERT INTO documents (id, file_id, width_px, height_px, format, taken_at, title)
        SELECT id, id, width_px, height_px, format, taken_at, title FROM images
    """,
    "DELETE FROM sqlite_sequence WHERE name = 'documents'",
    """
    INSERT INTO sqlite_sequence (name, seq)
        SELECT 'documents', seq FROM sqlite_sequence WHERE name = 'images'
    """,
    "DROP TABLE images",
    "ALTER TABLE documents RENAME TO images",
    "CREATE INDEX parts_by_content ON images (content_hash) WHERE content_hash IS NOT NULL",
    """
    CREATE TRIGGER forget_file AFTER DELETE ON images
        WHEN NOT EXISTS (SELECT 1 FROM images WHERE file_id = old.file_id) BEGIN
        DELETE FROM files WHERE id = old.file_id;
    END
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _FIRST,
    _LABELS_AND_TITLES,
    _KEPT_TEXTS,
    _JUDGEMENTS,
    _DOCUMENTS_OF_FILES + _NUMBERED_TEXTS,
)


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
