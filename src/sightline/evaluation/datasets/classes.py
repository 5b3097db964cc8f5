"""Tasks in which what is of the query's class is relevant; words for ImageNet's classes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.bringing import Brought, drawn
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    CUTOFFS,
    MEAN_AVERAGE_PRECISIONS,
    Published,
    QueryMode,
    Task,
    Topic,
    own_picture_protocols,
)

_MEASURES = (*MEAN_AVERAGE_PRECISIONS, "P@10", "recall@50", "MRR", "success@1")


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
    topics = tuple(_topic(told, query) for query in told.queries)
    return Task(
        told.name,
        variant,
        told.documents,
        topics,
        own_picture_protocols(Qrels.of(relevant), topics, _MEASURES),
        depth=max(CUTOFFS),
        prompt=None if told.mode is QueryMode.IMAGE else prompt,
        seed=seed,
        published=published,
        notes=_notes(told),
    )


def _topic(told: ClassTask, query: str) -> Topic:
    if told.mode is QueryMode.IMAGE:
        return Topic(query, image=told.documents[query], own=query)
    label = told.class_of[query]
    return Topic(query, texts=told.texts[label], cluster=label)


def _notes(told: ClassTask) -> tuple[str, ...]:
    if told.mode is QueryMode.IMAGE:
        return ()
    count = len({told.class_of[query] for query in told.queries})
    return (
        f"the {len(told.queries):,} queries have the names of {count:,} classes as their words; "
        "queries of one class are equal, so intervals are over classes",
    )


# Folders of pictures, one for each class


def read_folders(brought: Brought) -> Task:
    """Return the task of folders of pictures, one for each class.

    By picture, up to ``choices.queries`` pictures are drawn. By text, each class is one query.
    """
    mode, root, choices = brought.mode, brought.root, brought.choices
    inside = [path for path in brought.pictures() if path.parent != root]
    documents = {path.relative_to(root).as_posix(): path for path in inside}
    class_of = {name: Path(name).parent.as_posix() for name in documents}
    labels = set(class_of.values())
    if len(labels) < 2:
        allowed = "a folder with at least two folders of pictures"
        raise InvalidValueError("--data", str(root), allowed)
    sentences = templates(choices.templates)
    texts = {label: put_into(label_text(label), sentences) for label in labels}
    by_name = mode is QueryMode.TEXT and choices.query_list is None
    chosen = _one_of_each(class_of) if by_name else brought.queried(sorted(documents))
    return class_task(
        ClassTask(brought.card.name, documents, class_of, chosen, mode, texts),
        variant=f"{root.name}, by {mode}",
        prompt="{query}" if sentences else None,
        seed=None if by_name or choices.query_list else choices.seed,
    )


def label_text(label: str) -> str:
    """Return words for a folder's name: its last part, with spaces for - and _."""
    return label.rpartition("/")[2].replace("_", " ").replace("-", " ").strip()


def _one_of_each(class_of: dict[str, str]) -> list[str]:
    """Return the first picture of each class, whose class's name is the query."""
    first: dict[str, str] = {}
    for name in sorted(class_of):
        first.setdefault(class_of[name], name)
    return drawn(first.values(), len(first), seed=0)


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
