"""What people write for dates and boxes, the same on the command line and over HTTP."""

from __future__ import annotations

from datetime import date, datetime

from sightline.errors import InvalidValueError
from sightline.types.pictures import Region

_MOMENTS = "a day such as 2024-05-31, or a time such as 2024-05-31T18:00"
_REGIONS = "four fractions of the picture, left,top,right,bottom, such as 0.1,0.2,0.5,0.9"


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


def read_region(text: str) -> Region:
    """Return the box that four fractions with commas between them name.

    Raises:
        InvalidValueError: it is no box inside of a picture.
    """
    try:
        left, top, right, bottom = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InvalidValueError("region", text, _REGIONS) from error
    return Region(left, top, right, bottom)
