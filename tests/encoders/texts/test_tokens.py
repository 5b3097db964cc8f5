# ruff: noqa: RUF001, RUF002 - odd characters are what it is about
from __future__ import annotations

import ast
import itertools
import random
import re
import string
import subprocess
import sys
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ftfy
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from sightline.encoders.files.model_files import ModelFolder, read_model_files
from sightline.encoders.table import ModelTraits, Padding, read_traits
from sightline.encoders.texts.cleaning import clean_text, mended
from sightline.encoders.texts.tokens import TokenReader
from sightline.errors import EmptyTextError, ModelFilesError, TextTruncatedWarning
from tests.encoders.texts.clip_vocabulary import (
    make_clip_tokenizer,
    open_clip_tokenizers,
    write_clip_tokenizer,
)
from tests.encoders.tiny_model import TinyText, make_tiny_model

END = 49407
WORDS = (
    "a photo of the red dog's house, it's 3:45pm! don't we'll I'd you've they're I'm DOG Café "
    "naïve x² #1 (two) <b>bold</b> 100% e-mail snake_case $9.99 o'clock ok... -- ?! @home"
).split()
ODD = [
    *(
        "😀",
        "👩\u200d👩\u200d👧",
        "🇻🇳",
        "❤\ufe0f",
        "👍🏽",
        "北京",
        "東京タワー",
        "서울",
        "ภาษาไทย",
        "हिन्दी",
    ),
    *("Tiếng Việt có dấu", "ĐẸP QUÁ", "phở bò", "Привет", "ΣΊΣΥΦΟΣ", "İstanbul", "straße", "ẞ"),
    *("\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\x9f", "\ufeff", "\u200b", "\u200d", "\u00ad"),
    *("“curly”", "‘quotes’", "it’s", "…", "—", "′", "«guillemets»", "‹x›", "´", "`"),
    *("&amp;", "&lt;", "&quot;", "&#39;", "&eacute;", "&amp;amp;", "&#x1F600;", "&nbsp;", "&nope;"),
    *("&#769;", "&", "&&", "AT&T", "&lt;b&gt;", "<i>", "\t", "\r\n", "  ", "\u3000", "\u2028"),
    *(
        "e\u0301",
        "n\u0303",
        "a\u0300\u0301",
        "ͅ",
        "α\u0345",
        "ﬁ",
        "ﬀ",
        "ǅ",
        "Å",
        "K",
        "½",
        "²",
        "٣",
        "Ⅷ",
    ),
    *(
        "Ã©tÃ©",
        "â€™",
        "â€œhiâ€\x9d",
        "schÃ¶n",
        "ð\x9f\x98\x80",
        "\ud83d\ude00",
        "\ud83d",
        "ﾊﾝｶｸ",
        "Ｆｕｌｌ",
    ),
]


@cache
def assigned() -> list[str]:
    """Every character that Unicode has given a meaning, surrogates and private use left out."""
    return [
        chr(code)
        for code in range(0x110000)
        if unicodedata.category(chr(code)) not in ("Cn", "Cs", "Co")
    ]


@cache
def texts() -> tuple[str, ...]:
    """Return 2,000 texts, half of them odd, the same in every run."""
    dice = random.Random(7)
    made = list(ODD)
    while len(made) < 2000:
        kind = len(made) % 8
        if kind < 3:
            made.append(" ".join(dice.choices(WORDS, k=dice.randint(1, 12))))
        elif kind == 3:
            made.append(dice.choice(["", " ", "-"]).join(dice.choices(ODD, k=dice.randint(2, 8))))
        elif kind == 4:
            made.append(" ".join(dice.choices([*WORDS, *ODD], k=dice.randint(3, 20))))
        elif kind == 5:
            made.append("".join(dice.choices(assigned()[:1500], k=dice.randint(1, 40))))
        elif kind == 6:
            made.append("".join(dice.choices(assigned(), k=dice.randint(1, 20))))
        else:
            made.append(" ".join(dice.choices([*WORDS, *ODD[:20]], k=dice.choice([60, 76, 200]))))
    return tuple(text for text in made if is_comparable(text))


