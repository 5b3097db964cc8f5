"""The description of the interface: FastAPI's own, with errors as they really are."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from sightline.server.http.problems import MEDIA_TYPE, Problem

DESCRIPTION = """Search a collection of pictures by example, by words, or by both.

Every error is a problem (RFC 9457) with one sentence, the same that the command line gives. Where
the service has a token, send it as `Authorization: Bearer TOKEN`.
"""
TAGS = [
    {"name": "search", "description": "By words, by pictures, or by both."},
    {"name": "images", "description": "Single pictures: facts, files, thumbnails, uploads."},
    {"name": "gallery", "description": "What the gallery holds."},
    {"name": "judgements", "description": "What people say of answers, to measure by."},
    {"name": "jobs", "description": "Indexing folders of the service's machine."},
    {"name": "session", "description": "Signing a browser in and out."},
    {"name": "operations", "description": "For whoever runs the service."},
]
_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_ALWAYS = ("401", "421")
_OF_BODIES = ("400", "403", "408", "413")
_OF_PATH = {
    "/search": ("404", "409", "422", "502", "503"),
    "/judgements": ("409", "422", "503", "507"),
    "/images/{id}": ("404", "409", "410", "416", "422", "503", "507"),
    "/images": ("409", "422", "503", "507"),
    "/queries": ("404", "422", "503"),
    "/jobs": ("403", "404", "409", "422", "503"),
    "/gallery": ("422", "503"),
    "/session": ("422",),
    "/readyz": ("503",),
}
_MEANINGS = {
    "400": "The request cannot be understood.",
    "401": "The token is missing or wrong.",
    "403": "A page of another origin, or a folder that may not be read.",
    "404": "There is no such picture or job.",
    "408": "The body stood still.",
    "409": "Something stands in the way: another writer, another job, a file that changed.",
    "410": "The picture's file cannot be read any longer.",
    "413": "The body is too large.",
    "416": "The range begins behind the end of the file.",
    "421": "The service does not go by this name.",
    "422": "What was asked cannot be done.",
    "502": "A language model or captioner was asked for by name, and cannot answer.",
    "503": "Too many searches wait, or the model cannot be used yet.",
    "507": "The disk is full.",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of an app's interface, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _described(app)
    return app.openapi_schema


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title,
        version=app.version,
        summary="Search a collection of pictures.",
        description=DESCRIPTION,
        routes=app.routes,
        tags=TAGS,
    )
    schemas = schema["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    own = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= own.pop("$defs", {})
    schemas["Problem"] = own
    schema["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "The service's token."}
    }
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            _tell_problems(path, method, operation)
    return schema


def _tell_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    responses.pop("422", None)
    place = path.removeprefix("/api/v1")
    # The longest that fits: /images/{id} before /images.
    fitting = [start for start in _OF_PATH if place.startswith(start)]
    statuses = {*_ALWAYS, *_OF_PATH[max(fitting, key=len)]} if fitting else set(_ALWAYS)
    if method != "get":
        statuses |= set(_OF_BODIES)
    for status in sorted(statuses):
        responses[status] = {
            "description": _MEANINGS[status],
            "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
        }
    if place not in ("/healthz", "/session"):
        operation["security"] = [{}, {"token": []}]
