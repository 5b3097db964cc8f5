"""One command from its words to its exit code, whatever becomes of it and of its output."""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings

from sightline.cli.app import app
from sightline.cli.console import complain, let_go_of_output, output_error
from sightline.cli.exits import INTERRUPTED_NOTE, Exit, exit_for
from sightline.errors import SightlineError, SightlineWarning


def run_command(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: The words after ``sightline``.
    """
    # Nothing is ever sent anywhere, by us or by what we use.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    # The hub's client would tell of each connection that broke, across the progress bar.
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    _prepare_streams()
    with warnings.catch_warnings():
        warnings.simplefilter("always", SightlineWarning)
        warnings.showwarning = lambda message, *_args, **_kwargs: complain(f"note: {message}")
        try:
            app(arguments, prog_name="sightline")
        except SightlineError as error:
            return _give_up(error)
        except SystemExit as request:
            return _code_of(request)
        except OSError as error:
            if not _comes_from_a_page(error):
                raise
            return _give_up(output_error(error))
    return Exit.DONE


def _prepare_streams() -> None:
    # A file opened later must not get the number of a stream that was closed from outside, or
    # whatever some library prints would end up in it.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    # File names may hold bytes that are not text; they leave as they came.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")


def _give_up(error: SightlineError) -> Exit:
    complain(f"sightline: {error}")
    let_go_of_output()
    return exit_for(error)


def _comes_from_a_page(error: OSError) -> bool:
    """Return whether it was raised where Typer or Rich write: help, errors, reports, progress."""
    module = ""
    for frame, _ in traceback.walk_tb(error.__traceback__):
        module = frame.f_globals.get("__name__", "")
    return module.partition(".")[0] in ("rich", "typer")


def _code_of(request: SystemExit) -> int:
    if _is_broken_pipe(request):
        let_go_of_output()
        return Exit.BROKEN_PIPE
    if request.code == Exit.INTERRUPTED:
        complain(INTERRUPTED_NOTE)
    return request.code if isinstance(request.code, int) else Exit.DONE


def _is_broken_pipe(error: BaseException | None) -> bool:
    """Typer and Rich both turn a broken pipe into exit code 1, which means something else here."""
    while error is not None:
        if isinstance(error, BrokenPipeError):
            return True
        error = error.__context__
    return False
