"""Writing a batch, inside a transaction that the caller opened."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Iterable, Sequence

import numpy as np

from sightline.catalog.quantisation import quantise
from sightline.catalog.snapshot import current_change, find_model, model_columns
from sightline.catalog.sqlite import path_column, text_column
from sightline.errors import InvalidValueError, VectorShapeError
from sightline.types import WHOLE, Batch, Fault, ModelSpec, Moved, NewImage, Vectors

_MAX_STEP = 1 << 31
_FILE_OF = "(SELECT file_id FROM images WHERE id = ?)"


def apply(connection: sqlite3.Connection, batch: Batch) -> int:
    """Write a batch; return the number of this change.

    Paths are unique, and one batch may hand a path from file to file. So all files that leave a
    path do so first, and only then do others arrive.

    Raises:
        InvalidValueError: an id is unknown, a path is taken, or a vector is not of unit length.
        VectorShapeError: a vector is not float32 of shape (d,).
    """
    change = next_change(connection)
    _forget(connection, batch.removed)
    moves = [*batch.moved, *(_as_move(changed.id, changed.image) for changed in batch.changed)]
    _leave_paths(connection, moves)
    _record_faults(connection, batch.faults)
    _arrive(connection, moves)
    _rewrite(connection, batch)
    added = [_insert(connection, image) for image in batch.added]
    _write_vectors(connection, batch, added, change)
    _clear_faults(connection, batch)
    _remember_folders(connection, batch)
    _label(connection, batch, added)
    connection.executemany(
        "INSERT INTO settings (key, value) VALUES (?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        list(batch.settings.items()),
    )
    return change


def next_change(connection: sqlite3.Connection) -> int:
    """Record and return the number of the change being written.

    Numbers rise by random steps: when a backup is restored, the numbers that come after it are not
    those that were lost, and an index file from the lost time is recognised.
    """
    change = current_change(connection) + 1 + secrets.randbelow(_MAX_STEP)
    connection.execute("INSERT INTO changes (change) VALUES (?)", (change,))
    return change


def register(connection: sqlite3.Connection, model: ModelSpec) -> int:
    """Return a model's number, giving it one if it has none."""
    known = find_model(connection, model)
    if known is not None:
        return known
    inserted = connection.execute(
        "INSERT INTO models (name, digest, preprocessing, tokenizer, precision, dimensions)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        model_columns(model),
    )
    return int(inserted.lastrowid or 0)


def _as_move(id: int, image: NewImage) -> Moved:
    return Moved(image.path, image.size_bytes, image.mtime_ns, id)


def _forget(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    connection.executemany("DELETE FROM images WHERE id = ?", ((int(id),) for id in ids))


def _leave_paths(connection: sqlite3.Connection, moves: Sequence[Moved]) -> None:
    # A number is no path, so it cannot be taken.
    written = connection.executemany(
        f"UPDATE files SET path = id WHERE id = {_FILE_OF}", [(move.id,) for move in moves]
    )
    if moves and written.rowcount != len(moves):
        raise InvalidValueError("an id to change", [move.id for move in moves], "in the catalog")


def _arrive(connection: sqlite3.Connection, moves: Sequence[Moved]) -> None:
    connection.executemany(
        f"UPDATE files SET path = ?, size_bytes = ?, mtime_ns = ? WHERE id = {_FILE_OF}",
        [(path_column(move.path), move.size_bytes, move.mtime_ns, move.id) for move in moves],
    )


def _rewrite(connection: sqlite3.Connection, batch: Batch) -> None:
    connection.executemany(
        f"UPDATE files SET content_hash = ? WHERE id = {_FILE_OF}",
        [(_file_hash(changed.image), changed.id) for changed in batch.changed],
    )
    connection.executemany(
        "UPDATE images SET content_hash = ?, width_px = ?, height_px = ?, format = ?, taken_at = ?"
        " WHERE id = ?",
        [(*_content_columns(changed.image), changed.id) for changed in batch.changed],
    )
    # The batch's own model gets a new vector in place of the old, which is no removal.
    kept = None if batch.model is None else find_model(connection, batch.model)
    connection.executemany(
        "DELETE FROM vectors WHERE image_id = ? AND model_id IS NOT ?",
        [(changed.id, kept) for changed in batch.changed],
    )


def _insert(connection: sqlite3.Connection, image: NewImage) -> int:
    path = path_column(image.path)
    connection.execute(
        "INSERT INTO files (path, size_bytes, mtime_ns, content_hash) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET size_bytes = excluded.size_bytes,"
        " mtime_ns = excluded.mtime_ns, content_hash = excluded.content_hash",
        (path, image.size_bytes, image.mtime_ns, _file_hash(image)),
    )
    # A part that the file has already is refused here, and the whole batch with it.
    inserted = connection.execute(
        "INSERT INTO images (file_id, kind, part, title,"
        " content_hash, width_px, height_px, format, taken_at)"
        " VALUES ((SELECT id FROM files WHERE path = ?), ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            path,
            image.part.kind,
            text_column(image.part.name),
            None if image.title is None else text_column(image.title),
            *_content_columns(image),
        ),
    )
    return int(inserted.lastrowid or 0)


