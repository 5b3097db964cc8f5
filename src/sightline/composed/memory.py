"""What was said of a picture or asked of a language model before, so that it is not paid twice."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Protocol

from sightline.errors import GalleryBusyError, GalleryClosedError, StorageError
from sightline.types.composition import Target

CAPTION = "caption"
TARGET = "target"
_PATIENCE_S = 0.1
_MOST_WAITING = 1000


class Memory(Protocol):
    """Keeps texts by kind and key."""

    def kept(self, kind: str, key: str) -> str | None:
        """Return what was kept, or None."""
        ...

    def keep(self, kind: str, key: str, text: str) -> None:
        """Keep a text; whether that works does not matter to the caller."""
        ...


class Forgetful:
    """A memory that keeps nothing."""

    def kept(self, kind: str, key: str) -> str | None:
        """Return None."""
        return None

    def keep(self, kind: str, key: str, text: str) -> None:
        """Do nothing."""


class KeptTexts(Protocol):
    """What is needed of a catalog to keep texts in it."""

    def kept_text(self, kind: str, key: str) -> str | None:
        """Return what ``keep_text`` kept, or None."""
        ...

    def keep_text(self, kind: str, key: str, text: str) -> None:
        """Keep a text under a kind and a key, in the place of what was there.

        Raises:
            GalleryBusyError: somebody else is writing.
            StorageError: nothing can be written.
        """
        ...


class CatalogMemory:
    """A memory in a gallery's catalog, so that it lasts as long as the pictures do.

    Texts are written by a thread of their own, and found here until they are. A search waits for
    it only as long as writing takes when nobody else writes: not until a sync has committed.

    Args:
        catalog: Where texts are kept.
    """

    def __init__(self, catalog: KeptTexts) -> None:
        self._catalog = catalog
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="sightline-memory")
        self._mutex = Lock()
        self._waiting: dict[tuple[str, str], str] = {}

    def kept(self, kind: str, key: str) -> str | None:
        """Return what was kept, or None."""
        waiting = self._waiting.get((kind, key))
        return self._catalog.kept_text(kind, key) if waiting is None else waiting

    def keep(self, kind: str, key: str, text: str) -> None:
        """Keep a text, unless another process is writing or nothing can be written."""
        with self._mutex:
            others = len(self._waiting)
            if others >= _MOST_WAITING:
                return
            self._waiting[kind, key] = text
        written = self._writer.submit(self._write, kind, key, text)
        if not others:  # else the writer is held up, and one more would wait in vain
            with suppress(TimeoutError):
                written.result(_PATIENCE_S)

    def _write(self, kind: str, key: str, text: str) -> None:
        try:
            # A search must not fail because its cache cannot be kept.
            with suppress(GalleryBusyError, GalleryClosedError, StorageError):
                self._catalog.keep_text(kind, key, text)
        finally:
            with self._mutex:
                if self._waiting.get((kind, key)) == text:
                    del self._waiting[kind, key]


def key_of(*facts: str) -> str:
    """Return one key for several facts: BLAKE2b-160, hex. No two lists of facts share one."""
    whole = json.dumps(facts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(whole, digest_size=20).hexdigest()


def target_text(target: Target) -> str:
    """Return a target as it is kept."""
    return json.dumps(target.as_object())


def read_target(text: str) -> Target | None:
    """Return a kept target, or None if another version kept it in another form."""
    try:
        facts = json.loads(text)
        lists = {
            name: tuple(str(phrase) for phrase in facts[name])
            for name in ("desired", "preserve", "forbidden", "paraphrases")
        }
        return Target(str(facts["target"]), **lists)
    except (ValueError, KeyError, TypeError):
        return None
