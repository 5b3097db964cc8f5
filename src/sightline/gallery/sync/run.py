"""One sync, from what is on disk to what is committed."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from sightline.errors import VanishedError
from sightline.gallery.sync.comparison import Comparison, compare, is_under
from sightline.gallery.sync.embedding import Batches, Embedded
from sightline.gallery.sync.reading import Outcome, Postponed, Reader, Refused, Taken
from sightline.gallery.sync.waits import Waits
from sightline.images import Source
from sightline.protocols import Encoder, GalleryStore
from sightline.types import (
    Batch,
    ChangedImage,
    Fault,
    KnownFile,
    ModelSpec,
    Moved,
    NewImage,
    NewVector,
    Progress,
    Skipped,
    SyncReport,
    Vectors,
)

Report = Callable[[Progress], None]

# What needs no model is cheap to hold, but a run must not keep much that is not committed.
_UNCOMMITTED = 512


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """How a sync is to be done.

    Attributes:
        force: Drop vanished pictures even if they are more than half of the gallery.
        retry: Try files again that could not be read before and have not changed since.
        threads: That decode; 0 means one for each core.
        max_megapixels: Refuse larger pictures before they are decoded.
        everything: Look also at files that the catalog knows from outside of the sources.
    """

    force: bool = False
    retry: bool = False
    threads: int = 0
    max_megapixels: float = 200.0
    everything: bool = False


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the next commit stores; each row is entered by who settles its file."""

    added: list[NewImage] = field(default_factory=list)
    changed: list[ChangedImage] = field(default_factory=list)
    embedded: list[NewVector] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.moved) + len(self.faults) + self.vectors

    @property
    def vectors(self) -> int:
        return len(self.added) + len(self.changed) + len(self.embedded)

    def as_batch(self, model: ModelSpec) -> Batch:
        return Batch(model, self.added, self.changed, self.embedded, self.moved, faults=self.faults)


def sync(
    store: GalleryStore,
    encoder: Encoder,
    sources: Sequence[Source],
    settings: SyncSettings,
    *,
    model: ModelSpec | None = None,
    exclude: Sequence[Path] = (),
    report: Report = lambda progress: None,
    before_vectors: Callable[[], None] = lambda: None,
) -> SyncReport:
    """Bring a gallery into agreement with the files of some sources; return what was done.

    The caller holds ``store.writer()``.

    Args:
        store: To be changed.
        encoder: Whose vectors every picture is to have.
        sources: Files and folders. One that is gone counts as empty.
        settings: How to do it.
        model: What the vectors are stored under; None for the encoder's own spec.
        exclude: Folders not to enter.
        report: Called with the progress, from this thread.
        before_vectors: Called once, from this thread, before the first vectors are committed.

    Raises:
        VanishedError: more than half of the gallery vanished or went bad. It was kept, and all else
            is done.
        DiskFullError: a batch could not be stored. The batches before it are.
    """
    run = _Run(store, encoder, model or encoder.spec, settings, report, before_vectors)
    return run.over(sources, exclude)


