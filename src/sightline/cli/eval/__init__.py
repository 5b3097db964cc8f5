"""`sightline eval`: measure how good the answers are, on published data sets and on one's own."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sightline.cli.console import say
from sightline.cli.eval.comparing import compare, gate
from sightline.cli.eval.judgements import export_judgements, import_judgements
from sightline.cli.eval.mine import mine


class EvaluationGroup(TyperGroup):
    """Offers a command for each data set, before those that it was given.

    There are many of them, with many options each; to make them all would slow down every command.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer's own copy of Click
        """Return the names of all commands."""
        from sightline.evaluation.datasets.cards import DATASETS

        return [*(card.name for card in DATASETS), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command by its name, or None."""
        from sightline.evaluation.datasets.cards import DATASETS

        card = next((card for card in DATASETS if card.name == cmd_name), None)
        if card is None:
            return super().get_command(ctx, cmd_name)
        from sightline.cli.eval.measuring import command_for

        alone = typer.Typer(
            pretty_exceptions_enable=False, rich_markup_mode="rich", add_completion=False
        )
        alone.command(card.name)(command_for(card))
        return typer.main.get_command(alone)


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
        _list_measures()
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _list_measures() -> None:
    from sightline.evaluation.measures import FAMILIES

    for family in FAMILIES:
        say(family.name)
        for line in family.explanation.splitlines():
            say(f"    {line}".rstrip())
        say("")
    say(
        "A value is a mean over queries, in [0, 1] (N-S: 0 to 4), with the 95 % interval of a "
        "bootstrap over them."
    )


for command in (mine, compare, gate, export_judgements, import_judgements):
    evaluation.command(no_args_is_help=command is not mine)(command)
