"""`sightline models add` and `remove`: models of one's own, and forgetting any."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from sightline.cli.console import complain, say
from sightline.cli.exits import Exit
from sightline.cli.models.fetching import AcceptOption, FilePrecision, PrecisionOption
from sightline.cli.models.progress import shown_download
from sightline.cli.options import JsonOption


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
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of a model, as `list` has it.")],
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
