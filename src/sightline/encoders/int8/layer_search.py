"""Which layers have to stay floats for an int8 model to find what its float original finds.

The errors of single layers nearly add up (measured: their sum is 1.0 to 1.3 times the error of all
together), so that the worst can be found by halving: the error of a group of layers is that of a
graph in which only this group is int8. What takes out most error for the least arithmetic goes back
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sightline.encoders.int8.layers import Int8Layer

_MOST_FLOAT = 0.5  # of all multiplications; beyond that int8 is not worth its name
_CHEAP = 1e-3  # of all multiplications: what costs less is taken to cost this much


@dataclass(frozen=True, slots=True)
class LayerGroup:
    """Neighbouring layers that were measured together.

    Attributes:
        layers: In the order in which they run.
        error: 1 - the mean cosine to the float vectors when only these layers are int8.
    """

    layers: tuple[Int8Layer, ...]
    error: float

    @property
    def multiplications(self) -> int:
        """For one picture."""
        return sum(layer.multiplications for layer in self.layers)


def ranked(
    layers: Sequence[Int8Layer],
    error_of: Callable[[Sequence[Int8Layer]], float],
    trials: int,
) -> tuple[LayerGroup, ...]:
    """Return all layers in groups, the one whose way back to floats pays most first.

    Args:
        layers: In the order in which they run.
        error_of: Gives ``LayerGroup.error``; asked at most ``trials`` times.
        trials: How many graphs may be tried.
    """
    groups = [LayerGroup(tuple(layers), 1.0)]
    while trials >= 2:
        splittable = [group for group in groups if len(group.layers) > 1]
        if not splittable:
            break
        worst = max(splittable, key=lambda group: group.error)
        groups.remove(worst)
        middle = len(worst.layers) // 2
        for half in (worst.layers[:middle], worst.layers[middle:]):
            groups.append(LayerGroup(half, error_of(half)))
        trials -= 2
    cheap = max(1.0, _CHEAP * sum(layer.multiplications for layer in layers))
    groups.sort(key=lambda group: group.error / (group.multiplications + cheap), reverse=True)
    return tuple(groups)


def fewest_floats(
    groups: Sequence[LayerGroup], is_good: Callable[[Sequence[Int8Layer]], bool]
) -> tuple[Int8Layer, ...] | None:
    """Return the layers to keep in floats, or None if even half of the arithmetic is too little.

    Args:
        groups: From ``ranked``.
        is_good: Whether a graph with these layers in floats is good enough; asked for a few, by
            bisection, as more layers in floats are taken to be never worse.
    """
    allowed = _MOST_FLOAT * sum(group.multiplications for group in groups)
    most = 0
    while most < len(groups) and _cost(groups[: most + 1]) <= allowed:
        most += 1
    if not most or not is_good(_layers(groups[:most])):
        return None
    low, high = 0, most  # groups[:low] is too few, groups[:high] is enough
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_good(_layers(groups[:middle])) else (middle, high)
    return _layers(groups[:high])


def _cost(groups: Iterable[LayerGroup]) -> int:
    return sum(group.multiplications for group in groups)


def _layers(groups: Iterable[LayerGroup]) -> tuple[Int8Layer, ...]:
    return tuple(layer for group in groups for layer in group.layers)
