"""How fast are photographs indexed, and what does decoding them small bring?

Draws scenes of twelve megapixels with the grain of a camera, so that a JPEG of one is as large as
a phone's. Then measures on the same cores, in turns, so that a busy neighbour hits all alike:

    m        the model alone: prepared pictures embedded, in batches as the pipeline makes them
    d        decoding at reduced scale alone: files read, hashed, decoded, prepared, in threads
    d full   the same with every pixel decoded
    e        end to end: a new gallery is filled, commits and all
    e full   the same with every pixel decoded

m and d use every core, so the pipeline can at best reach 1 / (1/m + 1/d). Shares and ratios are
taken within a round. Beside them stand the same figures in processor time, in which a neighbour on
the same cores does not count: what m and d cost alone, to what e costs.

Without --model a ViT-B/32 with random weights is exported and quantised (int8), which takes a
minute and the packages of the development environment: speed does not depend on the weights.

    python benchmarks/photographs.py [--model NAME] [--precision P] [--work DIR] [--out FILE]
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from machine import circumstances, publish
from numpy.typing import NDArray
from PIL import Image

from sightline.encoders import load_model
from sightline.gallery import Gallery
from sightline.gallery.sync import BATCH
from sightline.images import bytes_hash, decode, read
from sightline.protocols import BulkEncoder, Encoder, TunableEncoder
from sightline.types import ModelSpec, Pixels, SyncReport, Vectors
from sightline_scenes.dice import Dice
from sightline_scenes.drawing import draw
from sightline_scenes.lots import draw_lots

SHAPES = "clip-vit-b32"
SIZES = ((4000, 3000), (4032, 3024))
JPEG_QUALITY = 90
DRAWINGS = 16
# What the product promises, in wall time on a quiet machine.
BARS = {"share_of_bound": 0.9, "times_full_decoding": 2.5}


class EveryPixel:
    """An encoder that makes the pipeline decode in full."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    @property
    def spec(self) -> ModelSpec:
        """The spec of the encoder inside."""
        return self._encoder.spec

    @property
    def input_px(self) -> int:
        """More than half of any picture here."""
        return 2000

    def prepare(self, image: Image.Image) -> Pixels:
        """Return the picture as the encoder inside takes it."""
        return self._encoder.prepare(image)

    def encode_images(self, pixels: NDArray[np.float32]) -> Vectors:
        """Return the vectors of the encoder inside."""
        return self._encoder.encode_images(pixels)


@dataclass(frozen=True, slots=True)
class Speed:
    """Pictures a second, and milliseconds of processor time a picture."""

    per_s: float
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Round:
    """One turn of every mode.

    Attributes:
        speeds: By mode.
        report: Of the sync at reduced scale.
        peak_mb: The process's highest mark when no picture had been decoded in full yet.
    """

    speeds: dict[str, Speed]
    report: SyncReport
    peak_mb: int


def photographs(folder: Path, count: int) -> list[Path]:
    """Write JPEG files of twelve megapixels, no two with the same content; return their paths."""
    folder.mkdir()
    dice, noise = Dice("photographs"), np.random.default_rng(0)
    files = [_photograph(draw(draw_lots(dice), i, 1000, 750), i, noise) for i in range(DRAWINGS)]
    paths = [folder / f"{number:04}.jpg" for number in range(count)]
    for number, path in enumerate(paths):
        # What follows a JPEG's end is not read, but it is content.
        path.write_bytes(files[number % len(files)] + str(number).encode())
    return paths


def _photograph(drawing: Image.Image, number: int, noise: np.random.Generator) -> bytes:
    width, height = SIZES[number % len(SIZES)]
    flat = np.asarray(drawing.resize((width, height), Image.Resampling.BICUBIC), dtype=np.int16)
    # Grain that all colours share, and some of their own.
    grain = noise.normal(0, 5.0, (height, width, 1)) + noise.normal(0, 2.0, (height, width, 3))
    picture = Image.fromarray(np.clip(flat + grain, 0, 255).astype(np.uint8))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=JPEG_QUALITY, subsampling="4:2:0")
    return file.getvalue()


def measured(work: Callable[[], int]) -> Speed:
    """Return the speed of a piece of work, which returns how many pictures it did."""
    began, cpu = time.perf_counter(), time.process_time()
    count = work()
    spent, seconds = time.process_time() - cpu, time.perf_counter() - began
    return Speed(count / seconds, 1000 * spent / count)


def embedded(pixels: NDArray[np.float32], encoder: Encoder, times: int) -> int:
    """Take a batch through the model some times; return the number of pictures."""
    for _ in range(times):
        encoder.encode_images(pixels)
    return times * len(pixels)


