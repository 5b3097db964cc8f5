import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from sightline import testing
from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from tests.encoders.checkpoints import SMALL, Exported, make_and_export

# The same cases in every run, and no clock: a busy machine must not make a test red.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

COLOURS = {
    name: testing.COLOURS[name] for name in ("red", "green", "blue", "yellow", "purple", "orange")
}


# The longest first, so that no worker is left alone with one of them at the end.
LONGEST = ("browser", "encoders/export", "encoders/int8", "e2e", "server", "cli", "scenes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, as what it shares is made once for each worker."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: _place(item.nodeid.removeprefix("tests/")))


def _place(name: str) -> int:
    return next((n for n, part in enumerate(LONGEST) if name.startswith(part)), len(LONGEST))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail in CI, which has all that can be installed, if a test was skipped for want of it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not os.environ.get("SIGHTLINE_CI") or reporter is None:
        return
    # What a processor cannot do, nothing can bring.
    avoidable = [report for report in reporter.stats.get("skipped", []) if not _is_fate(report)]
    if avoidable:
        reporter.write_line("tests were skipped, and CI has all that they need", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _is_fate(report: pytest.TestReport) -> bool:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    return reason.removeprefix("Skipped: ").startswith("this processor ")


def paint(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (24, 16)) -> Path:
    """Write a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)
    return path


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """Return a small model with random weights by its name; it takes torch seconds to make one."""

    @cache
    def make(name: str) -> Exported:
        return make_and_export(tmp_path_factory.mktemp(name), SMALL[name])

    return make


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name, colour in COLOURS.items():
        paint(folder / f"{name}.png", colour)
    return folder


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Gallery.open(tmp_path / "gallery", model=FakeEncoder()) as opened:
        yield opened
