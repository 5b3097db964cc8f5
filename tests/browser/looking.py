"""What a person does on the page, and what he then sees."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PATIENCE_MS = 15_000
TILES = "#grid .tile:not(.ghost)"


def ask(page: Page, words: str) -> None:
    """Write words into the field, press Enter, and wait for pictures."""
    page.fill("#words", words)
    page.press("#words", "Enter")
    wait_for_results(page)


def wait_for_results(page: Page) -> None:
    expect(page.locator("#summary")).to_contain_text("compared")
    expect(page.locator(f"{TILES} img.loaded").first).to_be_visible()


def tile(page: Page, at: int) -> Locator:
    """The link of the picture at a place, counted from 0."""
    return page.locator(f"{TILES} a").nth(at)


def until(page: Page, condition: str, argument: object = None) -> None:
    """Wait for a condition, a function as text, at each frame.

    Page.wait_for_function would evaluate it in a way that the page's policy forbids.
    """
    held = page.evaluate(
        f"""async (argument) => {{
            const end = performance.now() + {PATIENCE_MS};
            while (performance.now() < end) {{
                if (({condition})(argument)) return true;
                await new Promise(requestAnimationFrame);
            }}
            return false;
        }}""",
        argument,
    )
    assert held, f"never: {condition}"


def names(page: Page) -> list[str]:
    return page.locator(f"{TILES} bdi").all_text_contents()


def first_name(page: Page) -> str:
    return page.locator(f"{TILES} bdi").first.text_content() or ""


def file_transfer(page: Page, files: list[Path]) -> object:
    """A DataTransfer with files, as a drag or the clipboard has them."""
    encoded = [(file.name, base64.b64encode(file.read_bytes()).decode()) for file in files]
    return page.evaluate_handle(
        """(files) => {
            const transfer = new DataTransfer();
            for (const [name, data] of files) {
                const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
                transfer.items.add(new File([bytes], name, { type: "image/jpeg" }));
            }
            return transfer;
        }""",
        encoded,
    )


def drop(page: Page, files: list[Path], zone: str) -> None:
    """Drag files over the window, and let them go over a zone."""
    carried = {"dataTransfer": file_transfer(page, files)}
    page.dispatch_event("body", "dragenter", carried)
    page.dispatch_event(zone, "dragover", carried)
    page.dispatch_event(zone, "drop", carried)


def paste(page: Page, files: list[Path]) -> None:
    page.evaluate(
        """(transfer) => dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: transfer, cancelable: true }))""",
        file_transfer(page, files),
    )


def drag_box(page: Page, frame: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw with the mouse from one point of a frame to another, in fractions of it."""
    box = page.locator(frame).bounding_box()
    assert box is not None
    (x0, y0), (x1, y1) = (
        (box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (start, end)
    )
    page.mouse.move(x0, y0)
    page.mouse.down()
    page.mouse.move((x0 + x1) / 2, (y0 + y1) / 2)
    page.mouse.move(x1, y1)
    page.mouse.up()
