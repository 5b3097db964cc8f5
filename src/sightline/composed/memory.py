"""What was said of a picture or asked of a language model before, so that it is not paid twice."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from sightline.errors import GalleryBusyError, StorageError
from sightline.types.composition import Target

if TYPE_CHECKING:
    from sightline.protocols import GalleryStore

CAPTION = "caption"
TARGET = "target"


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


class CatalogMemory:
    """A memory in a gallery's catalog, so that it lasts as long as the pictures do."""

    def __init__(self, catalog: GalleryStore) -> None:
        self._catalog = catalog

    def kept(self, kind: str, key: str) -> str | None:
        """Return what was kept, or None."""
        return self._catalog.kept_text(kind, key)

    def keep(self, kind: str, key: str, text: str) -> None:
        """Keep a text, unless somebody is writing or nothing can be written."""
        # A search must not fail, nor wait, because its cache cannot be kept.
        with suppress(GalleryBusyError, StorageError):
            self._catalog.keep_text(kind, key, text)


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
