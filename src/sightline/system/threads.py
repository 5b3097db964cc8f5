"""Threads that do tasks for one that may be interrupted at any moment.

``concurrent.futures`` meets its threads in locks that are written in Python. Ctrl-C between taking
one and noting that it is taken leaves it locked, and then everyone waits for ever. Here threads
meet in ``SimpleQueue`` alone, which the interpreter does in one step.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Answer(Generic[_T]):
    """What a task will return."""

    def __init__(self) -> None:
        self._results: SimpleQueue[tuple[_T] | BaseException] = SimpleQueue()

    @property
    def is_there(self) -> bool:
        """Whether ``take`` would not wait."""
        return not self._results.empty()

    def take(self) -> _T:
        """Wait for what the task returned and return it, or raise what it raised; once only."""
        result = self._results.get()
        if isinstance(result, BaseException):
            raise result
        return result[0]

    def fill(self, task: Callable[[], _T]) -> None:
        """Do the task. Called by the thread that does it."""
        try:
            self._results.put((task(),))
        except BaseException as error:
            self._results.put(error)


class Workers:
    """Threads that do tasks in the order in which they are given. Used by one thread.

    Args:
        count: How many threads at most. They are started as they are needed.
        name: Theirs, for debuggers.
    """

    def __init__(self, count: int, name: str) -> None:
        self._count = count
        self._name = name
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._ended = False

    def do(self, task: Callable[[], _T]) -> Answer[_T]:
        """Return where the result of a task will be, which a thread does as soon as it can."""
        answer = Answer[_T]()
        self._tasks.put(lambda: answer.fill(task))
        if len(self._threads) < self._count:
            # A daemon: one whose start was interrupted must not keep the process from ending.
            thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._threads.append(thread)
            thread.start()
        return answer

    def end(self) -> None:
        """Wait for the tasks that have begun. The others are not done."""
        self._ended = True
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None and not self._ended:
            task()


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