def is_comparable(text: str) -> bool:
    """Whether the reference has an answer that is a rule, not an accident.

    Half a surrogate pair makes it fail, except where ftfy mends it. It takes "'ſ", with a long s of
    old prints, for "'s", since its pattern ignores case. And its Unicode tables know characters
    that are younger than those of the tokenizers library.
    """
    cleaned = open_clip_tokenizers().get_clean_fn("lower")(text)
    young = any(unicodedata.category(letter) == "Cn" for letter in cleaned)
    return bool(cleaned) and "'ſ" not in cleaned and not young


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = {"text_config": {"max_position_embeddings": 77}}
    folder = make_tiny_model(tmp_path_factory.mktemp("clip") / "model", config=config)
    write_clip_tokenizer(folder)
    return folder


def reader_of(folder: Path) -> TokenReader:
    files = read_model_files(ModelFolder(folder))
    return TokenReader(files, read_traits(files))


def read(reader: TokenReader, given_texts: tuple[str, ...] | list[str]) -> list[tuple[int, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TextTruncatedWarning)
        return [row.ids for row in reader.read(given_texts)]


def open_clip_ids(given_texts: tuple[str, ...]) -> list[tuple[int, ...]]:
    """What open_clip's own tokeniser says, without its padding."""
    rows = open_clip_tokenizers().SimpleTokenizer()(list(given_texts)).tolist()
    return [tuple(row[: row.index(END) + 1]) for row in rows]


def test_clip_ids_are_those_of_the_tokeniser_that_openai_published(clip_folder: Path) -> None:
    assert len(texts()) > 1900

    got = read(reader_of(clip_folder), texts())

    expected = open_clip_ids(texts())
    wrong = [pair for pair in zip(texts(), got, expected, strict=True) if pair[1] != pair[2]]
    assert not wrong, wrong[:5]
    assert sum(len(ids) == 77 for ids in got) > 50, "long texts are cut"
    assert all(ids[-1] == END for ids in got), "and keep their end token"


def test_the_file_alone_would_not_give_those_ids() -> None:
    tokenizer = make_clip_tokenizer()
    tokenizer.enable_truncation(77)

    # It refuses half a surrogate pair outright.
    readable = tuple(text for text in texts() if not re.search("[\ud800-\udfff]", text))
    alone = [tuple(found.ids) for found in tokenizer.encode_batch(list(readable))]

    differ = sum(a != b for a, b in zip(alone, open_clip_ids(readable), strict=True))
    assert 300 < differ < 1500, "else the test above proves nothing about cleaning"


def test_clip_ids_are_those_of_transformers_where_both_references_agree(clip_folder: Path) -> None:
    from transformers import CLIPTokenizer

    theirs = CLIPTokenizer.from_pretrained(clip_folder)
    readable = [text for text in texts() if not re.search("[\ud800-\udfff]", text)]
    ids = theirs(readable, truncation=True, max_length=77)["input_ids"]

    both = zip(readable, ids, open_clip_ids(tuple(readable)), strict=True)
    agreed = {text: tuple(one) for text, one, two in both if tuple(one) == two}

    assert len(agreed) > 1000
    assert read(reader_of(clip_folder), list(agreed)) == list(agreed.values())


def test_a_known_sentence_has_its_known_ids(clip_folder: Path) -> None:
    # The example of many a tutorial.
    assert read(reader_of(clip_folder), ["A  photo of a\tCAT "]) == [
        (49406, 320, 1125, 539, 320, 2368, END)
    ]


def test_a_clip_text_of_two_hundred_words_is_cut_with_a_warning(clip_folder: Path) -> None:
    with pytest.warns(TextTruncatedWarning, match="202 tokens and the model reads 77"):
        row = reader_of(clip_folder).read(["red " * 200])[0]

    assert (len(row.ids), row.length, row.ids[-1]) == (77, 77, END)


def test_a_clip_graph_of_fixed_length_is_filled_with_zeros_as_openai_did(tmp_path: Path) -> None:
    folder = make_tiny_model(
        tmp_path / "tiny", text=TinyText(sequence=77), config={"text_config": {}}
    )
    write_clip_tokenizer(folder)

    row = reader_of(folder).read(["a cat"])[0]

    reference = open_clip_tokenizers().SimpleTokenizer()(["a cat"])[0].tolist()
    assert (list(row.ids), row.length) == (reference, 4)


@pytest.mark.parametrize("end", [2, END], ids=["published in 2021", "published since"])
def test_what_fills_a_clip_text_up_does_not_change_its_vector(end: int) -> None:
    """Configs of 2021 say that the end token is 2; transformers then reads at the largest id."""
    import torch
    from transformers import CLIPTextConfig, CLIPTextModelWithProjection

    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3}
    config = CLIPTextConfig(
        vocab_size=49408, num_attention_heads=4, projection_dim=16, eos_token_id=end, **sizes
    )
    torch.manual_seed(1)
    model = CLIPTextModelWithProjection(config).eval()
    ids = [49406, 320, 1125, 539, 320, 2368, END]

    with torch.inference_mode():
        alone, zeros, ends = (
            model(torch.tensor([ids + [filler] * count])).text_embeds[0].numpy()
            for filler, count in ((0, 0), (0, 70), (END, 70))
        )

    assert np.abs(alone).max() > 0.01
    assert zeros == pytest.approx(alone, abs=1e-6)
    assert ends == pytest.approx(alone, abs=1e-6)


