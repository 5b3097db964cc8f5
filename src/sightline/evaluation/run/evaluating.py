"""One evaluation from its task to its figures."""

from __future__ import annotations

import platform
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sightline import __version__
from sightline.errors import SourceNotFoundError
from sightline.evaluation.files import write_file
from sightline.evaluation.intervals import LEVEL, RESAMPLES, SEED
from sightline.evaluation.ranking import Run
from sightline.evaluation.results import (
    QRELS,
    QUERIES,
    RUN,
    Summary,
    write_per_query,
    write_summary,
)
from sightline.evaluation.run.asking import Asking, QueryVectors
from sightline.evaluation.run.composing import TopicComposer
from sightline.evaluation.run.pictures import written_crops
from sightline.evaluation.run.searching import EXACT, Shelf, run_for, search_task, shelf_of
from sightline.evaluation.run.vectors import make_vectors, query_vectors
from sightline.evaluation.run.workplace import Workplace
from sightline.evaluation.scoring import Scored, score
from sightline.evaluation.submissions import write_submissions
from sightline.evaluation.tasks import Altered, Crop, QueryMode, Task
from sightline.evaluation.trec import write_qrels, write_run
from sightline.gallery import Gallery
from sightline.system.threads import cores
from sightline.types import Mode, Progress, Skipped, Weights

# Enough for every gallery but those with a million distractors, whose runs would fill a disk.
_DEPTH_WRITTEN = 10_000
_PACKAGES = ("numpy", "faiss-cpu", "openvino", "pillow", "torch")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one evaluation gave: runs as ``search_task`` has them, scored by each protocol.

    The files are those of documents; skipped are pictures of documents and queries.
    """

    task: Task
    files: Mapping[str, Path]
    runs: Mapping[str, Run]
    scored: tuple[Scored, ...]
    summary: Summary
    skipped: tuple[Skipped, ...]


def evaluate(
    task: Task,
    gallery: Gallery,
    place: Workplace,
    asking: Asking,
    *,
    index: str = EXACT,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Evaluation:
    """Return what a task measures of a gallery's model.

    The documents are brought into the gallery as a user's pictures are; what is there already is
    not embedded again. Stopped at any moment, the next call goes on from what was kept.

    Args:
        task: What is asked.
        gallery: Of the task's documents; others may be in it, and are not found.
        place: Where crops and vectors of queries are kept.
        asking: The task's own prompt counts where it has none.
        index: "exact", or the name of one of FAISS's.
        progress: Called with the stages of a sync, then with "asking".

    Raises:
        SightlineError: as ``Gallery.sync`` and ``Gallery.search`` raise.
    """
    began = time.perf_counter()
    files, cut_skipped = _files(task, place, asking.max_megapixels)
    if not files:
        raise SourceNotFoundError(place.crops)
    report = gallery.sync(list(files.values()), progress=progress)
    known = gallery.ids_by_path()
    shelf = shelf_of(gallery, {n: known[path] for n, path in files.items() if path in known})
    asking = replace(asking, prompt=task.prompt) if asking.prompt is None else asking
    asked = _kept_vectors(task, gallery, shelf, asking, place.vectors, progress)
    skipped = (*cut_skipped, *report.skipped)
    return _evaluation(task, gallery, asking, index, shelf, asked, files, skipped, began)


def evaluate_own(
    task: Task,
    gallery: Gallery,
    asking: Asking,
    vectors: Path,
    *,
    index: str = EXACT,
    progress: Callable[[Progress], None] = lambda progress: None,
) -> Evaluation:
    """Return what a task made of a gallery measures of it; nothing is indexed.

    A query by a picture of the gallery takes its stored vector, as a search for similar ones does,
    so that no file has to be there.

    Args:
        task: Made of this gallery; its documents are named by their paths.
        gallery: With vectors of its model.
        asking: How queries become vectors.
        vectors: Where vectors of changed pictures are kept.
        index: As in ``evaluate``.
        progress: Called with the stage "asking".

    Raises:
        SightlineError: as ``Gallery.search`` raises.
    """
    began = time.perf_counter()
    shelf = shelf_of(gallery, {str(path): id for path, id in gallery.ids_by_path().items()})
    if asking.mode is not None or any(isinstance(topic.image, Altered) for topic in task.topics):
        asked = _kept_vectors(task, gallery, shelf, asking, vectors, progress)
    else:
        own = {topic.own: topic.image for topic in task.topics if topic.image is not None}
        rows = zip(shelf.names, shelf.vectors, strict=True)
        stored = {own[name]: row for name, row in rows if name in own}
        asked = make_vectors(task.topics, gallery.encoder, asking, stored)
    files = {name: path for name, path in task.documents.items() if isinstance(path, Path)}
    return _evaluation(task, gallery, asking, index, shelf, asked, files, (), began)


def _kept_vectors(
    task: Task,
    gallery: Gallery,
    shelf: Shelf,
    asking: Asking,
    folder: Path,
    progress: Callable[[Progress], None],
) -> QueryVectors:
    composer = None
    if asking.mode is not None:
        ids = dict(zip(shelf.names, shelf.ids.tolist(), strict=True))
        composer = TopicComposer(gallery, ids, asking)
    return query_vectors(
        task.topics,
        gallery.encoder,
        asking,
        folder,
        lambda done, total: progress(Progress("asking", done, total)),
        composer,
    )


def _evaluation(
    task: Task,
    gallery: Gallery,
    asking: Asking,
    index: str,
    shelf: Shelf,
    asked: QueryVectors,
    files: Mapping[str, Path],
    skipped: tuple[Skipped, ...],
    began: float,
) -> Evaluation:
    """Search and score; ``began`` is when the measurement did, on ``time.perf_counter``."""
    runs = search_task(task, gallery, shelf, asked, index)
    scored = score_task(task, runs)
    circumstances = {
        **_circumstances(task, gallery, asking, index),
        **_composed(task, asking, asked),
        "counts": {
            "documents": len(shelf.names),
            "documents_unreadable": len(task.documents) - len(shelf.names),
            "queries": len(task.topics),
            "queries_unreadable": len(task.topics) - len(asked.queries) - len(asked.cancelled),
            "queries_cancelled": len(asked.cancelled),
            "queries_without_relevant": {s.protocol: len(s.without_relevant) for s in scored},
        },
        "seconds": round(time.perf_counter() - began, 1),
    }
    figures = {one.protocol: one.figures for one in scored}
    summary = Summary(task.name, task.variant, figures, circumstances)
    return Evaluation(task, files, runs, scored, summary, (*skipped, *asked.skipped))


def score_task(task: Task, runs: Mapping[str, Run]) -> tuple[Scored, ...]:
    """Return what each protocol of a task that has judgements says about its run."""
    clusters = {t.id: t.cluster for t in task.topics if t.cluster is not None}
    return tuple(
        score(run_for(runs, protocol), protocol, clusters)
        for protocol in task.protocols
        if len(protocol.qrels)
    )


def write_results(evaluation: Evaluation, folder: Path) -> tuple[Path, ...]:
    """Write the files of a result; return them.

    ``summary.json``, ``per_query.jsonl``, ``run.trec``, ``qrels.txt``, the list of queries, and
    what a server wants. Raises as ``write_file`` does.
    """
    task, model = evaluation.task, evaluation.summary.circumstances["model"]
    listed = "".join(f"{topic.id}\n" for topic in task.topics)
    written = [write_file(folder / QUERIES, listed.encode("utf-8", "surrogateescape"))]
    for name, run in evaluation.runs.items():
        file = folder / _named(RUN, name)
        written.append(write_run(file, run.first(_DEPTH_WRITTEN), tag=str(model["name"])))
    for protocol in task.protocols:
        written.append(write_qrels(folder / _named(QRELS, protocol.name), protocol.qrels))
    if evaluation.scored:
        written.append(write_per_query(folder, evaluation.scored, task.topics))
    written.append(write_summary(folder, evaluation.summary))
    written += write_submissions(task, evaluation.runs, folder)
    return tuple(written)


def _named(file: str, protocol: str) -> str:
    """Return a file's name for a protocol: "run.trec", "run-subset.trec"."""
    stem, dot, ending = file.partition(".")
    return f"{stem}-{protocol.replace(' ', '-')}{dot}{ending}" if protocol else file


