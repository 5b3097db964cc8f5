"""The drawn scenes, of which everything is known: by words, by picture, and by both.

- By words: a caption of medium length, written for a scene that was drawn by lot; every scene of
  which all that it says is true is relevant.
- By picture: a scene with the same kinds of subjects in the same setting is relevant, and of grade
  2 if their colours, the time and the weather are the same too.
- By both: a scene and an instruction, with all scenes that fulfil it; the scene itself is junk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from sightline.evaluation.datasets.bringing import Brought, drawn, missing
from sightline.evaluation.datasets.cards import Choices
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.tasks import (
    MEAN_AVERAGE_PRECISIONS,
    Protocol,
    QueryMode,
    Task,
    Topic,
    own_of,
)
from sightline_scenes import Collection, Detail, Dice, Scene, caption, read_collection

_MEASURES = (
    *MEAN_AVERAGE_PRECISIONS,
    "nDCG@10",
    "P@10",
    "recall@10",
    "MRR",
    "success@1",
    "success@10",
)
_Asked = tuple[tuple[Topic, ...], Qrels]


def read(brought: Brought) -> Task:
    """Return the task of a collection that ``sightline scenes`` drew."""
    mode, root, choices = brought.mode, brought.root, brought.choices
    if not (root / "edits.jsonl").is_file():
        raise missing(brought.card, f"scenes.jsonl and edits.jsonl in {root}")
    collection = read_collection(root)
    asked: dict[QueryMode, Callable[[Collection, Choices], _Asked]] = {
        QueryMode.TEXT: _by_words,
        QueryMode.IMAGE: _by_picture,
        QueryMode.BOTH: _by_both,
    }
    topics, qrels = asked[mode](collection, choices)
    return Task(
        brought.card.name,
        f"{len(collection.pictures):,} scenes, by {mode}",
        {picture.file: root / picture.file for picture in collection.pictures},
        topics,
        (Protocol("", qrels, _MEASURES),),
        depth=50,
        seed=choices.seed,
        notes=_NOTES[mode],
    )


_NOTES = {
    QueryMode.TEXT: ("every scene of which the words are true is relevant",),
    QueryMode.IMAGE: (
        "the same kinds of subjects in the same setting are relevant; the query is left out",
    ),
    QueryMode.BOTH: ("what fulfils the instruction is relevant; the reference is left out",),
}


def _by_words(collection: Collection, choices: Choices) -> _Asked:
    topics, relevant = [], {}
    for number in _some(collection, choices):
        told = caption(
            collection.pictures[number].scene,
            Dice("evaluation", choices.seed, number),
            Detail.SHORT,
        )
        topics.append(Topic(str(number), texts=(told.text,)))
        files = [collection.pictures[i].file for i in collection.relevant(told.claims)]
        relevant[str(number)] = files
    return tuple(topics), Qrels.of(relevant)


def _by_picture(collection: Collection, choices: Choices) -> _Asked:
    alike, same = _sorted_by(collection, _kinds), _sorted_by(collection, _outline)
    topics, grades = [], {}
    for number in _some(collection, choices):
        picture = collection.pictures[number]
        others = {file: 1 for file in alike[_kinds(picture.scene)] if file != picture.file}
        twins = (file for file in same[_outline(picture.scene)] if file != picture.file)
        grades[str(number)] = others | dict.fromkeys(twins, 2)
        topics.append(Topic(str(number), image=collection.path(number), own=picture.file))
    return tuple(topics), Qrels(grades).left_out(own_of(topics))


def _by_both(collection: Collection, choices: Choices) -> _Asked:
    names = {f"{number}": case for number, case in enumerate(collection.edits)}
    topics, relevant = [], {}
    for name in sorted(drawn(names, choices.queries, choices.seed), key=int):
        case = names[name]
        reference = collection.pictures[case.reference].file
        topics.append(
            Topic(name, (case.instruction,), collection.path(case.reference), own=reference)
        )
        relevant[name] = [collection.pictures[i].file for i in case.fulfilled]
    return tuple(topics), Qrels.of(relevant).left_out(own_of(topics))


def _some(collection: Collection, choices: Choices) -> list[int]:
    names = [str(number) for number in range(len(collection.pictures))]
    return sorted(int(name) for name in drawn(names, choices.queries, choices.seed))


def _sorted_by(collection: Collection, key: Callable[[Scene], object]) -> dict[object, list[str]]:
    shelves: dict[object, list[str]] = defaultdict(list)
    for picture in collection.pictures:
        shelves[key(picture.scene)].append(picture.file)
    return shelves


def _kinds(scene: Scene) -> object:
    return scene.setting, tuple(sorted(subject.kind for subject in scene.subjects))


def _outline(scene: Scene) -> object:
    subjects = sorted((subject.kind, subject.colour) for subject in scene.subjects)
    return scene.setting, scene.time, scene.weather, tuple(subjects)
