"""What pydantic finds wrong with a request, as sentences like those of ``InvalidValueError``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sightline.errors import SightlineError

_LONGEST_SHOWN = 60
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of a request.

    Attributes:
        field: Its name; "" for the request as a whole.
        message: The sentence.
    """

    field: str
    message: str


def faults_of(found: Sequence[Mapping[str, Any]]) -> tuple[FieldFault, ...]:
    """Return a sentence for each error of pydantic."""
    return tuple(_fault(error) for error in found)


def _fault(error: Mapping[str, Any]) -> FieldFault:
    # The first place is where the field is: body, query, path.
    places = [] if error["type"] == "json_invalid" else [str(place) for place in error["loc"][1:]]
    field = ".".join(places)
    known = _SENTENCES.get(error["type"])
    if known is not None:
        return FieldFault(field, known(field, error))
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, SightlineError):  # a sentence of ours, raised inside of a model
        return FieldFault(field, str(cause))
    allowed = _allowed(error)
    return FieldFault(
        field, f"{_named(field)} is {_shown(error.get('input'))}, but it must be {allowed}"
    )


def _allowed(error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    phrase = _PHRASES.get(error["type"])
    if phrase is not None:
        return phrase.format(**context)
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


_PHRASES: Mapping[str, str] = {
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "greater_than": "more than {gt}",
    "less_than": "less than {lt}",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a smaller number",
    "float_parsing": "a number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "string_type": "a text",
    "string_unicode": "a text of valid characters",
    "string_too_short": "at least {min_length} characters long",
    "string_too_long": "at most {max_length} characters long",
    "string_pattern_mismatch": "of the form {pattern}",
    "list_type": "a list",
    "too_long": "a list of at most {max_length}",
    "too_short": "a list of at least {min_length}",
    "dict_type": "a JSON object",
    "model_attributes_type": "a JSON object",
    "enum": "{expected}",
    "literal_error": "{expected}",
}


def _missing(field: str, error: Mapping[str, Any]) -> str:
    return f"{_named(field)} is missing; give it" if field else "the request has no body; send one"


def _unknown(field: str, error: Mapping[str, Any]) -> str:
    return f"there is no parameter {field!r}; check its spelling"


def _not_json(field: str, error: Mapping[str, Any]) -> str:
    reason = error.get("ctx", {}).get("error", error["msg"])
    return f"the request's body is not JSON ({reason}); send a JSON object"


def _as_it_is(field: str, error: Mapping[str, Any]) -> str:
    return str(error["msg"])


_SENTENCES: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "json_invalid": _not_json,
    "sentence": _as_it_is,
}


def _named(field: str) -> str:
    return field or "the body"


def _shown(value: object) -> str:
    if isinstance(value, str) and _NUMBER.fullmatch(value):  # all that forms hold is text
        return value
    # What came in may be long, and may hold what no answer can.
    text = repr(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}... "
