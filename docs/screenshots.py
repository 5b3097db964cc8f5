"""Make the pictures of the page in docs/images/, from the demo gallery.

    .venv/bin/sightline demo
    .venv/bin/sightline serve --gallery demo/gallery --no-browser &
    .venv/bin/python docs/screenshots.py http://127.0.0.1:8420/

Needs Playwright and a Chromium. The writing is in the system's own font, so it differs from
machine to machine.
"""

from __future__ import annotations

import argparse
import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

_IMAGES = Path(__file__).parent / "images"
_DESK = (1280, 800)
_PHONE = (390, 844)
_QUALITY = 82
_LARGEST_BYTES = 300_000
_THEMES = ("light", "dark")
_LOADED = ".tile img.loaded"
_WORDS = "#text?text=a+sailboat+at+sunset"


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of the page.

    Attributes:
        name: Of the file, to which the theme is added.
        address: After the server's own, when the page is opened.
        size: Of the window in CSS pixels.
        arrange: What is done before the picture is taken.
    """

    name: str
    address: str
    size: tuple[int, int]
    arrange: Callable[[Page], None]


def _see_results(page: Page) -> None:
    page.locator(_LOADED).first.wait_for()


def _leave_out_and_filter(page: Page) -> None:
    _see_results(page)
    page.fill("#notWord", "snow")
    page.press("#notWord", "Enter")
    page.locator(".chip.not").wait_for()
    _see_results(page)


def _search_by_part(page: Page) -> None:
    """Take the first picture of some balloons, and draw a box on it."""
    _see_results(page)
    page.locator(".tile a").first.click()
    page.get_by_role("button", name="More like this").click()
    page.locator("#queryImage").wait_for()
    _see_results(page)


def _say_what_differs(page: Page) -> None:
    _see_results(page)
    page.locator(".tile a").first.click()
    page.get_by_role("button", name="Like this, but").click()
    page.fill("#words", "at night")
    page.press("#words", "Enter")
    page.wait_for_url("**text=at+night**")
    page.locator("#understood[open]:not([inert]) .desired .chip").first.wait_for()
    _see_results(page)


def _open_picture(page: Page) -> None:
    _see_results(page)
    page.locator(".tile a").nth(1).click()
    page.locator("#large").wait_for()


SHOTS = (
    Shot("page-start", "", _DESK, lambda page: page.locator(".example img").last.wait_for()),
    Shot("page-text", _WORDS, _DESK, _leave_out_and_filter),
    Shot("page-image", "#text?text=hot+air+balloons+over+the+mountains", _DESK, _search_by_part),
    Shot("page-composed", "#text?text=a+white+horse+in+a+meadow", _DESK, _say_what_differs),
    Shot("page-picture", _WORDS, _DESK, _open_picture),
    Shot("page-phone", _WORDS, _PHONE, _see_results),
)


def take(browser: Browser, url: str, shot: Shot, theme: str) -> Path:
    """Take one picture in one theme, and return where it is.

    Raises:
        ValueError: it is larger than a page of documentation should load.
    """
    width, height = shot.size
    scale = 2 if shot.size == _PHONE else 1
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=shot.size == _PHONE,
    )
    page = context.new_page()
    page.goto(url + shot.address)
    shot.arrange(page)
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.activeElement?.blur()")
    taken = page.screenshot()
    context.close()
    place = _IMAGES / f"{shot.name}-{theme}.webp"
    Image.open(io.BytesIO(taken)).convert("RGB").save(place, quality=_QUALITY, method=6)
    if place.stat().st_size > _LARGEST_BYTES:
        raise ValueError(f"{place} has {place.stat().st_size:,} bytes")
    return place


def main() -> None:
    """Take every picture in both themes."""
    parser = argparse.ArgumentParser(description="Make the pictures of the page.")
    parser.add_argument("url", help="of a server on the demo gallery, with a / at its end")
    url = parser.parse_args().url
    with sync_playwright() as playwright:
        found = shutil.which("chromium") or playwright.chromium.executable_path
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for shot in SHOTS:
            for theme in _THEMES:
                take(browser, url, shot, theme)
        browser.close()


if __name__ == "__main__":
    main()
