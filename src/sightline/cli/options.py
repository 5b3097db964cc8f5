"""Options that several commands share, and where a gallery is when none is named."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sightline.errors import InvalidValueError
from sightline.system.paths import absolute, data_folder

if TYPE_CHECKING:
    from sightline.gallery import Gallery

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
        help="A model's name, or a folder with its files. Default: the gallery's own; for a new "
        "gallery clip-vit-l14, or mini if all pictures are drawn scenes.",
        envvar="SIGHTLINE_MODEL",
        show_default=False,
    ),
]
PrecisionOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--precision",
        help="The model's arithmetic: float32, bfloat16, int8 (after `sightline models quantize`) "
        "or auto. Default: auto, which is bfloat16 for large models where the processor has it.",
        envvar="SIGHTLINE_PRECISION",
        show_default=False,
    ),
]
DeviceOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--device",
        help="What the model runs on: cpu, cuda, cuda:N, mps, or auto for a GPU if there is one.",
        envvar="SIGHTLINE_DEVICE",
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


@dataclass(frozen=True, slots=True)
class Opening:
    """How a gallery is opened, as the options say it; a command takes it with ``with_groups``."""

    model: ModelOption = None
    precision: PrecisionOption = None
    device: DeviceOption = "cpu"
    threads: ThreadsOption = 0
    max_megapixels: MegapixelsOption = 200.0

    def open(self, folder: Path, *, create: bool = False) -> Gallery:
        """Return the open gallery of a folder."""
        from sightline.gallery import Gallery

        return Gallery.open(folder, create=create, **asdict(self))


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


def as_model_option(folder: Path) -> str:
    """Return what ``--model`` takes for a folder, in a form for the shell.

    A name of the table means that model, whatever folder has the same name.
    """
    from sightline.encoders.installed import known_models

    name = str(folder)
    return shlex.quote(os.path.join(os.curdir, name) if name in known_models() else name)


def named_path(name: str) -> Path:
    """Return a path as it was written, which is shorter to show; ``~`` is expanded.

    Raises:
        InvalidValueError: the name is empty.
    """
    whole = absolute(name)
    return whole if name.startswith("~") else Path(name)
