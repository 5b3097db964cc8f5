"""Where the command line writes: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def say(line: str, end: str = "\n") -> None:
    """Write one line of results."""
    # File names may hold anything; what cannot be encoded must not stop the rest.
    sys.stdout.flush()
    sys.stdout.buffer.write((line + end).encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()


def complain(line: str) -> None:
    """Write one line for the person, not for the next program."""
    sys.stdout.flush()
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def person() -> Console:
    """Return the console for reports and progress, on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=False)
