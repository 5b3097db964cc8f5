import json
import re

import pytest

from sightline.composed.chat import ChatSettings
from sightline.composed.composers.llm import LlmComposer
from sightline.composed.registry import COMPOSERS
from sightline.errors import (
    InvalidValueError,
    ServiceAnswerError,
    ServiceError,
    ServiceRefusedError,
    ServiceUnreachableError,
    WordsSourceNotFoundError,
)
from tests.composed.chat.llm_server import (
    GOOD,
    LlmServer,
    Reply,
    answers,
    completion,
    drips,
    drops,
    floods,
    hangs,
    llm_server,
    refuses,
    says,
    sends,
)

CAPTION, INSTRUCTION = "a red car on a street", "the same, but blue and at night"
SECRET = "sk-secret-0123456789"


def composer_at(server: LlmServer, timeout_s: float = 60.0) -> LlmComposer:
    return LlmComposer(ChatSettings(server.url, "tiny", SECRET, timeout_s=timeout_s))


def test_a_good_answer_becomes_a_target_with_its_cost() -> None:
    with llm_server(answers()) as server:
        composed = composer_at(server).compose(CAPTION, INSTRUCTION)

    assert composed.target.as_object() == GOOD
    assert (composed.cost.tokens_sent, composed.cost.tokens_received) == (100, 20)
    assert server.keys == [f"Bearer {SECRET}"]
    assert server.bodies[0]["model"] == "tiny"
    assert server.bodies[0]["response_format"]["type"] == "json_schema"


def test_nothing_but_caption_and_instruction_is_sent() -> None:
    with llm_server(answers()) as server:
        composer_at(server).compose(CAPTION, INSTRUCTION)

    asked = server.bodies[0]["messages"]
    assert asked[-1]["content"] == f"Image Content: {CAPTION}\nInstruction: {INSTRUCTION}"
    assert all(isinstance(message["content"], str) for message in asked)


def test_an_answer_in_a_code_fence_is_read() -> None:
    with llm_server(says(f"```json\n{json.dumps(GOOD)}\n```")) as server:
        assert composer_at(server).compose(CAPTION, INSTRUCTION).target.text == GOOD["target"]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (says("I would love to help!"), "Invalid JSON"),
        (says('{"target": "a blue car"}'), "desired"),
        (answers(target=""), "empty"),
        (answers(desired="a blue car"), "desired"),
        (answers(extra=1), "extra"),
        (answers(target="x" * 401), "at most 400"),
        (answers(desired=["x"] * 13), "desired"),
        (answers(target="<script>alert(1)</script>"), "without < and >"),
        (answers(forbidden=["<img src=x onerror=alert(1)>"]), "without < and >"),
    ],
)
def test_a_wrong_answer_goes_back_once_with_what_is_wrong(first: Reply, told: str) -> None:
    with llm_server(first, answers()) as server:
        composed = composer_at(server).compose(CAPTION, INSTRUCTION)

    assert composed.target.text == GOOD["target"]
    assert composed.cost.tokens_sent == 200, "both calls are paid for"
    assert re.search(told, server.bodies[1]["messages"][-1]["content"])


@pytest.mark.parametrize(
    ("reply", "kind", "told"),
    [
        (says("no JSON, ever"), ServiceAnswerError, "no usable answer"),
        (answers(target="<b>bold</b>"), ServiceAnswerError, "without < and >"),
        (says("  "), ServiceAnswerError, "it is empty"),
        (sends(b"<html>Welcome to the WiFi</html>", "text/html"), ServiceAnswerError, "protocol"),
        (sends(b'{"choices": [}'), ServiceAnswerError, "not JSON"),
        (sends(b"{}"), ServiceAnswerError, "protocol"),
        (sends(b'{"choices": []}'), ServiceAnswerError, "protocol"),
        (floods, ServiceAnswerError, "longer than 65,536 bytes"),
        (refuses(401), ServiceRefusedError, "SIGHTLINE_LLM_KEY"),
        (refuses(404), ServiceRefusedError, "SIGHTLINE_LLM_MODEL"),
        (refuses(429), ServiceRefusedError, "wait a while"),
        (refuses(429, Retry_After="3600"), ServiceRefusedError, "wait a while"),
        (refuses(500), ServiceRefusedError, "status 500"),
        (refuses(302, Location="http://127.0.0.1:9/"), ServiceError, "language model"),
        (drops, ServiceUnreachableError, "cannot be reached"),
    ],
)
def test_every_fault_is_an_error_that_says_what_helps(
    reply: Reply, kind: type[ServiceError], told: str
) -> None:
    with llm_server(reply) as server, pytest.raises(kind) as caught:
        composer_at(server).compose(CAPTION, INSTRUCTION)

    assert told in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "sk-secret is bad" not in str(caught.value), "what a server says is not passed on"


