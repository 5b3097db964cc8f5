"""A real server on a small drawn gallery, and a real Chromium that looks at it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from sightline.gallery import Gallery
from sightline_scenes.collection import write_collection
from tests.browser.chromium import find_chromium
from tests.browser.looking import PATIENCE_MS
from tests.conftest import MakesFolder
from tests.interrupts import hear_ctrl_c

COMMAND = [sys.executable, "-c", "import sys; from sightline.cli import main; main()"]
SCENES = 120
WORDS = "a sailboat at sunset"
_START_S = 60


class Served:
    """A server process on a gallery, which can be stopped and started again at its address."""

    def __init__(self, gallery: Path, *options: str, **environment: str) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("SIGHTLINE_")}
        self._environment = kept | environment
        self.gallery = gallery
        self._options = ("-g", str(gallery), "--no-browser", *options)
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it says where it is."""
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(self._port), *self._options],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,
        )
        self._process = process
        assert process.stderr is not None
        # A server that says nothing ends, and so does the loop over what it says.
        overdue = threading.Timer(_START_S, process.kill)
        overdue.start()
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                overdue.cancel()
                self._port, self.url = int(found[1]), found[0]
                # Whatever else it says must not fill the pipe.
                threading.Thread(target=process.stderr.read, daemon=True).start()
                return
        overdue.cancel()
        pytest.fail(f"the server did not start: {''.join(said)}")

    def stop(self) -> None:
        """End the server, as Ctrl-C does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)
            if self._process.stderr is not None:
                self._process.stderr.close()
            self._process = None


@dataclass
class Watched:
    """What a browser did that it should not do."""

    own_address: str
    faults: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Note every error of the page, and every request that leaves its server."""
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("request", lambda asked: self._follow(asked.url))

    def _hear(self, kind: str, text: str) -> None:
        self.said.append(f"{kind}: {text}")
        # Chromium itself reports every answer that is no success; the page tells of those.
        if kind in {"error", "warning"} and not text.startswith("Failed to load resource"):
            self.faults.append(f"{kind}: {text}")

    def _follow(self, url: str) -> None:
        if not url.startswith((self.own_address, "blob:", "data:")):
            self.faults.append(f"request to {url}")


@pytest.fixture(scope="package", autouse=True)
def _every_core() -> Iterator[None]:
    """Let browser and service run where there is room, whichever core the worker was given."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count() or 1))
    yield
    os.sched_setaffinity(0, own)


@pytest.fixture(scope="package")
def playwright(_every_core: None) -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    found = find_chromium(playwright)
    if found is None:
        pytest.skip("there is no Chromium; install one, or run `playwright install chromium`")
    browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def drawn(made_once: Callable[[str, MakesFolder], Path]) -> Path:
    """A folder with scenes and a gallery of them."""
    return made_once("drawn", _draw)


def _draw(home: Path) -> None:
    write_collection(home / "scenes", count=SCENES, seed=1, width_px=320, height_px=240, workers=1)
    with Gallery.open(home / "gallery", model="mini") as gallery:
        gallery.sync([home / "scenes"])


@pytest.fixture(scope="package")
def shared_server(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For tests that leave the gallery as it is."""
    gallery = tmp_path_factory.mktemp("shared") / "gallery"
    shutil.copytree(drawn / "gallery", gallery)
    served = Served(gallery)
    # The first composed search embeds all phrases of the captioner, which takes its time.
    form = {"images": (None, "1"), "text": (None, "at night")}
    address = f"{served.url}api/v1/search/composed"
    httpx2.post(address, files=form, timeout=_START_S).raise_for_status()
    yield served
    served.stop()


@pytest.fixture
def serve(drawn: Path, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start servers on copies of the gallery, for tests that change it or the server."""
    started: list[Served] = []

    def start(**environment: str) -> Served:
        place = tmp_path / f"gallery-{len(started)}"
        shutil.copytree(drawn / "gallery", place)
        started.append(Served(place, **environment))
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a server's page in a new browser profile; at the end, nothing may have gone wrong."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_page(served: Served, address: str = "", **profile: object) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}} | profile)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        watched = Watched(served.url)
        watched.watch(page)
        opened.append((context, watched))
        page.goto(served.url + address)
        # The page's own script was there.
        expect(page.locator("nav [aria-current=page]")).to_be_visible()
        return page

    yield open_page
    for context, watched in opened:
        context.close()
        assert watched.faults == []


@pytest.fixture
def page(shared_server: Served, visit: Callable[..., Page]) -> Page:
    """The start page of the shared server."""
    return visit(shared_server)


@pytest.fixture(scope="package")
def scene(drawn: Path) -> Path:
    """One of the pictures of the gallery."""
    return min((drawn / "scenes").rglob("*.jpg"))
