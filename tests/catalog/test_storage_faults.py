"""What can befall a catalog: damage, no room, no rights, other processes, kill -9."""

import errno
import json
import os
import pickle
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sightline.catalog import Catalog, connections
from sightline.catalog.lock import WriterLock
from sightline.catalog.sqlite import translate
from sightline.errors import (
    DiskFullError,
    GalleryBusyError,
    GalleryCorruptError,
    NotReadableError,
    NotWritableError,
    SightlineError,
)
from sightline.system.files import storage_error
from sightline.types import Batch, Fault, Filters, Judgement, Question
from tests.catalog.catalog_rows import MODEL, chunks_of, picture, unit_rows, vectors_by_id

POSIX = pytest.mark.skipif(os.name == "nt", reason="uses POSIX processes and rights")

# Runs in a process of its own: commits ten pictures at a time and says so, for ever.
WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.catalog.catalog_rows import chunks_of, ids_of, MODEL, picture, unit_rows
from sightline.catalog import Catalog
from sightline.types import Batch
with Catalog.open(Path({path!r}), create=True) as catalog, catalog.writer("the writing test"):
    print("ready", flush=True)
    start = catalog.count()
    rows = unit_rows(10)
    while True:
        added = [picture(start + i, vector=rows[i]) for i in range(10)]
        catalog.commit(Batch(model=MODEL, added=added))
        start += 10
        print(start, flush=True)
