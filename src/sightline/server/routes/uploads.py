"""Pictures that come into the gallery by upload."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Form, Response, UploadFile

from sightline.errors import ImageUnreadableError, InputError, SightlineError
from sightline.server.schemas.answers import ImageAnswer, RefusedFile, UploadAnswer, shown
from sightline.server.schemas.fields import Label
from sightline.server.search.concurrency import Admitted
from sightline.server.service import Service, ServiceDep

_MOST_FILES = 200

router = APIRouter(tags=["images"])


@router.post(
    "/images",
    summary="Add pictures",
    responses={201: {"model": UploadAnswer, "description": "Something was added."}},
)
async def upload(
    service: ServiceDep,
    response: Response,
    files: Annotated[
        list[UploadFile],
        File(min_length=1, max_length=_MOST_FILES, description="Picture files."),
    ],
    label: Annotated[
        list[Label], Form(max_length=100, description="What all of them are called.")
    ] = [],  # noqa: B006 - FastAPI's own way; it is never changed
) -> UploadAnswer:
    """Keep copies of pictures in the gallery: the next search finds them.

    Each file is looked at on its own. What is no picture is refused with a reason, and nothing of
    it is kept; what is here already is not kept twice.
    """
    outcome = UploadAnswer(added=[], known=[], refused=[])
    for file in files:
        # One after the other, so that a large upload does not keep everybody else waiting.
        await service.picturing.run(partial(_take, service, file, label, outcome))
    response.status_code = 201 if outcome.added else 200
    return outcome


def _take(
    service: Service,
    file: UploadFile,
    labels: Sequence[str],
    outcome: UploadAnswer,
    admitted: Admitted,
) -> None:
    """Add one file, and enter into the outcome what became of it."""
    name = shown(file.filename or "")
    try:
        added = service.gallery.add(file.file.read(), name=name, labels=labels)
    except SightlineError as error:
        is_about_this_file = isinstance(error, ImageUnreadableError)
        if isinstance(error, InputError) and not is_about_this_file:
            raise  # a label, say, which is wrong for all of them
        if not is_about_this_file and not (outcome.added or outcome.known):
            raise  # nothing is in yet, so the error can be told as such
        reason = error.reason if isinstance(error, ImageUnreadableError) else str(error)
        outcome.refused.append(RefusedFile(name=name, reason=reason))
        service.metrics.uploads.labels("refused").inc()
        return
    picture = ImageAnswer.of(added.image, service.gallery.keeps(added.image))
    (outcome.added if added.is_new else outcome.known).append(picture)
    service.metrics.uploads.labels("added" if added.is_new else "known").inc()
