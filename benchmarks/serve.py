"""How many searches a second does the service answer, and how long does one take?

A real server process on 127.0.0.1, with `mini` on 2,000 drawn scenes, and with a model that has
the shapes of CLIP ViT-B/32 (random weights, since only time counts) on 10,000 random vectors; at 1,
8 and 64 clients, each with one request at a time, ten hits a request:

    different  texts that are all different: nothing can be remembered
    repeating  texts of a realistic mix, where a few are asked again and again (Zipf, s = 1)
    pictures   files of drawn scenes, all different, uploaded

Beside them, in the same process run, stands what the model alone does on the same cores: texts one
by one and sixteen at once, pictures from file to vector one by one. The clients share the cores
with the service. With --browser also: from Enter to the first results on screen, in Chromium.

    python benchmarks/serve.py [--browser] [--seconds 6] [--work DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cold_start import fill
from load import Request, run_load
from machine import circumstances, publish
from random_models import model_of

from sightline.encoders import load_model
from sightline.gallery import Gallery
from sightline.images import decode
from sightline.protocols import TextEncoder

CLIENTS = (1, 8, 64)
HITS = 10
SCENES = 2000
RANDOM_VECTORS = 10_000
MIX = 500
ENTERS = 20
_BOUNDARY = "sightline-benchmark"


def texts() -> Iterator[str]:
    """Yield texts that are all different, in an order that tells nothing."""
    parts = (
        ("a small", "a large", "an old", "a lonely", "a bright", "a painted", "one"),
        ("red", "blue", "white", "black", "green", "yellow", "orange", "brown", "grey"),
        ("car", "house", "boat", "cat", "dog", "horse", "tree", "balloon", "tent", "lighthouse"),
        ("on a beach", "in a meadow", "by a lake", "in the mountains", "in a town", "by a road"),
        ("at night", "at sunset", "at noon", "in the snow", "in the rain", "in fog", "in a storm"),
    )
    every = [" ".join(words) for words in itertools.product(*parts)]
    random.Random(1).shuffle(every)
    yield from every


def by_text(text: str) -> Request:
    """Return the request for a search by words."""
    body = json.dumps({"text": text, "k": HITS}).encode()
    return Request("/api/v1/search/text", body, "application/json")


def by_picture(picture: Path) -> Request:
    """Return the request for a search by a picture that is uploaded."""
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="k"\r\n\r\n{HITS}\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="q.jpg"\r\n\r\n'
    ).encode()
    body = head + picture.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()
    return Request("/api/v1/search/image", body, f"multipart/form-data; boundary={_BOUNDARY}")


@contextmanager
def served(gallery: Path) -> Iterator[int]:
    """Serve a gallery from a process of its own, and yield its port once it is ready."""
    command = [str(Path(sys.executable).with_name("sightline")), "serve", "-g", str(gallery)]
    clean = {name: value for name, value in os.environ.items() if "SIGHTLINE_" not in name}
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-browser"], env=clean, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r":(\d+)/", line)
        if found is None:
            raise RuntimeError(line + process.stderr.read())
        port = int(found[1])
        wait_until_ready(port)
        yield port
    finally:
        process.terminate()
        process.communicate(timeout=60)


def wait_until_ready(port: int, limit_s: float = 120.0) -> None:
    """Return once the service has loaded its model."""
    until = time.monotonic() + limit_s
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def rate_alone(model: str | Path, pictures: Sequence[Path], seconds: float) -> dict[str, float]:
    """Return what the model does without a service around it, each a second."""
    encoder = load_model(model)
    assert isinstance(encoder, TextEncoder)
    prompted = [encoder.prompt.replace("{query}", text) for text in texts()]

    def file_to_vector(place: int) -> None:
        picture = decode(pictures[place % len(pictures)], shortest_px=encoder.input_px)
        encoder.encode_images(encoder.prepare(picture.image)[None])

    return {
        "model_texts_per_s": _rate(lambda i: encoder.encode_texts([prompted[i]]), 1, seconds),
        "model_texts_per_s_in_16": _rate(
            lambda i: encoder.encode_texts(prompted[16 * i : 16 * i + 16]), 16, seconds
        ),
        "model_pictures_per_s": _rate(file_to_vector, 1, seconds),
    }


def _rate(run: Callable[[int], object], count: int, seconds: float) -> float:
    run(0)  # compiles
    began, place = time.perf_counter(), 0
    while (elapsed_s := time.perf_counter() - began) < seconds:
        place += 1
        run(place)
    return round(place * count / elapsed_s, 1)


def loads(
    port: int, pictures: Sequence[Path], alone: dict[str, float], seconds: float
) -> Iterator[dict[str, object]]:
    """Yield a figure for each kind of load and number of clients; no request is made twice.

    How many requests fill the time is told from the model's own rate, so the load is bounded.
    """
    different, zipf = texts(), random.Random(2)
    mix = list(itertools.islice(different, MIX))
    weights = [1 / rank for rank in range(1, MIX + 1)]
    fresh_pictures = iter(pictures)
    for clients in CLIENTS:
        count = _count(alone["model_texts_per_s"], clients, seconds, 1200)
        chosen = [by_text(text) for text in itertools.islice(different, count)]
        yield _figure("different", port, chosen, clients)
        chosen = [by_text(text) for text in zipf.choices(mix, weights, k=count)]
        yield _figure("repeating", port, chosen, clients)
        count = _count(alone["model_pictures_per_s"], clients, seconds, len(pictures) // 3)
        chosen = [by_picture(file) for file in itertools.islice(fresh_pictures, count)]
        yield _figure("pictures", port, chosen, clients)


def _count(per_s: float, clients: int, seconds: float, most: int) -> int:
    return max(clients * 3, min(most, int(per_s * seconds)))


def _figure(load: str, port: int, requests: Sequence[Request], clients: int) -> dict[str, object]:
    print(f"{load}: {len(requests)} requests by {clients} clients", file=sys.stderr)
    return {"load": load, "clients": clients, **run_load(port, requests, clients).figures()}


def from_enter_to_results(port: int) -> dict[str, object]:
    """Return how long a person waits, by the page's own marks, for texts that are all different."""
    from playwright.sync_api import sync_playwright

    # Not by wait_for_function, which needs what the page's policy forbids.
    script = """() => new Promise(resolve => {
        const last = name => performance.getEntriesByName("sightline:" + name).at(-1)
        const look = () => last("first-results")
            ? resolve(last("first-results").startTime - last("enter").startTime)
            : requestAnimationFrame(look)
        look()
    })"""
    waits = []
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"http://127.0.0.1:{port}/#text")
        for place, text in enumerate(itertools.islice(texts(), 4000, 4000 + ENTERS + 1)):
            page.evaluate("performance.clearMarks()")
            page.fill("#words", text)
            page.press("#words", "Enter")
            waited_ms = page.evaluate(script)
            if place:  # the first one also loads the page's parts
                waits.append(waited_ms)
            # Nobody presses Enter again before the pictures are there.
            page.wait_for_load_state("networkidle")
        browser.close()
    return {
        "load": "browser",
        "enters": len(waits),
        "enter_to_first_results_p50_ms": round(statistics.median(waits), 1),
        "enter_to_first_results_slowest_ms": round(max(waits), 1),
    }


