"""Single pictures: their facts, their files, their thumbnails, their labels."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response

from sightline.errors import ImageUnreadableError
from sightline.server.http.originals import original
from sightline.server.http.ranges import has_it
from sightline.server.http.refusals import PictureGoneError
from sightline.server.schemas.answers import (
    VERSION_DIGITS,
    BrowseAnswer,
    ImageAnswer,
    LabelsRequest,
    RemovedAnswer,
    shown,
)
from sightline.server.schemas.fields import ImageId, PictureToken
from sightline.server.schemas.requests import Page
from sightline.server.service import Service, ServiceDep
from sightline.types import ImageRecord

THUMBNAIL_SIZES_PX = (160, 320, 640, 1280)
"""The longest edges there are; so the cache holds at most so many versions of a picture."""

_A_YEAR = "private, max-age=31536000, immutable"

router = APIRouter(tags=["images"])

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
