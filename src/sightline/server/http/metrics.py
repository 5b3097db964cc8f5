"""What the service counts and times, for Prometheus. Every app has a registry of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.server.schemas.answers import API

log = logging.getLogger("sightline.server.access")

_PREFIX = "sightline"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SIZES = (1, 2, 4, 8, 16)
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))


class Metrics:
    """The figures of one app.

    Attributes:
        requests: By method, route and status.
        request_s: How long requests took, by route.
        step_s: How long each step of a search took.
        texts_in_run: How many texts shared a run of the model.
        remembered: What a memory had, or had not, by memory.
        uploads: Files of uploads, by what became of them.
        jobs: Jobs that ended, by how.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = self._counter("requests", "Requests answered.", "method", "route", "status")
        self.request_s = self._histogram("request_seconds", "From request to answer.", "route")
        self.step_s = self._histogram("search_step_seconds", "A step of a search.", "step")
        self.texts_in_run = self._histogram(
            "texts_in_run", "Texts that shared a run of the model.", buckets=_SIZES
        )
        self.remembered = self._counter("remembered", "Look-ups in memory.", "memory", "outcome")
        self.uploads = self._counter("uploads", "Files of uploads.", "outcome")
        self.jobs = self._counter("jobs_ended", "Jobs that ended.", "state")

    def gauge(self, name: str, what: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for whenever the figures are."""
        gauge = Gauge(name, what, namespace=_PREFIX, registry=self.registry)
        gauge.set_function(value)

    def time_steps(self, seconds: Mapping[str, float]) -> None:
        """Count a search with the time of each step."""
        for step, elapsed_s in seconds.items():
            self.step_s.labels(str(step)).observe(elapsed_s)

    def look_up(self, memory: str, found: bool) -> None:
        """Count a look-up in a memory."""
        self.remembered.labels(memory, "hit" if found else "miss").inc()

    def text_run(self, texts: int | None) -> None:
        """Count a run of the model over so many texts; None for a text that needed none."""
        self.look_up("texts", texts is None)
        if texts is not None:
            self.texts_in_run.observe(texts)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(name, what, labels, namespace=_PREFIX, registry=self.registry)

    def _histogram(
        self, name: str, what: str, *labels: str, buckets: Sequence[float] = _SECONDS
    ) -> Histogram:
        return Histogram(
            name, what, labels, namespace=_PREFIX, registry=self.registry, buckets=buckets
        )

    def page(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class Measured:
    """ASGI middleware: counts and times every request, whatever becomes of it.

    Args:
        app: What is measured.
        metrics: Where it is counted.
        writes: Whether each request gets a line in the log. Query strings stay out of it: what
            people look for is nobody's business.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, writes: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._writes = writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 499  # the client left before there was an answer

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method, began = scope["method"], time.perf_counter()
        try:
            await self._app(scope, receive, send_noted)
        finally:
            self._count(method, scope, status, time.perf_counter() - began)

    def _count(self, method: str, scope: Scope, status: int, elapsed_s: float) -> None:
        # A caller can invent methods and paths, and each would be a series of its own.
        method = method if method in _METHODS else "OTHER"
        route = route_of(scope)
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.request_s.labels(route).observe(elapsed_s)
        if self._writes:
            path = scope["path"].encode("unicode_escape").decode()
            log.info("%s %s %s %.1f ms", method, path, status, elapsed_s * 1000)


def route_of(scope: Scope) -> str:
    """Return the template of the route that a request took, such as "/api/v1/images/{id}"."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        # A route knows its path below the router that it was made in.
        return API + path if scope["path"].startswith(API) else path
    return "/static" if scope["path"].startswith("/static/") else "none"
