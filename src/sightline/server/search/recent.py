"""A bounded memory: what was not used for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """The values of the last keys that were used. Safe to share by threads.

    Args:
        most: How much is kept; with 0 nothing is.
        weight: Returns how much of that a value takes.
    """

    def __init__(self, most: int, weight: Callable[[Value], int] = lambda value: 1) -> None:
        self._most = most
        self._weight = weight
        self._kept = 0
        self._values: OrderedDict[Key, Value] = OrderedDict()
        self._mutex = threading.Lock()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: Key) -> Value | None:
        """Return what is kept under a key, or None."""
        with self._mutex:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: Key, value: Value) -> None:
        """Keep a value, and forget the oldest if it is too much."""
        with self._mutex:
            if key in self._values:
                self._kept -= self._weight(self._values.pop(key))
            self._values[key] = value
            self._kept += self._weight(value)
            while self._kept > self._most:
                _, forgotten = self._values.popitem(last=False)
                self._kept -= self._weight(forgotten)
