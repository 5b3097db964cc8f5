"""CLIP's real byte-pair merges as a ``tokenizer.json``, from what the open_clip wheel carries.

Its tokeniser is the one that OpenAI published; the hub's ``tokenizer.json`` holds the same merges
in the form of the ``tokenizers`` library. Neither open_clip itself nor torchvision is imported.
"""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

START, END = "<|startoftext|>", "<|endoftext|>"
SIZE = 49408
_MERGES = 49152 - 256 - 2  # as simple_tokenizer.py counts them
_WORDS = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


def write_clip_tokenizer(folder: Path) -> None:
    """Write tokenizer.json and tokenizer_config.json as the hub's CLIP repositories have them."""
    make_clip_tokenizer().save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "bos_token": START,
        "eos_token": END,
        "pad_token": END,
        "unk_token": END,
        "do_lower_case": True,
        "model_max_length": 77,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


@cache
def clip_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Return CLIP's tokens with their ids, and its merges in their order."""
    text = gzip.decompress((_package() / "bpe_simple_vocab_16e6.txt.gz").read_bytes()).decode()
    merges = []
    for line in text.split("\n")[1 : _MERGES + 1]:
        first, second = line.split()
        merges.append((first, second))
    letters = _byte_letters()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    tokens += ["".join(merge) for merge in merges]
    tokens += [START, END]
    assert len(tokens) == SIZE
    return {token: place for place, token in enumerate(tokens)}, merges


def make_clip_tokenizer() -> Tokenizer:
    """Return CLIP's tokeniser in the form of the ``tokenizers`` library, as the hub has it."""
    vocabulary, merges = clip_vocabulary()
    tokenizer = Tokenizer(
        models.BPE(
            vocabulary,
            merges,
            continuing_subword_prefix="",
            end_of_word_suffix="</w>",
            unk_token=END,
        )
    )
    tokenizer.add_special_tokens([START, END])
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, vocabulary[END]), (START, vocabulary[START]), False, False
    )
    return tokenizer


@cache
def open_clip_tokenizers() -> Any:  # noqa: ANN401
    """Return open_clip's module ``tokenizer``, without the rest of that package."""
    specification = importlib.util.spec_from_file_location(
        "open_clip_tokenizers", _package() / "tokenizer.py"
    )
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    before = os.environ.get("TOKENIZERS_PARALLELISM")
    specification.loader.exec_module(module)
    if before is None:
        del os.environ["TOKENIZERS_PARALLELISM"]  # which it sets for the whole process
    else:
        os.environ["TOKENIZERS_PARALLELISM"] = before
    return module


def _package() -> Path:
    found = importlib.util.find_spec("open_clip")
    assert found is not None, "pip install --no-deps open_clip_torch"
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0])


def _byte_letters() -> list[str]:
    """The 256 visible characters that stand for bytes, in the order of the vocabulary."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return [chr(byte) for byte in visible] + [chr(256 + place) for place in range(len(hidden))]
