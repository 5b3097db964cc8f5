"""Writes a trained checkpoint as the folder that the package ships.

Weights are stored as float16 and cast to float32 in the graph, so that the arithmetic is float32
and the files are half the size.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from model import CONTEXT, DIMENSIONS, IMAGE_PX, Mini, Plan
from onnx import helper, numpy_helper
from torch import Tensor, nn

SHIPPED = Path(__file__).parents[1] / "src/sightline/encoders/mini"


class Scaled(nn.Module):
    """A tower whose rows come out at unit length."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, inputs: Tensor) -> Tensor:
        """Return unit rows."""
        return nn.functional.normalize(self.tower(inputs), dim=-1)


def load(checkpoint: Path) -> Mini:
    """Return the averaged model of a checkpoint, ready to be used."""
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    model = Mini(Plan(**saved["plan"]))
    model.load_state_dict(saved["average"])
    return model.eval().float()


def write_towers(model: Mini, folder: Path) -> None:
    """Write onnx/vision_model.onnx and onnx/text_model.onnx."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    ids = torch.randint(1, 90, (2, 11))
    ids[:, -1] = model.plan.vocabulary - 1
    batch = torch.export.Dim("batch", min=1, max=4096)
    length = torch.export.Dim("sequence", min=2, max=CONTEXT)
    _write(
        Scaled(model.picture),
        torch.randn(2, 3, IMAGE_PX, IMAGE_PX),
        ("pixel_values", {0: batch}, "image_embeds"),
        folder / "onnx/vision_model.onnx",
    )
    _write(
        Scaled(model.text),
        ids,
        ("input_ids", {0: batch, 1: length}, "text_embeds"),
        folder / "onnx/text_model.onnx",
    )


def _write(
    tower: nn.Module,
    example: Tensor,
    names: tuple[str, dict[int, torch.export.Dim], str],
    path: Path,
) -> None:
    program = torch.onnx.export(
        tower.eval(),
        (example,),
        input_names=[names[0]],
        output_names=[names[2]],
        dynamic_shapes=(names[1],),
        opset_version=18,
        dynamo=True,
        external_data=False,
        optimize=True,
        verbose=False,
    )
    graph = halved(program.model_proto)
    # No traces of the machine that exported it.
    del graph.metadata_props[:]
    for node in graph.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    del graph.graph.value_info[:]
    onnx.checker.check_model(graph)
    onnx.save(graph, path)


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose large float32 constants are stored as float16 and cast back."""
    casts = []
    for constant in model.graph.initializer:
        if constant.data_type != onnx.TensorProto.FLOAT or np.prod(constant.dims) < 256:
            continue
        name = constant.name
        half = numpy_helper.to_array(constant).astype(np.float16)
        constant.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def write_settings(model: Mini, tokenizer: Path, folder: Path) -> None:
    """Write config.json, preprocessor_config.json and the tokeniser's files."""
    end = model.plan.vocabulary - 1
    _write_json(
        folder / "config.json",
        {
            "model_type": "clip",
            "projection_dim": DIMENSIONS,
            "text_config": {
                "max_position_embeddings": CONTEXT,
                "causal": True,
                "bos_token_id": end - 1,
                "eos_token_id": end,
                "vocab_size": model.plan.vocabulary,
            },
            "vision_config": {"image_size": IMAGE_PX},
            "sightline": {
                "prompt": "{query}",
                "domain": "drawn scenes",
                "lowercase": False,  # its tokeniser does
                "cleanup": False,
            },
        },
    )
    _write_json(
        folder / "preprocessor_config.json",
        {
            "image_processor_type": "CLIPImageProcessor",
            "do_convert_rgb": True,
            "do_resize": True,
            "size": {"height": IMAGE_PX, "width": IMAGE_PX},
            "resample": 3,
            "do_center_crop": False,
            "do_rescale": True,
            "rescale_factor": 1 / 255,
            "do_normalize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_std": [0.5, 0.5, 0.5],
        },
    )
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": "<|startoftext|>",
            "eos_token": "<|endoftext|>",
            "pad_token": "<|endoftext|>",
            "model_max_length": CONTEXT,
        },
    )


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """Write the shipped folder from a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    options = parser.parse_args()
    model = load(options.checkpoint)
    write_towers(model, options.out)
    write_settings(model, options.tokenizer, options.out)


if __name__ == "__main__":
    main()
