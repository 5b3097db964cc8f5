import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sightline.encoders.export.staging import staged_folder
from sightline.errors import (
    DiskFullError,
    FolderTakenError,
    InvalidValueError,
    NotWritableError,
)


def fill(out: Path, text: str = "{}", *, replace: bool = False) -> None:
    with staged_folder(out, replace=replace) as staged:
        (staged / "config.json").write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_when_the_block_ends(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "model"

    with staged_folder(out) as staged:
        (staged / "config.json").write_text("{}")
        assert not out.exists()

    assert names(out) == ["config.json"]
    assert names(out.parent) == ["model"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()

    fill(tmp_path / "model")

    assert names(tmp_path / "model") == ["config.json"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_when_the_block_raises(tmp_path: Path, error: type[BaseException]) -> None:
    def begin() -> None:
        with staged_folder(tmp_path / "model") as staged:
            (staged / "config.json").write_text("{}")
            raise error

    with pytest.raises(error):
        begin()

    assert names(tmp_path) == []


def test_a_model_is_replaced_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "model"
    fill(out, "old")

    with pytest.raises(FolderTakenError, match="pass --force"):
        fill(out, "new")
    assert (out / "config.json").read_text() == "old"

    fill(out, "new", replace=True)
    assert (out / "config.json").read_text() == "new"
    assert names(tmp_path) == ["model"]


def test_a_folder_with_anything_else_is_never_replaced(tmp_path: Path) -> None:
    out = tmp_path / "model"
    fill(out)
    (out / "holiday.jpg").write_bytes(b"irreplaceable")

    with pytest.raises(FolderTakenError, match="not empty"):
        fill(out, replace=True)

    assert names(out) == ["config.json", "holiday.jpg"]


def test_a_model_that_is_replaced_stays_when_the_block_raises(tmp_path: Path) -> None:
    out = tmp_path / "model"
    fill(out, "old")

    with pytest.raises(ZeroDivisionError), staged_folder(out, replace=True):
        raise ZeroDivisionError

    assert (out / "config.json").read_text() == "old"
    assert names(tmp_path) == ["model"]


def test_who_comes_second_does_not_overwrite_the_first(tmp_path: Path) -> None:
    out = tmp_path / "model"

    with pytest.raises(FolderTakenError), staged_folder(out):
        fill(out, "first")

    assert (out / "config.json").read_text() == "first"
    assert names(tmp_path) == ["model"]


def test_a_file_in_the_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("a file")

    with pytest.raises(InvalidValueError, match="this is a file"):
        fill(tmp_path / "model")


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "model").symlink_to(tmp_path / "elsewhere")

    fill(tmp_path / "model")

    assert names(tmp_path / "elsewhere") == ["config.json"]
    assert (tmp_path / "model").is_symlink()


def test_the_system_s_refusals_are_translated(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError), staged_folder(tmp_path / "model"):
        raise OSError(28, "No space left on device")
    (tmp_path / "file").write_text("a file")
    with pytest.raises(NotWritableError):
        fill(tmp_path / "file" / "model")

    assert names(tmp_path) == ["file"]


def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with subprocess.Popen(
        [*_WRITER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert len(names(tmp_path)) == 1

        fill(tmp_path / "other")
        fill(tmp_path / "model-2")
        assert len([name for name in names(tmp_path) if "partial" in name]) == 1
        writer.send_signal(signal.SIGKILL)
    assert len([name for name in names(tmp_path) if "partial" in name]) == 1

    fill(out)

    assert names(tmp_path) == ["model", "model-2", "other"]


def test_what_a_running_process_writes_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "model"
    with subprocess.Popen(
        [*_WRITER, str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()

        with pytest.raises(FolderTakenError), staged_folder(out):
            writer.communicate(b"\n")

    assert writer.returncode == 0
    assert (out / "config.json").read_text() == "the other's"
    assert os.listdir(tmp_path) == ["model"]


_WRITER = [
    sys.executable,
    "-c",
    "import sys; from pathlib import Path\n"
    "from sightline.encoders.export.staging import staged_folder\n"
    "with staged_folder(Path(sys.argv[1])) as staged:\n"
    "    (staged / 'config.json').write_text(\"the other's\")\n"
    "    print('ready', flush=True)\n"
    "    sys.stdin.readline()\n",
]
