"""Two small layers around the routes: compression for the page, and HEAD wherever there is GET."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PageCompression(GZipMiddleware):
    """Compresses the page and its parts, a quarter of which is left, and nothing else.

    Answers of the interface stay as they are: compressed, the length of an answer would tell what
    it has in common with what a foreign page let the browser send along.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] == "http" and _is_page(scope["path"]):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_page(path: str) -> bool:
    return path == "/" or path.startswith("/static/")


class HeadRequests:
    """Routes see GET, and the caller sees the head of their answer, as health checks like to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        is_told = False

        async def send_head(message: Message) -> None:
            nonlocal is_told
            if message["type"] == "http.response.start":
                await send(message)
            elif not is_told:
                # At once, or a stream of events would keep the caller waiting for its first one.
                is_told = True
                await send({"type": "http.response.body", "body": b""})

        # In place: a copy would hide from the outer layers which route was taken.
        scope["method"] = "GET"
        await self._app(scope, receive, send_head)
