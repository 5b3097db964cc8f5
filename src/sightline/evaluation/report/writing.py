"""From an evaluation to its ``report.html``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sightline.evaluation.curves import (
    average_precision_over_k,
    precision_over_recall,
    score_spread,
)
from sightline.evaluation.qrels import judge
from sightline.evaluation.report import pages
from sightline.evaluation.report.charts import Axes, histogram, line_chart
from sightline.evaluation.report.examples import hardest_and_easiest
from sightline.evaluation.report.pictures import Thumbnails
from sightline.evaluation.run.evaluating import Evaluation
from sightline.evaluation.run.searching import run_for
from sightline.evaluation.scoring import Scored
from sightline.evaluation.tables import tables
from sightline.evaluation.tasks import Protocol
from sightline.system.files import storage_error, write_whole

REPORT = "report.html"
_EXAMPLES = 8
_LAST_K = 50


def write_report(evaluation: Evaluation, folder: Path, max_megapixels: float = 200.0) -> Path:
    """Write the report of an evaluation and return its path.

    Args:
        evaluation: What was measured.
        folder: Where the page goes.
        max_megapixels: Larger pictures are not shown.

    Raises:
        DiskFullError: there is no room.
        NotWritableError: the folder may not be written.
    """
    path = folder / REPORT
    content = report_page(evaluation, max_megapixels).encode("utf-8", "backslashreplace")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise storage_error(error, path) from error
    return path


def report_page(evaluation: Evaluation, max_megapixels: float = 200.0) -> str:
    """Return the page of an evaluation: everything in it, nothing asked for from outside."""
    summary, task = evaluation.summary, evaluation.task
    left_out = {
        s.protocol: len(s.without_relevant) for s in evaluation.scored if s.without_relevant
    }
    parts = [
        pages.head(summary),
        pages.figures(tables(summary, task.published)) if evaluation.scored else "",
        pages.notes(summary, task.published, left_out),
    ]
    if evaluation.scored and len(evaluation.scored[0].queries):
        parts += _about(evaluation, evaluation.scored[0], Thumbnails(max_megapixels))
    parts.append(pages.circumstances(summary))
    return pages.page(f"{task.name}, {task.variant}", "\n".join(part for part in parts if part))


def _about(evaluation: Evaluation, scored: Scored, thumbnails: Thumbnails) -> list[str]:
    """Return curves and queries of the protocol to quote, which is the first that is judged."""
    protocol = {p.name: p for p in evaluation.task.protocols}[scored.protocol]
    run = run_for(evaluation.runs, protocol)
    topics = {topic.id: topic for topic in evaluation.task.topics}
    hardest, easiest = hardest_and_easiest(scored, run, protocol.qrels, topics, _EXAMPLES)
    measure, files = scored.measures[0], evaluation.files
    return [
        pages.charts(_charts(evaluation, protocol)),
        pages.queries("Hardest queries", measure, hardest, files, thumbnails),
        pages.queries("Easiest queries", measure, easiest, files, thumbnails),
    ]


def _charts(evaluation: Evaluation, protocol: Protocol) -> list[tuple[str, str, str]]:
    run = run_for(evaluation.runs, protocol)
    judged = judge(run, protocol.qrels)
    under = f" Protocol: {protocol.name}." if protocol.name else ""
    unit = (0.0, 1.0)
    curve = precision_over_recall(judged)
    drawn = [
        (
            "Precision over recall",
            line_chart("Precision over recall", [curve], Axes(unit, unit, "recall", "precision")),
            "Interpolated, mean over queries; beyond the results that were looked at it is 0."
            + under,
        )
    ]
    last = min(_LAST_K, run.depth)
    if last > 1:
        title = "mAP over k, in its three ways to divide"
        axes = Axes((1.0, float(last)), unit, "k", "mAP", x_is_whole=True)
        curves = average_precision_over_k(judged, last)
        drawn.append((title, line_chart(title, curves, axes), f"Mean over queries.{under}"))
    spread = score_spread(run, protocol.qrels)
    if spread is not None:
        title = "Scores of relevant and other results"
        top = float(max(spread.relevant.max(), spread.irrelevant.max()))
        ends = float(spread.edges[0]), float(spread.edges[-1])
        axes = Axes(ends, (0.0, _rounded_up(top)), "cosine", "share")
        remark = f"Of the {run.depth:,} results of each query.{under}"
        drawn.append((title, histogram(title, spread, axes), remark))
    return drawn


def _rounded_up(share: float) -> float:
    """Return the next of 1, 2, 4, 8 times a power of ten: an axis with quarters to read."""
    power = 10.0 ** np.floor(np.log10(share))
    return float(next(power * step for step in (1, 2, 4, 8, 10) if power * step >= share))
