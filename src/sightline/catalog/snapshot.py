"""One model's vectors as they stand at one moment, whatever is committed meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sightline.catalog.quantisation import STORED_DTYPE, dequantise
from sightline.catalog.sqlite import translated
from sightline.errors import GalleryCorruptError, InvalidValueError
from sightline.types import Ids, ModelSpec, Vectors

CHUNK_ROWS = 8192


class Snapshot:
    """A consistent view of one model's vectors. Made by ``Catalog.snapshot``, valid inside it.

    Attributes:
        change: The number of the last change that is visible here.
        count: n, the number of pictures with a vector of the model.
        dimensions: d.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, model: ModelSpec) -> None:
        self._connection = connection
        self._path = path
        self.dimensions = model.dimensions
        self.change = current_change(connection)
        self._model_id = find_model(connection, model)
        self.count = vector_count(connection, self._model_id)

    def knows(self, change: int) -> bool:
        """Whether a change number lies in this catalog's past; 0, before all changes, does."""
        if change == 0:
            return True
        found = self._connection.execute("SELECT 1 FROM changes WHERE change = ?", (change,))
        return found.fetchone() is not None

    def vectors(self, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the rows written after a change, oldest first, at most 8,192 at once.

        Ids have shape (n,), vectors (n, d), unit float32. Each id comes once.

        Raises:
            GalleryCorruptError: a stored vector is damaged.
        """
        with translated(self._path):
            rows = self._connection.execute(
                "SELECT image_id, vector FROM vectors WHERE model_id = ? AND change > ?"
                " ORDER BY change, image_id",
                (self._model_id, since),
            )
            while chunk := rows.fetchmany(CHUNK_ROWS):
                ids, blobs = zip(*chunk, strict=True)
                yield np.array(ids, dtype=np.int64), self._decoded(blobs)

    def removed(self, since: int) -> Ids:
        """Return the pictures that lost their vector after a change, and have none now; (m,)."""
        with translated(self._path):
            found = self._connection.execute(
                "SELECT DISTINCT image_id FROM removals WHERE model_id = ? AND change > ?"
                " AND NOT EXISTS (SELECT 1 FROM vectors"
                " WHERE image_id = removals.image_id AND model_id = removals.model_id)",
                (self._model_id, since),
            )
            return np.fromiter((row[0] for row in found), dtype=np.int64)

    def differs_from(self, change: int) -> bool:
        """Whether any vector of the model was written or lost after a change."""
        with translated(self._path):
            (differs,) = self._connection.execute(
                "SELECT EXISTS (SELECT 1 FROM vectors WHERE model_id = :model AND change > :since)"
                " OR EXISTS (SELECT 1 FROM removals WHERE model_id = :model AND change > :since)",
                {"model": self._model_id, "since": change},
            ).fetchone()
        return bool(differs)

    def verify(self) -> None:
        """Examine the whole file, for one who holds rows of its past that contradict it. Slow.

        Raises:
            GalleryCorruptError: the file is damaged. A model that had rows is never forgotten, so
                to miss it is damage too.
        """
        if self._model_id is None:
            raise GalleryCorruptError(self._path, "the model of its vectors is gone")
        with translated(self._path):
            (found,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
            (count,) = self._connection.execute(
                "SELECT count(*) FROM vectors WHERE model_id = ?", (self._model_id,)
            ).fetchone()
        if found != "ok":
            raise GalleryCorruptError(self._path, found)
        if count != self.count:
            problem = f"it has {count:,} vectors of a model instead of {self.count:,}"
            raise GalleryCorruptError(self._path, problem)

    def _decoded(self, blobs: tuple[bytes, ...]) -> Vectors:
        try:
            return decoded(blobs, self.dimensions)
        except InvalidValueError as error:
            raise GalleryCorruptError(self._path, str(error)) from error


def decoded(blobs: tuple[bytes, ...], dimensions: int) -> Vectors:
    """Return stored rows as unit float32 rows, shape (n, d).

    Raises:
        InvalidValueError: a row has another number of bytes, or is not of unit length.
    """
    expected = dimensions * STORED_DTYPE.itemsize
    for blob in blobs:
        if len(blob) != expected:
            raise InvalidValueError("the size of a stored vector", len(blob), f"{expected} bytes")
    stored = np.frombuffer(b"".join(blobs), dtype=STORED_DTYPE)
    return dequantise(stored.reshape(len(blobs), dimensions))


def current_change(connection: sqlite3.Connection) -> int:
    """Return the number of the last change, 0 in a new catalog."""
    (change,) = connection.execute("SELECT coalesce(max(change), 0) FROM changes").fetchone()
    return int(change)


def find_model(connection: sqlite3.Connection, model: ModelSpec) -> int | None:
    """Return a model's number in this catalog, or None if it has none yet."""
    found = connection.execute(
        "SELECT id FROM models WHERE name = ? AND digest = ? AND preprocessing = ?"
        " AND tokenizer = ? AND precision = ? AND dimensions = ?",
        model_columns(model),
    ).fetchone()
    return None if found is None else int(found[0])


def vector_count(connection: sqlite3.Connection, model_id: int | None) -> int:
    """Return how many vectors a model has, without counting them; 0 for no model."""
    found = connection.execute("SELECT vector_count FROM models WHERE id = ?", (model_id,))
    row = found.fetchone()
    return 0 if row is None else int(row[0])


def model_columns(model: ModelSpec) -> tuple[str | int, ...]:
    """Return a model's columns in the order of its table."""
    return (
        model.name,
        model.digest,
        model.preprocessing,
        model.tokenizer,
        model.precision,
        model.dimensions,
    )
