import base64
import io

import pytest
from PIL import Image

from sightline.composed.captioners.chat import ChatCaptioner
from sightline.composed.chat import ChatSettings
from sightline.errors import ServiceAnswerError, ServiceRefusedError
from sightline.types.composition import Cost
from tests.composed.chat.llm_server import LlmServer, llm_server, refuses, says

PICTURE = Image.new("RGB", (1600, 900), (200, 30, 30))


def captioner_at(server: LlmServer) -> ChatCaptioner:
    return ChatCaptioner(ChatSettings(server.url, "sees", "sk-1", timeout_s=60.0))


def test_a_picture_is_sent_small_and_its_sentence_comes_back() -> None:
    with llm_server(says(' "A red\n wall." ')) as server:
        said = captioner_at(server).caption([PICTURE], within_s=60)[0]

    assert (said.text, said.cost) == ("A red wall.", Cost(100, 20))
    text, picture = server.bodies[0]["messages"][0]["content"]
    assert "plain English sentence" in text["text"]
    kind, _, data = picture["image_url"]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    sent = Image.open(io.BytesIO(base64.b64decode(data)))
    assert sent.size == (512, 288)
    assert PICTURE.size == (1600, 900), "the caller's picture stays as it is"


@pytest.mark.parametrize("text", ["<b>A wall</b>", "x" * 501, '""'])
def test_what_is_no_plain_sentence_is_refused(text: str) -> None:
    with llm_server(says(text)) as server, pytest.raises(ServiceAnswerError):
        captioner_at(server).caption([PICTURE], within_s=60)


def test_a_model_that_cannot_see_is_a_refusal() -> None:
    with llm_server(refuses(400)) as server, pytest.raises(ServiceRefusedError):
        captioner_at(server).caption([PICTURE], within_s=60)


def test_the_key_shows_nowhere() -> None:
    assert "sk-1" not in ChatCaptioner(ChatSettings(key="sk-1")).identity
