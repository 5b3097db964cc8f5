"""Filters over HTTP and on the page follow the one table of them."""

from pathlib import Path

import pytest

import sightline
from sightline.server.schemas.requests import Page
from sightline.types.filters import FILTERS, Parameter

STATIC = Path(sightline.__file__).parent / "server" / "static"
PARAMETERS = [parameter for filter in FILTERS for parameter in filter.parameters]


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_every_filter_is_a_parameter_and_has_a_control_on_the_page(parameter: Parameter) -> None:
    field = Page.model_fields[parameter.name]

    assert field.description == parameter.help
    assert f'name="{parameter.name}"' in (STATIC / "index.html").read_text(encoding="utf-8")
    assert f'"{parameter.name}"' in (STATIC / "address.js").read_text(encoding="utf-8")
