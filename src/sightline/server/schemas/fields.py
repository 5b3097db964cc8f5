"""The kinds of values that requests hold, each with its bounds and the phrase for what is allowed.

A phrase completes the sentence "k is 0, but it must be ...", as the command line says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from sightline.errors import InvalidValueError
from sightline.images.formats import Format
from sightline.types import Region
from sightline.types.filters import FILTERS, Filter, Kind, Parameter, read_moment

LONGEST_TEXT = 2000
"""A text may have so many characters; models read some fifty words of it."""

DEEPEST = 10_000
"""How far down a ranked list one can page."""

MOST_PARTS = 50
"""A list in a request may hold so many."""

_LONGEST_PATH = 4096
_HIGHEST_ID = 2**63 - 1
_LARGEST_PX = 1_000_000


def refusal(allowed: str) -> PydanticCustomError:
    """Return the error for a value that must be something else."""
    return PydanticCustomError("not_allowed", "{allowed}", {"allowed": allowed})


def sentence(text: str) -> PydanticCustomError:
    """Return the error for a request that is wrong as a whole."""
    return PydanticCustomError("sentence", "{text}", {"text": text})


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise refusal("a text without NUL characters")
    return text


def _folder(text: str) -> str:
    if not text.startswith("/") and not Path(text).is_absolute():
        raise refusal("an absolute path")
    return text


def _format(text: str) -> str:
    if text.upper() not in {str(kind) for kind in Format}:
        raise refusal(f"one of {', '.join(Format)}")
    return text.upper()


def _moment(value: object) -> date:
    if isinstance(value, date):
        return value
    try:
        # Not of type str: a form may hold a file there.
        return read_moment("", value if isinstance(value, str) else "")
    except InvalidValueError as error:
        raise refusal(error.allowed) from error


def _region(text: str) -> str:
    try:
        Region.read(text)
    except InvalidValueError as error:
        raise refusal(error.allowed) from error
    return text


Text = Annotated[str, Field(max_length=LONGEST_TEXT), AfterValidator(_without_nul)]
Prompt = Annotated[str, Field(max_length=500), AfterValidator(_without_nul)]
Label = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_without_nul)]
Folder = Annotated[
    str, Field(max_length=_LONGEST_PATH), AfterValidator(_without_nul), AfterValidator(_folder)
]
FormatName = Annotated[str, Field(max_length=16), AfterValidator(_format)]
ImageId = Annotated[int, Field(ge=1, le=_HIGHEST_ID)]
Weight = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(ge=0, le=10)]
SourceName = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_without_nul)]
Pixels = Annotated[int, Field(ge=1, le=_LARGEST_PX)]
RegionText = Annotated[str, Field(max_length=100), AfterValidator(_region)]
PictureToken = Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
Moment = Annotated[
    date,
    BeforeValidator(_moment),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}]}
    ),
]

_TYPES: Mapping[Kind, Any] = {
    Kind.FOLDER: Folder,
    Kind.LABEL: Label,
    Kind.FORMAT: FormatName,
    Kind.MOMENT: Moment,
    Kind.PIXELS: Pixels,
}


def filter_fields() -> dict[str, Any]:
    """Return a field for every parameter that filters, as ``pydantic.create_model`` takes them."""
    return {
        parameter.name: _filter_field(filter, parameter)
        for filter in FILTERS
        for parameter in filter.parameters
    }


def _filter_field(filter: Filter, parameter: Parameter) -> tuple[Any, Any]:
    kind: Any = filter.choices or _TYPES[filter.kind]
    if filter.kind.is_several:
        several = Field(max_length=MOST_PARTS, description=parameter.help)
        return Annotated[list[kind], several], []
    return Annotated[kind | None, Field(description=parameter.help)], None
