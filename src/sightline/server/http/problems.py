"""Errors as answers: problem details (RFC 9457) with the sentence of the command line.

What an error means for the caller decides the status, by the tree in ``sightline.errors``. What
nobody foresaw is answered with an id, under which the log has the traceback.
"""

from __future__ import annotations

import inspect
import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sightline import errors
from sightline.errors import SightlineError
from sightline.server.http.refusals import RefusalError
from sightline.server.http.validation import FieldProblem, faults_of
from sightline.system.files import storage_error

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger("sightline.server")

# The first that fits counts, so the leaves of a branch come before it.
_STATUS_OF: tuple[tuple[type[SightlineError], HTTPStatus], ...] = (
    (errors.ImageNotFoundError, HTTPStatus.NOT_FOUND),
    (errors.InputError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.ModelLacksTextError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (errors.ModelError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.GalleryBusyError, HTTPStatus.CONFLICT),
    (errors.ModelMismatchError, HTTPStatus.CONFLICT),
    (errors.FolderGoneError, HTTPStatus.CONFLICT),
    (errors.VanishedError, HTTPStatus.CONFLICT),
    (errors.EmptyGalleryError, HTTPStatus.CONFLICT),
    (errors.GalleryError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.DiskFullError, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.TooLittleRoomError, HTTPStatus.INSUFFICIENT_STORAGE),
    (errors.StorageError, HTTPStatus.SERVICE_UNAVAILABLE),
    (errors.ServiceError, HTTPStatus.BAD_GATEWAY),
    (errors.MissingPackageError, HTTPStatus.NOT_IMPLEMENTED),
)
_RETRY: Mapping[str, str] = {"Retry-After": "10"}  # with every 503


def status_of(error: SightlineError) -> int:
    """Return the HTTP status that an error is answered with."""
    if isinstance(error, RefusalError):
        return error.status
    return next((status for kind, status in _STATUS_OF if isinstance(error, kind)), 500)


class Problem(BaseModel):
    """An error (RFC 9457), with the sentence that the command line would give."""

    type: Annotated[str, Field(examples=["/problems/ImageUnreadableError"])]
    title: Annotated[str, Field(examples=["Unprocessable Content"])]
    status: Annotated[int, Field(examples=[422])]
    detail: Annotated[
        str, Field(examples=["cannot read cat.jpg: the file is cut off after 1,024 bytes"])
    ]
    kind: Annotated[str, Field(examples=["ImageUnreadableError"])]
    errors: list[FieldProblem] | None = None


def problem(
    status: int,
    detail: str,
    kind: str | None = None,
    *,
    faults: Sequence[FieldProblem] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer in problem details.

    Args:
        status: Of HTTP.
        detail: The sentence.
        kind: The error's name; without one the status says all, and it gets the name of that.
        faults: What is wrong with single fields.
        headers: Further ones.
    """
    title = HTTPStatus(status).phrase
    content = Problem(
        type=f"/problems/{kind}" if kind else "about:blank",
        title=title,
        status=status,
        detail=detail,
        kind=kind or title.replace(" ", "").replace("-", "") + "Error",
        errors=list(faults) or None,
    ).model_dump(exclude_none=True)
    return JSONResponse(content, status, dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(error: SightlineError, *, status: int | None = None) -> Response:
    """Return the answer to an error of ours, with the status that it means unless one is given."""
    status = status_of(error) if status is None else status
    if isinstance(error, RefusalError):
        headers = error.headers
    else:
        headers = _RETRY if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    sentence = str(error).encode("utf-8", "replace").decode()  # a file name may hold anything
    return problem(status, sentence, type(error).__name__, headers=headers)


def meanings() -> Mapping[str, str]:
    """Return what each kind of problem of ours means, in a sentence."""
    found: dict[str, str] = {}
    kinds = [SightlineError]
    while kinds:
        kind = kinds.pop()
        found[kind.__name__] = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]
        kinds += kind.__subclasses__()
    return found


def unexpected(error: BaseException, doing: str) -> str:
    """Write down what nobody foresaw; return the id under which it stands in the log."""
    id = secrets.token_hex(4)
    log.error("unexpected error %s while %s", id, doing, exc_info=error)
    return id


def install(app: FastAPI) -> None:
    """Answer every error of an app with a problem."""
    app.add_exception_handler(SightlineError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)


async def _answer_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, SightlineError)
    return problem_of(error)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = faults_of(error.errors())
    detail = "; ".join(fault.message for fault in faults)
    return problem(422, detail, "InvalidValueError", faults=faults)


async def _answer_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error.__cause__, SightlineError):  # raised while FastAPI read the body
        return problem_of(error.__cause__)
    if isinstance(error.__cause__, OSError):  # a large file waits on disk for its search
        return problem_of(storage_error(error.__cause__, Path(gettempdir())))
    return problem(error.status_code, _sentence(request, error), headers=error.headers)


def _sentence(request: Request, error: HTTPException) -> str:
    path = request.url.path
    if error.status_code == 404:
        return f"there is nothing at {path}; the interface is described at /api/v1/openapi.json"
    if error.status_code == 405:
        return (
            f"{request.method} is not possible at {path}; "
            f"{(error.headers or {}).get('Allow') or 'another method'} is"
        )
    if error.status_code == 400:
        return f"the request cannot be understood: {error.detail}"
    return str(error.detail)


class UnexpectedErrors:
    """A layer that answers an error that no handler knows with 500 and an id, and no more.

    Starlette's own would stand outside of those that set headers and count.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = has_begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, send_noted)
        except Exception as error:
            id = unexpected(error, f"{scope['method']} {scope['path']!r} was answered")
            if has_begun:
                raise  # the answer is cut off, so that nobody takes it for whole
            detail = f"an unexpected error; whoever runs the service finds it in the log as {id}"
            await problem(500, detail, "UnexpectedError")(scope, receive, send)
