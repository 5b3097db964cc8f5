import math
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.catalog import Catalog
from sightline.composed import Composing, Surroundings, WordsSettings, words_for
from sightline.composed.chat import ChatSettings
from sightline.composed.memory import CatalogMemory, key_of, read_target, target_text
from sightline.composed.pipeline import Eyes
from sightline.errors import (
    ImageUnreadableError,
    InvalidValueError,
    ServiceUnreachableError,
    SightlineError,
    WordsSourceNotFoundError,
)
from sightline.testing import FakeEncoder
from sightline.types import ImageSource, Query, Vectors
from sightline.types.composition import (
    Caption,
    Composed,
    Composition,
    Cost,
    Mode,
    Statistics,
    Target,
    Weights,
)
from tests.composed.chat.llm_server import (
    GOOD,
    answers,
    drops,
    floods,
    hangs,
    llm_server,
    refuses,
    says,
)

RED = Image.new("RGB", (8, 8), (255, 0, 0))
MAKE_IT_BLUE = Query(images=[RED], instruction="blue")
STATISTICS = Statistics(
    10, np.full(4, 0.1, np.float32), np.full(4, 0.1, np.float32), -1.0, 0.0, -1.0, 0.0
)


class Says:
    """A captioner that says one thing, and counts how often it was asked."""

    def __init__(self, text: str = "a red car", name: str = "parrot") -> None:
        self.name = self.identity = name
        self._text = text
        self.asked = 0

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        self.asked += len(images)
        return [Caption(self._text, Cost(7, 3)) for _ in images]


class Wants:
    """A composer that wants what the caption and the instruction say, and counts."""

    def __init__(self, name: str = "echo") -> None:
        self.name = self.identity = name
        self.asked: list[tuple[str, str]] = []

    def compose(self, caption: str, instruction: str, *, within_s: float = math.inf) -> Composed:
        self.asked.append((caption, instruction))
        return Composed(Target(f"{caption} {instruction}", (instruction,), (), ("red",)))


class Fails:
    """A captioner and composer that cannot, and says why."""

    name = identity = "broken"

    def __init__(self, error: SightlineError | None = None) -> None:
        self._error = error or ServiceUnreachableError("http://nowhere", "no route")

    def caption(self, images: Sequence[Image.Image], *, within_s: float) -> list[Caption]:
        raise self._error

    def compose(self, caption: str, instruction: str, *, within_s: float = math.inf) -> Composed:
        raise self._error


class Shelf:
    """A memory in a dictionary."""

    def __init__(self) -> None:
        self.texts: dict[tuple[str, str], str] = {}

    def kept(self, kind: str, key: str) -> str | None:
        return self.texts.get((kind, key))

    def keep(self, kind: str, key: str, text: str) -> None:
        self.texts[kind, key] = text


def eyes(encoder: FakeEncoder) -> Eyes:
    def embed(images: Sequence[ImageSource]) -> Vectors:
        prepared = [encoder.prepare(image) for image in images if isinstance(image, Image.Image)]
        assert len(prepared) == len(images)
        return encoder.encode_images(np.stack(prepared))

    def pixels(image: ImageSource, shortest_px: int) -> Image.Image:
        assert isinstance(image, Image.Image)
        return image

    return Eyes(embed, encoder.encode_texts, pixels, lambda: STATISTICS)


def composing(*captioners: object, by: Sequence[object] = (), **options: object) -> Composing:
    return Composing(
        eyes(FakeEncoder()),
        captioners or (Says(),),  # type: ignore[arg-type]
        by or (Wants(),),  # type: ignore[arg-type]
        **options,  # type: ignore[arg-type]
    )


def names_of(composition: Composition) -> list[str]:
    return [step.name for step in composition.steps]


# Modes -------------------------------------------------------------------------------------------


