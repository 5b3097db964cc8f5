"""One's own judgements in TREC's form, with a table of queries."""

from __future__ import annotations

from pathlib import Path

from sightline.errors import AnnotationsUnreadableError, InvalidValueError
from sightline.evaluation.datasets.bringing import Brought
from sightline.evaluation.tasks import (
    CUTOFFS,
    MEAN_AVERAGE_PRECISIONS,
    Task,
    Topic,
    own_picture_protocols,
)
from sightline.evaluation.trec import read_qrels, read_topics
from sightline.system.paths import absolute

_MEASURES = (*MEAN_AVERAGE_PRECISIONS, "nDCG@10", "P@10", "MRR")


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
    return Task(
        brought.card.name,
        f"{choices.qrels.name} over {root.name}",
        documents,
        tuple(topics.values()),
        own_picture_protocols(qrels, topics.values(), _MEASURES),
        depth=max(CUTOFFS),
    )


def _topics(file: Path, documents: dict[str, Path]) -> dict[str, Topic]:
    topics: dict[str, Topic] = {}
    for number, id, words, picture in read_topics(file):
        if id in topics:
            raise AnnotationsUnreadableError(file, f"line {number}: query {id} was there before")
        if picture and picture not in documents:
            problem = f"query {id} names {picture}, which is no picture"
            raise AnnotationsUnreadableError(file, problem)
        # Words that are a picture's name stand for the picture.
        is_picture = not picture and words in documents
        own = words if is_picture else picture or None
        image = None if own is None else documents[own]
        topics[id] = Topic(id, texts=() if is_picture else (words,), image=image, own=own)
    return topics
