"""Everything that the routes of one app share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from sightline.composed import WordsSettings
from sightline.gallery import Gallery
from sightline.server.http.metrics import Metrics
from sightline.server.http.security import Doorkeeper
from sightline.server.jobs import Jobs
from sightline.server.search.concurrency import Admission
from sightline.server.search.query_encoder import Joining, joined
from sightline.server.search.query_pictures import QueryPictures
from sightline.server.search.searches import Searches
from sightline.server.settings import Settings
from sightline.server.startup import Readiness


@dataclass(frozen=True, slots=True)
class Service:
    """The parts of one running service.

    Attributes:
        settings: How it runs.
        gallery: What it serves; whoever opened it closes it.
        metrics: Its figures.
        searching: Who may search now.
        picturing: Who may decode pictures now, for thumbnails and uploads: that takes memory.
        searches: Answers searches.
        words: Which captioners and composers composed searches ask.
        pictures: The last query pictures.
        jobs: The index jobs.
        readiness: Whether the model is loaded.
        doorkeeper: Who may come in.
    """

    settings: Settings
    gallery: Gallery
    metrics: Metrics
    searching: Admission
    picturing: Admission
    searches: Searches
    words: WordsSettings
    pictures: QueryPictures
    jobs: Jobs
    readiness: Readiness
    doorkeeper: Doorkeeper

    @classmethod
    def of(
        cls,
        settings: Settings,
        gallery: Gallery,
        failed: Callable[[BaseException], None] = lambda error: None,
        words: WordsSettings | None = None,
    ) -> Service:
        """Return the parts, put together; the gallery's queries are joined from now on."""
        metrics = Metrics()
        searching = Admission(settings.search_threads, settings.search_queue)
        picturing = Admission(
            settings.picture_threads, settings.search_queue * 4, "pictures are being read"
        )
        pictures = QueryPictures(gallery.path, settings.kept_queries)
        words = words or WordsSettings()
        how = Joining(
            window_s=settings.joining_window_ms / 1000,
            expected=lambda: searching.running,
            kept_texts=settings.text_cache,
            watch=metrics.text_run,
        )
        gallery.use_for_queries(lambda encoder: joined(encoder, how))
        service = cls(
            settings,
            gallery,
            metrics,
            searching,
            picturing,
            Searches(gallery, pictures, words, metrics, settings.answer_cache),
            words,
            pictures,
            Jobs(gallery, lambda job: metrics.jobs.labels(str(job.state)).inc()),
            Readiness(gallery, failed),
            Doorkeeper(settings.token),
        )
        service._show_gauges()
        return service

    def close(self) -> None:
        """Let go of what would hold up the end: the running job, and the streams that watch it."""
        self.jobs.close()

    def _show_gauges(self) -> None:
        show = self.metrics.gauge
        show("searches_running", "Searches that have a thread.", lambda: self.searching.running)
        show("searches_waiting", "Searches in the queue.", lambda: self.searching.waiting)
        show("gallery_pictures", "Pictures in the gallery.", lambda: len(self.gallery))
        show("jobs_running", "Index jobs that run.", lambda: self.jobs.is_running)


async def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    # Not a plain function: FastAPI would take a thread for it, for every request.
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


ServiceDep = Annotated[Service, Depends(service_of)]
