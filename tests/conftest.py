import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from PIL import Image
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from sightline import testing
from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from tests.encoders.checkpoints import SMALL, Exported, make_and_export

MakesFolder: TypeAlias = Callable[[Path], object]

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
    """Begin with what takes longest."""
    items.sort(key=lambda item: _place(item.nodeid.removeprefix("tests/")))


def _place(name: str) -> int:
    return next((n for n, part in enumerate(LONGEST) if name.startswith(part)), len(LONGEST))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return a worker for each core, and one more: who looks at pages waits half of the time."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else 2


def pytest_configure(config: pytest.Config) -> None:
    """Let each worker have a core, as threads for all cores in every one are in each other's way.

    What a test starts stays on it, too.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if worker and hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the tests of a file to one worker, as what they share is made once for each worker.

    What looks at the page is one file in this sense: two browsers at once only make both slow.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "browser" if file.startswith("tests/browser") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    """Return what spreads the tests over workers."""
    return ByFile(config, log)


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
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, MakesFolder], Path]:
    """Return a folder by its name, made by whichever worker needs it first. Read only."""
    root = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent  # which the workers of one run share

    def made(name: str, make: MakesFolder) -> Path:
        folder, is_whole = root / name, root / f"{name}.made"
        with FileLock(root / f"{name}.lock"):
            if not is_whole.exists():
                folder.mkdir()
                make(folder)
                is_whole.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def exported(made_once: Callable[[str, MakesFolder], Path]) -> Callable[[str], Exported]:
    """Return a small model with random weights by its name; it takes torch seconds to make one."""

    def small(name: str) -> Exported:
        folder = made_once(f"small-{name}", lambda folder: make_and_export(folder, SMALL[name]))
        return Exported(folder / "checkpoint", folder / "exported")

    return small


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