def _file_hash(image: NewImage) -> str:
    return image.file_hash or image.content_hash


def _content_columns(image: NewImage) -> tuple[str | int | None, ...]:
    return (
        None if image.part == WHOLE else image.content_hash,
        image.width_px,
        image.height_px,
        text_column(image.format),
        None if image.taken_at is None else text_column(image.taken_at),
    )


def _write_vectors(
    connection: sqlite3.Connection, batch: Batch, added: Sequence[int], change: int
) -> None:
    ids = [*added, *(row.id for row in batch.changed), *(row.id for row in batch.embedded)]
    if not ids:
        return
    if batch.model is None:
        raise InvalidValueError("the model of a batch with vectors", None, "given")
    vectors = [
        *(image.vector for image in batch.added),
        *(changed.image.vector for changed in batch.changed),
        *(row.vector for row in batch.embedded),
    ]
    stored = quantise(_stacked(vectors, batch.model.dimensions))
    model = register(connection, batch.model)
    connection.executemany(
        "INSERT INTO vectors (image_id, model_id, change, vector) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (image_id, model_id)"
        " DO UPDATE SET change = excluded.change, vector = excluded.vector",
        [(id, model, change, row.tobytes()) for id, row in zip(ids, stored, strict=True)],
    )


def _stacked(vectors: Sequence[Vectors], dimensions: int) -> Vectors:
    for vector in vectors:
        if vector.shape != (dimensions,) or vector.dtype != np.float32:
            raise VectorShapeError(
                f"{vector.dtype} of shape {vector.shape}", f"float32 of shape ({dimensions},)"
            )
    return np.stack(vectors)


def _record_faults(connection: sqlite3.Connection, faults: Sequence[Fault]) -> None:
    connection.executemany(
        "DELETE FROM images WHERE file_id = (SELECT id FROM files WHERE path = ?)",
        [(path_column(fault.path),) for fault in faults],
    )
    connection.executemany(
        "INSERT INTO faults (path, reason, size_bytes, mtime_ns) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (path) DO UPDATE SET reason = excluded.reason,"
        " size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns",
        [
            (path_column(fault.path), text_column(fault.reason), fault.size_bytes, fault.mtime_ns)
            for fault in faults
        ],
    )


def _clear_faults(connection: sqlite3.Connection, batch: Batch) -> None:
    paths = [
        *batch.cleared,
        *(image.path for image in batch.added),
        *(changed.image.path for changed in batch.changed),
        *(move.path for move in batch.moved),
    ]
    connection.executemany(
        "DELETE FROM faults WHERE path = ?", [(path_column(path),) for path in paths]
    )


def _remember_folders(connection: sqlite3.Connection, batch: Batch) -> None:
    connection.executemany(
        "DELETE FROM folders WHERE path = ?",
        [(path_column(path),) for path in batch.removed_folders],
    )
    connection.executemany(
        "INSERT OR IGNORE INTO folders (path) VALUES (?)",
        [(path_column(path),) for path in batch.folders],
    )


def _label(connection: sqlite3.Connection, batch: Batch, added: Sequence[int]) -> None:
    connection.executemany("DELETE FROM labels WHERE image_id = ?", [(id,) for id in batch.labels])
    new = [(id, image.labels) for id, image in zip(added, batch.added, strict=True)]
    # From the table of pictures, so that an id which was removed meanwhile is passed over.
    connection.executemany(
        "INSERT OR IGNORE INTO labels (image_id, label) SELECT id, ? FROM images WHERE id = ?",
        [
            (text_column(label), id)
            for id, labels in (*batch.labels.items(), *new)
            for label in labels
        ],
    )
