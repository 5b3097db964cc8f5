"""The command line: one file a command, thin over ``Gallery``.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Run the ``sightline`` command, and exit with one of the codes of ``cli.exits``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The words after ``sightline``.
    """
    # The imports take longer than many a command, so Ctrl-C finds them more often than not.
    try:
        from sightline.cli.running import run_command

        return run_command(arguments)
    except KeyboardInterrupt:
        from sightline.cli.console import complain
        from sightline.cli.exits import INTERRUPTED_NOTE, Exit

        complain(INTERRUPTED_NOTE)
        return Exit.INTERRUPTED
