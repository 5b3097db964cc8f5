"""Measures: pure functions from judged rankings to one value a query."""

from sightline.evaluation.measures.families import FAMILIES, Family, Measure
from sightline.evaluation.measures.precision import Values

__all__ = ["FAMILIES", "Family", "Measure", "Values"]
