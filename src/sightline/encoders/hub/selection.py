"""Which files of a hub repository make up a model: what is fetched, and what is left there."""

from __future__ import annotations

import re
from collections.abc import Collection

from sightline.encoders.files.layouts import (
    CONFIG,
    IMMICH,
    LONE_TOWER,
    PREPROCESSOR,
    PROCESSOR,
    TOKENIZER,
    TOKENIZER_CONFIG,
    TRANSFORMERS_JS,
    WEIGHTS,
    FileSet,
    Layout,
    graph_names,
)

# A checkpoint's tokeniser may come as one file, or as the parts that it was made from.
_TOKENIZER_PARTS = (
    TOKENIZER,
    TOKENIZER_CONFIG,
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "tokenizer.model",
)
# What its tokeniser may have been kept in before there was one file for all of it.
_OLD_TOKENIZERS = ("vocab.json", "spiece.model", "tokenizer.model")


class NotThereError(LookupError):
    """A repository lacks what a model needs. Translated by ``fetching`` before a caller sees it."""


def files_of_model(names: Collection[str], files: str) -> tuple[str, ...]:
    """Return what is fetched for one of ``FILE_SETS``, small files first.

    Args:
        names: Every file of the repository.
        files: One of ``FILE_SETS``.

    Raises:
        NotThereError: the repository does not hold such a model.
    """
    layout = _layout(names, FileSet(files))
    tokenizer = [name for name in (layout.tokenizer, layout.tokenizer_config) if name in names]
    steps = [name for name in (layout.preprocessor, PROCESSOR) if name in names]
    if CONFIG not in names or not steps:
        raise NotThereError(f"it has no {layout.preprocessor if CONFIG in names else CONFIG}")
    graphs = [_graph(names, layout.vision, FileSet(files))]
    if layout.text and layout.tokenizer in names:
        graphs.append(_graph(names, layout.text, FileSet(files)))
    weights = [name for graph in graphs for name in sorted(names) if _is_beside(name, graph)]
    return (CONFIG, *steps, *tokenizer, *graphs, *weights)


def files_of_checkpoint(names: Collection[str]) -> tuple[str, ...]:
    """Return what is fetched of a PyTorch checkpoint, small files first.

    Its weights come in one form only: safetensors where there are any, else pickled ones.

    Raises:
        NotThereError: the repository does not hold such a checkpoint.
    """
    if CONFIG not in names:
        raise NotThereError(f"it has no {CONFIG}")
    if PREPROCESSOR not in names and PROCESSOR not in names:
        raise NotThereError(f"it has no {PREPROCESSOR}")
    old = next((name for name in _OLD_TOKENIZERS if name in names), None)
    if old and TOKENIZER not in names:
        raise NotThereError(f"its tokeniser is in an old form, {old} without {TOKENIZER}")
    weights = next(filter(None, (_weights(names, whole) for whole in WEIGHTS)), None)
    if weights is None:
        raise NotThereError(f"it has neither {' nor '.join(WEIGHTS)}")
    small = [name for name in (PREPROCESSOR, PROCESSOR, *_TOKENIZER_PARTS) if name in names]
    return (CONFIG, *small, *weights)


def _weights(names: Collection[str], whole: str) -> tuple[str, ...]:
    """Weights in one form: whole, or their index and all shards, or nothing."""
    if whole in names:
        return (whole,)
    stem, ending = whole.split(".")
    shard = re.compile(rf"{stem}-\d+-of-\d+\.{ending}")
    shards = [name for name in sorted(names) if shard.fullmatch(name)]
    index = f"{whole}.index.json"
    return (index, *shards) if index in names and shards else ()


def _layout(names: Collection[str], files: FileSet) -> Layout:
    for layout in (TRANSFORMERS_JS, IMMICH, LONE_TOWER):
        if any(name in names for name in graph_names(layout.vision, files)):
            return layout
    have = {
        other.value
        for layout in (TRANSFORMERS_JS, IMMICH, LONE_TOWER)
        for other in (FileSet.FP32, FileSet.FP16, FileSet.INT8)
        if any(name in names for name in graph_names(layout.vision, other))
    }
    if have:
        raise NotThereError(f"it has no {files.value} files, only {', '.join(sorted(have))}")
    raise NotThereError(f"it has no {TRANSFORMERS_JS.vision}.onnx, nor another known picture tower")


def _graph(names: Collection[str], stem: str, files: FileSet) -> str:
    candidates = graph_names(stem, files)
    for name in candidates:
        if name in names:
            return name
    raise NotThereError(f"it has no {candidates[0]}")


def _is_beside(name: str, graph: str) -> bool:
    """Whether a file holds weights of a graph that is too big for one file."""
    return name.startswith((f"{graph}_data", f"{graph}.data"))
