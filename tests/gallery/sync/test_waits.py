import pytest

from sightline.gallery.sync import waits
from sightline.gallery.sync.waits import Waits
from sightline.types import Limit, SyncReport


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(waits, "time", clock)
    return clock


def test_waiting_for_pictures_is_parted_as_the_threads_spent_their_time(clock: Clock) -> None:
    run = Waits()
    with run.reading():
        clock.now += 3
    with run.decoding():
        clock.now += 1
    with run.for_pictures():
        clock.now += 10
    with run.for_the_model():
        clock.now += 4
    with run.for_commits():
        clock.now += 1

    assert run.seconds() == {Limit.DISK: 7.5 + 1, Limit.DECODING: 2.5, Limit.MODEL: 4}


def test_a_run_that_waited_for_nothing_has_nothing_to_part() -> None:
    assert set(Waits().seconds().values()) == {0.0}


def test_time_in_reading_a_file_counts_when_it_fails(clock: Clock) -> None:
    run = Waits()

    def fail() -> None:
        with run.reading():
            clock.now += 2
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        fail()
    with run.for_pictures():
        clock.now += 2

    assert run.seconds()[Limit.DISK] == 2


@pytest.mark.parametrize("limit", list(Limit))
def test_a_run_is_limited_by_what_it_waited_for_longest(limit: Limit) -> None:
    waited = {**dict.fromkeys(Limit, 1.0), limit: 2.0}

    assert SyncReport(embedded=1, waits=waited).limited_by is limit
    assert SyncReport(embedded=0, waits=waited).limited_by is None, "nothing was to be done"
    assert SyncReport(embedded=1).limited_by is None, "nothing was measured"
