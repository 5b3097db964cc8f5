"""Work that several threads ask for at once, done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class SingleFlight(Generic[Key, Value]):
    """Makes one value for all who ask for the same at the same time. Safe to share by threads.

    Whoever comes first makes it; those who come meanwhile wait, and get the same value or the same
    error. Nothing is kept afterwards: who comes later makes it anew.
    """

    def __init__(self) -> None:
        self._under_way: dict[Key, Future[Value]] = {}
        self._mutex = threading.Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Return what ``make`` returns, which is called unless another thread is at it."""
        with self._mutex:
            flight = self._under_way.get(key)
            if flight is None:
                own = self._under_way[key] = Future()
        if flight is not None:
            return flight.result()
        try:
            value = make()
        except BaseException as error:
            own.set_exception(error)
            raise
        else:
            own.set_result(value)
            return value
        finally:
            with self._mutex:
                del self._under_way[key]
