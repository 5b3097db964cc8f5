"""Judging over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from sightline.gallery import Gallery
from sightline.types import Judgement, Question
from tests.server.conftest import API, ids_by_name


def judge(client: TestClient, **said: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = client.put(f"{API}/judgements", json=said)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_judgement_is_kept_changed_and_taken_back(client: TestClient, indexed: Gallery) -> None:
    ids = ids_by_name(client)

    judge(client, text="warm", image=ids["red"], grade=1)
    said = judge(client, text=" warm ", image=ids["blue"], grade=0)

    assert said["grades"] == {str(ids["red"]): 1, str(ids["blue"]): 0}
    assert set(indexed.judgements()) == {
        Judgement(Question("warm"), ids["red"], 1),
        Judgement(Question("warm"), ids["blue"], 0),
    }
    assert judge(client, text="warm", image=ids["blue"], grade=3)["grades"][str(ids["blue"])] == 3
    assert judge(client, text="warm", image=ids["blue"], grade=None)["grades"] == {
        str(ids["red"]): 1
    }


def test_questions_by_words_and_by_pictures_are_told_apart(client: TestClient) -> None:
    ids = ids_by_name(client)
    judge(client, text="warm", image=ids["red"], grade=1)
    judge(client, picture=ids["blue"], image=ids["purple"], grade=1)
    judge(client, picture=ids["blue"], text="warm", image=ids["purple"], grade=0)

    asked = client.get(f"{API}/judgements/questions").json()["questions"]
    by_picture = client.get(f"{API}/judgements", params={"picture": ids["blue"]}).json()

    assert asked == [
        {"text": "warm", "picture": None, "relevant": 1, "not_relevant": 0},
        {"text": "", "picture": ids["blue"], "relevant": 1, "not_relevant": 0},
        {"text": "warm", "picture": ids["blue"], "relevant": 0, "not_relevant": 1},
    ]
    assert by_picture["grades"] == {str(ids["purple"]): 1}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"image": 1, "grade": 1}, "nothing to search for"),
        ({"text": "warm", "image": 999, "grade": 1}, "999"),
        ({"text": "warm", "picture": 999, "image": 1, "grade": 1}, "999"),
        ({"text": "warm", "image": 1, "grade": -1}, "grade"),
        ({"text": "warm", "image": 1}, "grade"),
    ],
)
def test_what_cannot_be_judged_is_a_sentence(
    client: TestClient, said: dict[str, Any], sentence: str
) -> None:
    answer = client.put(f"{API}/judgements", json=said)

    assert answer.status_code == 422, answer.text
    assert sentence in answer.json()["detail"]
