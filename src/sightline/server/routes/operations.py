"""For whoever runs the service: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from sightline.server.schemas import StatusAnswer
from sightline.server.service import ServiceDep

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Is it alive?")
async def healthz() -> StatusAnswer:
    """Answered as long as the process can answer anything."""
    return StatusAnswer(status="ok")


@router.get("/readyz", summary="Is it ready?")
def readyz(service: ServiceDep) -> StatusAnswer:
    """Answered once the model is loaded, as long as the catalog can be read."""
    service.readiness.check()
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
