"""Single pictures: their facts, their files, their thumbnails, their labels, and uploads."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, File, Form, Path, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from sightline.errors import ImageUnreadableError, InputError, SightlineError
from sightline.server.http.originals import has_it, original
from sightline.server.http.refusals import PictureGoneError
from sightline.server.schemas.answers import VERSION_DIGITS, ImageAnswer, shown
from sightline.server.schemas.fields import ImageId, Label, PictureToken
from sightline.server.schemas.requests import Page
from sightline.server.search.concurrency import Admitted
from sightline.server.service import Service, ServiceDep
from sightline.types import Added, ImageRecord

THUMBNAIL_SIZES_PX = (160, 320, 640, 1280)
"""The longest edges there are; so the cache holds at most so many versions of a picture."""

_MOST_FILES = 200
_A_YEAR = "private, max-age=31536000, immutable"

router = APIRouter(tags=["images"])


class BrowseAnswer(BaseModel):
    """A part of the gallery's pictures, newest first."""

    images: list[ImageAnswer]
    offset: int
    k: int
    more: Annotated[bool, Field(description="Whether a next page has something.")]
    total: Annotated[int, Field(description="Pictures that pass the filters.")]


class RefusedFile(BaseModel):
    """A file that was not taken in."""

    name: str
    reason: str


class UploadAnswer(BaseModel):
    """What became of the files of an upload."""

    added: list[ImageAnswer]
    known: Annotated[list[ImageAnswer], Field(description="Their content was here already.")]
    refused: list[RefusedFile]


class RemovedAnswer(BaseModel):
    """A picture that was taken out of the gallery."""

    removed: int
    file_deleted: Annotated[
        bool, Field(description="True for an upload; other files are never touched.")
    ]


class LabelsRequest(BaseModel):
    """The labels that a picture is to have, and no others."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"labels": ["boats", "holiday"]}]}
    )

    labels: Annotated[list[str], Field(max_length=100)]


IdParameter = Annotated[ImageId, Path(description="Of a picture, as a hit has it.")]
SizeParameter = Annotated[
    int,
    Query(
        ge=1,
        le=THUMBNAIL_SIZES_PX[-1],
        description="The longest edge in pixels; 160, 320, 640 and 1280 are made, and others are "
        "rounded up to one of them.",
    ),
]


@router.get("/images", summary="Browse")
def browse(service: ServiceDep, page: Annotated[Page, Query()]) -> BrowseAnswer:
    """The pictures that pass the filters, newest first: by their own time, else the file's."""
    found = service.gallery.browse(page.filters(), page.k, offset=page.offset)
    return BrowseAnswer(
        images=[_answer(service, record) for record in found.images],
        offset=page.offset,
        k=page.k,
        more=found.total > page.offset + page.k,
        total=found.total,
    )


@router.get("/images/{id}", summary="The facts of a picture")
def image(service: ServiceDep, id: IdParameter) -> ImageAnswer:
    """What the catalog knows of a picture."""
    return _answer(service, service.gallery.image(id))


@router.get(
    "/images/{id}/file",
    summary="The original file",
    response_class=Response,
    responses={
        200: {"description": "The file.", "content": {"image/*": {}}},
        206: {"description": "A part of it.", "content": {"image/*": {}}},
        304: {"description": "The caller has it already."},
    },
)
def image_file(service: ServiceDep, id: IdParameter, request: Request) -> Response:
    """The very bytes of the file, EXIF and all; what browsers cannot show comes as an attachment.

    Understands If-None-Match, and Range with a single range.
    """
    return original(service.gallery.image(id), request.headers)


