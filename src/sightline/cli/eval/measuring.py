"""`sightline eval NAME`: one measurement on a data set, from its options to its files."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from inspect import Signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.cli.console import complain, counted
from sightline.cli.eval.choices import Options, asked_way, asked_words, options_of
from sightline.cli.eval.showing import composed_way, print_json, print_summary
from sightline.cli.models.fetching import fetched_if_needed
from sightline.cli.options import Opening
from sightline.cli.progress import shown_progress
from sightline.cli.scenes import draw_collection
from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.cards import Choices, DatasetCard
from sightline.system.paths import absolute, cache_folder

if TYPE_CHECKING:
    from sightline.evaluation.run.evaluating import Evaluation
    from sightline.types import Skipped

_PATHS = ("query_list", "distractors", "qrels", "topics")
_SKIPPED_SHOWN = 5
# Another seed than that of the demo and of training, so that nothing was seen before.
_SCENES_SEED = 4711
_EVALUATIONS = "evaluations"


def command_for(card: DatasetCard) -> Callable[..., None]:
    """Return the command of a data set, a function whose signature is the data set's options."""

    def command(**options: Any) -> None:  # noqa: ANN401 - the signature below says what they are
        _measure(card, Options(**options))

    command.__signature__ = Signature(list(options_of(card)))  # type: ignore[attr-defined]
    command.__name__ = card.name
    brought = f"Bring {card.needs}."
    if card.name == "scenes":
        brought = "Nothing has to be brought: scenes are drawn."
    command.__doc__ = f"Measure on {card.title}.\n\n{brought}"
    return command


def _measure(card: DatasetCard, options: Options) -> None:
    """Measure, print the figures, write the results."""
    from sightline.evaluation.run.asking import Asking
    from sightline.evaluation.run.evaluating import evaluate, write_results
    from sightline.evaluation.run.workplace import workplace

    by, mode = asked_way(options.by, options.mode)
    choices = _choices(card, options, by)
    data = _data(card, options)
    task = card.read(data, choices)
    place = workplace(card.name, data, options.gallery)
    asking = Asking(
        options.prompt,
        options.text_weight,
        options.image_weight,
        options.max_megapixels,
        options.threads,
        mode,
        asked_words(mode, options.captioner, options.composer),
    )
    with _opening(options).open(place.gallery, create=True) as gallery:
        fetched_if_needed(lambda: gallery.encoder, options.precision)
        with shown_progress() as progress:
            evaluation = evaluate(
                task, gallery, place, asking, index=options.index, progress=progress
            )
    folder = new_folder(evaluation) if options.out is None else absolute(options.out)
    write_results(evaluation, folder)
    if options.report:
        from sightline.evaluation.report import write_report

        write_report(evaluation, folder, options.max_megapixels)
    _show(evaluation, as_json=options.as_json)
    complain(f"results: {folder}")


def _choices(card: DatasetCard, options: Options, by: str | None) -> Choices:
    if options.templates and options.prompt is not None:
        raise InvalidValueError("--prompt", options.prompt, "left out beside --templates")
    chosen = {field.name: getattr(options, field.name) for field in fields(Choices)}
    chosen |= {name: absolute(chosen[name]) for name in _PATHS if chosen[name] is not None}
    return Choices(**{**chosen, "by": by or card.modes[0]})


def _data(card: DatasetCard, options: Options) -> Path:
    """Return the folder of a data set; scenes are drawn, or what is missing of them."""
    if options.data is not None:
        return absolute(options.data)
    if card.name != "scenes":
        from sightline.evaluation.datasets.bringing import missing

        raise missing(card, "a folder: give it with --data DIR")
    folder = cache_folder() / "evaluation" / f"drawn-{options.count}"
    draw_collection(folder, options.count, _SCENES_SEED, workers=options.threads)
    return folder


def _opening(options: Options) -> Opening:
    return Opening(**{field.name: getattr(options, field.name) for field in fields(Opening)})


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
            complain(f"note: {one.left_out}")
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
