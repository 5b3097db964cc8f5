"""The service as a real process: started by the command, asked over a socket, ended by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from sightline.cli.serve import page_address, sign_in_link
from sightline.gallery import Gallery
from sightline.server.process import bind
from tests.conftest import COLOURS, paint
from tests.encoders.tiny_model import make_tiny_model
from tests.interrupts import hear_ctrl_c, ignore_ctrl_c
from tests.server.conftest import API, names, png

COMMAND = [sys.executable, "-c", "from sightline.cli import main; main()", "serve"]
TOKEN = "correct horse battery staple"


class Running:
    """A service in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://\S+?:\d+/", line)
        assert found is not None, line + process.stderr.read()
        self.line = line
        self.url = found[0]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said after the first line."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    model = make_tiny_model(folder / "tiny", config={"sightline": {"prompt": "{query}"}})
    for name, colour in COLOURS.items():
        paint(folder / "photos" / f"{name}.png", colour)
    with Gallery.open(folder / "gallery", model=model) as gallery:
        gallery.sync([folder / "photos"])
    return folder


Start = Callable[..., Running]


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def begin(*options: str, before: Callable[[], None] = hear_ctrl_c, **settings: str) -> Running:
        clean = {k: v for k, v in os.environ.items() if not k.startswith("SIGHTLINE_")}
        process = subprocess.Popen(
            [*COMMAND, "-g", str(home / "gallery"), "--port", "0", *options],
            env=clean | {f"SIGHTLINE_{k.upper()}": v for k, v in settings.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=before,
        )
        started.append(process)
        return Running(process)

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_service_starts_answers_and_ends(start: Start, number: int, code: int) -> None:
    service = start()
    with httpx.Client(base_url=service.url, timeout=60) as client:
        found = client.post(f"{API}/search/text", json={"text": "red", "k": 1}).json()
        page = client.get("/")
    ended, said = service.end(number)

    assert service.line.startswith("6 pictures at http://127.0.0.1:")
    assert names(found) == ["red"]
    assert page.headers["content-type"].startswith("text/html")
    assert ended == code
    assert "Traceback" not in said
    assert ("stopped" in said) == (code == 130)


def test_a_service_in_the_background_outlives_ctrl_c(start: Start) -> None:
    service = start(before=ignore_ctrl_c)
    service.process.send_signal(signal.SIGINT)

    with httpx.Client(base_url=service.url, timeout=60) as client:
        assert client.get("/healthz").status_code == 200
    ended, said = service.end(signal.SIGTERM)

    assert ended == 0, said


def test_the_end_stops_jobs_and_streams_and_keeps_what_was_done(
    start: Start, home: Path, tmp_path: Path
) -> None:
    for place in range(3000):
        paint(tmp_path / "many" / f"{place}.png", (place % 256, place // 256, 7), (64, 64))
    service = start()
    with httpx.Client(base_url=service.url, timeout=60) as client:
        asked = client.post(f"{API}/jobs/index", json={"paths": [str(tmp_path / "many")]})
        with client.stream("GET", f"{API}/jobs/{asked.json()['id']}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith("event: ")
            service.process.send_signal(signal.SIGTERM)
            list(lines)  # comes to an end
    _, said = service.process.communicate(timeout=60)

    assert service.process.returncode == 0, said
    assert "Traceback" not in said
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.status().index_state == "current"
        gallery.remove(paths=[tmp_path / "many"])


def test_over_the_wire_a_large_body_is_refused_and_the_service_goes_on(start: Start) -> None:
    service = start(max_upload_bytes="100000")
    head = (
        f"POST {API}/images HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    form = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as wire:
        wire.sendall(head.encode())
        for part in (form, *[b"x" * 10_000] * 12):
            wire.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        answer = b""
        while chunk := wire.recv(65536):
            answer += chunk
    status, _, rest = answer.partition(b"\r\n")
    problem = json.loads(rest.partition(b"\r\n\r\n")[2])
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as wire:
        wire.sendall(head.encode() + b"10\r\nleaves in mid-")

    assert b" 413 " in status
    assert problem["kind"] == "BodyTooLargeError"
    with httpx.Client(base_url=service.url, timeout=60) as client:
        assert client.get("/healthz").status_code == 200
        assert client.post(f"{API}/images", files={"files": ("a.png", png((9, 9, 9)))}).is_success
        id = client.get(f"{API}/search", params={"q": "black", "k": 1}).json()["hits"][0]["id"]
        assert client.delete(f"{API}/images/{id}").json()["file_deleted"] is True
    _, said = service.end(signal.SIGTERM)
    assert "Traceback" not in said


def test_a_token_guards_the_service_and_stays_out_of_logs(start: Start) -> None:
    service = start("--host", "0.0.0.0", token=TOKEN)
    url = f"http://127.0.0.1:{service.port}"
    with httpx.Client(base_url=url, timeout=60) as client:
        assert client.get(f"{API}/gallery").status_code == 401
        assert client.get("/", params={"token": TOKEN}).status_code == 303
        assert client.get(f"{API}/gallery").status_code == 200
    _, said = service.end(signal.SIGTERM)

    assert "token" not in service.line + said, "nobody watches, so this goes into a log"
    assert "Traceback" not in said


def test_the_link_for_a_person_carries_the_token() -> None:
    assert page_address("::1", 80) == "http://[::1]:80/"
    assert page_address("0.0.0.0", 80) == "http://127.0.0.1:80/"
    address = page_address("127.0.0.1", 8420)
    assert sign_in_link(address, None) == "http://127.0.0.1:8420/"
    assert sign_in_link(address, "a &b") == "http://127.0.0.1:8420/?token=a%20%26b"


def test_answers_are_sent_without_waiting_for_more() -> None:
    """asyncio turns Nagle's algorithm off only for sockets that name their protocol."""
    with bind("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP
        assert listening.getsockname()[1] > 0


# What cannot be started


def refused(home: Path, *options: str, **settings: str) -> tuple[int, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SIGHTLINE_")}
    done = subprocess.run(
        [*COMMAND, *options],
        env=clean | {"SIGHTLINE_GALLERY": str(home / "gallery")} | settings,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_an_address_that_is_taken_is_a_sentence(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        code, said = refused(home, "--port", str(port))

    assert code == 2
    assert said == (
        f"sightline: cannot listen at 127.0.0.1 port {port}: address already in use; choose "
        "another with --port, or let --port 0 find a free one\n"
    )


@pytest.mark.parametrize(
    ("options", "settings", "code", "sentence"),
    [
        (["--host", "0.0.0.0"], {}, 2, "sightline: listening at 0.0.0.0 opens the gallery to the"),
        (["--host", "host.invalid", "--insecure"], {}, 2, "sightline: cannot listen at host.inval"),
        ([], {"SIGHTLINE_PORT": "http"}, 2, "sightline: SIGHTLINE_PORT is 'http', but it must be"),
        (["--port", "0", "--model", "nope"], {}, 3, "sightline: no model is called 'nope'"),
        (["--gallery", "/nowhere/at/all"], {}, 4, "sightline: there is no gallery at /nowhere"),
    ],
)
def test_what_cannot_be_started_is_a_sentence_and_an_exit_code(
    home: Path, options: list[str], settings: dict[str, str], code: int, sentence: str
) -> None:
    ended, said = refused(home, *options, **settings)

    assert ended == code
    assert said.splitlines()[-1].startswith(sentence)
    assert "Traceback" not in said


def test_the_demo_ends_in_its_page(tmp_path: Path) -> None:
    clean = {k: v for k, v in os.environ.items() if not k.startswith("SIGHTLINE_")}
    process = subprocess.Popen(
        [*COMMAND[:-1], "demo", "show", "--count", "12", "--serve"],
        cwd=tmp_path,
        env=clean | {"SIGHTLINE_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        service = Running(process)
        with httpx.Client(base_url=service.url, timeout=60) as client:
            facts = client.get(f"{API}/gallery").json()
        code, said = service.end(signal.SIGTERM)
    finally:
        process.kill()

    assert (facts["images"], facts["knows"]) == (12, "drawn scenes")
    assert facts["examples"][0] == "a sailboat at sunset"
    assert code == 0, said
