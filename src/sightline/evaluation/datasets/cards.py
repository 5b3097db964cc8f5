"""What data sets there are: what each is, what it needs, and which choices it has.

``datasets.toml`` says it. Light to import, so that the command line can show it; a reader is loaded
when it is used.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sightline.evaluation.tasks import Task


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. A reader looks at what its data set has, and passes by the rest.

    Attributes:
        by: "image", "text" or "both".
        queries: How many queries are drawn where there are more.
        seed: Of what is drawn.
        query_list: A file with the names of the pictures to query with, instead of drawing.
        names: Where class names are from: "clip" or "wordnet".
        templates: How many of CLIP's sentences a class name is put into: 7 or 80; 0: the prompt.
        whole: Query with whole pictures in place of the boxes in them.
        distractors: A folder of pictures that are relevant to nothing.
        split: "val" or "test".
        part: A category or a task; "" for all of them.
        pool: "split" or "queries": which pictures a FashionIQ query ranks.
        qrels: A file of TREC judgements.
        topics: A table of queries.
        count: How many scenes are drawn.
    """

    by: str = "image"
    queries: int = 5000
    seed: int = 1
    query_list: Path | None = None
    names: str = "clip"
    templates: int = 0
    whole: bool = False
    distractors: Path | None = None
    split: str = "val"
    part: str = ""
    pool: str = "split"
    qrels: Path | None = None
    topics: Path | None = None
    count: int = 2000


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """One data set.

    Attributes:
        name: As the command line takes it.
        title: In a few words.
        needs: What to bring, from whom, under which terms, and how it has to lie.
        reader: Module of this folder, and its function that makes a task of what was brought.
        choices: Which of ``Choices`` it has, besides ``by``.
        modes: The ways to query, the default first.
        parts: The values of ``--part``.
        left_out: Pictures, without ending, that its authors leave out of the gallery.
        published: What the 2024 report printed, in percent, by mode and measure.
        remark: What that report does not say.
    """

    name: str
    title: str
    needs: str
    reader: str
    choices: tuple[str, ...] = ()
    modes: tuple[str, ...] = ("image",)
    parts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    remark: str = ""

    def read(self, data: Path, choices: Choices) -> Task:
        """Return the task of a data set that lies in a folder.

        Raises:
            DatasetIncompleteError: a file is missing; the message says how to get it.
            AnnotationsUnreadableError: a file is not as its authors publish it.
            InvalidValueError: a choice makes no sense here.
        """
        from sightline.evaluation.datasets.bringing import Brought

        module, function = self.reader.split(".")
        read = getattr(import_module(f"sightline.evaluation.datasets.{module}"), function)
        task: Task = read(Brought.of(self, data, choices))
        return task


def _card(name: str, told: Mapping[str, Any]) -> DatasetCard:
    lists = {key: tuple(value) for key, value in told.items() if isinstance(value, list)}
    return DatasetCard(name, **{**told, **lists})


_TABLE = Path(__file__).with_name("datasets.toml").read_text(encoding="utf-8")
DATASETS = tuple(_card(name, told) for name, told in tomllib.loads(_TABLE).items())
