"""Tasks in which what is of the query's class is relevant; words for ImageNet's classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    CUTOFFS,
    Protocol,
    Published,
    QueryMode,
    Task,
    Topic,
    mean_average_precisions,
    own_picture_protocols,
)

_MEASURES = (*mean_average_precisions(), "P@10", "recall@50", "MRR", "success@1")


@dataclass(frozen=True, slots=True)
class ClassTask:
    """What a task by classes is made of.

    Attributes:
        name: Of the data set.
        documents: Picture files by id.
        class_of: The class of each document.
        queries: The documents whose picture, or whose class's name, is a query.
        mode: By picture, or by the name of its class.
        texts: The words for each class; only needed by text.
    """

    name: str
    documents: Mapping[str, Path]
    class_of: Mapping[str, str]
    queries: Sequence[str]
    mode: QueryMode
    texts: Mapping[str, tuple[str, ...]]


def class_task(
    told: ClassTask,
    *,
    variant: str,
    prompt: str | None = None,
    seed: int | None = None,
    published: tuple[Published, ...] = (),
) -> Task:
    """Return the task. By picture there are two protocols: the query counts as a hit, or is out."""
    members: dict[str, list[str]] = defaultdict(list)
    for document, label in told.class_of.items():
        members[label].append(document)
    relevant = {query: members[told.class_of[query]] for query in told.queries}
    by_image = told.mode is QueryMode.IMAGE
    return Task(
        told.name,
        variant,
        told.documents,
        tuple(_topic(told, query) for query in told.queries),
        _protocols(relevant, by_image=by_image),
        depth=max(CUTOFFS),
        prompt=None if by_image else prompt,
        seed=seed,
        published=published,
        notes=_notes(told),
    )


def _topic(told: ClassTask, query: str) -> Topic:
    if told.mode is QueryMode.IMAGE:
        return Topic(query, image=told.documents[query], own=query)
    label = told.class_of[query]
    return Topic(query, texts=told.texts[label], cluster=label)


def _protocols(relevant: Mapping[str, Sequence[str]], *, by_image: bool) -> tuple[Protocol, ...]:
    own = {query: query for query in relevant} if by_image else {}
    return own_picture_protocols(Qrels.of(relevant), own, _MEASURES)


def _notes(told: ClassTask) -> tuple[str, ...]:
    if told.mode is QueryMode.IMAGE:
        return ()
    count = len({told.class_of[query] for query in told.queries})
    return (
        f"the {len(told.queries):,} queries have the names of {count:,} classes as their words; "
        "queries of one class are equal, so intervals are over classes",
    )


# Words


@dataclass(frozen=True, slots=True)
class ImageNetClass:
    """One of the 1,000 classes.

    Attributes:
        wnid: Its WordNet id, such as "n01440764".
        clip: The name that CLIP's authors chose; two pairs of classes share one.
        lemma: WordNet's first lemma, which more pairs share ("crane" is a bird and a machine).
    """

    wnid: str
    clip: str
    lemma: str

    def name(self, names: str) -> str:
        """Return its name of one kind: "clip" or "wordnet"."""
        return self.clip if names == "clip" else self.lemma


def imagenet_classes() -> dict[str, ImageNetClass]:
    """Return the 1,000 classes by WordNet id, in their usual order."""
    rows = [line.split("\t") for line in _text("classes.tsv").splitlines()]
    return {wnid: ImageNetClass(wnid, clip, lemma) for wnid, clip, lemma in rows}


def templates(count: int) -> tuple[str, ...]:
    """Return 7 or 80 of CLIP's sentences, with ``{query}`` where a name goes; none for 0."""
    return tuple(_text(f"templates-{count}.txt").splitlines()) if count else ()


def put_into(name: str, sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Return a name in each of the sentences, or alone if there are none."""
    return tuple(sentence.replace("{query}", name) for sentence in sentences) or (name,)


def _text(file: str) -> str:
    return (
        files("sightline.evaluation.datasets")
        .joinpath("imagenet", file)
        .read_text(encoding="utf-8")
    )
