"""Where an evaluation keeps what it need not do twice: gallery, cut-out pictures, query vectors."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import NotWritableError
from sightline.system.files import storage_error
from sightline.system.paths import absolute, cache_folder


@dataclass(frozen=True, slots=True)
class Workplace:
    """The folders of one data set on this machine; the gallery is inside, unless one was named."""

    folder: Path
    gallery: Path

    @property
    def crops(self) -> Path:
        """Where documents lie that are parts of pictures."""
        return self.folder / "crops"

    @property
    def vectors(self) -> Path:
        """Where vectors of queries lie."""
        return self.folder / "query-vectors"


def workplace(name: str, data: Path, gallery: str | Path | None = None) -> Workplace:
    """Return the workplace of a data set, made if it is new.

    It lies in the user's cache folder, since all of it can be made again, and is told by the data
    set's name and its folder. A gallery's folder may be named to be used instead of one inside.

    Raises:
        StorageError: it cannot be made.
    """
    mark = hashlib.sha256(os.fsencode(absolute(data))).hexdigest()[:8]
    home = cache_folder()
    if not home.is_relative_to(os.devnull):
        folder = home / "evaluation" / f"{name}-{mark}"
    elif gallery is not None:
        folder = absolute(gallery).with_name(f"{absolute(gallery).name}-evaluation")
    else:
        raise NotWritableError(home, "there is no home folder; name a --gallery")
    place = Workplace(folder, folder / "gallery" if gallery is None else absolute(gallery))
    for path in (place.folder, place.vectors):
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(error, path) from error
    return place
