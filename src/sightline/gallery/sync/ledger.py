"""The rows that the next commit stores, and the counts for the report."""

from __future__ import annotations

from collections import Counter
from typing import Literal, TypeAlias

from sightline.types import Skipped

Column: TypeAlias = Literal["added", "changed", "embedded", "moved", "touched", "faults"]


class Ledger:
    """What is to be committed next, and what was done so far."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.skipped: list[Skipped] = []
        self._rows: dict[Column, list[object]] = {}

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows.values())

    def enter(self, column: Column, row: object) -> None:
        """Add a row to the next batch."""
        self._rows.setdefault(column, []).append(row)

    def take(self) -> dict[Column, list[object]]:
        """Return the rows for a batch, and begin anew."""
        rows, self._rows = self._rows, {}
        return rows
