"""The token: who has it may use the service. A browser keeps a proof of it in a cookie."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

COOKIE = "sightline_token"
_PURPOSE = b"sightline session 1"
_DAYS = 30


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
                max_age=_DAYS * 24 * 3600,
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
