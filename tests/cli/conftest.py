import io
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from sightline.cli import run
from tests.conftest import COLOURS, paint
from tests.encoders.tiny_model import make_tiny_model


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str


Command = Callable[..., Outcome]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    # The bare query, so that every score can be worked out by hand.
    return make_tiny_model(folder, config={"sightline": {"prompt": "{query}"}})


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests has set up what they like: no test may use it, or reach a service."""
    for name in os.environ:
        if name.startswith(("SIGHTLINE_", "OPENAI_", "HF_")):
            monkeypatch.delenv(name)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Command:
    """Run ``sightline`` in this process, in a folder of its own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, stdin: bytes = b"") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capfdbinary.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capfdbinary.readouterr()
        return Outcome(code, captured.out.decode("utf-8", "surrogateescape"), captured.err.decode())

    return call


@pytest.fixture(scope="session")
def indexed_once(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with photos and, in ``data``, what indexing them left behind."""
    home = tmp_path_factory.mktemp("indexed")
    for name, colour in COLOURS.items():
        paint(home / "photos" / f"{name}.png", colour)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_DATA_HOME", str(home / "data"))
        environment.setenv("XDG_CACHE_HOME", str(home / "cache"))
        assert run(["index", str(home / "photos"), "--model", str(tiny_model)]) == 0
    return home


@pytest.fixture
def indexed(command: Command, tmp_path: Path, photos: Path, indexed_once: Path) -> Command:
    """The same, after the photos were indexed: a copy of a gallery that was, led to them."""
    shutil.copytree(indexed_once / "photos", photos, dirs_exist_ok=True)
    shutil.copytree(indexed_once / "data", tmp_path / "data")
    (catalog,) = (tmp_path / "data").rglob("catalog.sqlite")
    old, new = str(indexed_once / "photos"), str(photos)
    with closing(sqlite3.connect(catalog)) as connection, connection:
        for table in ("files", "folders"):
            connection.execute(
                f"UPDATE {table} SET path = ? || substr(path, ?)", (new, len(old) + 1)
            )
    return command
