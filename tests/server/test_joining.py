"""Joined queries: who runs, who waits, and that nobody's vectors change by it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.encoders import load_model
from sightline.errors import EmptyTextError
from sightline.protocols import BulkEncoder, Encoder, Specialist, TextEncoder, TunableEncoder
from sightline.server.search.batching import Turns
from sightline.server.search.query_encoder import MOST_TEXTS, Joining, is_same_in_company, joined
from sightline.server.search.recent import Recent
from sightline.testing import FakeEncoder, check_encoder
from sightline.types import Vectors


class Model:
    """Runs that can be held up, and remember what they got."""

    def __init__(self) -> None:
        self.runs: list[list[str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.inside = threading.Event()
        self.at_once = 0
        self.most_at_once = 0

    def run(self, items: list[str]) -> list[str]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.runs.append(items)
        self.inside.set()
        assert self.gate.wait(60), "nobody opened the gate"
        self.at_once -= 1
        if "bad" in items:
            raise ValueError("bad")
        return [item.upper() for item in items]


def waiting(turns: Turns[str, str], count: int) -> None:
    """Wait until so many calls are in the queue."""
    with turns._changed:
        assert turns._changed.wait_for(lambda: len(turns._waiting) == count, timeout=60)


def test_a_call_that_finds_nobody_runs_at_once() -> None:
    model = Model()
    turns: Turns[str, str] = Turns(model.run, most=4, window_s=1e9, expected=lambda: 99)

    assert turns.call(["a"]) == ["A"]
    assert turns.call(["b", "c"]) == ["B", "C"]
    assert model.runs == [["a"], ["b", "c"]]


def test_calls_that_come_during_a_run_share_the_next_one() -> None:
    model = Model()
    turns: Turns[str, str] = Turns(model.run, most=4)
    model.gate.clear()
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(turns.call, ["a"])
        assert model.inside.wait(60)
        rest = []
        for place, items in enumerate((["b"], ["c", "d"], ["e", "f"], ["g"])):
            rest.append(pool.submit(turns.call, items))
            waiting(turns, place + 1)
        model.gate.set()
        answers = [first.result(60), *(call.result(60) for call in rest)]

    assert answers == [["A"], ["B"], ["C", "D"], ["E", "F"], ["G"]]
    assert model.runs == [["a"], ["b", "c", "d"], ["e", "f", "g"]], "at most four in a run"
    assert model.most_at_once == 1


def test_a_thread_that_takes_over_waits_for_those_under_way() -> None:
    model = Model()
    under_way = 1
    turns: Turns[str, str] = Turns(model.run, most=8, window_s=1e9, expected=lambda: under_way)
    model.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(turns.call, ["a"])
        assert model.inside.wait(60)
        second = pool.submit(turns.call, ["b"])
        waiting(turns, 1)
        under_way = 3
        model.inside.clear()
        model.gate.set()
        first.result(60)
        assert not model.inside.wait(0.2), "it waits: two others are under way"
        # The window is endless, so it is the arrival of the others that ends it.
        third = pool.submit(turns.call, ["c"])
        fourth = pool.submit(turns.call, ["d"])
        for call in (second, third, fourth):
            call.result(60)

    assert model.runs[0] == ["a"]
    assert sorted(model.runs[1]) == ["b", "c", "d"]


def test_nobody_pays_for_the_error_of_another() -> None:
    model = Model()
    turns: Turns[str, str] = Turns(model.run, most=8)
    model.gate.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(turns.call, ["a"])
        assert model.inside.wait(60)
        good, bad = pool.submit(turns.call, ["b"]), None
        waiting(turns, 1)
        bad = pool.submit(turns.call, ["bad"])
        waiting(turns, 2)
        model.gate.set()
        assert first.result(60) == ["A"]
        assert good.result(60) == ["B"]
        with pytest.raises(ValueError, match="bad"):
            bad.result(60)
    assert turns.call(["c"]) == ["C"], "the queue goes on"


def test_many_threads_get_their_own_answers() -> None:
    model = Model()
    turns: Turns[str, str] = Turns(model.run, most=5, window_s=0.001, expected=lambda: 8)
    wanted = [[f"{thread}-{place}" for place in range(thread % 3 + 1)] for thread in range(200)]
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(turns.call, wanted))

    assert answers == [[item.upper() for item in items] for items in wanted]
    assert model.most_at_once == 1
    assert all(len(run) <= 5 for run in model.runs)
    assert sorted(item for run in model.runs for item in run) == sorted(chain(*wanted))


# Encoders


class Deaf:
    """An encoder that reads pictures only."""

    def __init__(self) -> None:
        fake = FakeEncoder()
        self.spec, self.input_px = fake.spec, fake.input_px
        self.prepare, self.encode_images = fake.prepare, fake.encode_images


@pytest.mark.parametrize("ability", [TextEncoder, Specialist, BulkEncoder, TunableEncoder])
def test_a_joined_encoder_can_do_exactly_what_the_model_can(
    ability: type, tmp_path: Path, tiny: Encoder
) -> None:
    for encoder in (Deaf(), FakeEncoder(), tiny):
        wrapped = joined(encoder, Joining())
        assert isinstance(wrapped, ability) == isinstance(encoder, ability), encoder
        assert isinstance(wrapped, Encoder)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    from tests.encoders.tiny_model import make_tiny_model

    return load_model(make_tiny_model(tmp_path_factory.mktemp("joined") / "tiny"))


@pytest.fixture(scope="module")
def mini() -> Encoder:
    return load_model("mini")


def test_a_joined_encoder_keeps_every_promise_of_an_encoder(tiny: Encoder) -> None:
    check_encoder(joined(FakeEncoder(), Joining()))
    check_encoder(joined(tiny, Joining()))


TEXTS = [
    "a red car in the snow",
    "a blue car in the sand",
    "two dogs",
    "a cat",
    "đèn lồng đỏ 🏮",
    "a lighthouse in a storm at night",
]


class Gated:
    """A model whose texts wait at a gate."""

    def __init__(self, encoder: Encoder) -> None:
        assert isinstance(encoder, TextEncoder)
        self._texts_of = encoder
        self.gate, self.inside = threading.Event(), threading.Event()
        self.gate.set()
        self.spec, self.input_px, self.prompt = encoder.spec, encoder.input_px, encoder.prompt
        self.prepare, self.encode_images = encoder.prepare, encoder.encode_images

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        self.inside.set()
        assert self.gate.wait(60), "nobody opened the gate"
        return self._texts_of.encode_texts(texts)


@pytest.mark.parametrize("model", ["tiny", "mini"])
def test_joined_texts_have_bit_for_bit_the_vectors_that_they_have_alone(
    model: str, request: pytest.FixtureRequest
) -> None:
    encoder = Gated(request.getfixturevalue(model))
    alone = {text: encoder.encode_texts([text])[0] for text in TEXTS}
    runs: list[int | None] = []
    wrapped: Any = joined(encoder, Joining(watch=runs.append))
    encoder.gate.clear()
    encoder.inside.clear()
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(wrapped.encode_texts, ["a red thing"])
        assert encoder.inside.wait(60)
        # Every text several times, and calls of one to three texts.
        asked = [
            [TEXTS[(thread + place) % 6] for place in range(thread + 1)] for thread in range(3)
        ]
        rest = []
        for place, texts in enumerate(asked):
            rest.append(pool.submit(wrapped.encode_texts, texts))
            waiting(wrapped._turns, place + 1)
        encoder.gate.set()
        first.result(60)
        answers = [call.result(60) for call in rest]

    for texts, rows in zip(asked, answers, strict=True):
        assert np.array_equal(rows, np.stack([alone[text] for text in texts]))
    assert runs == [1, 5], "three calls with five different texts shared a run"


def test_joined_pictures_have_bit_for_bit_the_vectors_that_they_have_alone(mini: Encoder) -> None:
    colours = [(shade * 8, 255 - shade * 8, 99) for shade in range(24)]
    prepared = [mini.prepare(Image.new("RGB", (70, 50), colour)) for colour in colours]
    alone = [mini.encode_images(pixels[np.newaxis]) for pixels in prepared]
    wrapped = joined(mini, Joining())
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(lambda pixels: wrapped.encode_images(pixels[np.newaxis]), prepared))

    assert all(np.array_equal(row, own) for row, own in zip(rows, alone, strict=True))


class Sociable(FakeEncoder):
    """Gives a text another last bit in company."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = super().encode_texts(texts)
        return rows if len(texts) == 1 else np.nextafter(rows, np.float32(2))


