"""The commands below `sightline eval`, of which those for data sets are made when they are needed.

There are many of them, with many options each; to make them all would slow down every command.
"""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup


class EvaluationGroup(TyperGroup):
    """Offers a command for each data set, before those that it was given."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - Typer's own copy of Click
        """Return the names of all commands."""
        from sightline.evaluation.datasets.cards import DATASETS

        return [*(card.name for card in DATASETS), *super().list_commands(ctx)]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401
        """Return a command by its name, or None."""
        from sightline.evaluation.datasets.cards import DATASETS

        for card in DATASETS:
            if card.name == cmd_name:
                from sightline.cli.eval.measuring import command_for

                alone = typer.Typer(
                    pretty_exceptions_enable=False, rich_markup_mode="rich", add_completion=False
                )
                alone.command(card.name)(command_for(card))
                return typer.main.get_command(alone)
        return super().get_command(ctx, cmd_name)
