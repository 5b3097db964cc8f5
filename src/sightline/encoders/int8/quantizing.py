"""Makes an int8 picture tower out of a float one, and measures what that costs and brings.

``quantize`` takes pictures of the kind that will be searched. Most of them calibrate; the rest is
put aside to measure with: how far the vectors move, and whether the same neighbours are found. If
they are not, the layers that do most damage go back to floats, within limits. A model that misses
the mark even so is not installed, unless that is asked for.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.openvino_runtime import (
    RunOptions,
    cpu_has_bfloat16,
    import_openvino,
    weights_bytes,
)
from sightline.encoders.files.model_files import INT8_VISION, FileSet, ModelFiles, read_model_files
from sightline.encoders.installed import ModelPlace
from sightline.encoders.int8.calibration import Ranges, calibrated, import_nncf, packed
from sightline.encoders.int8.folders import INT8_REPORT, source_digest, staged_int8
from sightline.encoders.int8.layer_search import fewest_floats, ranked
from sightline.encoders.int8.layers import Int8Layer, int8_layers, with_floats
from sightline.encoders.int8.neighbour_agreement import Agreement, compare
from sightline.encoders.int8.report import (
    PrecisionRun,
    QuantizationReport,
    QuantizationSettings,
    write_report,
)
from sightline.encoders.int8.trials import Trial
from sightline.errors import (
    DiskFullError,
    InvalidValueError,
    NotWritableError,
    QuantizationQualityError,
)
from sightline.types import Ids, Progress, Vectors

LEAST_PICTURES = 20

# Of measuring speed: the best round counts, as whatever else runs only slows down.
_LEAST_ROUNDS = 3
_MEASURING_S = 1.0
_RANKING_PICTURES = 16
_RANKING_TRIALS = 40
_ROOM_BYTES = 16_000_000


Tell = Callable[[Progress], None]


def quantize(
    place: ModelPlace,
    pixels: NDArray[np.float32],
    calibrating: int,
    settings: QuantizationSettings | None = None,
    *,
    out: Path | None = None,
    progress: Tell | None = None,
) -> QuantizationReport:
    """Return the report of an int8 picture tower that was made, measured and installed.

    It takes about six times the memory of the picture tower's weights (7.2 GB for ViT-L/14), and
    the time in which float32 encodes the pictures about five times; more where layers have to be
    searched.

    Args:
        place: The model; its picture tower must be there in float32 or float16.
        pixels: Prepared pictures, no two the same, shape (n, 3, height, width).
        calibrating: How many of them, from the first, give the ranges. The rest measures.
        settings: None for the defaults.
        out: A folder for the whole int8 model; None for where it belongs, which is beside the
            float graphs in a folder of one's own, else the user's data folder.
        progress: Called with what is done.

    Raises:
        MissingPackageError: NNCF is not installed.
        InvalidValueError: there are too few pictures, or none left to measure with.
        QuantizationQualityError: too few neighbours agree, and ``force`` was not set.
        ModelFilesError: the model is broken, is int8 already, or cannot be quantised.
        FolderTakenError: ``out`` holds something else.
        StorageError: it cannot be written.
    """
    settings = settings or QuantizationSettings()
    import_nncf()
    if len(pixels) < LEAST_PICTURES or not 0 < calibrating < len(pixels):
        allowed = f"{LEAST_PICTURES} or more, some to calibrate and some to measure with"
        raise InvalidValueError("the number of pictures", len(pixels), allowed)
    files = read_model_files(place.folder)
    work = _Work(files, pixels, calibrating, settings, progress or (lambda _: None))
    made = work.make()
    with staged_int8(place, out, force=settings.force) as home:
        _save(made.graph, home.staged / INT8_VISION)
        runs = work.measure(home.staged / INT8_VISION)
        missed = runs[-1].agreement < settings.least_agreement
        if missed and not settings.force:
            raise QuantizationQualityError(
                place.name, runs[-1].agreement, settings.least_agreement, runs[-1].cosine_mean
            )
        report = QuantizationReport(
            model=place.name,
            folder=home.folder,
            calibrated_with=calibrating,
            measured_with=len(pixels) - calibrating,
            gallery=len(pixels),
            ranges=made.ranges.value,
            layers=made.layers,
            float_layers=tuple(layer.name for layer in made.floats),
            least_agreement=settings.least_agreement,
            forced=missed,
            runs=runs,
        )
        write_report(report, source_digest(files), home.staged / INT8_REPORT)
    return report


def calibrating_share(available: int, asked: int) -> int:
    """Return how many of the pictures that there are calibrate: as asked, but at most 3 in 5."""
    return min(asked, available * 3 // 5)


@dataclass(frozen=True, slots=True)
class _Made:
    """An int8 graph, ready to be saved, and how it came about."""

    graph: Any
    ranges: Ranges
    layers: int
    floats: tuple[Int8Layer, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A calibrated graph with every layer int8, and how well it does."""

    graph: Any
    ranges: Ranges
    agreement: float


