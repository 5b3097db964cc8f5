from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sightline.cli.options import as_model_option
from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16
from sightline.encoders.files.model_files import INT8_VISION
from sightline.encoders.int8 import quantizing
from tests.cli.conftest import Command
from tests.encoders.tiny_model import make_tiny_model


@pytest.fixture(autouse=True)
def _short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantizing, "_MEASURING_S", 0.0)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny")


@pytest.fixture
def colours(tmp_path: Path) -> Path:
    """Return a folder with 30 pictures, each of another colour, and one that is broken."""
    folder = tmp_path / "colours"
    folder.mkdir()
    random = np.random.default_rng(3)
    for number in range(30):
        colour = tuple(int(level) for level in random.integers(0, 256, 3))
        Image.new("RGB", (32, 24), colour).save(folder / f"{number}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    return folder


def test_the_table_says_what_was_won_and_lost(command: Command, model: Path, colours: Path) -> None:
    outcome = command("models", "quantize", model, "--calibrate", colours, "--force")

    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    titles = ("cosine", "worst", "first ten", "pictures/s", "faster", "MB")
    assert all(title in lines[1] for title in titles)
    bfloat16 = ["bfloat16"] if cpu_has_bfloat16() else []
    named = [line.split()[0] for line in lines[3:] if line.strip()]
    assert named == ["float32", *bfloat16, "int8"]
    assert "1 file could not be read" in outcome.err
    assert "calibrated with 18 pictures; measured with 12 others" in outcome.err
    assert f"--model {model} --precision int8" in outcome.err
    assert (model / INT8_VISION).exists()


def test_json_is_one_line_and_nothing_else_is_on_standard_output(
    command: Command, model: Path, colours: Path
) -> None:
    outcome = command(
        "models", "quantize", model, "--calibrate", colours, "--pictures", 10, "--force", "--json"
    )

    assert outcome.code == 0, outcome.err
    (line,) = outcome.out.splitlines()
    said = json.loads(line)
    assert (said["calibrated_with"], said["measured_with"]) == (10, 20)
    assert said["folder"] == str(model)
    assert said["runs"][0]["precision"] == "float32"
    assert said["runs"][-1]["precision"] == "int8"
    assert [Path(skipped["path"]).name for skipped in said["skipped"]] == ["broken.jpg"]


def test_an_own_folder_is_named_as_the_model_to_use(
    command: Command, model: Path, colours: Path, tmp_path: Path
) -> None:
    outcome = command(
        "models", "quantize", model, "--calibrate", colours, "--force", "--out", "small"
    )

    assert outcome.code == 0, outcome.err
    assert "--model small --precision int8" in outcome.err
    assert (tmp_path / "small" / INT8_VISION).exists()
    assert not (model / INT8_VISION).exists()


@pytest.mark.parametrize(("name", "shown"), [("mini", "./mini"), ("my model", "'my model'")])
def test_a_folder_is_named_so_that_the_shell_and_the_table_leave_it_alone(
    name: str, shown: str
) -> None:
    assert as_model_option(Path(name)) == shown


def test_too_few_pictures_are_counted_in_a_sentence(
    command: Command, model: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(7):
        Image.new("RGB", (20, 20), (number, 0, 0)).save(folder / f"{number}.png")

    outcome = command("models", "quantize", model, "--calibrate", folder)

    assert outcome.code == 2
    assert "20 or more different pictures, and 7 of its 7 files" in outcome.err
    assert not (model / INT8_VISION).exists()


def test_a_folder_of_pictures_that_is_not_there_is_named(command: Command, model: Path) -> None:
    outcome = command("models", "quantize", model, "--calibrate", "gone")

    assert outcome.code == 2
    assert "there is no file or folder" in outcome.err


def test_without_nncf_the_extra_is_named_before_anything_is_read(
    command: Command, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)

    outcome = command("models", "quantize", model, "--calibrate", "gone")

    assert outcome.code == 6
    assert "pip install 'sightline[quantize]'" in outcome.err
