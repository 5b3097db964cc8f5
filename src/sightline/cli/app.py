"""The table of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline import __version__
from sightline.cli.caption import caption
from sightline.cli.console import say
from sightline.cli.demo import demo
from sightline.cli.eval import evaluation
from sightline.cli.exits import EXIT_MEANINGS
from sightline.cli.index import index
from sightline.cli.models import models
from sightline.cli.remove import remove
from sightline.cli.scenes import scenes
from sightline.cli.search import search
from sightline.cli.serve import serve
from sightline.cli.status import status

_EXITS = "\n\n".join(f"Exit code {code.value}: {text}." for code, text in EXIT_MEANINGS.items())

app = typer.Typer(
    name="sightline",
    help="Search a collection of pictures by example, by words, or by both.",
    epilog=_EXITS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(asked: bool) -> None:
    if asked:
        say(f"sightline {__version__}")
        raise typer.Exit


@app.callback()
def _sightline(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version, and exit."
        ),
    ] = False,
) -> None:
    pass


for command in (index, search, caption, serve, status, remove, demo, scenes):
    app.command(no_args_is_help=command in (search, caption, remove, scenes))(command)
app.add_typer(models)
app.add_typer(evaluation)
