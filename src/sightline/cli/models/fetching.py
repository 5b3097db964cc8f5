"""`sightline models fetch`, `add` and `remove`: which models are on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sightline.cli.console import complain, say
from sightline.cli.exits import Exit
from sightline.cli.options import JsonOption
from sightline.cli.progress import shown_download
from sightline.errors import InvalidValueError, ModelNotFetchedError
from sightline.system.paths import absolute

if TYPE_CHECKING:
    from sightline.encoders.installed import InstalledFolder
    from sightline.protocols import Encoder

_CHECKPOINT = "checkpoint"  # a FileSet, which is too heavy for `--help`


class FilePrecision(StrEnum):
    """The number formats that published weights come in."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


NameArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="NAME", help="Of a model, as `list` has it.")
]
PrecisionOption: TypeAlias = Annotated[
    FilePrecision,
    typer.Option(
        "--precision",
        help="The number format of the files: fp16 is half the size and int8 a quarter, at some "
        "cost in quality.",
    ),
]
AcceptOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--accept-licence",
        help="Say that the licence of the weights allows what you do, where it has limits.",
    ),
]


def fetch(
    name: NameArgument,
    precision: PrecisionOption = FilePrecision.FP32,
    checkpoint: Annotated[
        bool,
        typer.Option(
            "--checkpoint",
            help="Fetch the weights as they were trained, for --device cuda and for `export`.",
        ),
    ] = False,
    revision: Annotated[
        str | None,
        typer.Option(
            "--revision",
            help="Branch, tag or commit of the hub. Default: what was fetched before, or the "
            "newest.",
            show_default=False,
        ),
    ] = None,
    accept_licence: AcceptOption = False,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FOLDER",
            help="Also write the files into a folder, to carry them to a machine without network.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch a model from the hub, check it, and print the folder that it lies in.

    A stopped download goes on where it was when the same command is given
    again. Files go into the hub's own cache (HF_HOME); HF_ENDPOINT names a
    mirror, HF_TOKEN gives access to private files.
    """
    from sightline.encoders.hub import fetching

    began = time.perf_counter()
    if to is not None:
        _check_free(to)
    files = _CHECKPOINT if checkpoint else precision.value
    _announce(name, files)
    with shown_download() as progress:
        model = fetching.fetch(
            name,
            files=files,
            revision=revision,
            accept_licence=accept_licence,
            progress=progress,
        )
    lies = model.checkpoint if checkpoint else model.model
    if lies is None:
        return
    if to is not None:
        _copy(name, lies, to, checkpoint=checkpoint)
    if as_json:
        say(json.dumps(_as_object(name, lies), ensure_ascii=False))
    else:
        say(str(lies.folder))
    elapsed_s = time.perf_counter() - began
    if lies.files:
        complain(f"{lies.size_bytes / 1e6:,.0f} MB here and checked, in {elapsed_s:.1f} s")


def add(
    source: Annotated[
        str,
        typer.Argument(metavar="FOLDER|hf:REPO", help="A model folder, or a repository to fetch."),
    ],
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="What it will be called. Default: as its folder or repository is.",
            show_default=False,
        ),
    ] = None,
    precision: PrecisionOption = FilePrecision.FP32,
    accept_licence: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Give a name to a model of your own, after it was tried with a picture and a text.

    The folder stays where it is. `hf:OWNER/NAME@REVISION` takes a branch, tag
    or commit.
    """
    from sightline.encoders import inventory

    with shown_download() as progress:
        model = inventory.add(
            source,
            name,
            files=precision.value,
            accept_licence=accept_licence,
            progress=progress,
        )
    if as_json:
        lies = model.model
        found = {"folder": str(lies.folder), "source": lies.source} if lies is not None else {}
        say(json.dumps({"name": model.name, "licence": model.licence, **found}))
    else:
        say(model.name)
        complain(f"added; use it with `--model {model.name}`")


def remove(
    name: NameArgument,
    delete_files: Annotated[
        bool,
        typer.Option(
            "--delete-files",
            help="Delete what was fetched from the hub's cache, too, and what `quantize` put "
            "beside it. Your own folders stay.",
        ),
    ] = False,
) -> None:
    """Forget a model that was fetched or added."""
    from sightline.encoders import inventory
    from sightline.encoders.table import MODELS

    if not inventory.remove(name, delete_files=delete_files):
        complain(f"no model called {name} was fetched or added, so there is nothing to forget")
        raise typer.Exit(Exit.NOTHING_FOUND)
    if name in MODELS and MODELS[name].package_folder:
        complain(f"{name} ships with Sightline and stays; its int8 files are deleted")
    else:
        complain(f"{name} is forgotten" + ("" if delete_files else "; its files are still there"))


def fetched_if_needed(load: Callable[[], Encoder], precision: str | None = None) -> Encoder:
    """Return the model that a function loads, after fetching it if that is what is wrong.

    Says on standard error what is fetched, under which licence, and how much it is.

    Args:
        load: Loads it, in that precision.
        precision: As it was asked for; what is impossible is refused before anything is fetched.

    Raises:
        InvalidValueError: the precision is not possible.
        ModelError: it cannot be loaded, or cannot be fetched.
    """
    try:
        return load()
    except ModelNotFetchedError as missing:
        if not missing.options:
            _check_precision(precision)
        _fetch(missing)
    return load()


def _check_precision(asked: str | None) -> None:
    from sightline.encoders.cpu.openvino_runtime import RunOptions, choose_precision

    RunOptions(precision=choose_precision(asked, 0))


def _fetch(missing: ModelNotFetchedError) -> None:
    from sightline.encoders.hub.fetching import fetch
    from sightline.encoders.table import MODELS

    card, files = MODELS[missing.name], "fp32" if not missing.options else _CHECKPOINT
    complain(
        f"{card.name} is not on this machine yet: fetching it from {card.repository(files)} "
        f"(licence {card.licence}, about {missing.about_megabytes:,} MB)"
    )
    with shown_download() as progress:
        fetch(card.name, files=files, progress=progress)


def _announce(name: str, files: str) -> None:
    from sightline.encoders.table import MODELS

    card = MODELS.get(name)
    if card is None or (files == _CHECKPOINT and not card.checkpoint):
        return
    if card.package_folder:
        complain(f"{name} ships with Sightline, so there is nothing to fetch")
        return
    megabytes = card.about_megabytes(files)
    complain(f"{name}: {card.repository(files)}, licence {card.licence}, about {megabytes:,} MB")


def _check_free(to: str) -> None:
    """Refuse a folder before gigabytes are fetched for it."""
    folder = absolute(to)
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise InvalidValueError("--to", to, "an empty folder, or one that is not there yet")


def _copy(name: str, lies: InstalledFolder, to: str, *, checkpoint: bool) -> None:
    from sightline.encoders.inventory import copy_model
    from sightline.encoders.table import MODELS

    copy_model(lies, absolute(to))
    if checkpoint:
        there = "pass it as --model FOLDER, or to `sightline models export`"
    elif MODELS[name].package_folder:
        there = f"{name} is there with Sightline already"
    else:
        there = f"`sightline models add FOLDER --name {name}`"
    complain(f"copied to {to}; on the other machine: {there}")


def _as_object(name: str, lies: InstalledFolder) -> dict[str, object]:
    return {
        "name": name,
        "folder": str(lies.folder),
        "source": lies.source,
        "here": list(lies.sets),
        "bytes": lies.size_bytes,
        "files": [
            {"path": file.path, "bytes": file.size_bytes, "sha256": file.sha256}
            for file in lies.files
        ],
    }
