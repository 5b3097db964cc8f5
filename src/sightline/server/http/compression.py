"""The page's own text is sent compressed: a quarter of it goes over the line."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

_LEAST_BYTES = 500


class Squeezed:
    """ASGI middleware: compresses the page and its parts, and nothing that holds a secret.

    Answers of the interface stay as they are: compressed, the length of an answer would tell what
    it has in common with what a foreign page let the browser send along.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._squeezed = GZipMiddleware(app, minimum_size=_LEAST_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        is_page = scope["type"] == "http" and _is_page(scope["path"])
        await (self._squeezed if is_page else self._app)(scope, receive, send)


def _is_page(path: str) -> bool:
    return path == "/" or path.startswith("/static/")
