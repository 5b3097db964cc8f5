"""Writes a whole model folder whose vectors can be worked out by hand.

The first four dimensions are those of ``sightline.testing.FakeEncoder``: mean red, green, blue and
a constant 0.25. So a red picture and the text "red" point the same way. The padding token points
along the fifth dimension, so that a padded text differs from an unpadded one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from sightline.testing import COLOURS

WORDS = ["<pad>", "<s>", "</s>", "<unk>", *COLOURS]


@dataclass(frozen=True, slots=True)
class TinyText:
    """How the text tower is built.

    Attributes:
        mask: Whether the graph has an ``attention_mask`` input, and leaves masked tokens out.
        sequence: A fixed number of tokens, or None for a free axis.
    """

    mask: bool = False
    sequence: int | None = None


def make_tiny_model(
    folder: Path,
    dimensions: int = 8,
    size: int = 16,
    causal: bool = True,
    *,
    context: int = 12,
    text: TinyText | None = TinyText(),
    text_dimensions: int | None = None,
    config: dict[str, Any] | None = None,
    external: bool = False,
) -> Path:
    """Return the folder, filled. ``config`` is laid over config.json; ``text=None`` leaves it out.

    ``external`` keeps the picture tower's weights in ``vision_model.onnx_data``.
    """
    (folder / "onnx").mkdir(parents=True)
    text_config = {"max_position_embeddings": context, "causal": causal, "vocab_size": len(WORDS)}
    _write_json(
        folder / "config.json",
        {"model_type": "clip", "projection_dim": dimensions, "text_config": text_config}
        | (config or {}),
    )
    _write_json(
        folder / "preprocessor_config.json",
        {
            "do_resize": True,
            "size": {"shortest_edge": size},
            "resample": 2,
            "do_center_crop": True,
            "crop_size": size,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": False,
        },
    )
    vision = folder / "onnx" / "vision_model.onnx"
    onnx.save_model(
        vision_graph(dimensions, size),
        vision,
        save_as_external_data=external,
        location="vision_model.onnx_data",
        size_threshold=0,
    )
    if text is not None:
        graph = text_graph(text_dimensions or dimensions, text)
        onnx.save_model(graph, folder / "onnx" / "text_model.onnx")
        make_tokenizer().save(str(folder / "tokenizer.json"))
        _write_json(folder / "tokenizer_config.json", {"pad_token": "<pad>", "do_lower_case": True})
    return folder


def make_immich_model(folder: Path, size: int = 16, *, newer: bool = True) -> Path:
    """Return the folder, filled as Immich's exporter lays out a CLIP model of open_clip.

    Its tokens are int32, and its texts have a fixed length; the ``newer`` one takes one picture or
    text at a time, and calls both outputs alike.
    """
    for name in ("visual", "textual"):
        (folder / name).mkdir(parents=True)
    shared = {"pixel_values": "image", "input_ids": "text"}
    outputs = ("embedding", "embedding") if newer else ("image_embedding", "text_embedding")
    vision = renamed(vision_graph(8, size), shared | {"image_embeds": outputs[0]})
    text = renamed(text_graph(8, TinyText(sequence=12)), shared | {"text_embeds": outputs[1]})
    text.graph.input[0].type.tensor_type.elem_type = TensorProto.INT32
    if newer:
        for value in (*vision.graph.input, *vision.graph.output, *text.graph.input):
            value.type.tensor_type.shape.dim[0].dim_value = 1
    onnx.save_model(vision, folder / "visual" / "model.onnx")
    onnx.save_model(text, folder / "textual" / "model.onnx")
    _write_json(
        folder / "config.json",
        {
            "embed_dim": 8,
            "vision_cfg": {"image_size": size, "layers": 24, "width": 1024, "patch_size": 14},
            "text_cfg": {"context_length": 12, "vocab_size": len(WORDS), "width": 768},
        },
    )
    _write_json(
        folder / "visual" / "preprocess_cfg.json",
        {
            "size": [size, size],
            "mode": "RGB",
            "mean": [0.0, 0.0, 0.0],
            "std": [1.0, 1.0, 1.0],
            "interpolation": "bicubic",
            "resize_mode": "shortest",
            "fill_color": 0,
        },
    )
    make_tokenizer().save(str(folder / "textual" / "tokenizer.json"))
    _write_json(folder / "textual" / "tokenizer_config.json", {"pad_token": "<pad>"})
    return folder


def make_lone_tower(folder: Path, size: int = 16, *, pooled: bool = False) -> Path:
    """Return the folder, filled as DINOv2 is: one graph that gives a row for each token.

    With ``pooled`` it gives the vector too, as some exports do.
    """
    (folder / "onnx").mkdir(parents=True)
    onnx.save_model(token_rows_graph(8, size, pooled), folder / "onnx" / "model.onnx")
    _write_json(folder / "config.json", {"model_type": "dinov2", "hidden_size": 8})
    _write_json(
        folder / "preprocessor_config.json",
        {
            "image_processor_type": "BitImageProcessor",
            "size": {"shortest_edge": size + 2},
            "crop_size": {"height": size, "width": size},
            "do_normalize": False,
        },
    )
    return folder


def renamed(model: onnx.ModelProto, names: dict[str, str]) -> onnx.ModelProto:
    """Return the graph, changed: its values called otherwise."""
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in (*model.graph.input, *model.graph.output):
        value.name = names.get(value.name, value.name)
    onnx.checker.check_model(model)
    return model


def token_rows_graph(dimensions: int, size: int, pooled: bool = False) -> onnx.ModelProto:
    """Return pixel_values -> last_hidden_state (n, 3, d): the vector, then two other rows."""
    model = renamed(vision_graph(dimensions, size), {"image_embeds": "pooler_output"})
    graph = model.graph
    graph.node.append(helper.make_node("Unsqueeze", ["pooler_output", "second"], ["row"]))
    graph.node.append(helper.make_node("Neg", ["row"], ["other"]))
    rows = ["row", "other", "other"]
    graph.node.append(helper.make_node("Concat", rows, ["last_hidden_state"], axis=1))
    graph.initializer.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "second"))
    if not pooled:
        del graph.output[:]
    hidden = _value("last_hidden_state", TensorProto.FLOAT, ["batch", 3, dimensions])
    graph.output.insert(0, hidden)
    onnx.checker.check_model(model)
    return model


def make_tokenizer() -> Tokenizer:
    """Return a tokeniser of whole words: <s> words </s>."""
    vocabulary = {word: place for place, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)]
    )
    return tokenizer


def word_vectors(dimensions: int) -> NDArray[np.float32]:
    """Return the row that the text tower adds for each of ``WORDS``."""
    rows = np.zeros((len(WORDS), dimensions), dtype=np.float32)
    rows[WORDS.index("<pad>"), 4] = 1
    rows[WORDS.index("<unk>"), :4] = (0.5, 0.5, 0.5, 0.25)
    for word, colour in COLOURS.items():
        rows[WORDS.index(word), :4] = (*(np.array(colour) / 255), 0.25)
    return rows


def vision_graph(dimensions: int, size: int) -> onnx.ModelProto:
    """Return pixel_values (n, 3, size, size) -> image_embeds (n, dimensions)."""
    weights: dict[str, NDArray[Any]] = {
        "axes": np.array([2, 3], dtype=np.int64),
        "projection": np.eye(3, dimensions, dtype=np.float32),
        "constant": (np.arange(dimensions) == 3).astype(np.float32) * np.float32(0.25),
    }
    nodes = [
        helper.make_node("ReduceMean", ["pixel_values", "axes"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "projection"], ["projected"]),
        helper.make_node("Add", ["projected", "constant"], ["image_embeds"]),
    ]
    pixels = _value("pixel_values", TensorProto.FLOAT, ["batch", 3, size, size])
    embeds = _value("image_embeds", TensorProto.FLOAT, ["batch", dimensions])
    return _model(nodes, [pixels], embeds, weights)


def text_graph(dimensions: int, text: TinyText) -> onnx.ModelProto:
    """Return input_ids (n, tokens) [, attention_mask] -> text_embeds: the sum of word vectors."""
    weights: dict[str, NDArray[Any]] = {
        "words": word_vectors(dimensions),
        "tokens_axis": np.array([1], dtype=np.int64),
        "last_axis": np.array([2], dtype=np.int64),
    }
    nodes = [helper.make_node("Gather", ["words", "input_ids"], ["rows"])]
    inputs = [_value("input_ids", TensorProto.INT64, ["batch", text.sequence or "sequence"])]
    if text.mask:
        inputs.append(_value("attention_mask", TensorProto.INT64, ["batch", "sequence"]))
        nodes += [
            helper.make_node("Cast", ["attention_mask"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["floats", "last_axis"], ["column"]),
            helper.make_node("Mul", ["rows", "column"], ["kept"]),
        ]
    summed = ["kept" if text.mask else "rows", "tokens_axis"]
    nodes.append(helper.make_node("ReduceSum", summed, ["text_embeds"], keepdims=0))
    embeds = _value("text_embeds", TensorProto.FLOAT, ["batch", dimensions])
    return _model(nodes, inputs, embeds, weights)


def _value(name: str, kind: int, axes: list[Any]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, axes)


def _model(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    output: onnx.ValueInfoProto,
    weights: dict[str, NDArray[Any]],
) -> onnx.ModelProto:
    used = {name for node in nodes for name in node.input}
    tensors = [numpy_helper.from_array(v, k) for k, v in weights.items() if k in used]
    graph = helper.make_graph(nodes, "tiny", inputs, [output], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.checker.check_model(model)
    return model


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")
