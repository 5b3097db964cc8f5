from __future__ import annotations

import threading
from functools import partial

import pytest

from sightline.system.threads import Workers


def test_tasks_are_done_in_the_order_they_came_and_each_has_its_own_answer() -> None:
    done: list[int] = []
    workers = Workers(1, "test")

    def task(number: int) -> int:
        done.append(number)
        return 10 * number

    answers = [workers.do(partial(task, number)) for number in range(5)]

    assert [answer.take() for answer in answers] == [0, 10, 20, 30, 40]
    assert done == [0, 1, 2, 3, 4]
    workers.end()


def test_as_many_work_at_once_as_there_are_threads() -> None:
    meeting = threading.Barrier(3)
    workers = Workers(3, "test")

    answers = [workers.do(lambda: meeting.wait(5)) for _ in range(3)]

    assert sorted(answer.take() for answer in answers) == [0, 1, 2]
    workers.end()


@pytest.mark.parametrize("error", [ValueError("no"), MemoryError(), KeyboardInterrupt()])
def test_what_a_task_raises_comes_to_who_wants_its_answer(error: BaseException) -> None:
    def fail() -> None:
        raise error

    workers = Workers(1, "test")
    failing, going_on = workers.do(fail), workers.do(lambda: "next")

    with pytest.raises(type(error)):
        failing.take()
    assert going_on.take() == "next"
    workers.end()


def test_at_the_end_what_has_begun_is_waited_for_and_the_rest_is_left() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), []
    workers = Workers(1, "test")

    def long() -> None:
        begun.set()
        go_on.wait(5)
        done.append("long")

    workers.do(long)
    never = workers.do(lambda: done.append("never"))
    begun.wait(5)
    threading.Timer(0.05, go_on.set).start()
    workers.end()

    assert done == ["long"]
    assert not never.is_there


def test_who_gives_tasks_takes_no_lock_that_an_interruption_could_leave_locked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Python raises Ctrl-C between any two calls, so also where a lock was just taken."""
    workers = Workers(1, "test")
    assert workers.do(lambda: "warm").take() == "warm"
    caller, taken = threading.current_thread(), threading.Condition.__enter__

    def interrupted(condition: threading.Condition) -> bool:
        if threading.current_thread() is caller:
            raise KeyboardInterrupt
        return taken(condition)

    monkeypatch.setattr(threading.Condition, "__enter__", interrupted)

    answers = [workers.do(lambda: "done") for _ in range(3)]
    assert [answer.take() for answer in answers] == ["done"] * 3
    assert not answers[0].is_there
    workers.end()
