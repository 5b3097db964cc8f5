"""What an evaluation asks: documents, topics (queries), and the protocols that judge the answers.

A reader of a data set makes a ``Task``; a runner turns it into a ``Run``. Everything here is plain
data, so that a protocol can be tested without a picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from sightline.evaluation.qrels import Qrels


class QueryMode(StrEnum):
    """What a query is made of."""

    IMAGE = "image"
    TEXT = "text"
    BOTH = "both"


class Submission(StrEnum):
    """The form of the file that a server wants whose test labels are not public."""

    CIRCO = "circo"
    CIRR = "cirr"


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture file, in pixels of the upright picture.

    Attributes:
        source: The file.
        box: Left, top, right, bottom.
        name: Tells it from every other crop of its data set; a file name without ending.
        squared: Whether black bars make it square.
    """

    source: Path
    box: tuple[float, float, float, float]
    name: str
    squared: bool = False


@dataclass(frozen=True, slots=True)
class Altered:
    """A picture file after a change of ``run.pictures``, to see whether the original is found."""

    source: Path
    by: str

    @property
    def name(self) -> str:
        """What tells it from others, for people."""
        return f"{self.source.name}, {self.by}"


Picture: TypeAlias = Path | Crop | Altered


@dataclass(frozen=True, slots=True)
class Topic:
    """One query, in TREC's word.

    Attributes:
        id: Of the query.
        texts: Words; several are an ensemble, whose vectors are averaged.
        image: A picture, or a part of one.
        own: The document that the picture is, if it is in the gallery too.
        cluster: Queries of one cluster share their words, so they are not independent.
    """

    id: str
    texts: tuple[str, ...] = ()
    image: Picture | None = None
    own: str | None = None
    cluster: str | None = None

    @property
    def mode(self) -> QueryMode:
        """What it is made of."""
        if self.image is None:
            return QueryMode.TEXT
        return QueryMode.BOTH if self.texts else QueryMode.IMAGE


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way to judge a task's answers.

    Attributes:
        name: Such as "query left out" or "hard"; "" if the task has one only.
        qrels: The judgements.
        measures: Names of measures, the one to quote first.
        candidates: For protocols in which a query ranks a gallery of its own: the documents, by
            query. Without it every query ranks all documents.
        groups: Queries by the name of a group that is reported beside the whole, or in its stead.
        macro: Whether the figure of the whole is the mean over groups, and not over queries.
    """

    name: str
    qrels: Qrels
    measures: tuple[str, ...]
    candidates: Mapping[str, tuple[str, ...]] | None = None
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    macro: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """A row in percent that others printed, by the names of its measures, and what is unknown."""

    source: str
    values: Mapping[str, float]
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """All that one evaluation needs.

    Attributes:
        name: Of the data set.
        variant: What was chosen where there is a choice, such as "by image, crop".
        documents: What can be found, by id.
        topics: The queries.
        protocols: How the answers are judged; the first is the one to quote. Without any there
            are no public labels, and only a file for a server is made.
        depth: How many results a query needs at least, junk not counted; None for all.
        prompt: What texts are put into, with ``{query}`` where they go; the model's own if None.
        seed: Of what was drawn at random.
        published: What others printed.
        notes: What a reader of the figures has to know.
        submission: The file that a server wants.
    """

    name: str
    variant: str
    documents: Mapping[str, Picture]
    topics: tuple[Topic, ...]
    protocols: tuple[Protocol, ...]
    depth: int | None
    prompt: str | None = None
    seed: int | None = None
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()
    submission: Submission | None = None


def own_of(topics: Iterable[Topic]) -> dict[str, str]:
    """Return the document that each topic's picture is, where it is one, by topic."""
    return {topic.id: topic.own for topic in topics if topic.own is not None}


CUTOFFS = (5, 10, 20, 50)
"""The ranks at which the published system reports its mAP."""


MEAN_AVERAGE_PRECISIONS = tuple(f"mAP@{k}{by}" for by in ("", "/R", "/hits") for k in CUTOFFS)
"""The names of mAP@k in each of its variants, ours first."""


def own_picture_protocols(
    qrels: Qrels, topics: Iterable[Topic], measures: tuple[str, ...]
) -> tuple[Protocol, ...]:
    """Return two protocols where queries are pictures of the gallery: counted, and left out.

    A published figure often does not say which it was, and they differ by many points.
    """
    own = own_of(topics)
    if not own:
        return (Protocol("", qrels, measures),)
    return (
        Protocol("query counted", qrels.counted(own), measures),
        Protocol("query left out", qrels.left_out(own), measures),
    )


def composed_topic(
    id: str, mode: QueryMode, reference: Picture, own: str | None, words: str
) -> Topic:
    """Return a composed query, or its picture or words alone: the baselines that it must beat."""
    return Topic(
        id,
        texts=() if mode is QueryMode.IMAGE else (words,),
        image=None if mode is QueryMode.TEXT else reference,
        own=own,
    )
