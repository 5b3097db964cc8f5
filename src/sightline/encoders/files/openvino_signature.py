"""What an OpenVINO graph takes and gives, read from its XML without OpenVINO.

The weights lie in a ``.bin`` file beside it; each constant states where, which tells how long that
file must be. Only the layers at both ends are parsed: the XML of a large model has megabytes, and
all of it would take longer than a search. Element types are translated to ONNX's numbers, so that
both kinds of graph are checked by one piece of code.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from sightline.encoders.files.onnx_signature import ExternalData, OnnxSignature, TensorShape

_ELEMENT_TYPES = {"f32": 1, "u8": 2, "i8": 3, "i32": 6, "i64": 7, "f16": 10, "bf16": 16}
_CONSTANT = re.compile(r'<data\b[^>]*\boffset="(\d+)"[^>]*\bsize="(\d+)"')


class BrokenOpenvinoError(ValueError):
    """The text is not a whole OpenVINO graph. Translated by ``towers`` before a caller sees it."""


def read_openvino_signature(path: Path) -> OnnxSignature:
    """Return the outline of the OpenVINO graph at path.

    Raises:
        BrokenOpenvinoError: the file is cut short, or is something else.
        OSError: it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
        ends = (int(start) + int(length) for start, length in _CONSTANT.findall(text))
        signature = OnnxSignature(
            inputs=dict(_inputs(text)),
            outputs=dict(_outputs(text)),
            external=(ExternalData(path.with_suffix(".bin").name, max(ends, default=1)),),
        )
    except (ElementTree.ParseError, KeyError, ValueError, IndexError) as error:
        raise BrokenOpenvinoError(str(error)) from error
    if not signature.inputs or not text.rstrip().endswith("</net>"):
        raise BrokenOpenvinoError("no graph, or the end is missing")
    return signature


def _inputs(text: str) -> Iterator[tuple[str, TensorShape]]:
    for layer in _layers(text, 'type="Parameter"'):
        data = layer.findall("data")[0].attrib
        axes = tuple(_axis(axis) for axis in re.findall(r"[^,\s]+", data["shape"]))
        names = _names(layer.findall("output/port")[0], layer)
        name = layer.attrib["name"]
        kind = _ELEMENT_TYPES.get(data["element_type"], 0)
        # Of several names of one input, the layer's own is what its author called it.
        yield name if name in names else names[0], TensorShape(kind, axes)


def _outputs(text: str) -> Iterator[tuple[str, TensorShape]]:
    """A result has the names and shape of what flows into it."""
    for layer in _layers(text, 'type="Result"'):
        arrow = re.findall(rf'<edge\b[^>]*\bto-layer="{layer.attrib["id"]}"[^>]*>', text)[0]
        edge = ElementTree.fromstring(arrow).attrib
        source = list(_layers(text, f'id="{edge["from-layer"]}"'))[0]  # noqa: RUF015
        ports = {port.attrib["id"]: port for port in source.iterfind("output/port")}
        port = ports[edge["from-port"]]
        axes = tuple(_axis(dim.text or "") for dim in port.iterfind("dim"))
        kind = _ELEMENT_TYPES.get(port.attrib["precision"].lower().replace("fp", "f"), 0)
        for name in _names(port, source):
            yield name, TensorShape(kind, axes)


def _layers(text: str, attribute: str) -> Iterator[ElementTree.Element]:
    for start in re.finditer(rf"<layer\b[^>]*\s{attribute}[^>]*>", text):
        end = text.index("</layer>", start.end()) + len("</layer>")
        yield ElementTree.fromstring(text[start.start() : end])


def _names(port: ElementTree.Element, layer: ElementTree.Element) -> list[str]:
    return port.attrib.get("names", layer.attrib["name"]).split(",")


def _axis(text: str) -> int | None:
    """A length; None for "?", "-1" and ranges such as "1..8"."""
    return int(text) if text.isdecimal() else None
