"""What pydantic finds wrong with a request, as sentences like those of ``InvalidValueError``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from sightline.errors import SightlineError

_LONGEST_SHOWN = 60
_NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?")


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


def faults_of(found: Sequence[Mapping[str, Any]]) -> list[FieldProblem]:
    """Return a sentence for each error of pydantic; "" is the request as a whole."""
    return [
        FieldProblem(field=(field := _field(error)), message=_message(field, error))
        for error in found
    ]


def _field(error: Mapping[str, Any]) -> str:
    # The first place is where the field is: body, query, path.
    return "" if error["type"] == "json_invalid" else ".".join(map(str, error["loc"][1:]))


def _message(field: str, error: Mapping[str, Any]) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"{field} is missing; give it" if field else "the request has no body; send one"
        case "extra_forbidden":
            return f"there is no parameter {field!r}; check its spelling"
        case "json_invalid":
            reason = context.get("error", error["msg"])
            return f"the request's body is not JSON ({reason}); send a JSON object"
        case "sentence":
            return str(error["msg"])
    if isinstance(context.get("error"), SightlineError):  # ours, raised inside of a model
        return str(context["error"])
    name, value = field or "the body", _shown(error.get("input"))
    return f"{name} is {value}, but it must be {allowed_of(error)}"


def allowed_of(error: Mapping[str, Any]) -> str:
    """Return what an error of pydantic says is allowed, to follow "it must be"."""
    phrase = _PHRASES.get(error["type"])
    if phrase is not None:
        return phrase.format(**error.get("ctx", {}))
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


def _shown(value: object) -> str:
    if isinstance(value, str) and _NUMBER.fullmatch(value):  # all that forms hold is text
        return value
    # What came in may be long, and may hold what no answer can.
    text = repr(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}... "
