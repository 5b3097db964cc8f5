"""Which pictures may be answers at all: what a filter is, and how it is asked for everywhere.

``Filters`` holds the values, and ``FILTERS`` names the ways to give them. The options of the
command line, the parameters over HTTP and the conditions in SQL follow this table: a new filter is
a field, a row here, its condition in ``catalog.filtering``, and its control on the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sightline.errors import InvalidValueError

_MOMENTS = "a day such as 2024-05-31, or a time such as 2024-05-31T18:00"
_YEARS = (2, 9998)


class Orientation(StrEnum):
    """How a picture is shaped, as shown."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"
    SQUARE = "square"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which pictures may be answers at all. Without any, all of them.

    A picture has to pass every filter that is given. Of several folders or formats one is enough;
    of several labels it must have all.

    Attributes:
        folders: Absolute; the picture lies somewhere below.
        labels: As people gave them.
        formats: Pillow's names, such as "JPEG", in whatever case.
        orientation: As shown.
        taken_from: The picture's own time (EXIF, local) is this or later. A day begins at
            midnight; a picture without a time passes no filter about it.
        taken_to: This or earlier. A day ends at midnight.
        modified_from: The file's time is this or later. Without a zone, in that of this machine.
        modified_to: This or earlier.
        min_width_px: Of the picture as shown.
        max_width_px: Likewise.
        min_height_px: Likewise.
        max_height_px: Likewise.

    Raises:
        InvalidValueError: a time lies outside of the years 2 to 9998.
    """

    folders: Sequence[Path] = ()
    labels: Sequence[str] = ()
    formats: Sequence[str] = ()
    orientation: Orientation | None = None
    taken_from: date | None = None
    taken_to: date | None = None
    modified_from: date | None = None
    modified_to: date | None = None
    min_width_px: int | None = None
    max_width_px: int | None = None
    min_height_px: int | None = None
    max_height_px: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "folders", tuple(map(Path, self.folders)))
        for name in ("labels", "formats"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("taken_from", "taken_to", "modified_from", "modified_to"):
            moment = getattr(self, name)
            # Beyond, no other time zone and no next day can be told.
            if moment is not None and not _YEARS[0] <= moment.year <= _YEARS[1]:
                raise InvalidValueError(name, str(moment), "in a year from 2 to 9998")

    @property
    def let_all_pass(self) -> bool:
        """Whether there is no filter."""
        return self == NO_FILTERS

    @property
    def given(self) -> dict[str, Any]:
        """The fields that filter, with their values."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if value not in ((), None)}


NO_FILTERS = Filters()
"""Every picture may be an answer."""


class Kind(StrEnum):
    """What the values of a filter are: it says how they are written, and what bounds they have."""

    FOLDER = "folder"
    LABEL = "label"
    FORMAT = "format"
    CHOICE = "choice"
    MOMENT = "moment"
    PIXELS = "pixels"

    @property
    def is_several(self) -> bool:
        """Whether more than one can be given."""
        return self in (Kind.FOLDER, Kind.LABEL, Kind.FORMAT)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A filter, or one end of it, as HTTP has it.

    Attributes:
        name: In JSON, forms and query strings.
        field: The field of ``Filters`` that it sets.
        help: What it means, in OpenAPI.
    """

    name: str
    field: str
    help: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to say which pictures may be answers.

    Attributes:
        name: Of its option on the command line.
        kind: Of its values.
        help: Completes "Only pictures that ..." there.
        parameters: One; both ends of a range, the lower one first.
        choices: What a choice is made of.
    """

    name: str
    kind: Kind
    help: str
    parameters: tuple[Parameter, ...]
    choices: type[StrEnum] | None = None


_TO_ITS_END = "A day counts to its end."
_SHOWN_PX = "In pixels, as shown."

FILTERS = (
    Filter(
        "folder",
        Kind.FOLDER,
        "Lie below it.",
        (Parameter("folder", "folders", "Absolute; pictures below any of them."),),
    ),
    Filter(
        "label",
        Kind.LABEL,
        "Have this label, and all others named.",
        (Parameter("label", "labels", "Pictures that have all of them."),),
    ),
    Filter(
        "format",
        Kind.FORMAT,
        "Are files of it, such as JPEG.",
        (Parameter("format", "formats", "Pictures of any of them, such as JPEG."),),
    ),
    Filter(
        "orientation",
        Kind.CHOICE,
        "Are landscape, portrait or square.",
        (Parameter("orientation", "orientation", "As shown."),),
        Orientation,
    ),
    Filter(
        "taken",
        Kind.MOMENT,
        "Were taken then, such as 2024-05-01..2024-05-31; either end may be left out.",
        (
            Parameter("taken_from", "taken_from", "The picture's own time is this or later."),
            Parameter("taken_to", "taken_to", _TO_ITS_END),
        ),
    ),
    Filter(
        "modified",
        Kind.MOMENT,
        "Whose files were changed then.",
        (
            Parameter("modified_from", "modified_from", "The file's time is this or later."),
            Parameter("modified_to", "modified_to", _TO_ITS_END),
        ),
    ),
    Filter(
        "width",
        Kind.PIXELS,
        "Are that wide in pixels, such as 1920.. for no less.",
        (
            Parameter("min_width", "min_width_px", _SHOWN_PX),
            Parameter("max_width", "max_width_px", _SHOWN_PX),
        ),
    ),
    Filter(
        "height",
        Kind.PIXELS,
        "Are that high in pixels.",
        (
            Parameter("min_height", "min_height_px", _SHOWN_PX),
            Parameter("max_height", "max_height_px", _SHOWN_PX),
        ),
    ),
)


def read_moment(name: str, text: str) -> date:
    """Return the day or the time (a ``datetime``) that a text in ISO 8601 names.

    Args:
        name: What the error calls it.
        text: Such as "2024-05-31", "2024-05-31T18:00" or "2024-05-31T18:00:00Z".

    Raises:
        InvalidValueError: it names neither.
    """
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text)
        except ValueError:
            continue
    raise InvalidValueError(name, text, _MOMENTS)