class _Work:
    """One model's way to int8, with the pictures that it is judged by."""

    def __init__(
        self,
        files: ModelFiles,
        pixels: NDArray[np.float32],
        calibrating: int,
        settings: QuantizationSettings,
        tell: Tell,
    ) -> None:
        if files.vision.file_set is FileSet.INT8:
            raise files.folder.error("it is int8 already", "fetch its float files, with fp32")
        self._folder = files.folder
        self._tower = files.vision
        self._pixels = pixels.astype(files.vision.input_dtype, copy=False)
        self._calibrating = np.arange(calibrating)
        self._measuring = np.arange(calibrating, len(pixels))
        self._settings = settings
        self._tell = tell
        self._steps = 0
        tell(Progress("float32", 0, len(pixels)))
        self._floats = self._trial(files.vision.path, "float32").vectors(
            self._pixels, lambda seen: tell(Progress("float32", seen, len(pixels)))
        )

    def make(self) -> _Made:
        """Return the int8 graph: every layer if that does, else with some layers in floats."""
        best = self._candidate(Ranges.EXTREMES)
        if best.agreement < self._mark:
            other = self._candidate(Ranges.TYPICAL)
            best = max(best, other, key=lambda candidate: candidate.agreement)
        layers = int8_layers(best.graph, (1, *self._pixels.shape[1:]))
        floats: tuple[Int8Layer, ...] = ()
        if best.agreement < self._mark and layers and not self._settings.every_layer:
            floats = self._search(best.graph, layers) or ()
        graph = packed(with_floats(best.graph, floats))
        return _Made(graph, best.ranges, len(layers), floats)

    def measure(self, path: Path) -> tuple[PrecisionRun, ...]:
        """Return float32, bfloat16 where the processor has it, and int8, all from their files."""
        graphs = {"float32": self._tower.path, "bfloat16": self._tower.path, "int8": path}
        if not cpu_has_bfloat16():
            del graphs["bfloat16"]
        self._tell(Progress("measuring", 0, len(graphs)))
        found: dict[str, Agreement] = {}
        for precision, graph in graphs.items():
            vectors = self._floats if precision == "float32" else self._vectors(graph, precision)
            found[precision] = compare(self._floats, vectors, self._measuring)
            self._tell(Progress("measuring", len(found), len(graphs)))
        paces = self._paces(graphs)
        return tuple(
            PrecisionRun(
                precision=precision,
                cosine_mean=agreement.cosine_mean,
                cosine_worst=agreement.cosine_worst,
                agreement=agreement.neighbours,
                pictures_per_s=paces[precision],
                megabytes=_megabytes(path)
                if precision == "int8"
                else weights_bytes(self._tower) / 1e6,
            )
            for precision, agreement in found.items()
        )

    @property
    def _mark(self) -> float:
        """What the calibration pictures have to reach, so that others reach what was asked."""
        asked = self._settings.least_agreement
        return asked + (1 - asked) / 4

    def _candidate(self, ranges: Ranges) -> _Candidate:
        stage = "calibrating" if ranges is Ranges.EXTREMES else "calibrating again"
        try:
            graph = calibrated(
                import_openvino().Core().read_model(self._tower.path),
                self._pixels[self._calibrating],
                ranges,
                lambda seen: self._tell(Progress(stage, seen, None)),
            )
        except RuntimeError as error:
            said = str(error).strip().splitlines() or ["no reason given"]
            raise self._folder.error(f"it cannot be quantised ({said[-1][:200]})") from error
        return _Candidate(graph, ranges, self._agreement(graph, ()))

    def _search(self, graph: Any, layers: Sequence[Int8Layer]) -> tuple[Int8Layer, ...] | None:  # noqa: ANN401
        everything = frozenset(layers)
        if self._agreement(graph, layers) < self._mark:
            return None  # what is left to floats runs in bfloat16, and that alone misses the mark
        some: Ids = self._calibrating[:_RANKING_PICTURES]

        def error_of(group: Sequence[Int8Layer]) -> float:
            self._step()
            alone = packed(with_floats(graph, everything - {*group}))
            vectors = self._trial(alone, "int8").vectors(self._pixels[some])
            return 1 - float(np.einsum("nd,nd->n", vectors, self._floats[some]).mean())

        groups = ranked(layers, error_of, _RANKING_TRIALS)
        return fewest_floats(groups, lambda some: self._agreement(graph, some) >= self._mark)

    def _step(self) -> None:
        self._steps += 1
        self._tell(Progress("searching", self._steps, None))

    def _agreement(self, graph: Any, floats: Sequence[Int8Layer]) -> float:  # noqa: ANN401
        """Of the calibration pictures, among all: those put aside are left for the end."""
        self._step()
        vectors = self._vectors(packed(with_floats(graph, floats)), "int8")
        return compare(self._floats, vectors, self._calibrating).neighbours

    def _vectors(self, graph: Path | Any, precision: str) -> Vectors:  # noqa: ANN401
        return self._trial(graph, precision).vectors(self._pixels)

    def _paces(self, graphs: dict[str, Path]) -> dict[str, float]:
        """Pictures a second, taken in turns so that a busy moment of the machine hits all."""
        trials = {precision: self._trial(graph, precision) for precision, graph in graphs.items()}
        best = {precision: trial.seconds(self._pixels) for precision, trial in trials.items()}
        start, rounds = time.monotonic(), 0
        while rounds < _LEAST_ROUNDS or time.monotonic() - start < _MEASURING_S:
            for precision, trial in trials.items():
                best[precision] = min(best[precision], trial.seconds(self._pixels))
            rounds += 1
        return {precision: 1 / seconds for precision, seconds in best.items()}

    def _trial(self, graph: Path | Any, precision: str) -> Trial:  # noqa: ANN401
        options = RunOptions(self._settings.threads, precision)
        return Trial(self._folder, self._tower, graph, options)


def _save(graph: Any, path: Path) -> None:  # noqa: ANN401
    try:
        import_openvino().save_model(graph, path)
    except RuntimeError as error:
        if shutil.disk_usage(path.parent).free < _ROOM_BYTES:
            raise DiskFullError(path) from error
        raise NotWritableError(path, str(error).strip().splitlines()[-1]) from error


def _megabytes(path: Path) -> float:
    return sum(each.stat().st_size for each in (path, path.with_suffix(".bin"))) / 1e6
