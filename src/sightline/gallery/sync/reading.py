"""Files in, prepared pictures out: read, hash, decode and prepare, in threads and in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from sightline.errors import ImageUnreadableError
from sightline.gallery.sync.waits import Waits
from sightline.images import bytes_hash, decode, read
from sightline.images.memory import Part, Room, room_bytes
from sightline.protocols import Encoder
from sightline.system.threads import Answer, Workers, cores
from sightline.types import (
    Fault,
    FoundFile,
    ImageRecord,
    KnownFile,
    Moved,
    NewImage,
    Pixels,
    Vectors,
)

_AHEAD = 64  # pictures that wait to be gathered: two usual batches
_AHEAD_BYTES = 64 << 20
# For each thread: twelve megapixels of anything, or a JPEG of any size at 1/8.
_DECODING_BYTES = 256 << 20
_FILE_BYTES = 64 << 20
_NO_MEMORY = "there is not enough memory to decode it"


@dataclass(frozen=True, slots=True)
class Taken:
    """One file after reading. New content has pixels, known content has none."""

    file: FoundFile
    known: KnownFile | None
    content_hash: str
    width_px: int = 0
    height_px: int = 0
    format: str = ""
    taken_at: str | None = None
    pixels: Pixels | None = None

    def like(self, record: ImageRecord) -> Taken:
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
            *self.file.stamp,
            self.content_hash,
            self.width_px,
            self.height_px,
            self.format,
            self.taken_at,
            vector,
        )

    def as_move(self, id: int) -> Moved:
        """Return the row that takes a known picture to where this file is."""
        return Moved(self.file.path, *self.file.stamp, id)


@dataclass(frozen=True, slots=True)
class Refused:
    """One file that cannot be read."""

    file: FoundFile
    known: KnownFile | None
    reason: str
    lasting: bool

    def as_fault(self) -> Fault:
        """Return the row that the catalog stores."""
        # A stamp that no file has makes the next run try again.
        mtime_ns = self.file.mtime_ns if self.lasting else -1
        return Fault(self.file.path, self.file.size_bytes, mtime_ns, self.reason)


@dataclass(frozen=True, slots=True)
class Postponed:
    """One file for which there was no memory beside the others."""

    file: FoundFile
    known: KnownFile | None


Outcome: TypeAlias = "Taken | Refused | Postponed"


class Reader:
    """Reads, hashes and decodes files in threads, and decodes no content twice.

    Args:
        encoder: Prepares the pictures.
        threads: That read and decode; 0 means one for each core.
        max_megapixels: Refuse larger pictures before they are decoded.
        embedded: Hashes of contents that have vectors. Those that get one are added.
        waits: Gets what the threads spend their time with.
    """

    def __init__(
        self,
        encoder: Encoder,
        threads: int,
        max_megapixels: float,
        embedded: set[str],
        waits: Waits,
    ) -> None:
        self._encoder = encoder
        self._threads = threads or cores()
        self._max_megapixels = max_megapixels
        self._embedded = embedded
        self._waits = waits
        self._broken: dict[str, str] = {}  # content hashes that cannot be decoded, and why
        self._prepared_bytes = 0  # of one prepared picture, once there was one
        self._lock = threading.Lock()
        self._files = Room(room_bytes(self._threads, _FILE_BYTES))
        self._pictures = Room(room_bytes(self._threads, _DECODING_BYTES))

    def read_ahead(
        self, work: Sequence[tuple[FoundFile, KnownFile | None]]
    ) -> Generator[Outcome, None, None]:
        """Yield every file after reading, in order, while the next ones are being read."""
        workers = Workers(self._threads, "decode")
        queue: deque[Answer[Outcome]] = deque()
        try:
            for file, known in work:
                queue.append(workers.do(partial(self.take_in, file, known)))
                if len(queue) >= self._ahead():
                    yield self._next(queue)
            while queue:
                yield self._next(queue)
        finally:
            workers.end()

    def forget(self, content_hash: str) -> None:
        """Decode a content again when it comes next: the vector it was to have is not there."""
        with self._lock:
            self._embedded.discard(content_hash)

    def take_in(
        self, file: FoundFile, known: KnownFile | None, *, last_try: bool = False
    ) -> Outcome:
        """Read and hash a file, and decode and prepare it if its content is new.

        Args:
            file: What to read.
            known: What the catalog has under its path.
            last_try: Refuse what does not fit into memory, instead of postponing it.
        """
        try:
            with self._files.part() as part:
                part.take(file.size_bytes)
                return self._take_in(file, known)
        except (ImageUnreadableError, MemoryError) as error:
            if _lacks_memory(error) and not last_try:
                return Postponed(file, known)
            if isinstance(error, ImageUnreadableError):
                return Refused(file, known, error.reason, error.lasting)
            return Refused(file, known, _NO_MEMORY, lasting=False)

    def _ahead(self) -> int:
        """How many files may be submitted and not be fetched yet."""
        least = 2 * self._threads
        if not self._prepared_bytes:
            return least
        return max(least, min(max(_AHEAD, 2 * least), _AHEAD_BYTES // self._prepared_bytes))

    def _next(self, queue: deque[Answer[Outcome]]) -> Outcome:
        with self._waits.for_pictures():
            return queue.popleft().take()

    def _take_in(self, file: FoundFile, known: KnownFile | None) -> Taken | Refused:
        with self._waits.reading():
            data = read(file.path)
        with self._waits.decoding():
            taken = Taken(file, known, bytes_hash(data))
            with self._lock:
                if taken.content_hash in self._broken:
                    return Refused(file, known, self._broken[taken.content_hash], lasting=True)
                if taken.content_hash in self._embedded:
                    return taken
                self._embedded.add(taken.content_hash)
            return self._prepare(taken, data)

    def _prepare(self, taken: Taken, data: bytes) -> Taken:
        try:
            # What is decoded takes its room until it is prepared; what is prepared is small.
            with self._pictures.part() as part:
                prepared = self._decode(taken, data, part)
        except (ImageUnreadableError, MemoryError) as error:
            self._note(taken.content_hash, error)
            raise
        return prepared

    def _decode(self, taken: Taken, data: bytes, part: Part) -> Taken:
        decoded = decode(
            data,
            name=taken.file.path.name,
            shortest_px=self._encoder.input_px,
            max_megapixels=self._max_megapixels,
            reserve=part.take,
        )
        pixels = self._encoder.prepare(decoded.image)
        self._prepared_bytes = pixels.nbytes
        return replace(
            taken,
            width_px=decoded.width_px,
            height_px=decoded.height_px,
            format=decoded.format,
            taken_at=decoded.taken_at,
            pixels=pixels,
        )

    def _note(self, content_hash: str, error: ImageUnreadableError | MemoryError) -> None:
        if _lacks_memory(error):
            self.forget(content_hash)
        elif isinstance(error, ImageUnreadableError) and error.lasting:
            with self._lock:
                self._broken[content_hash] = error.reason


def _lacks_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or isinstance(error.__cause__, MemoryError)