"""


def writing_process(path: Path) -> "subprocess.Popen[str]":
    code = WRITER.format(path=str(path), tests=str(Path(__file__).parents[2]))
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def filled(path: Path) -> Path:
    rows = unit_rows(500)
    with Catalog.open(path, create=True) as catalog:
        added = [picture(i, vector=row) for i, row in enumerate(rows)]
        faults = [Fault(Path(f"/pictures/bad{i}.jpg"), 1, 1, "cut off") for i in range(500)]
        catalog.commit(Batch(model=MODEL, added=added, faults=faults, folders=[Path("/pictures")]))
    return path


# Translation


PRIMARY_CODES = [
    name
    for name in dir(sqlite3)
    if name.startswith("SQLITE_")
    and isinstance(getattr(sqlite3, name), int)
    and name
    in {
        *(
            "SQLITE_ERROR SQLITE_PERM SQLITE_ABORT SQLITE_BUSY SQLITE_LOCKED SQLITE_READONLY"
        ).split(),
        *("SQLITE_INTERRUPT SQLITE_IOERR SQLITE_CORRUPT SQLITE_NOTFOUND SQLITE_FULL").split(),
        *("SQLITE_CANTOPEN SQLITE_PROTOCOL SQLITE_SCHEMA SQLITE_TOOBIG SQLITE_CONSTRAINT").split(),
        *("SQLITE_MISMATCH SQLITE_AUTH SQLITE_RANGE SQLITE_NOTADB SQLITE_FORMAT").split(),
    }
]


def sqlite_error(code: int, kind: type[sqlite3.Error] = sqlite3.OperationalError) -> sqlite3.Error:
    error = kind("the message")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize("name", PRIMARY_CODES)
def test_every_error_code_of_sqlite_has_a_sentence_of_ours(name: str) -> None:
    ours = translate(sqlite_error(getattr(sqlite3, name)), Path("/g/catalog.sqlite"))

    assert isinstance(ours, SightlineError)
    assert "/g" in str(ours) or "the message" in str(ours)
    assert str(pickle.loads(pickle.dumps(ours))) == str(ours)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, DiskFullError),
        (sqlite3.SQLITE_IOERR_WRITE, DiskFullError),
        (sqlite3.SQLITE_IOERR_READ, NotReadableError),
        (sqlite3.SQLITE_IOERR_FSYNC, NotWritableError),
        (sqlite3.SQLITE_READONLY_DBMOVED, NotWritableError),
        (sqlite3.SQLITE_CANTOPEN_ISDIR, NotReadableError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, GalleryBusyError),
        (sqlite3.SQLITE_NOTADB, GalleryCorruptError),
        (sqlite3.SQLITE_CORRUPT_INDEX, GalleryCorruptError),
    ],
)
def test_error_codes_lead_to_the_right_remedy(code: int, expected: type[SightlineError]) -> None:
    assert type(translate(sqlite_error(code), Path("/g/catalog.sqlite"))) is expected


def test_wrong_use_of_the_module_is_not_dressed_up_as_damage() -> None:
    assert translate(sqlite3.ProgrammingError("wrong thread"), Path("/g")) is None


def test_a_full_disk_and_a_lack_of_rights_are_told_apart() -> None:
    for number in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        assert isinstance(storage_error(OSError(number, "No room"), Path("/g")), DiskFullError)
    assert isinstance(storage_error(OSError(13, "Permission denied"), Path("/g")), NotWritableError)


# Damage

JUDGEMENT = Judgement(Question("a red car"), 1, 1)
EVERY_CALL: dict[str, Callable[[Catalog], object]] = {
    "change": lambda catalog: catalog.change,
    "commit": lambda catalog: catalog.commit(Batch(model=MODEL, added=[picture(9999)])),
    "count": lambda catalog: catalog.count(),
    "facets": lambda catalog: catalog.facets(),
    "faults": lambda catalog: catalog.faults(),
    "files": lambda catalog: catalog.files(MODEL),
    "folders": lambda catalog: catalog.folders(),
    "judge": lambda catalog: catalog.judge([JUDGEMENT]),
    "judgements": lambda catalog: catalog.judgements(),
    "keep_text": lambda catalog: catalog.keep_text("caption", "key", "a boat"),
    "kept_text": lambda catalog: catalog.kept_text("caption", "key"),
    "matching": lambda catalog: catalog.matching(Filters(formats=["PNG"]), MODEL),
    "missing": lambda catalog: catalog.missing(MODEL),
    "models": lambda catalog: catalog.models(),
    "newest": lambda catalog: catalog.newest(Filters(), 5),
    "record_at": lambda catalog: catalog.record_at(Path("/pictures/1.jpg")),
    "record_with": lambda catalog: catalog.record_with(f"{1:040x}", MODEL),
    "records": lambda catalog: catalog.records([1]),
    "setting": lambda catalog: catalog.setting("model"),
    "snapshot": lambda catalog: list(chunks_of(catalog, MODEL)),
    "take_back": lambda catalog: catalog.take_back([JUDGEMENT]),
    "vector": lambda catalog: catalog.vector(1, MODEL),
}


def test_every_public_method_is_in_the_list_of_calls() -> None:
    public = {name for name in vars(Catalog) if not name.startswith("_")}

    assert set(EVERY_CALL) == public - {"open", "close", "path", "writer"}


@pytest.mark.parametrize("name", EVERY_CALL)
def test_a_damaged_file_is_called_damaged_by_every_method(filled: Path, name: str) -> None:
    with Catalog.open(filled) as catalog:
        content = filled.read_bytes()
        filled.write_bytes(content[:200] + b"\x5a" * (len(content) - 200))

        with pytest.raises(GalleryCorruptError, match="damaged"):
            EVERY_CALL[name](catalog)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\x00", b"x"])
def test_a_file_that_is_no_database_is_called_damaged(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(GalleryCorruptError):
        Catalog.open(path, create=True).close()

    assert path.read_bytes() == content, "it may be someone's treasure"


def test_damage_anywhere_raises_ours_or_nothing(filled: Path) -> None:
    whole = filled.read_bytes()
    dice = random.Random(5)
    seen = 0
    for _ in range(60):
        start = dice.randrange(len(whole) - 4096)
        length = dice.choice([1, 64, 4096])
        filled.write_bytes(whole[:start] + dice.randbytes(length) + whole[start + length :])
        try:
            with Catalog.open(filled) as catalog:
                for name in ("files", "snapshot", "faults", "models", "records", "commit"):
                    EVERY_CALL[name](catalog)
        except SightlineError:
            seen += 1
        for leftover in filled.parent.glob("catalog.sqlite-*"):
            leftover.unlink()
    assert seen > 5, "else nothing was damaged"


def test_a_vector_of_the_wrong_size_or_content_is_damage(filled: Path) -> None:
    for blob in (b"\x00\x3c", b"\x00\x7e" * 16, b"\x00" * 32):
        connection = sqlite3.connect(filled)
        with connection:
            connection.execute("UPDATE vectors SET vector = ? WHERE image_id = 7", (blob,))
        connection.close()
        with Catalog.open(filled) as catalog:
            with pytest.raises(GalleryCorruptError):
                list(chunks_of(catalog, MODEL))
            with pytest.raises(GalleryCorruptError):
                catalog.vector(7, MODEL)


# No room


def test_a_full_database_loses_only_the_batch_in_flight(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure = connections._configure

    def with_little_room(connection: sqlite3.Connection, *, read_only: bool) -> None:
        configure(connection, read_only=read_only)
        connection.execute("PRAGMA max_page_count = 40")

    rows = unit_rows(64)
    committed = 0

    def fill(catalog: Catalog) -> None:
        nonlocal committed
        while committed < 100_000:
            added = [picture(committed + i, vector=row) for i, row in enumerate(rows)]
            catalog.commit(Batch(model=MODEL, added=added))
            committed += 64

    with monkeypatch.context() as patch:
        patch.setattr(connections, "_configure", with_little_room)
        with Catalog.open(path, create=True) as catalog, catalog.writer():
            with pytest.raises(DiskFullError, match="make room"):
                fill(catalog)
            assert catalog.count() == committed
            assert len(vectors_by_id(catalog)) == committed

    assert committed > 0
    with Catalog.open(path) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(10**6)]))
        assert catalog.count() == committed + 1


@POSIX
def test_a_file_system_that_refuses_to_grow_loses_only_the_batch_in_flight(path: Path) -> None:
    code = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.catalog.catalog_rows import chunks_of, ids_of, MODEL, picture, unit_rows
from sightline.catalog import Catalog
from sightline.types import Batch
from sightline.errors import DiskFullError
rows = unit_rows(64)
with Catalog.open(Path({str(path)!r}), create=True) as catalog, catalog.writer():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    committed = 0
    try:
        while True:
            added = [picture(committed + i, vector=row) for i, row in enumerate(rows)]
            catalog.commit(Batch(model=MODEL, added=added))
            committed += 64
    except DiskFullError:
        print(committed, catalog.count())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    committed, counted = map(int, done.stdout.split())
    assert committed == counted > 0
    with Catalog.open(path) as catalog:
        assert catalog.count() == committed
        assert len(vectors_by_id(catalog)) == committed
        catalog.commit(Batch(model=MODEL, added=[picture(10**6)]))


def in_a_process(code: str) -> str:
    """Run code that uses up what a whole process has; return what it printed."""
    start = f"""
