"""How well the shipped model `mini` finds scenes that it never saw.

Draws scenes with a seed of their own at 640 x 480, writes each as JPEG, and takes them through the
product's own decoding, preprocessing and towers. Prints one JSON object for each figure; the exit
status is 1 if a figure misses its bar. Intervals are 95 % bootstrap intervals over queries.

    python benchmarks/mini_quality.py [--out benchmarks/results/mini_quality.jsonl]
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from machine import circumstances, publish
from numpy.typing import NDArray

from sightline import images
from sightline.encoders import DualEncoder, load_model
from sightline_scenes import captions, drawing
from sightline_scenes.captions import Detail
from sightline_scenes.claims import Claims
from sightline_scenes.dice import Dice
from sightline_scenes.lots import draw_lots
from sightline_scenes.world import Scene

BARS = {
    "text_to_picture_recall_at_1": 0.90,
    "text_to_picture_recall_at_10": 0.99,
    "picture_to_picture_recall_at_1": 0.95,
    "swapped_attributes_right": 0.97,
    "pictures_per_second": 250.0,
}
JPEG_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Questions:
    """Scenes that are all different, and what is said of them.

    Attributes:
        scenes: n of them.
        full: One caption each that tells everything.
        terse: One caption each of a few words, with what it says; true of many scenes.
        swaps: (scene, right text, the same text with two attributes exchanged).
    """

    scenes: list[Scene]
    full: list[str]
    terse: list[tuple[str, Claims]]
    swaps: list[tuple[int, str, str]]


def questions(count: int, seed: int) -> Questions:
    """Return ``count`` scenes with captions."""
    dice = Dice("mini quality", seed)
    scenes: dict[Scene, None] = {}
    while len(scenes) < count:
        scenes[draw_lots(dice)] = None
    kept = list(scenes)
    terse = [captions.caption(scene, dice, Detail.TERSE) for scene in kept]
    pairs = [captions.swapped(scene, dice) for scene in kept]
    return Questions(
        kept,
        [captions.caption(scene, dice, Detail.FULL).text for scene in kept],
        [(one.text, one.claims) for one in terse],
        [(i, pair[0].text, pair[1]) for i, pair in enumerate(pairs) if pair is not None],
    )


def photograph(task: tuple[Scene, str]) -> bytes:
    """Return one drawing of a scene as the bytes of a JPEG file."""
    scene, seed = task
    file = io.BytesIO()
    drawing.draw(scene, seed, 640, 480).save(file, "JPEG", quality=JPEG_QUALITY)
    return file.getvalue()


def embed(encoder: DualEncoder, files: list[bytes]) -> NDArray[np.float32]:
    """Return unit rows for pictures, by the way that indexing takes, shape (n, d)."""
    rows = []
    for start in range(0, len(files), 100):
        decoded = [
            images.decode(file, shortest_px=encoder.input_px).image
            for file in files[start : start + 100]
        ]
        rows.append(encoder.encode_images(np.stack([encoder.prepare(image) for image in decoded])))
    return np.concatenate(rows)


def ranks(scores: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the place of the diagonal among its row, from 0; a tie counts against it."""
    return (scores >= scores.diagonal()[:, None]).sum(axis=1) - 1


def precision_at_10(scores: NDArray[np.float32], holds: NDArray[np.bool_]) -> NDArray[np.floating]:
    """Return the share of right ones among the best 10, or among the best R where only R are."""
    best = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    right = np.take_along_axis(holds, best, axis=1)
    asked = np.minimum(10, holds.sum(axis=1))
    counted = np.arange(10)[None, :] < asked[:, None]
    return (right & counted).sum(axis=1) / asked


def quality(encoder: DualEncoder, asked: Questions, seed: int) -> dict[str, NDArray[np.floating]]:
    """Return for each figure whether, or how far, each query was answered right."""
    names = [(scene, f"{seed}-{copy}-{i}") for copy in "ab" for i, scene in enumerate(asked.scenes)]
    with ProcessPoolExecutor() as pool:
        files = list(pool.map(photograph, names, chunksize=25))
    first, second = np.split(embed(encoder, files), 2)
    places = ranks(encoder.encode_texts(asked.full) @ first.T)
    again = ranks(second @ first.T)
    about = first[[i for i, _, _ in asked.swaps]]
    right = (encoder.encode_texts([text for _, text, _ in asked.swaps]) * about).sum(axis=1)
    wrong = (encoder.encode_texts([text for _, _, text in asked.swaps]) * about).sum(axis=1)
    holds = np.array([[claims.hold_in(s) for s in asked.scenes] for _, claims in asked.terse])
    terse = encoder.encode_texts([text for text, _ in asked.terse]) @ first.T
    return {
        "text_to_picture_recall_at_1": (places < 1).astype(float),
        "text_to_picture_recall_at_10": (places < 10).astype(float),
        "picture_to_picture_recall_at_1": (again < 1).astype(float),
        "swapped_attributes_right": (right > wrong).astype(float),
        "terse_caption_precision_at_10": precision_at_10(terse, holds),
    }


def pictures_per_second(encoder: DualEncoder, seconds: float = 5.0) -> float:
    """Return how many prepared pictures the picture tower embeds in a second."""
    pixels = np.random.default_rng(0).standard_normal((64, 3, 128, 128)).astype(np.float32)
    encoder.encode_images(pixels)
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        encoder.encode_images(pixels)
        done += len(pixels)
    return done / (time.perf_counter() - begun)


def interval(values: NDArray[np.floating], seed: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean, from 2,000 resamples."""
    picks = np.random.default_rng(seed).integers(0, len(values), (2000, len(values)))
    low, high = np.quantile(values[picks].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="scenes (default: 1000)")
    parser.add_argument("--seed", type=int, default=2027, help="of the scenes (default: 2027)")
    parser.add_argument("--model", default="mini", help="name or folder (default: mini)")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    encoder = load_model(options.model)
    if not isinstance(encoder, DualEncoder):
        parser.error(f"{options.model} reads no words")
    speed = pictures_per_second(encoder)
    measured = quality(encoder, questions(options.count, options.seed), options.seed)
    common = {
        "seed": options.seed,
        "scenes": options.count,
        "model": encoder.spec.name,
        "weights": encoder.spec.digest,
        **circumstances(),
    }
    figures: list[dict[str, object]] = [
        {
            "figure": name,
            "value": round(float(values.mean()), 4),
            "interval": [round(end, 4) for end in interval(values, options.seed)],
            "queries": len(values),
        }
        for name, values in measured.items()
    ]
    figures.append({"figure": "pictures_per_second", "value": round(speed, 1)})
    for figure in figures:
        bar = BARS.get(str(figure["figure"]))
        if bar is not None:
            figure |= {"bar": bar, "reached": figure["value"] >= bar}
    publish(({"benchmark": "mini_quality", **f, **common} for f in figures), options.out)
    return 0 if all(figure.get("reached", True) for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
