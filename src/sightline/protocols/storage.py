"""Where a gallery keeps what it knows, and what searches its vectors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, runtime_checkable

from sightline.types import (
    Batch,
    Facets,
    Fault,
    Filters,
    Ids,
    ImageRecord,
    Judgement,
    KnownFile,
    ModelSpec,
    Neighbours,
    Vectors,
)


class VectorIndex(Protocol):
    """Finds the stored vectors most similar to a query.

    Rows are float32 and of unit length, so a score is a cosine in [-1, 1] and higher is better. An
    index may miss some of the best rows, but the scores that it gives are true.
    """

    @property
    def dimensions(self) -> int:
        """Return d."""
        ...

    @property
    def ids(self) -> Ids:
        """Every stored id, in no particular order, shape (n,). Read only."""
        ...

    def __len__(self) -> int:
        """Return n."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Store rows under ids; an id that is already there gets the new row.

        Raises:
            VectorShapeError: vectors is not (n, d) or ids is not (n,).
        """
        ...

    def remove(self, ids: Ids) -> int:
        """Forget ids; return how many were there."""
        ...

    def search(self, queries: Vectors, k: int, among: Ids | None = None) -> Neighbours:
        """Return the k best ids for each query row, shape (q, d), best first; ties by lower id.

        Short results are padded with id -1 and score -inf. With ``among``, shape (m,), no other
        id can be an answer; ids that are not stored are passed over.

        Raises:
            VectorShapeError: queries is not (q, d).
            InvalidValueError: k is below 1.
        """
        ...


@runtime_checkable
class RowIndex(Protocol):
    """Has its rows in memory, for who compares with all of them."""

    def at_once(self) -> tuple[Ids, Vectors]:
        """Return ids (n,) and unit rows (n, d) as they are at one moment. Read only."""
        ...


class VectorSnapshot(Protocol):
    """One model's vectors as they stand at one moment, whatever is committed meanwhile."""

    @property
    def change(self) -> int:
        """The number of the last change that is visible."""
        ...

    @property
    def count(self) -> int:
        """How many vectors there are, known without counting."""
        ...

    def knows(self, change: int) -> bool:
        """Whether a change number lies in the past of this snapshot; 0 does."""
        ...

    def differs_from(self, change: int) -> bool:
        """Whether any vector was written or lost after a change."""
        ...

    def vectors(self, since: int = 0) -> Iterator[tuple[Ids, Vectors]]:
        """Yield the rows written after a change, some at a time: ids (m,), unit float32 (m, d).

        Each id comes once.
        """
        ...

    def removed(self, since: int) -> Ids:
        """Return the pictures that lost their vector after a change, and have none now; (m,)."""
        ...

    def verify(self) -> None:
        """Raise if the source is damaged, after looking at all of it."""
        ...


class VectorSource(Protocol):
    """Where snapshots come from."""

    def snapshot(self, model: ModelSpec) -> AbstractContextManager[VectorSnapshot]:
        """Hold one consistent view of a model's vectors; commits go on unseen."""
        ...