import json, os, resource, sys, urllib.parse
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.catalog.catalog_rows import chunks_of, ids_of, MODEL, picture
from sightline.catalog import Catalog
from sightline.types import Batch
from sightline.errors import SightlineError
new = picture(2)  # imports what another user may not be able to import
"""
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@POSIX
@pytest.mark.parametrize("room", [0, 4096])
def test_a_catalog_can_be_read_without_room_for_sqlite_s_own_files(path: Path, room: int) -> None:
    with Catalog.open(path, create=True) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(1)]))

    said = in_a_process(f"""
resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room}))
# Printing to a pipe needs no room.
with Catalog.open(Path({str(path)!r})) as catalog:
    print([catalog.count(), [ids.tolist() for ids, _ in chunks_of(catalog, MODEL)]])
    try:
        catalog.commit(Batch(model=MODEL, added=[new]))
    except SightlineError as error:
        print(type(error).__name__)
    print(catalog.count())
""")

    assert said.splitlines() == ["[1, [[1]]]", "DiskFullError", "1"]
    with Catalog.open(path) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(2)]))
        assert catalog.count() == 2


@POSIX
def test_commits_that_are_not_yet_in_the_file_are_not_passed_over_for_lack_of_room(
    path: Path, tmp_path: Path
) -> None:
    killed = killed_writer_s_files(path, tmp_path / "killed")

    said = in_a_process(f"""
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    Catalog.open(Path({str(killed)!r}))
except SightlineError as error:
    print(type(error).__name__)
""")

    assert said == "DiskFullError\n"


@POSIX
def test_a_new_catalog_without_room_is_a_full_disk(path: Path) -> None:
    said = in_a_process(f"""
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
try:
    Catalog.open(Path({str(path)!r}), create=True)
except SightlineError as error:
    print(type(error).__name__)
