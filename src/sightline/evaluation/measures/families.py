"""The table of measures: their names, and what each of them is."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from sightline.errors import InvalidValueError
from sightline.evaluation.judging import Judged
from sightline.evaluation.measures import averages, gains, precision
from sightline.evaluation.measures.precision import Values

_NAME = re.compile(r"(?P<base>[A-Za-z-]+)(@(?P<k>[1-9]\d*))?(?P<variant>/[a-zA-Z]+)?")


@dataclass(frozen=True, slots=True)
class Family:
    """One way of measuring, for any k.

    Attributes:
        name: With "@k" where a k goes; in brackets where it may be left out.
        compute: Gives one value a query. Its docstring has the formula and its source.
        best: The value of a perfect ranking.
    """

    name: str
    compute: Callable[[Judged, int | None], Values]
    best: float = 1.0

    @property
    def key(self) -> str:
        """The name without any k."""
        return self.name.replace("[@k]", "").replace("@k", "")

    @property
    def takes_k(self) -> bool:
        """Whether a k may be given."""
        return "@k" in self.name

    @property
    def needs_k(self) -> bool:
        """Whether a k must be given."""
        return self.takes_k and "[@k]" not in self.name

    @property
    def explanation(self) -> str:
        """What it is, its formula, and its source."""
        return inspect.getdoc(self.compute) or ""


FAMILIES: tuple[Family, ...] = (
    Family("mAP[@k]", averages.average_precision),
    Family("mAP[@k]/R", averages.average_precision_by_relevant),
    Family("mAP[@k]/hits", averages.average_precision_by_hits),
    Family("mAP[@k]/trapezoid", averages.trapezoid_precision),
    Family("recall@k", precision.recall),
    Family("P[@k]", precision.precision),
    Family("mP@k/revisited", precision.revisited_precision),
    Family("Rprec", precision.r_precision),
    Family("success@k", precision.success),
    Family("MRR[@k]", precision.reciprocal_rank),
    Family("nDCG[@k]", gains.discounted_gain),
    Family("nDCG[@k]/exp", gains.exponential_gain),
    Family("N-S", precision.first_four, best=4.0),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure with its k, such as "mAP@10" or "mAP@10/hits"."""

    name: str
    family: Family
    k: int | None

    @classmethod
    def parse(cls, name: str) -> Measure:
        """Return the measure of a name.

        Raises:
            InvalidValueError: there is none, or it lacks its k, or takes none.
        """
        matched = _NAME.fullmatch(name)
        family = _by_key(matched["base"] + (matched["variant"] or "")) if matched else None
        k = int(matched["k"]) if matched and matched["k"] else None
        wrong_k = family is not None and (family.needs_k if k is None else not family.takes_k)
        if family is None or wrong_k:
            known = ", ".join(family.name for family in FAMILIES)
            raise InvalidValueError("a measure", name, f"one of {known}")
        return cls(name, family, k)

    def __call__(self, judged: Judged) -> Values:
        """Return one value a query, shape (q,), float64."""
        return self.family.compute(judged, self.k)


def _by_key(key: str) -> Family | None:
    return next((family for family in FAMILIES if family.key == key), None)
