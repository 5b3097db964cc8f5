"""What stands before every route: the host's name, the page's origin, the token; and headers.

Against DNS rebinding the service answers only to names that it goes by; an address in numbers is
never rebound. Against forged requests of other pages it believes what browsers say of themselves
(Sec-Fetch-Site, else Origin), on every method that changes something. Programs say neither. Who has
the token may use the service; a browser keeps a proof of it in a cookie.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline.server.http.problems import problem_of
from sightline.server.http.refusals import (
    ForeignPageError,
    NotSignedInError,
    RefusalError,
    WrongHostError,
)
from sightline.server.schemas.answers import API
from sightline.server.settings import Settings

COOKIE = "sightline_token"
_PURPOSE = b"sightline session 1"
_COOKIE_S = 30 * 24 * 3600
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_OPEN_PATHS = frozenset(("/", "/healthz", "/favicon.ico", f"{API}/session"))


class SecureHeaders:
    """ASGI middleware: every answer says how little a browser may do with it.

    A route's own header wins over the one that is given here.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)


class Guard:
    """ASGI middleware: refuses foreign names, foreign pages and strangers, in this order.

    Args:
        app: What is called with requests that pass.
        settings: Names, origins and where the service listens.
        doorkeeper: Knows the token.
    """

    def __init__(self, app: ASGIApp, settings: Settings, doorkeeper: Doorkeeper) -> None:
        self._app = app
        self._names = _names(settings)
        self._origins = frozenset(settings.cors_origins)
        self._doorkeeper = doorkeeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope, Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await problem_of(refusal)(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> RefusalError | None:
        host = headers.get("host", "")
        if not self._goes_by(host):
            return WrongHostError(host)
        if scope["method"] not in _SAFE_METHODS and self._is_foreign(headers, host):
            return ForeignPageError(headers.get("origin", "another site"))
        if _is_open(scope["path"]) or self._doorkeeper.knows(headers):
            return None
        return NotSignedInError(self._doorkeeper.shows_anything(headers))

    def _goes_by(self, host: str) -> bool:
        name = _name_of(host)
        if name is None:
            return False
        return "*" in self._names or name in self._names or _is_address(name)

    def _is_foreign(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin in self._origins:
            return False
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in ("same-origin", "none")
        return origin is not None and _netloc_of(origin) != host.lower()


def _netloc_of(origin: str) -> str | None:
    """Return an origin's host with its port, or None if it is no origin at all."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _is_open(path: str) -> bool:
    return path in _OPEN_PATHS or path.startswith("/static/")


def _names(settings: Settings) -> frozenset[str]:
    own = {"localhost", settings.host.lower()}
    if not settings.is_local:
        # The machine's own names, which are no less its own for being resolved by others.
        name = socket.gethostname().lower()
        own |= {name, f"{name}.local"}
    return frozenset(own | {allowed.lower() for allowed in settings.allowed_hosts})


def _name_of(host: str) -> str | None:
    """Return a Host header's name without its port, or None if it is no host at all."""
    try:
        parts = urlsplit(f"//{host}")
        port_is_sound = parts.port is None or parts.port >= 0
    except ValueError:
        return None
    if not port_is_sound or not parts.hostname or parts.username is not None or parts.path:
        return None
    return parts.hostname.lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class Doorkeeper:
    """Knows the token, and who has shown it.

    The cookie holds a digest of the token, not the token itself: what a browser stores, or what
    somebody reads over a shoulder, signs nobody in elsewhere. Another token ends all sessions.

    Args:
        token: None lets everybody in.
    """

    def __init__(self, token: str | None) -> None:
        self._token = token

    def accepts(self, token: str) -> bool:
        """Return whether this is the token; in a time that does not depend on where it differs."""
        return self._token is None or _same(token, self._token)

    def knows(self, headers: Headers) -> bool:
        """Return whether a request shows the token, or the cookie that was given for it."""
        if self._token is None:
            return True
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.accepts(value.strip())
        return _same(_cookies(headers).get(COOKIE, ""), self._proof(self._token))

    def shows_anything(self, headers: Headers) -> bool:
        """Return whether a request tries to sign in at all."""
        return "authorization" in headers or COOKIE in _cookies(headers)

    def sign_in(self, response: Response, *, is_https: bool) -> None:
        """Let the browser keep the proof. The caller has checked the token."""
        if self._token is not None:
            response.set_cookie(
                COOKIE,
                self._proof(self._token),
                max_age=_COOKIE_S,
                httponly=True,
                samesite="strict",
                secure=is_https,
                path="/",
            )

    @staticmethod
    def sign_out(response: Response) -> None:
        """Let the browser forget the proof."""
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")

    @staticmethod
    def _proof(token: str) -> str:
        return hmac.new(token.encode(), _PURPOSE, hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    # As digests, which have one length: how long the token is does not show either.
    digests = (hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, other))
    return hmac.compare_digest(*digests)


def _cookies(headers: Headers) -> Mapping[str, str]:
    # What other programs on this machine set reaches us too, so nothing may be strict here.
    return cookie_parser(headers.get("cookie", ""))