@router.get(
    "/images/{id}/thumbnail",
    summary="A small version",
    response_class=Response,
    responses={
        200: {"description": "A WebP, upright, in sRGB.", "content": {"image/webp": {}}},
        304: {"description": "The caller has it already."},
    },
)
async def thumbnail(
    service: ServiceDep,
    id: IdParameter,
    request: Request,
    size: SizeParameter = 320,
    v: Annotated[
        str | None,
        Query(max_length=40, description="The version that a hit's link names: kept for a year."),
    ] = None,
) -> Response:
    """The picture as a WebP that fits a square, made once and kept on disk."""
    longest_px = rounded_up(size)

    def answer() -> Response:
        record = service.gallery.image(id)
        is_current = v == record.content_hash[:VERSION_DIGITS]
        headers = {
            "ETag": f'"{record.content_hash}-{longest_px}"',
            "Cache-Control": _A_YEAR if is_current else "private, no-cache",
        }
        if has_it(request.headers, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        try:
            data = service.gallery.thumbnail(id, longest_px)
        except ImageUnreadableError as error:
            raise PictureGoneError(shown(record.name), error.reason) from error
        return Response(data, headers=headers, media_type="image/webp")

    return await service.picturing.run(lambda _: answer())


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
        name = shown(file.filename or "")
        try:
            # One after the other, so that a large upload does not keep everybody else waiting.
            added = await service.picturing.run(partial(_add, service, file, name, label))
        except SightlineError as error:
            if _concerns_all(error, outcome):
                raise
            reason = error.reason if isinstance(error, ImageUnreadableError) else str(error)
            outcome.refused.append(RefusedFile(name=name, reason=reason))
            service.metrics.uploads.labels("refused").inc()
        else:
            picture = _answer(service, added.image)
            (outcome.added if added.is_new else outcome.known).append(picture)
            service.metrics.uploads.labels("added" if added.is_new else "known").inc()
    response.status_code = 201 if outcome.added else 200
    return outcome


def _add(
    service: Service, file: UploadFile, name: str, labels: Sequence[str], admitted: Admitted
) -> Added:
    return service.gallery.add(file.file.read(), name=name, labels=labels)


def _concerns_all(error: SightlineError, outcome: UploadAnswer) -> bool:
    """Whether an error is the answer to a whole upload, and not to one of its files alone."""
    if isinstance(error, ImageUnreadableError):
        return False
    if isinstance(error, InputError):
        return True  # a label, say, which is wrong for every file
    # As long as nothing is in; after that the answer has to tell what is.
    return not (outcome.added or outcome.known)


@router.put("/images/{id}/labels", summary="Label a picture")
def label(service: ServiceDep, id: IdParameter, asked: LabelsRequest) -> ImageAnswer:
    """Let a picture have these labels and no others; filters find it by them."""
    return _answer(service, service.gallery.set_labels(id, asked.labels))


@router.delete("/images/{id}", summary="Take a picture out of the gallery")
def remove(service: ServiceDep, id: IdParameter) -> RemovedAnswer:
    """Forget a picture. Its file stays where it is, unless it was uploaded.

    A file that stays is found again when its folder is indexed.
    """
    record = service.gallery.image(id)
    is_ours = service.gallery.keeps(record)
    service.gallery.remove(ids=[id])
    return RemovedAnswer(removed=id, file_deleted=is_ours)


@router.get(
    "/queries/{token}",
    summary="A query picture that is kept",
    response_class=Response,
    responses={200: {"description": "A WebP.", "content": {"image/webp": {}}}},
)
async def query_picture(
    service: ServiceDep, token: Annotated[PictureToken, Path()], size: SizeParameter = 640
) -> Response:
    """A picture that somebody searched by, as long as it is among the last ones."""
    longest_px = rounded_up(size)
    data = await service.picturing.run(lambda _: service.pictures.webp(token, longest_px))
    return Response(data, headers={"Cache-Control": _A_YEAR}, media_type="image/webp")


def rounded_up(size: int) -> int:
    """Return the next size that thumbnails are made in."""
    return next(edge for edge in THUMBNAIL_SIZES_PX if edge >= size)


def _answer(service: Service, record: ImageRecord) -> ImageAnswer:
    return ImageAnswer.of(record, service.gallery.keeps(record))