PLAIN = "".join(chr(code) for code in range(32, 127) if chr(code) != "&") + "\t\n\r"


def slowly_mended(text: str) -> str:
    import html

    return html.unescape(html.unescape(ftfy.fix_text(text)))


def test_no_pair_of_plain_characters_needs_mending() -> None:
    for pair in itertools.product(PLAIN, PLAIN):
        text = "".join(pair)
        # Line ends are made alike, and all white space becomes one blank afterwards.
        assert slowly_mended(text).split() == text.split()
        assert mended(text) == text


@settings(deadline=None, max_examples=300)
@given(st.text(PLAIN, max_size=40))
@example("lt; #39; amp;")
@example("\x20\x7e<a href='x'>=C3=A9 \\u00e9 %C3%A9 +AOk-")
def test_no_plain_text_needs_mending(text: str) -> None:
    assert slowly_mended(text).split() == text.split()


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
@example("a & b")
@example("caf\u00c3\u00a9")
@example("\x1b[0m")
def test_mending_is_that_of_openai_whatever_the_text(text: str) -> None:
    assert mended(text).split() == slowly_mended(text).split()


def test_a_plain_search_does_not_import_ftfy(clip_folder: Path) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from sightline.encoders.files.model_files import ModelFolder, read_model_files\n"
        "from sightline.encoders.texts.tokens import TokenReader\n"
        "from sightline.encoders.table import read_traits\n"
        "files = read_model_files(ModelFolder(Path(sys.argv[1])))\n"
        "reader = TokenReader(files, read_traits(files))\n"
        "reader.read(['a dog on the beach, 3 o\\'clock!'])\n"
        "assert 'ftfy' not in sys.modules\n"
        "reader.read(['caf\\u00e9'])\n"
        "assert 'ftfy' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", script, str(clip_folder)], check=True)


def siglip_canonicalize() -> Callable[[str], str]:
    """transformers' own function; its module wants sentencepiece, which is not needed here."""
    import transformers

    source = Path(transformers.__file__).parent / "models/siglip/tokenization_siglip.py"
    names = ("remove_punctuation", "canonicalize_text")
    kept = [
        node
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name in names
    ]
    space: dict[str, Any] = {"re": re, "string": string}
    exec(compile(ast.Module([*kept], []), str(source), "exec"), space)
    itself = SimpleNamespace(do_lower_case=True)
    itself.remove_punctuation = lambda text: space["remove_punctuation"](itself, text)
    return lambda text: str(space["canonicalize_text"](itself, text))


def traits(**changes: Any) -> ModelTraits:  # noqa: ANN401
    base: dict[str, Any] = {
        "prompt": "{query}",
        "domain": "x",
        "context": 64,
        "causal": False,
        "lowercase": True,
        "padding": Padding.CONTEXT,
    }
    return ModelTraits(**(base | changes))


def test_a_siglip_text_is_cleaned_as_transformers_cleans_it() -> None:
    theirs = siglip_canonicalize()
    whole = [text for text in texts() if not re.search("[\ud800-\udfff]", text)]

    for text in whole:
        assert clean_text(text, traits(punctuation=False)) == theirs(text)

    assert theirs("A_b, C!") == "ab c"


def test_a_siglip_text_of_open_clip_is_cleaned_as_open_clip_cleans_it() -> None:
    theirs = open_clip_tokenizers().get_clean_fn("canonicalize")

    for text in texts():
        assert clean_text(text, traits(punctuation=False, cleanup=True)) == theirs(text)

    assert theirs("A_b, C!") == "a b c"


