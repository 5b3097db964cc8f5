"""For whoever runs the service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException
from fastapi.responses import PlainTextResponse, Response
from pydantic import BaseModel

from sightline.errors import SightlineError
from sightline.server.http.problems import meanings, problem_of
from sightline.server.service import ServiceDep

router = APIRouter(tags=["operations"])


class StatusAnswer(BaseModel):
    """Whether the service is well."""

    status: Literal["ok", "ready"]


@router.get("/healthz", summary="Is it alive?")
async def healthz() -> StatusAnswer:
    """Answered as long as the process can answer anything."""
    return StatusAnswer(status="ok")


@router.get("/readyz", summary="Is it ready?", response_model=StatusAnswer)
def readyz(service: ServiceDep) -> StatusAnswer | Response:
    """Answered once the model is loaded, as long as the catalog can be read; else 503."""
    try:
        service.readiness.check()
    except SightlineError as error:
        # Whatever it is called elsewhere: whoever balances load knows this status alone.
        return problem_of(error, status=503)
    return StatusAnswer(status="ready")


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
)
def metrics(service: ServiceDep) -> Response:
    """Requests, the time of each step of searches, queue, memories, gallery size and jobs."""
    from prometheus_client import CONTENT_TYPE_LATEST

    return Response(service.metrics.page(), media_type=CONTENT_TYPE_LATEST)


@router.get("/problems/{kind}", include_in_schema=False, response_class=PlainTextResponse)
def problem_type(kind: str) -> str:
    """What a kind of problem means: the type of every answer of that kind leads here."""
    meaning = meanings().get(kind)
    if meaning is None:
        raise HTTPException(404)
    return f"{kind}: {meaning}\n"