def measure(
    model: str | Path, gallery: Path, pictures: Sequence[Path], options: argparse.Namespace
) -> Iterator[dict[str, object]]:
    """Yield all figures of one model."""
    alone = rate_alone(model, pictures, options.seconds / 3)
    with served(gallery) as port:
        for figure in loads(port, pictures, alone, options.seconds):
            yield {**figure, **alone}
        if options.browser and str(model) == "mini":
            yield from_enter_to_results(port)


def main() -> int:
    """Measure and print; return the exit status: 1 if any request failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0, help="about so long for each figure")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium, too")
    parser.add_argument("--only", choices=["mini", "clip-vit-b32"], help="one of the two models")
    parser.add_argument("--work", type=Path, help="keep what is made in this folder")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    figures: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        scenes, drawn = work / "serve-scenes", work / "serve-gallery"
        pictures = drawn_pictures(scenes, drawn)
        if options.only in (None, "mini"):
            for figure in measure("mini", drawn, pictures, options):
                figures.append({"model": "mini", "pictures": SCENES, **figure})
        if options.only in (None, "clip-vit-b32"):
            folder, home = model_of("clip-vit-b32", work), Path(scratch) / "random-gallery"
            fill(home, folder, RANDOM_VECTORS)
            for figure in measure(folder, home, pictures, options):
                figures.append({"shapes_of": "clip-vit-b32", "pictures": RANDOM_VECTORS, **figure})
    publish(({"benchmark": "serve", **f, **circumstances()} for f in figures), options.out)
    return int(any(figure.get("errors") for figure in figures))


def drawn_pictures(scenes: Path, gallery: Path) -> list[Path]:
    """Return the files of a drawn collection that a gallery holds; both made unless there."""
    from sightline.cli.scenes import draw_collection

    draw_collection(scenes, SCENES, 1)
    with Gallery.open(gallery, model="mini") as opened:
        opened.sync([scenes], force=True)
    return sorted(scenes.rglob("*.jpg"))


if __name__ == "__main__":
    sys.exit(main())
