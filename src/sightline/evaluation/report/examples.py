"""The hardest and the easiest queries of a result, with what was found for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.results import picture_name
from sightline.evaluation.scoring import Scored
from sightline.evaluation.tasks import Topic

RESULTS_SHOWN = 10
_MISSED_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """One result as it is shown: relevant with a grade above 0, junk with one below."""

    document: str
    score: float
    grade: int
    is_query: bool

    @property
    def kind(self) -> str:
        """What it is, as the style sheet has it."""
        kind = "right" if self.grade > 0 else "junk" if self.grade < 0 else "wrong"
        if self.is_query:
            return "own right" if kind == "right" else "own"
        return kind


@dataclass(frozen=True, slots=True)
class Missed:
    """A relevant document that is not among the first results.

    Its rank counts junk; it is None if the document is not among the results that were looked at.
    """

    document: str
    rank: int | None

    @property
    def place(self) -> str:
        """Where it is, in words."""
        return "not found" if self.rank is None else f"rank {self.rank:,}"


@dataclass(frozen=True, slots=True)
class Example:
    """One query with its first results.

    Attributes:
        topic: The query.
        value: What it scored.
        relevant: How many documents are relevant to it.
        answers: Junk and own picture in their places.
        missed: Some of the relevant documents behind them, the nearest first.
    """

    topic: Topic
    value: float
    relevant: int
    answers: tuple[Answer, ...]
    missed: tuple[Missed, ...]

    @property
    def asked(self) -> str:
        """The query in words."""
        texts = self.topic.texts
        words = f"“{texts[0]}”" if texts else picture_name(self.topic)
        return f"{words} and {len(texts) - 1} more sentences" if len(texts) > 1 else words


def hardest_and_easiest(
    scored: Scored, run: Run, qrels: Qrels, topics: dict[str, Topic], count: int
) -> tuple[list[Example], list[Example]]:
    """Return the queries that scored least and most by the first measure.

    Of equal ones, those with the lower (higher) sum over all measures come first, then those that
    more is relevant to: where much was to be found, failing and succeeding both say more.
    """
    first, all_values = scored.values[:, 0], scored.values.sum(axis=1)
    hardest = np.lexsort((-scored.relevant, all_values, first))
    easiest = np.lexsort((-scored.relevant, -all_values, -first))
    count = min(count, len(scored.queries) // 2)

    def examples(order: np.ndarray) -> list[Example]:
        rows = (int(row) for row in order[:count])
        return [_example(scored, row, run, qrels, topics) for row in rows]

    return examples(hardest), examples(easiest)


def _example(scored: Scored, row: int, run: Run, qrels: Qrels, topics: dict[str, Topic]) -> Example:
    query = scored.queries[row]
    grades = qrels.grades[query]
    topic = topics[query]
    found = run.found(query) if query in run.row_of else []
    answers = tuple(
        Answer(name, value, grades.get(name, 0), name == topic.own)
        for name, value in found[:RESULTS_SHOWN]
    )
    ranks = {name: rank for rank, (name, _) in enumerate(found, start=1)}
    missed = _missed(qrels.relevant(query), ranks)
    return Example(topic, float(scored.values[row, 0]), int(scored.relevant[row]), answers, missed)


def _missed(relevant: frozenset[str], ranks: dict[str, int]) -> tuple[Missed, ...]:
    behind = [name for name in sorted(relevant) if ranks.get(name, np.inf) > RESULTS_SHOWN]
    nearest = sorted(behind, key=lambda name: ranks.get(name, np.inf))
    return tuple(Missed(name, ranks.get(name)) for name in nearest[:_MISSED_SHOWN])
