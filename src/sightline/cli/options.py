"""Options that several commands share, and where a gallery is when none is named."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

GalleryOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--gallery",
        "-g",
        help="The gallery's folder. Default: the one gallery in your data folder.",
        envvar="SIGHTLINE_GALLERY",
        show_default=False,
        file_okay=False,
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


def gallery_folder(named: Path | None) -> Path:
    """Return the gallery's folder: the named one, or the one in the user's data folder."""
    if named is not None:
        return named.expanduser()
    return data_folder() / "gallery"


def data_folder() -> Path:
    """Return where this platform keeps a user's application data."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "Sightline"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "Sightline"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "sightline"
