"""The installed command, in processes of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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

    assert first["rank"] == 1
    assert b"Traceback" not in complaint
    assert b"BrokenPipe" not in complaint
