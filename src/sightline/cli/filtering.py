"""The options of `sightline search` that say which pictures may be results at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from sightline.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.types import Filters, Orientation

_PANEL = "Only pictures that"

FolderOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--folder", metavar="FOLDER", help="Lie below it.", rich_help_panel=_PANEL),
]
LabelOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--label", help="Have this label, and all others named.", rich_help_panel=_PANEL),
]
FormatOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--format", help="Are files of it, such as JPEG.", rich_help_panel=_PANEL),
]
OrientationOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--orientation",
        help="Are landscape, portrait or square.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
TakenOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--taken",
        metavar="FROM..TO",
        help="Were taken then, such as 2024-05-01..2024-05-31; either end may be left out.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
ModifiedOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--modified",
        metavar="FROM..TO",
        help="Whose files were changed then.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
WidthOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--width",
        metavar="FROM..TO",
        help="Are that wide in pixels, such as 1920.. for no less.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]
HeightOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--height",
        metavar="FROM..TO",
        help="Are that high in pixels.",
        show_default=False,
        rich_help_panel=_PANEL,
    ),
]


def filters_of(
    *,
    folder: Sequence[str] | None,
    label: Sequence[str] | None,
    format: Sequence[str] | None,
    orientation: str | None,
    taken: str | None,
    modified: str | None,
    width: str | None,
    height: str | None,
) -> Filters:
    """Return the filters that the options name.

    Raises:
        InvalidValueError: a value is not what the option takes.
    """
    from sightline.system.paths import absolute
    from sightline.types import Filters
    from sightline.types.parsing import read_moment

    taken_from, taken_to = _ends("--taken", taken)
    modified_from, modified_to = _ends("--modified", modified)
    min_width, max_width = _ends("--width", width)
    min_height, max_height = _ends("--height", height)
    return Filters(
        folders=[absolute(name) for name in folder or []],
        labels=label or [],
        formats=format or [],
        orientation=_orientation(orientation),
        taken_from=read_moment("--taken", taken_from) if taken_from else None,
        taken_to=read_moment("--taken", taken_to) if taken_to else None,
        modified_from=read_moment("--modified", modified_from) if modified_from else None,
        modified_to=read_moment("--modified", modified_to) if modified_to else None,
        min_width_px=_pixels("--width", min_width),
        max_width_px=_pixels("--width", max_width),
        min_height_px=_pixels("--height", min_height),
        max_height_px=_pixels("--height", max_height),
    )


def _ends(option: str, text: str | None) -> tuple[str, str]:
    """Return both ends of a range; one value alone is both."""
    if text is None:
        return "", ""
    start, dots, end = text.strip().partition("..")
    if not start and not end:
        raise InvalidValueError(option, text, "FROM..TO, FROM.. or ..TO")
    return start, end if dots else start


def _pixels(option: str, text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal():
        raise InvalidValueError(option, text, "a number of pixels, or two with .. between them")
    return int(text)


def _orientation(name: str | None) -> Orientation | None:
    from sightline.types import Orientation

    if name is None:
        return None
    try:
        return Orientation(name.lower())
    except ValueError as error:
        raise InvalidValueError("--orientation", name, ", ".join(Orientation)) from error
