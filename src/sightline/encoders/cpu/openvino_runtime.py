"""Runs one ONNX tower on the CPU with OpenVINO: compiled at first use, safe to share by threads."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.compiled import CompiledPlace
from sightline.encoders.files.model_files import ModelFolder, TowerFiles
from sightline.errors import InvalidValueError

Feeds = Mapping[str, NDArray[Any]]
"""Arrays by input name, C-contiguous, in the dtypes that the graph declares."""

PRECISIONS = ("auto", "float32", "bfloat16", "int8")
"""What can be asked for. float32 gives the same vectors on every machine."""

_OPENVINO_PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
_TELEMETRY = "openvino_telemetry"
# What OpenVINO and oneDNN say where C++ could not get memory.
_NO_MEMORY = ("bad_alloc", "bad allocation", "out of memory", "failed to allocate")
_import_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a tower is run.

    Attributes:
        threads: CPU threads; 0 leaves the choice to OpenVINO, which takes every physical core.
        precision: "float32", "bfloat16", or "int8", where the weights of most layers are int8 and
            the rest runs in whatever the processor is quicker at.

    Raises:
        InvalidValueError: threads is negative, or the precision is not possible.
    """

    threads: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise InvalidValueError("threads", self.threads, "0 (every core) or more")
        if self.precision not in PRECISIONS[1:]:
            raise InvalidValueError("precision", self.precision, " or ".join(PRECISIONS))
        if self.precision == "bfloat16" and not cpu_has_bfloat16():
            raise InvalidValueError("precision", self.precision, "float32 on this processor")

    @property
    def arithmetic(self) -> str:
        """What is left to floats is computed in: "float32" or "bfloat16"."""
        if self.precision == "int8":
            return "bfloat16" if cpu_has_bfloat16() else "float32"
        return self.precision

    def properties(self, streams: int = 1) -> dict[str, Any]:
        """Return these options as OpenVINO's compile properties."""
        chosen: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY" if streams == 1 else "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": _OPENVINO_PRECISIONS[self.arithmetic],
        }
        if streams > 1:
            chosen["NUM_STREAMS"] = streams
        if self.threads:
            chosen["INFERENCE_NUM_THREADS"] = self.threads
        return chosen


