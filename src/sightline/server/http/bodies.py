"""Limits for request bodies, enforced while they come in, whatever their headers promise."""

from __future__ import annotations

import asyncio
import sys
import time

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.server.http.problems import problem_of
from sightline.server.http.refusals import BodyTooLargeError, BodyTooSlowError, RefusalError
from sightline.server.settings import Settings

# A client that is cut off while it sends may never read the answer; so a little is thrown away.
_LINGER_S = 2.0
_LINGER_BYTES = 256 << 20
_DIGITS = 18


class BodyLimits:
    """ASGI middleware: a body that is too large or stands still is refused, and read no further.

    Args:
        app: What is called with the limited body.
        settings: The limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        body = _Body(receive, self._limit_bytes(headers), self._settings.body_timeout_s)
        if _declared_bytes(headers) > body.limit_bytes:
            # Whoever waits for "100 Continue" has not sent anything yet, and need not.
            if "expect" not in headers:
                await body.linger()
            error: RefusalError = BodyTooLargeError(body.limit_bytes)
            await problem_of(error)(scope, receive, send)
            return
        await self._app(scope, body.receive, send)

    def _limit_bytes(self, headers: Headers) -> int:
        is_form = headers.get("content-type", "").lower().startswith("multipart/")
        return self._settings.max_upload_bytes if is_form else self._settings.max_json_bytes


def _declared_bytes(headers: Headers) -> int:
    text = headers.get("content-length", "")
    if not (text.isascii() and text.isdigit()):
        return 0  # no number, so what comes is counted
    return int(text) if len(text) <= _DIGITS else sys.maxsize


class _Body:
    """One request's body, counted as it comes."""

    def __init__(self, receive: Receive, limit_bytes: int, timeout_s: float) -> None:
        self.limit_bytes = limit_bytes
        self._receive = receive
        self._timeout_s = timeout_s
        self._seen_bytes = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            BodyTooLargeError: with it there would be too much.
            BodyTooSlowError: it does not come.
        """
        if self._is_complete:  # now only the client's leaving is waited for, however long
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self._timeout_s)
        except TimeoutError as error:
            raise BodyTooSlowError(self._timeout_s) from error
        self._count(message)
        if self._seen_bytes > self.limit_bytes:
            await self.linger()
            raise BodyTooLargeError(self.limit_bytes)
        return message

    async def linger(self) -> None:
        """Throw away what still comes, for a moment, so that the client gets to read the answer."""
        until = time.monotonic() + _LINGER_S
        most_bytes = self._seen_bytes + _LINGER_BYTES
        while not self._is_complete and self._seen_bytes < most_bytes:
            left_s = until - time.monotonic()
            if left_s <= 0:
                return
            try:
                self._count(await asyncio.wait_for(self._receive(), left_s))
            except TimeoutError:
                return

    def _count(self, message: Message) -> None:
        self._seen_bytes += len(message.get("body", b""))
        self._is_complete = message["type"] == "http.disconnect" or not message.get("more_body")
