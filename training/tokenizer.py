"""Learns the tokeniser of `mini` from captions: byte-level BPE on lower-cased text.

Any Unicode text has tokens, since the 256 bytes are in the vocabulary. The two special tokens are
added last, so that the end token has the highest id, by which the text tower finds it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from sightline_scenes.captions import Detail, caption, every_word
from sightline_scenes.dice import Dice
from sightline_scenes.lots import draw_lots

START, END = "<|startoftext|>", "<|endoftext|>"
VOCABULARY = 1024
# What people write around what they look for.
FRAMES = (
    "a photo of",
    "the photo of",
    "a picture of",
    "a drawing of",
    "an illustration of",
    "an image showing",
    "show me",
    "find",
    "there is",
    "I am looking for",
    "please",
    "with",
    "without",
    "and",
    "not",
)


def corpus(count: int, seed: str) -> Iterator[str]:
    """Yield captions of random scenes, and every word of the grammar by itself."""
    dice = Dice("tokenizer", seed)
    for _ in range(20):
        yield from every_word()
        yield from FRAMES
    details = tuple(Detail)
    for _ in range(count):
        yield caption(draw_lots(dice), dice, dice.pick(details)).text


def learn(count: int, seed: str) -> Tokenizer:
    """Return a tokeniser learnt from ``count`` captions."""
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY - 2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(count, seed), trainer)
    tokenizer.add_special_tokens([START, END])
    start, end = tokenizer.token_to_id(START), tokenizer.token_to_id(END)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{START} $A {END}", special_tokens=[(START, start), (END, end)]
    )
    return tokenizer


def main() -> None:
    """Learn a tokeniser and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=40_000)
    parser.add_argument("--seed", default="mini")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer = learn(options.count, options.seed)
    tokenizer.save(str(options.out))
    print(f"{tokenizer.get_vocab_size()} tokens, the end is {tokenizer.token_to_id(END)}")


if __name__ == "__main__":
    main()
