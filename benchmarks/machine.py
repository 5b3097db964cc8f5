"""What every figure carries: the machine, the date, the versions; and where lines of figures go."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from sightline import __version__


def circumstances() -> dict[str, object]:
    """Return machine, date and versions, for the end of every line."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "sightline": __version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def processor() -> str:
    """Return the processor's name."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def publish(figures: Iterable[Mapping[str, object]], out: Path | None) -> None:
    """Print one JSON object a line, and append the lines to a file if one is given."""
    lines = [json.dumps(figure) for figure in figures]
    print("\n".join(lines))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("a", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
