"""One's own judgements in TREC's form, with a table of queries."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import AnnotationsUnreadableError, InvalidValueError
from sightline.evaluation.datasets.bringing import Brought, read_lines
from sightline.evaluation.tasks import (
    CUTOFFS,
    Task,
    Topic,
    mean_average_precisions,
    own_picture_protocols,
)
from sightline.evaluation.trec import read_qrels
from sightline.system.paths import absolute

_MEASURES = (*mean_average_precisions(), "nDCG@10", "P@10", "MRR")


def read(brought: Brought) -> Task:
    """Return the task."""
    choices, root = brought.choices, brought.root
    if choices.qrels is None or choices.topics is None:
        raise InvalidValueError("--qrels and --topics", None, "named, both of them")
    documents = {path.relative_to(root).as_posix(): path for path in brought.pictures()}
    topics = _topics(absolute(choices.topics), documents)
    qrels = read_qrels(absolute(choices.qrels))
    stranger = next((query for query in qrels.queries if query not in topics), None)
    if stranger is not None:
        raise AnnotationsUnreadableError(choices.topics, f"it has no query {stranger!r}")
    own = {topic.id: topic.own for topic in topics.values() if topic.own is not None}
    return Task(
        brought.card.name,
        f"{choices.qrels.name} over {root.name}",
        documents,
        tuple(topics.values()),
        own_picture_protocols(qrels, own, _MEASURES),
        depth=max(CUTOFFS),
    )


def _topics(file: Path, documents: dict[str, Path]) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for number, line in enumerate(read_lines(file), start=1):
        id, tab, asked = line.partition("\t")
        if not tab or not asked.strip():
            raise AnnotationsUnreadableError(file, f"line {number} has no tab and words after it")
        if id in topics:
            raise AnnotationsUnreadableError(file, f"line {number}: query {id} was there before")
        words, more, picture = asked.partition("\t")
        topics[id] = _topic(file, id, words.strip(), picture.strip() if more else "", documents)
    return topics


def _topic(file: Path, id: str, words: str, picture: str, documents: dict[str, Path]) -> Topic:
    """Words that are a picture's name stand for the picture; a third field is one beside words."""
    if picture and picture not in documents:
        raise AnnotationsUnreadableError(file, f"query {id} names {picture}, which is no picture")
    if not picture and words in documents:
        return Topic(id, image=documents[words], own=words)
    if picture:
        return Topic(id, texts=(words,), image=documents[picture], own=picture)
    return Topic(id, texts=(words,))
