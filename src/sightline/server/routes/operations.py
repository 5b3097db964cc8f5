"""For whoever runs the service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from sightline.errors import SightlineError
from sightline.server.problems import problem_of
from sightline.server.schemas import StatusAnswer
from sightline.server.service import ServiceDep

router = APIRouter(tags=["operations"])


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
