"""Signing a browser in and out."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from sightline.server.http.refusals import NotSignedInError
from sightline.server.http.sessions import Doorkeeper
from sightline.server.schemas.answers import SessionAnswer, SessionRequest
from sightline.server.service import ServiceDep

router = APIRouter(tags=["session"])


@router.post("/session", summary="Sign in")
def sign_in(
    service: ServiceDep, asked: SessionRequest, request: Request, response: Response
) -> SessionAnswer:
    """Show the token once, and get a cookie that no script can read."""
    if not service.doorkeeper.accepts(asked.token):
        raise NotSignedInError(is_wrong=True)
    service.doorkeeper.sign_in(response, is_https=request.url.scheme == "https")
    return SessionAnswer(signed_in=True)


@router.delete("/session", summary="Sign out")
def sign_out(response: Response) -> SessionAnswer:
    """Forget the cookie."""
    Doorkeeper.sign_out(response)
    return SessionAnswer(signed_in=False)