""")

    assert said == "DiskFullError\n"


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_lock_holds_though_its_holder_has_no_room_to_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int, content: bytes) -> int:
        raise OSError(number, os.strerror(number))

    path = tmp_path / "writer.lock"
    monkeypatch.setattr(os, "write", refuse)

    with WriterLock(path), pytest.raises(GalleryBusyError), WriterLock(path):
        pass


# No rights


def killed_writer_s_files(path: Path, folder: Path) -> Path:
    """Return a catalog as kill -9 leaves it, its last commit in the -wal, and without a -shm."""
    folder.mkdir()
    with Catalog.open(path, create=True) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(1)]))
    with Catalog.open(path) as catalog:
        catalog.commit(Batch(model=MODEL, added=[picture(2)]))
        for name in (path.name, f"{path.name}-wal"):
            (folder / name).write_bytes((path.parent / name).read_bytes())
    assert (folder / f"{path.name}-wal").stat().st_size > 0
    return folder / path.name


@POSIX
@pytest.mark.parametrize("wal", ["pending", "empty"])
def test_a_left_over_wal_on_a_read_only_medium_says_what_to_do(path: Path, wal: str) -> None:
    # pytest's own folders are closed to the user that a test run by root becomes.
    with tempfile.TemporaryDirectory() as name:
        killed = killed_writer_s_files(path, Path(name) / "medium")
        if wal == "empty":
            killed.write_bytes(path.read_bytes())
            killed.with_name(f"{killed.name}-wal").write_bytes(b"")
        for file in killed.parent.iterdir():
            file.chmod(0o444)
        killed.parent.chmod(0o555)
        Path(name).chmod(0o755)
        said = in_a_process(f"""
if os.getuid() == 0:
    os.setuid(65534)
try:
    with Catalog.open(Path({str(killed)!r})) as catalog:
        print(catalog.count())
except SightlineError as error:
    print(type(error).__name__, error)
""")
        killed.parent.chmod(0o755)
        if wal == "empty":
            assert said == "2\n"
        else:
            assert said.startswith("NotReadableError")
            assert "open the gallery once where it can be written" in said
            with Catalog.open(killed) as catalog:
                assert catalog.count() == 2, "done as told"


@POSIX
def test_without_rights_each_case_has_its_sentence_and_reading_still_works() -> None:
    # pytest's own folders are closed to the user that a test run by root becomes.
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "catalog.sqlite"
        closed = Path(name) / "closed.sqlite"
        with Catalog.open(path, create=True) as catalog:
            catalog.commit(Batch(model=MODEL, added=[picture(1)]))
        closed.write_bytes(path.read_bytes())
        path.chmod(0o444)
        closed.chmod(0)
        path.parent.chmod(0o555)
        code = f"""
import json, os, sys, urllib.parse
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.catalog.catalog_rows import chunks_of, ids_of, MODEL, picture
from sightline.catalog import Catalog
from sightline.types import Batch
from sightline.errors import SightlineError
new = picture(2)  # imports what that user may not be able to import
if os.getuid() == 0:
    os.setuid(65534)
path = Path({str(path)!r})
said = {{}}
def attempt(name, action):
    try:
        said[name] = action()
    except SightlineError as error:
        said[name] = [type(error).__name__, str(error)]
with Catalog.open(path) as catalog:
    attempt("read", catalog.count)
    attempt("stream", lambda: [ids.tolist() for ids, _ in chunks_of(catalog, MODEL)])
    attempt("commit", lambda: catalog.commit(Batch(model=MODEL, added=[new])))
