"""How fast do the towers run on a CPU, against what most scripts do?

The other side is transformers' CLIP in torch, float32, eager attention, texts padded to 77 tokens:
what open_clip, clip-retrieval and most scripts run. Both sides take the same pictures and texts on
the same cores in this one process, in turns, so that a busy neighbour hits all alike:

    pictures  prepared pictures into vectors, each side at its best batch
    text      one query of nine tokens into a vector, tokenising included

The weights are random, with the shapes of the model that is named: speed does not depend on them,
and cosines are to the same model in float32. int8 is calibrated on drawn scenes here, with every
layer in int8: `sightline models quantize` leaves those in floats that cost too much quality.

    python benchmarks/encoders.py [--model clip-vit-l14] [--no-int8] [--work DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from machine import circumstances, publish
from random_models import checkpoint_of, model_of

from sightline.encoders import DualEncoder, load_model
from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16
from sightline.images import decode
from sightline_scenes.collection import write_collection

ROUNDS = 5
BATCHES = (1, 4, 8)
QUERY = "The photo of a dog in the snow"
# What is wanted of ViT-L/14 on a processor with AVX-512 BF16, as ratios to the other side.
BARS_OF = "clip-vit-l14"
BARS = {
    "pictures bfloat16": 4.0,
    "pictures int8": 7.5,
    "text float32": 8.0,
    "text bfloat16": 12.0,
}

Side = Callable[[], np.ndarray]


class Reference:
    """transformers' CLIP in torch, float32, eager attention."""

    def __init__(self, checkpoint: Path) -> None:
        import torch
        from transformers import AutoTokenizer, CLIPModel

        torch.set_num_threads(os.cpu_count() or 1)
        self._torch = torch
        self._model = CLIPModel.from_pretrained(checkpoint, attn_implementation="eager").eval()
        self._tokenizer = AutoTokenizer.from_pretrained(checkpoint)

    def pictures(self, pixels: np.ndarray) -> np.ndarray:
        """Return unit vectors of prepared pictures."""
        with self._torch.inference_mode():
            made = self._model.get_image_features(pixel_values=self._torch.from_numpy(pixels))
            return _unit(made.pooler_output.numpy())

    def text(self, text: str) -> np.ndarray:
        """Return the unit vector of a text, padded to the whole context."""
        tokens = self._tokenizer(
            text, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
        )
        with self._torch.inference_mode():
            made = self._model.get_text_features(**tokens)
            return _unit(made.pooler_output.numpy())


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def seconds(side: Side) -> float:
    """Return how long one call takes."""
    began = time.perf_counter()
    side()
    return time.perf_counter() - began


def in_turns(sides: Mapping[str, Side], rounds: int, calls: int) -> dict[str, list[float]]:
    """Return the seconds of every side in every round: the median of its calls there."""
    for side in sides.values():
        side()
    taken: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(statistics.median(seconds(side) for _ in range(calls)))
    return taken


def quickest_batch(run: Callable[[np.ndarray], np.ndarray], pixels: np.ndarray) -> int:
    """Return the batch size at which a side does most pictures a second."""
    rates = {}
    for size in BATCHES:
        part = np.ascontiguousarray(pixels[:size])
        run(part)
        rates[size] = min(seconds(lambda part=part: run(part)) for _ in range(2)) / size
    return min(rates, key=rates.__getitem__)


def pictures_of(encoder: DualEncoder, folder: Path, count: int) -> np.ndarray:
    """Return prepared scenes, shape (count, 3, h, w)."""
    write_collection(folder, count=count, seed=11)
    paths = sorted(folder.rglob("*.jpg"))[:count]
    return np.stack([encoder.prepare(decode(path).image) for path in paths])


def dual(folder: Path, precision: str) -> DualEncoder:
    """Return the encoder; every model here reads words."""
    encoder = load_model(folder, precision=precision)
    if not isinstance(encoder, DualEncoder):
        raise SystemExit(f"{folder} reads no words")
    return encoder


