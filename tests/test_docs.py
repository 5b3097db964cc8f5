import re
from pathlib import Path

import pytest
import typer.main

from sightline import errors
from sightline.cli.app import app
from sightline.cli.exits import EXIT_MEANINGS

ROOT = Path(__file__).parents[1]
PAGES = sorted({*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")})


def test_every_command_option_and_exit_code_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        section = page.partition(f"## `sightline {name}`")[2].partition("\n## ")[0]
        assert section, f"docs/cli.md lacks `sightline {name}`; write it anew with `make docs`"
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("-") and option not in {"-h", "--help"}:
                    assert re.search(rf"{re.escape(option)}\b", section), f"{name} {option}"
    for code, meaning in EXIT_MEANINGS.items():
        assert f"Exit code {code.value}: {meaning}." in page


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_error_stands_in_the_tree_of_the_module_docstring() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    defined = [
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type)
        and issubclass(kind, errors.SightlineError)
        and kind is not errors.SightlineError
    ]
    assert sorted(drawn) == sorted(defined)
