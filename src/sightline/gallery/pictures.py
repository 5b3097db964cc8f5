"""Single pictures of a gallery: given to it to keep, labelled, and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Lock

import numpy as np

from sightline.errors import GalleryCorruptError, ImageNotFoundError, InvalidValueError
from sightline.gallery.files import GalleryFiles, is_shown, shown_name
from sightline.gallery.model import GalleryModel
from sightline.gallery.sync.comparison import is_under
from sightline.images import Decoded, bytes_hash, decode
from sightline.images.memory import Room
from sightline.protocols import GalleryStore
from sightline.system.paths import absolute
from sightline.types import (
    Added,
    Batch,
    ChangedImage,
    ImageRecord,
    Judgement,
    ModelSpec,
    Moved,
    NewImage,
    NewVector,
    Vectors,
)

PATIENCE_S = 5.0
"""How long a writer waits: a search that repairs its index file is one for a moment."""

_LONGEST_LABEL = 100


class GalleryPictures:
    """Changes single pictures of one gallery, also while another thread of it runs a sync.

    Args:
        store: The truth.
        model: Of the gallery.
        files: Where the gallery keeps its own.
        max_megapixels: Refuse larger pictures.
        room: What decoding them may take, of all threads together.
    """

    def __init__(
        self,
        store: GalleryStore,
        model: GalleryModel,
        files: GalleryFiles,
        max_megapixels: float,
        room: Room,
    ) -> None:
        self._store = store
        self._model = model
        self._files = files
        self._max_megapixels = max_megapixels
        self._room = room
        # Of two threads that join one writer, neither may see half of what the other does to a
        # file of the gallery's own and to its record.
        self._own_files = Lock()

    def add(self, data: bytes, name: str, labels: Sequence[str]) -> Added:
        """Do what ``Gallery.add`` promises."""
        with self._room.part() as part:
            return self._added(data, name, labels, part.take)

    def _added(
        self, data: bytes, name: str, labels: Sequence[str], reserve: Callable[[int], None]
    ) -> Added:
        called, encoder = _checked(labels), self._model.for_queries
        title = shown_name(name)
        decoded = decode(
            data,
            shortest_px=encoder.input_px,
            max_megapixels=self._max_megapixels,
            name=title or "the picture",
            reserve=reserve,
        )
        vector = encoder.encode_images(encoder.prepare(decoded.image)[np.newaxis])[0]
        with self._store.writer("an upload", wait_s=PATIENCE_S, join=True), self._own_files:
            spec = self._model.begin_writing()
            known = self._known(data, decoded, vector, spec)
            if known is not None:
                self._restore(known, data)
                return Added(self._labelled(known.id, called), is_new=False)
            self._model.keep_probes(spec)
            path = self._take_in(data, decoded, vector, spec, title, called)
            return Added(self._image_at(path), is_new=True)

    def set_labels(self, id: int, labels: Sequence[str]) -> ImageRecord:
        """Do what ``Gallery.set_labels`` promises."""
        called = _checked(labels)
        with self._store.writer("labelling", wait_s=PATIENCE_S, join=True):
            self._image(id)
            self._store.commit(Batch(labels={id: called}))
        return self._image(id)

    def judge(self, judgements: Sequence[Judgement]) -> None:
        """Do what ``Gallery.judge`` promises."""
        with self._store.writer("judging", wait_s=PATIENCE_S, join=True):
            self._store.judge(judgements)

    def take_back(self, judgements: Sequence[Judgement]) -> int:
        """Do what ``Gallery.take_back`` promises."""
        with self._store.writer("judging", wait_s=PATIENCE_S, join=True):
            return self._store.take_back(judgements)

    def remove(self, ids: Sequence[int], paths: Sequence[str | Path]) -> int:
        """Do what ``Gallery.remove`` promises."""
        below = is_under([absolute(path) for path in paths])
        writer = self._store.writer("sightline remove", wait_s=PATIENCE_S, join=True)
        with writer, self._own_files:
            gone = set(self._store.records(ids))
            if paths:
                gone |= {f.id for path, f in self._store.files().items() if below(path)}
            records = self._store.records(sorted(gone))
            self._store.commit(
                Batch(
                    removed=sorted(gone),
                    cleared=[s.path for s in self._store.faults() if below(s.path)],
                    removed_folders=[f for f in self._store.folders() if below(f)],
                )
            )
            for record in records.values():
                self._files.forget_thumbnails(record.content_hash)
                if self._files.owns(record.path):
                    self._files.discard(record.path)
        # The index catches up with the next search or sync, which needs the model; this does not.
        return len(gone)

    def tidy(self) -> int:
        """Do what ``Gallery.tidy`` promises."""
        if not self._lost():
            return 0  # the usual case, in which nobody had to wait
        # Alone, as a thread that joined would see the file go that it is just adding.
        with self._store.writer("tidying up", wait_s=PATIENCE_S, alone=True):
            lost = self._lost()
            self._files.delete(lost)
        return len(lost)

    def _lost(self) -> list[Path]:
        known = self._store.files()
        return self._files.lost(set(known), {file.content_hash for file in known.values()})

    def _known(
        self, data: bytes, decoded: Decoded, vector: Vectors, spec: ModelSpec
    ) -> ImageRecord | None:
        """Return the record of a content that is here already; the model has seen it then."""
        digest = bytes_hash(data)
        known = self._store.record_with(digest, spec)
        if known is not None:
            return known
        # There is one place for its file. Another model saw it there, or other content meanwhile.
        known = self._store.record_at(self._files.place_of(digest, decoded.format))
        if known is None:
            return None
        self._model.keep_probes(spec)
        if known.content_hash == digest:
            self._store.commit(Batch(model=spec, embedded=[NewVector(known.id, vector)]))
            return known
        self._files.store(data, digest, decoded.format)
        image = _new_image(known.path, data, decoded, vector)
        self._store.commit(Batch(model=spec, changed=[ChangedImage(known.id, image)]))
        return self._image(known.id)

    def _restore(self, known: ImageRecord, data: bytes) -> None:
        """Write a file of the gallery's own again that was lost, or damaged, behind its back."""
        path = self._files.place_of(known.content_hash, known.format)
        if path == known.path and not self._files.holds(path, data):
            self._files.store(data, known.content_hash, known.format)
            touched = Moved(path, len(data), path.stat().st_mtime_ns, known.id)
            self._store.commit(Batch(moved=[touched]))

    def _take_in(
        self,
        data: bytes,
        decoded: Decoded,
        vector: Vectors,
        spec: ModelSpec,
        title: str,
        labels: Sequence[str],
    ) -> Path:
        path = self._files.store(data, bytes_hash(data), decoded.format)
        try:
            new = _new_image(path, data, decoded, vector)
            new = replace(new, title=title or None, labels=labels)
            self._store.commit(Batch(model=spec, added=[new]))
        except BaseException:
            self._files.discard(path)
            raise
        return path

    def _labelled(self, id: int, more: Sequence[str]) -> ImageRecord:
        record = self._image(id)
        if set(more) <= set(record.labels):
            return record
        self._store.commit(Batch(labels={id: [*record.labels, *more]}))
        return self._image(id)

    def _image_at(self, path: Path) -> ImageRecord:
        record = self._store.record_at(path)
        if record is None:
            raise GalleryCorruptError(path, "it was stored, and the catalog does not know it")
        return self._image(record.id)  # with its labels

    def _image(self, id: int) -> ImageRecord:
        record = self._store.records([id]).get(id)
        if record is None:
            raise ImageNotFoundError(id)
        return record


def _new_image(path: Path, data: bytes, decoded: Decoded, vector: Vectors) -> NewImage:
    return NewImage(
        path,
        len(data),
        path.stat().st_mtime_ns,
        bytes_hash(data),
        decoded.width_px,
        decoded.height_px,
        decoded.format,
        decoded.taken_at,
        vector,
    )


def _checked(labels: Sequence[str]) -> list[str]:
    """Return labels without white space around them, each once, in the order they came in."""
    called = list(dict.fromkeys(" ".join(label.split()) for label in labels))
    for label in called:
        if not 0 < len(label) <= _LONGEST_LABEL or not all(map(is_shown, label)):
            raise InvalidValueError("a label", label, f"of 1 to {_LONGEST_LABEL} letters")
    return called
