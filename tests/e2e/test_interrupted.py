"""A sync may end at any moment, in any way: what was committed is kept, and the next goes on."""

import random
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sightline.catalog import Catalog
from sightline.errors import DiskFullError
from sightline.gallery import Gallery
from sightline.gallery.sync import BATCH
from sightline.testing import FakeEncoder
from sightline.types import Query
from tests.catalog.catalog_rows import chunks_of
from tests.conftest import paint
from tests.interrupts import hear_ctrl_c

PICTURES = 200
SCRIPT = Path(__file__).with_name("sync_once.py")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(11)
    for i in range(PICTURES):
        red, green, blue = (int(c) for c in rng.integers(0, 256, 3))
        paint(folder / f"{i:03}.png", (red, green, blue), size=(8, 8))
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    return folder


def start(
    home: Path, photos: Path, before: Callable[[], None] = hear_ctrl_c
) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(home), str(photos)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=before,
    )


def content(home: Path) -> dict[str, bytes]:
    """Return every picture's vector by its name."""
    with Catalog.open(home / "catalog.sqlite") as catalog:
        found: dict[str, bytes] = {}
        for ids, vectors in chunks_of(catalog, FakeEncoder().spec):
            records = catalog.records(ids.tolist())
            for id, vector in zip(ids.tolist(), vectors, strict=True):
                assert records[id].path.name not in found, "a picture twice"
                found[records[id].path.name] = vector.tobytes()
        assert len(found) == catalog.count(), "a picture without its vector"
        return found


@pytest.fixture(scope="module")
def uninterrupted(many: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    home = tmp_path_factory.mktemp("whole") / "gallery"
    with Gallery.open(home, model=FakeEncoder()) as gallery:
        gallery.sync([many])
    whole = content(home)
    assert len(whole) == PICTURES
    return whole


def test_killed_at_random_moments_nothing_committed_is_lost(
    many: Path, tmp_path: Path, uninterrupted: dict[str, bytes]
) -> None:
    dice = random.Random(4)
    kept_by_some_kill = False
    for attempt in range(8):
        home = tmp_path / f"g{attempt}"
        # Each gallery is killed twice, at any line of the run: also before the first commit, and
        # while the index is written.
        for last_line in (dice.randrange(PICTURES + 2), dice.randrange(PICTURES)):
            before = content(home) if (home / "catalog.sqlite").exists() else {}
            process = start(home, many)
            assert process.stdout is not None
            assert process.stderr is not None
            done = 0
            for number, line in enumerate(process.stdout):
                done = int(line.split()[1]) if line.startswith("embedding") else done
                if number >= last_line:
                    break
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()
            process.stderr.close()
            after = content(home) if (home / "catalog.sqlite").exists() else {}
            assert before.items() <= after.items() <= uninterrupted.items()
            assert len(after) >= len(before) + done - 2 * BATCH - 1, "more than was in flight"
            kept_by_some_kill |= 0 < len(after) < PICTURES
        with Gallery.open(home, model=FakeEncoder()) as gallery:
            report = gallery.sync([many])
            assert report.added == PICTURES - len(after)
            assert len(gallery.search(Query(texts=["red"]), k=PICTURES)) == PICTURES
            assert gallery.status().index_state == "current"
            assert [s.path.name for s in gallery.status().faults] == ["broken.jpg"]
        assert content(home) == uninterrupted
        assert not list(home.glob("*.tmp")), "leftovers are cleared away"
    assert kept_by_some_kill, "no kill hit the middle of a run, so this test showed nothing"


def test_ctrl_c_keeps_what_was_committed(
    many: Path, tmp_path: Path, uninterrupted: dict[str, bytes]
) -> None:
    home = tmp_path / "g"
    process = start(home, many)
    assert process.stdout is not None
    for line in process.stdout:
        if line.split()[1] == str(2 * BATCH + 5):
            process.send_signal(signal.SIGINT)
            break
    _, complaint = process.communicate()

    assert "KeyboardInterrupt" in complaint
    assert BATCH <= len(content(home)) < PICTURES
    with Gallery.open(home, model=FakeEncoder()) as gallery:
        assert gallery.status().index_state == "current", "the index was still written"
        gallery.sync([many])
    assert content(home) == uninterrupted


def _with_little_room() -> None:
    # A file may not grow beyond this: the kernel refuses the write as a full disk would.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (90_000, 90_000))


def test_a_full_disk_during_a_commit_keeps_what_was_committed(
    many: Path, tmp_path: Path, uninterrupted: dict[str, bytes]
) -> None:
    home = tmp_path / "g"
    process = start(home, many, before=_with_little_room)
    _, complaint = process.communicate()

    assert "DiskFullError: no space is left" in complaint
    assert content(home).items() <= uninterrupted.items()
    with Gallery.open(home, model=FakeEncoder()) as gallery:
        gallery.sync([many])
    assert content(home) == uninterrupted


def test_a_full_disk_while_the_index_is_written_loses_nothing(
    many: Path, tmp_path: Path, uninterrupted: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "g"

    def refuse(*_: object) -> None:
        raise DiskFullError(home / "vectors.index")

    with Gallery.open(home, model=FakeEncoder()) as gallery:
        with monkeypatch.context() as patch:
            patch.setattr("sightline.gallery.index.save", refuse)
            with pytest.raises(DiskFullError, match="nothing that was committed is lost"):
                gallery.sync([many])
        assert len(gallery.search(Query(texts=["red"]), k=PICTURES)) == PICTURES
    assert content(home) == uninterrupted
    with Gallery.open(home, model=FakeEncoder()) as gallery:
        assert gallery.sync([many]).unchanged == PICTURES
        assert gallery.status().index_state == "current"
