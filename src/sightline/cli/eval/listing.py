"""`sightline eval --measures`: what can be measured, and what each figure means."""

from __future__ import annotations

from sightline.cli.console import say


def list_measures() -> None:
    """Print every measure: name, what it is, its formula, and where it comes from."""
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
