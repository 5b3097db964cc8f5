"""How much faster than transformers does ``blip`` describe a picture, and how fast could it be?

A BLIP with the shapes of Salesforce/blip-image-captioning-base and random weights, as nothing is
fetched here. Its sentences are nonsense, so their length is forced to 20 tokens, which is what a
caption takes at most. In turns, so that a busy neighbour hits all alike, and in seconds of
processor time, too, which a neighbour changes less than those on the clock. (Where the machine is
shared, take one thread: several spend processor time waiting for each other.)

    transformers float32   its own generate(), greedy
    blip float32           our towers
    the same in bfloat16   where the processor computes in it, or with --bfloat16
    picture tower, keys    what the float32 of ``blip`` consists of: the picture tower; keys and
    and values, tokens     values of the picture; the tokens
    least multiplications  the multiplications of both by the fastest product of this machine
    least reading          the decoder's weights, read once for each token, as fast as it reads

What counts is the gain of ``blip`` in the precision that it chooses on this processor: bfloat16
where it computes in that, else float32. The last two lines together are what no way of running the
same arithmetic can go below; what the gain would be then is told beside it.

    python benchmarks/captioners.py [--rounds 5] [--batch 1] [--threads N] [--out FILE.jsonl]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
import transformers
from machine import circumstances, publish
from transformers import BlipConfig, BlipForConditionalGeneration

from sightline.composed.captioners.blip import GreedyDecoder, chosen_precision, see

TOKENS = 20
THEIRS, OURS = "transformers", "blip"


@dataclass(slots=True)
class Taken:
    """Seconds a picture that a way took in each round."""

    cpu: list[float] = field(default_factory=list)
    clock: list[float] = field(default_factory=list)

    def measure(self, run: Callable[[], object], batch: int) -> None:
        """Add a round."""
        began, busy = time.perf_counter(), time.process_time()
        run()
        self.cpu.append((time.process_time() - busy) / batch)
        self.clock.append((time.perf_counter() - began) / batch)

    @property
    def cpu_s(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.cpu)

    @property
    def clock_s(self) -> float:
        """The median of all rounds."""
        return statistics.median(self.clock)


def base_model() -> Any:  # noqa: ANN401
    """Return a BLIP with the shapes of the base checkpoint.

    The default range of the vision weights, 1e-10, would make all pictures alike.
    """
    torch.manual_seed(0)
    text = {"num_attention_heads": 12, "vocab_size": 30524}
    config = BlipConfig(text_config=text, vision_config={"initializer_range": 0.02})
    return BlipForConditionalGeneration(config).eval().requires_grad_(False)


class Ours:
    """``blip``, whole and in parts."""

    def __init__(self, model: Any, pixels: torch.Tensor) -> None:  # noqa: ANN401
        self._vision, self._pixels = model.vision_model, pixels
        self._decoder = GreedyDecoder(model)
        self._seen = self.see()

    def see(self) -> torch.Tensor:
        """Return what the picture tower says."""
        return see(self._vision, self._pixels)

    def tokens(self) -> list[list[int]]:
        """Return the tokens of each picture."""
        return self._decoder.write(self.see(), TOKENS, TOKENS)

    def write(self) -> object:
        """Write, with what was seen before."""
        return self._decoder.write(self._seen, TOKENS, TOKENS)

    def write_one(self) -> object:
        """Write a single token: nearly all of it is making keys and values of the picture."""
        return self._decoder.write(self._seen, 1)


def theirs(model: Any, pixels: torch.Tensor) -> list[list[int]]:  # noqa: ANN401
    """Return transformers' own greedy tokens."""
    rows = model.generate(
        pixel_values=pixels,
        do_sample=False,
        num_beams=1,
        min_new_tokens=TOKENS,
        max_new_tokens=TOKENS,
    )
    return [row[1:] for row in rows.tolist()]


