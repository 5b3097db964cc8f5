"""What is asked of a quantisation, and what came of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightline.encoders.files.model_folder import ModelFolder
from sightline.encoders.int8.folders import INT8_REPORT, SOURCE
from sightline.errors import InvalidValueError, ModelFilesError

LEAST_AGREEMENT = 0.98


@dataclass(frozen=True, slots=True)
class QuantizationSettings:
    """How an int8 model is made.

    Attributes:
        least_agreement: Of the first ten neighbours with float32; see ``compare``.
        force: Install a model that misses it, too.
        every_layer: Leave no layer in floats, for the most speed.
        threads: CPU threads; 0 for every core.

    Raises:
        InvalidValueError: the agreement is not a share.
    """

    least_agreement: float = LEAST_AGREEMENT
    force: bool = False
    every_layer: bool = False
    threads: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.least_agreement <= 1:
            raise InvalidValueError("least_agreement", self.least_agreement, "from 0 to 1")


@dataclass(frozen=True, slots=True)
class PrecisionRun:
    """What was measured of a picture tower in one arithmetic.

    Attributes:
        precision: "float32", "bfloat16" or "int8".
        cosine_mean: To the vectors of float32, over the pictures put aside.
        cosine_worst: The least of these.
        agreement: Of the first ten neighbours with those of float32; see
            ``neighbour_agreement.compare``.
        pictures_per_s: Of the model alone, in batches; measured in turns with the others.
        megabytes: Of the files.
    """

    precision: str
    cosine_mean: float
    cosine_worst: float
    agreement: float
    pictures_per_s: float
    megabytes: float


@dataclass(frozen=True, slots=True)
class QuantizationReport:
    """What came of a quantisation.

    Attributes:
        model: Its name.
        folder: Where the int8 tower lies.
        calibrated_with: How many pictures gave the ranges.
        measured_with: How many others were queries of the measurement.
        gallery: How many they were searched among, themselves included: all of them.
        ranges: Where the ranges came from, one of ``calibration.Ranges``.
        layers: How many there are that can be int8.
        float_layers: The names of those that stayed floats.
        least_agreement: What was asked for.
        forced: Whether it was installed although it misses that.
        runs: float32 first, int8 last.
    """

    model: str
    folder: Path
    calibrated_with: int
    measured_with: int
    gallery: int
    ranges: str
    layers: int
    float_layers: tuple[str, ...]
    least_agreement: float
    forced: bool
    runs: tuple[PrecisionRun, ...]

    @property
    def float32(self) -> PrecisionRun:
        """The model as it was."""
        return self.runs[0]

    @property
    def int8(self) -> PrecisionRun:
        """The model as it is now."""
        return self.runs[-1]


def write_report(report: QuantizationReport, source: str, path: Path) -> None:
    """Write a report as JSON beside the int8 tower that it is about.

    Args:
        report: What to write.
        source: The digest of the float graph.
        path: Where.

    Raises:
        OSError: it cannot be written.
    """
    from importlib.metadata import version

    content = asdict(report) | {
        SOURCE: source,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "nncf": version("nncf"),
        "openvino": version("openvino"),
    }
    del content["folder"]  # a folder can be moved
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def noted_agreement(folder: ModelFolder) -> float | None:
    """Return the agreement in the report beside an int8 tower; None where no report gives one."""
    try:
        return float(folder.read_json(INT8_REPORT)["runs"][-1]["agreement"])
    except (ModelFilesError, LookupError, TypeError, ValueError):
        return None
