"""Composed searches over HTTP: what an answer tells, and what comes back edited."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient

from sightline.composed import Composing, WordsSettings
from sightline.composed.chat import ChatSettings
from sightline.gallery import Gallery
from sightline.gallery.composing import GalleryComposing
from sightline.testing import FakeEncoder
from sightline.types import Query, Weights
from tests.composed.chat.llm_server import GOOD, answers, llm_server, refuses
from tests.conftest import COLOURS
from tests.server.conftest import API, ids_by_name, names, png, served_gallery

RED = COLOURS["red"]
GIVEN = {"target": "a blue wall", "desired": ["blue"], "forbidden": ["red"]}


def asked(client: TestClient, key: str = "", **fields: Any) -> httpx2.Response:  # noqa: ANN401
    """Ask for "make it blue", by a red picture unless another is named."""
    given = {"text": "make it blue", **fields}
    picture = {} if "images" in given or "picture" in given else {"image": ("q.png", png(RED))}
    headers = {"X-Language-Model-Key": key} if key else {}
    answer = client.post(f"{API}/search/composed", data=given, files=picture, headers=headers)
    return answer


def composed(client: TestClient, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = asked(client, **fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_answer_tells_how_it_came_about(client: TestClient) -> None:
    found = composed(client)
    told = found["composition"]

    assert found["mode"] == told["mode"] == "roles"
    assert (told["captioner"], told["composer"]) == ("tags", "rules")
    assert told["caption"]
    assert "blue" in told["target"]
    assert told["weights"] == {
        "target": 1.0,
        "desired": 0.75,
        "preserve": 0.25,
        "image": 0.5,
        "forbidden": 0.5,
    }
    assert [step["name"] for step in told["steps"]] == ["picture", "caption", "compose", "words"]
    assert found["milliseconds"]["compose"] > 0
    assert found["picture"]["token"]


def test_the_hits_are_those_of_the_library(client: TestClient, indexed: Gallery) -> None:
    found = composed(client, k=6)

    composition = indexed.composing().compose(Query(images=[png(RED)], instruction="make it blue"))
    expected = indexed.find_composed(composition, 6).hits
    assert [hit["id"] for hit in found["hits"]] == [hit.id for hit in expected]


def test_what_comes_back_edited_is_taken_as_it_is(client: TestClient) -> None:
    found = composed(client, **GIVEN, weight_image=0, weight_forbidden=1, k=6)
    told = found["composition"]

    assert (told["target"], told["desired"], told["forbidden"]) == (
        "a blue wall",
        ["blue"],
        ["red"],
    )
    assert (told["composer"], told["captioner"]) == ("given", "")
    assert [step["name"] for step in told["steps"]] == ["words"]
    assert told["weights"] == {**told["weights"], "image": 0.0, "forbidden": 1.0}
    assert Weights.__dataclass_fields__.keys() == told["weights"].keys()
    assert names(found)[0] == "blue"


def test_an_edited_caption_is_not_captioned_again(client: TestClient) -> None:
    told = composed(client, caption="a red wall")["composition"]

    assert (told["caption"], told["captioner"]) == ("a red wall", "given")
    assert "caption" not in [step["name"] for step in told["steps"]]
    assert told["target"] == "a blue wall"


@pytest.mark.parametrize("mode", ["published", "fusion", "sum", "image", "text"])
def test_every_mode_answers(client: TestClient, mode: str) -> None:
    found = composed(client, mode=mode)

    assert found["mode"] == mode
    assert len(found["hits"]) == 6


def test_several_pictures_stand_for_what_they_share(client: TestClient) -> None:
    ids = ids_by_name(client)

    found = composed(client, mode="image", images=[ids["red"], ids["green"]])

    assert names(found)[0] == "yellow", "red and green light make yellow"


def test_the_slider_of_the_sum_is_the_weights_where_it_is_not_named(client: TestClient) -> None:
    by_balance = composed(client, mode="sum", balance=0.25)
    by_weights = composed(client, mode="sum", text_weight=0.2, image_weight=0.6)

    assert by_balance["hits"] == by_weights["hits"]
    assert by_weights["composition"]["balance"] == pytest.approx(0.25)


def test_excluded_words_and_filters_hold_here_too(client: TestClient) -> None:
    purple = ids_by_name(client)["purple"]
    client.put(f"{API}/images/{purple}/labels", json={"labels": ["kept"]})

    plain = names(composed(client, mode="sum"))
    pushed = names(composed(client, mode="sum", excluded_texts=["blue"]))

    assert plain.index("blue") < pushed.index("blue")
    assert names(composed(client, label="kept")) == ["purple"]


def test_a_kept_picture_composes_again(client: TestClient) -> None:
    first = composed(client)

    again = composed(client, picture=first["picture"]["token"])

    assert again["hits"] == first["hits"]
    assert again["cached"] is False, "another request, since it names a token"
    assert composed(client, picture=first["picture"]["token"])["cached"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"mode": "magic"}, "mode"),
        ({"desired": ["blue"]}, "are parts of a target"),
        ({"weight_image": -1}, "weight_image"),
        ({"balance": 2}, "balance"),
        ({"captioner": "oracle"}, "no captioner is called 'oracle'"),
        ({"composer": "oracle"}, "no composer is called 'oracle'"),
        ({"text": " ", "target": ""}, "at least one word"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    client: TestClient, fields: dict[str, Any], sentence: str
) -> None:
    answer = asked(client, **fields)

    assert answer.status_code == 422, answer.text
    assert sentence in answer.json()["detail"]


# With a language model


def test_a_language_model_is_asked_and_its_cost_told(indexed: Gallery) -> None:
    with llm_server(answers()) as model:
        words = WordsSettings(chat=ChatSettings(model.url, "tiny"))
        with served_gallery(indexed, words=words) as client:
            found = composed(client)
            told = client.get(f"{API}/gallery").json()["composing"]

    assert found["composition"]["composer"] == "llm"
    assert found["composition"]["paraphrases"] == GOOD["paraphrases"]
    assert found["composition"]["agreement"] is not None
    assert told["language_model"] == {"model": "tiny", "is_remote": False}
    assert (told["captioners"], told["composers"]) == (["tags"], ["llm", "rules"])
    sent = json.dumps(model.bodies)
    assert "make it blue" in sent
    assert "base64" not in sent, "no picture leaves the machine"


def test_a_key_of_a_request_is_used_for_it_alone(indexed: Gallery) -> None:
    with llm_server(answers()) as model:
        words = WordsSettings(chat=ChatSettings(model.url, "tiny"))
        with served_gallery(indexed, words=words) as client:
            answer = asked(client, key="sk-mine")
            asked(client, text="make it green")

    assert model.keys[0] == "Bearer sk-mine"
    assert "sk-mine" not in model.keys[-1]
    assert "sk-mine" not in answer.text


def test_what_falls_back_is_told_and_tried_again(indexed: Gallery) -> None:
    with llm_server(refuses(401)) as model:
        words = WordsSettings(chat=ChatSettings(model.url, "tiny", key="sk-wrong"))
        with served_gallery(indexed, words=words) as client:
            first, second = composed(client), composed(client)

    told = first["composition"]
    assert told["composer"] == "rules"
    (fallen,) = told["fell_back"]
    assert (fallen["step"], fallen["name"]) == ("compose", "llm")
    assert "sk-wrong" not in json.dumps(first)
    assert len(model.bodies) >= 2
    assert not second["cached"]


def test_what_composes_is_made_once_for_all_who_come_at_once(
    indexed: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Composing] = []
    make, all_came = GalleryComposing.composing, threading.Barrier(4)

    def make_slowly(composing: GalleryComposing, *given: Any) -> Composing:  # noqa: ANN401
        made.append(make(composing, *given))
        time.sleep(0.2)
        return made[-1]

    def ask(client: TestClient, number: int) -> int:
        all_came.wait(20)
        return asked(client, text=f"make it blue {number}").status_code

    monkeypatch.setattr(GalleryComposing, "composing", make_slowly)
    with served_gallery(indexed) as client, ThreadPoolExecutor(4) as threads:
        assert list(threads.map(partial(ask, client), range(4))) == [200] * 4

    assert len(made) == 1


def test_what_captioners_try_does_not_push_out_what_people_asked_for(indexed: Gallery) -> None:
    encoder = indexed.encoder
    assert isinstance(encoder, FakeEncoder)
    with served_gallery(indexed, text_cache=30) as client:
        client.get(f"{API}/search", params={"q": "red"})
        composed(client, mode="fusion")
        composed(client)

        before = encoder.texts_encoded
        again = client.get(f"{API}/search", params={"q": "red", "k": 3}).json()

    assert not again["cached"]
    assert encoder.texts_encoded == before, "the words were still known"


def test_fusion_has_no_statistics_of_an_empty_gallery(tmp_path: Path) -> None:
    with (
        Gallery.open(tmp_path / "empty", model=FakeEncoder()) as gallery,
        served_gallery(gallery) as client,
    ):
        answer = asked(client, mode="fusion")

    assert (answer.status_code, answer.json()["kind"]) == (409, "EmptyGalleryError")
    assert "retry-after" not in answer.headers, "time alone does not fill it"


def test_a_key_that_no_header_can_carry_on_is_refused(client: TestClient) -> None:
    answer = client.post(
        f"{API}/search/composed",
        data={"text": "make it blue", "images": "1"},
        headers={b"X-Language-Model-Key": b"k\xe9y"},
    )

    assert answer.status_code == 422
    assert "X-Language-Model-Key" in answer.json()["errors"][0]["field"].title()