class _Run:
    """One sync. All that outlives it are its commits."""

    def __init__(
        self,
        store: GalleryStore,
        encoder: Encoder,
        model: ModelSpec,
        settings: SyncSettings,
        report: Report,
        before_vectors: Callable[[], None],
    ) -> None:
        self._store = store
        self._encoder = encoder
        self._model = model
        self._before_vectors: Callable[[], None] | None = before_vectors
        self._settings = settings
        self._report = report
        self._waits = Waits()
        # Only ``prepare`` is promised to be safe in several threads.
        self._models_turn = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._skipped: list[Skipped] = []
        self._rows = _Rows()
        self._postponed: list[Postponed] = []
        self._copies: list[Taken] = []
        self._vanished: dict[Path, KnownFile] = {}
        self._vanished_by_hash: dict[str, list[KnownFile]] = {}
        self._spoiled: list[Refused] = []

    def over(self, sources: Sequence[Source], exclude: Sequence[Path]) -> SyncReport:
        began = time.perf_counter()
        known = self._store.files(self._model)
        faults = {fault.path: fault for fault in self._store.faults()}
        if self._settings.everything:
            covered = is_under(source.root for source in sources)
            outside = (path for path in (*known, *faults) if not covered(path))
            sources = [*sources, *map(Source.named, outside)]
        plan = compare(
            sources,
            known,
            faults,
            exclude=exclude,
            retry=self._settings.retry,
            tell=lambda found: self._tell("finding", found, None),
        )
        self._open(plan, sources, known, faults)
        embedded = {file.content_hash for file in known.values() if file.has_vector}
        with Batches(self._encoder, len(plan.work), self._waits, self._models_turn) as batches:
            self._take_in(plan, self._reader(embedded), batches)
        self._drop_lost(len(known))
        return self._summary(time.perf_counter() - began)

    def _reader(self, embedded: set[str]) -> Reader:
        settings = self._settings
        return Reader(
            self._encoder, settings.threads, settings.max_megapixels, embedded, self._waits
        )

    def _take_in(self, plan: Comparison, reader: Reader, batches: Batches) -> None:
        with closing(reader.read_ahead(plan.work)) as items:
            for done, item in enumerate(items, start=1):
                self._sort_in(item, batches)
                self._tell("embedding", done, len(plan.work))
        self._finish(batches)
        # With nothing else in flight, what did not fit into memory has the best of chances.
        for postponed in self._postponed:
            again = reader.take_in(postponed.file, postponed.known, last_try=True)
            self._sort_in(again, batches)
        self._finish(batches)
        self._settle_copies(reader, batches)

    def _open(
        self,
        plan: Comparison,
        sources: Sequence[Source],
        known: Mapping[Path, KnownFile],
        faults: Mapping[Path, Fault],
    ) -> None:
        """Take over what comparing found, and commit what is settled by it."""
        self._skipped += [*plan.skipped, *plan.closed]
        self._counts["unchanged"] = plan.unchanged
        self._vanished = dict(plan.vanished)
        for file in plan.vanished.values():
            self._vanished_by_hash.setdefault(file.content_hash, []).append(file)
        remembered = set(self._store.folders())
        covered = is_under(remembered)
        # A known picture stays, even if only a link to a drive is left of it that is not mounted.
        closed = [
            Fault(item.path, 0, -1, item.reason)
            for item in plan.closed
            if item.path not in known
            and (item.path not in faults or faults[item.path].reason != item.reason)
        ]
        roots = dict.fromkeys(source.root for source in sources)
        folders = [root for root in roots if os.path.isdir(root) and not covered(root)]
        self._store.commit(Batch(folders=folders, faults=closed, cleared=plan.gone_faults))

    def _sort_in(self, item: Outcome, batches: Batches) -> None:
        if isinstance(item, Postponed):
            self._postponed.append(item)
        elif isinstance(item, Refused):
            self._refuse(item)
        elif item.pixels is not None:
            self._settle(batches.add(replace(item, pixels=None), item.pixels))
        elif item.known is not None and item.known.content_hash == item.content_hash:
            self._touch_or_copy(item, item.known)
        elif not self._follow_move(item):
            self._copies.append(item)
        if len(self._rows) >= _UNCOMMITTED:
            self._commit()

    def _refuse(self, item: Refused) -> None:
        self._skipped.append(Skipped(item.file.path, item.reason))
        if item.known is None:
            self._rows.faults.append(item.as_fault())
        elif item.lasting:
            self._spoiled.append(item)
        # Else the picture stays as it was known: what keeps it from being read is not its content.

    def _touch_or_copy(self, item: Taken, known: KnownFile) -> None:
        if not known.has_vector:
            self._copies.append(item)
            return
        self._rows.moved.append(item.as_move(known.id))
        self._counts["unchanged"] += 1

    def _follow_move(self, item: Taken, vector: Vectors | None = None) -> bool:
        """Settle a new path whose content vanished elsewhere; return whether it was one.

        Args:
            item: The file.
            vector: Its vector, if the vanished picture has none of this model.
        """
        if item.known is not None:
            return False
        sources = self._vanished_by_hash.get(item.content_hash)
        if not sources or (vector is None and not sources[-1].has_vector):
            return False
        source = sources.pop()
        del self._vanished[source.path]
        self._rows.moved.append(item.as_move(source.id))
        if vector is not None:
            self._rows.embedded.append(NewVector(source.id, vector))
        self._counts["moved"] += 1
        return True

    def _settle(self, finished: Sequence[Embedded]) -> None:
        """Store what the model has finished, and commit it with all else that is ready."""
        for item in finished:
            self._enter(item.taken, item.vector)
        self._counts["embedded"] += len(finished)
        if finished:
            self._commit()

    def _finish(self, batches: Batches) -> None:
        """Take through the model what is still on its way there, and commit all there is."""
        self._settle(batches.drain())
        self._commit()

    def _settle_copies(self, reader: Reader, batches: Batches) -> None:
        """Give every copy the vector of its original, once all originals are committed."""
        while self._copies:
            copies, self._copies = self._copies, []
            missing = [item for item in copies if not self._store_copy(item)]
            # Their originals could not be read, or were overwritten in this same run. The first
            # copy of each takes its place, and the others follow in the next round.
            for item in missing:
                reader.forget(item.content_hash)
            for item in missing:
                self._sort_in(reader.take_in(item.file, item.known, last_try=True), batches)
            self._finish(batches)

    def _store_copy(self, item: Taken) -> bool:
        record = self._store.record_with(item.content_hash, self._model)
        vector = None if record is None else self._store.vector(record.id, self._model)
        if record is None or vector is None:
            return False
        self._enter(item.like(record), vector)
        if len(self._rows) >= _UNCOMMITTED:
            self._commit()
        return True

    def _enter(self, item: Taken, vector: Vectors) -> None:
        known = item.known
        if known is None:
            if not self._follow_move(item, vector):
                self._rows.added.append(item.as_image(vector))
                self._counts["added"] += 1
        elif known.content_hash == item.content_hash:
            self._rows.embedded.append(NewVector(known.id, vector))
            self._rows.moved.append(item.as_move(known.id))
            self._counts["unchanged"] += 1
        else:
            self._rows.changed.append(ChangedImage(known.id, item.as_image(vector)))
            self._counts["changed"] += 1

    def _commit(self) -> None:
        rows, self._rows = self._rows, _Rows()
        if self._before_vectors is not None and rows.vectors:
            tell, self._before_vectors = self._before_vectors, None
            with self._models_turn:
                tell()
        with self._waits.for_commits():
            self._store.commit(rows.as_batch(self._model))

    def _drop_lost(self, total: int) -> None:
        """Forget what vanished and what can no longer be read, unless that is too much."""
        lost = len(self._vanished) + len(self._spoiled)
        if lost * 2 > total and not self._settings.force:
            raise VanishedError(lost, total)
        removed = [file.id for file in self._vanished.values()]
        faults = [item.as_fault() for item in self._spoiled]
        self._store.commit(Batch(removed=removed, faults=faults))
        self._counts["removed"] = lost

    def _summary(self, seconds: float) -> SyncReport:
        skipped = tuple(self._skipped)
        waits = self._waits.seconds()
        return SyncReport(**self._counts, skipped=skipped, seconds=seconds, waits=waits)

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        self._report(Progress(stage, done, total, len(self._skipped)))
