"""`sightline eval mine`: measure one's own gallery, for each model, prompt, mode and index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sightline.cli.console import complain, page, say
from sightline.cli.eval.choices import (
    EvaluatedCaptionerOption,
    EvaluatedComposerOption,
    EvaluatedModeOption,
    asked_way,
    asked_words,
)
from sightline.cli.eval.measuring import new_folder
from sightline.cli.eval.showing import composed_way
from sightline.cli.options import (
    DeviceOption,
    GalleryOption,
    JsonOption,
    PrecisionOption,
    ThreadsOption,
    gallery_folder,
)
from sightline.cli.progress import shown_progress
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.composed import WordsSettings
    from sightline.evaluation.intervals import Interval
    from sightline.evaluation.own.tasks import Labels, OwnPictures
    from sightline.evaluation.run.evaluating import Evaluation
    from sightline.evaluation.tasks import QueryMode, Task
    from sightline.gallery import Gallery
    from sightline.types import Mode

_COLUMNS = ("mAP@5", "mAP@10", "mAP@20", "mAP@50")
_TRANSFORM_COLUMNS = ("success@1", "success@10", "MRR")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, as the options say it."""

    gallery: Path
    labels: Labels
    by: str | None
    mode: Mode | None
    words: WordsSettings
    queries: int
    seed: int
    precision: str | None
    device: str
    threads: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table: what was measured, how, and where its results lie."""

    evaluation: Evaluation
    prompt: str | None
    folder: Path
    judged: float | None


def mine(
    gallery: GalleryOption = None,
    labels: Annotated[
        str,
        typer.Option(
            "--labels",
            help="What is known: judgements, or without any: folders, bursts (weak labels), "
            "transforms (changed pictures shall find their originals).",
        ),
    ] = "judgements",
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model", "-m", help="May be given several times. Default: the gallery's own."
        ),
    ] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", help="May be given several times. Default: the model's own."),
    ] = None,
    index: Annotated[
        list[str] | None,
        typer.Option("--index", help='May be given several times: exact, "HNSW32", ...'),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help="image, text or both. Default: all that there are."),
    ] = None,
    mode: EvaluatedModeOption = None,
    captioner: EvaluatedCaptionerOption = None,
    composer: EvaluatedComposerOption = None,
    queries: Annotated[
        int, typer.Option("--queries", min=1, help="How many are drawn if there are more.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn.")] = 1,
    out: Annotated[
        str | None,
        typer.Option("--out", "-o", metavar="DIR", help="Default: a name below ./evaluations."),
    ] = None,
    precision: PrecisionOption = None,
    device: DeviceOption = "auto",
    threads: ThreadsOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Measure your own gallery: how well do its model, a prompt, an index find what you want?

    Judge answers in the page of `sightline serve`, or bring judgements with
    import-judgements. Nothing is indexed, and no picture leaves its place.
    """
    from sightline.evaluation.datasets.bringing import checked_choice
    from sightline.evaluation.own.tasks import Labels

    chosen = Labels(checked_choice("--labels", labels, [kind.value for kind in Labels]))
    place = gallery_folder(gallery)
    made_of, composed = asked_way(by, mode)
    words = asked_words(composed, captioner, composer)
    asked = _Asked(
        place, chosen, made_of, composed, words, queries, seed, precision, device, threads
    )
    lines = []
    models: list[str | None] = [*model] if model else [None]
    prompts: list[str | None] = [*prompt] if prompt else [None]
    for name in models:
        lines += list(_measured(asked, name, prompts, index or ["exact"], out))
    for line in lines:
        if as_json:
            say(json.dumps(_as_object(line), ensure_ascii=False))
    if not as_json:
        _print_lines(lines, asked)
    told = [note for line in lines for note in line.evaluation.summary.circumstances["notes"]]
    for note in dict.fromkeys(told):
        complain(f"note: {note}")
    for line in lines:
        complain(f"results: {line.folder}")