def test_a_model_that_changes_in_company_is_asked_for_one_text_at_a_time() -> None:
    encoder = Sociable()
    assert not is_same_in_company(encoder)
    assert is_same_in_company(FakeEncoder())
    wrapped = joined(encoder, Joining())
    assert isinstance(wrapped, TextEncoder)

    rows = wrapped.encode_texts(["red", "green", "blue"])

    alone = FakeEncoder()
    assert np.array_equal(
        rows, np.concatenate([alone.encode_texts([t]) for t in ("red", "green", "blue")])
    )


def test_texts_are_remembered_and_the_oldest_forgotten() -> None:
    encoder = FakeEncoder()
    wrapped = joined(encoder, Joining(kept_texts=2))
    assert isinstance(wrapped, TextEncoder)
    before = encoder.texts_encoded
    first = wrapped.encode_texts(["red", "red", "green"])
    again = wrapped.encode_texts(["green", "red"])
    assert encoder.texts_encoded - before == 2
    assert np.array_equal(again, first[[2, 0]])
    wrapped.encode_texts(["blue"])
    wrapped.encode_texts(["green"])  # used before red was, so it went when blue came
    assert encoder.texts_encoded - before == 4


def test_remembered_vectors_cannot_be_changed_by_a_caller() -> None:
    wrapped = joined(FakeEncoder(), Joining())
    assert isinstance(wrapped, TextEncoder)
    rows = wrapped.encode_texts(["red"])
    kept = rows.copy()
    rows[:] = 0

    assert np.array_equal(wrapped.encode_texts(["red"]), kept)


