"""How a picture tower is fed: how many pictures at once, in how many streams. Measured, and kept.

What is fastest depends on the model, its arithmetic, the cores and their caches, and cannot be
told from any of them. So before a long run a few paces are tried for a few seconds, and the best
is remembered for this machine.
"""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sightline.encoders.digests import Memo
from sightline.system.paths import cache_folder
from sightline.system.threads import cores

_BATCHES = (1, 2, 4, 8, 16, 32)
# Telling how fast a model is takes 16 pictures, which is a twentieth of this.
LEAST_PICTURES = 320
"""Before a run of fewer pictures nothing is measured."""

_LONG_RUN_S = 30.0
_SHARE_OF_RUN = 0.05
_MOST_S = 20.0
_CLEARLY_SLOWER = 1.03
_DUELS = 3
_WORTH_CHANGING = 0.95


@dataclass(frozen=True, slots=True)
class Pace:
    """How pictures go into a tower.

    Attributes:
        batch: Pictures in one inference.
        streams: Inferences at once, which share the threads. One stream gets a thread for each
            physical core; several get one for each logical core (OpenVINO's LATENCY and THROUGHPUT
            hints), so that trying both settles the threads, too, unless they are given.
    """

    batch: int = 8
    streams: int = 1


DEFAULT_PACE = Pace()
"""Good almost everywhere; what a short run uses."""

SecondsOf = Callable[[Pace], float]
"""Runs one round at a pace, and returns how many seconds a picture took."""


class PaceMemo:
    """The best pace of each tower on this machine, in the user's cache folder."""

    def __init__(self, digest: str, precision: str, threads: int) -> None:
        facts = (digest[:16], precision, threads, cores(), platform.machine(), _processor())
        self._key = " | ".join(map(str, facts))
        self._memo = Memo(cache_folder() / "paces.json")

    def recall(self) -> Pace | None:
        """Return what was found the last time."""
        kept = self._memo.get(self._key)
        if not isinstance(kept, list) or len(kept) != 2:
            return None
        if not all(isinstance(value, int) and 1 <= value <= 1024 for value in kept):
            return None
        return Pace(*kept)

    def keep(self, pace: Pace) -> None:
        """Remember the best pace."""
        self._memo.put(self._key, [pace.batch, pace.streams])


def budget_s(pictures: int, seconds_a_picture: float) -> float:
    """Return how long looking for a better pace may take before a run; 0 before a short one."""
    run_s = pictures * seconds_a_picture
    return min(_MOST_S, run_s * _SHARE_OF_RUN) if run_s >= _LONG_RUN_S else 0.0


def best_pace(seconds_of: SecondsOf, limit_s: float, streams: tuple[int, ...] = ()) -> Pace:
    """Return the quickest pace that was found within a time.

    Batches grow until a larger one is clearly slower, for one stream first and then for more. A
    busy neighbour makes any pace look good or bad, so what was found must then beat
    ``DEFAULT_PACE`` in turns, and by more than a twentieth.

    Args:
        seconds_of: Runs a round. Its first round with another number of streams may compile.
        limit_s: No round is begun after half of it, and no turn after all of it, but for one.
        streams: What to try; () for what suits the number of cores.
    """
    end = time.perf_counter() + limit_s
    until = end - limit_s / 2
    best, best_s = DEFAULT_PACE, float("inf")
    for count in streams or stream_choices():
        if time.perf_counter() >= until:
            break
        for pace, seconds in _growing(seconds_of, count, until):
            if seconds < best_s:
                best, best_s = pace, seconds
    return best if best == DEFAULT_PACE or _beats_default(seconds_of, best, end) else DEFAULT_PACE


def _beats_default(seconds_of: SecondsOf, pace: Pace, end: float) -> bool:
    shares: list[float] = []
    while len(shares) < _DUELS and (not shares or time.perf_counter() < end):
        usual_s = seconds_of(DEFAULT_PACE)
        if pace.streams != DEFAULT_PACE.streams:
            seconds_of(pace)  # compiles, or loads what was compiled
        shares.append(seconds_of(pace) / usual_s)
    return statistics.median(shares) < _WORTH_CHANGING


def _growing(seconds_of: SecondsOf, streams: int, until: float) -> Iterator[tuple[Pace, float]]:
    quickest = float("inf")
    for batch in _BATCHES:
        if time.perf_counter() >= until:
            return
        pace = Pace(batch, streams)
        seconds = min(seconds_of(pace), seconds_of(pace))
        yield pace, seconds
        if seconds > quickest * _CLEARLY_SLOWER:
            return
        quickest = min(quickest, seconds)


def stream_choices() -> tuple[int, ...]:
    """Return how many streams are worth trying on this machine: one, some, one for each core."""
    count = cores()
    return tuple(sorted({1, max(1, count // 4), max(1, count // 2), min(count, 16)}))


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.partition(":")[2].strip() for line in lines if line[:10] == "model name")
            return next(names, "")
    except OSError:
        return platform.processor()
