"""`sightline models`: which models there are, and bringing them to this machine."""

from __future__ import annotations

import typer

from sightline.cli.models.fetching import add, fetch, remove
from sightline.cli.models.listing import list_models, where
from sightline.cli.models.making import export, quantize

models = typer.Typer(
    name="models",
    help="Which models there are, and bringing them to this machine.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
models.command("list")(list_models)
for command in (fetch, add, remove, where, export, quantize):
    models.command(no_args_is_help=True)(command)
