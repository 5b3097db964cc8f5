"""Where the command line writes: results to standard output, everything else to standard error.

Text from outside (paths above all) goes through Rich without markup, emoji codes and wrapping, so
that it arrives as it is. Where something shall stand out, it gets a style.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from sightline.errors import StorageError


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, such as "1 picture" or "2,000 pictures"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def say(line: str, end: str = "\n") -> None:
    """Write one line of results.

    Raises:
        DiskFullError: there is no room for it.
        NotWritableError: standard output is closed, or cannot be written.
        BrokenPipeError: nobody reads any longer.
    """
    if sys.stdout is None:
        raise output_error(OSError(0, "it is closed"))
    try:
        sys.stdout.flush()
        # File names may hold anything; what cannot be encoded must not stop the rest.
        sys.stdout.buffer.write((line + end).encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output_error(error) from error


def complain(line: str) -> None:
    """Write one line for the person, not for the next program. Nothing happens if nobody looks."""
    with suppress(OSError, ValueError):
        if sys.stdout is not None:
            sys.stdout.flush()
    with suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.write(line + "\n")
            sys.stderr.flush()


def is_watched() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def person() -> Console:
    """Return the console for reports, on standard error."""
    return _console(stderr=True)


def page() -> Console:
    """Return the console for results that are laid out for a person, on standard output."""
    return _console(stderr=False)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)


# When the output does not arrive


def output_error(error: OSError) -> StorageError:
    """Return Sightline's error for one that the system gave while results were written."""
    from pathlib import Path

    from sightline.system.files import storage_error

    return storage_error(error, Path("standard output"))


def let_go_of_output() -> None:
    """Send what cannot be written nowhere, or Python would complain about it when it exits."""
    # Typer may have put a stream of its own, which hides the trouble, before the real one.
    streams = (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__)
    for stream in [stream for stream in streams if stream is not None]:
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, stream.fileno())
                os.close(nowhere)