def test_every_mode_ends_in_one_unit_vector() -> None:
    for mode in Mode:
        composition = composing().compose(Query(images=[RED], instruction="blue", mode=mode))

        assert composition.vector.shape == (1, 4)
        assert composition.vector.dtype == np.float32
        assert np.linalg.norm(composition.vector) == pytest.approx(1.0, abs=1e-6)
        assert (composition.fusion is not None) == (mode is Mode.FUSION)


def test_the_modes_that_need_no_words_ask_nobody() -> None:
    captioner, composer = Says(), Wants()
    for mode in (Mode.FUSION, Mode.SUM, Mode.IMAGE, Mode.TEXT):
        composition = composing(captioner, by=[composer]).compose(
            Query(images=[RED], instruction="blue", mode=mode)
        )

        assert (captioner.asked, composer.asked) == (0, [])
        assert (composition.caption, composition.target) == ("", None)


def test_published_is_the_target_alone() -> None:
    composition = composing().compose(Query(images=[RED], instruction="blue", mode=Mode.PUBLISHED))

    assert np.allclose(composition.vector, FakeEncoder().encode_texts(["a red car blue"]))
    assert names_of(composition) == ["caption", "compose", "words"]


def test_roles_are_the_weighted_sum_of_what_the_target_says() -> None:
    weights = Weights(target=1.0, desired=0.5, preserve=0.3, image=0.7, forbidden=0.2)
    encoder = FakeEncoder()
    both, blue, red = encoder.encode_texts(["a red car blue", "blue", "red"])

    composition = composing().compose(Query(images=[RED], instruction="blue", weights=weights))

    expected = both + 0.5 * blue + 0.7 * red - 0.2 * red  # the picture is red as the word is
    assert np.allclose(composition.vector[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert names_of(composition) == ["caption", "compose", "words", "picture"]


@pytest.mark.parametrize("balance", [0.0, 0.25, 1.0])
def test_a_sum_leans_as_far_as_its_balance_says(balance: float) -> None:
    red, blue = FakeEncoder().encode_texts(["red", "blue"])

    composition = composing().compose(
        Query(images=[RED], instruction="blue", mode=Mode.SUM, balance=balance)
    )

    expected = balance * blue + (1 - balance) * red
    assert np.allclose(composition.vector[0], expected / np.linalg.norm(expected), atol=1e-6)


@pytest.mark.parametrize("mode", [m for m in Mode if m is not Mode.FUSION])
def test_what_is_excluded_pushes_the_vector_away(mode: Mode) -> None:
    encoder, green = FakeEncoder(), Image.new("RGB", (8, 8), (0, 255, 0))
    query = Query(images=[RED], instruction="blue", mode=mode)
    plain = composing().compose(query).vector[0].astype(np.float64)
    both = encoder.encode_texts(["yellow", "green"]).astype(np.float64).mean(axis=0)
    excluded = both / np.linalg.norm(both)

    composition = composing().compose(
        replace(
            query,
            excluded_texts=("yellow",),
            excluded_images=(green,),
            excluded_weight=0.4,
        )
    )

    expected = plain - 0.4 * excluded
    assert np.allclose(composition.vector[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert names_of(composition)[-1] == "excluded"


def test_in_fusion_each_side_is_pushed_away_from_its_own_kind() -> None:
    encoder = FakeEncoder()
    plain = composing().compose(Query(images=[RED], instruction="blue", mode=Mode.FUSION)).fusion
    pushed = (
        composing()
        .compose(
            Query(
                images=[RED],
                instruction="blue",
                mode=Mode.FUSION,
                excluded_texts=("cyan",),
                excluded_weight=0.4,
            )
        )
        .fusion
    )
    assert plain is not None
    assert pushed is not None

    away = encoder.encode_texts(["cyan"])[0].astype(np.float64) - STATISTICS.text_mean
    expected = plain.words[0] - 0.4 * away / np.linalg.norm(away)
    assert np.allclose(pushed.words[0], expected / np.linalg.norm(expected), atol=1e-6)
    assert np.array_equal(pushed.image, plain.image)


def test_a_query_without_what_it_needs_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="picture"):
        Query(instruction="blue")
    with pytest.raises(InvalidValueError, match="instruction"):
        Query(images=[RED], instruction="  ")
    with pytest.raises(InvalidValueError, match="balance"):
        Query(images=[RED], instruction="blue", balance=1.5)
    with pytest.raises(InvalidValueError, match="excluded_weight"):
        Query(images=[RED], instruction="blue", excluded_weight=-1.0)
    with pytest.raises(InvalidValueError, match="the texts of a composed search"):
        Query(images=[RED], texts="red", instruction="blue")
    with pytest.raises(InvalidValueError, match="instruction"):
        Query(images=[RED], caption="a red wall")
    assert Query(images=[RED], mode=Mode.IMAGE).instruction == ""
    assert Query(instruction="blue", mode=Mode.TEXT).images == ()


# Edited parts ------------------------------------------------------------------------------------


def test_an_edited_caption_is_not_captioned_again() -> None:
    captioner, composer = Says(), Wants()

    composition = composing(captioner, by=[composer]).compose(
        Query(images=[RED], instruction="blue", caption="a green bus")
    )

    assert captioner.asked == 0
    assert composer.asked == [("a green bus", "blue")]
    assert (composition.caption, composition.captioner) == ("a green bus", "given")


def test_an_edited_target_is_neither_captioned_nor_composed_again() -> None:
    captioner, composer = Says(), Wants()
    target = Target("blue", desired=("cyan",))

    composition = composing(captioner, by=[composer]).compose(
        Query(images=[RED], instruction="blue", caption="a red car", target=target)
    )

    assert (captioner.asked, composer.asked) == (0, [])
    assert composition.target == target
    assert (composition.caption, composition.composer) == ("a red car", "given")
    assert names_of(composition) == ["words", "picture"]


def test_several_pictures_stand_for_their_mean() -> None:
    encoder, green = FakeEncoder(), Image.new("RGB", (8, 8), (0, 255, 0))
    captioner = Says()
    both = encoder.encode_texts(["red", "green"]).astype(np.float64).mean(axis=0)

    query = Query(images=[RED, green], instruction="blue")
    by_image = composing().compose(replace(query, mode=Mode.IMAGE))
    by_roles = composing(captioner, Says("two walls", "last"), by=[Wants()])

    assert np.allclose(by_image.vector[0], both / np.linalg.norm(both), atol=1e-6)
    with pytest.raises(InvalidValueError, match="the number of pictures is 2"):
        by_roles.compose(query)
    assert captioner.asked == 0, "it would see one of them only"


def test_a_query_without_an_instruction_is_nothing_to_compose() -> None:
    with pytest.raises(InvalidValueError, match="the instruction is ''"):
        composing().compose(Query(texts=["red"]))


def test_a_caption_alone_can_be_asked_for() -> None:
    composition = composing().caption(RED)

    assert (composition.caption, composition.captioner) == ("a red car", "parrot")
    assert composition.target is None


# Falling back ------------------------------------------------------------------------------------


def test_the_next_one_answers_and_the_answer_says_why() -> None:
    composition = composing(Fails(), Says(), by=[Fails(), Wants()]).compose(MAKE_IT_BLUE)

    assert (composition.captioner, composition.composer) == ("parrot", "echo")
    told = [(f.step, f.name, f.reason) for f in composition.fell_back]
    reason = str(ServiceUnreachableError("http://nowhere", "no route"))
    assert told == [("caption", "broken", reason), ("compose", "broken", reason)]


def test_when_nobody_can_the_error_is_the_last_ones() -> None:
    with pytest.raises(ServiceUnreachableError):
        composing(Fails(), by=[Wants()]).compose(MAKE_IT_BLUE)
    with pytest.raises(ServiceUnreachableError):
        composing(by=[Fails()]).compose(MAKE_IT_BLUE)


def test_a_picture_that_cannot_be_read_is_no_captioners_fault() -> None:
    broken = Eyes(
        lambda images: FakeEncoder().encode_texts(["red"]),
        FakeEncoder().encode_texts,
        lambda image, px: (_ for _ in ()).throw(ImageUnreadableError("car.jpg", "it is empty")),
        lambda: STATISTICS,
    )
    with pytest.raises(ImageUnreadableError):
        Composing(broken, [Says(), Says()], [Wants()]).compose(MAKE_IT_BLUE)


def test_when_the_time_is_over_only_the_last_one_is_asked() -> None:
    slow, quick = Wants("slow"), Wants("quick")

    composition = composing(by=[slow, quick], budget_s=1e-9).compose(MAKE_IT_BLUE)

    assert slow.asked == []
    assert composition.composer == "quick"
    assert composition.fell_back[-1].reason == "no time was left to ask it"


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (says("nothing like it"), "no usable answer"),
        (answers(target="<script>alert(1)</script>"), "without < and >"),
        (refuses(401), "give a valid key"),
        (refuses(429, Retry_After="3600"), "wait a while"),
        (refuses(500), "look into its log"),
        (hangs, "no answer within"),
        (drops, "cannot be reached"),
        (floods, "longer than"),
    ],
)
def test_whatever_a_language_model_does_there_is_a_result_and_a_sentence(
    reply: object, told: str
) -> None:
    # Only what never answers is waited for in vain; a busy machine must not make the others late.
    limit_s = 0.3 if reply is hangs else 60.0
    with llm_server(reply) as server:  # type: ignore[arg-type]
        chat = ChatSettings(server.url, "tiny", timeout_s=limit_s)
        settings = WordsSettings(chat=chat, budget_s=120.0)
        _, composers = words_for(settings, Surroundings(FakeEncoder().encode_texts))

        composition = composing(by=composers, budget_s=settings.budget_s).compose(
            Query(images=[RED], instruction="make the car blue")
        )

    assert composition.composer == "rules"
    assert composition.target is not None
    assert composition.target.text == "a blue car"
    assert [fallen.name for fallen in composition.fell_back] == ["llm"]
    assert told in composition.fell_back[0].reason


# Keeping -----------------------------------------------------------------------------------------


def test_nothing_is_asked_twice() -> None:
    captioner, composer, shelf = Says(), Wants(), Shelf()
    made = composing(captioner, by=[composer], memory=shelf)

    first = made.compose(MAKE_IT_BLUE)
    again = made.compose(Query(images=[RED.copy()], instruction="blue"))
    other = made.compose(Query(images=[RED], instruction="green"))

    assert captioner.asked == 1
    assert composer.asked == [("a red car", "blue"), ("a red car", "green")]
    assert (first.caption, first.target) == (again.caption, again.target)
    assert other.target != first.target
    assert [step.source for step in again.steps[:2]] == ["parrot, kept", "echo, kept"]
    assert again.steps[0].cost == Cost(), "what is kept costs nothing"


def test_another_captioner_or_picture_is_asked_anew() -> None:
    shelf = Shelf()
    composing(Says(), memory=shelf).compose(MAKE_IT_BLUE)
    other = Says("a bus", "other")
    blue = Image.new("RGB", (8, 8), (0, 0, 255))

    composing(other, memory=shelf).compose(MAKE_IT_BLUE)
    composing(other, memory=shelf).compose(Query(images=[blue], instruction="blue"))

    assert other.asked == 2


def test_targets_keep_their_form_and_odd_ones_are_passed_over() -> None:
    target = Target("t", ("d",), ("p",), ("f",), ("t2", "t3"))

    assert read_target(target_text(target)) == target
    for odd in ("", "[]", "null", '{"target": 1}', '{"target": "t", "desired": 3}'):
        assert read_target(odd) is None
    assert key_of("a", "bc") != key_of("ab", "c")


def test_texts_are_kept_in_the_catalog(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.sqlite", create=True) as catalog:
        memory = CatalogMemory(catalog)
        change = catalog.change
        memory.keep("caption", "k", "a car")
        memory.keep("caption", "k", "a bus")
        memory.keep("target", "k", "other")

        assert memory.kept("caption", "k") == "a bus"
        assert memory.kept("caption", "none") is None
        assert catalog.change == change, "an index has nothing to catch up with"
        with Catalog.open(catalog.path) as other, other.writer("sightline index"):
            memory.keep("caption", "k2", "a van")  # waits for no sync that is going on
        assert catalog.kept_text("caption", "k2") == "a van"

        with closing(sqlite3.connect(catalog.path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")  # in the middle of a commit: nothing happens
            memory.keep("caption", "k3", "lost")
            writer.execute("ROLLBACK")
        assert memory.kept("caption", "k3") is None


# Settings ----------------------------------------------------------------------------------------


def chosen(settings: WordsSettings) -> tuple[list[str], list[str]]:
    captioners, composers = words_for(settings, Surroundings(FakeEncoder().encode_texts))
    return [c.name for c in captioners], [c.name for c in composers]


def test_without_settings_nothing_is_needed() -> None:
    assert chosen(WordsSettings()) == (["tags"], ["rules"])


def test_a_language_model_that_is_set_up_is_asked_first() -> None:
    assert chosen(WordsSettings(chat=ChatSettings())) == (["tags"], ["llm", "rules"])
    only_rules = WordsSettings(composers=("rules",), chat=ChatSettings())
    assert chosen(only_rules) == (["tags"], ["rules"])


def test_a_missing_key_or_model_is_no_error_but_a_sentence() -> None:
    _, composers = words_for(
        WordsSettings(composers=("llm",)), Surroundings(FakeEncoder().encode_texts)
    )

    composition = composing(by=composers).compose(
        Query(images=[RED], instruction="make the car blue")
    )

    assert composition.composer == "rules"
    assert "SIGHTLINE_LLM_URL" in composition.fell_back[0].reason


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(WordsSourceNotFoundError, match="known are: tags, blip, chat"):
        chosen(WordsSettings(captioners=("blipp",)))
    with pytest.raises(WordsSourceNotFoundError, match="no composer"):
        chosen(WordsSettings(composers=("gpt",)))


def test_the_environment_sets_up_a_language_model() -> None:
    settings = WordsSettings.from_environment(
        {
            "SIGHTLINE_LLM_URL": "http://127.0.0.1:11434/v1",
            "SIGHTLINE_LLM_MODEL": "qwen",
            "SIGHTLINE_LLM_SECONDS": "20",
            "SIGHTLINE_CAPTIONER": "blip, tags",
            "SIGHTLINE_COMPOSE_SECONDS": "30",
        }
    )

    assert settings.chat == ChatSettings("http://127.0.0.1:11434/v1", "qwen", timeout_s=20.0)
    assert settings.captioners == ("blip", "tags")
    assert settings.budget_s == 30.0
    assert WordsSettings.from_environment({}) == WordsSettings()
    assert WordsSettings().with_key("sk-1").chat == ChatSettings(key="sk-1")
    with pytest.raises(InvalidValueError, match="SIGHTLINE_LLM_SECONDS"):
        WordsSettings.from_environment(
            {"SIGHTLINE_LLM_MODEL": "m", "SIGHTLINE_LLM_SECONDS": "soon"}
        )


def test_everything_but_the_vectors_can_be_read_as_json() -> None:
    with llm_server(answers()) as server:
        _, composers = words_for(
            WordsSettings(chat=ChatSettings(server.url, "tiny", timeout_s=60.0)),
            Surroundings(FakeEncoder().encode_texts),
        )
        composition = composing(by=composers, budget_s=120.0).compose(MAKE_IT_BLUE)

    told = composition.as_object()
    assert {name: told[name] for name in GOOD} == GOOD
    assert told["composer"] == "llm"
    assert told["agreement"] is not None
    steps = told["steps"]
    assert isinstance(steps, list)
    assert steps[1]["cost"] == {"tokens_sent": 100, "tokens_received": 20}
