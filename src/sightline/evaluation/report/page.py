"""From an evaluation to its ``report.html``: what the template shows."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image

from sightline.errors import ImageUnreadableError
from sightline.evaluation.files import write_file
from sightline.evaluation.report.charts import charts_of
from sightline.evaluation.report.examples import hardest_and_easiest
from sightline.evaluation.results import Summary, picture_name
from sightline.evaluation.run.evaluating import Evaluation
from sightline.evaluation.run.pictures import opened
from sightline.evaluation.run.searching import run_for
from sightline.evaluation.tables import tables
from sightline.evaluation.tasks import Picture
from sightline.images import decode, thumbnail

REPORT = "report.html"
_EXAMPLES = 8
_LONGEST_PX = 144
_QUALITY = 78


def write_report(evaluation: Evaluation, folder: Path, max_megapixels: float = 200.0) -> Path:
    """Write the report of an evaluation into a folder and return its path.

    Everything is in it, and it asks for nothing from outside. Pictures of more megapixels are not
    shown.

    Raises:
        StorageError: as ``write_file`` raises.
    """
    # Names of files are put into the page: what is not said to be HTML is escaped.
    environment = Environment(
        loader=PackageLoader("sightline.evaluation.report", ""),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"sentence": _sentence, "plain": _plain}
    environment.globals |= {
        "thumbnail": _thumbnails(max_megapixels),
        "picture_name": picture_name,
    }
    page = environment.get_template("report.html.jinja").render(_shown(evaluation))
    return write_file(folder / REPORT, page.encode("utf-8", "backslashreplace"))


def _shown(evaluation: Evaluation) -> dict[str, Any]:
    """Return what the template shows, by its names there."""
    summary, task = evaluation.summary, evaluation.task
    shown = {
        "title": f"{summary.task}, {summary.variant}",
        "facts": list(_facts(summary)),
        "tables": tables(summary, task.published) if evaluation.scored else (),
        "notes": list(_notes(evaluation)),
        "charts": [],
        "queries": [],
        "circumstances": [
            (name.replace("_", " "), value)
            for name, value in summary.circumstances.items()
            if name != "notes" and value is not None
        ],
    }
    if not evaluation.scored or not len(evaluation.scored[0].queries):
        return shown
    # Curves and queries are those of the protocol to quote, which is the first that is judged.
    scored = evaluation.scored[0]
    protocol = {p.name: p for p in task.protocols}[scored.protocol]
    run = run_for(evaluation.runs, protocol)
    topics = {topic.id: topic for topic in task.topics}
    hardest, easiest = hardest_and_easiest(scored, run, protocol.qrels, topics, _EXAMPLES)
    return shown | {
        "charts": charts_of(run, protocol),
        "queries": [("Hardest queries", hardest), ("Easiest queries", easiest)],
        "measure": scored.measures[0],
        "files": evaluation.files,
    }


def _facts(summary: Summary) -> Iterator[str]:
    """Yield what one must know to read the figures."""
    told = summary.circumstances
    counts, model = told["counts"], told["model"]
    yield f"{counts['queries']:,} queries"
    yield f"{counts['documents']:,} pictures"
    yield f"{model['name']} in {model['precision']}"
    if told.get("prompt"):
        yield f"prompt “{told['prompt']}”"
    yield f"{told['index']} index"
    yield str(told["date"])


def _notes(evaluation: Evaluation) -> Iterator[str]:
    """Yield what a reader of the figures has to know."""
    yield from (str(note) for note in evaluation.summary.circumstances.get("notes", ()))
    for one in evaluation.task.published:
        if one.remark:
            yield f"{one.source}: {one.remark}"
    for scored in evaluation.scored:
        if scored.without_relevant:
            yield scored.left_out


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _plain(value: Any) -> str:  # noqa: ANN401 - whatever a summary holds
    if isinstance(value, dict):
        return ", ".join(f"{name or 'all'} {_plain(inner)}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _thumbnails(max_megapixels: float) -> Callable[[Picture], str | None]:
    """Return what gives a small picture as a data URI, or None if it cannot be read; each once."""

    @cache
    def uri(picture: Picture) -> str | None:
        try:
            image = _read(picture, max_megapixels)
        except ImageUnreadableError:
            return None
        file = io.BytesIO()
        thumbnail(image, _LONGEST_PX).save(file, "JPEG", quality=_QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"

    return uri


def _read(picture: Picture, max_megapixels: float) -> Image.Image:
    if not isinstance(picture, Path):
        return opened(picture, max_megapixels)
    return decode(picture, shortest_px=_LONGEST_PX // 2, max_megapixels=max_megapixels).image
