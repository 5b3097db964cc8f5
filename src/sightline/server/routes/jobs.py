"""Indexing folders of the service's machine, as jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from sightline.errors import InvalidValueError, SourceNotFoundError
from sightline.server.http.refusals import IndexingForbiddenError
from sightline.server.jobs import JobAnswer, Work, job_events
from sightline.server.schemas.answers import API
from sightline.server.service import ServiceDep
from sightline.server.settings import Settings

router = APIRouter(tags=["jobs"])


class JobsAnswer(BaseModel):
    """The last jobs, newest first."""

    jobs: list[JobAnswer]


class IndexRequest(BaseModel):
    """What to index."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"paths": ["/home/ana/Pictures"]}, {"paths": []}]},
    )

    paths: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=4096)]],
        Field(max_length=100, description="Absolute folders or files; none: all that is known."),
    ] = []
    force: Annotated[
        bool, Field(description="Drop vanished pictures even if they are more than half of all.")
    ] = False
    retry: Annotated[bool, Field(description="Try files again that could not be read before.")] = (
        False
    )


@router.post("/jobs/index", summary="Index folders", status_code=202)
def index(service: ServiceDep, asked: IndexRequest, response: Response) -> JobAnswer:
    """Bring folders of the service's machine into the gallery, and it up to date with them.

    One job runs at a time. Searching goes on meanwhile, and finds each batch once it is committed.
    """
    check_paths(asked.paths, service.settings)
    job = service.jobs.start(Work(tuple(asked.paths), asked.force, asked.retry))
    response.headers["Location"] = f"{API}/jobs/{job.id}"
    return job


@router.get("/jobs", summary="The last jobs")
def jobs(service: ServiceDep) -> JobsAnswer:
    """The last fifty jobs since the service started, newest first."""
    return JobsAnswer(jobs=list(service.jobs.all()))


@router.get("/jobs/{id}", summary="A job")
def job(service: ServiceDep, id: str) -> JobAnswer:
    """What a job does, and how far it has come."""
    return service.jobs.get(id)


@router.delete("/jobs/{id}", summary="Cancel a job")
def cancel(service: ServiceDep, id: str) -> JobAnswer:
    """Stop a job. What it has committed is kept, and the next job goes on from there."""
    return service.jobs.cancel(id)


@router.get(
    "/jobs/{id}/events",
    summary="Watch a job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `progress` with every change and `end` with the "
            "last one, each with the job as data.",
            "content": {"text/event-stream": {}},
        }
    },
)
async def events(service: ServiceDep, id: str) -> StreamingResponse:
    """A job's progress as it happens. The stream ends with the job."""
    service.jobs.get(id)  # a 404 is told now; later the answer has begun
    stream = job_events(service.jobs, id)
    # X-Accel-Buffering: nginx would hold the events back.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def may_index(settings: Settings) -> bool:
    """Return whether callers may name any folder at all."""
    return settings.is_trusted or bool(settings.index_roots)


def check_paths(paths: Sequence[str], settings: Settings) -> None:
    """Refuse paths that a caller may not have read.

    Raises:
        InvalidValueError: a path is not absolute.
        IndexingForbiddenError: it lies outside of the roots, or nobody may name any.
        SourceNotFoundError: it is not there.
    """
    roots = [os.path.realpath(root) for root in settings.index_roots]
    for path in paths:
        if not os.path.isabs(path) or "\0" in path:
            raise InvalidValueError("a path to index", path, "absolute")
        # Links are followed before it is judged where a path leads.
        real = os.path.realpath(path)
        if roots:
            allowed = any(os.path.commonpath([real, root]) == root for root in roots)
        else:
            allowed = settings.is_trusted
        if not allowed:
            raise IndexingForbiddenError(path, tuple(roots))
        if not os.path.exists(real):
            raise SourceNotFoundError(path)
