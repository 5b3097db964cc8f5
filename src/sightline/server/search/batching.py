"""Calls of many threads, answered together: while one run is on, the next one gathers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Call(Generic[Item, Answer]):
    """One thread's call. Woken when it is answered, or when it is to make the next run."""

    items: Sequence[Item]
    woken: threading.Event = field(default_factory=threading.Event)
    answers: list[Answer] | None = None
    error: BaseException | None = None

    @property
    def is_settled(self) -> bool:
        return self.answers is not None or self.error is not None

    def outcome(self) -> list[Answer]:
        if self.error is not None:
            raise self.error
        assert self.answers is not None  # a call is woken for good only when it is settled
        return self.answers


class Turns(Generic[Item, Answer]):
    """Makes one run at a time, out of all calls that came during the last one.

    A call that finds nobody at work runs at once, in its own thread. Calls that come meanwhile
    wait; when the run ends, the first of them makes the next run for all. There is no thread in
    the background, so there is nothing to stop, and an idle service costs nothing.

    Args:
        run: Returns one answer for each item, in order. Never called by two threads at once.
        most: How many items a run gets at most; a call with more runs alone.
        window_s: How long a thread that takes over waits for others to come along.
        expected: Returns how many calls may be under way; with no more than are waiting already,
            nobody is waited for.
    """

    def __init__(
        self,
        run: Callable[[list[Item]], Sequence[Answer]],
        *,
        most: int,
        window_s: float = 0.0,
        expected: Callable[[], int] = lambda: 0,
    ) -> None:
        self._run = run
        self._most = most
        self._window_s = window_s
        self._expected = expected
        self._waiting: deque[_Call[Item, Answer]] = deque()
        self._is_running = False
        self._changed = threading.Condition()

    def call(self, items: Sequence[Item]) -> list[Answer]:
        """Return the answer to each item; raise what ``run`` raised for them.

        An error that another caller's items caused is not seen here.
        """
        own: _Call[Item, Answer] = _Call(items)
        with self._changed:
            self._waiting.append(own)
            takes_over = self._is_running
            self._is_running = True
            self._changed.notify_all()
        if takes_over:
            own.woken.wait()
        if not own.is_settled:
            self._lead(gather=takes_over)
        return own.outcome()

    def _lead(self, *, gather: bool) -> None:
        """Make one run, of which the first call that waits is this thread's own."""
        if gather:
            self._gather()
        calls = self._taken()
        try:
            self._settle(calls)
        finally:
            self._hand_over()
            for call in calls:
                call.woken.set()

    def _gather(self) -> None:
        until = time.monotonic() + self._window_s
        with self._changed:
            while len(self._waiting) < min(self._expected(), self._most):
                left_s = until - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    return

    def _taken(self) -> list[_Call[Item, Answer]]:
        with self._changed:
            calls = [self._waiting.popleft()]
            room = self._most - len(calls[0].items)
            while self._waiting and len(self._waiting[0].items) <= room:
                room -= len(self._waiting[0].items)
                calls.append(self._waiting.popleft())
        return calls

    def _settle(self, calls: Sequence[_Call[Item, Answer]]) -> None:
        try:
            answers = self._run([item for call in calls for item in call.items])
        except BaseException as error:
            if len(calls) > 1 and isinstance(error, Exception):
                # One of them is at fault; the others must not pay for it.
                for call in calls:
                    self._settle([call])
                return
            for call in calls:
                call.error = error
            return
        start = 0
        for call in calls:
            call.answers = list(answers[start : start + len(call.items)])
            start += len(call.items)

    def _hand_over(self) -> None:
        with self._changed:
            if self._waiting:
                self._waiting[0].woken.set()
            else:
                self._is_running = False
