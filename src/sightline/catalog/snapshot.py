"""One model's vectors as they stand at one moment, whatever is committed meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from sightline.catalog.quantisation import STORED_DTYPE, dequantise
from sightline.catalog.translation import translated
from sightline.errors import GalleryCorruptError, InvalidValueError
from sightline.types import Ids, ModelSpec, Vectors

CHUNK_ROWS = 8192


class Snapshot:
    """A consistent view of one model's vectors. Made by ``Catalog.snapshot``, valid inside it.

    Attributes:
        change: The number of the last change that is visible here.
        ids: Every picture with a vector of the model, ascending, shape (n,).
        dimensions: d.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, model: ModelSpec) -> None:
        self._connection = connection
        self._path = path
        self.dimensions = model.dimensions
        self.change = current_change(connection)
        self._model_id = find_model(connection, model)
        found = connection.execute(
            "SELECT image_id FROM vectors WHERE model_id = ?", (self._model_id,)
        )
        self.ids: Ids = np.sort(np.fromiter((row[0] for row in found), dtype=np.int64))

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
