from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pytest

from sightline.encoders.files.onnx_signature import (
    BrokenOnnxError,
    ExternalData,
    TensorShape,
    read_signature,
)
from tests.encoders.tiny_model import TinyText, make_tiny_model, text_graph, vision_graph


def as_onnx_says(values: Any, weights: set[str]) -> dict[str, TensorShape]:  # noqa: ANN401
    shapes = {}
    for value in values:
        kind = value.type.tensor_type
        axes = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
        shapes[value.name] = TensorShape(kind.elem_type, tuple(axes))
    return {name: shape for name, shape in shapes.items() if name not in weights}


@pytest.mark.parametrize(
    "graph",
    [
        vision_graph(8, 16),
        text_graph(300, TinyText(mask=True)),
        text_graph(5, TinyText(sequence=7)),
    ],
)
def test_the_outline_is_what_the_onnx_library_reads(tmp_path: Path, graph: onnx.ModelProto) -> None:
    path = tmp_path / "graph.onnx"
    weights = {tensor.name for tensor in graph.graph.initializer}
    # As files before ONNX IR 4 do, list a weight among the inputs.
    first = graph.graph.initializer[0]
    graph.graph.input.append(
        onnx.helper.make_tensor_value_info(first.name, first.data_type, list(first.dims))
    )
    path.write_bytes(graph.SerializeToString())

    signature = read_signature(path)

    assert signature.inputs == as_onnx_says(graph.graph.input, weights)
    assert signature.outputs == as_onnx_says(graph.graph.output, set())
    assert signature.external == ()


def test_weights_in_other_files_are_listed_with_their_ends(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", external=True)
    path = folder / "onnx" / "vision_model.onnx"
    graph = onnx.load(path, load_external_data=False)
    expected = []
    for tensor in graph.graph.initializer:
        entries = {entry.key: entry.value for entry in tensor.external_data}
        end = int(entries["offset"]) + int(entries["length"])
        expected.append(ExternalData(entries["location"], end))

    assert read_signature(path).external == tuple(expected)
    assert expected


@pytest.mark.parametrize("content", [b"\x00", b"\x08\x09", b"<!DOCTYPE html>", b"\xff" * 40])
def test_other_bytes_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(content)

    with pytest.raises(BrokenOnnxError):
        read_signature(path)