def _measured(
    asked: _Asked,
    model: str | None,
    prompts: list[str | None],
    indexes: list[str],
    out: str | None,
) -> Iterator[_Line]:
    from sightline.evaluation.own.measuring import judged_share, measure_own
    from sightline.evaluation.own.tasks import Labels, OwnPictures
    from sightline.evaluation.report import write_report
    from sightline.evaluation.run.asking import Asking
    from sightline.evaluation.run.evaluating import write_results
    from sightline.evaluation.run.workplace import workplace

    with _opened(asked, model) as gallery:
        pictures = OwnPictures.of(gallery)
        vectors = workplace("mine", asked.gallery, asked.gallery).vectors
        for task in _tasks(asked, gallery, pictures):
            has_texts = any(topic.texts for topic in task.topics)
            for prompt in prompts if has_texts else [None]:
                for index in indexes:
                    asking = Asking(
                        prompt, threads=asked.threads, mode=asked.mode, words=asked.words
                    )
                    with shown_progress() as progress:
                        evaluation = measure_own(
                            task, gallery, pictures, asking, vectors, index=index, progress=progress
                        )
                    told = [] if prompt is None else [prompt]
                    folder = new_folder(evaluation, *told)
                    folder = folder if out is None else absolute(out) / folder.name
                    write_results(evaluation, folder)
                    write_report(evaluation, folder)
                    run, qrels = evaluation.runs[""], task.protocols[0].qrels
                    is_judged = asked.labels is Labels.JUDGEMENTS
                    share = judged_share(run, qrels, 10) if is_judged else None
                    yield _Line(evaluation, prompt, folder, share)


def _opened(asked: _Asked, model: str | None) -> Gallery:
    from sightline.gallery import Gallery

    return Gallery.open(
        asked.gallery,
        model=model,
        create=False,
        precision=asked.precision,
        device=asked.device,
        threads=asked.threads,
    )


def _tasks(asked: _Asked, gallery: Gallery, pictures: OwnPictures) -> list[Task]:
    from sightline.errors import NothingJudgedError
    from sightline.evaluation.own import tasks
    from sightline.evaluation.own.tasks import Labels
    from sightline.evaluation.tasks import QueryMode
    from sightline.protocols import TextEncoder

    drawn = {"queries": asked.queries, "seed": asked.seed}
    match asked.labels:
        case Labels.JUDGEMENTS:
            judgements = gallery.judgements()
            if not judgements:
                raise NothingJudgedError(gallery.path)
            modes = _modes(asked, tasks.modes_of(judgements))
            return [tasks.judged_task(pictures, judgements, mode) for mode in modes]
        case Labels.FOLDERS:
            reads = isinstance(gallery.encoder, TextEncoder)
            there = [QueryMode.IMAGE, *([QueryMode.TEXT] if reads else [])]
            return [tasks.folder_task(pictures, mode, **drawn) for mode in _modes(asked, there)]
        case Labels.BURSTS:
            return [tasks.burst_task(pictures, **drawn)]
        case Labels.TRANSFORMS:
            return [tasks.transform_task(pictures, count=asked.queries, seed=asked.seed)]


def _modes(asked: _Asked, there: list[QueryMode]) -> list[QueryMode]:
    from sightline.evaluation.datasets.bringing import checked_choice
    from sightline.evaluation.tasks import QueryMode

    if asked.by is None:
        return there
    return [QueryMode(checked_choice("--by", asked.by, [mode.value for mode in there]))]


def _print_lines(lines: list[_Line], asked: _Asked) -> None:
    from rich.text import Text

    rows = [row for line in lines for row in _rows(line, asked)]
    columns = _TRANSFORM_COLUMNS if asked.labels == "transforms" else _COLUMNS
    head = ["model", "prompt", "what", "index", "queries", *columns]
    head += ["judged@10"] if asked.labels == "judgements" else []
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    console = page()
    for number, row in enumerate([head, *rows]):
        cells = [
            cell.ljust(width) if place < 4 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        console.print(Text("  ".join(cells).rstrip(), style="" if number else "bold"))


def _rows(line: _Line, asked: _Asked) -> list[list[str]]:
    """Return a row for the whole, and one for each group of queries."""
    summary = line.evaluation.summary
    told = summary.circumstances
    columns = _TRANSFORM_COLUMNS if asked.labels == "transforms" else _COLUMNS
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
            {
                "measure": figure.measure,
                "group": figure.group,
                "value": round(figure.interval.mean, 6),
                "low": round(figure.interval.low, 6),
                "high": round(figure.interval.high, 6),
                "queries": figure.queries,
            }
            for figure in figures
        ],
        "results": str(line.folder),
    }
