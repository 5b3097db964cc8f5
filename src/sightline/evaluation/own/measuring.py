"""Measuring a gallery as it stands: nothing is indexed, and its own vectors are used."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sightline.evaluation.own.tasks import OwnPictures
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.run.asking import Asking, QueryVectors
from sightline.evaluation.run.evaluating import Evaluation, composer_for, summarised
from sightline.evaluation.run.indexes import EXACT
from sightline.evaluation.run.searching import Shelf, search_task, shelf_of
from sightline.evaluation.run.vectors import make_vectors, query_vectors
from sightline.evaluation.tasks import Altered, Picture, Task, Topic
from sightline.gallery import Gallery
from sightline.types import Progress, Vectors


def measure_own(
    task: Task,
    gallery: Gallery,
    pictures: OwnPictures,
    asking: Asking,
    vectors: Path,
    *,
    index: str = EXACT,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Evaluation:
    """Return what a task made of a gallery measures of it.

    A query by a picture of the gallery takes its stored vector, as a search for similar ones does,
    so that no file has to be there.

    Args:
        task: Made of this gallery.
        gallery: With vectors of its model.
        pictures: Of the gallery.
        asking: How queries become vectors.
        vectors: Where vectors of changed pictures are kept.
        index: "exact", or the name of one of FAISS's.
        progress: Called with the stage "asking".

    Raises:
        SightlineError: as ``Gallery.search`` raises.
    """
    began = time.perf_counter()
    shelf = shelf_of(gallery, {name: record.id for name, record in pictures.records.items()})
    asked = _asked(task.topics, gallery, shelf, pictures, asking, vectors, progress)
    runs = search_task(task, gallery, shelf, asked, index)
    summary, scored = summarised(task, gallery, asking, index, shelf, asked, runs, began)
    return Evaluation(task, pictures.files, runs, scored, summary, asked.skipped)


def judged_share(run: Run, qrels: Qrels, k: int) -> float:
    """Return the share of the first k results that somebody judged; 0 without results.

    Where it is low, figures say more about what was judged than about what was found.
    """
    judged = seen = 0
    for query, grades in qrels.grades.items():
        if query in run.row_of:
            found = [name for name, _ in run.found(query)[:k]]
            seen += len(found)
            judged += sum(name in grades for name in found)
    return judged / seen if seen else 0.0


def _asked(
    topics: tuple[Topic, ...],
    gallery: Gallery,
    shelf: Shelf,
    pictures: OwnPictures,
    asking: Asking,
    vectors: Path,
    progress: Callable[[Progress], None],
) -> QueryVectors:
    composer = composer_for(gallery, shelf, asking)
    if composer is not None or any(isinstance(topic.image, Altered) for topic in topics):
        return query_vectors(
            topics,
            gallery.encoder,
            asking,
            vectors,
            lambda done, total: progress(Progress("asking", done, total)),
            composer,
        )
    stored: dict[Picture, Vectors] = {}
    wanted = {topic.own for topic in topics if topic.own is not None}
    rows = {name: row for row, name in enumerate(shelf.names) if name in wanted}
    for name, row in rows.items():
        stored[pictures.records[name].path] = np.asarray(shelf.vectors[row])
    return make_vectors(topics, gallery.encoder, asking, stored)
