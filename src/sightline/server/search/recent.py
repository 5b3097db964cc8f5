"""A bounded memory: what was not used for longest goes first."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """An ``LRUCache`` that threads may share.

    Args:
        most: How much is kept; with 0 nothing is.
        weight: Returns how much of that a value takes; what takes more than all is not kept.
    """

    def __init__(self, most: int, weight: Callable[[Value], int] | None = None) -> None:
        self._values: LRUCache[Key, Value] = LRUCache(most, weight)
        self._mutex = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Return what is kept under a key, or None."""
        with self._mutex:
            return self._values.get(key)

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, and forget the oldest if it is too much."""
        with self._mutex, suppress(ValueError):  # it is too heavy, says the cache
            self._values.pop(key, None)
            self._values[key] = value