def least_multiplications(model: Any, batch: int) -> Callable[[], object]:  # noqa: ANN401
    """Return products of the size of the vision tower's as many as both towers need for pictures.

    Counted are the layers' weights on each patch, attention between patches, and the keys and
    values of the picture; not the tokens, which wait for memory.
    """
    vision, text = model.config.vision_config, model.config.text_config
    patches, width = (vision.image_size // vision.patch_size) ** 2 + 1, vision.hidden_size
    weights = sum(p.numel() for p in model.vision_model.parameters() if p.ndim > 1)
    attention = 2 * vision.num_hidden_layers * patches * width
    remembered = 2 * text.num_hidden_layers * text.encoder_hidden_size * text.hidden_size
    each = width * vision.intermediate_size
    count = round(batch * (weights + attention + remembered) / each)
    rows, layer = torch.randn(patches, width), torch.randn(vision.intermediate_size, width)
    return lambda: [F.linear(rows, layer) for _ in range(count)]


def least_reading(model: Any, batch: int) -> Callable[[], object]:  # noqa: ANN401
    """Return a walk through all weights that a token needs, once for each token."""
    decoder = model.text_decoder
    seen = {id(x.weight) for layer in decoder.bert.encoder.layer for x in _of_picture(layer)}
    layers = [m for m in decoder.modules() if isinstance(m, torch.nn.Linear)]
    needed = [m.weight for m in layers if id(m.weight) not in seen]
    rows = [torch.randn(batch, weight.shape[1]) for weight in needed]
    pairs = list(zip(rows, needed, strict=True))
    return lambda: [F.linear(row, weight) for _ in range(TOKENS) for row, weight in pairs]


def _of_picture(layer: Any) -> tuple[Any, Any]:  # noqa: ANN401
    return layer.crossattention.self.key, layer.crossattention.self.value


def ways(batch: int, bfloat16: bool) -> tuple[dict[str, Callable[[], object]], bool]:
    """Return what to measure, and whether both say the same in float32."""
    model, pixels = base_model(), torch.randn(batch, 3, 384, 384)
    ours = Ours(model, pixels)
    runs: dict[str, Callable[[], object]] = {
        f"{THEIRS} float32": lambda: theirs(model, pixels),
        f"{OURS} float32": ours.tokens,
    }
    if bfloat16:
        half, halves = deepcopy(model).to(torch.bfloat16), pixels.to(torch.bfloat16)
        runs[f"{THEIRS} bfloat16"] = lambda: theirs(half, halves)
        runs[f"{OURS} bfloat16"] = Ours(half, halves).tokens
    runs["picture tower"] = ours.see
    runs["keys and values"] = ours.write_one
    runs["keys and values, tokens"] = ours.write
    runs["least multiplications"] = least_multiplications(model, batch)
    runs["least reading"] = least_reading(model, batch)
    return runs, ours.tokens() == theirs(model, pixels)


def gain(taken: Mapping[str, Taken], chosen: str) -> dict[str, Any]:
    """Return how many times faster ``blip`` is, and could be in float32."""
    before, after = taken[f"{THEIRS} float32"], taken[f"{OURS} {chosen}"]
    least = taken["least multiplications"].cpu_s + taken["least reading"].cpu_s
    return {
        "way": f"gain of {OURS} {chosen}",
        "times": round(before.cpu_s / after.cpu_s, 2),
        "times_on_the_clock": round(before.clock_s / after.clock_s, 2),
        "most_times_in_float32": round(before.cpu_s / least, 2),
    }


def main() -> int:
    """Measure and print; return the exit status: 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bar", type=float, default=2.0)
    parser.add_argument("--bfloat16", action="store_true", help="measure it in any case")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    chosen = chosen_precision("cpu", "auto")
    with torch.inference_mode():
        runs, same = ways(options.batch, options.bfloat16 or chosen == "bfloat16")
        taken = {name: Taken() for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                taken[name].measure(run, options.batch)
    common = {"batch": options.batch, "tokens": TOKENS, "threads": options.threads}
    common |= circumstances()
    common |= {"torch": torch.__version__, "transformers": transformers.__version__}
    figures: list[dict[str, object]] = [
        {"way": name, "cpu_s": round(one.cpu_s, 3), "clock_s": round(one.clock_s, 3)}
        for name, one in taken.items()
    ]
    gained = gain(taken, chosen)
    figures.append({**gained, "bar": options.bar, "same_tokens_float32": same})
    publish(({"benchmark": "captioners", **f, **common} for f in figures), options.out)
    return 0 if gained["times"] >= options.bar and same else 1


if __name__ == "__main__":
    sys.exit(main())
