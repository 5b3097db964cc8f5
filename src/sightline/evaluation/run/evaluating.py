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
from sightline.evaluation.intervals import RESAMPLES, SEED
from sightline.evaluation.qrels import Qrels
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
from sightline.evaluation.run.indexes import EXACT
from sightline.evaluation.run.pictures import written_crops
from sightline.evaluation.run.searching import Shelf, run_for, search_task, shelf_of
from sightline.evaluation.run.vectors import query_vectors
from sightline.evaluation.run.workplace import Workplace
from sightline.evaluation.scoring import Scored, score
from sightline.evaluation.submissions import write_submissions
from sightline.evaluation.tasks import Crop, QueryMode, Task
from sightline.evaluation.trec import write_qrels, write_run
from sightline.gallery import Gallery
from sightline.system.files import storage_error, write_whole
from sightline.system.threads import cores
from sightline.types import Mode, Progress, Skipped, Weights

# Enough for every gallery but those with a million distractors, whose runs would fill a disk.
_DEPTH_WRITTEN = 10_000
_PACKAGES = ("numpy", "faiss-cpu", "openvino", "pillow", "torch")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that one evaluation gave.

    Attributes:
        task: What was asked.
        files: The picture file of each document that has one.
        runs: What was found; see ``search_task``.
        scored: One for each protocol of the task.
        summary: The figures with their circumstances.
        skipped: Pictures that could not be read: of documents, and of queries.
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
        asking: How queries become vectors. The task's own prompt counts where it has none.
        index: "exact", or the name of one of FAISS's.
        progress: Called with the stages of a sync, then with "asking".

    Raises:
        SightlineError: as ``Gallery.sync`` and ``Gallery.search`` raise.
    """
    began = time.perf_counter()
    asking = replace(asking, prompt=task.prompt) if asking.prompt is None else asking
    files, cut_skipped = _files(task, place, asking.max_megapixels)
    if not files:
        raise SourceNotFoundError(place.crops)
    report = gallery.sync(list(files.values()), progress=progress)
    known = gallery.ids_by_path()
    shelf = shelf_of(gallery, {n: known[path] for n, path in files.items() if path in known})
    asked = query_vectors(
        task.topics,
        gallery.encoder,
        asking,
        place.vectors,
        lambda done, total: progress(Progress("asking", done, total)),
        composer_for(gallery, shelf, asking),
    )
    runs = search_task(task, gallery, shelf, asked, index)
    summary, scored = summarised(task, gallery, asking, index, shelf, asked, runs, began)
    skipped = (*cut_skipped, *report.skipped, *asked.skipped)
    return Evaluation(task, files, runs, scored, summary, skipped)


def composer_for(gallery: Gallery, shelf: Shelf, asking: Asking) -> TopicComposer | None:
    """Return what composes queries, where they are asked in a mode."""
    if asking.mode is None:
        return None
    ids = dict(zip(shelf.names, shelf.ids.tolist(), strict=True))
    return TopicComposer(gallery, ids, asking)


def summarised(
    task: Task,
    gallery: Gallery,
    asking: Asking,
    index: str,
    shelf: Shelf,
    asked: QueryVectors,
    runs: Mapping[str, Run],
    began: float,
) -> tuple[Summary, tuple[Scored, ...]]:
    """Return the figures of runs with their circumstances, and what each query scored.

    Args:
        task: What was asked.
        gallery: What was searched.
        asking: How queries became vectors.
        index: What searched it.
        shelf: The documents that could be found.
        asked: The queries that could be asked.
        runs: What was found.
        began: When the measurement did, on ``time.perf_counter``.
    """
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
    return Summary(task.name, task.variant, figures, circumstances), scored


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
    what a server wants.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the folder may not be written.
    """
    task = evaluation.task
    try:
        folder.mkdir(parents=True, exist_ok=True)
        listed = "".join(f"{topic.id}\n" for topic in task.topics)
        write_whole(folder / QUERIES, listed.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise storage_error(error, folder) from error
    written = [folder / QUERIES]
    for name, run in evaluation.runs.items():
        written.append(folder / _named(RUN, name))
        write_run(
            written[-1],
            run.first(_DEPTH_WRITTEN),
            tag=str(evaluation.summary.circumstances["model"]["name"]),
        )
    for protocol in task.protocols:
        written.append(folder / _named(QRELS, protocol.name))
        write_qrels(written[-1], Qrels(protocol.qrels.grades))
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
        "intervals": {"level": 0.95, "resamples": RESAMPLES, "seed": SEED},
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
