"""Results on disk: ``summary.json`` with the figures, ``per_query.jsonl`` with every value.

Both are read back, so that results can be compared and guarded long after the run. Writing raises
as ``write_file`` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightline.errors import AnnotationsUnreadableError
from sightline.evaluation.files import read_text, write_file
from sightline.evaluation.intervals import Interval
from sightline.evaluation.scoring import PLACES, Figure, Scored
from sightline.evaluation.tasks import Topic

FORMAT = 1
SUMMARY, PER_QUERY, RUN, QRELS, QUERIES = (
    "summary.json",
    "per_query.jsonl",
    "run.trec",
    "qrels.txt",
    "queries.txt",
)


@dataclass(frozen=True, slots=True)
class Summary:
    """What one evaluation found, and all that one must know to trust or repeat it.

    Attributes:
        task: The data set.
        variant: What was chosen about it.
        figures: By protocol, the one to quote first.
        circumstances: Model, prompt, index, seed, counts, versions, machine, date; plain data.
    """

    task: str
    variant: str
    figures: Mapping[str, tuple[Figure, ...]]
    circumstances: Mapping[str, Any] = field(default_factory=dict)

    def figure(self, measure: str, protocol: str | None = None, group: str = "") -> Figure | None:
        """Return the figure of a measure: of a protocol, or of the first that has it."""
        for name, figures in self.figures.items():
            if protocol in (None, name):
                for figure in figures:
                    if (figure.measure, figure.group) == (measure, group):
                        return figure
        return None


def write_summary(folder: Path, summary: Summary) -> Path:
    """Write ``summary.json`` and return its path."""
    content = {
        "format": FORMAT,
        "task": summary.task,
        "variant": summary.variant,
        **summary.circumstances,
        "protocols": [
            {"name": name, "figures": [_told(figure) for figure in figures]}
            for name, figures in summary.figures.items()
        ],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return write_file(folder / SUMMARY, text.encode("utf-8", "backslashreplace"))


def read_summary(path: Path) -> Summary:
    """Return a summary by its path, or by that of its folder.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: it is not a summary of this version.
    """
    file = path / SUMMARY if path.is_dir() else path
    content = read_text(file)
    try:
        fields = dict(json.loads(content))
        if fields.pop("format") != FORMAT:
            raise AnnotationsUnreadableError(file, f"its format is not {FORMAT}")
        figures = {
            str(protocol["name"]): tuple(_figure(item) for item in protocol["figures"])
            for protocol in fields.pop("protocols")
        }
        return Summary(str(fields.pop("task")), str(fields.pop("variant")), figures, fields)
    except (ValueError, KeyError, TypeError) as error:
        raise AnnotationsUnreadableError(file, "it is not a summary of `sightline eval`") from error


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What one query, of words or a picture's file or both, scored by measure under a protocol."""

    query: str
    protocol: str
    values: Mapping[str, float]
    text: str = ""
    picture: str = ""


def write_per_query(folder: Path, scored: Sequence[Scored], topics: Sequence[Topic]) -> Path:
    """Write ``per_query.jsonl`` and return its path."""
    asked = {topic.id: topic for topic in topics}
    lines = [
        json.dumps(_query_object(one, row, asked.get(one.queries[row])), ensure_ascii=False)
        for one in scored
        for row in range(len(one.queries))
    ]
    text = "".join(f"{line}\n" for line in lines)
    return write_file(folder / PER_QUERY, text.encode("utf-8", "backslashreplace"))


def read_per_query(path: Path) -> list[QueryResult]:
    """Return the values of every query, by the file's path or by that of its folder.

    Raises:
        NotReadableError: it cannot be read.
        AnnotationsUnreadableError: a line is not one of ``write_per_query``.
    """
    file = path / PER_QUERY if path.is_dir() else path.with_name(PER_QUERY)
    results = []
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        try:
            fields = json.loads(line)
            values = {str(name): float(value) for name, value in fields["values"].items()}
            results.append(
                QueryResult(
                    str(fields["query"]),
                    str(fields["protocol"]),
                    values,
                    str(fields.get("text", "")),
                    str(fields.get("picture", "")),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AnnotationsUnreadableError(file, f"line {number} is not a result") from error
    return results


def _query_object(scored: Scored, row: int, topic: Topic | None) -> dict[str, object]:
    values = zip(scored.measures, scored.values[row].tolist(), strict=True)
    fields: dict[str, object] = {"query": scored.queries[row], "protocol": scored.protocol}
    if topic is not None and topic.texts:
        fields["text"] = topic.texts[0]
    if topic is not None and topic.image is not None:
        fields["picture"] = picture_name(topic)
    fields["relevant"] = int(scored.relevant[row])
    fields["values"] = {name: round(value, PLACES) for name, value in values}
    return fields


def picture_name(topic: Topic) -> str:
    """Return what names a topic's picture: the document that it is, or its file."""
    return topic.own or ("" if topic.image is None else topic.image.name)


def _told(figure: Figure) -> dict[str, object]:
    group = {"group": figure.group} if figure.group else {}
    return {"measure": figure.measure, **group, **figure.rounded()}


def _figure(fields: Mapping[str, Any]) -> Figure:
    interval = Interval(float(fields["value"]), float(fields["low"]), float(fields["high"]))
    group = str(fields.get("group", ""))
    return Figure(str(fields["measure"]), interval, int(fields["queries"]), group)