attempt("create", lambda: Catalog.open(path.with_name("new.sqlite"), create=True).close())
attempt("unreadable", lambda: Catalog.open(path.with_name("closed.sqlite")).close())
print(json.dumps(said))
"""
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False
        )
        path.parent.chmod(0o755)

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["read"] == 1
    assert said["stream"] == [[1]]
    assert said["commit"][0] == "NotWritableError"
    assert said["create"][0] == "NotWritableError"
    assert said["unreadable"][0] == "NotReadableError"


# Other processes


def test_a_second_writer_in_the_same_process_is_told_who_is_first(path: Path) -> None:
    with Catalog.open(path, create=True) as catalog, Catalog.open(path) as another:
        with catalog.writer("sightline index"):
            catalog.commit(Batch(folders=[Path("/a")]))
            for refused in (
                lambda: another.commit(Batch(folders=[Path("/b")])),
                lambda: another.writer().__enter__(),
                lambda: catalog.writer().__enter__(),
            ):
                with pytest.raises(GalleryBusyError) as caught:
                    refused()
                assert f"process {os.getpid()} (sightline index, since " in str(caught.value)
            assert another.folders() == (Path("/a"),), "readers go on"
        another.commit(Batch(folders=[Path("/b")]))
        assert catalog.folders() == (Path("/a"), Path("/b"))


def test_a_writer_that_waits_gets_its_turn(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalog.open(path, create=True) as catalog, Catalog.open(path) as another:
        first = catalog.writer("sightline index")
        first.__enter__()
        waits: list[float] = []

        def until_the_third_time(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                first.__exit__(None, None, None)

        monkeypatch.setattr(time, "sleep", until_the_third_time)
        with another.writer("sightline remove", wait_s=600):
            another.commit(Batch(folders=[Path("/b")]))

        assert waits == [0.05] * 3


def test_a_writer_that_waited_in_vain_is_told_who_is_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.append(now.pop() + seconds))
    with Catalog.open(path, create=True) as catalog, Catalog.open(path) as another:
        with catalog.writer("sightline index"):
            with pytest.raises(GalleryBusyError, match="sightline index"):
                another.writer(wait_s=1.03).__enter__()
            assert now[0] == pytest.approx(1.03)
        with another.writer(wait_s=1.0):
            assert now[0] == pytest.approx(1.03), "a free place is taken at once"


def test_a_writer_that_fails_gives_its_place_back(path: Path) -> None:
    with Catalog.open(path, create=True) as catalog:
        with pytest.raises(ZeroDivisionError), catalog.writer():
            _ = 1 // 0
        with catalog.writer():
            catalog.commit(Batch(folders=[Path("/a")]))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"[]", b'{"pid": null}', b"\xff\xfe"])
def test_a_lock_file_that_says_nothing_useful_still_names_someone(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "writer.lock"
    with WriterLock(path):
        path.write_bytes(content)
        with pytest.raises(GalleryBusyError, match="another process"), WriterLock(path):
            pass


@POSIX
def test_a_second_process_is_refused_and_a_killed_first_one_leaves_no_lock(path: Path) -> None:
    process = writing_process(path)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        with Catalog.open(path) as catalog:
            expected = rf"process {process.pid} \(the writing test, since \d\d:\d\d\)"
            with pytest.raises(GalleryBusyError, match=expected), catalog.writer():
                pass
            assert catalog.count() >= 0, "readers go on"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    with Catalog.open(path) as catalog, catalog.writer():
        catalog.commit(Batch(folders=[Path("/a")]))


@POSIX
def test_a_writer_killed_at_any_moment_leaves_its_last_commit(path: Path) -> None:
    dice = random.Random(3)
    for _ in range(8):
        process = writing_process(path)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # After a commit was reported the next is under way: kill somewhere inside it.
        for _ in range(dice.randrange(1, 6)):
            reported = int(process.stdout.readline())
        until = time.perf_counter() + dice.random() * 0.004
        while time.perf_counter() < until:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        reported = max([reported, *(int(line) for line in process.stdout if line.endswith("\n"))])
        process.stdout.close()

        with Catalog.open(path) as catalog:
            count = catalog.count()
            assert count >= reported, "what was reported is on disk"
            assert count % 10 == 0, "a batch is there as a whole or not at all"
            assert len(vectors_by_id(catalog)) == count
            assert [path.name for path in sorted(catalog.files(), key=lambda p: int(p.stem))] == [
                f"{i}.jpg" for i in range(count)
            ]


@pytest.fixture
def makers(path: Path) -> Iterator[list["subprocess.Popen[str]"]]:
    code = (
        "import sys; from pathlib import Path; from sightline.catalog import Catalog;"
        f"sys.stdin.readline(); Catalog.open(Path({str(path)!r}), create=True).close()"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


def test_processes_that_make_a_catalog_at_once_all_succeed(
    path: Path, makers: list["subprocess.Popen[str]"]
) -> None:
    for maker in makers:
        assert maker.stdin is not None
        maker.stdin.write("\n")
        maker.stdin.flush()

    errors = [maker.communicate()[1] for maker in makers]

    assert [maker.returncode for maker in makers] == [0, 0, 0, 0], errors
    Catalog.open(path).close()