def gemma_like() -> Tokenizer:
    """A small tokeniser of Gemma's kind: byte-pair pieces over "▁", bytes for what it lacks."""
    letters = [*"▁abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ,.!'-"]
    merges = [
        ("▁", "a"),
        ("▁", "d"),
        ("▁d", "o"),
        ("▁do", "g"),
        ("D", "o"),
        ("r", "e"),
        ("re", "d"),
    ]
    pieces = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    pieces += [f"<0x{byte:02X}>" for byte in range(256)]
    pieces += letters + ["".join(pair) for pair in merges]
    vocabulary = {piece: place for place, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(
        models.BPE(vocabulary, merges, fuse_unk=True, unk_token="<unk>", byte_fallback=True)
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", 1)]
    )
    tokenizer.add_special_tokens(["<pad>", "<eos>", "<bos>", "<unk>"])
    return tokenizer


def siglip2_folder(folder: Path, **config: object) -> Path:
    """A SigLIP 2 of fixed resolution, whose repositories say "siglip" and "GemmaTokenizer"."""
    said = {"model_type": "siglip", "projection_dim": None, "text_config": {}} | config
    make_tiny_model(folder, config=said)
    gemma_like().save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        '{"tokenizer_class": "GemmaTokenizer", "pad_token": "<pad>", "eos_token": "<eos>",'
        ' "bos_token": "<bos>", "unk_token": "<unk>", "padding_side": "right"}'
    )
    return folder


def test_a_siglip2_text_is_read_as_transformers_reads_it(tmp_path: Path) -> None:
    from transformers import Siglip2Tokenizer

    folder = siglip2_folder(tmp_path / "siglip2")
    theirs = Siglip2Tokenizer.from_pretrained(folder, padding_side="right")
    queries = ["A red DOG.", "Don't, dog!", "Tiếng Việt 😀", "red " * 100, "two  blanks", "x\ty"]

    got = read(reader_of(folder), queries)

    stripped = [query.strip() for query in queries]
    filled = theirs(stripped, padding="max_length", max_length=64, truncation=True)["input_ids"]
    assert got == [tuple(ids) for ids in filled]
    assert all(len(ids) == 64 for ids in got)
    assert got[0] == read(reader_of(folder), ["a red dog."])[0], "lower-cased"
    assert got[3][-1] == 1, "the end token is kept"


def test_siglip_and_siglip2_are_told_apart_by_their_tokeniser(tmp_path: Path) -> None:
    folder = siglip2_folder(tmp_path / "two")
    settings_file = folder / "tokenizer_config.json"

    def punctuation() -> bool:
        return read_traits(read_model_files(ModelFolder(folder))).punctuation

    assert punctuation()
    settings_file.write_text('{"tokenizer_class": "SiglipTokenizer"}')
    assert not punctuation()
    settings_file.unlink()
    assert punctuation(), "byte pairs are Gemma's"
    Tokenizer(models.Unigram([("a", -1.0)], 0)).save(str(folder / "tokenizer.json"))
    assert not punctuation()


def test_a_text_of_which_cleaning_leaves_nothing_is_empty(clip_folder: Path) -> None:
    with pytest.raises(EmptyTextError, match="number 2"):
        reader_of(clip_folder).read(["dog", "\x00\ufeff &nbsp;"])


def test_cleaning_is_part_of_the_digest(clip_folder: Path) -> None:
    files = read_model_files(ModelFolder(clip_folder))
    changes: tuple[dict[str, bool], ...] = ({}, {"cleanup": True}, {"punctuation": False})

    digests = {TokenReader(files, traits(**change)).digest() for change in changes}

    assert len(digests) == 3


@pytest.mark.parametrize("trait", ["cleanup", "punctuation", "lowercase"])
def test_a_trait_of_cleaning_that_makes_no_sense_is_named(tmp_path: Path, trait: str) -> None:
    folder = make_tiny_model(tmp_path / "tiny", config={"sightline": {trait: "yes"}})

    with pytest.raises(ModelFilesError, match=f"its {trait} is 'yes'"):
        reader_of(folder)


def test_a_folder_can_say_outright_how_its_texts_are_cleaned(tmp_path: Path) -> None:
    said = {"cleanup": False, "punctuation": False, "lowercase": False}
    folder = make_tiny_model(tmp_path / "tiny", config={"sightline": said})

    found = read_traits(read_model_files(ModelFolder(folder)))

    assert (found.cleanup, found.punctuation, found.lowercase) == (False, False, False)