class Tower:
    """One half of a model: a graph with named inputs, of which one output is read.

    Args:
        folder: The model's, for error messages.
        files: The graph.
        options: How to run it.
        place: Where its compiled form is kept between processes, or None.
    """

    def __init__(
        self,
        folder: ModelFolder,
        files: TowerFiles,
        options: RunOptions,
        place: CompiledPlace | None = None,
    ) -> None:
        self._folder = folder
        self._path = files.path
        self._output = files.output
        self._options = options
        self._place = place
        self._lock = threading.Lock()
        self._streams = 1
        self._requests: list[Any] = []
        self._port: Any = None

    @property
    def compiled(self) -> bool:
        """Whether the graph was needed yet."""
        return bool(self._requests)

    def run(self, feeds: Feeds) -> NDArray[np.float32]:
        """Return the output for one batch, float32, owned by the caller.

        Raises:
            ModelFilesError: OpenVINO cannot read, compile or run the graph.
            MemoryError: there is too little memory; a smaller batch may do.
        """
        return self.run_all([feeds])[0]

    def run_all(self, batches: Sequence[Feeds], streams: int = 1) -> list[NDArray[np.float32]]:
        """Return the output for each batch, in order, like ``run``, but several at once.

        Args:
            batches: What to feed.
            streams: How many at once. A tower that ran with another number is compiled again, but
                not for the sake of a single batch.

        Raises:
            ModelFilesError: OpenVINO cannot read, compile or run the graph.
            MemoryError: there is too little memory; smaller batches may do.
        """
        with self._lock:
            try:
                # A single batch is no reason to leave the streams of a long run, nor to begin one.
                if len(batches) > 1 and streams != self._streams:
                    self._compile(streams)
                elif not self._requests:
                    self._compile(1)
                return self._infer(batches)
            except RuntimeError as error:
                if _lacks_memory(error):
                    raise MemoryError(str(error)) from error
                raise self._folder.error(
                    f"OpenVINO cannot run {self._path.name} ({_first_line(error)})"
                ) from error

    def _infer(self, batches: Sequence[Feeds]) -> list[NDArray[np.float32]]:
        if len(self._requests) == 1:
            return [self._infer_here(feeds) for feeds in batches]
        outputs: list[NDArray[np.float32]] = []
        for start in range(0, len(batches), len(self._requests)):
            outputs += self._infer_together(batches[start : start + len(self._requests)])
        return outputs

    def _infer_together(self, batches: Sequence[Feeds]) -> list[NDArray[np.float32]]:
        busy = self._requests[: len(batches)]
        try:
            for request, feeds in zip(busy, batches, strict=True):
                request.start_async(dict(feeds), share_inputs=True)
            for request in busy:
                request.wait()
        except BaseException:
            # One that goes on reads memory of the caller's, and refuses to be used again.
            for request in busy:
                with suppress(RuntimeError):
                    request.wait()
            raise
        return [self._output_of(request) for request in busy]

    def _infer_here(self, feeds: Feeds) -> NDArray[np.float32]:
        # In this thread: handing a short text to another one and back costs a tenth of its time.
        (request,) = self._requests
        request.infer(dict(feeds), share_inputs=True, share_outputs=True)
        return self._output_of(request)

    def _output_of(self, request: Any) -> NDArray[np.float32]:  # noqa: ANN401
        # The request owns its output buffer and overwrites it in the next run.
        return np.array(request.get_tensor(self._port).data, dtype=np.float32)

    def _compile(self, streams: int) -> None:
        self._requests = []  # both compiled forms at once may not fit
        try:
            model = self._compiled(self._place, streams)
        except RuntimeError as error:
            if self._place is None or _lacks_memory(error):
                raise
            # What was kept may be the broken part. It never stops anyone.
            self._place.forget()
            self._place = None
            model = self._compiled(None, streams)
        self._port = model.output(self._output)
        self._requests = [model.create_infer_request() for _ in range(streams)]
        self._streams = streams

    def _compiled(self, place: CompiledPlace | None, streams: int) -> Any:  # noqa: ANN401
        core, properties = import_openvino().Core(), self._options.properties(streams)
        if place is None:
            return core.compile_model(self._path, "CPU", properties)
        with place.workroom() as room:
            if room is None:
                return core.compile_model(self._path, "CPU", properties)
            kept = {"CACHE_DIR": str(room)}
            return core.compile_model(self._graph(place), "CPU", properties | kept)

    def _graph(self, place: CompiledPlace) -> Path:
        """The graph to compile: in bfloat16, one whose weights are half as long."""
        if self._options.precision != "bfloat16":
            return self._path
        openvino = import_openvino()

        def write(path: Path) -> None:
            model = openvino.Core().read_model(self._path)
            openvino.save_model(model, path, compress_to_fp16=True)

        return place.halved(self._path, write)


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
        with hidden_telemetry():
            return importlib.import_module("openvino")


@contextmanager
def hidden_telemetry() -> Iterator[None]:
    """Make the package that reports to Intel look as if it were not installed, for a block."""
    before = {name: sys.modules[name] for name in [_TELEMETRY] if name in sys.modules}
    sys.modules[_TELEMETRY] = None  # type: ignore[assignment]  # import raises ImportError
    try:
        yield
    finally:
        del sys.modules[_TELEMETRY]
        sys.modules.update(before)


def cpu_has_bfloat16() -> bool:
    """Return whether this processor computes in bfloat16 by itself (AVX-512 BF16, AMX)."""
    core = import_openvino().Core()
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def choose_precision(asked: str | None, weights_bytes: int) -> str:
    """Return the arithmetic to use for what was asked.

    "auto" is bfloat16 for a model of more than 100 MB on a processor that has it, where it is about
    twice as fast and its vectors have a cosine above 0.9995 to those of float32; else float32. A
    smaller model is quick anyway, and keeps the vectors that it has on every machine.

    Args:
        asked: One of ``PRECISIONS``, or None for "auto".
        weights_bytes: Of the picture tower.
    """
    if asked not in (None, "auto"):
        return str(asked)
    return "bfloat16" if weights_bytes > 100e6 and cpu_has_bfloat16() else "float32"


def _lacks_memory(error: RuntimeError) -> bool:
    return any(sign in str(error).lower() for sign in _NO_MEMORY)


def _first_line(error: Exception) -> str:
    """The last telling line of OpenVINO's several-line messages, which begin with C++ paths."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("Exception from", "Check '"))]
    return (telling or lines or [type(error).__name__])[-1][:200]


def weights_bytes(files: TowerFiles) -> int:
    """Return how large a tower's weights are on disk; 0 for files that went away."""
    return sum(path.stat().st_size for path in files.weights if os.path.exists(path))
