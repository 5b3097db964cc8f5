"""How much faster than transformers does ``blip`` describe a picture?

A BLIP with the shapes of Salesforce/blip-image-captioning-base and random weights, as nothing is
fetched here. Its sentences are nonsense, so their length is forced to 20 tokens, which is what a
caption takes at most. In turns, so that a busy neighbour hits all alike:

    transformers float32   its own generate(), greedy
    transformers bfloat16  the same in bfloat16
    blip float32           our towers
    blip bfloat16          the same in bfloat16

What counts is the gain of ``blip`` in the precision that it chooses on this processor: bfloat16
where it computes in that, else float32.

    python benchmarks/captioners.py [--rounds 5] [--batch 1] [--out benchmarks/results/FILE.jsonl]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
import transformers
from machine import circumstances, publish
from transformers import BlipConfig, BlipForConditionalGeneration

from sightline.captioners.blip.captioner import LoadedBlip, chosen_precision

TOKENS = 20
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def seconds(run: Callable[[], object]) -> float:
    """Return how long a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def theirs(model: Any, pixels: torch.Tensor) -> list[list[int]]:  # noqa: ANN401
    """Return transformers' own greedy tokens."""
    with torch.inference_mode():
        return model.generate(
            pixel_values=pixels,
            do_sample=False,
            num_beams=1,
            min_new_tokens=TOKENS,
            max_new_tokens=TOKENS,
        ).tolist()


def ours(model: Any, pixels: torch.Tensor) -> list[list[int]]:  # noqa: ANN401
    """Return the tokens of ``blip``."""
    return LoadedBlip(model, None, MEAN, STD).tokens(pixels, most=TOKENS, least=TOKENS)


def main() -> int:
    """Measure and print; return the exit status: 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--bar", type=float, default=2.0)
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    torch.manual_seed(0)
    model = BlipForConditionalGeneration(BlipConfig()).eval()
    models = {"float32": model, "bfloat16": deepcopy(model).to(torch.bfloat16)}
    pixels = torch.randn(options.batch, 3, 384, 384)
    runs: dict[str, Callable[[], object]] = {}
    for precision, one in models.items():
        asked = pixels.to(one.dtype)
        runs[f"transformers {precision}"] = lambda m=one, x=asked: theirs(m, x)
        runs[f"blip {precision}"] = lambda m=one, x=asked: ours(m, x)
    same = ours(model, pixels) == [row[1:] for row in theirs(model, pixels)]
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(options.rounds):
        for name, run in runs.items():
            taken[name].append(seconds(run) / options.batch)
    # The least of several: whoever else is busy can only make a run longer.
    best = {name: min(values) for name, values in taken.items()}
    chosen = chosen_precision("cpu", "auto")
    gain = best["transformers float32"] / best[f"blip {chosen}"]
    common = {"batch": options.batch, "tokens": TOKENS, **circumstances()}
    common |= {"torch": torch.__version__, "transformers": transformers.__version__}
    figures: list[dict[str, object]] = [
        {
            "way": name,
            "seconds_a_picture": round(best[name], 3),
            "median_s": round(statistics.median(values), 3),
        }
        for name, values in taken.items()
    ]
    figures.append(
        {
            "way": f"gain of blip {chosen}",
            "times": round(gain, 2),
            "bar": options.bar,
            "same_tokens_float32": same,
        }
    )
    publish(({"benchmark": "captioners", **f, **common} for f in figures), options.out)
    return 0 if gain >= options.bar and same else 1


if __name__ == "__main__":
    sys.exit(main())
