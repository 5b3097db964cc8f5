"""Writes the towers of a checkpoint as ONNX graphs, through ``torch.onnx``."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sightline.encoders.gpu.checkpoint import LoadedTower
from sightline.encoders.pictures.preprocessing import Size

# Beyond that, weights go into a file beside the graph. A protobuf file ends at 2 GiB, and holds
# its content in memory twice while it is written; a file beside it is written piece by piece.
_ONE_FILE_BYTES = 1_000_000_000
_MOST_AT_ONCE = 4096
_OPSET = 18  # everything in use reads it, and nothing newer is needed
# The one names each operator of torchvision that it lacks, the other each that it does not fold.
_NOISY = ("torch.onnx._internal.exporter._registration", "onnxscript.optimizer._constant_folding")


def write_picture_graph(tower: LoadedTower, size: Size, path: Path) -> None:
    """Write pixel_values (n, 3, height, width) -> image_embeds (n, d), for any n.

    The tower is changed: its positions fit no other size afterwards.

    Raises:
        OSError: the file cannot be written.
    """
    import torch

    example = torch.zeros(2, 3, size.height, size.width)
    embeddings = getattr(tower.model, "embeddings", None)
    if hasattr(embeddings, "interpolate_pos_encoding") and hasattr(embeddings, "cls_token"):
        _fix_positions(embeddings, example)
    _write(tower, example, ("pixel_values", "image_embeds"), {0: _batch_axis()}, path)


def write_text_graph(tower: LoadedTower, context: int, causal: bool, path: Path) -> None:
    """Write input_ids (n, tokens) -> text_embeds (n, d), for any n.

    There is no mask. A causal tower is read out at the end token, so the number of tokens is free
    and what follows the end token counts for nothing. SigLIP was trained on texts padded to its
    context, without a mask, so its number of tokens is fixed.

    Raises:
        OSError: the file cannot be written.
    """
    import torch

    axes = {0: _batch_axis()}
    if causal:
        axes[1] = torch.export.Dim("sequence", min=2, max=context)
    example = torch.zeros(2, min(9, context) if causal else context, dtype=torch.int64)
    _write(tower, example, ("input_ids", "text_embeds"), axes, path)


def _batch_axis() -> Any:  # noqa: ANN401
    import torch

    return torch.export.Dim("batch", min=1, max=_MOST_AT_ONCE)


def _fix_positions(embeddings: Any, example: Any) -> None:  # noqa: ANN401
    """Resample DINOv2's positions now; the graph would do so again for every batch."""
    patches = embeddings.patch_embeddings(example).shape[1]
    tokens = example.new_zeros(1, patches + 1, embeddings.position_embeddings.shape[-1])
    positions = embeddings.interpolate_pos_encoding(tokens, *example.shape[2:]).detach().clone()
    embeddings.interpolate_pos_encoding = lambda *_: positions


def _write(
    tower: LoadedTower,
    example: Any,  # noqa: ANN401
    names: tuple[str, str],
    axes: dict[int, Any],
    path: Path,
) -> None:
    import torch

    with _quiet_export(), torch.inference_mode():
        program = torch.onnx.export(
            _as_module(tower),
            (example,),
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_shapes=(axes,),
            opset_version=_OPSET,
            dynamo=True,
            external_data=False,
            optimize=True,
            verbose=False,
        )
    weights = sum(each.numel() * each.element_size() for each in tower.model.parameters())
    path.parent.mkdir(parents=True, exist_ok=True)
    program.save(path, external_data=weights > _ONE_FILE_BYTES)


def _as_module(tower: LoadedTower) -> Any:  # noqa: ANN401
    from torch import nn

    class Vectors(nn.Module):  # type: ignore[misc]  # torch is untyped here
        def __init__(self) -> None:
            super().__init__()
            self.model = tower.model

        def forward(self, inputs: Any) -> Any:  # noqa: ANN401
            return tower(inputs)

    return Vectors().eval()


@contextmanager
def _quiet_export() -> Iterator[None]:
    levels = {logger: logger.level for logger in map(logging.getLogger, _NOISY)}
    for logger in levels:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # torch.export copies its own deprecated tree specifications.
            warnings.filterwarnings("ignore", ".*LeafSpec.*", FutureWarning)
            yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)
