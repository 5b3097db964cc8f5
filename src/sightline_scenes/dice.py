"""Random choices that come out the same on every machine and Python version."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """A seeded source of choices, built on ``random.Random.random`` alone.

    Python promises that ``random()`` gives the same numbers for a seed for ever, and promises it
    of no other method; so everything here is derived from it.
    """

    def __init__(self, *seed: object) -> None:
        self._random = random.Random(":".join(str(part) for part in seed))

    def unit(self) -> float:
        """Return a number in [0, 1)."""
        return self._random.random()

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + (high - low) * self._random.random()

    def around(self, middle: float, spread: float) -> float:
        """Return a number within ``spread`` of ``middle``, more often near it."""
        return middle + spread * (self._random.random() + self._random.random() - 1.0)

    def chance(self, probability: float) -> bool:
        """Return True with a probability in [0, 1]."""
        return self._random.random() < probability

    def below(self, count: int) -> int:
        """Return a whole number from 0 to count - 1."""
        return int(self._random.random() * count)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of the choices, all alike."""
        return choices[self.below(len(choices))]

    def weighted(self, choices: Mapping[T, float]) -> T:
        """Return one of the keys, with a probability in proportion to its value."""
        mark = self._random.random() * sum(choices.values())
        for choice, weight in choices.items():
            mark -= weight
            if mark < 0:
                return choice
        return list(choices)[-1]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order

    def sample(self, items: Sequence[T], count: int) -> list[T]:
        """Return ``count`` different items in random order."""
        return self.shuffled(items)[:count]
