"""Random rankings with everything that goes wrong in real ones, and their plain form."""

from dataclasses import dataclass

import numpy as np

from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run


@dataclass(frozen=True)
class Case:
    """One query as a person would write it down.

    Attributes:
        scores: By document; what the system gave, ties and all.
        grades: By document; what the judges said, junk and unfound documents included.
    """

    scores: dict[str, float]
    grades: dict[str, int]

    @property
    def order(self) -> list[str]:
        """The ranking: best score first, equal scores by name."""
        return sorted(self.scores, key=lambda doc: (-self.scores[doc], doc))

    @property
    def listed(self) -> list[int]:
        """The grades in that order, without junk."""
        grades = [self.grades.get(doc, 0) for doc in self.order]
        return [grade for grade in grades if grade >= 0]

    @property
    def relevant(self) -> int:
        return sum(grade > 0 for grade in self.grades.values())


def random_cases(count: int, seed: int) -> list[Case]:
    """Return cases of 0 to 12 results: ties, junk, grades to 3, nothing relevant, nothing found."""
    random = np.random.default_rng(seed)
    return [_case(random) for _ in range(count)]


def _case(random: np.random.Generator) -> Case:
    universe = [f"d{i:02}" for i in range(int(random.integers(1, 16)))]
    shuffled = [str(doc) for doc in random.permutation(universe)]
    found = shuffled[: int(random.integers(0, min(12, len(universe)) + 1))]
    # Few different scores, so that there are ties; none of them has a short decimal form.
    levels = random.standard_normal(int(random.integers(1, 6)))
    scores = {doc: float(random.choice(levels)) for doc in found}
    chances = random.dirichlet([1, 1, 0.6, 0.3, 0.3])
    judged = [doc for doc in universe if random.random() < 0.8]
    grades = {doc: int(random.choice([0, 1, 2, 3, -1], p=chances)) for doc in judged}
    return Case(scores, grades)


def as_run_and_qrels(cases: list[Case]) -> tuple[Run, Qrels]:
    """Return the same as the code under test takes it."""
    names = [f"q{i}" for i in range(len(cases))]
    run = Run.of({name: list(case.scores.items()) for name, case in zip(names, cases, strict=True)})
    return run, Qrels({name: case.grades for name, case in zip(names, cases, strict=True)})
