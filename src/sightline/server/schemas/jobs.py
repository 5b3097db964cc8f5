"""What is asked and answered about jobs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class SkippedFile(BaseModel):
    """A file that an index job could not read."""

    path: str
    reason: str


class ReportAnswer(BaseModel):
    """What an index job did."""

    added: int
    changed: int
    moved: int
    removed: int
    unchanged: int
    embedded: int
    seconds: float
    skipped: Annotated[list[SkippedFile], Field(description="At most 50.")]
    skipped_count: int


class JobAnswer(BaseModel):
    """A job: what it does, and how far it has come."""

    id: str
    kind: Literal["index"]
    state: Literal["running", "done", "failed", "cancelled"]
    paths: list[str]
    stage: Annotated[str, Field(description='"finding", "embedding" or "indexing".')]
    done: Annotated[int, Field(description="Files finished in this stage.")]
    total: Annotated[int | None, Field(description="Files in this stage, once it is known.")]
    skipped: int
    rate: Annotated[float | None, Field(description="Files a second in this stage.")]
    report: ReportAnswer | None
    error: str | None
    started_at: str
    ended_at: str | None


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
