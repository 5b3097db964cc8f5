"""Options that several commands share, and where a gallery is when none is named."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from sightline.errors import InvalidValueError
from sightline.paths import absolute

GalleryOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--gallery",
        "-g",
        metavar="FOLDER",
        help="The gallery's folder. Default: the one gallery in your data folder.",
        envvar="SIGHTLINE_GALLERY",
        show_default=False,
    ),
]
ModelOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        help="A model's name, or a folder with its ONNX files. Default: the gallery's own.",
        envvar="SIGHTLINE_MODEL",
        show_default=False,
    ),
]
ThreadsOption: TypeAlias = Annotated[
    int,
    typer.Option(
        "--threads",
        help="Threads for the model and for decoding; 0 means one for each core.",
        envvar="SIGHTLINE_THREADS",
        min=0,
    ),
]
MegapixelsOption: TypeAlias = Annotated[
    float,
    typer.Option(
        "--max-megapixels",
        help="Refuse pictures with more pixels than this, before they are decoded.",
        envvar="SIGHTLINE_MAX_MEGAPIXELS",
        min=0.0,
    ),
]
JsonOption: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON object a line.")
]


def gallery_folder(named: str | None) -> Path:
    """Return the gallery's folder: the named one, or the one in the user's data folder.

    Raises:
        InvalidValueError: the name is empty, or that of a file.
    """
    if named is None:
        return data_folder() / "gallery"
    folder = absolute(named)
    if os.path.isfile(folder):
        raise InvalidValueError("--gallery", named, "a folder, and this is a file")
    return folder


def named_path(name: str) -> Path:
    """Return a path as it was written, which is shorter to show; ``~`` is expanded.

    Raises:
        InvalidValueError: the name is empty.
    """
    whole = absolute(name)
    return whole if name.startswith("~") else Path(name)


def data_folder() -> Path:
    """Return where this platform keeps a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Sightline"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "Sightline"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sightline"