def taken_in(paths: list[Path], encoder: Encoder) -> int:
    """Read, hash, decode and prepare files on all cores, as the pipeline does."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for _ in pool.map(lambda path: prepared(path, encoder) is not None, paths):
            pass
    return len(paths)


def prepared(path: Path, encoder: Encoder) -> Pixels:
    """Return one file as the model takes it."""
    data = read(path)
    bytes_hash(data)
    return encoder.prepare(decode(data, name=path.name, shortest_px=encoder.input_px).image)


def indexed(paths: list[Path], encoder: Encoder, home: Path) -> SyncReport:
    """Fill a new gallery."""
    shutil.rmtree(home, ignore_errors=True)
    with Gallery.open(home, model=encoder) as gallery:
        return gallery.sync(paths)


def rounds(encoder: Encoder, paths: list[Path], scratch: Path, count: int) -> Iterator[Round]:
    """Yield what every mode did, round by round."""
    full, few, home = EveryPixel(encoder), paths[: len(paths) // 2], scratch / "gallery"
    if isinstance(encoder, TunableEncoder):
        encoder.tune(100_000)
    # As many at once as the model is best fed with, or the bound would be too low.
    at_once = encoder.pictures_at_once if isinstance(encoder, BulkEncoder) else 0
    some = [prepared(path, encoder) for path in paths[:BATCH]]
    pixels = np.stack(some * max(1, -(-at_once // len(some))))
    embedded(pixels, encoder, 2)
    indexed(paths[:BATCH], encoder, home)  # compiles both towers
    reports: list[SyncReport] = []
    peaks: list[int] = []

    def end_to_end() -> int:
        reports.append(indexed(paths, encoder, home))
        peaks.append(peak_mb())
        return reports[-1].embedded

    modes: dict[str, Callable[[], int]] = {
        "m": lambda: embedded(pixels, encoder, max(1, 2 * len(paths) // len(pixels))),
        "d": lambda: taken_in(paths, encoder),
        "e": end_to_end,
        "d full": lambda: taken_in(few, full),
        "e full": lambda: indexed(few, full, home).embedded,
    }
    for _ in range(count):
        speeds = {name: measured(work) for name, work in modes.items()}
        yield Round(speeds, reports[-1], peaks[0])


def peak_mb() -> int:
    """Return the most memory that this process had so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def figures(taken: list[Round]) -> dict[str, object]:
    """Return what is published of all rounds."""
    speeds = [one.speeds for one in taken]
    middle = {name: statistics.median(speed[name].per_s for speed in speeds) for name in speeds[0]}
    shares = [s["e"].per_s * (1 / s["m"].per_s + 1 / s["d"].per_s) for s in speeds]
    times = [s["e"].per_s / s["e full"].per_s for s in speeds]
    cpu_shares = [(s["m"].cpu_ms + s["d"].cpu_ms) / s["e"].cpu_ms for s in speeds]
    cpu_times = [s["e full"].cpu_ms / s["e"].cpu_ms for s in speeds]
    report = taken[-1].report
    return {
        **{f"{name.replace(' ', '_')}_per_s": round(rate, 1) for name, rate in middle.items()},
        "bound_per_s": round(1 / (1 / middle["m"] + 1 / middle["d"]), 1),
        "share_of_bound": round(statistics.median(shares), 3),
        "shares": [round(share, 3) for share in shares],
        "times_full_decoding": round(statistics.median(times), 2),
        "times": [round(ratio, 2) for ratio in times],
        "cpu_share_of_bound": round(statistics.median(cpu_shares), 3),
        "cpu_times_full_decoding": round(statistics.median(cpu_times), 2),
        "cpu_ms": {
            name: round(statistics.median(s[name].cpu_ms for s in speeds), 1) for name in middle
        },
        "limited_by": report.limited_by,
        "waits": {str(limit): round(seconds, 2) for limit, seconds in report.waits.items()},
        "peak_memory_mb": taken[0].peak_mb,
        "peak_memory_full_mb": peak_mb(),
        "bars": BARS,
    }


def random_int8(work: Path) -> Path:
    """Return a model folder with the shapes of a ViT-B/32, random weights and an int8 tower."""
    from random_models import model_of

    from sightline.encoders.cpu.openvino_runtime import import_openvino
    from sightline.encoders.files.layouts import INT8_VISION
    from sightline.encoders.files.model_files import read_model_files
    from sightline.encoders.files.model_folder import ModelFolder
    from sightline.encoders.int8.calibration import Ranges, calibrated, packed

    folder = model_of(SHAPES, work)
    graph = folder / INT8_VISION
    if not graph.exists():
        print(f"quantising {SHAPES}", file=sys.stderr)
        openvino = import_openvino()
        floats = openvino.Core().read_model(read_model_files(ModelFolder(folder)).vision.path)
        pixels = np.random.default_rng(0).standard_normal((4, 3, 224, 224), dtype=np.float32)
        made = packed(calibrated(floats, pixels, Ranges.EXTREMES, lambda count: None))
        graph.parent.mkdir(exist_ok=True)
        openvino.save_model(made, graph, compress_to_fp16=False)
    return folder


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a name or a folder (default: a random ViT-B/32)")
    parser.add_argument("--precision", help="of the model (default: int8 for the random one)")
    parser.add_argument("--count", type=int, default=192, help="photographs (default: 192)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, help="keep the model that is made in this folder")
    parser.add_argument("--out", type=Path, help="append the line to this file too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        # A pace that is found here, on a machine that may be busy, is not for later runs to keep.
        os.environ["XDG_CACHE_HOME"] = str(scratch / "cache")
        # In a process of its own, so that the memory for it does not count here.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            work = options.work or scratch
            model = options.model or pool.submit(random_int8, work).result()
            paths = pool.submit(photographs, scratch / "photographs", options.count).result()
        precision = options.precision or (None if options.model else "int8")
        encoder = load_model(model, precision=precision)
        size_mb = sum(path.stat().st_size for path in paths) / len(paths) / 1e6
        taken = list(rounds(encoder, paths, scratch, options.rounds))
    line = {
        "benchmark": "photographs",
        **figures(taken),
        "pictures": len(paths),
        "file_mb": round(size_mb, 2),
        "model": SHAPES if not options.model else encoder.spec.name,
        "precision": encoder.spec.precision,
        **circumstances(),
    }
    publish([line], options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
