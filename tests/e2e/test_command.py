"""The installed command, in processes of its own."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.gallery import Gallery
from tests.conftest import paint
from tests.encoders.tiny_model import make_tiny_model

COMMAND = [sys.executable, "-c", "import sys; from sightline.cli import main; main()"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SIGHTLINE_")}
    return kept | {"XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "c")}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny", config={"sightline": {"prompt": "{query}"}})


def test_the_command_is_installed() -> None:
    script = shutil.which("sightline", path=str(Path(sys.executable).parent))

    assert script is not None
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("sightline ")


def test_results_can_be_piped_into_other_programs(
    environment: dict[str, str], model: Path, photos: Path
) -> None:
    paint(photos / "a name with spaces.png", (255, 0, 0))
    indexed = subprocess.run([*COMMAND, "index", photos, "--model", model], env=environment)
    found = subprocess.run(
        [*COMMAND, "search", "red", "-k", "2", "--print0"],
        env=environment,
        capture_output=True,
        check=True,
    )
    sizes = subprocess.run(
        ["xargs", "-0", "wc", "-c"], input=found.stdout, capture_output=True, check=True
    )

    assert indexed.returncode == 0
    assert b"a name with spaces.png" in sizes.stdout
    assert b"red.png" in sizes.stdout


def test_a_reader_that_stops_early_is_no_error(
    environment: dict[str, str], model: Path, tmp_path: Path
) -> None:
    for i in range(300):
        paint(tmp_path / "many" / f"{'x' * 200}{i}.png", (i % 256, 0, 255 - i % 256), size=(4, 4))
    subprocess.run(
        [*COMMAND, "index", tmp_path / "many", "--model", model], env=environment, check=True
    )
    with subprocess.Popen(
        [*COMMAND, "search", "red", "-k", "300", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = json.loads(process.stdout.readline())
        process.stdout.close()
        complaint = process.stderr.read()
        code = process.wait(timeout=120)

    assert first["rank"] == 1
    assert code == 141
    assert complaint == b""


# Streams that are full, closed, or read by nobody


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a gallery of one picture."""
    folder = tmp_path_factory.mktemp("small")
    model = make_tiny_model(folder / "tiny", config={"sightline": {"prompt": "{query}"}})
    paint(folder / "photos" / "red.png", (255, 0, 0))
    with Gallery.open(folder / "gallery", model=model) as gallery:
        gallery.sync([folder / "photos"])
    return folder / "gallery"


def in_shell(redirection: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a line such as ``sightline ARGUMENTS >&-`` in a shell."""
    command = shlex.join([*COMMAND, *map(str, arguments)])
    return subprocess.run(
        ["bash", "-c", f"{command} {redirection}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


WRITERS = [["search", "red", "-g"], ["search", "red", "--json", "-g"], ["status", "-g"]]


@pytest.mark.parametrize("arguments", [*WRITERS, ["--help"], ["--version"]], ids=" ".join)
def test_a_reader_that_stops_early_has_an_exit_code_of_its_own(
    small: Path, arguments: list[str]
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, *arguments, *([small] if arguments[-1] == "-g" else [])],
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=120,
        check=False,
    )
    os.close(writing)

    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [*WRITERS, ["--help"], ["--version"]], ids=" ".join)
def test_a_full_disk_under_the_results_is_a_sentence(small: Path, arguments: list[str]) -> None:
    done = in_shell("> /dev/full", *arguments, *([small] if arguments[-1] == "-g" else []))

    assert done.returncode == 5
    assert re.fullmatch(r"sightline: no space is left for standard output; [^\n]*\n", done.stderr)


def test_a_closed_standard_output_is_a_sentence(small: Path) -> None:
    done = in_shell(">&-", "search", "red", "-g", small)

    assert done.returncode == 5
    assert re.fullmatch(
        r"sightline: cannot write standard output: it is closed; [^\n]*\n", done.stderr
    )


def test_a_closed_standard_input_is_a_sentence(small: Path) -> None:
    done = in_shell("<&-", "search", "--image", "-", "-g", small)

    assert done.returncode == 2
    assert done.stderr == "sightline: cannot read standard input: it is closed\n"


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_results_come_also_where_nobody_hears_the_rest(small: Path, redirection: str) -> None:
    if redirection.endswith("full") and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")

    # The sheet's line would go to standard error.
    sheet = small.parent / "sheet.png"
    done = in_shell(redirection, "search", "red", "-p", "--sheet", sheet, "-g", small)

    assert done.returncode == 0
    assert done.stdout == f"{small.parent / 'photos' / 'red.png'}\n"


def test_ctrl_c_while_modules_are_loaded_is_a_sentence() -> None:
    script = """
import sys

class Interrupting:
    def find_spec(self, name, *_):
        if name == "sightline.cli.app":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupting())
from sightline.cli import main

main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )

    assert done.returncode == 130
    assert done.stderr == (
        "stopped; what was finished is kept, so give the same command again to go on\n"
    )
