"""What decoding takes, and the room for it that threads share: who needs much waits its turn."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from PIL import Image

from sightline.images.formats import Format

# It takes milliseconds to return so much, which decoding so much does not notice.
_HUGE_BYTES = 256 << 20
_CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
_WHERE_UNKNOWN_BYTES = 4 << 30
# Photographs of 12 megapixels that have to be decoded whole; as a JPEG one takes a twentieth.
_GUESTS = 4
_GUEST_BYTES = 256 << 20


class Room:
    """A number of bytes that is lent in parts.

    What is larger than the whole room gets in when it is alone, so that nothing waits for ever.
    Safe to share by threads; a thread must not ask for a second part while it holds one.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size = size_bytes
        self._used = 0
        self._changed = threading.Condition()

    @property
    def used_bytes(self) -> int:
        """How much is lent at this moment."""
        return self._used

    @contextmanager
    def part(self) -> Iterator[Part]:
        """Lend what is asked for inside the block, until the block ends."""
        part = Part(self)
        try:
            yield part
        finally:
            self._give_back(part.taken_bytes)

    def take(self, size_bytes: int) -> None:
        """Wait until there is room, and take it."""
        with self._changed:
            self._changed.wait_for(lambda: self._used == 0 or self._used + size_bytes <= self._size)
            self._used += size_bytes

    def _give_back(self, size_bytes: int) -> None:
        if size_bytes >= _HUGE_BYTES:
            _return_free_memory()
        with self._changed:
            self._used -= size_bytes
            self._changed.notify_all()


class Part:
    """What one block of code took of a room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken_bytes = 0

    def take(self, size_bytes: int) -> None:
        """Wait until there is room, and take it; once only."""
        self._room.take(size_bytes)
        self.taken_bytes += size_bytes


def _return_free_memory() -> None:
    """Make glibc give what was freed back to the system, where there is glibc.

    It keeps free memory for the thread that had it. Without this, four threads that decode a huge
    picture one after another come to hold the memory of three at once.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def room_for_guests() -> Room:
    """Return a room for pictures that come from outside, however many threads take them in."""
    return Room(room_bytes(_GUESTS, _GUEST_BYTES))


def room_bytes(threads: int, thread_bytes: int) -> int:
    """Return the size of a room for so many threads: never more than a quarter of the memory."""
    return max(1, min(threads * thread_bytes, memory_bytes() // 4))


def memory_bytes() -> int:
    """Return how much memory this process may use: the machine's, or its container's."""
    limits = [_WHERE_UNKNOWN_BYTES]
    with suppress(AttributeError, ValueError, OSError):
        limits = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(ValueError, OSError):
        limits.append(int(_CGROUP_LIMIT.read_text(encoding="ascii")))  # "max" is no number
    return min(limits)


# Bytes for each pixel at the worst moment. Pillow keeps RGB in 4 bytes, and a picture may be there
# three times at once: as decoded, with its colours converted, and turned upright.
_JPEG = 12
# Also its alpha, its place on white, or the decoder's own copy in planes.
_OTHER = 20
# What is deeper than 8 bits is brought to them by way of float64.
_DEEP = 48
_DEEP_MODES = frozenset(("I", "F"))
# A progressive JPEG is kept whole, as two-byte coefficients of three channels, until its last scan,
# however small it is decoded.
_PROGRESSIVE = 6


def footprint_bytes(kind: Format, image: Image.Image, whole: tuple[int, int]) -> int:
    """Return an upper estimate of the memory that loading and ``decode`` take for a picture.

    Args:
        kind: Its format.
        image: Opened, not loaded; a JPEG with the size at which it will be decoded.
        whole: Width and height of the whole picture, in pixels.
    """
    pixels = image.width * image.height
    if kind is Format.JPEG:
        coefficients = _PROGRESSIVE * whole[0] * whole[1] if "progressive" in image.info else 0
        return pixels * _JPEG + coefficients
    return pixels * (_DEEP if image.mode in _DEEP_MODES else _OTHER)
