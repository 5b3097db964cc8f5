"""How long does a search take from a cold process, with nothing loaded?

Makes a gallery of random vectors and a model with the shapes of the one that is named (random
weights, since only time counts), and runs the command line as a person does, again and again:

    words     `sightline search "..."`: loads the text tower and the index
    picture   `sightline search --image FILE`: loads the picture tower and the index
    compiled  the same with the compiled towers deleted before, as on the first search ever

    python benchmarks/cold_start.py [--model clip-vit-l14] [--count 50000] [--work DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from machine import circumstances, publish
from PIL import Image
from random_models import model_of

from sightline.catalog import Catalog
from sightline.encoders import load_model
from sightline.gallery import Gallery
from sightline.types import Batch, NewImage

ROUNDS = 9


def fill(home: Path, folder: Path, count: int) -> None:
    """Make a gallery of random unit vectors, as if so many pictures had been indexed."""
    spec = load_model(folder).spec
    random = np.random.default_rng(1)
    Gallery.open(home, model=folder).close()
    catalog = Catalog.open(home / "catalog.sqlite", create=False)
    with catalog.writer("benchmark"):
        for start in range(0, count, 2000):
            rows = random.standard_normal((min(2000, count - start), spec.dimensions))
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            added = [
                NewImage(
                    Path(f"/pictures/{start + i:07}.jpg"),
                    size_bytes=1,
                    mtime_ns=1,
                    content_hash=f"{start + i:040x}",
                    width_px=640,
                    height_px=480,
                    format="JPEG",
                    taken_at=None,
                    vector=row.astype(np.float32),
                )
                for i, row in enumerate(rows)
            ]
            catalog.commit(Batch(model=spec, added=added, settings={"model": str(folder)}))
    catalog.close()


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """Return how long one search takes, from the process's start to its end."""
    command = [str(Path(sys.executable).with_name("sightline")), "search", *arguments]
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="clip-vit-l14", help="whose shapes to take")
    parser.add_argument("--count", type=int, default=50_000)
    parser.add_argument("--work", type=Path, help="keep what is made in this folder")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = model_of(options.model, options.work or Path(scratch))
        cache, home = Path(scratch) / "cache", Path(scratch) / "gallery"
        environment = os.environ | {"XDG_CACHE_HOME": str(cache)}
        os.environ["XDG_CACHE_HOME"] = str(cache)
        fill(home, folder, options.count)
        picture = Path(scratch) / "picture.jpg"
        noise = np.random.default_rng(2).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(noise).resize((800, 600)).save(picture)
        figures: list[dict[str, object]] = []
        for kind, arguments in {
            "words": ["a dog in the snow", "-g", str(home)],
            "picture": ["--image", str(picture), "-g", str(home)],
        }.items():
            seconds(arguments, environment)  # digests and the index file are made once
            shutil.rmtree(cache / "sightline" / "compiled", ignore_errors=True)
            first_s = seconds(arguments, environment)
            taken = [seconds(arguments, environment) for _ in range(ROUNDS)]
            figures.append(
                {
                    "search": kind,
                    "median_s": round(statistics.median(taken), 3),
                    "slowest_s": round(max(taken), 3),
                    "first_ever_s": round(first_s, 3),
                }
            )
    common = {"shapes_of": options.model, "pictures": options.count, **circumstances()}
    publish(({"benchmark": "cold_start", **f, **common} for f in figures), options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
