"""Post-training int8 of a graph with NNCF: where its ranges come from, and that it stays quiet.

NNCF watches a float graph work on calibration pictures, notes the range of every layer's input,
and puts a ``FakeQuantize`` in front of each, from which OpenVINO makes integer arithmetic:
https://docs.openvino.ai, "Quantizing Models Post-training".
"""

from __future__ import annotations

import importlib
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sightline.encoders.cpu.openvino_runtime import hidden_telemetry, import_openvino
from sightline.system.packages import require


class Ranges(StrEnum):
    """What counts as the range of a layer's input."""

    EXTREMES = "extremes"
    """From the least to the greatest value that any picture gave: nothing is cut off."""
    TYPICAL = "typical"
    """The mean of every picture's extremes: finer steps, and rare values are cut off."""


def import_nncf() -> Any:  # noqa: ANN401 - it is one of several packages that carry no types
    """Return the ``nncf`` module, imported so that it reports nothing to anyone.

    NNCF sends what it is asked to do to Google Analytics through the package
    ``openvino_telemetry``, and a stub takes its place where that is missing; so it is hidden while
    the import runs, as ``import_openvino`` does.

    Raises:
        MissingPackageError: NNCF is not installed.
    """
    require("nncf", "quantize")
    import_openvino()
    logger_class = logging.getLoggerClass()
    with hidden_telemetry(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what NNCF imports; none is about what we do
        try:
            nncf = importlib.import_module("nncf")
        finally:
            logging.setLoggerClass(logger_class)  # NNCF puts its own class in its place
    nncf.set_log_level(logging.ERROR)  # it writes to standard output, where results belong
    return nncf


def calibrated(
    graph: Any,  # noqa: ANN401 - an openvino.Model
    pixels: NDArray[np.float32],
    ranges: Ranges,
    seen: Callable[[int], None],
) -> Any:  # noqa: ANN401
    """Return a copy of a graph with ``FakeQuantize`` in it; its weights are not packed yet.

    Weights are quantised by channel, activations symmetrically. SmoothQuant (arXiv 2211.10438)
    moves what is hard about a transformer's activations into its weights. There is no correction
    of biases: it changed no result that was measured, and a layer that goes back to floats later
    would keep a correction for errors that it no longer makes.

    Args:
        graph: The picture tower in floats, an ``openvino.Model`` with one input.
        pixels: Prepared pictures in the dtype of that input, shape (n, 3, height, width).
        ranges: Where the ranges come from.
        seen: Called with the number of pictures that were looked at; each is, once or twice.

    Raises:
        RuntimeError: OpenVINO or NNCF cannot do it.
    """
    nncf = import_nncf()
    advanced = importlib.import_module("nncf.quantization.advanced_parameters")
    estimators = importlib.import_module("nncf.quantization.range_estimator")
    named = estimators.RangeEstimatorParametersSet
    count = 0

    def picture(number: int) -> NDArray[np.float32]:
        nonlocal count
        count += 1
        seen(count)
        return pixels[number : number + 1]

    with _quiet():
        return nncf.quantize(
            graph,
            nncf.Dataset(range(len(pixels)), picture),
            subset_size=len(pixels),
            preset=nncf.QuantizationPreset.PERFORMANCE,
            model_type=nncf.ModelType.TRANSFORMER,
            advanced_parameters=advanced.AdvancedQuantizationParameters(
                disable_bias_correction=True,
                activations_range_estimator_params=named.MINMAX
                if ranges is Ranges.EXTREMES
                else named.MEAN_MINMAX,
                backend_params={"compress_weights": False},
            ),
        )


def packed(graph: Any) -> Any:  # noqa: ANN401
    """Return a copy of a calibrated graph whose quantised weights are stored as 8-bit integers."""
    import_nncf()
    transformations = importlib.import_module("openvino._offline_transformations")
    copy = graph.clone()
    transformations.compress_quantize_weights_transformation(copy)
    return copy


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep NNCF's progress bars, which go to Rich's shared console, off standard output."""
    from rich import get_console

    console = get_console()
    before = console.quiet
    console.quiet = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        console.quiet = before
