"""A bounded load on a service: so many clients, each with one request at a time.

The clients speak HTTP by hand, over connections that stay open: on a machine of two cores, a client
library would take as much time as the service that is measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """One request: its path, what it sends, and what kind that is."""

    path: str
    body: bytes
    content_type: str

    def head(self, host: str) -> bytes:
        """Return the request as it goes over the wire, up to the body."""
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a load.

    Attributes:
        seconds: From the first request to the last answer.
        latencies_s: Of every request that was answered well, in no order.
        errors: Requests that were answered otherwise, or not at all.
        cached: Answers that the service had kept.
    """

    seconds: float
    latencies_s: Sequence[float]
    errors: int
    cached: int

    def figures(self) -> dict[str, object]:
        """Return rate, percentiles and errors, for a line of JSON."""
        ordered = sorted(self.latencies_s)

        def percentile(share: float) -> float | None:
            if not ordered:
                return None
            return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000, 2)

        return {
            "requests": len(ordered) + self.errors,
            "requests_per_s": round(len(ordered) / self.seconds, 1),
            "p50_ms": percentile(0.50),
            "p95_ms": percentile(0.95),
            "p99_ms": percentile(0.99),
            "errors": self.errors,
            "cached": self.cached,
        }


def run_load(port: int, requests: Sequence[Request], clients: int) -> Outcome:
    """Send all requests, never more than so many at once, and return what became of them."""
    return asyncio.run(_run(port, requests, clients))


async def _run(port: int, requests: Sequence[Request], clients: int) -> Outcome:
    queue = iter(requests)
    tallies: list[tuple[float, bool, bool]] = []
    began = time.perf_counter()
    await asyncio.gather(*(_client(port, queue, tallies) for _ in range(clients)))
    seconds = time.perf_counter() - began
    good = [elapsed_s for elapsed_s, is_good, _ in tallies if is_good]
    cached = sum(is_cached for _, _, is_cached in tallies)
    return Outcome(seconds, good, len(tallies) - len(good), cached)


async def _client(
    port: int,
    queue: Iterator[Request],
    tallies: list[tuple[float, bool, bool]],
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in queue:
        began = time.perf_counter()
        try:
            writer.write(request.head(f"127.0.0.1:{port}") + request.body)
            status, body = await _answer(reader)
            elapsed_s = time.perf_counter() - began
            found = json.loads(body) if status == 200 else {}
            tallies.append((elapsed_s, status == 200, bool(found.get("cached"))))
        except (OSError, asyncio.IncompleteReadError, ValueError):
            tallies.append((0.0, False, False))
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return status, await reader.readexactly(int(headers["content-length"]))
