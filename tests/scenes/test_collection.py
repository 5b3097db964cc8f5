from __future__ import annotations

import errno
import json
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from tests.interrupts import hear_ctrl_c

from sightline.errors import (
    DiskFullError,
    InvalidValueError,
    NotWritableError,
    SourceNotFoundError,
    TruthUnreadableError,
)
from sightline.gallery.model import is_drawn
from sightline.system.files import write_whole
from sightline_scenes import collection as collection_module
from sightline_scenes import drawing, workers
from sightline_scenes.claims import Claims
from sightline_scenes.collection import read_collection, write_collection
from sightline_scenes.edits import edit_cases
from sightline_scenes.kinds import Setting
from sightline_scenes.plan import plan_collection
from sightline_scenes.world import Scene

Artist = Callable[..., Image.Image]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Drawing is replaced by a flat colour; the seeds of what is drawn are noted."""
    seeds: list[str] = []

    def draw(scene: Scene, seed: str, width_px: int, height_px: int) -> Image.Image:
        seeds.append(seed)
        return Image.new("RGB", (width_px, height_px), (len(seed), len(scene.subjects), 7))

    monkeypatch.setattr(drawing, "draw", draw)
    return seeds


def write(folder: Path, count: int = 30, seed: int = 3, workers: int | None = 1) -> Path:
    return write_collection(
        folder, count=count, seed=seed, width_px=32, height_px=24, workers=workers
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def jpegs(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*.jpg"))


@pytest.mark.usefixtures("drawn")
def test_what_was_planned_is_read_back(tmp_path: Path) -> None:
    plan = plan_collection(60, seed=3)
    collection = read_collection(write(tmp_path / "new" / "scenes", count=60))
    assert [picture.scene for picture in collection.pictures] == [p.scene for p in plan]
    asked = {number: picture.edits for number, picture in enumerate(plan)}
    assert list(collection.edits) == edit_cases([p.scene for p in plan], asked)
    assert collection.edits
    for number, picture in enumerate(collection.pictures):
        assert collection.path(number).is_file()
        assert (picture.width_px, picture.height_px) == (32, 24)
        assert picture.seed == f"3:{number}"
        assert set(picture.captions) == {"full", "short", "terse"}


@pytest.mark.usefixtures("drawn")
def test_relevant_pictures_are_those_of_which_a_text_is_true(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path))
    beach = Claims(frozenset({Setting.BEACH}))
    expected = [
        number
        for number, picture in enumerate(collection.pictures)
        if picture.scene.setting is Setting.BEACH
    ]
    assert collection.relevant(beach) == expected
    assert 0 < len(expected) < 30


def test_pictures_are_real_jpegs_of_the_size_asked_for(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, count=3))
    for number in range(3):
        with Image.open(collection.path(number)) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", (32, 24), "RGB")
            image.load()


def test_many_processes_draw_what_one_draws(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one", count=100), write(tmp_path / "two", count=100, workers=2)
    assert contents(one) == contents(two)


@pytest.mark.usefixtures("drawn")
def test_pictures_lie_in_folders_of_a_thousand(tmp_path: Path) -> None:
    write(tmp_path, count=1002)
    assert len(list((tmp_path / "pictures" / "000").iterdir())) == 1000
    assert jpegs(tmp_path / "pictures" / "001") == ["scene-01000.jpg", "scene-01001.jpg"]


def test_a_collection_of_one_is_complete(tmp_path: Path, drawn: list[str]) -> None:
    collection = read_collection(write(tmp_path, count=1))
    assert len(collection.pictures) == len(drawn) == 1
    assert collection.edits == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 0),
        ("count", -5),
        ("width_px", 15),
        ("height_px", 0),
        ("width_px", 20_000),
        ("workers", 0),
    ],
)
def test_numbers_out_of_range_are_refused_before_anything_is_written(
    tmp_path: Path, field: str, value: int
) -> None:
    arguments = {"count": 1, "width_px": 32, "height_px": 24, "workers": 1, field: value}
    with pytest.raises(InvalidValueError, match=field):
        write_collection(tmp_path / "new", seed=1, progress=None, **arguments)
    assert not (tmp_path / "new").exists()


# Going on ------------------------------------------------------------------------------------


def test_a_second_run_draws_nothing(tmp_path: Path, drawn: list[str]) -> None:
    write(tmp_path)
    before = contents(tmp_path)
    drawn.clear()
    seen: list[tuple[int, int]] = []
    write_collection(
        tmp_path,
        count=30,
        seed=3,
        width_px=32,
        height_px=24,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert drawn == []
    assert contents(tmp_path) == before
    assert seen == [(30, 30)]


def test_only_what_is_missing_or_broken_is_drawn_again(tmp_path: Path, drawn: list[str]) -> None:
    write(tmp_path)
    before = contents(tmp_path)
    shard = tmp_path / "pictures" / "000"
    (shard / "scene-00004.jpg").unlink()
    (shard / "scene-00007.jpg").write_bytes(before["pictures/000/scene-00007.jpg"][:100])
    (shard / "scene-00009.jpg").write_bytes(b"")
    drawn.clear()
    write(tmp_path)
    assert drawn == ["3:4", "3:7", "3:9"]
    assert contents(tmp_path) == before


def test_a_larger_collection_keeps_the_pictures_of_a_smaller_one(
    tmp_path: Path, drawn: list[str]
) -> None:
    write(tmp_path, count=30)
    before = contents(tmp_path / "pictures")
    drawn.clear()
    write(tmp_path, count=40)
    assert drawn == [f"3:{number}" for number in range(30, 40)]
    after = contents(tmp_path / "pictures")
    assert {name: after[name] for name in before} == before
    assert len(read_collection(tmp_path).pictures) == 40


def test_a_smaller_collection_has_no_pictures_left_over(tmp_path: Path, drawn: list[str]) -> None:
    write(tmp_path, count=40)
    drawn.clear()
    write(tmp_path, count=10)
    assert drawn == []
    assert len(jpegs(tmp_path)) == len(read_collection(tmp_path).pictures) == 10


@pytest.mark.usefixtures("drawn")
@pytest.mark.parametrize("change", [{"seed": 4}, {"width_px": 40}])
def test_another_seed_or_size_is_drawn_anew(tmp_path: Path, change: dict[str, int]) -> None:
    arguments = {"count": 12, "seed": 3, "width_px": 32, "height_px": 24}
    write_collection(tmp_path, progress=None, **arguments)
    write_collection(tmp_path, progress=None, **arguments | change)
    fresh = tmp_path.with_name("fresh")
    write_collection(fresh, progress=None, **arguments | change)
    assert contents(tmp_path) == contents(fresh)


def test_pictures_of_an_older_way_of_drawing_are_drawn_anew(
    tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(collection_module, "_drawing_digest", lambda: "older")
        write(tmp_path)
    drawn.clear()
    write(tmp_path)
    assert len(drawn) == 30


def test_a_damaged_header_means_that_all_is_drawn_anew(tmp_path: Path, drawn: list[str]) -> None:
    write(tmp_path)
    before = contents(tmp_path)
    (tmp_path / "collection.json").write_bytes(b'{"count": ')
    drawn.clear()
    write(tmp_path)
    assert len(drawn) == 30
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("drawn")
def test_a_folder_with_something_else_in_it_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(InvalidValueError, match="new, empty, or a collection"):
        write(tmp_path)
    assert contents(tmp_path) == {"holiday.jpg": b"mine"}


@pytest.mark.usefixtures("drawn")
def test_another_programs_collection_is_refused_and_left_alone(tmp_path: Path) -> None:
    header = tmp_path / "collection.json"
    header.write_text('{"name": "of another program"}')
    (tmp_path / "scenes.jsonl").write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(InvalidValueError, match="new, empty, or a collection"):
        write(tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.usefixtures("drawn")
def test_hidden_files_and_other_files_beside_a_collection_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"finder")
    write(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"mine")
    write(tmp_path, seed=9)
    assert (tmp_path / "notes.txt").read_bytes() == b"mine"


def test_a_collection_and_what_lies_in_it_are_recognised(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = folder / "pictures"
    monkeypatch.chdir(folder)
    for path in (folder, pictures, pictures / "000" / "scene-00001.jpg", Path("pictures")):
        assert is_drawn(path)
    other = tmp_path / "holiday"
    other.mkdir()
    (other / "collection.json").write_text('{"name": "of another program"}')
    (folder / "photos").mkdir()
    for path in (tmp_path, other, folder / "photos", tmp_path / "missing"):
        assert not is_drawn(path)


# Faults --------------------------------------------------------------------------------------


def test_a_full_disk_has_its_sentence_and_the_next_run_goes_on(
    tmp_path: Path, drawn: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = write_whole

    def fill_up(path: Path, content: bytes, *, lasting: bool = False) -> None:
        if path.name == "scene-00020.jpg":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, content, lasting=lasting)

    with monkeypatch.context() as full:
        full.setattr(workers, "write_whole", fill_up)
        with pytest.raises(DiskFullError, match=r"scene-00020\.jpg"):
            write(tmp_path)
    assert jpegs(tmp_path) == [f"scene-{number:05d}.jpg" for number in range(20)]
    with pytest.raises(SourceNotFoundError):
        read_collection(tmp_path)
    drawn.clear()
    write(tmp_path)
    assert len(drawn) == 10
    assert len(read_collection(tmp_path).pictures) == 30


def test_a_half_written_file_is_taken_away_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    write_whole(path, b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, b"new", lasting=True)
    assert contents(tmp_path) == {"file": b"old"}


def test_a_folder_that_cannot_be_made_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotWritableError, match="cannot write"):
        write(tmp_path / "file" / "scenes")
    with pytest.raises(NotWritableError, match="cannot write"):
        write(tmp_path / "file")


def test_storage_errors_cross_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(DiskFullError(Path("a"))))
    assert str(error) == str(DiskFullError(Path("a")))


def test_an_error_in_a_worker_ends_the_run(tmp_path: Path) -> None:
    # A folder stands where a picture should go.
    (tmp_path / "scenes").mkdir()
    write(tmp_path / "scenes", count=1)
    (tmp_path / "scenes" / "pictures" / "000" / "scene-00050.jpg").mkdir()
    with pytest.raises(NotWritableError, match="scene-00050"):
        write(tmp_path / "scenes", count=120, workers=2)


def test_two_different_runs_in_one_folder_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: list[str]
) -> None:
    real = drawing.draw
    other_is_drawn = False

    def draw(*arguments: object) -> Image.Image:
        nonlocal other_is_drawn
        if not other_is_drawn:
            other_is_drawn = True
            write(tmp_path, count=5, seed=8)  # Another process starts meanwhile.
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(drawing, "draw", draw)
    with pytest.raises(NotWritableError, match="another run"):
        write(tmp_path)
    assert drawn


def test_without_processes_the_pictures_are_drawn_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_start_worker", partial(os._exit, 1))
    expected = write(tmp_path / "expected", count=100)
    assert contents(write(tmp_path / "got", count=100, workers=2)) == contents(expected)


def test_a_worker_that_is_killed_costs_no_picture(tmp_path: Path) -> None:
    seen: list[int] = []

    def kill_one(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 3:
            for worker in multiprocessing.active_children():
                worker.kill()

    write_collection(
        tmp_path, count=300, seed=3, width_px=32, height_px=24, workers=2, progress=kill_one
    )
    assert len(jpegs(tmp_path)) == len(read_collection(tmp_path).pictures) == 300
    assert seen == sorted(set(seen))
    assert seen[-1] == 300


def test_a_script_without_a_main_guard_gets_its_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    bare = SCRIPT.replace('if __name__ == "__main__":\n    main()', "main()")
    process = start(bare.replace("2000", "100"), folder)
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert len(read_collection(folder).pictures) == len(jpegs(folder)) == 100


def test_stopping_in_the_middle_stops_the_workers(tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done:
            raise StopError

    with pytest.raises(StopError):
        write_collection(
            tmp_path, count=2000, seed=3, width_px=32, height_px=24, workers=2, progress=stop
        )
    assert multiprocessing.active_children() == []
    assert 0 < len(jpegs(tmp_path)) < 2000


SCRIPT = """
import sys
from pathlib import Path
from sightline_scenes.collection import write_collection

