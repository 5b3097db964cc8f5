"""Which Chromium the page is tested in. Run as a program, it brings one where there is none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Playwright, sync_playwright

# The shell draws the same pages with two thirds of the work; it only has no window.
_NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)


def find_chromium(playwright: Playwright) -> str | None:
    """Return the browser on the path, else the one that Playwright installed, or None."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    own = playwright.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def main() -> int:
    """Install a Chromium if there is none; say so where that does not work."""
    with sync_playwright() as playwright:
        if find_chromium(playwright):
            return 0
    for command in _ways():
        if subprocess.run(command, check=False).returncode == 0:
            return 0
    sys.stderr.write(
        "There is no Chromium, and none could be installed: the tests of the page are skipped.\n"
        "Install one with your system's packages, or with `playwright install chromium`.\n"
    )
    return 0


def _ways() -> list[list[str]]:
    ways = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if shutil.which("apt-get") and os.geteuid() == 0:
        install = "apt-get install -y -qq --no-install-recommends"
        either = f"{{ {install} chromium-headless-shell || {install} chromium; }}"
        return [["sh", "-c", f"apt-get update -qq && {either}"], *ways]
    return ways


if __name__ == "__main__":
    sys.exit(main())
