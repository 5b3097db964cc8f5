"""One measurement from the options of the command line to its files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.console import complain, counted
from sightline.cli.eval.choices import asked_words
from sightline.cli.eval.showing import composed_way, print_json, print_summary
from sightline.cli.needed_model import fetched_if_needed
from sightline.cli.progress import shown_progress
from sightline.cli.scenes import draw_collection
from sightline.evaluation.datasets.cards import Choices, DatasetCard

if TYPE_CHECKING:
    from sightline.evaluation.run.evaluating import Evaluation
    from sightline.gallery import Gallery
    from sightline.types import Mode, Skipped

_SKIPPED_SHOWN = 5
# Another seed than that of the demo and of training, so that nothing was seen before.
_SCENES_SEED = 4711
_EVALUATIONS = "evaluations"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked for, as the options say it."""

    card: DatasetCard
    data: Path | None
    choices: Choices
    model: str
    prompt: str | None
    text_weight: float
    image_weight: float
    mode: Mode | None
    captioner: str | None
    composer: str | None
    index: str
    out: Path | None
    report: bool
    gallery: str | None
    precision: str | None
    device: str
    threads: int
    max_megapixels: float
    as_json: bool


def measure(wanted: Wanted) -> Path:
    """Measure, print the figures, write the results; return their folder."""
    from sightline.evaluation.run.asking import Asking
    from sightline.evaluation.run.evaluating import evaluate, write_results
    from sightline.evaluation.run.workplace import workplace

    data = wanted.data or _drawn_scenes(wanted)
    task = wanted.card.read(data, wanted.choices)
    place = workplace(wanted.card.name, data, wanted.gallery)
    asking = Asking(
        wanted.prompt,
        wanted.text_weight,
        wanted.image_weight,
        wanted.max_megapixels,
        wanted.threads,
        wanted.mode,
        asked_words(wanted.mode, wanted.captioner, wanted.composer),
    )
    with _opened(wanted, place.gallery) as gallery:
        fetched_if_needed(lambda: gallery.encoder, wanted.precision)
        with shown_progress() as progress:
            evaluation = evaluate(
                task, gallery, place, asking, index=wanted.index, progress=progress
            )
    folder = wanted.out or new_folder(evaluation)
    write_results(evaluation, folder)
    if wanted.report:
        from sightline.evaluation.report import write_report

        write_report(evaluation, folder, wanted.max_megapixels)
    _show(evaluation, as_json=wanted.as_json)
    return folder


def _opened(wanted: Wanted, folder: Path) -> Gallery:
    from sightline.gallery import Gallery

    return Gallery.open(
        folder,
        model=wanted.model,
        precision=wanted.precision,
        device=wanted.device,
        threads=wanted.threads,
        max_megapixels=wanted.max_megapixels,
    )


def _drawn_scenes(wanted: Wanted) -> Path:
    """Draw the built-in collection, or what is missing of it, into the user's cache folder."""
    from sightline.system.paths import cache_folder

    folder = cache_folder() / "evaluation" / f"drawn-{wanted.choices.count}"
    draw_collection(folder, wanted.choices.count, _SCENES_SEED, workers=wanted.threads)
    return folder


def new_folder(evaluation: Evaluation, *more: str) -> Path:
    """Return a folder named after what was measured; the same measurement takes the same one.

    Args:
        evaluation: What was measured.
        more: What else tells it from others.
    """
    summary = evaluation.summary
    model = summary.circumstances["model"]
    parts = [summary.task, summary.variant, model["name"], model["precision"], *more]
    index = summary.circumstances["index"]
    parts += [] if index == "exact" else [index]
    parts += [composed_way(summary)]
    words = " ".join(parts).lower().replace(",", "")
    name = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
    return Path(_EVALUATIONS) / name


def _show(evaluation: Evaluation, *, as_json: bool) -> None:
    if as_json:
        print_json(evaluation.summary)
    else:
        print_summary(evaluation.summary, evaluation.task.published)
    for one in evaluation.scored:
        if one.without_relevant:
            under = f" ({one.protocol})" if one.protocol else ""
            count = len(one.without_relevant)
            noun = "query" if count == 1 else "queries"
            complain(f"note: {count:,} {noun} left out, as nothing is relevant there{under}")
    cancelled = evaluation.summary.circumstances["counts"]["queries_cancelled"]
    if cancelled:
        noun = "query" if cancelled == 1 else "queries"
        complain(f"note: {cancelled:,} {noun} found nothing, as what is asked for cancels out")
    if evaluation.skipped:
        _tell_skipped(evaluation.skipped)


def _tell_skipped(skipped: tuple[Skipped, ...]) -> None:
    complain(f"note: {counted(len(skipped), 'picture')} could not be read:")
    for one in skipped[:_SKIPPED_SHOWN]:
        complain(f"  {one.path}: {one.reason}")
