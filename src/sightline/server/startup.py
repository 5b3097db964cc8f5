"""What a service does beside its first requests: load the model, and make order in its folder."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from sightline.errors import SightlineError
from sightline.gallery import Gallery
from sightline.protocols import TextEncoder
from sightline.server.http.problems import unexpected
from sightline.server.http.refusals import NotReadyError
from sightline.types import Query

log = logging.getLogger("sightline.server")


class Readiness:
    """Loads a gallery's model and index in a thread of its own, and tells how that went.

    Args:
        gallery: Whose model it is.
        failed: Called with the error, from that thread, if the model cannot be loaded.
    """

    def __init__(
        self, gallery: Gallery, failed: Callable[[BaseException], None] = lambda error: None
    ) -> None:
        self._gallery = gallery
        self._failed = failed
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._load, name="model")

    def begin(self) -> None:
        """Start loading."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until loading has come to an end, well or not."""
        if self._thread.ident is not None:
            self._thread.join()

    def check(self) -> None:
        """Return if searches can be answered.

        Raises:
            NotReadyError: the model is being loaded.
            SightlineError: it could not be loaded, or the catalog cannot be read.
        """
        if self._thread.ident is None or self._thread.is_alive():
            raise NotReadyError("its model is being loaded")
        if isinstance(self._error, SightlineError):
            raise self._error
        if self._error is not None:
            raise NotReadyError("its model cannot be loaded; the log says why")
        _ = self._gallery.change  # reads the catalog

    def _load(self) -> None:
        try:
            self._warm_up()
        except Exception as error:
            if not isinstance(error, SightlineError):
                unexpected(error, "the model was loaded")
            self._error = error
            self._failed(error)

    def _warm_up(self) -> None:
        """Load the model's towers and the index: both kinds of queries, once."""
        from PIL import Image

        gallery = self._gallery
        gallery.find(Query(images=[Image.new("RGB", (8, 8))]), k=1)
        if isinstance(gallery.encoder, TextEncoder):
            gallery.find(Query(texts=["a picture"]), k=1)


def tidy_up(gallery: Gallery) -> None:
    """Delete what a process left in a gallery's folder that was killed in an upload."""
    try:
        gallery.tidy()
    except SightlineError as error:
        # Somebody is writing, or nothing can be: what is left over can stay until next time.
        log.warning("the gallery was not tidied up: %s", error)
    except Exception as error:
        unexpected(error, "the gallery was tidied up")
