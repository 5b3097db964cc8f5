"""The pipeline behind ``Gallery.sync``: find -> compare -> decode -> embed -> commit.

Reading and decoding run in threads beside the model. Every batch is committed before the next is
embedded, so a run that is killed at any moment loses the batch in flight and nothing else.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from sightline.catalog import (
    Batch,
    Catalog,
    ChangedImage,
    Fault,
    KnownFault,
    KnownFile,
    Moved,
    NewImage,
    NewVector,
    Touched,
)
from sightline.comparison import Comparison, compare, is_under
from sightline.errors import ImageUnreadableError, VanishedError
from sightline.images import FoundFile, bytes_hash, decode, read
from sightline.protocols import Encoder
from sightline.types import ImageRecord, Pixels, Progress, Skipped, SyncReport, Vectors

Report = Callable[[Progress], None]

BATCH = 32
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
        everything: Look also at files that the catalog knows from outside of the roots.
    """

    force: bool = False
    retry: bool = False
    threads: int = 0
    max_megapixels: float = 200.0
    everything: bool = False


def sync(
    catalog: Catalog,
    encoder: Encoder,
    roots: Sequence[Path],
    settings: SyncSettings,
    *,
    exclude: Sequence[Path] = (),
    report: Report = lambda progress: None,
) -> SyncReport:
    """Bring the catalog into agreement with the files under some roots; return what was done.

    The caller holds ``catalog.writer()``.

    Args:
        catalog: To be changed.
        encoder: Whose vectors every picture is to have.
        roots: Absolute files and folders. One that is gone counts as empty.
        settings: How to do it.
        exclude: Folders not to enter.
        report: Called with the progress, from this thread.

    Raises:
        VanishedError: more than half of the gallery vanished or went bad. It was kept, and all else
            is done.
        DiskFullError: a batch could not be stored. The batches before it are.
    """
    return _Run(catalog, encoder, settings, report).over(roots, exclude)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One file after reading. New content has pixels, known content has none."""

    file: FoundFile
    known: KnownFile | None
    content_hash: str
    width_px: int = 0
    height_px: int = 0
    format: str = ""
    taken_at: str | None = None
    pixels: Pixels | None = None

    def like(self, record: ImageRecord) -> _Taken:
        """Return this file with the facts of a picture of the same content."""
        return replace(
            self,
            width_px=record.width_px,
            height_px=record.height_px,
            format=record.format,
            taken_at=record.taken_at,
        )

    def as_image(self, vector: Vectors) -> NewImage:
        """Return the row that the catalog stores."""
        return NewImage(
            self.file.path,
            self.file.size_bytes,
            self.file.mtime_ns,
            self.content_hash,
            self.width_px,
            self.height_px,
            self.format,
            self.taken_at,
            vector,
        )


@dataclass(frozen=True, slots=True)
class _Refused:
    """One file that cannot be read."""

    file: FoundFile
    known: KnownFile | None
    reason: str
    lasting: bool

    def as_fault(self) -> Fault:
        """Return the row that the catalog stores."""
        # A stamp that no file has makes the next run try again.
        mtime_ns = self.file.mtime_ns if self.lasting else -1
        return Fault(self.file.path, self.reason, self.file.size_bytes, mtime_ns)


class _Reader:
    """Reads, hashes and decodes files in threads, and decodes no content twice."""

    def __init__(self, encoder: Encoder, settings: SyncSettings, embedded: set[str]) -> None:
        self._encoder = encoder
        self._settings = settings
        self._embedded = embedded  # content hashes that have vectors, or are about to
        self._broken: dict[str, str] = {}  # content hashes that cannot be decoded, and why
        self._lock = threading.Lock()

    def read_ahead(
        self, work: Sequence[tuple[FoundFile, KnownFile | None]]
    ) -> Iterator[_Taken | _Refused]:
        """Yield every file after reading, in order, while the next ones are being read."""
        threads = self._settings.threads or os.cpu_count() or 1
        window = max(2 * BATCH, 4 * threads)
        pool = ThreadPoolExecutor(threads, thread_name_prefix="decode")
        queue: deque[Future[_Taken | _Refused]] = deque()
        try:
            for file, known in work:
                queue.append(pool.submit(self.take_in, file, known))
                if len(queue) >= window:
                    yield queue.popleft().result()
            while queue:
                yield queue.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def forget(self, content_hash: str) -> None:
        """Decode a content again when it comes next: the vector it was to have is not there."""
        with self._lock:
            self._embedded.discard(content_hash)

    def take_in(self, file: FoundFile, known: KnownFile | None) -> _Taken | _Refused:
        """Read and hash a file, and decode and prepare it if its content is new."""
        try:
            data = read(file.path)
            taken = _Taken(file, known, bytes_hash(data))
        except ImageUnreadableError as error:
            return _Refused(file, known, error.reason, error.lasting)
        with self._lock:
            if taken.content_hash in self._broken:
                return _Refused(file, known, self._broken[taken.content_hash], lasting=True)
            if taken.content_hash in self._embedded:
                return taken
            self._embedded.add(taken.content_hash)
        return self._prepare(taken, data)

    def _prepare(self, taken: _Taken, data: bytes) -> _Taken | _Refused:
        try:
            decoded = decode(
                data,
                name=taken.file.path.name,
                shortest_px=self._encoder.input_px,
                max_megapixels=self._settings.max_megapixels,
            )
        except ImageUnreadableError as error:
            if error.lasting:
                with self._lock:
                    self._broken[taken.content_hash] = error.reason
            return _Refused(taken.file, taken.known, error.reason, error.lasting)
        return replace(
            taken,
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            format=decoded.format,
            taken_at=decoded.taken_at,
            pixels=self._encoder.prepare(decoded.image),
        )


class _Ledger:
    """What is to be committed next, and the counts for the report."""

    Column = Literal["added", "changed", "embedded", "moved", "touched", "faults"]

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.skipped: list[Skipped] = []
        self._rows: dict[_Ledger.Column, list[object]] = {}

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows.values())

    def enter(self, column: Column, row: object) -> None:
        self._rows.setdefault(column, []).append(row)

    def take(self) -> dict[Column, list[object]]:
        """Return the rows for a batch, and begin anew."""
        rows, self._rows = self._rows, {}
        return rows


class _Run:
    """One sync. All that outlives it are its commits."""

    def __init__(
        self, catalog: Catalog, encoder: Encoder, settings: SyncSettings, report: Report
    ) -> None:
        self._catalog = catalog
        self._encoder = encoder
        self._settings = settings
        self._report = report
        self._ledger = _Ledger()
        self._for_model: list[_Taken] = []
        self._copies: list[_Taken] = []
        self._vanished: dict[Path, KnownFile] = {}
        self._vanished_by_hash: dict[str, list[KnownFile]] = {}
        self._spoiled: list[_Refused] = []

    def over(self, roots: Sequence[Path], exclude: Sequence[Path]) -> SyncReport:
        began = time.perf_counter()
        known = self._catalog.files(self._encoder.spec)
        faults = self._catalog.known_faults()
        if self._settings.everything:
            covered = is_under(roots)
            roots = [*roots, *(path for path in (*known, *faults) if not covered(path))]
        plan = compare(
            roots,
            known,
            faults,
            exclude=exclude,
            retry=self._settings.retry,
            tell=lambda found: self._tell("finding", found, None),
        )
        self._open(plan, roots, known, faults)
        embedded = {file.content_hash for file in known.values() if file.has_vector}
        reader = _Reader(self._encoder, self._settings, embedded)
        for done, item in enumerate(reader.read_ahead(plan.work), start=1):
            self._sort_in(item)
            self._tell("embedding", done, len(plan.work))
        self._embed()
        self._settle_copies(reader)
        self._drop_lost(len(known))
        return self._summary(time.perf_counter() - began)

    def _open(
        self,
        plan: Comparison,
        roots: Sequence[Path],
        known: Mapping[Path, KnownFile],
        faults: Mapping[Path, KnownFault],
    ) -> None:
        """Take over what comparing found, and commit what is settled by it."""
        self._ledger.skipped += [*plan.skipped, *plan.closed]
        self._ledger.counts["unchanged"] = plan.unchanged
        self._vanished = dict(plan.vanished)
        for file in plan.vanished.values():
            self._vanished_by_hash.setdefault(file.content_hash, []).append(file)
        remembered = set(self._catalog.folders())
        covered = is_under(remembered)
        # A known picture stays, even if only a link to a drive is left of it that is not mounted.
        closed = [
            Fault(item.path, item.reason, 0, -1)
            for item in plan.closed
            if item.path not in known
            and (item.path not in faults or faults[item.path].reason != item.reason)
        ]
        folders = [root for root in roots if os.path.isdir(root) and not covered(root)]
        self._catalog.commit(Batch(folders=folders, faults=closed, cleared=plan.gone_faults))

    def _sort_in(self, item: _Taken | _Refused) -> None:
        if isinstance(item, _Refused):
            self._refuse(item)
        elif item.pixels is not None:
            self._for_model.append(item)
        elif item.known is not None and item.known.content_hash == item.content_hash:
            self._touch_or_copy(item, item.known)
        elif not self._follow_move(item):
            self._copies.append(item)
        if len(self._for_model) >= BATCH:
            self._embed()
        elif len(self._ledger) >= _UNCOMMITTED:
            self._commit()

    def _refuse(self, item: _Refused) -> None:
        self._ledger.skipped.append(Skipped(item.file.path, item.reason))
        if item.known is None:
            self._ledger.enter("faults", item.as_fault())
        elif item.lasting:
            self._spoiled.append(item)
        # Else the picture stays as it was known: what keeps it from being read is not its content.

    def _touch_or_copy(self, item: _Taken, known: KnownFile) -> None:
        if not known.has_vector:
            self._copies.append(item)
            return
        self._ledger.enter("touched", _touch(item, known))
        self._ledger.counts["unchanged"] += 1

    def _follow_move(self, item: _Taken, vector: Vectors | None = None) -> bool:
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
        source, file = sources.pop(), item.file
        del self._vanished[source.path]
        self._ledger.enter("moved", Moved(source.id, file.path, file.size_bytes, file.mtime_ns))
        if vector is not None:
            self._ledger.enter("embedded", NewVector(source.id, vector))
        self._ledger.counts["moved"] += 1
        return True

    def _embed(self) -> None:
        """Put what waits through the model, and commit it with all else that is ready."""
        if self._for_model:
            pixels = np.stack([item.pixels for item in self._for_model if item.pixels is not None])
            vectors = self._encoder.encode_images(pixels)
            for item, vector in zip(self._for_model, vectors, strict=True):
                self._store(item, vector)
            self._ledger.counts["embedded"] += len(self._for_model)
            self._for_model = []
        self._commit()

    def _settle_copies(self, reader: _Reader) -> None:
        """Give every copy the vector of its original, once all originals are committed."""
        while self._copies:
            copies, self._copies = self._copies, []
            missing = [item for item in copies if not self._store_copy(item)]
            # Their originals could not be read, or were overwritten in this same run. The first
            # copy of each takes its place, and the others follow in the next round.
            for item in missing:
                reader.forget(item.content_hash)
            for item in missing:
                self._sort_in(reader.take_in(item.file, item.known))
            self._embed()

    def _store_copy(self, item: _Taken) -> bool:
        record = self._catalog.record_with(item.content_hash, self._encoder.spec)
        vector = self._catalog.vector_of(item.content_hash, self._encoder.spec)
        if record is None or vector is None:
            return False
        self._store(item.like(record), vector)
        if len(self._ledger) >= _UNCOMMITTED:
            self._commit()
        return True

    def _store(self, item: _Taken, vector: Vectors) -> None:
        known = item.known
        if known is None:
            if not self._follow_move(item, vector):
                self._ledger.enter("added", item.as_image(vector))
                self._ledger.counts["added"] += 1
        elif known.content_hash == item.content_hash:
            self._ledger.enter("embedded", NewVector(known.id, vector))
            self._ledger.enter("touched", _touch(item, known))
            self._ledger.counts["unchanged"] += 1
        else:
            self._ledger.enter("changed", ChangedImage(known.id, item.as_image(vector)))
            self._ledger.counts["changed"] += 1

    def _commit(self) -> None:
        self._catalog.commit(Batch(model=self._encoder.spec, **self._ledger.take()))  # type: ignore[arg-type]

    def _drop_lost(self, total: int) -> None:
        """Forget what vanished and what can no longer be read, unless that is too much."""
        lost = len(self._vanished) + len(self._spoiled)
        if lost * 2 > total and not self._settings.force:
            raise VanishedError(lost, total)
        removed = [file.id for file in self._vanished.values()]
        faults = [item.as_fault() for item in self._spoiled]
        self._catalog.commit(Batch(removed=removed, faults=faults))
        self._ledger.counts["removed"] = lost

    def _summary(self, seconds: float) -> SyncReport:
        skipped = tuple(self._ledger.skipped)
        return SyncReport(**self._ledger.counts, skipped=skipped, seconds=seconds)

    def _tell(self, stage: str, done: int, total: int | None) -> None:
        self._report(Progress(stage, done, total, len(self._ledger.skipped)))


def _touch(item: _Taken, known: KnownFile) -> Touched:
    return Touched(known.id, item.file.size_bytes, item.file.mtime_ns)
