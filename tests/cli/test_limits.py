import pytest

from sightline.cli.index import limit_line
from sightline.encoders.cpu import openvino_runtime
from sightline.system import threads as workers
from sightline.testing import FakeEncoder
from sightline.types import Limit, SyncReport


def report(limit: Limit, waited_s: float, seconds: float) -> SyncReport:
    waits = {**dict.fromkeys(Limit, 0.0), limit: waited_s}
    return SyncReport(embedded=100, seconds=seconds, waits=waits)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (Limit.DISK, "limited by the disk (waited for 82% of the time)"),
        (Limit.DECODING, "limited by decoding pictures (waited for 82% of the time)"),
        (Limit.MODEL, "limited by the model (waited for 82% of the time)"),
    ],
)
def test_the_line_names_what_was_waited_for_and_how_long(limit: Limit, expected: str) -> None:
    assert limit_line(report(limit, 8.2, 10.0), FakeEncoder(), 0) == expected


def test_a_run_that_embedded_nothing_was_not_limited() -> None:
    assert limit_line(SyncReport(seconds=1.0), FakeEncoder(), 0) == ""


@pytest.mark.parametrize(("threads", "hint"), [(0, False), (1, True), (3, True), (4, False)])
def test_more_threads_are_proposed_where_decoding_limits_and_cores_are_idle(
    monkeypatch: pytest.MonkeyPatch, threads: int, hint: bool
) -> None:
    monkeypatch.setattr(workers, "cores", lambda: 4)

    line = limit_line(report(Limit.DECODING, 9, 10), FakeEncoder(), threads)

    assert ("leave --threads out to use every core" in line) is hint
    assert "--threads" not in limit_line(report(Limit.MODEL, 9, 10), FakeEncoder(), threads)


@pytest.mark.parametrize(
    ("has_it", "device", "waited_s", "hint"),
    [
        (True, "cpu", 300, True),
        (False, "cpu", 300, False),
        (True, "cuda", 300, False),
        (True, "cpu", 3, False),
    ],
)
def test_bfloat16_is_proposed_where_a_long_run_would_gain_from_it(
    monkeypatch: pytest.MonkeyPatch, has_it: bool, device: str, waited_s: float, hint: bool
) -> None:
    monkeypatch.setattr(openvino_runtime, "cpu_has_bfloat16", lambda: has_it)

    class Somewhere(FakeEncoder):
        pass

    setattr(Somewhere, "device", device)  # noqa: B010 - not every encoder has one
    line = limit_line(report(Limit.MODEL, waited_s, 400), Somewhere(), 0)

    assert ("--precision bfloat16" in line) is hint
