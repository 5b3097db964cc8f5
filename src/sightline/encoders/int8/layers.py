"""The layers of a calibrated graph that compute in int8, and how one goes back to floats.

A ``FakeQuantize`` in front of a layer's input makes it an integer layer. One of them often serves
several layers (query, key and value of an attention), and a matrix product of two activations has
two; what can only go back together is one ``Int8Layer`` here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_QUANTIZER = "FakeQuantize"
_COMPUTES = frozenset(("MatMul", "Convolution", "GroupConvolution"))
# What moves numbers without changing them, so that NNCF leaves it behind the quantiser.
_MOVES = frozenset(
    (
        "Broadcast",
        "Concat",
        "Gather",
        "MaxPool",
        "Pad",
        "Reshape",
        "Slice",
        "Split",
        "Squeeze",
        "StridedSlice",
        "Tile",
        "Transpose",
        "Unsqueeze",
        "VariadicSplit",
    )
)


@dataclass(frozen=True, slots=True)
class Int8Layer:
    """What goes back to floats together.

    Attributes:
        name: Of its first operation that computes, else of its first quantiser.
        quantizers: The friendly names of its ``FakeQuantize`` operations.
        multiplications: For one picture; 0 where nothing but sums is computed.
    """

    name: str
    quantizers: frozenset[str]
    multiplications: int


def int8_layers(graph: Any, shape: tuple[int, ...]) -> tuple[Int8Layer, ...]:  # noqa: ANN401
    """Return the integer layers of a calibrated graph, in the order in which they run.

    Args:
        graph: An ``openvino.Model`` with ``FakeQuantize`` operations, weights not packed.
        shape: Of one prepared picture with its batch axis, for counting multiplications.
    """
    costs = _multiplications(graph, shape)
    parts: list[tuple[set[str], list[str]]] = []  # quantisers, operations that compute
    for operation in graph.get_ordered_ops():
        if operation.get_type_name() != _QUANTIZER or _is_constant(operation.input_value(0)):
            continue
        computing = [each for each in _fed_by(operation) if each.get_type_name() in _COMPUTES]
        names = {operation.get_friendly_name()}
        for each in computing:
            names |= {weights.get_friendly_name() for weights in _weight_quantizers(each)}
        parts.append((names, [each.get_friendly_name() for each in computing]))
    return tuple(
        Int8Layer(
            name=computing[0] if computing else min(names),
            quantizers=frozenset(names),
            multiplications=sum(costs.get(name, 0) for name in dict.fromkeys(computing)),
        )
        for names, computing in _joined(parts)
    )


def with_floats(graph: Any, layers: Collection[Int8Layer]) -> Any:  # noqa: ANN401
    """Return a copy of a calibrated graph in which these layers compute in floats again."""
    names = {name for layer in layers for name in layer.quantizers}
    copy = graph.clone()
    for operation in copy.get_ordered_ops():
        if operation.get_friendly_name() in names and operation.get_type_name() == _QUANTIZER:
            for target in operation.output(0).get_target_inputs():
                target.replace_source_output(operation.input_value(0))
    return copy


def _joined(parts: list[tuple[set[str], list[str]]]) -> list[tuple[set[str], list[str]]]:
    """Merge what shares a quantiser or an operation that computes."""
    merged: list[tuple[set[str], list[str]]] = []
    for names, computing in parts:
        shared = [each for each in merged if each[0] & names or {*each[1]} & {*computing}]
        if not shared:
            merged.append((set(names), list(computing)))
            continue
        first = shared[0]
        for each in [*shared[1:], (names, computing)]:
            first[0].update(each[0])
            first[1].extend(each[1])
            if each in merged:
                merged.remove(each)
    return merged


def _fed_by(quantizer: Any) -> Iterator[Any]:  # noqa: ANN401
    """The operations that take a quantiser's numbers, through what only moves them."""
    ports, met = list(quantizer.outputs()), set[str]()
    while ports:
        for target in ports.pop().get_target_inputs():
            operation = target.get_node()
            if operation.get_friendly_name() in met:
                continue
            met.add(operation.get_friendly_name())
            if operation.get_type_name() in _MOVES:
                ports += operation.outputs()
            else:
                yield operation


def _weight_quantizers(operation: Any) -> Iterator[Any]:  # noqa: ANN401
    for value in operation.input_values():
        source = value.get_node()
        while source.get_type_name() in ("Reshape", "Transpose"):  # as grouped convolutions have
            source = source.input_value(0).get_node()
        if source.get_type_name() == _QUANTIZER and _is_constant(source.input_value(0)):
            yield source


def _is_constant(value: Any, depth: int = 8) -> bool:  # noqa: ANN401
    node = value.get_node()
    if node.get_type_name() == "Constant":
        return True
    inputs = node.input_values()
    return bool(inputs) and depth > 0 and all(_is_constant(each, depth - 1) for each in inputs)


def _multiplications(graph: Any, shape: tuple[int, ...]) -> Mapping[str, int]:  # noqa: ANN401
    still = graph.clone()
    still.reshape({still.input(0): list(shape)})
    costs = {}
    for operation in still.get_ordered_ops():
        if operation.get_type_name() in _COMPUTES:
            outputs = _length(operation.output(0).get_partial_shape())
            costs[operation.get_friendly_name()] = outputs * _terms(operation)
    return costs


def _terms(operation: Any) -> int:  # noqa: ANN401
    """How many products are summed up for one number of an operation's output."""
    shape = operation.input_value(1).get_partial_shape()
    if operation.get_type_name() != "MatMul":
        outputs = 2 if operation.get_type_name() == "GroupConvolution" else 1
        return _length(list(shape)[outputs:])
    columns = operation.input_value(0).get_partial_shape()
    return _length([columns[-2 if operation.get_attributes()["transpose_a"] else -1]])


def _length(axes: Any) -> int:  # noqa: ANN401
    total = 1
    for axis in axes:
        total *= axis.get_length() if axis.is_static else 1
    return total
