"""Trains `mini` on scenes that it draws as it goes, for a given number of minutes.

One process trains while another draws over the oldest pictures of the pool, again and again.
Training uses one thread: two are hardly faster on a machine that does anything else, since each
waits for the other a thousand times in a step. A run can be stopped at any time and taken up again
from its last checkpoint with ``--resume``.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from batches import Batch, Loader
from heldout import HeldOut, draw_held_out, figures
from losses import losses
from model import Mini, Plan
from pictures import Pool
from tokenizers import Tokenizer
from torch import Tensor, nn

HELD_OUT_SEED = "development"  # benchmarks/mini_quality.py measures on another one
# (at the start, at the end): what the heads learn serves the rest, and matters less and less.
WEIGHTS = {
    "text_to_picture": (1.0, 1.0),
    "picture_to_text": (1.0, 1.0),
    "pictures": (0.5, 0.6),
    "swaps": (2.0, 4.0),
    "seen": (0.30, 0.08),
    "read": (0.30, 0.05),
    "there": (0.80, 0.20),
}


def parse() -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="folder of this run")
    parser.add_argument("--pool", type=Path, required=True, help="folder for drawn pictures")
    parser.add_argument("--minutes", type=float, default=75.0, help="drawing included")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--families", type=int, default=12_000, help="that the pool holds")
    parser.add_argument("--fill", type=int, default=4_000, help="families to draw at first")
    parser.add_argument("--redraw", type=int, default=3_000, help="families to draw at a time")
    parser.add_argument("--steps", type=int, default=100, help="between two checkpoints")
    parser.add_argument("--core", type=int, help="the only one to train on")
    parser.add_argument("--drawing-core", type=int, help="the only one to draw on")
    parser.add_argument("--batch", type=int, default=64, help="families; four pictures each")
    parser.add_argument("--rate", type=float, default=1.2e-3, help="highest learning rate")
    parser.add_argument("--warm-up", type=int, default=150, help="steps")
    parser.add_argument("--held-out", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Run:
    """A training run: its model, its clock, its log and its checkpoints."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        options.run.mkdir(parents=True, exist_ok=True)
        self.tokenizer = Tokenizer.from_file(str(options.run / "tokenizer.json"))
        torch.manual_seed(options.seed)
        plan = Plan(vocabulary=self.tokenizer.get_vocab_size())
        self.model = Mini(plan).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(_groups(self.model), betas=(0.9, 0.98), eps=1e-7)
        self.step = 0
        self.drawn = 0
        self.drawer: subprocess.Popen[bytes] | None = None
        self.before_s = 0.0
        self.started = time.monotonic()
        self.checkpoint = options.run / "checkpoint.pt"
        if options.resume:
            self._load()

    @property
    def seconds(self) -> float:
        """How long this run has taken, all its parts together."""
        return self.before_s + time.monotonic() - self.started

    @property
    def progress(self) -> float:
        """The share of the time that has passed, in [0, 1]."""
        return min(1.0, self.seconds / (60 * self.options.minutes))

    def log(self, **facts: object) -> None:
        """Append a line to the log."""
        line = {"step": self.step, "minutes": round(self.seconds / 60, 2), **facts}
        with (self.options.run / "log.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)

    def save(self) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "plan": asdict(self.model.plan),
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "drawn": self.drawn,
            "seconds": self.seconds,
        }
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        os.replace(partial, self.checkpoint)

    def _load(self) -> None:
        state = torch.load(self.checkpoint, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.drawn = state["step"], state["drawn"]
        self.before_s = state["seconds"]

    def draw(self, families: int) -> None:
        """Start to draw families into the pool, over the oldest ones, unless one still draws."""
        if self.drawer is not None:
            if self.drawer.poll() is None:
                return
            self.log(drawn=self.drawn, failed=self.drawer.returncode != 0)
        options = self.options
        core = [] if options.drawing_core is None else ["--core", str(options.drawing_core)]
        self.drawer = subprocess.Popen(
            [
                sys.executable,
                str(Path(__file__).with_name("pictures.py")),
                *("--pool", str(options.pool), "--families", str(options.families)),
                *("--count", str(families), "--first", str(self.drawn)),
                *("--seed", f"{options.seed}-{self.drawn}-{self.step}", *core),
            ],
            start_new_session=True,  # so that it does not share the trainer's priority
        )
        self.drawn += families

    def train_step(self, batch: Batch) -> dict[str, float]:
        """Take one step; return the parts of the loss."""
        self.model.train()
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate()
        with torch.autocast("cpu", torch.bfloat16):
            parts = losses(self.model, batch)
        total = sum((_now(WEIGHTS[k], self.progress) * v for k, v in parts.items()), Tensor([0.0]))
        self.optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        self._follow()
        return {name: part.item() for name, part in parts.items()}

    def _rate(self) -> float:
        falling = 0.5 + 0.5 * math.cos(math.pi * self.progress)
        return self.options.rate * min(1.0, (self.step + 1) / self.options.warm_up) * falling

    @torch.no_grad()
    def _follow(self) -> None:
        keep = min(0.997, (self.step + 1) / (self.step + 10))
        states = zip(
            self.average.state_dict().values(), self.model.state_dict().values(), strict=True
        )
        for mean, now in states:
            if mean.is_floating_point():
                mean.lerp_(now, 1.0 - keep)
            else:
                mean.copy_(now)


def _groups(model: Mini) -> list[dict[str, object]]:
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    return [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]


def _now(weight: tuple[float, float], progress: float) -> float:
    return weight[0] + (weight[1] - weight[0]) * progress


def main() -> None:
    """Train until the time is up."""
    options = parse()
    torch.set_num_threads(1)
    # So that the drawing process ends with this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    run = Run(options)
    pool = Pool(options.pool, options.families)
    if len(pool.filled()) < options.fill:
        run.draw(options.fill)
        run.drawer.wait()
    run.draw(options.redraw)
    held = draw_held_out(options.held_out, HELD_OUT_SEED)
    loader = iter(Loader(pool, run.tokenizer, options.batch, (options.seed, run.step)))
    try:
        train(run, loader, held)
    finally:
        run.drawer.terminate()


def train(run: Run, loader: Iterator[Batch], held: HeldOut) -> None:
    """Take steps until the time is up; draw, log, measure and save in between."""
    means: dict[str, float] = {}
    measured_s = run.seconds
    while run.progress < 1.0:
        begun = time.monotonic()
        for name, value in run.train_step(next(loader)).items():
            means[name] = value if name not in means else 0.9 * means[name] + 0.1 * value
        if run.step % 25 == 0:
            scale = round(run.model.log_scale.exp().item(), 1)
            taken = round(time.monotonic() - begun, 2)
            run.log(scale=scale, step_s=taken, **{k: round(v, 4) for k, v in means.items()})
            run.draw(run.options.redraw)
        if run.step % run.options.steps == 0:
            run.save()
        if run.seconds - measured_s > 420 or run.step == 100:
            measured_s = run.seconds
            run.log(**figures(run.average, run.tokenizer, held))
    run.save()
    run.log(done=True, **figures(run.average, run.tokenizer, held))


if __name__ == "__main__":
    main()
