from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from sightline.composed.captioners.banks import Bank, drawn_scenes, photographs, read_bank
from sightline.composed.captioners.tags import TagsCaptioner, example_captions
from sightline.composed.registry import CAPTIONERS, Surroundings, bank_for
from sightline.encoders import load_model
from sightline.errors import (
    InvalidValueError,
    NotReadableError,
    SourceNotFoundError,
    WordsSourceNotFoundError,
)
from sightline.protocols import TextEncoder, VectorCaptioner
from sightline.types import Vectors
from sightline_scenes.captions import Detail, caption
from sightline_scenes.dice import Dice
from sightline_scenes.drawing import draw
from sightline_scenes.lots import draw_lots

WORDS = ("dog", "cat", "car", "jeans", "night", "day", "red", "blue")
BANK = Bank(
    "toys",
    subjects=("a dog", "a cat", "a car"),
    colours=("red", "blue"),
    facets=(("at night", "by day"),),
)


def count_words(texts: Sequence[str], common: float = 1.0) -> Vectors:
    """Embed a text by the words that are in it: an axis each, and one for every text."""
    rows = np.array([[common, *(word in text.split() for word in WORDS)] for text in texts])
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def said_of(*words: str, bank: Bank = BANK) -> str:
    # Pictures of all sorts of things have the mean that texts about them have.
    mean = count_words(example_captions(bank, 400)).mean(axis=0)
    captioner = TagsCaptioner(count_words, bank, image_mean=lambda: mean)
    return captioner.caption_vectors(count_words([" ".join(words)]))[0].text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("dog",), "a dog"),
        (("dog", "night"), "a dog at night"),
        (("cat", "day"), "a cat by day"),
        (("dog", "cat", "night"), {"a dog and a cat, at night", "a cat and a dog, at night"}),
        (("car", "red"), "a red car"),
        (("car", "blue", "night"), "a blue car at night"),
    ],
)
def test_a_caption_says_what_is_in_the_picture_and_no_more(
    words: tuple[str, ...], expected: str | set[str]
) -> None:
    assert said_of(*words) in ({expected} if isinstance(expected, str) else expected)


def test_what_all_texts_have_in_common_does_not_drown_what_they_say() -> None:
    def embed(texts: Sequence[str]) -> Vectors:
        return count_words(texts, common=60.0)

    mean = embed(example_captions(BANK, 400)).mean(axis=0)
    captioner = TagsCaptioner(embed, BANK, image_mean=lambda: mean)

    assert captioner.caption_vectors(embed(["dog night"]))[0].text == "a dog at night"


def test_things_without_an_article_get_their_colour_in_front() -> None:
    bank = Bank("clothes", ("jeans", "a car"), colours=("red", "blue"))

    assert said_of("jeans", "blue", bank=bank) == "blue jeans"


def test_a_complete_bank_says_something_of_every_facet() -> None:
    complete = Bank("toys", ("a dog", "a cat"), facets=(("at night", "by day"),), complete=True)

    assert said_of("dog", bank=complete) in ("a dog at night", "a dog by day")


def test_one_vector_alone_and_among_others_gets_one_caption() -> None:
    rows = count_words(["dog night", "cat day", "car red"])
    captioner = TagsCaptioner(count_words, BANK, image_mean=lambda: rows.mean(axis=0))

    together = captioner.caption_vectors(rows)

    assert [captioner.caption_vectors(rows[i : i + 1])[0] for i in range(3)] == together


@pytest.mark.slow
def test_drawn_scenes_are_described_by_the_model_that_ships() -> None:
    encoder = load_model("mini")
    assert isinstance(encoder, TextEncoder)
    scenes = [draw_lots(Dice("tags", number)) for number in range(60)]
    pictures = [encoder.prepare(draw(scene, seed=f"tags {i}")) for i, scene in enumerate(scenes)]
    rows = encoder.encode_images(np.stack(pictures))
    captioner = TagsCaptioner(
        encoder.encode_texts, drawn_scenes(), image_mean=lambda: rows.mean(axis=0)
    )

    texts = [said.text for said in captioner.caption_vectors(rows[:30])]

    # A caption that names place, time, weather and subjects is nearer to its own picture than a
    # grammar's true caption of another scene is; and most name the place and the time right.
    right = sum(
        scene.time in text or {"day": "by day"}.get(scene.time, scene.time) in text
        for scene, text in zip(scenes, texts, strict=False)
    )
    assert right >= 29
    own = (encoder.encode_texts(texts) * rows[:30]).sum(axis=1)
    others = [caption(s, Dice("o", i), Detail.FULL).text for i, s in enumerate(scenes[30:])]
    assert (own > (encoder.encode_texts(others) * rows[:30]).sum(axis=1)).mean() > 0.9


def test_example_captions_are_the_same_every_time_and_vary() -> None:
    texts = example_captions(BANK, 40)

    assert texts == example_captions(BANK, 40)
    assert len(set(texts)) > 20


# Banks -------------------------------------------------------------------------------------------


def test_a_list_of_ones_own_is_read_by_its_headings(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("a loom\n# a remark\n\n[Colours]\nteal\n[places]\nin the mill\n")

    bank = read_bank(file)

    assert (bank.name, bank.subjects, bank.colours) == ("mine.txt", ("a loom",), ("teal",))
    assert bank.facets == (("in the mill",),)


def test_a_list_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFoundError, match="no file or folder"):
        read_bank(tmp_path / "missing.txt")
    with pytest.raises(NotReadableError, match="cannot read"):
        read_bank(tmp_path)
    odd = tmp_path / "odd.txt"
    odd.write_text("[animals]\na dog\n")
    with pytest.raises(InvalidValueError, match=r"one of \[subjects\]"):
        read_bank(odd)
    odd.write_text("# nothing\n")
    with pytest.raises(InvalidValueError, match="at least one subject"):
        read_bank(odd)
    odd.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidValueError, match="UTF-8"):
        read_bank(odd)


def test_the_banks_that_ship_hold_no_phrase_twice() -> None:
    for bank in (photographs(), drawn_scenes()):
        for phrases in (bank.subjects, bank.colours, *bank.facets):
            assert len(set(phrases)) == len(phrases), bank.name


def test_the_bank_goes_by_what_the_model_knows(tmp_path: Path) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("a loom\n")

    assert bank_for(Surroundings(count_words)).name == "photographs"
    assert bank_for(Surroundings(count_words, knows="drawn scenes")).name == "drawn scenes"
    assert bank_for(Surroundings(count_words, phrases=mine)).name == "mine.txt"


# The table ---------------------------------------------------------------------------------------


def test_captioners_go_by_name() -> None:
    made = CAPTIONERS.make("tags", Surroundings(count_words, model="words"))

    assert isinstance(made, VectorCaptioner)
    assert made.name == "tags"
    assert "words" in made.identity
    assert {"tags", "blip", "chat"} <= set(CAPTIONERS.names())
    with pytest.raises(WordsSourceNotFoundError, match="no captioner is called 'tag'"):
        CAPTIONERS.make("tag", Surroundings(count_words))
    with pytest.raises(InvalidValueError, match="SIGHTLINE_LLM_URL"):
        CAPTIONERS.make("chat", Surroundings(count_words))
