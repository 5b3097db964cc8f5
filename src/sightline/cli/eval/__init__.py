"""`sightline eval`: measure how good the answers are, on published data sets and on one's own."""

from __future__ import annotations

from typing import Annotated

import typer

from sightline.cli.eval.comparing import compare, gate
from sightline.cli.eval.group import EvaluationGroup
from sightline.cli.eval.judgements import export_judgements, import_judgements
from sightline.cli.eval.mine import mine

evaluation = typer.Typer(
    name="eval",
    cls=EvaluationGroup,
    help="Measure how good the answers are: on published data sets, and on your own pictures.",
    rich_markup_mode="rich",
    invoke_without_command=True,
)


@evaluation.callback()
def _evaluation(
    context: typer.Context,
    measures: Annotated[
        bool, typer.Option("--measures", help="List every measure with its formula and source.")
    ] = False,
) -> None:
    if measures:
        from sightline.cli.eval.listing import list_measures

        list_measures()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


for command in (mine, compare, gate, export_judgements, import_judgements):
    evaluation.command(no_args_is_help=command is not mine)(command)
