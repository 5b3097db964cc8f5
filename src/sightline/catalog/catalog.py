"""Catalog: what a gallery knows, kept in one SQLite file. It is the truth; all else is derived."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sightline.catalog import changes, judging
from sightline.catalog.connections import Connections
from sightline.catalog.filtering import condition
from sightline.catalog.snapshot import (
    Snapshot,
    current_change,
    decoded,
    find_model,
    vector_count,
)
from sightline.catalog.sqlite import column_path, path_column
from sightline.catalog.writing import Writing
from sightline.errors import GalleryCorruptError, InvalidValueError
from sightline.types import (
    WHOLE,
    Batch,
    Facets,
    Fault,
    Filters,
    Ids,
    ImageRecord,
    Judgement,
    KnownFile,
    ModelSpec,
    Part,
    PartKind,
    Vectors,
)

MOST_TEXTS = 20_000
"""How many texts are kept; the oldest go."""

# SQLite of long ago allowed 999 parameters in a statement.
_PARAMETERS = 900
_PICTURES = "images JOIN files ON files.id = file_id"
_RECORD = (
    "SELECT images.id, path, size_bytes, mtime_ns,"
    " coalesce(images.content_hash, files.content_hash), width_px, height_px, format, taken_at,"
    f" title, kind, part FROM {_PICTURES}"
)
# The whole of a file has the file's content; a part has its own.
_WITH_CONTENT = (
    "images.id IN (SELECT images.id FROM images JOIN files ON files.id = file_id"
    " WHERE files.content_hash = :content AND images.content_hash IS NULL"
    " UNION ALL SELECT id FROM images WHERE content_hash = :content)"
)
# As taken_at is written: ISO 8601, in the time of this machine.
_FILE_TIME = "strftime('%Y-%m-%dT%H:%M:%S', mtime_ns / 1000000000, 'unixepoch', 'localtime')"


class Catalog:
    """One catalog file: a ``GalleryStore`` that is also all of the truth about a gallery."""

    def __init__(self, path: Path, connections: Connections) -> None:
        """Use ``Catalog.open``."""
        self._path = path
        self._connections = connections
        self._writing = Writing(path, connections)

    @classmethod
    def open(cls, path: Path, *, create: bool = False) -> Catalog:
        """Return the catalog in a file, brought to today's format.

        A file on a read-only medium can be read.

        Args:
            path: Of the SQLite file.
            create: Make the file, and its folder, if it is not there.

        Raises:
            GalleryNotFoundError: there is no such file, and ``create`` is False.
            GalleryVersionError: a newer Sightline wrote it.
            GalleryCorruptError: it is damaged, or not a catalog.
            NotReadableError: it may not be read.
            NotWritableError: it has to be made or migrated, but may not be written.
        """
        return cls(path, Connections(path, create=create))

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._path

    def close(self) -> None:
        """Close the file; see ``GalleryStore``."""
        self._connections.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    def writer(
        self,
        command: str | None = None,
        *,
        wait_s: float = 0.0,
        join: bool = False,
        alone: bool = False,
    ) -> AbstractContextManager[None]:
        """Be the only writer for a while; see ``GalleryStore``."""
        return self._writing.place(command, wait_s=wait_s, join=join, alone=alone)

    def commit(self, batch: Batch) -> int:
        """Store a batch in one transaction, on disk when this returns; see ``GalleryStore``."""
        if batch.is_empty:
            return self.change
        with self._writing.transaction() as connection:
            return changes.apply(connection, batch)

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Store judgements, on disk when this returns; see ``GalleryStore``."""
        with self._writing.transaction() as connection:
            judging.store(connection, judgements)

    def take_back(self, judgements: Sequence[Judgement]) -> int:
        """Forget what was said of pictures; see ``GalleryStore``."""
        with self._writing.transaction() as connection:
            return judging.forget(connection, judgements)

    def keep_text(self, kind: str, key: str, text: str) -> None:
        """Keep a text without waiting; see ``GalleryStore``."""
        with self._connections.keeping() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO kept_texts (kind, key, text) VALUES (?, ?, ?)",
                (kind, key, text),
            )
            connection.execute(
                "DELETE FROM kept_texts WHERE id <= (SELECT max(id) FROM kept_texts) - ?",
                (MOST_TEXTS,),
            )

    # Reading

    @property
    def change(self) -> int:
        """The number of the last change; see ``GalleryStore``."""
        with self._connections.reading() as connection:
            return current_change(connection)

    def models(self) -> dict[ModelSpec, int]:
        """Return every model with the number of its vectors, in the order they came."""
        rows = self._rows(
            "SELECT name, digest, preprocessing, tokenizer, precision, dimensions,"
            " vector_count FROM models ORDER BY id"
        )
        return {ModelSpec(*facts): int(count) for *facts, count in rows}

    def count(self) -> int:
        """Return how many pictures there are."""
        ((count,),) = self._rows("SELECT count(*) FROM images")
        return int(count)

    def missing(self, model: ModelSpec) -> int:
        """Return how many pictures have no vector of a model."""
        with self._at_one_moment() as connection:
            (images,) = connection.execute("SELECT count(*) FROM images").fetchone()
            return int(images) - vector_count(connection, find_model(connection, model))

    def files(self, model: ModelSpec | None = None) -> dict[Path, KnownFile]:
        """Return every file that is one picture, by its path; see ``GalleryStore``."""
        with self._connections.reading() as connection:
            number = None if model is None else find_model(connection, model)
            rows = connection.execute(
                "SELECT path, size_bytes, mtime_ns, images.id, files.content_hash,"
                f" vectors.image_id IS NOT NULL FROM {_PICTURES}"
                " LEFT JOIN vectors ON image_id = images.id AND model_id = ? WHERE part = ''",
                (number,),
            )
            known = (
                KnownFile(column_path(path), size_bytes, mtime_ns, id, content, bool(has))
                for path, size_bytes, mtime_ns, id, content, has in rows
            )
            return {file.path: file for file in known}

    def faults(self) -> list[Fault]:
        """Return the files that could not be indexed, by path."""
        rows = self._rows("SELECT path, size_bytes, mtime_ns, reason FROM faults")
        faults = [Fault(column_path(path), *facts) for path, *facts in rows]
        return sorted(faults, key=lambda fault: fault.path)

    def folders(self) -> tuple[Path, ...]:
        """Return what was asked to be indexed, by path."""
        return tuple(sorted(column_path(path) for (path,) in self._rows("SELECT * FROM folders")))

    def records(self, ids: Sequence[int] | Ids) -> dict[int, ImageRecord]:
        """Return the records of ids, of any number; unknown ids are left out."""
        wanted = [int(id) for id in ids]
        found: dict[int, ImageRecord] = {}
        labels: defaultdict[int, list[str]] = defaultdict(list)
        with self._at_one_moment() as connection:
            for start in range(0, len(wanted), _PARAMETERS):
                some = wanted[start : start + _PARAMETERS]
                marks = ",".join("?" * len(some))
                for row in connection.execute(f"{_RECORD} WHERE images.id IN ({marks})", some):
                    found[row[0]] = _record(row)
                for id, label in connection.execute(
                    f"SELECT image_id, label FROM labels WHERE image_id IN ({marks})"
                    " ORDER BY image_id, label",
                    some,
                ):
                    labels[id].append(label)
        for id, names in labels.items():
            found[id] = replace(found[id], labels=tuple(names))
        return found

    def record_at(self, path: Path) -> ImageRecord | None:
        """Return the record of the picture that a file is, or None; without its labels."""
        rows = self._rows(f"{_RECORD} WHERE path = ? AND part = ''", (path_column(path),))
        return _record(rows[0]) if rows else None

    def record_with(self, content_hash: str, model: ModelSpec) -> ImageRecord | None:
        """Return the record of some picture with this content and a vector of a model, or None."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"{_RECORD} JOIN vectors ON image_id = images.id"
                f" WHERE {_WITH_CONTENT} AND model_id = :model LIMIT 1",
                {"content": content_hash, "model": find_model(connection, model)},
            ).fetchone()
        return None if row is None else _record(row)

    def vector(self, id: int, model: ModelSpec) -> Vectors | None:
        """Return a model's vector of a picture, shape (d,), or None if there is none."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT vector FROM vectors WHERE image_id = ? AND model_id = ?",
                (id, find_model(connection, model)),
            ).fetchone()
        if row is None:
            return None
        try:
            vector: Vectors = decoded(row, model.dimensions)[0]
        except InvalidValueError as error:
            raise GalleryCorruptError(self._path, str(error)) from error
        return vector

    def matching(self, filters: Filters, model: ModelSpec) -> Ids:
        """Return the pictures that pass all filters and have a vector of a model, shape (m,)."""
        sql, values = condition(filters)
        with self._connections.reading() as connection:
            found = connection.execute(
                f"SELECT images.id FROM {_PICTURES}"
                " JOIN vectors ON image_id = images.id AND model_id = ?"
                f" WHERE {sql} ORDER BY images.id",
                (find_model(connection, model), *values),
            )
            return np.fromiter((row[0] for row in found), dtype=np.int64)

    def newest(self, filters: Filters, limit: int, offset: int = 0) -> tuple[list[int], int]:
        """Return pictures that pass all filters, newest first; see ``GalleryStore``."""
        sql, values = condition(filters)
        pictures = f"FROM {_PICTURES} WHERE {sql}"
        with self._at_one_moment() as connection:
            (total,) = connection.execute(f"SELECT count(*) {pictures}", values).fetchone()
            found = connection.execute(
                f"SELECT images.id {pictures} ORDER BY coalesce(taken_at, {_FILE_TIME}) DESC,"
                " images.id DESC LIMIT ? OFFSET ?",
                (*values, limit, offset),
            )
            return [int(id) for (id,) in found], int(total)

    def facets(self) -> Facets:
        """Return the labels, formats and times that pictures have."""
        with self._at_one_moment() as connection:
            labels = connection.execute("SELECT label, count(*) FROM labels GROUP BY label")
            names = dict(labels.fetchall())
            formats = connection.execute("SELECT format, count(*) FROM images GROUP BY format")
            kinds = dict(formats.fetchall())
            taken = connection.execute("SELECT min(taken_at), max(taken_at) FROM images")
            first, last = taken.fetchone()
        return Facets(names, kinds, first, last)

    def judgements(self) -> list[Judgement]:
        """Return all judgements, by question in the order these were first asked."""
        with self._connections.reading() as connection:
            return judging.read(connection)

    def setting(self, key: str) -> str | None:
        """Return what was stored under a key by ``Batch.settings``, or None."""
        rows = self._rows("SELECT value FROM settings WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def kept_text(self, kind: str, key: str) -> str | None:
        """Return what ``keep_text`` kept, or None."""
        rows = self._rows("SELECT text FROM kept_texts WHERE kind = ? AND key = ?", (kind, key))
        return str(rows[0][0]) if rows else None

    @contextmanager
    def snapshot(self, model: ModelSpec) -> Iterator[Snapshot]:
        """Hold one consistent view of a model's vectors; commits go on unseen."""
        with self._at_one_moment() as connection:
            yield Snapshot(connection, self._path, model)

    @contextmanager
    def _at_one_moment(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose statements see nothing of what is committed in between."""
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
            yield connection

    def _rows(self, sql: str, values: Sequence[str | bytes] = ()) -> list[Any]:
        with self._connections.reading() as connection:
            return connection.execute(sql, values).fetchall()


def _record(row: Sequence[Any]) -> ImageRecord:
    id, path, *facts, kind, name = row
    part = Part(PartKind(kind), name) if name else WHOLE
    return ImageRecord(id, column_path(path), *facts, part=part)  # type: ignore[misc]
