"""The command line: one file a command, thin over ``Gallery``.

Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import os
import sys
import warnings

from sightline.cli.exits import Exit, exit_for
from sightline.errors import SightlineError, SightlineWarning


def main() -> None:
    """Run the ``sightline`` command, and exit with one of the codes of ``cli.exits``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The words after ``sightline``.
    """
    from sightline.cli.app import app
    from sightline.cli.console import complain

    # Nothing is ever sent anywhere, by us or by what we use.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("always", SightlineWarning)
        warnings.showwarning = lambda message, *_args, **_kwargs: complain(f"note: {message}")
        try:
            app(arguments, prog_name="sightline")
        except SightlineError as error:
            complain(f"sightline: {error}")
            return exit_for(error)
        except SystemExit as request:
            if request.code == Exit.INTERRUPTED:
                complain("stopped; what was committed is kept, and the same command goes on")
            return request.code if isinstance(request.code, int) else Exit.DONE
    return Exit.DONE
