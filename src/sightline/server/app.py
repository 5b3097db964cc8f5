"""The app: the routes, and what stands around them."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware

from sightline import __version__
from sightline.composed import WordsSettings
from sightline.gallery import Gallery
from sightline.server.http import openapi, problems
from sightline.server.http.bodies import BodyLimits
from sightline.server.http.metrics import Measured
from sightline.server.http.middleware import HeadRequests, PageCompression
from sightline.server.http.security import Guard, SecureHeaders
from sightline.server.routes import gallery as gallery_routes
from sightline.server.routes import (
    images,
    jobs,
    judgements,
    operations,
    page,
    search,
)
from sightline.server.schemas.answers import API
from sightline.server.search.notes import warnings_of_threads
from sightline.server.service import Service
from sightline.server.settings import Settings
from sightline.server.startup import tidy_up

# FastAPI can report to OpenTelemetry. Nothing is sent anywhere, whatever the environment says.
_SILENT = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
_MOST_FILES = 200
_MOST_FIELDS = 500
_LARGEST_FIELD_BYTES = 64 * 1024


def create_app(
    settings: Settings,
    gallery: Gallery,
    *,
    words: WordsSettings | None = None,
    failed: Callable[[BaseException], None] = lambda error: None,
) -> FastAPI:
    """Return the service of one gallery, as an ASGI app.

    The gallery stays the caller's, who closes it when the app has ended. Its model is loaded
    beside the first requests.

    Args:
        settings: How it runs.
        gallery: What it serves.
        words: Which captioners and composers composed searches ask; those without a language
            model, if None.
        failed: Called, from another thread, with the error if the model cannot be loaded.
    """
    service = Service.of(settings, gallery, failed, words)
    app = FastAPI(
        title="Sightline",
        version=__version__,
        openapi_url=f"{API}/openapi.json",
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        telemetry=_SILENT,  # type: ignore[arg-type]
        form_limits={
            "max_files": _MOST_FILES,
            "max_fields": _MOST_FIELDS,
            "max_part_size": _LARGEST_FIELD_BYTES,
        },
    )
    app.state.service = service
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]
    problems.install(app)
    _add_routes(app)
    _surround(app, service)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    tidying = threading.Thread(target=tidy_up, args=(service.gallery,), name="tidying")
    with warnings_of_threads():
        service.readiness.begin()
        tidying.start()
        try:
            yield
        finally:
            service.close()
            # The caller closes the gallery next, so nobody may be at work on it.
            for wait in (service.jobs.wait, service.readiness.wait, tidying.join):
                await anyio.to_thread.run_sync(wait)


def _add_routes(app: FastAPI) -> None:
    for module in (search, images, gallery_routes, judgements, jobs):
        app.include_router(module.router, prefix=API)
    app.include_router(operations.router)
    app.include_router(page.router)
    app.mount("/static", _Parts(directory=page.STATIC, check_dir=False), name="static")


def _surround(app: FastAPI, service: Service) -> None:
    """Put the layers around the routes; what is added last stands outermost."""
    settings = service.settings
    app.add_middleware(PageCompression)
    app.add_middleware(HeadRequests)
    app.add_middleware(BodyLimits, settings=settings)
    app.add_middleware(Guard, settings=settings, doorkeeper=service.doorkeeper)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "X-Language-Model-Key"),
            expose_headers=("Location", "Retry-After"),
        )
    app.add_middleware(problems.UnexpectedErrors)
    app.add_middleware(SecureHeaders)
    app.add_middleware(Measured, metrics=service.metrics, writes=settings.access_log)


class _Parts(StaticFiles):
    """The page's parts, which a browser keeps and asks about each time."""

    def file_response(self, *details: object, **more: object) -> Response:
        response = super().file_response(*details, **more)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response
