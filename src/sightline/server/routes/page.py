"""The page, and signing a browser in and out: by a link on its way there, or with the token."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from sightline.server.http.refusals import NotSignedInError
from sightline.server.http.security import Doorkeeper
from sightline.server.schemas.answers import API
from sightline.server.service import ServiceDep

STATIC = Path(__file__).parents[1] / "static"
"""Where the parts of the page are."""

router = APIRouter()


class SessionRequest(BaseModel):
    """What signs a browser in."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(max_length=1000)]


class SessionAnswer(BaseModel):
    """Whether the browser is signed in."""

    signed_in: bool


@router.get("/", include_in_schema=False)
def page(
    service: ServiceDep, request: Request, token: Annotated[str | None, Query()] = None
) -> Response:
    """The page itself; with a token in its address, the cookie for it and the bare address."""
    if token is None:
        # Names of parts do not change with their content, so a browser asks each time.
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})
    # 303, so that the token is in no history; a wrong one is asked for again on the page.
    response = RedirectResponse("/", status_code=303)
    if service.doorkeeper.accepts(token):
        service.doorkeeper.sign_in(response, is_https=request.url.scheme == "https")
    return response


@router.post(f"{API}/session", tags=["session"], summary="Sign in")
def sign_in(
    service: ServiceDep, asked: SessionRequest, request: Request, response: Response
) -> SessionAnswer:
    """Show the token once, and get a cookie that no script can read."""
    if not service.doorkeeper.accepts(asked.token):
        raise NotSignedInError(is_wrong=True)
    service.doorkeeper.sign_in(response, is_https=request.url.scheme == "https")
    return SessionAnswer(signed_in=True)


@router.delete(f"{API}/session", tags=["session"], summary="Sign out")
def sign_out(response: Response) -> SessionAnswer:
    """Forget the cookie."""
    Doorkeeper.sign_out(response)
    return SessionAnswer(signed_in=False)