def _files(
    task: Task, place: Workplace, max_megapixels: float
) -> tuple[dict[str, Path], list[Skipped]]:
    """Return the picture file of each document, cutting out those that are parts of one."""
    whole = {name: p for name, p in task.documents.items() if isinstance(p, Path)}
    crops = [picture for picture in task.documents.values() if isinstance(picture, Crop)]
    cut, skipped = written_crops(crops, place.crops, max_megapixels)
    return whole | cut, skipped


def _circumstances(task: Task, gallery: Gallery, asking: Asking, index: str) -> dict[str, object]:
    own_prompt = getattr(gallery.encoder, "prompt", None)
    has_texts = any(topic.texts for topic in task.topics)
    prompt = own_prompt if asking.prompt is None else asking.prompt
    return {
        "model": asdict(gallery.encoder.spec),
        "prompt": prompt if has_texts else None,
        "index": index,
        "seed": task.seed,
        "notes": list(task.notes),
        "intervals": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED},
        "versions": versions(),
        "machine": {"processor": _processor(), "cores": cores()},
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def _composed(task: Task, asking: Asking, asked: QueryVectors) -> dict[str, object]:
    """Return how picture and words became one search, where queries have both."""
    if not any(topic.mode is QueryMode.BOTH for topic in task.topics):
        return {"mode": None, "weights": None}
    if asking.mode is None:
        weights = {"text": asking.text_weight, "image": asking.image_weight}
        return {"mode": Mode.SUM.value, "weights": weights}
    fell_back = Counter(f"{one.name} is not used: {one.reason}" for one in asked.fell_back)
    return {
        "mode": asking.mode.value,
        "weights": asdict(Weights()) if asking.mode is Mode.ROLES else None,
        "captioner": ", ".join(asked.captioners) or None,
        "composer": ", ".join(asked.composers) or None,
        "notes": [*task.notes, *(f"{why} ({count:,} times)" for why, count in fell_back.items())],
    }


def _processor() -> str:
    """Return the processor's name, where the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Return the versions of what figures depend on, as far as it is installed."""
    found = {"sightline": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
