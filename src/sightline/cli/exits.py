"""What the command line's exit codes mean, and how an error becomes one."""

from __future__ import annotations

from enum import IntEnum

from sightline.errors import (
    GalleryError,
    InputError,
    MissingPackageError,
    ModelError,
    ServiceError,
    SightlineError,
    StorageError,
)


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    DONE = 0
    NOTHING_FOUND = 1
    BAD_INPUT = 2
    MODEL = 3
    GALLERY = 4
    STORAGE = 5
    MISSING_PACKAGE = 6
    SERVICE = 7
    INTERRUPTED = 130
    BROKEN_PIPE = 141


EXIT_MEANINGS = {
    Exit.DONE: "it worked; files that could not be read are listed, and do not change this",
    Exit.NOTHING_FOUND: "a search found nothing, there was nothing to remove, or a figure is below "
    "its gate",
    Exit.BAD_INPUT: "what was asked cannot be done: a wrong option, an unreadable query picture",
    Exit.MODEL: "the model is unknown, cannot be fetched, or its files are incomplete or broken",
    Exit.GALLERY: "the gallery is missing, busy, damaged or made by another model, or more than "
    "half of its pictures vanished, which needs --force",
    Exit.STORAGE: "the disk is full, or a file or the results cannot be written",
    Exit.MISSING_PACKAGE: "an optional package is not installed",
    Exit.SERVICE: "a language model that runs elsewhere cannot be reached, or could not help",
    Exit.INTERRUPTED: "stopped by Ctrl-C; what was finished is kept",
    Exit.BROKEN_PIPE: "whoever read the results stopped reading, as `head` does",
}
INTERRUPTED_NOTE = "stopped; what was finished is kept, so give the same command again to go on"

_EXIT_OF: tuple[tuple[type[SightlineError], Exit], ...] = (
    (InputError, Exit.BAD_INPUT),
    (ModelError, Exit.MODEL),
    (GalleryError, Exit.GALLERY),
    (StorageError, Exit.STORAGE),
    (MissingPackageError, Exit.MISSING_PACKAGE),
    (ServiceError, Exit.SERVICE),
)


def exit_for(error: SightlineError) -> Exit:
    """Return the exit code of an error."""
    for kind, code in _EXIT_OF:
        if isinstance(error, kind):
            return code
    return Exit.BAD_INPUT