class GalleryStore(VectorSource, Protocol):
    """Keeps what a gallery knows: records, vectors, and what people said of pictures.

    Reads from any thread, which see the last commit and wait for no writer; one writer at a time,
    in all processes together. Every method raises ``GalleryCorruptError`` where what is stored
    proves damaged, and ``GalleryClosedError`` after ``close``.
    """

    def close(self) -> None:
        """Give back what is held. Snapshots that are open stay valid until they end."""
        ...

    # Writing

    def writer(
        self,
        command: str | None = None,
        *,
        wait_s: float = 0.0,
        join: bool = False,
        alone: bool = False,
    ) -> AbstractContextManager[None]:
        """Be the only writer for a while, over several commits.

        Args:
            command: What is being done, such as "sightline index", for the message that a second
                writer gets.
            wait_s: How long to wait for another writer to finish.
            join: Write beside another thread that is the writer through this very object, instead
                of waiting for it. Their commits come one at a time.
            alone: Let nobody join, nor commit beside: others have to wait like another process.

        Raises:
            GalleryBusyError: there is a writer still, in this process or another.
            NotWritableError: the gallery may not be written.
        """
        ...

    def commit(self, batch: Batch) -> int:
        """Store a batch, all of it or nothing, for good when this returns; return the change.

        Takes the writer's place for itself unless ``writer()`` is open. An empty batch changes
        nothing and returns the number there is.

        Raises:
            GalleryBusyError: another process, or another object, is writing.
            InvalidValueError: an id is unknown, a path is taken, or a vector is not of unit length.
            VectorShapeError: a vector is not float32 of shape (d,).
            DiskFullError: there is no room; nothing of the batch was stored.
            NotWritableError: the file may not be written.
        """
        ...

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Store judgements, for good when this returns; the last of a picture counts.

        Raises:
            InvalidValueError: a picture is unknown, or a grade is negative.
            GalleryBusyError: and the other errors of ``commit``.
        """
        ...

    def take_back(self, judgements: Sequence[Judgement]) -> int:
        """Forget what was said of pictures, whatever it was; return how many were forgotten.

        Raises:
            GalleryBusyError: and the other errors of ``commit``.
        """
        ...

    def keep_text(self, kind: str, key: str, text: str) -> None:
        """Keep a text in the place of what was there. No change is counted, and nothing waits.

        It is a cache: the oldest of very many texts goes, and the last ones may go in a power cut.

        Raises:
            GalleryBusyError: a commit is just being made.
            DiskFullError: there is no room.
            NotWritableError: the file may not be written.
        """
        ...

    # Reading

    @property
    def change(self) -> int:
        """The number of the last change. It rises with every commit, by uneven steps."""
        ...

    def models(self) -> dict[ModelSpec, int]:
        """Return every model with the number of its vectors, in the order they came."""
        ...

    def count(self) -> int:
        """Return how many pictures there are."""
        ...

    def missing(self, model: ModelSpec) -> int:
        """Return how many pictures have no vector of a model."""
        ...

    def files(self, model: ModelSpec | None = None) -> dict[Path, KnownFile]:
        """Return every file that is one picture, by its path.

        Args:
            model: Whose vectors ``has_vector`` is about; without one it is False.
        """
        ...

    def faults(self) -> list[Fault]:
        """Return the files that could not be indexed, by path."""
        ...

    def folders(self) -> tuple[Path, ...]:
        """Return what was asked to be indexed, by path."""
        ...

    def records(self, ids: Sequence[int]) -> dict[int, ImageRecord]:
        """Return the records of ids, of any number; unknown ids are left out."""
        ...

    def record_at(self, path: Path) -> ImageRecord | None:
        """Return the record of the picture that a file is, or None."""
        ...

    def record_with(self, content_hash: str, model: ModelSpec) -> ImageRecord | None:
        """Return the record of some picture with this content and a vector of a model, or None."""
        ...

    def vector(self, id: int, model: ModelSpec) -> Vectors | None:
        """Return a model's vector of a picture, shape (d,), or None if there is none."""
        ...

    def matching(self, filters: Filters, model: ModelSpec) -> Ids:
        """Return the pictures that pass all filters and have a vector of a model, shape (m,)."""
        ...

    def newest(self, filters: Filters, limit: int, offset: int = 0) -> tuple[list[int], int]:
        """Return pictures that pass all filters, newest first, and how many pass in all.

        A picture's own time counts, or that of its file where it has none.
        """
        ...

    def facets(self) -> Facets:
        """Return the labels, formats and times that pictures have."""
        ...

    def judgements(self) -> list[Judgement]:
        """Return all judgements, by question in the order these were first asked."""
        ...

    def setting(self, key: str) -> str | None:
        """Return what was stored under a key by ``Batch.settings``, or None."""
        ...

    def kept_text(self, kind: str, key: str) -> str | None:
        """Return what ``keep_text`` kept, or None."""
        ...
