"""HEAD wherever there is GET: the same answer without its body, as health checks like to ask."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """ASGI middleware: routes see GET, and the caller sees the head of their answer."""

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