def test_an_empty_text_is_told_by_its_place_among_the_callers_own() -> None:
    wrapped = joined(FakeEncoder(), Joining())
    assert isinstance(wrapped, TextEncoder)

    with pytest.raises(EmptyTextError) as caught:
        wrapped.encode_texts(["red", " "])
    assert caught.value.position == 1


def test_more_texts_than_a_run_takes_are_several_runs() -> None:
    runs: list[int | None] = []
    wrapped = joined(FakeEncoder(), Joining(watch=runs.append))
    assert isinstance(wrapped, TextEncoder)
    texts = [f"red {place}" for place in range(MOST_TEXTS * 2 + 3)]

    rows = wrapped.encode_texts(texts)

    assert rows.shape == (len(texts), 4)
    assert runs == [MOST_TEXTS, MOST_TEXTS, 3]


# Memory


def test_what_was_not_used_for_longest_is_forgotten_first() -> None:
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)

    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_heavy_values_push_out_more() -> None:
    recent: Recent[str, list[int]] = Recent(5, len)
    recent.put("a", [1, 2])
    recent.put("b", [3, 4])
    recent.put("a", [1])
    recent.put("c", [5, 6])
    assert [recent.get(key) for key in "abc"] == [[1], [3, 4], [5, 6]]
    recent.put("d", [0] * 5)
    assert [recent.get(key) for key in "abcd"] == [None, None, None, [0] * 5]
    recent.put("e", [0] * 6)
    assert (len(recent), recent.get("e")) == (1, None), "what is heavier than all is not kept"


def test_nothing_is_kept_where_nothing_may_be() -> None:
    recent: Recent[str, int] = Recent(0)
    recent.put("a", 1)

    assert recent.get("a") is None
