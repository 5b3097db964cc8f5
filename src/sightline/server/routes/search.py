"""Searching: by words, by pictures, or by both."""

from __future__ import annotations

from typing import Annotated, BinaryIO

from fastapi import APIRouter, Body, File, Header, Path, Query
from fastapi.responses import Response

from sightline.errors import EmptyQueryError
from sightline.server.http.refusals import IncompleteSearchError
from sightline.server.schemas.answers import SearchAnswer
from sightline.server.schemas.fields import ImageId
from sightline.server.schemas.requests import (
    ComposedSearch,
    LinkSearch,
    PictureSearch,
    Ranking,
    SearchParameters,
    TextSearch,
)
from sightline.server.service import Service, ServiceDep

router = APIRouter(tags=["search"])


@router.post("/search/text", response_model=SearchAnswer, summary="Search by words")
async def search_text(service: ServiceDep, asked: Annotated[TextSearch, Body()]) -> Response:
    """The pictures that best match a text, best first.

    Pictures of the gallery may be named beside it, to search for both.
    """
    return await _searched(service, asked)


@router.post("/search/image", response_model=SearchAnswer, summary="Search by a picture")
async def search_image(service: ServiceDep, asked: Annotated[PictureSearch, File()]) -> Response:
    """The pictures most like one that comes along, is kept from before, or is in the gallery."""
    if not (asked.has_picture or asked.images):
        raise EmptyQueryError
    return await _searched(service, asked, _file_of(asked))


@router.post(
    "/search/composed",
    response_model=SearchAnswer,
    summary="Search by a picture and words together",
)
async def search_composed(
    service: ServiceDep,
    asked: Annotated[ComposedSearch, File()],
    x_language_model_key: Annotated[
        str,
        Header(
            max_length=500,
            pattern="^[!-~]*$",
            description="For the language model, for this request alone: printable ASCII.",
        ),
    ] = "",
) -> Response:
    """The pictures that are like a picture, but as the text says: "this, but at night".

    The answer tells every step: what the picture was said to show, what is wanted, what fell back
    on what and why. Each part can be sent back edited; only what depends on it runs again.
    """
    words = bool(asked.text or asked.target)
    if not (asked.has_picture or asked.images) or not words:
        raise IncompleteSearchError("picture" if words else "text")
    return await _searched(service, asked, _file_of(asked), x_language_model_key)


@router.get("/search", response_model=SearchAnswer, summary="Search by a link")
async def search(service: ServiceDep, asked: Annotated[LinkSearch, Query()]) -> Response:
    """The same as a search by words or by pictures of the gallery, as an address to share."""
    return await _searched(service, asked)


@router.get(
    "/images/{id}/similar",
    response_model=SearchAnswer,
    summary="Find similar pictures",
    tags=["images"],
)
async def similar(
    service: ServiceDep, id: Annotated[ImageId, Path()], page: Annotated[Ranking, Query()]
) -> Response:
    """The pictures most like one of the gallery, by its stored vector; itself is left out."""
    return await service.searching.run(
        lambda admitted: _as_json(service.searches.similar(id, page, admitted))
    )


async def _searched(
    service: Service, asked: SearchParameters, upload: BinaryIO | None = None, key: str = ""
) -> Response:
    # The model and the index block, so they run in a thread; who waits for one is told apart from
    # who does something else, and there is no more waiting than the settings allow.
    return await service.searching.run(
        lambda admitted: _as_json(service.searches.by_parameters(asked, upload, admitted, key))
    )


def _file_of(asked: PictureSearch) -> BinaryIO | None:
    return None if asked.image is None else asked.image.file


def _as_json(answer: SearchAnswer) -> Response:
    # In the search's own thread: to write down a thousand hits takes long enough to be noticed.
    return Response(answer.model_dump_json(), media_type="application/json")
