"""Runs one ONNX tower on the CPU with OpenVINO: compiled at first use, safe to share by threads."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.files import ModelFolder
from sightline.errors import InvalidValueError

PRECISIONS = ("float32", "bfloat16")
"""The arithmetic that can be asked for. float32 gives the same vectors on every machine."""

_OPENVINO_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
_TELEMETRY = "openvino_telemetry"
_import_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a tower is run.

    Attributes:
        threads: CPU threads; 0 leaves the choice to OpenVINO, which takes every physical core.
        precision: One of ``PRECISIONS``.

    Raises:
        InvalidValueError: threads is negative, or the precision is unknown.
    """

    threads: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise InvalidValueError("threads", self.threads, "0 (every core) or more")
        if self.precision not in PRECISIONS:
            raise InvalidValueError("precision", self.precision, " or ".join(PRECISIONS))
        if self.precision == "bfloat16" and not _cpu_has_bfloat16():
            raise InvalidValueError("precision", self.precision, "float32 on this processor")

    def properties(self) -> dict[str, Any]:
        """Return these options as OpenVINO's compile properties."""
        chosen: dict[str, Any] = {
            # One inference at a time on all cores measured as fast as parallel streams, and it
            # keeps a single query's latency low.
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": _OPENVINO_PRECISIONS[self.precision],
        }
        if self.threads:
            chosen["INFERENCE_NUM_THREADS"] = self.threads
        return chosen


class Tower:
    """One half of a model: a graph with named inputs, of which one output is read."""

    def __init__(self, folder: ModelFolder, path: Path, output: str, options: RunOptions) -> None:
        self._folder = folder
        self._path = path
        self._output = output
        self._options = options
        self._lock = threading.Lock()
        self._request: Any = None
        self._port: Any = None

    @property
    def compiled(self) -> bool:
        """Whether the graph was needed yet."""
        return self._request is not None

    def run(self, feeds: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the output for one batch, shape (n, d), float32, owned by the caller.

        Args:
            feeds: Arrays by input name, C-contiguous, in the dtypes that the graph declares.

        Raises:
            ModelFilesError: OpenVINO cannot read, compile or run the graph.
        """
        with self._lock:
            try:
                if self._request is None:
                    self._compile()
                self._request.infer(dict(feeds), share_inputs=True)
                # The request owns its output buffer and overwrites it in the next run.
                return np.array(self._request.get_tensor(self._port).data, dtype=np.float32)
            except RuntimeError as error:
                raise self._folder.error(
                    f"OpenVINO cannot run {self._path.name} ({_first_line(error)})"
                ) from error

    def _compile(self) -> None:
        core = import_openvino().Core()
        compiled = core.compile_model(
            core.read_model(self._path), "CPU", self._options.properties()
        )
        self._port = compiled.output(self._output)
        self._request = compiled.create_infer_request()


def import_openvino() -> Any:  # noqa: ANN401 - OpenVINO's modules carry no types we can use
    """Return the ``openvino`` module, imported so that it reports nothing to anyone.

    A plain ``import openvino`` posts an "import" event to Google Analytics and writes a client id
    under ``~/intel``, because it imports its converter (``openvino.tools.ovc``), which opts in by
    default. The converter uses a silent stub where the package ``openvino_telemetry`` is missing,
    so that package is hidden while the import runs.
    """
    with _import_lock:
        if "openvino" in sys.modules:
            return sys.modules["openvino"]
        present = _TELEMETRY in sys.modules
        hidden = sys.modules.get(_TELEMETRY)
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # import raises ImportError
        try:
            return importlib.import_module("openvino")
        finally:
            if present and hidden is not None:
                sys.modules[_TELEMETRY] = hidden
            else:
                del sys.modules[_TELEMETRY]


def _cpu_has_bfloat16() -> bool:
    core = import_openvino().Core()
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _first_line(error: Exception) -> str:
    """The last telling line of OpenVINO's several-line messages, which begin with C++ paths."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "Check '"))]
    return (telling or lines or [type(error).__name__])[-1][:200]
