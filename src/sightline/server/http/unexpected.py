"""What nobody foresaw: an id for the caller, the traceback for the log, and no more than that."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.server.http.problems import problem, unexpected


class UnexpectedErrors:
    """ASGI middleware: an error that no handler knows is answered with 500 and an id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception as error:
            id = unexpected(error, f"{scope['method']} {scope['path']!r} was answered")
            if has_begun:
                raise  # the answer is cut off, so that nobody takes it for whole
            detail = f"an unexpected error; whoever runs the service finds it in the log as {id}"
            await problem(500, detail, "UnexpectedError")(scope, receive, send)
