"""Options that belong together, as one argument of a command."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import get_type_hints


@dataclass(frozen=True, slots=True)
class Group:
    """How one argument of a command is made of several options.

    Attributes:
        options: Parameters such as Typer reads, each with a name that no other group uses.
        build: Takes their values by name, and returns the argument.
    """

    options: list[Parameter]
    build: Callable[..., object]


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command for Typer, which knows single options only.

    An argument whose type is a dataclass becomes one option for each of its fields, in its place;
    so does one that is annotated with a ``Group``.
    """
    hints = get_type_hints(command, include_extras=True)
    groups = {name: group for name, hint in hints.items() if (group := _group_of(hint))}

    @wraps(command)
    def run(**given: object) -> None:
        for name, group in groups.items():
            values = {option.name: given.pop(option.name) for option in group.options}
            given[name] = group.build(**values)
        command(**given)

    def flat() -> Iterator[Parameter]:
        for name, parameter in inspect.signature(command).parameters.items():
            if name in groups:
                yield from groups[name].options
            else:
                yield parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])

    parameters = list(flat())
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _group_of(hint: object) -> Group | None:
    for told in getattr(hint, "__metadata__", ()):
        if isinstance(told, Group):
            return told
    if not isinstance(hint, type) or not is_dataclass(hint):
        return None
    hints = get_type_hints(hint, include_extras=True)
    options = [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if field.default is MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in fields(hint)
    ]
    return Group(options, hint)
