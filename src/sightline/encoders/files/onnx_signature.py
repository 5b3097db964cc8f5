"""What an ONNX file takes and gives, read from its outline without loading its weights.

An ONNX file is one protobuf message. Its weights are fields whose length stands in front of them,
so they can be stepped over: a file of gigabytes is checked in milliseconds, and one that was cut
short is told by a field that ends behind the end of the file. Field numbers are those of
https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_MODEL_GRAPH, _MODEL_OPSET = 7, 8
_GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_OUTPUT = 5, 11, 12
_TENSOR_NAME, _TENSOR_EXTERNAL = 8, 13
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class BrokenOnnxError(ValueError):
    """The bytes are not a whole ONNX file. Translated by ``files`` before a caller sees it."""


@dataclass(frozen=True, slots=True)
class ExternalData:
    """Weights kept in another file.

    Attributes:
        location: The file, relative to the ONNX file.
        end_bytes: How long that file must be at least.
    """

    location: str
    end_bytes: int


@dataclass(frozen=True, slots=True)
class TensorShape:
    """The element type and axes of an input or output.

    Attributes:
        elem_type: ONNX's number: 1 is float32, 6 int32, 7 int64, 10 float16.
        axes: Lengths; None where an axis is free or not stated.
    """

    elem_type: int
    axes: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class OnnxSignature:
    """The outline of an ONNX file."""

    inputs: Mapping[str, TensorShape]
    outputs: Mapping[str, TensorShape]
    external: tuple[ExternalData, ...]


class _Field(NamedTuple):
    number: int
    start: int  # of the payload
    end: int
    value: int  # of a varint, else 0


def read_signature(path: Path) -> OnnxSignature:
    """Return the outline of the ONNX file at path.

    Raises:
        BrokenOnnxError: the file is cut short, or is something else.
        OSError: it cannot be read.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            model = list(_fields(data, 0, len(data)))
            graph = [field for field in model if field.number == _MODEL_GRAPH]
            if not graph or all(field.number != _MODEL_OPSET for field in model):
                raise BrokenOnnxError("no graph")
            return _graph_signature(data, list(_fields(data, graph[0].start, graph[0].end)))
        except (IndexError, UnicodeDecodeError) as error:
            raise BrokenOnnxError(str(error)) from error


def _graph_signature(data: mmap.mmap, graph: list[_Field]) -> OnnxSignature:
    weights = [_weight(data, field) for field in graph if field.number == _GRAPH_INITIALIZER]
    # Before ONNX IR 4 every weight is listed among the inputs too.
    names = {name for name, _ in weights}
    inputs = dict(_value(data, field) for field in graph if field.number == _GRAPH_INPUT)
    return OnnxSignature(
        inputs={name: shape for name, shape in inputs.items() if name not in names},
        outputs=dict(_value(data, field) for field in graph if field.number == _GRAPH_OUTPUT),
        external=tuple(external for _, external in weights if external is not None),
    )


def _weight(data: mmap.mmap, tensor: _Field) -> tuple[str, ExternalData | None]:
    name, entries = "", {}
    for field in _fields(data, tensor.start, tensor.end):
        if field.number == _TENSOR_NAME:
            name = _text(data, field)
        elif field.number == _TENSOR_EXTERNAL:
            entry = {part.number: part for part in _fields(data, field.start, field.end)}
            entries[_text(data, entry[1])] = _text(data, entry[2])
    if "location" not in entries:
        return name, None
    end_bytes = int(entries.get("offset", 0)) + int(entries.get("length", 0))
    return name, ExternalData(entries["location"], end_bytes)


def _value(data: mmap.mmap, info: _Field) -> tuple[str, TensorShape]:
    """ValueInfoProto: name = 1, type = 2 { tensor_type = 1 { elem_type = 1, shape = 2 } }."""
    name, elem_type, axes = "", 0, tuple[int | None, ...]()
    for field in _fields(data, info.start, info.end):
        if field.number == 1:
            name = _text(data, field)
        elif field.number == 2:
            for kind in _fields(data, field.start, field.end):
                for part in _fields(data, kind.start, kind.end):
                    if part.number == 1:
                        elem_type = part.value
                    elif part.number == 2:
                        axes = tuple(_axis(data, a) for a in _fields(data, part.start, part.end))
    return name, TensorShape(elem_type, axes)


def _axis(data: mmap.mmap, dimension: _Field) -> int | None:
    for field in _fields(data, dimension.start, dimension.end):
        if field.number == 1:
            return field.value
    return None


def _text(data: mmap.mmap, field: _Field) -> str:
    return data[field.start : field.end].decode()


def _fields(data: mmap.mmap, start: int, end: int) -> Iterator[_Field]:
    position = start
    while position < end:
        tag, position = _varint(data, position)
        wire, value, first = tag & 7, 0, position
        if wire == _VARINT:
            value, position = _varint(data, position)
        elif wire == _BYTES:
            length, first = _varint(data, position)
            position = first + length
        elif wire in (_FIXED64, _FIXED32):
            position += 8 if wire == _FIXED64 else 4
        else:
            raise BrokenOnnxError("not a protobuf message")
        if position > end:
            raise BrokenOnnxError("a field ends behind the end of the file")
        yield _Field(tag >> 3, first, position, value)


def _varint(data: mmap.mmap, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise BrokenOnnxError("not a protobuf message")
