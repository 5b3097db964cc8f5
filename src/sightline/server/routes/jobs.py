"""Indexing folders of the service's machine, as jobs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from sightline.errors import InvalidValueError, SourceNotFoundError
from sightline.server.http.refusals import IndexingForbiddenError
from sightline.server.jobs.events import job_events
from sightline.server.jobs.runner import Job, Work
from sightline.server.schemas.answers import API, shown
from sightline.server.schemas.jobs import (
    IndexRequest,
    JobAnswer,
    JobsAnswer,
    ReportAnswer,
    SkippedFile,
)
from sightline.server.service import ServiceDep
from sightline.server.settings import Settings
from sightline.types import SyncReport

_SKIPPED_SHOWN = 50

router = APIRouter(tags=["jobs"])


@router.post("/jobs/index", summary="Index folders", status_code=202)
def index(service: ServiceDep, asked: IndexRequest, response: Response) -> JobAnswer:
    """Bring folders of the service's machine into the gallery, and it up to date with them.

    One job runs at a time. Searching goes on meanwhile, and finds each batch once it is committed.
    """
    check_paths(asked.paths, service.settings)
    job = service.jobs.start(Work(tuple(asked.paths), asked.force, asked.retry))
    response.headers["Location"] = f"{API}/jobs/{job.id}"
    return answer_of(job)


@router.get("/jobs", summary="The last jobs")
def jobs(service: ServiceDep) -> JobsAnswer:
    """The last fifty jobs since the service started, newest first."""
    return JobsAnswer(jobs=[answer_of(job) for job in service.jobs.all()])


@router.get("/jobs/{id}", summary="A job")
def job(service: ServiceDep, id: str) -> JobAnswer:
    """What a job does, and how far it has come."""
    return answer_of(service.jobs.get(id))


@router.delete("/jobs/{id}", summary="Cancel a job")
def cancel(service: ServiceDep, id: str) -> JobAnswer:
    """Stop a job. What it has committed is kept, and the next job goes on from there."""
    return answer_of(service.jobs.cancel(id))


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
    stream = job_events(service.jobs, id, lambda job: answer_of(job).model_dump_json())
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


def answer_of(job: Job) -> JobAnswer:
    """Return a job as it is answered."""
    return JobAnswer(
        id=job.id,
        kind="index",
        state=job.state.value,
        paths=[shown(path) for path in job.work.paths],
        stage=job.progress.stage,
        done=job.progress.done,
        total=job.progress.total,
        skipped=job.progress.skipped,
        rate=None if job.rate is None else round(job.rate, 1),
        report=None if job.report is None else _report(job.report),
        error=job.error,
        started_at=_iso(job.started_at),
        ended_at=None if job.ended_at is None else _iso(job.ended_at),
    )


def _report(report: SyncReport) -> ReportAnswer:
    return ReportAnswer(
        added=report.added,
        changed=report.changed,
        moved=report.moved,
        removed=report.removed,
        unchanged=report.unchanged,
        embedded=report.embedded,
        seconds=round(report.seconds, 3),
        skipped=[
            SkippedFile(path=shown(skipped.path), reason=skipped.reason)
            for skipped in report.skipped[:_SKIPPED_SHOWN]
        ],
        skipped_count=len(report.skipped),
    )


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
