from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sightline.encoders.cpu import pace as pace_module
from sightline.encoders.cpu.pace import Pace, PaceMemo, best_pace, budget_s, stream_choices
from tests.gallery.sync.test_waits import Clock


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def model_of(seconds: dict[tuple[int, int], float]) -> Callable[[Pace], float]:
    """A tower that takes so many seconds a picture by (streams, batch); 9.0 for others."""
    return lambda pace: seconds.get((pace.streams, pace.batch), 9.0)


def test_the_quickest_batch_wins() -> None:
    seconds_of = model_of({(1, 1): 0.5, (1, 2): 0.4, (1, 4): 0.3, (1, 8): 0.35})

    assert best_pace(seconds_of, 60, (1,)) == Pace(4, 1)


def test_more_streams_win_where_they_are_quicker() -> None:
    seconds_of = model_of({(1, 1): 0.5, (1, 2): 0.4, (2, 1): 0.2, (2, 2): 0.25})

    assert best_pace(seconds_of, 60, (1, 2)) == Pace(1, 2)


def test_growing_ends_once_a_batch_is_clearly_slower() -> None:
    tried = []

    def seconds_of(pace: Pace) -> float:
        tried.append(pace.batch)
        return {1: 0.4, 2: 0.405, 4: 0.2}.get(pace.batch, 0.3)

    assert best_pace(seconds_of, 60, (1,)).batch == 4
    assert max(tried) == 8, "2 is slower by chance, 8 for good"


def test_a_round_is_judged_by_its_quicker_run() -> None:
    runs = {1: [0.5, 0.5], 2: [9.9, 0.3], 4: [0.4, 0.4]}

    def seconds_of(pace: Pace) -> float:
        left = runs.get(pace.batch)
        return left.pop(0) if left else {2: 0.3}.get(pace.batch, 0.4)

    assert best_pace(seconds_of, 60, (1,)) == Pace(2, 1)


def test_without_time_nothing_is_tried() -> None:
    def seconds_of(pace: Pace) -> float:
        raise AssertionError("nothing may run")

    assert best_pace(seconds_of, 0, (1, 2)) == Pace(8, 1)


@pytest.mark.parametrize(
    ("pictures", "seconds", "expected"),
    [(0, 0.2, 0.0), (100, 0.2, 0.0), (1000, 0.2, 10.0), (1_000_000, 0.2, 20.0), (29, 1.0, 0.0)],
)
def test_looking_takes_a_twentieth_of_a_long_run(
    pictures: int, seconds: float, expected: float
) -> None:
    assert budget_s(pictures, seconds) == pytest.approx(expected)


def test_a_pace_is_remembered_for_its_model_and_arithmetic_alone() -> None:
    PaceMemo("a" * 64, "float32", 0).keep(Pace(16, 2))

    assert PaceMemo("a" * 64, "float32", 0).recall() == Pace(16, 2)
    assert PaceMemo("b" * 64, "float32", 0).recall() is None
    assert PaceMemo("a" * 64, "bfloat16", 0).recall() is None
    assert PaceMemo("a" * 64, "float32", 1).recall() is None


def test_another_machine_measures_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    PaceMemo("a" * 64, "float32", 0).keep(Pace(16, 2))
    monkeypatch.setattr(pace_module, "_processor", lambda: "another")

    assert PaceMemo("a" * 64, "float32", 0).recall() is None


@pytest.mark.parametrize("kept", [[0, 1], [8], [8, 1, 1], ["8", 1], {"batch": 8}, None, [10**9, 1]])
def test_a_memo_that_makes_no_sense_is_passed_over(
    kept: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    memo = PaceMemo("a" * 64, "float32", 0)
    memo._memo.put(memo._key, kept)

    assert memo.recall() is None


@pytest.mark.parametrize(("cores", "choices"), [(1, (1,)), (2, (1, 2)), (16, (1, 4, 8, 16))])
def test_streams_suit_the_cores(
    cores: int, choices: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace_module, "cores", lambda: cores)

    assert stream_choices() == choices


def test_a_pace_that_only_had_luck_is_not_kept() -> None:
    lucky = {(1, 1): [0.1, 0.1]}

    def seconds_of(pace: Pace) -> float:
        runs = lucky.get((pace.streams, pace.batch), [])
        return runs.pop() if runs else 0.3

    assert best_pace(seconds_of, 60, (1,)) == Pace(8, 1)


def test_a_gain_of_less_than_a_twentieth_changes_nothing() -> None:
    seconds_of = model_of({(1, b): 0.3 for b in (1, 2, 4, 8)} | {(1, 16): 0.29, (1, 32): 0.31})

    assert best_pace(seconds_of, 60, (1,)) == Pace(8, 1)


def test_turns_against_the_usual_pace_end_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(pace_module, "time", clock)
    tried: list[int] = []

    def seconds_of(pace: Pace) -> float:
        tried.append(pace.batch)
        clock.now += 4
        return 0.1 if pace.batch == 1 else 0.3

    assert best_pace(seconds_of, 10, (1,)) == Pace(1, 1)
    assert tried == [1, 1, 8, 1], "one turn, as 16 of the 10 seconds are gone"
