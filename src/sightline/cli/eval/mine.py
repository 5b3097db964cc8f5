"""`sightline eval mine`: measure one's own gallery, for each model, prompt, mode and index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, say
from sightline.cli.eval.choices import (
    EvaluatedCaptionerOption,
    EvaluatedComposerOption,
    EvaluatedModeOption,
    QueriesOption,
    asked_way,
    asked_words,
)
from sightline.cli.eval.measuring import new_folder
from sightline.cli.eval.showing import composed_way, print_table
from sightline.cli.groups import with_groups
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    JsonOption,
    Opening,
    PrecisionOption,
    ThreadsOption,
    gallery_folder,
)
from sightline.cli.progress import shown_progress
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.evaluation.intervals import Interval
    from sightline.evaluation.own.tasks import Labels, OwnPictures
    from sightline.evaluation.run.asking import Asking
    from sightline.evaluation.run.evaluating import Evaluation
    from sightline.evaluation.tasks import QueryMode, Task
    from sightline.gallery import Gallery

_COLUMNS = ("mAP@5", "mAP@10", "mAP@20", "mAP@50")
_TRANSFORM_COLUMNS = ("success@1", "success@10", "MRR")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, as the options say it."""

    gallery: GalleryOption = None
    labels: Annotated[
        str,
        typer.Option(
            help="What is known: judgements, or without any: folders, bursts (weak labels), "
            "transforms (changed pictures shall find their originals)."
        ),
    ] = "judgements"
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", help="May be given several times. Default: the gallery's own."
        ),
    ] = None
    prompt: Annotated[
        list[str] | None,
        typer.Option(help="May be given several times. Default: the model's own."),
    ] = None
    index: Annotated[
        list[str] | None, typer.Option(help='May be given several times: exact, "HNSW32", ...')
    ] = None
    by: Annotated[
        str | None, typer.Option(help="image, text or both. Default: all that there are.")
    ] = None
    mode: EvaluatedModeOption = None
    captioner: EvaluatedCaptionerOption = None
    composer: EvaluatedComposerOption = None
    queries: QueriesOption = 1000
    seed: Annotated[int, typer.Option(help="Of what is drawn.")] = 1
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Default: a name below ./evaluations."),
    ] = None
    precision: PrecisionOption = None
    device: DeviceOption = "auto"
    threads: ThreadsOption = 0
    as_json: JsonOption = False

    def modes(self, there: list[QueryMode]) -> list[QueryMode]:
        """Return the ways to query that are asked for, of those that there are."""
        from sightline.evaluation.datasets.bringing import checked_choice

        by, _ = asked_way(self.by, self.mode)
        if by is not None:
            checked_choice("--by", by, [mode.value for mode in there])
        return [mode for mode in there if by in (None, mode)]


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table: what was measured, where its results lie, how much was judged."""

    evaluation: Evaluation
    folder: Path
    judged: float | None


@with_groups
def mine(asked: Asked) -> None:
    """Measure your own gallery: how well do its model, a prompt, an index find what you want?

    Judge answers in the page of `sightline serve`, or bring judgements with
    import-judgements. Nothing is indexed, and no picture leaves its place.
    """
    from sightline.evaluation.datasets.bringing import checked_choice
    from sightline.evaluation.own.tasks import Labels

    labels = Labels(checked_choice("--labels", asked.labels, list(Labels)))
    folder = gallery_folder(asked.gallery)
    models = _each(asked.model)
    lines = [line for model in models for line in _measured(asked, labels, folder, model)]
    if asked.as_json:
        for line in lines:
            say(json.dumps(_as_object(line), ensure_ascii=False))
    else:
        _print_lines(lines, labels)
    told = [note for line in lines for note in line.evaluation.summary.circumstances["notes"]]
    for note in dict.fromkeys(told):
        complain(f"note: {note}")
    for line in lines:
        complain(f"results: {line.folder}")


def _each(given: list[str] | None) -> list[str | None]:
    """Return what was given, or None once: the default."""
    return [*given] if given else [None]


def _measured(asked: Asked, labels: Labels, folder: Path, model: str | None) -> Iterator[_Line]:
    from sightline.evaluation.own.tasks import own_pictures
    from sightline.evaluation.run.asking import Asking

    _, mode = asked_way(asked.by, asked.mode)
    words = asked_words(mode, asked.captioner, asked.composer)
    opening = Opening(model, asked.precision, asked.device, asked.threads)
    with opening.open(folder) as gallery:
        pictures = own_pictures(gallery)
        for task in _tasks(asked, labels, gallery, pictures):
            has_texts = any(topic.texts for topic in task.topics)
            for prompt in _each(asked.prompt if has_texts else None):
                asking = Asking(prompt, threads=asked.threads, mode=mode, words=words)
                for index in asked.index or ["exact"]:
                    yield _line(asked, labels, gallery, task, asking, index)


def _line(
    asked: Asked,
    labels: Labels,
    gallery: Gallery,
    task: Task,
    asking: Asking,
    index: str,
) -> _Line:
    from sightline.evaluation.qrels import judged_share
    from sightline.evaluation.report import write_report
    from sightline.evaluation.run.evaluating import evaluate_own, write_results
    from sightline.evaluation.run.workplace import workplace

    vectors = workplace("mine", gallery.path, gallery.path).vectors
    with shown_progress() as progress:
        evaluation = evaluate_own(task, gallery, asking, vectors, index=index, progress=progress)
    folder = new_folder(evaluation, *([] if asking.prompt is None else [asking.prompt]))
    folder = folder if asked.out is None else absolute(asked.out) / folder.name
    write_results(evaluation, folder)
    write_report(evaluation, folder)
    run, qrels = evaluation.runs[""], task.protocols[0].qrels
    share = judged_share(run, qrels, 10) if labels == "judgements" else None
    return _Line(evaluation, folder, share)


def _tasks(asked: Asked, labels: Labels, gallery: Gallery, pictures: OwnPictures) -> list[Task]:
    from sightline.errors import NothingJudgedError
    from sightline.evaluation.own import tasks
    from sightline.evaluation.own.tasks import Labels
    from sightline.evaluation.tasks import QueryMode
    from sightline.protocols import TextEncoder

    drawn = {"queries": asked.queries, "seed": asked.seed}
    match labels:
        case Labels.JUDGEMENTS:
            judgements = gallery.judgements()
            if not judgements:
                raise NothingJudgedError(gallery.path)
            modes = asked.modes(tasks.modes_of(judgements))
            return [tasks.judged_task(pictures, judgements, mode) for mode in modes]
        case Labels.FOLDERS:
            reads = isinstance(gallery.encoder, TextEncoder)
            modes = asked.modes([QueryMode.IMAGE, *([QueryMode.TEXT] if reads else [])])
            return [tasks.folder_task(pictures, mode, **drawn) for mode in modes]
        case Labels.BURSTS:
            return [tasks.burst_task(pictures, **drawn)]
        case Labels.TRANSFORMS:
            return [tasks.transform_task(pictures, count=asked.queries, seed=asked.seed)]


def _print_lines(lines: list[_Line], labels: Labels) -> None:
    columns = _TRANSFORM_COLUMNS if labels == "transforms" else _COLUMNS
    head = ["model", "prompt", "what", "index", "queries", *columns]
    head += ["judged@10"] if labels == "judgements" else []
    rows = [row for line in lines for row in _rows(line, columns)]
    print_table([head, *rows], words=4)


def _rows(line: _Line, columns: tuple[str, ...]) -> list[list[str]]:
    """Return a row for the whole, and one for each group of queries."""
    summary = line.evaluation.summary
    told = summary.circumstances
    figures = next(iter(summary.figures.values()), ())
    composed = f", {composed_way(summary)}" if composed_way(summary) else ""
    rows = []
    for group in dict.fromkeys(figure.group for figure in figures):
        cells = [summary.figure(name, group=group) for name in columns]
        rows.append(
            [
                told["model"]["name"],
                told["prompt"] or "-",
                group or line.evaluation.task.variant.rpartition("by ")[2] + composed,
                told["index"],
                f"{cells[0].queries:,}" if cells[0] is not None else "0",
                *("" if cell is None else _percent(cell.interval) for cell in cells),
                *([] if line.judged is None else [f"{100 * line.judged:.0f} %"]),
            ]
        )
    return rows


def _percent(interval: Interval) -> str:
    return f"{100 * interval.mean:.1f} ({100 * interval.low:.1f}-{100 * interval.high:.1f})"


def _as_object(line: _Line) -> dict[str, object]:
    summary = line.evaluation.summary
    figures = next(iter(summary.figures.values()), ())
    return {
        "task": summary.task,
        "variant": summary.variant,
        "model": summary.circumstances["model"]["name"],
        "prompt": summary.circumstances["prompt"],
        "index": summary.circumstances["index"],
        **{name: summary.circumstances.get(name) for name in ("mode", "captioner", "composer")},
        "judged_at_10": line.judged,
        "figures": [
            {"measure": figure.measure, "group": figure.group, **figure.rounded()}
            for figure in figures
        ],
        "results": str(line.folder),
    }
