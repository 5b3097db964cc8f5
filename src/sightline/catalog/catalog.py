"""Catalog: what a gallery knows, kept in one SQLite file. It is the truth; all else is derived."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from sightline.catalog import changes, judging
from sightline.catalog.batch import Batch
from sightline.catalog.columns import column_path, path_column
from sightline.catalog.connections import Connections
from sightline.catalog.filtering import condition
from sightline.catalog.lock import WriterLock
from sightline.catalog.snapshot import (
    Snapshot,
    current_change,
    decoded,
    find_model,
    vector_count,
)
from sightline.catalog.translation import translated
from sightline.errors import GalleryCorruptError, InvalidValueError
from sightline.types import (
    WHOLE,
    Facets,
    Filters,
    Ids,
    ImageRecord,
    Judgement,
    ModelSpec,
    Part,
    PartKind,
    Skipped,
    Vectors,
)

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


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What is needed to tell whether a file on disk is still the one that was indexed.

    Attributes:
        id: Of the picture.
        path: Absolute.
        size_bytes: Of the file, when it was last read.
        mtime_ns: Of the file, when it was last read.
        content_hash: BLAKE2b-160 (hex) of its bytes.
        has_vector: Whether the model that was asked about has a vector of it.
    """

    id: int
    path: Path
    size_bytes: int
    mtime_ns: int
    content_hash: str
    has_vector: bool


@dataclass(frozen=True, slots=True)
class KnownFault:
    """When a file could not be read, and why; the same size and time need no second try."""

    size_bytes: int
    mtime_ns: int
    reason: str


