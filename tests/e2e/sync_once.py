"""Run by the tests in a process of its own: sync once, and tell every step on standard output."""

import sys

from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from sightline.types import Progress


def tell(progress: Progress) -> None:
    sys.stdout.write(f"{progress.stage} {progress.done}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    home, photos = sys.argv[1:3]
    with Gallery.open(home, model=FakeEncoder()) as gallery:
        gallery.sync([photos], progress=tell)
