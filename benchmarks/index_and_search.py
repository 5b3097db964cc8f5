"""How close is indexing to what decoding and the model allow, and how fast is a search?

Draws scenes, then measures on the same cores, in turns, so that a busy neighbour hits all alike:

    m   the model alone: prepared pictures embedded, in batches as the pipeline makes them
    d   decoding alone: files read, hashed, decoded and prepared, in threads, as the pipeline does
    e   end to end: a new gallery is filled, commits and all

Both m and d use every core, so the pipeline can at best reach 1 / (1/m + 1/d); what counts is the
share of that bound. Then searches in this process: latency of words and of pictures, with their
embedding, and of the index alone.

    python benchmarks/index_and_search.py [--count 10000] [--out benchmarks/results/FILE.jsonl]
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from machine import circumstances, publish

from sightline.encoders import load_model
from sightline.gallery import Gallery
from sightline.gallery.query import embed_texts
from sightline.gallery.sync import BATCH
from sightline.images import bytes_hash, decode, read
from sightline.protocols import Encoder, TextEncoder
from sightline.types import Pixels, Query
from sightline_scenes.captions import Detail, caption
from sightline_scenes.collection import write_collection
from sightline_scenes.dice import Dice
from sightline_scenes.lots import draw_lots

ROUNDS = 3
SAMPLE = 1024


def take_in(path: Path, encoder: Encoder) -> Pixels:
    """Read, hash, decode and prepare one file, as the pipeline does."""
    data = read(path)
    bytes_hash(data)
    return encoder.prepare(decode(data, name=path.name, shortest_px=encoder.input_px).image)


def decoding_rate(paths: list[Path], encoder: Encoder) -> float:
    """Return pictures/s of decoding alone, on all cores."""
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda path: take_in(path, encoder) is not None, paths):
            pass
    return len(paths) / (time.perf_counter() - began)


def model_rate(pixels: np.ndarray, encoder: Encoder) -> float:
    """Return pictures/s of the model alone, in the pipeline's batches."""
    began = time.perf_counter()
    for start in range(0, len(pixels), BATCH):
        encoder.encode_images(pixels[start : start + BATCH])
    return len(pixels) / (time.perf_counter() - began)


def indexing_rate(folder: Path, encoder: Encoder, home: Path) -> float:
    """Return pictures/s of filling a new gallery."""
    shutil.rmtree(home, ignore_errors=True)
    with Gallery.open(home, model=encoder) as gallery:
        report = gallery.sync([folder])
    return report.embedded / report.seconds


def latencies_ms(ask: Callable[[int], object], count: int) -> dict[str, float]:
    """Return p50 and p95 of a call's duration."""
    taken = []
    for i in range(count):
        began = time.perf_counter()
        ask(i)
        taken.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(taken, [50, 95])
    return {"p50_ms": round(float(p50), 3), "p95_ms": round(float(p95), 3)}


def search_figures(home: Path, encoder: Encoder, paths: list[Path]) -> list[dict[str, object]]:
    """Return latencies of searching a gallery."""
    if not isinstance(encoder, TextEncoder):
        raise SystemExit(f"{encoder.spec.name} reads no words")
    dice = Dice("latency")
    texts = [caption(draw_lots(dice), dice, Detail.SHORT).text for _ in range(400)]
    vectors = embed_texts(texts, encoder)
    with Gallery.open(home, model=encoder) as gallery:
        gallery.search(Query(texts=["warm up"], images=[paths[0]]))
        kinds: dict[str, Callable[[int], object]] = {
            "text": lambda i: gallery.search(Query(texts=[texts[i]]), k=20),
            "picture": lambda i: gallery.search(Query(images=[paths[i]]), k=20),
            "index alone": lambda i: gallery.nearest(vectors[i : i + 1], k=20),
        }
        return [{"search": kind, **latencies_ms(ask, 400)} for kind, ask in kinds.items()]


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--model", default="mini", help="a name or a folder")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    encoder = load_model(options.model)
    with tempfile.TemporaryDirectory() as scratch:
        folder, home = Path(scratch) / "scenes", Path(scratch) / "gallery"
        began = time.perf_counter()
        write_collection(folder, count=options.count, seed=7)
        drawing_s = time.perf_counter() - began
        paths = sorted(folder.rglob("*.jpg"))
        sample = paths[:: max(1, len(paths) // SAMPLE)][:SAMPLE]
        pixels = np.stack([take_in(path, encoder) for path in sample])
        model_rate(pixels, encoder)  # compiles
        rates: dict[str, list[float]] = {"m": [], "d": [], "e": []}
        for _ in range(ROUNDS):
            rates["m"].append(model_rate(pixels, encoder))
            rates["d"].append(decoding_rate(sample, encoder))
            rates["e"].append(indexing_rate(folder, encoder, home))
        m, d, e = (statistics.median(rates[name]) for name in "mde")
        shares = [e * (1 / m + 1 / d) for m, d, e in zip(*rates.values(), strict=True)]
        searches = search_figures(home, encoder, paths)
        sizes = {
            "catalog_mb": (home / "catalog.sqlite").stat().st_size / 1e6,
            "index_mb": sum(f.stat().st_size for f in home.glob("*.index")) / 1e6,
        }
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    common = {"model": encoder.spec.name, "pictures": len(paths), **circumstances()}
    pipeline = {
        "model_alone_per_s": round(m, 1),
        "decoding_alone_per_s": round(d, 1),
        "bound_per_s": round(1 / (1 / m + 1 / d), 1),
        "end_to_end_per_s": round(e, 1),
        "share_of_bound": round(statistics.median(shares), 3),
        "shares": [round(share, 3) for share in shares],
        "drawing_s": round(drawing_s, 1),
        "peak_memory_mb": round(peak_mb),
        **{name: round(size, 2) for name, size in sizes.items()},
    }
    figures = [pipeline, *searches]
    publish(({"benchmark": "index_and_search", **f, **common} for f in figures), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