class Catalog:
    """One catalog file. Reads from any thread; one writer at a time, in all processes together.

    Readers see the last commit and never wait for the writer. Every method raises
    ``GalleryCorruptError`` where the file proves damaged.
    """

    def __init__(self, path: Path, connections: Connections) -> None:
        """Use ``Catalog.open``."""
        self._path = path
        self._connections = connections
        self._held = False
        self._leaving = False
        self._guests = 0
        self._mutex = threading.Lock()
        self._guests_left = threading.Condition(self._mutex)

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
        """Close the file. Snapshots that are open stay valid until they end."""
        self._connections.close()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Writing

    @contextmanager
    def writer(
        self,
        command: str | None = None,
        *,
        wait_s: float = 0.0,
        join: bool = False,
        alone: bool = False,
    ) -> Iterator[None]:
        """Be the only writer for a while, over several commits.

        Args:
            command: What is being done, such as "sightline index", for the message that a second
                writer gets.
            wait_s: How long to wait for another writer to finish.
            join: Write beside another thread that is the writer through this very object, instead
                of waiting for it. Their commits come one at a time.
            alone: Let nobody join; whoever wants to waits like another process.

        Raises:
            GalleryBusyError: there is a writer still, in this process or another.
            NotWritableError: the gallery may not be written.
        """
        if join and self._joined():
            try:
                yield
            finally:
                self._part()
            return
        with self._lock(command, wait_s):
            with self._mutex:
                self._held, self._leaving = True, alone
            try:
                yield
            finally:
                self._see_off()

    def _joined(self) -> bool:
        """Become a guest of the writer, if there is one who is not about to go."""
        with self._mutex:
            if self._held and not self._leaving:
                self._guests += 1
                return True
            return False

    def _part(self) -> None:
        with self._guests_left:
            self._guests -= 1
            self._guests_left.notify_all()

    def _see_off(self) -> None:
        """Keep the lock until the last guest is gone."""
        with self._guests_left:
            self._leaving = True
            while self._guests:
                self._guests_left.wait()
            self._held = self._leaving = False

    def commit(self, batch: Batch) -> int:
        """Store a batch in one transaction, on disk when this returns; return the change number.

        Takes the writer's place for itself unless ``writer()`` is open. An empty batch changes
        nothing and returns the number there is.

        Raises:
            GalleryBusyError: another process, or another catalog object, is writing.
            InvalidValueError: an id is unknown, a path is taken, or a vector is not of unit length.
            VectorShapeError: a vector is not float32 of shape (d,).
            DiskFullError: there is no room; nothing of the batch was stored.
            NotWritableError: the file may not be written.
        """
        if batch.is_empty:
            return self.change
        with self._transaction() as connection:
            return changes.apply(connection, batch)

    # Reading

    @property
    def change(self) -> int:
        """The number of the last change. It rises with every commit, by uneven steps."""
        with self._connections.reading() as connection:
            return current_change(connection)

    def models(self) -> dict[ModelSpec, int]:
        """Return every model with the number of its vectors, in the order they came."""
        with self._connections.reading() as connection:
            rows = connection.execute(
                "SELECT name, digest, preprocessing, tokenizer, precision, dimensions,"
                " vector_count FROM models ORDER BY id"
            ).fetchall()
        return {ModelSpec(*facts): int(count) for *facts, count in rows}

    def count(self) -> int:
        """Return how many pictures there are."""
        with self._connections.reading() as connection:
            (count,) = connection.execute("SELECT count(*) FROM images").fetchone()
        return int(count)

    def missing(self, model: ModelSpec) -> int:
        """Return how many pictures have no vector of a model."""
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
            (images,) = connection.execute("SELECT count(*) FROM images").fetchone()
            return int(images) - vector_count(connection, find_model(connection, model))

    def files(self, model: ModelSpec | None = None) -> dict[Path, KnownFile]:
        """Return every file that is one picture, by its path.

        Args:
            model: Whose vectors ``has_vector`` is about; without one it is False.
        """
        with self._connections.reading() as connection:
            number = None if model is None else find_model(connection, model)
            rows = connection.execute(
                "SELECT images.id, path, size_bytes, mtime_ns, files.content_hash,"
                f" vectors.image_id IS NOT NULL FROM {_PICTURES}"
                " LEFT JOIN vectors ON image_id = images.id AND model_id = ? WHERE part = ''",
                (number,),
            )
            known = (
                KnownFile(id, column_path(path), size_bytes, mtime_ns, content_hash, bool(has))
                for id, path, size_bytes, mtime_ns, content_hash, has in rows
            )
            return {file.path: file for file in known}

    def records(self, ids: Sequence[int] | Ids) -> dict[int, ImageRecord]:
        """Return the records of ids, of any number; unknown ids are left out."""
        wanted = [int(id) for id in ids]
        found: dict[int, ImageRecord] = {}
        labels: defaultdict[int, list[str]] = defaultdict(list)
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
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
        """Return pictures that pass all filters, newest first, and how many pass in all.

        A picture's own time counts, or that of its file where it has none.
        """
        sql, values = condition(filters)
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
            (total,) = connection.execute(
                f"SELECT count(*) FROM {_PICTURES} WHERE {sql}", values
            ).fetchone()
            found = connection.execute(
                f"SELECT images.id FROM {_PICTURES} WHERE {sql}"
                f" ORDER BY coalesce(taken_at, {_FILE_TIME}) DESC, images.id DESC LIMIT ? OFFSET ?",
                (*values, limit, offset),
            )
            return [int(id) for (id,) in found], int(total)

    def facets(self) -> Facets:
        """Return the labels, formats and times that pictures have."""
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
            labels = connection.execute("SELECT label, count(*) FROM labels GROUP BY label")
            names = dict(labels.fetchall())
            formats = connection.execute("SELECT format, count(*) FROM images GROUP BY format")
            kinds = dict(formats.fetchall())
            taken = connection.execute("SELECT min(taken_at), max(taken_at) FROM images")
            first, last = taken.fetchone()
        return Facets(names, kinds, first, last)

    def record_at(self, path: Path) -> ImageRecord | None:
        """Return the record of the picture that a file is, or None."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"{_RECORD} WHERE path = ? AND part = ''", (path_column(path),)
            ).fetchone()
        return None if row is None else _record(row)

    def faults(self) -> list[Skipped]:
        """Return the files that could not be indexed, with reasons, by path."""
        known = self.known_faults()
        return [Skipped(path, known[path].reason) for path in sorted(known)]

    def known_faults(self) -> dict[Path, KnownFault]:
        """Return what is known of each file that could not be indexed."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT path, size_bytes, mtime_ns, reason FROM faults")
            return {column_path(path): KnownFault(*facts) for path, *facts in rows}

    def folders(self) -> tuple[Path, ...]:
        """Return what was asked to be indexed, by path."""
        with self._connections.reading() as connection:
            rows = connection.execute("SELECT path FROM folders").fetchall()
        return tuple(sorted(column_path(path) for (path,) in rows))

    # Judgements

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Store judgements, on disk when this returns; the last of a picture counts.

        Raises:
            InvalidValueError: a picture is unknown, or a grade is negative.
            GalleryBusyError: another process, or another catalog object, is writing.
            DiskFullError: there is no room; none was stored.
            NotWritableError: the file may not be written.
        """
        with self._transaction() as connection:
            judging.store(connection, judgements)

    def take_back(self, judgements: Sequence[Judgement]) -> int:
        """Forget what was said of pictures, whatever it was; return how many were forgotten.

        Raises:
            GalleryBusyError: another process, or another catalog object, is writing.
            NotWritableError: the file may not be written.
        """
        with self._transaction() as connection:
            return judging.forget(connection, judgements)

    def judgements(self) -> list[Judgement]:
        """Return all judgements, by question in the order these were first asked."""
        with self._connections.reading() as connection:
            return judging.read(connection)

    # Vectors

    @contextmanager
    def snapshot(self, model: ModelSpec) -> Iterator[Snapshot]:
        """Hold one consistent view of a model's vectors; commits go on unseen."""
        with self._connections.reading() as connection:
            connection.execute("BEGIN")
            yield Snapshot(connection, self._path, model)

    def ids(self, model: ModelSpec) -> Ids:
        """Return every picture with a vector of a model, ascending."""
        with self.snapshot(model) as snapshot:
            return snapshot.ids

    def vectors(self, model: ModelSpec, *, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the vectors written after a change; see ``Snapshot.vectors``."""
        with self.snapshot(model) as snapshot:
            yield from snapshot.vectors(since)

    def vector_of(self, content_hash: str, model: ModelSpec) -> Vectors | None:
        """Return a model's vector of some picture with this content, shape (d,), or None."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT vector FROM images JOIN vectors ON image_id = images.id"
                f" WHERE {_WITH_CONTENT} AND model_id = :model LIMIT 1",
                {"content": content_hash, "model": find_model(connection, model)},
            ).fetchone()
        return None if row is None else self._decoded(row[0], model)

    def vector(self, id: int, model: ModelSpec) -> Vectors | None:
        """Return a model's vector of a picture, shape (d,), or None if there is none."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT vector FROM vectors WHERE image_id = ? AND model_id = ?",
                (id, find_model(connection, model)),
            ).fetchone()
        return None if row is None else self._decoded(row[0], model)

    def _decoded(self, blob: bytes, model: ModelSpec) -> Vectors:
        try:
            vector: Vectors = decoded((blob,), model.dimensions)[0]
        except InvalidValueError as error:
            raise GalleryCorruptError(self._path, str(error)) from error
        return vector

    def record_with(self, content_hash: str, model: ModelSpec) -> ImageRecord | None:
        """Return the record of some picture with this content and a vector of a model, or None."""
        with self._connections.reading() as connection:
            row = connection.execute(
                f"{_RECORD} JOIN vectors ON image_id = images.id"
                f" WHERE {_WITH_CONTENT} AND model_id = :model LIMIT 1",
                {"content": content_hash, "model": find_model(connection, model)},
            ).fetchone()
        return None if row is None else _record(row)

    def setting(self, key: str) -> str | None:
        """Return what was stored under a key by ``Batch.settings``, or None."""
        with self._connections.reading() as connection:
            row = connection.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    # Texts that cost something to make

    def kept_text(self, kind: str, key: str) -> str | None:
        """Return what ``keep_text`` kept, or None."""
        with self._connections.reading() as connection:
            row = connection.execute(
                "SELECT text FROM kept_texts WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return None if row is None else str(row[0])

    def keep_text(self, kind: str, key: str, text: str) -> None:
        """Keep a text under a kind and a key, in the place of what was there. No change is counted.

        Raises:
            GalleryBusyError: another process, or another catalog object, is writing.
            DiskFullError: there is no room.
            NotWritableError: the file may not be written.
        """
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO kept_texts (kind, key, text) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, key) DO UPDATE SET text = excluded.text",
                (kind, key, text),
            )

    def _lock(self, command: str | None = None, wait_s: float = 0.0) -> WriterLock:
        return WriterLock(self._path.with_name("writer.lock"), command, wait_s=wait_s)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._mutex, nullcontext() if self._held else self._lock(), translated(self._path):
            connection = self._connections.writing()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # SQLite has rolled back by itself after a full disk and some other faults.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise


def _record(row: Sequence[Any]) -> ImageRecord:
    id, path, *facts, kind, name = row
    part = Part(PartKind(kind), name) if name else WHOLE
    return ImageRecord(id, column_path(path), *facts, (), part)