def main():
    write_collection(
        Path(sys.argv[1]), count=2000, seed=3, width_px=32, height_px=24, workers=2,
        progress=lambda done, total: print(done, flush=True),
    )

if __name__ == "__main__":
    main()
"""


def start(script: str, folder: Path) -> subprocess.Popen[str]:
    path = folder.parent / "script.py"
    path.write_text(script)
    return subprocess.Popen(
        [sys.executable, str(path), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )


def read_until_drawn(process: subprocess.Popen[str], enough: int) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= enough:
            return
    pytest.fail(f"it ended early: {process.stderr.read() if process.stderr else ''}")


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are of POSIX")
@pytest.mark.parametrize("how", ["interrupt", "kill"])
def test_a_run_that_is_stopped_leaves_whole_pictures_and_no_workers(
    tmp_path: Path, how: str
) -> None:
    folder = tmp_path / "scenes"
    process = start(SCRIPT, folder)
    read_until_drawn(process, 32)
    if how == "interrupt":
        os.killpg(process.pid, signal.SIGINT)  # As Ctrl-C in a terminal: to workers, too.
    else:
        process.kill()
    # The pipes close when the last of its processes has ended.
    _, complaint = process.communicate(timeout=60)
    if how == "interrupt":
        assert complaint.strip().endswith("KeyboardInterrupt")
        assert complaint.count("Traceback") == 1
        assert list(folder.rglob("*.unfinished")) == []
    pictures = list(folder.rglob("*.jpg"))
    assert 32 <= len(pictures) < 2000
    for path in pictures:
        with Image.open(path) as image:
            image.load()
    assert not (folder / "scenes.jsonl").exists()


# Reading -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, drawn: list[str]) -> Path:
    return write(tmp_path / "scenes", count=50)


def rewrite_line(path: Path, number: int, line: str) -> None:
    lines = path.read_text().splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines) + "\n")


def altered(path: Path, number: int, keys: Sequence[str | int], value: object) -> str:
    whole = json.loads(path.read_text().splitlines()[number - 1])
    inner = whole
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    return json.dumps(whole)


@pytest.mark.parametrize(
    "line", ["", "{", "[1]", "null", '"text"', "{}", "\udce4".encode("utf-8", "replace").decode()]
)
def test_a_broken_line_is_named_with_its_number(folder: Path, line: str) -> None:
    rewrite_line(folder / "scenes.jsonl", 7, line)
    with pytest.raises(TruthUnreadableError, match=r"line 7 of .*scenes\.jsonl") as caught:
        read_collection(folder)
    assert "sightline scenes" in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (["description", "setting"], "moon", "'moon' is not a known setting"),
        (["description", "time"], 3, "'time'"),
        (["description", "subjects", 0, "colour"], "octarine", "not a known colour"),
        (["description", "subjects"], {}, "'subjects'"),
        (["description", "subjects", 0], "car", "not an object"),
        (["file"], "../outside.jpg", "not a file inside"),
        (["file"], "/etc/passwd", "not a file inside"),
        (["file"], "pictures/000/scene-00001.jpg", "was there before"),
        (["width"], True, "'width'"),
        (["width"], "640", "'width'"),
        (["captions", "full"], None, "not a text"),
    ],
)
def test_a_wrong_field_is_named(
    folder: Path, keys: list[str | int], value: object, problem: str
) -> None:
    path = folder / "scenes.jsonl"
    rewrite_line(path, 3, altered(path, 3, keys, value))
    with pytest.raises(TruthUnreadableError, match=problem):
        read_collection(folder)


@pytest.mark.parametrize(
    ("keys", "value", "problem"),
    [
        (["reference"], "pictures/000/scene-99999.jpg", "not a picture of this collection"),
        (["fulfilled"], [1], "not a picture of this collection"),
        (["kinds"], ["magic"], "not a known changekind"),
        (["target", "settings"], ["moon"], "not a known setting"),
        (["target", "subjects"], [{"kinds": ["unicorn"]}], "not a known kind"),
    ],
)
def test_a_wrong_field_of_an_edit_is_named(
    folder: Path, keys: list[str | int], value: object, problem: str
) -> None:
    path = folder / "edits.jsonl"
    rewrite_line(path, 2, altered(path, 2, keys, value))
    with pytest.raises(TruthUnreadableError, match=problem):
        read_collection(folder)


@pytest.mark.parametrize("name", ["scenes.jsonl", "edits.jsonl"])
def test_an_unfinished_collection_cannot_be_read(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(SourceNotFoundError, match=name):
        read_collection(folder)
