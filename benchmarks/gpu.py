"""How fast do CLIP's picture towers run on a GPU, and how much of the card do they use?

For the shapes of ViT-L/14 and ViT-B/32, with random weights, as speed does not depend on them:

    model       prepared pictures into vectors, copying to and from the card included: floats, and
                bytes that the card looks up. For some batches and precisions; the best counts.
    share       of the card's matrix rate: the multiplications and additions of the model, counted
                from its config, against a large matrix product in the same arithmetic, run here
    end to end  JPEG files of ImageNet's size into a new gallery: read, decoded and prepared in
                threads, embedded, committed
    agreement   cosines of the vectors with those of this machine's processor in float32

Published marks to pass: 140 pictures/s with ViT-L/14 (clip-as-service, TITAN RTX), 1,500 a second
end to end with ViT-B/32 (clip-retrieval, RTX 3080).

    python benchmarks/gpu.py [--device auto] [--pictures 20000] [--work DIR] [--out FILE]
    python benchmarks/gpu.py --device cpu --tiny     # runs everywhere; its figures mean nothing
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from index_and_search import decoding_rate
from machine import circumstances, publish
from numpy.typing import NDArray
from random_models import checkpoint_of
from small_jpegs import write_jpegs

from sightline.encoders.files.model_files import ModelFolder
from sightline.encoders.gpu.devices import TorchOptions, device_name, torch_options
from sightline.encoders.gpu.torch_runtime import TorchTower, load_towers
from sightline.encoders.installed import find_checkpoint
from sightline.encoders.loading import load_for_torch
from sightline.gallery import Gallery
from sightline.types import Vectors

ROUNDS = 3
MARKS = {
    ("clip-vit-l14", "model"): 140.0,
    ("clip-vit-b32", "end to end"): 1500.0,
}
LEAST_COSINE = 0.999


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        batches: Pictures at once, in turn.
        enough: Pictures in one round of the model alone, at least.
        side: Of the matrices that tell the card's rate.
        compared: Pictures whose vectors are compared.
        tiny: Whether the models are only of the right structure, to try this script.
    """

    batches: tuple[int, ...] = (32, 64, 128, 256, 512)
    enough: int = 2048
    side: int = 8192
    compared: int = 64
    tiny: bool = False


TINY = Size(batches=(4, 8), enough=16, side=256, compared=8, tiny=True)


