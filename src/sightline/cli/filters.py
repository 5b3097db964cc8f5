"""The options of `sightline search` that say which pictures may be results at all."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from inspect import Parameter
from typing import Annotated, Any, TypeAlias, TypeVar

import typer

from sightline.cli.groups import Group
from sightline.errors import InvalidValueError
from sightline.system.paths import absolute
from sightline.types.filters import FILTERS, Filter, Filters, Kind, read_moment

End = TypeVar("End")
Written: TypeAlias = "list[str] | str"

_METAVARS = {Kind.FOLDER: "FOLDER", Kind.MOMENT: "FROM..TO", Kind.PIXELS: "FROM..TO"}


def _option(filter: Filter) -> Parameter:
    kind: Any = list[str] if filter.kind.is_several else str
    option = typer.Option(
        f"--{filter.name}",
        metavar=_METAVARS.get(filter.kind),
        help=filter.help,
        rich_help_panel="Only pictures that",
    )
    written = Annotated[kind | None, option]
    return Parameter(filter.name, Parameter.KEYWORD_ONLY, default=None, annotation=written)


def filters_of(**given: Written | None) -> Filters:
    """Return the filters that the options name.

    Args:
        given: What was written for every option; None where it was left out.

    Raises:
        InvalidValueError: a value is not what the option takes.
    """
    fields: dict[str, Any] = {}
    for filter in FILTERS:
        written = given[filter.name]
        if written is not None:
            names = [parameter.field for parameter in filter.parameters]
            fields |= zip(names, _read(filter, written), strict=True)
    return Filters(**fields)


def _read(filter: Filter, written: Written) -> tuple[object, ...]:
    """Return a value for each parameter of a filter."""
    option = f"--{filter.name}"
    if not isinstance(written, str):
        is_path = filter.kind is Kind.FOLDER
        return ([absolute(name) for name in written] if is_path else written,)
    if filter.kind is Kind.MOMENT:
        return _ends(option, written, read_moment)
    if filter.kind is Kind.PIXELS:
        return _ends(option, written, _pixels)
    if filter.choices is not None:
        return (_choice(option, written, filter.choices),)
    return (written,)


def _ends(option: str, text: str, read: Callable[[str, str], End]) -> tuple[End | None, End | None]:
    """Return both ends of a range; one value alone is both."""
    start, dots, end = text.strip().partition("..")
    if not start and not end:
        raise InvalidValueError(option, text, "FROM..TO, FROM.. or ..TO")
    lower = read(option, start) if start else None
    if not dots:
        return lower, lower
    return lower, read(option, end) if end else None


def _pixels(option: str, text: str) -> int:
    if not text.isdecimal():
        raise InvalidValueError(option, text, "a number of pixels, or two with .. between them")
    return int(text)


def _choice(option: str, name: str, choices: type[StrEnum]) -> StrEnum:
    try:
        return choices(name.lower())
    except ValueError as error:
        raise InvalidValueError(option, name, ", ".join(choices)) from error


FilterOptions: TypeAlias = Annotated[
    Filters, Group([_option(filter) for filter in FILTERS], filters_of)
]
"""The argument of a command that takes filters."""
