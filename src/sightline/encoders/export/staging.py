"""A folder that appears whole or not at all, however the writing of it ends."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sightline.encoders.files.model_files import CONFIG
from sightline.errors import FolderTakenError, InvalidValueError
from sightline.system.files import storage_error

# What a model folder may hold. A folder with anything else in it is never replaced.
_OURS = frozenset(
    {
        CONFIG,
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "processor_config.json",
        "onnx",
        "openvino",
        "textual",
        "visual",
    }
)


@contextmanager
def staged_folder(out: Path, *, replace: bool = False) -> Iterator[Path]:
    """Give the block an empty folder beside ``out``, which takes its place at the end.

    If the block raises, the folder is deleted and ``out`` is as it was. What a killed process left
    is deleted by the next one that writes to the same place.

    Args:
        out: A folder that is not there or is empty; its parents are made.
        replace: Whether a model that lies there already is replaced.

    Raises:
        FolderTakenError: ``out`` holds something that is not to be replaced.
        InvalidValueError: ``out`` is a file.
        DiskFullError: there is no room.
        NotWritableError: the place cannot be written.
    """
    out = Path(os.path.realpath(out))
    _check_free(out, replace)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _sweep(out)
        staged = out.with_name(f"{_prefix(out)}{secrets.token_hex(4)}")
        staged.mkdir()
    except OSError as error:
        raise storage_error(error, out) from error
    try:
        with _held(staged):
            yield staged
        _check_free(out, replace)  # someone may have been quicker
        _move_in(staged, out)
    except OSError as error:
        raise storage_error(error, out) from error
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def _check_free(out: Path, replace: bool) -> None:
    if out.is_file():
        raise InvalidValueError("the place", str(out), "a folder, and this is a file")
    try:
        inside = {entry.name for entry in os.scandir(out)}
    except FileNotFoundError:
        return
    except OSError as error:
        raise storage_error(error, out) from error
    is_model = CONFIG in inside and inside <= _OURS
    if inside and not (replace and is_model):
        raise FolderTakenError(out, is_model)


def _move_in(staged: Path, out: Path) -> None:
    """Put a finished folder into its place, by renaming alone."""
    if not out.exists():
        staged.rename(out)
        return
    if not any(out.iterdir()):
        out.rmdir()
        staged.rename(out)
        return
    # Not with the prefix that is swept: until the second rename it is the only good model there.
    old = out.with_name(f".{out.name}.replaced-{secrets.token_hex(4)}")
    out.rename(old)
    try:
        staged.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _prefix(out: Path) -> str:
    return f".{out.name}.partial-"


@contextmanager
def _held(folder: Path) -> Iterator[bool]:
    """Hold a lock that goes when this process goes; gives whether it could be had."""
    try:
        import fcntl
    except ImportError:  # Windows, where leftovers stay until someone deletes them
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held = True
        except OSError:
            held = False
        yield held
    finally:
        os.close(descriptor)


def _sweep(out: Path) -> None:
    """Delete what processes left that were killed while they wrote to the same place."""
    # Not with glob, to which a name such as model[1] is a pattern.
    for leftover in [each for each in out.parent.iterdir() if each.name.startswith(_prefix(out))]:
        with suppress(OSError), _held(leftover) as abandoned:
            if abandoned:
                shutil.rmtree(leftover, ignore_errors=True)
