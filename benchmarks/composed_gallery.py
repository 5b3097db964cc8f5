"""The two galleries that composed searches are measured in: as drawn, and crowded.

``drawn`` is a collection of `sightline scenes`: of a reference there is hardly a second picture, so
its nearest neighbours are the pictures that were planted for its edits, and a search by the picture
alone finds them. ``crowded`` is more like a collection of photographs, where one takes many of one
thing: of every reference there are fifteen more drawings of the very same description. They are
what a search by the picture alone finds, and none of them is an answer.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sightline_scenes.collection import read_collection, write_collection
from sightline_scenes.edits import EditCase, edit_cases
from sightline_scenes.plan import BLOCK, plan_collection
from sightline_scenes.workers import Job, draw_jobs
from sightline_scenes.world import Scene

COUNT = 10_000
LIKENESSES = 15
_SIZE_PX = (640, 480)


@dataclass(frozen=True, slots=True)
class MeasuredGallery:
    """Pictures and what is asked of them.

    Attributes:
        files: By number.
        cases: The composed queries, with their ground truth.
    """

    files: tuple[Path, ...]
    cases: tuple[EditCase, ...]


def drawn(folder: Path, seed: int, queries: int) -> MeasuredGallery:
    """Return a collection of scenes as `sightline scenes` draws it."""
    write_collection(folder, count=COUNT, seed=seed)
    collection = read_collection(folder)
    files = tuple(folder / picture.file for picture in collection.pictures)
    return MeasuredGallery(files, _some(collection.edits, queries, seed))


def crowded(folder: Path, seed: int, queries: int) -> MeasuredGallery:
    """Return families of scenes, and fifteen more drawings of every reference."""
    planned = plan_collection(COUNT * BLOCK // (BLOCK + LIKENESSES), seed)
    asked = {number: p.edits for number, p in enumerate(planned) if p.edits}
    scenes = [p.scene for p in planned]
    scenes += [scenes[number] for number in asked for _ in range(LIKENESSES)]
    files = _draw(folder, scenes, seed)
    return MeasuredGallery(files, _some(edit_cases(scenes, asked), queries, seed))


def _some(cases: Sequence[EditCase], queries: int, seed: int) -> tuple[EditCase, ...]:
    chosen = list(cases)
    random.Random(seed).shuffle(chosen)
    return tuple(chosen[:queries])


def _draw(folder: Path, scenes: Sequence[Scene], seed: int) -> tuple[Path, ...]:
    """Draw what is not there yet; a picture goes by the seed and its number."""
    files = tuple(folder / f"{n // 1000:03d}" / f"scene-{n:05d}.jpg" for n in range(len(scenes)))
    jobs = [
        Job(file, scene, f"crowded:{seed}:{number}", *_SIZE_PX)
        for number, (file, scene) in enumerate(zip(files, scenes, strict=True))
        if not file.exists()
    ]
    for parent in {job.path.parent for job in jobs}:
        parent.mkdir(parents=True, exist_ok=True)
    with closing(draw_jobs(jobs)) as drawing:
        for _ in drawing:
            pass
    return files