@pytest.mark.parametrize("reply", [hangs, drips])
def test_no_answer_takes_longer_than_it_may(reply: Reply) -> None:
    with llm_server(reply) as server, pytest.raises(ServiceUnreachableError) as caught:
        composer_at(server, timeout_s=0.3).compose(CAPTION, INSTRUCTION)

    assert "cannot be reached" in str(caught.value)


def test_less_time_than_the_settings_allow_is_kept_to() -> None:
    with llm_server(hangs) as server, pytest.raises(ServiceUnreachableError):
        composer_at(server, timeout_s=60.0).compose(CAPTION, INSTRUCTION, within_s=0.2)


def test_a_busy_server_that_names_a_time_is_asked_once_more() -> None:
    with llm_server(refuses(429, Retry_After="0"), answers()) as server:
        assert composer_at(server).compose(CAPTION, INSTRUCTION).target.text == GOOD["target"]
    assert len(server.bodies) == 2

    with llm_server(refuses(429, Retry_After="0")) as server, pytest.raises(ServiceRefusedError):
        composer_at(server).compose(CAPTION, INSTRUCTION)
    assert len(server.bodies) == 2, "once, and not for ever"


def test_a_server_that_knows_no_schema_is_asked_in_plainer_words_and_it_is_remembered() -> None:
    with llm_server(refuses(400), refuses(400), answers()) as server:
        asked = composer_at(server)
        asked.compose(CAPTION, INSTRUCTION)
        asked.compose(CAPTION, "at dawn")

    formats = [body.get("response_format", {}).get("type") for body in server.bodies]
    assert formats == ["json_schema", "json_object", None, None]


def test_a_machine_that_is_not_there_is_an_error() -> None:
    with llm_server(answers()) as server:
        gone = composer_at(server)
    with pytest.raises(ServiceUnreachableError, match="SIGHTLINE_LLM_URL"):
        gone.compose(CAPTION, INSTRUCTION)


def test_a_compressed_answer_is_not_unpacked() -> None:
    def zipped(handler: object) -> None:
        handler.send(  # type: ignore[attr-defined]
            200, completion("{}"), Content_Type="application/json", Content_Encoding="gzip"
        )

    with llm_server(zipped) as server, pytest.raises(ServiceError):
        composer_at(server).compose(CAPTION, INSTRUCTION)


def test_the_key_shows_nowhere() -> None:
    settings = ChatSettings("http://127.0.0.1:1/v1", "tiny", SECRET)

    assert SECRET not in repr(settings)
    assert SECRET not in LlmComposer(settings).identity


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="http://"):
        ChatSettings("ftp://somewhere")
    with pytest.raises(InvalidValueError, match="timeout_s"):
        ChatSettings(timeout_s=0)
    assert not ChatSettings("http://127.0.0.1:8080/v1").is_remote
    assert not ChatSettings("http://[::1]:8080/v1").is_remote
    assert ChatSettings().is_remote
    assert not ChatSettings("http://me:secret@LOCALHOST:8080/v1").is_remote
    for elsewhere in ("127.example.org", "localhost.example.org", "[::1", "192.168.0.7"):
        assert ChatSettings(f"http://{elsewhere}/v1").is_remote, elsewhere


def test_composers_go_by_name() -> None:
    assert COMPOSERS.make("rules", None).name == "rules"
    assert COMPOSERS.make("llm", ChatSettings()).name == "llm"
    assert {"rules", "llm"} <= set(COMPOSERS.names())
    with pytest.raises(WordsSourceNotFoundError, match="no composer is called 'gpt'"):
        COMPOSERS.make("gpt", None)
    with pytest.raises(InvalidValueError, match="SIGHTLINE_LLM_URL"):
        COMPOSERS.make("llm", None)
