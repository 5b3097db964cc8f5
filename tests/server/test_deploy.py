"""What is written about running the service names flags and settings that there are."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import typer.main

from sightline.cli.app import app
from sightline.server.settings import Settings, variable_of

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs" / "service.md",
    *(path for path in sorted((ROOT / "deploy").iterdir()) if path.is_file()),
]


def known_variables() -> set[str]:
    serve = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    shared = {str(parameter.envvar) for parameter in serve.params if parameter.envvar}
    return shared | {variable_of(setting.name) for setting in fields(Settings)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_that_is_named_is_read(page: Path) -> None:
    named = set(re.findall(r"SIGHTLINE_[A-Z_]+", page.read_text(encoding="utf-8")))

    assert named <= known_variables()


@pytest.mark.parametrize("name", ["Dockerfile", "sightline.service"])
def test_what_is_started_is_a_command_with_its_flags(name: str) -> None:
    text = (ROOT / "deploy" / name).read_text(encoding="utf-8")
    started = re.search(r'^(?:CMD \["|ExecStart=/opt/\S+/)(sightline.*)$', text, re.MULTILINE)
    assert started is not None
    words = re.findall(r"[\w-]+", started[1])
    serve = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    flags = {flag for parameter in serve.params for flag in parameter.opts}

    assert words[:2] == ["sightline", "serve"]
    assert set(words[2:]) <= flags


def test_the_image_and_the_unit_say_who_they_run_as() -> None:
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    unit = (ROOT / "deploy" / "sightline.service").read_text(encoding="utf-8")

    assert re.search(r"^USER 10001$", image, re.MULTILINE)
    assert "HEALTHCHECK" in image
    assert "SIGHTLINE_TOKEN=" not in "".join(
        line for line in (image + unit).splitlines(keepends=True) if not line.startswith("#")
    ), "no secret is built in"
    assert "DynamicUser=yes" in unit


def test_only_what_is_needed_goes_into_the_image() -> None:
    kept = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    image = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        word
        for line in re.findall(r"^COPY (?!--from)(.+)$", image, re.MULTILINE)
        for word in line.split()[:-1]
    }

    assert kept[0] == "*"
    assert copied == {line[1:] for line in kept if line.startswith("!")}