def picture_figures(
    reference: Reference, encoders: Mapping[str, DualEncoder], pixels: np.ndarray
) -> list[dict[str, object]]:
    """Return one figure for each arithmetic, against the reference."""
    runs: dict[str, Callable[[np.ndarray], np.ndarray]] = {"torch": reference.pictures}
    runs |= {name: encoder.encode_images for name, encoder in encoders.items()}
    sizes = {"torch": quickest_batch(reference.pictures, pixels)}
    sides: dict[str, Side] = {}
    for name, run in runs.items():
        part = np.ascontiguousarray(pixels[: sizes.get(name, 8)])
        sizes[name] = len(part)
        sides[name] = lambda run=run, part=part: run(part)
    taken = in_turns(sides, ROUNDS, 1)
    rates = {name: [sizes[name] / s for s in taken[name]] for name in sides}
    exact = reference.pictures(pixels[:8])
    return [
        {
            "input": "pictures",
            "precision": name,
            "torch_per_s": _median(rates["torch"]),
            "torch_batch": sizes["torch"],
            "per_s": _median(rates[name]),
            **_ratios(f"pictures {name}", rates[name], rates["torch"]),
            "worst_cosine": round(
                float((encoder.encode_images(pixels[:8]) * exact).sum(axis=1).min()), 6
            ),
        }
        for name, encoder in encoders.items()
    ]


def text_figures(
    reference: Reference, encoders: Mapping[str, DualEncoder]
) -> list[dict[str, object]]:
    """Return one figure for each arithmetic, against the reference."""
    sides: dict[str, Side] = {"torch": lambda: reference.text(QUERY)}
    for name, encoder in encoders.items():
        sides[name] = lambda encoder=encoder: encoder.encode_texts([QUERY])
    taken = in_turns(sides, ROUNDS, 15)
    rates = {name: [1 / s for s in taken[name]] for name in sides}
    exact = reference.text(QUERY)
    return [
        {
            "input": "text",
            "query": QUERY,
            "precision": name,
            "torch_ms": round(1000 * statistics.median(taken["torch"]), 2),
            "ms": round(1000 * statistics.median(taken[name]), 2),
            **_ratios(f"text {name}", rates[name], rates["torch"]),
            "cosine": round(float((encoder.encode_texts([QUERY]) * exact).sum()), 6),
            "largest_difference": float(
                f"{np.abs(encoder.encode_texts([QUERY]) - exact).max():.1e}"
            ),
        }
        for name, encoder in encoders.items()
    ]


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 2)


def _ratios(bar: str, ours: list[float], theirs: list[float]) -> dict[str, object]:
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    figures: dict[str, object] = {
        "ratio": _median(ratios),
        "ratios": [round(ratio, 2) for ratio in ratios],
    }
    if bar in BARS:
        figures["bar"] = BARS[bar]
    return figures


def quantised(folder: Path, work: Path, scenes: Path) -> Path:
    """Return an int8 model folder made of another, with every layer in int8; made unless there."""
    from sightline.encoders.installed import find_model
    from sightline.encoders.int8.quantizing import QuantizationSettings, quantize

    out = work / f"{folder.name}-int8"
    if not out.exists():
        print("quantising", file=sys.stderr)
        pixels = pictures_of(dual(folder, "float32"), scenes, 32)
        settings = QuantizationSettings(force=True, every_layer=True)
        quantize(find_model(folder), pixels, 24, settings, out=out)
    return out


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="clip-vit-l14", help="whose shapes to take")
    parser.add_argument("--no-int8", action="store_true", help="leave int8 out: it takes minutes")
    parser.add_argument("--work", type=Path, help="keep what is made in this folder")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        work = options.work or Path(scratch)
        folder = model_of(options.model, work)
        encoders = {"float32": dual(folder, "float32")}
        if cpu_has_bfloat16():
            encoders["bfloat16"] = dual(folder, "bfloat16")
        pixels = pictures_of(encoders["float32"], Path(scratch) / "scenes", 8)
        reference = Reference(checkpoint_of(options.model, work))
        figures = text_figures(reference, encoders)
        if not options.no_int8:
            encoders["int8"] = dual(quantised(folder, work, Path(scratch) / "more"), "int8")
        figures += picture_figures(reference, encoders, pixels)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if options.model != BARS_OF:
        figures = [{k: v for k, v in figure.items() if k != "bar"} for figure in figures]
    common: dict[str, Any] = {"shapes_of": options.model, **circumstances()}
    publish(({"benchmark": "encoders", **f, **common} for f in figures), options.out)
    print(f"peak memory of all sides together: {peak_mb:,} MB", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
