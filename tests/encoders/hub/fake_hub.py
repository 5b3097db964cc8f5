"""A model hub on the loopback interface, with faults to order."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

SMALL_BYTES = 300  # files below are kept by git itself, under its own digest


@dataclass
class Repository:
    """What a repository holds, and how badly it is served.

    Attributes:
        files: By path.
        commit: What every revision but "gone" stands at.
        licence: On its page.
        cuts: How many bytes of a file are sent before the connection ends, one for each request.
        damaged: How many more times a file is sent with a byte changed.
        status: What is answered in place of a file.
        gated: Whether its owner wants terms to be accepted.
    """

    files: dict[str, bytes]
    commit: str = "c" * 40
    licence: str = "mit"
    cuts: dict[str, list[int]] = field(default_factory=dict)
    damaged: dict[str, int] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    gated: bool = False


@dataclass
class FakeHub:
    """A hub that is served.

    Attributes:
        endpoint: Its address.
        repositories: By name.
        requests: Every request, as "GET path" or "GET path from BYTE".
        busy: How many more requests are answered with status 503.
        portal: Answer everything with a page, as a network does that wants a log-in.
        held: Set it to let that answer go on.
        hold: The file whose answer waits after its first half.
    """

    endpoint: str
    repositories: dict[str, Repository]
    requests: list[str] = field(default_factory=list)
    busy: int = 0
    portal: bool = False
    hold: str = ""
    held: threading.Event = field(default_factory=threading.Event)


def repository_of(folder: Path) -> Repository:
    """Return a repository with the files of a folder."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    return Repository(files | {"README.md": b"not fetched"})


@contextmanager
def served(repositories: dict[str, Repository]) -> Iterator[FakeHub]:
    """Serve repositories for as long as the block runs."""
    server = _Server(("127.0.0.1", 0), _Handler)
    hub = FakeHub(f"http://127.0.0.1:{server.server_address[1]}", repositories)
    server.hub = hub  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield hub
    finally:
        hub.held.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: those who hang up in the middle are what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def _hub(self) -> FakeHub:
        return self.server.hub  # type: ignore[attr-defined, no-any-return]

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        hub, path = self._hub, self.path.partition("?")[0]
        start = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        hub.requests.append(f"GET {path}" + (f" from {start[1]}" if start else ""))
        if hub.portal:
            return self._answer(200, b"<html>please log in</html>", {"Content-Type": "text/html"})
        if hub.busy:
            hub.busy -= 1
            return self._answer(503, b"")
        if listing := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path):
            return self._list(listing[1], listing[2])
        if file := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            # Big files lie elsewhere, as those of the real hub do.
            if len(hub.repositories[file[1]].files[file[2]]) >= SMALL_BYTES:
                return self._answer(302, b"", {"Location": f"/elsewhere/{file[1]}/{file[2]}"})
            return self._send(file[1], file[2], 0)
        if file := re.fullmatch(r"/elsewhere/([^/]+/[^/]+)/(.+)", path):
            return self._send(file[1], file[2], int(start[1]) if start else 0)
        return self._answer(404, b"")

    def _list(self, name: str, revision: str) -> None:
        repository = self._hub.repositories.get(name)
        if repository is None:
            return self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
        if repository.gated:
            return self._answer(403, b"", {"X-Error-Code": "GatedRepo"})
        if revision == "gone":
            return self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
        content = {
            "id": name,
            "sha": revision if re.fullmatch("[0-9a-f]{40}", revision) else repository.commit,
            "cardData": {"license": repository.licence},
            "siblings": [_sibling(path, body) for path, body in repository.files.items()],
        }
        return self._answer(200, json.dumps(content).encode())

    def _send(self, name: str, path: str, start: int) -> None:
        repository = self._hub.repositories[name]
        if path in repository.status:
            return self._answer(repository.status[path], b"")
        body = repository.files[path]
        if repository.damaged.get(path):
            repository.damaged[path] -= 1
            body = body[:-1] + bytes([body[-1] ^ 1])
        cuts = repository.cuts.get(path)
        rest = body[start:]
        headers = {"ETag": f'"{digest_of(body)}"', "X-Repo-Commit": repository.commit}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        return self._answer(
            206 if start else 200, rest, headers, cuts.pop(0) if cuts else None, path
        )

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
        path: str = "",
    ) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if path and path == self._hub.hold:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self._hub.held.wait(30)
            body = body[len(body) // 2 :]
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = cut is not None


def digest_of(body: bytes) -> str:
    """Return the hub's digest of a content."""
    if len(body) >= SMALL_BYTES:
        return hashlib.sha256(body).hexdigest()
    return hashlib.sha1(f"blob {len(body)}\0".encode() + body).hexdigest()


def _sibling(path: str, body: bytes) -> dict[str, Any]:
    known = {"rfilename": path, "size": len(body), "blobId": digest_of(body)}
    if len(body) >= SMALL_BYTES:
        known["lfs"] = {"sha256": digest_of(body), "size": len(body), "pointerSize": 130}
        known["blobId"] = "0" * 40
    return known
