"""Bodies that are too large, too slow or cut off, as they come over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from sightline.gallery import Gallery
from sightline.server.app import create_app
from sightline.server.settings import Settings
from tests.server.conftest import API, png, served_gallery

Message = MutableMapping[str, Any]
FORM = b"multipart/form-data; boundary=x"
HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'


def request(path: str, *headers: tuple[bytes, bytes]) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8420),
    }


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    async with app.router.lifespan_context(app):
        yield


async def ask(
    app: FastAPI, scope: Message, receive: Callable[[], Awaitable[Message]]
) -> tuple[int, dict[bytes, bytes], Message]:
    """Send one request; return status, headers and problem."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async with running(app):
        await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), json.loads(body)


def chunks(*parts: bytes, more: bool = False) -> tuple[Callable[[], Awaitable[Message]], list[int]]:
    """Return what receives the parts one by one, and how many were asked for."""
    taken = [0]

    async def receive() -> Message:
        if taken[0] == len(parts):
            return {"type": "http.disconnect"}
        taken[0] += 1
        part = parts[taken[0] - 1]
        return {"type": "http.request", "body": part, "more_body": more or taken[0] < len(parts)}

    return receive, taken


# Too large


def test_a_body_is_refused_while_it_comes_in_whatever_its_headers_promise(
    indexed: Gallery,
) -> None:
    app = create_app(Settings(max_upload_bytes=10_000), indexed)
    receive, _ = chunks(HEAD, *[b"x" * 1000] * 50)
    scope = request(f"{API}/search/image", (b"content-type", FORM), (b"content-length", b"100"))

    status, headers, problem = asyncio.run(ask(app, scope, receive))

    assert (status, problem["kind"]) == (413, "BodyTooLargeError")
    assert problem["detail"].startswith("the request is larger than 10,000 bytes; ")
    assert headers[b"connection"] == b"close"


def test_a_body_that_says_it_is_too_large_reaches_no_route(indexed: Gallery) -> None:
    with served_gallery(indexed, max_upload_bytes=10_000) as client:
        answer = client.post(f"{API}/images", files={"files": ("large.png", b"x" * 100_000)})

    assert (answer.status_code, answer.json()["kind"]) == (413, "BodyTooLargeError")
    assert answer.headers["content-type"] == "application/problem+json"


def test_who_waits_to_be_told_to_go_on_is_told_at_once(indexed: Gallery) -> None:
    app = create_app(Settings(max_upload_bytes=10_000), indexed)
    receive, taken = chunks(*[b"x" * 1000] * 50)
    headers = [(b"content-type", FORM), (b"content-length", b"50000"), (b"expect", b"100-continue")]

    status, _, _ = asyncio.run(ask(app, request(f"{API}/images", *headers), receive))

    assert status == 413
    assert taken == [0], "the body was never asked for"


def test_a_hundred_megabytes_are_not_held_in_memory(indexed: Gallery) -> None:
    app = create_app(Settings(), indexed)
    block = b"x" * 1_000_000
    receive, _ = chunks(HEAD, *[block] * 100)

    status, _, _ = asyncio.run(ask(app, request(f"{API}/images", (b"content-type", FORM)), receive))

    assert status == 413


def test_json_has_a_limit_of_its_own(client: TestClient) -> None:
    answer = client.post(f"{API}/search/text", content=b'{"text": "' + b"x" * 1_000_001 + b'"}')

    assert answer.status_code == 413


def test_a_body_of_the_limit_is_taken(indexed: Gallery) -> None:
    data = png((255, 0, 0))
    # The form around the file counts, too.
    with served_gallery(indexed, max_upload_bytes=len(data) + 400) as client:
        answer = client.post(f"{API}/search/image", files={"image": ("q.png", data)})

    assert answer.status_code == 200


def test_a_form_of_too_many_parts_is_a_problem(client: TestClient) -> None:
    many = [("files", (f"{place}.png", b"")) for place in range(201)]
    answer = client.post(f"{API}/images", files=many)

    assert answer.status_code == 400
    assert "Too many files" in answer.json()["detail"]


def test_a_field_of_a_form_has_a_limit(client: TestClient) -> None:
    answer = client.post(
        f"{API}/search/image", data={"text": "x" * 70_000}, files={"image": ("q.png", b"")}
    )

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


# Too slow, cut off


def test_a_body_that_stands_still_is_refused(indexed: Gallery) -> None:
    app = create_app(Settings(body_timeout_s=0.02), indexed)

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    status, headers, problem = asyncio.run(
        ask(app, request(f"{API}/images", (b"content-type", FORM)), receive)
    )

    assert (status, problem["kind"]) == (408, "BodyTooSlowError")
    assert headers[b"connection"] == b"close"


def test_a_client_that_leaves_in_mid_upload_leaves_nothing_behind(indexed: Gallery) -> None:
    app = create_app(Settings(), indexed)
    before = sorted(indexed.path.rglob("*"))
    receive, _ = chunks(HEAD, b"half of a picture", more=True)
    scope = request(f"{API}/images", (b"content-type", FORM))

    status, _, _ = asyncio.run(ask(app, scope, receive))

    assert status == 400
    assert sorted(indexed.path.rglob("*")) == before


def test_a_slow_client_holds_up_nobody(indexed: Gallery) -> None:
    """While one body stands still, another request is answered."""
    app = create_app(Settings(), indexed)
    rest = asyncio.Event()

    async def slowly() -> Message:
        if not rest.is_set():
            await rest.wait()
            return {"type": "http.request", "body": b"{}", "more_body": False}
        return {"type": "http.disconnect"}

    async def at_once() -> Message:
        return {"type": "http.request", "body": b'{"text": "red"}', "more_body": False}

    async def both() -> tuple[int, int]:
        statuses: dict[str, int] = {}

        async def call(name: str, receive: Callable[[], Awaitable[Message]]) -> None:
            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    statuses[name] = message["status"]

            scope = request(f"{API}/search/text", (b"content-type", b"application/json"))
            await app(scope, receive, send)

        async with running(app):
            slow = asyncio.create_task(call("slow", slowly))
            await call("quick", at_once)
            assert not slow.done()
            rest.set()
            await slow
        return statuses["quick"], statuses["slow"]

    assert asyncio.run(both()) == (200, 422)


def test_a_length_beyond_all_numbers_is_too_large(indexed: Gallery) -> None:
    app = create_app(Settings(), indexed)
    receive, _ = chunks(b"{}")
    headers = [(b"content-type", b"application/json"), (b"content-length", b"9" * 5000)]

    status, _, _ = asyncio.run(ask(app, request(f"{API}/search/text", *headers), receive))

    assert status == 413


@pytest.mark.parametrize("length", [b"-1", b"x", b"", b"\xb2"])
def test_a_length_that_is_none_is_passed_over(indexed: Gallery, length: bytes) -> None:
    app = create_app(Settings(), indexed)
    receive, _ = chunks(b"{}")
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]

    status, _, problem = asyncio.run(ask(app, request(f"{API}/search/text", *headers), receive))

    assert (status, problem["kind"]) == (422, "EmptyQueryError")
