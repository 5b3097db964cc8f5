"""Order in the gallery's folder, made once when the service starts."""

from __future__ import annotations

import logging
import threading

from sightline.errors import SightlineError
from sightline.gallery import Gallery
from sightline.server.http.problems import unexpected

log = logging.getLogger("sightline.server")


class Tidying:
    """Deletes what a process left that was killed in an upload, in a thread of its own.

    Args:
        gallery: Whose folder it is.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._thread = threading.Thread(target=self._tidy, name="tidying")

    def begin(self) -> None:
        """Start."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until it is done."""
        if self._thread.ident is not None:
            self._thread.join()

    def _tidy(self) -> None:
        try:
            self._gallery.tidy()
        except SightlineError as error:
            # Somebody is writing, or nothing can be: what is left over can stay until next time.
            log.warning("the gallery was not tidied up: %s", error)
        except Exception as error:
            unexpected(error, "the gallery was tidied up")
