"""The page, and the link that signs a browser in on its way there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from sightline.server.service import ServiceDep

STATIC = Path(__file__).parents[1] / "static"
"""Where the parts of the page are."""

router = APIRouter(include_in_schema=False)


@router.get("/")
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