def flops_a_picture(config: Mapping[str, Any]) -> float:
    """Return the multiplications and additions of a ViT for one picture.

    Of t tokens, width h, inner width f, a layer has 2t(4hh + 2hf) for its six matrices, and 4tth
    for attention.
    """
    vision = config["vision_config"]
    width, inner, layers = (
        vision[name] for name in ("hidden_size", "intermediate_size", "num_hidden_layers")
    )
    patches = (vision["image_size"] // vision["patch_size"]) ** 2
    tokens = patches + 1
    layer = 2 * tokens * (4 * width * width + 2 * width * inner) + 4 * tokens * tokens * width
    ends = (
        2 * patches * 3 * vision["patch_size"] ** 2 * width + 2 * width * config["projection_dim"]
    )
    return float(layers * layer + ends)


def matrix_rate(options: TorchOptions, side: int) -> float:
    """Return how many multiplications and additions a second a large matrix product reaches."""
    import torch

    device, dtype = options.torch_device(), getattr(torch, options.precision)
    left, right = (torch.randn(side, side, dtype=dtype, device=device) for _ in range(2))
    rates = []
    for _ in range(ROUNDS + 1):  # the first one warms up
        wait_for(options)
        began = time.perf_counter()
        for _ in range(8):
            torch.mm(left, right)
        wait_for(options)
        rates.append(8 * 2 * side**3 / (time.perf_counter() - began))
    return max(rates)


def wait_for(options: TorchOptions) -> None:
    """Return when the device has done all that it was given."""
    import torch

    if options.kind == "cuda":
        torch.cuda.synchronize(options.torch_device())
    elif options.kind == "mps":
        torch.mps.synchronize()


def model_rate(tower: TorchTower, batch: NDArray[Any], enough: int) -> float:
    """Return pictures/s of a tower that is fed the same batch again and again."""
    times = max(4, enough // len(batch))
    for _ in tower.stream(batch for _ in range(3)):
        pass
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in tower.stream(batch for _ in range(times)):
            pass
        rates.append(times * len(batch) / (time.perf_counter() - began))
    return statistics.median(rates)


def measure_model(folder: Path, options: TorchOptions, size: Size) -> Iterator[dict[str, object]]:
    """Yield the rate of the model alone for each batch, as floats and as bytes."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    edge = config["vision_config"]["image_size"]
    peak, flops = matrix_rate(options, size.side), flops_a_picture(config)
    dice = np.random.default_rng(1)
    levels = np.tile(np.linspace(-2, 2, 256, dtype=np.float32), (3, 1))
    tower = load_towers(ModelFolder(folder), config, options, levels=levels).vision
    for count in size.batches:
        plain = dice.integers(0, 256, (count, 3, edge, edge), dtype=np.uint8)
        for form, batch in (("float32", levels[0][plain]), ("bytes", plain)):
            try:
                rate = model_rate(tower, batch, size.enough)
            except MemoryError:
                print(f"no memory for {count} pictures at once", file=sys.stderr)
                return
            yield {
                "figure": "model",
                "batch": count,
                "sent_as": form,
                "pictures_per_s": round(rate, 1),
                "gflop_a_picture": round(flops / 1e9, 2),
                "tflop_per_s": round(rate * flops / 1e12, 2),
                "matrix_tflop_per_s": round(peak / 1e12, 2),
                "share_of_matrix_rate": round(rate * flops / peak, 3),
            }


def agreement(folder: Path, options: TorchOptions, size: Size) -> dict[str, object]:
    """Return how well vectors agree with those of the processor."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    edge = config["vision_config"]["image_size"]
    coarse = np.random.default_rng(2).standard_normal((size.compared, 3, 7, 7), dtype=np.float32)
    pixels = np.kron(coarse, np.ones((1, 1, edge // 7, edge // 7), dtype=np.float32))
    here, there = (vectors(folder, config, each, pixels) for each in (TorchOptions(), options))
    cosines = (here * there).sum(axis=1)
    return {
        "figure": "agreement",
        "pictures": size.compared,
        "least_cosine": round(float(cosines.min()), 6),
        "mean_cosine": round(float(cosines.mean()), 6),
        "bar": LEAST_COSINE,
        "reached": bool(cosines.min() >= LEAST_COSINE),
    }


def vectors(
    folder: Path, config: Mapping[str, Any], options: TorchOptions, pixels: NDArray[np.float32]
) -> Vectors:
    """Return one unit row for each picture."""
    tower = load_towers(ModelFolder(folder), config, options).vision
    batches = (pixels[start : start + 16] for start in range(0, len(pixels), 16))
    rows = np.concatenate(list(tower.stream(batches)))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def end_to_end(folder: Path, options: TorchOptions, jpegs: list[Path]) -> dict[str, object]:
    """Return the rate of filling a new gallery, and of decoding alone."""
    home = jpegs[0].parent.with_name("gallery")
    encoder = load_for_torch(find_checkpoint(folder), options.device, options.precision)
    encoder.encode_images(np.zeros((1, 3, 224, 224), dtype=np.float32))  # loads the weights
    rates = []
    for _ in range(ROUNDS):
        shutil.rmtree(home, ignore_errors=True)
        with Gallery.open(home, model=encoder) as gallery:
            report = gallery.sync([jpegs[0].parent])
        rates.append(report.embedded / report.seconds)
    return {
        "figure": "end to end",
        "pictures": len(jpegs),
        "kilobytes_a_picture": round(sum(p.stat().st_size for p in jpegs) / len(jpegs) / 1000),
        "pictures_per_s": round(statistics.median(rates), 1),
        "rounds": [round(rate, 1) for rate in rates],
        "decoding_alone_per_s": round(decoding_rate(jpegs[:4000], encoder), 1),
    }


def measure(
    name: str, folder: Path, options: TorchOptions, size: Size, jpegs: list[Path]
) -> Iterator[dict[str, object]]:
    """Yield the figures of one model in one precision, those with marks judged.

    Without JPEG files one batch is measured, and the agreement.
    """
    size = size if jpegs else replace(size, batches=size.batches[1:2])
    models = list(measure_model(folder, options, size))
    best = max(models, key=lambda figure: float(str(figure["pictures_per_s"])), default=None)
    figures = [*models, agreement(folder, options, size)]
    if jpegs:
        figures.append(end_to_end(folder, options, jpegs))
    for figure in figures:
        mark = None if size.tiny or not jpegs else MARKS.get((name, str(figure["figure"])))
        if mark is not None and (figure is best or figure["figure"] != "model"):
            reached = float(str(figure["pictures_per_s"])) >= mark
            figure |= {"bar": mark, "reached": reached}
        yield {"model": name, "precision": options.precision, **figure, "best": figure is best}


def precisions(device: str) -> list[TorchOptions]:
    """Return what is worth measuring on a device, what it would choose by itself first."""
    chosen = torch_options(device)
    others = ("float32",) if chosen.kind == "cpu" else ("float16", "float32")
    return [chosen, *(TorchOptions(chosen.device, p) for p in others if p != chosen.precision)]


def surroundings(options: TorchOptions) -> dict[str, object]:
    """Return the device and the versions, for the end of every line."""
    import torch

    name = device_name(options.device) or "processor"
    return {"device": options.device, "gpu": name, "torch": torch.__version__, **circumstances()}


def checkpoint(name: str, size: Size, work: Path) -> Path:
    """Return a checkpoint with the shapes of a model, or with its structure alone."""
    if not size.tiny:
        return checkpoint_of(name, work)
    from tests.encoders.checkpoints import SMALL, make_checkpoint

    return make_checkpoint(work / f"{name}-tiny", SMALL[name])


def main() -> int:
    """Measure and print; return 1 if a mark was missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="auto", help="cuda, cuda:N, mps, cpu or auto")
    parser.add_argument("--model", action="append", help="one of the two alone")
    parser.add_argument("--pictures", type=int, default=20_000, help="JPEG files, end to end")
    parser.add_argument("--tiny", action="store_true", help="try the script; no figure counts")
    parser.add_argument("--work", type=Path, help="keep the checkpoints here")
    parser.add_argument("--out", type=Path, help="append the lines to this file too")
    asked = parser.parse_args()
    size = TINY if asked.tiny else Size()
    missed = False
    with tempfile.TemporaryDirectory() as scratch:
        jpegs = write_jpegs(Path(scratch) / "jpegs", 40 if asked.tiny else asked.pictures)
        for name in asked.model or ("clip-vit-l14", "clip-vit-b32"):
            folder = checkpoint(name, size, asked.work or Path(scratch))
            for number, options in enumerate(precisions(asked.device)):
                tail = surroundings(options) | ({"tiny": True} if size.tiny else {})
                # The device's own choice comes first, and is measured in full.
                for figure in measure(name, folder, options, size, [] if number else jpegs):
                    missed |= figure.get("reached") is False
                    publish([{"benchmark": "gpu", **figure, **tail}], asked.out)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
