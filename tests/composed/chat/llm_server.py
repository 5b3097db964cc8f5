"""A real HTTP server that speaks OpenAI's protocol, and every way of failing at it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[["Handler"], None]

GOOD = {
    "target": "a blue car on a street at night",
    "desired": ["a blue car", "at night"],
    "preserve": ["on a street"],
    "forbidden": ["a red car"],
    "paraphrases": ["at night, a blue car", "a street at night with a blue car"],
}


@dataclass
class LlmServer:
    """A server with a script: one reply for each request, the last one for ever.

    Attributes:
        url: The base address.
        replies: What it does.
        bodies: Every request's body.
        keys: Every request's Authorization header.
        released: Set to let a hanging reply end.
    """

    replies: Sequence[Reply]
    url: str = ""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    """Answers POST /v1/chat/completions as the script says."""

    server: Any
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        script: LlmServer = self.server.script
        body = self.rfile.read(int(self.headers["Content-Length"]))
        place = len(script.bodies)
        script.bodies.append(json.loads(body))
        script.keys.append(self.headers.get("Authorization", ""))
        assert self.path == "/v1/chat/completions"
        script.replies[min(place, len(script.replies) - 1)](self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def llm_server(*replies: Reply) -> Iterator[LlmServer]:
    """Run a server with a script for a while."""
    script = LlmServer(replies)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.script = script  # type: ignore[attr-defined]
    script.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        script.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


# Replies -----------------------------------------------------------------------------------------


def completion(text: str) -> bytes:
    return json.dumps(
        {
            "id": "c",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": text},
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
        }
    ).encode()


def says(text: str) -> Reply:
    return lambda h: h.send(200, completion(text), Content_Type="application/json")


def answers(**changed: object) -> Reply:
    return says(json.dumps({**GOOD, **changed}))


def refuses(status: int, **headers: str) -> Reply:
    error = json.dumps({"error": {"message": "the key sk-secret is bad", "type": "x"}})
    return lambda h: h.send(status, error.encode(), Content_Type="application/json", **headers)


def sends(body: bytes, content_type: str = "application/json") -> Reply:
    return lambda h: h.send(200, body, Content_Type=content_type)


def hangs(handler: Handler) -> None:
    """Say nothing until the test is over."""
    handler.server.script.released.wait(30)
    handler.close_connection = True


def drips(handler: Handler) -> None:
    """Send a byte now and then, so that no single read takes long."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.script.released.wait(0.02):
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            break
    handler.close_connection = True


def drops(handler: Handler) -> None:
    """Promise an answer, and hang up in the middle of it."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"choices": [')
    handler.wfile.flush()
    handler.close_connection = True


def floods(handler: Handler) -> None:
    """Send a valid answer of many megabytes."""
    try:
        handler.send(200, completion("x" * 20_000_000), Content_Type="application/json")
    except OSError:
        handler.close_connection = True
