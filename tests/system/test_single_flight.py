"""Work that several threads ask for at once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from sightline.system.single_flight import SingleFlight


class Key:
    """A key that tells how often it was looked up."""

    def __init__(self) -> None:
        self.looked_up = threading.Semaphore(0)

    def __hash__(self) -> int:
        self.looked_up.release()
        return 1


class Work:
    """Work that waits at a gate, and counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0
        self.inside, self.gate = threading.Event(), threading.Event()

    def __call__(self) -> int:
        self.done += 1
        self.inside.set()
        assert self.gate.wait(60), "nobody opened the gate"
        return self.done


def together(
    pool: ThreadPoolExecutor, key: Key, work: Work, ask: Callable[[], int]
) -> list[Future[int]]:
    """Let four ask at once: the others look the key up while the first one is at work."""
    first = pool.submit(ask)
    assert work.inside.wait(60)
    while key.looked_up.acquire(blocking=False):
        pass
    others = [pool.submit(ask) for _ in range(3)]
    for _ in others:
        assert key.looked_up.acquire(timeout=60)
    return [first, *others]


def test_who_comes_meanwhile_gets_what_the_first_one_makes() -> None:
    flights: SingleFlight[object, int] = SingleFlight()
    key, work = Key(), Work()
    with ThreadPoolExecutor(8) as pool:
        asked = together(pool, key, work, lambda: flights.get(key, work))
        assert flights.get("another", lambda: 7) == 7, "another key waits for nobody"
        work.gate.set()
        values = [call.result(60) for call in asked]

    assert values == [1] * 4
    assert flights.get(key, work) == 2, "nothing is kept"


def test_an_error_is_that_of_all_who_waited_and_of_nobody_later() -> None:
    flights: SingleFlight[object, int] = SingleFlight()
    key, work = Key(), Work()

    def fail() -> int:
        work()
        raise ValueError("bad")

    with ThreadPoolExecutor(8) as pool:
        asked = together(pool, key, work, lambda: flights.get(key, fail))
        work.gate.set()
        for call in asked:
            with pytest.raises(ValueError, match="bad"):
                call.result(60)

    assert work.done == 1
    assert flights.get(key, lambda: 3) == 3
