import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
import pytest
from huggingface_hub.errors import HfHubHTTPError
from huggingface_hub.file_download import http_get
from safetensors.numpy import save

from sightline.encoders import MODELS, load_model, table
from sightline.encoders.hub.fetching import FetchProgress, fetch, fetch_repository
from sightline.encoders.hub.selection import NotThereError, files_of_checkpoint, files_of_model
from sightline.encoders.installed import InstalledModel, Registry
from sightline.errors import (
    DiskFullError,
    DownloadDamagedError,
    HubRefusedError,
    HubUnreachableError,
    InvalidValueError,
    LicenceNotAcceptedError,
    ModelFilesError,
    ModelNotFoundError,
    TooLittleRoomError,
)
from tests.encoders.hub.fake_hub import FakeHub, Repository, digest_of, repository_of, served
from tests.encoders.tiny_model import make_tiny_model

NAME = "clip-vit-b32"
REPOSITORY = "Xenova/clip-vit-base-patch32"
NOBODY = "http://127.0.0.1:1"
VISION = "onnx/vision_model.onnx"
TEXT = "onnx/text_model.onnx"
PIECE_BYTES = 50  # of a file, as it is written; the hub's client has ten million
SMALL = ("config.json", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny")


@pytest.fixture
def hub(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    with served({REPOSITORY: repository_of(tiny)}) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        yield hub


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no hub answer."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", NOBODY)


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture(autouse=True)
def own_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a cache and records of this test's own; write small pieces, and try again at once."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", PIECE_BYTES)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)


Fetch = Callable[..., InstalledModel]
Process = subprocess.Popen[bytes]


@pytest.fixture
def fetched(hub: FakeHub) -> Fetch:
    """Fetch from the fake hub, into a cache and records of this test's own."""

    def call(name: str = NAME, **more: Any) -> InstalledModel:  # noqa: ANN401
        return fetch(name, **more)

    return call


def folder_of(model: InstalledModel) -> Path:
    assert model.model is not None
    return model.model.folder


def gets(hub: FakeHub, path: str) -> list[str]:
    """What was asked for a file, such as ["", "from 10"]."""
    asked = [request for request in hub.requests if "/resolve/" in request]
    return [request.partition(path)[2].strip() for request in asked if f"/{path}" in request]


def blobs(tmp_path: Path) -> set[str]:
    return {path.name for path in tmp_path.glob("cache/models--*/blobs/*")}


# What arrives


def test_a_fetched_model_gives_the_vectors_of_the_one_that_was_served(
    fetched: Fetch, tiny: Path
) -> None:
    pixels = np.random.default_rng(0).random((2, 3, 16, 16), dtype=np.float32)

    here = load_model(folder_of(fetched()))

    assert np.array_equal(here.encode_images(pixels), load_model(tiny).encode_images(pixels))


def test_only_what_a_model_needs_is_fetched(fetched: Fetch, tiny: Path) -> None:
    folder = folder_of(fetched())

    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {*SMALL, VISION, TEXT}
    for path in found:
        assert (folder / path).read_bytes() == (tiny / path).read_bytes()


def test_the_record_names_commit_and_digests(fetched: Fetch, registry: Registry) -> None:
    model = fetched()

    assert registry.get(NAME) == model
    assert model.licence == "MIT"
    assert model.model is not None
    assert model.model.source == f"hf:{REPOSITORY}@{'c' * 40}"
    assert model.model.sets == ("fp32",)
    vision = next(file for file in model.model.files if file.path == VISION)
    assert vision.sha256 == digest_of((folder_of(model) / VISION).read_bytes())


def test_progress_ends_at_the_size_of_all_files(fetched: Fetch) -> None:
    told: list[FetchProgress] = []

    model = fetched(progress=told.append)

    assert model.model is not None
    assert told[-1].done_bytes == told[-1].total_bytes == model.model.size_bytes
    assert {progress.file for progress in told} == {*SMALL, VISION, TEXT}
    assert all(a.done_bytes <= b.done_bytes for a, b in pairwise(told))


def test_fetching_again_checks_what_is_there_and_fetches_nothing(
    fetched: Fetch, hub: FakeHub
) -> None:
    fetched()
    hub.requests.clear()

    fetched()

    assert [request for request in hub.requests if "resolve" in request] == []


def test_a_whole_model_in_a_cache_that_cannot_be_written_is_enough(
    fetched: Fetch, hub: FakeHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetched()
    hub.requests.clear()

    def refuse(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("sightline.encoders.hub.client.Hub._locked", refuse)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    again = fetched()

    assert folder_of(again) == folder_of(first)
    assert [request for request in hub.requests if "resolve" in request] == []


def test_weights_beside_a_graph_come_along(hub: FakeHub, fetched: Fetch, tmp_path: Path) -> None:
    outside = make_tiny_model(tmp_path / "outside", external=True)
    hub.repositories[REPOSITORY] = repository_of(outside)

    folder = folder_of(fetched())

    assert (folder / "onnx" / "vision_model.onnx_data").exists()
    pixels = np.zeros((1, 3, 16, 16), dtype=np.float32)
    assert load_model(folder).encode_images(pixels).shape == (1, 8)


def test_a_repository_that_is_no_model_is_said_to_be_none(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories[REPOSITORY].files[VISION] = b"not a graph" * 100

    with pytest.raises(ModelFilesError, match="not an ONNX file"):
        fetched()


@pytest.mark.skipif(sys.platform == "win32", reason="links differ there")
def test_where_links_are_impossible_the_snapshot_holds_the_files(
    fetched: Fetch, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "no links")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    folder = folder_of(fetched())
    hub.requests.clear()

    fetched()

    assert (folder / VISION).is_file()
    assert not (folder / VISION).is_symlink()
    assert gets(hub, VISION) == []


# More of the same, and the first fetch is what is kept to


def test_a_second_precision_joins_the_first(hub: FakeHub, fetched: Fetch) -> None:
    files = hub.repositories[REPOSITORY].files
    for tower in (VISION, TEXT):
        files[tower.replace(".onnx", "_quantized.onnx")] = files[tower]
        files[tower.replace(".onnx", "_fp16.onnx")] = files[tower] + b""
    fetched()

    model = fetched(files="int8")

    assert model.model is not None
    assert model.model.sets == ("fp32", "int8")
    names = {file.path for file in model.model.files}
    assert {VISION, "onnx/vision_model_quantized.onnx", "onnx/text_model_quantized.onnx"} <= names
    assert "onnx/vision_model_fp16.onnx" not in names


def test_a_later_fetch_stays_at_the_commit_of_the_first(hub: FakeHub, fetched: Fetch) -> None:
    first = fetched()
    hub.repositories[REPOSITORY].commit = "d" * 40

    assert folder_of(fetched()) == folder_of(first)
    assert folder_of(fetched(revision="main")).name == "d" * 40
    assert folder_of(fetched()).name == "d" * 40


def test_other_content_under_the_same_commit_is_refused(hub: FakeHub, fetched: Fetch) -> None:
    folder = folder_of(fetched())
    before = (folder / "config.json").read_bytes()
    hub.repositories[REPOSITORY].files["config.json"] = before + b" "

    with pytest.raises(HubRefusedError, match="not what was first fetched"):
        fetched()

    assert (folder / "config.json").read_bytes() == before


# Broken connections


def test_a_cut_connection_is_taken_up_where_it_broke(
    hub: FakeHub, fetched: Fetch, tiny: Path
) -> None:
    hub.repositories[REPOSITORY].cuts[VISION] = [100, 50]

    folder = folder_of(fetched())

    assert gets(hub, VISION) == ["", "from 100", "from 150"]
    assert (folder / VISION).read_bytes() == (tiny / VISION).read_bytes()


def test_a_connection_that_is_reset_is_taken_up_too(
    hub: FakeHub, fetched: Fetch, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset(address: str, out: BinaryIO, **options: Any) -> None:  # noqa: ANN401
        if address.endswith(VISION) and not options["resume_size"]:
            out.write((tiny / VISION).read_bytes()[:100])
            raise httpx_error("Connection reset by peer")  # which the client does not try again
        http_get(address, out, **options)

    httpx_error = HfHubHTTPError.__bases__[0]
    monkeypatch.setattr("huggingface_hub.file_download.http_get", reset)

    folder = folder_of(fetched())

    assert gets(hub, VISION) == ["from 100"]
    assert (folder / VISION).read_bytes() == (tiny / VISION).read_bytes()


def test_a_mirror_that_sends_more_than_it_announced_is_given_up(
    fetched: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_much(address: str, out: BinaryIO, **_: object) -> None:
        out.write(bytes(100_000))
        raise OSError("Consistency check failed: file should be of size 3")

    monkeypatch.setattr("huggingface_hub.file_download.http_get", too_much)

    with pytest.raises(HubUnreachableError, match="Consistency check failed"):
        fetched()


def test_a_connection_that_brings_nothing_is_given_up(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories[REPOSITORY].cuts[VISION] = [100, *[0] * 12]

    with pytest.raises(HubUnreachableError):
        fetched()
    fetched()

    assert gets(hub, VISION)[-1] == "from 100", "what had come was kept"


def test_a_connection_that_breaks_at_once_is_tried_again(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories[REPOSITORY].cuts[TEXT] = [0]

    assert folder_of(fetched()).is_dir()
    assert gets(hub, TEXT) == ["", ""]


def test_a_stopped_download_goes_on_where_it_was(hub: FakeHub, fetched: Fetch) -> None:
    def stop(progress: FetchProgress) -> None:
        if progress.file == VISION and gets(hub, VISION) and "done" not in seen:
            seen.append("done")
            raise KeyboardInterrupt

    seen: list[str] = []
    hub.repositories[REPOSITORY].cuts[VISION] = [100]
    with pytest.raises(KeyboardInterrupt):
        fetched(progress=stop)

    fetched()

    assert gets(hub, VISION) == ["", f"from {PIECE_BYTES}"]


@pytest.fixture
def in_a_process(hub: FakeHub, tmp_path: Path) -> Iterator[Callable[[], Process]]:
    """Start a process that fetches as ``fetched`` does."""
    code = (
        "from pathlib import Path\n"
        "from huggingface_hub import constants\n"
        "from sightline.encoders.hub.fetching import fetch\n"
        f"constants.DOWNLOAD_CHUNK_SIZE = {PIECE_BYTES}\n"
        "def tell(progress): print(progress.file, flush=True)\n"
        f"fetch({NAME!r}, progress=tell)\n"
    )
    environment = os.environ | {
        "HF_ENDPOINT": hub.endpoint,
        "HF_HUB_CACHE": str(tmp_path / "cache"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    started: list[Process] = []

    def start() -> Process:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def wait_until(happened: Callable[[], bool], *processes: Process) -> None:
    """Wait for what some processes do, for as long as they run."""
    pause = threading.Event()
    while not happened():
        assert all(process.poll() is None for process in processes), "it ended before"
        pause.wait(0.01)


def partial_sizes(tmp_path: Path) -> list[int]:
    found = tmp_path.glob("cache/models--*/blobs/*.incomplete")
    return [path.stat().st_size for path in found]


@pytest.mark.slow
def test_a_killed_download_goes_on_where_it_was(
    hub: FakeHub,
    fetched: Fetch,
    in_a_process: Callable[[], Process],
    tmp_path: Path,
    tiny: Path,
) -> None:
    half = (tiny / VISION).stat().st_size // 2
    came = half - half % PIECE_BYTES
    hub.hold = VISION
    process = in_a_process()
    wait_until(lambda: partial_sizes(tmp_path) == [came], process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    hub.hold = ""

    folder = folder_of(fetched())

    assert gets(hub, VISION) == ["", f"from {came}"]
    assert (folder / VISION).read_bytes() == (tiny / VISION).read_bytes()


@pytest.mark.slow
def test_two_processes_fetch_a_file_once(
    hub: FakeHub, registry: Registry, in_a_process: Callable[[], Process], tmp_path: Path
) -> None:
    hub.hold = VISION
    first = in_a_process()
    wait_until(lambda: partial_sizes(tmp_path) != [], first)
    second = in_a_process()
    assert second.stdout is not None
    while second.stdout.readline().decode().strip() not in (VISION, ""):
        pass
    threading.Event().wait(0.3)  # in which it would ask for the file, if it did not wait
    hub.held.set()

    for process in (first, second):
        _, complaints = process.communicate(timeout=60)
        assert process.returncode == 0, complaints

    assert gets(hub, VISION) == [""]
    model = registry.get(NAME)
    assert model is not None
    assert (folder_of(model) / VISION).exists()


# Damage


def test_a_damaged_file_is_fetched_anew(hub: FakeHub, fetched: Fetch, tiny: Path) -> None:
    hub.repositories[REPOSITORY].damaged = {VISION: 1, "config.json": 1}

    folder = folder_of(fetched())

    assert gets(hub, VISION) == ["", ""]
    for path in (VISION, "config.json"):
        assert (folder / path).read_bytes() == (tiny / path).read_bytes()


def test_a_file_that_is_damaged_twice_is_given_up_and_not_kept(
    hub: FakeHub, fetched: Fetch, registry: Registry, tmp_path: Path, tiny: Path
) -> None:
    hub.repositories[REPOSITORY].damaged[VISION] = 2

    with pytest.raises(DownloadDamagedError, match=r"vision_model\.onnx arrived damaged twice"):
        fetched()

    digest = digest_of((tiny / VISION).read_bytes())
    assert not {digest, f"{digest}.incomplete"} & blobs(tmp_path)
    assert registry.get(NAME) is None


def test_what_is_damaged_in_the_cache_is_fetched_anew(
    hub: FakeHub, fetched: Fetch, tiny: Path
) -> None:
    folder = folder_of(fetched())
    content = (folder / VISION).read_bytes()
    (folder / VISION).resolve().write_bytes(b"x" + content[1:])

    fetched()

    assert (folder / VISION).read_bytes() == (tiny / VISION).read_bytes()


@pytest.mark.parametrize("junk", [b"junk", b"j" * 100_000])
def test_a_partial_file_of_something_else_is_thrown_away(
    fetched: Fetch, tmp_path: Path, tiny: Path, junk: bytes
) -> None:
    digest = digest_of((tiny / VISION).read_bytes())
    folder = tmp_path / "cache" / "models--Xenova--clip-vit-base-patch32" / "blobs"
    folder.mkdir(parents=True)
    (folder / f"{digest}.incomplete").write_bytes(junk)

    assert (folder_of(fetched()) / VISION).read_bytes() == (tiny / VISION).read_bytes()
    assert f"{digest}.incomplete" not in blobs(tmp_path)


# No hub


@pytest.mark.usefixtures("nobody")
def test_without_a_hub_the_error_names_three_ways_out() -> None:
    with pytest.raises(HubUnreachableError, match="cannot be fetched") as caught:
        fetch(NAME)

    for way in ("--to FOLDER", "models add FOLDER", "HF_ENDPOINT", "--model FOLDER"):
        assert way in str(caught.value)


def test_several_addresses_behind_a_firewall_are_given_up_within_half_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def unreachable(_: object, name: str, *, timeout: tuple[float, ...], **__: object) -> None:
        asked.append(timeout)
        raise httpx_error("timed out")

    httpx_error = HfHubHTTPError.__bases__[0]
    monkeypatch.setattr("huggingface_hub.HfApi.model_info", unreachable)
    with pytest.raises(HubUnreachableError, match="timed out"):
        fetch(NAME)

    # Each of a hub's addresses is waited for in turn, and the public one has had eight.
    assert [8 * connect <= 30 for connect, *_ in asked] == [True]


def test_offline_is_said_by_the_name_of_its_switch(
    fetched: Fetch, hub: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)

    with pytest.raises(HubUnreachableError, match="HF_HUB_OFFLINE is set"):
        fetched()

    assert hub.requests == []


def test_without_a_hub_a_filled_cache_is_enough(
    fetched: Fetch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetched()
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))

    model = fetched()

    assert folder_of(model) == folder_of(first)
    assert model.model is not None
    assert first.model is not None
    assert {f.sha256 for f in model.model.files} == {f.sha256 for f in first.model.files}


@pytest.mark.parametrize("lacks", [TEXT, VISION, "config.json", "tokenizer.json"])
def test_without_a_hub_half_a_cache_is_not_enough(
    fetched: Fetch, registry: Registry, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    (folder_of(fetched()) / lacks).unlink()
    registry.remove(NAME)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", NOBODY)

    with pytest.raises(HubUnreachableError):
        fetched()


def test_a_page_in_place_of_a_hub_is_told_apart(hub: FakeHub, fetched: Fetch) -> None:
    hub.portal = True

    with pytest.raises(HubUnreachableError, match="is not a model hub"):
        fetched()


def test_a_hub_that_is_down_is_unreachable(hub: FakeHub, fetched: Fetch) -> None:
    hub.busy = 99

    with pytest.raises(HubUnreachableError, match="status 503"):
        fetched()


# What a hub refuses


def test_a_missing_repository_is_named(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories.clear()

    with pytest.raises(HubRefusedError, match=f"{REPOSITORY} .*no such repository"):
        fetched()


def test_a_missing_revision_is_named(fetched: Fetch) -> None:
    with pytest.raises(HubRefusedError, match="no revision gone"):
        fetched(revision="gone")


def test_terms_of_the_owner_are_named(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories[REPOSITORY].gated = True

    with pytest.raises(HubRefusedError, match=r"terms .*HF_TOKEN"):
        fetched()


def test_a_file_that_is_not_given_is_named(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories[REPOSITORY].status[TEXT] = 403

    with pytest.raises(HubRefusedError, match=r"status 403 .*text_model"):
        fetched()


@pytest.mark.parametrize("files", ["fp16", "int8"])
def test_files_that_a_repository_lacks_are_named(fetched: Fetch, files: str) -> None:
    with pytest.raises(HubRefusedError, match=f"no {files} files, only fp32"):
        fetched(files=files)


def test_an_unknown_format_is_refused(fetched: Fetch) -> None:
    with pytest.raises(InvalidValueError, match="fp32 or fp16 or int8"):
        fetched(files="q4")


def test_a_name_outside_of_the_table_is_refused(fetched: Fetch) -> None:
    with pytest.raises(ModelNotFoundError, match="did you mean clip-vit-b32"):
        fetched("clip-vit-b-32")


@pytest.mark.parametrize("name", ["no-owner", "a/b/c", "../../etc/passwd", "a/..", ""])
def test_a_name_that_no_repository_has_is_refused(name: str) -> None:
    with pytest.raises(InvalidValueError, match="OWNER/NAME"):
        fetch_repository(name)


@pytest.mark.usefixtures("nobody")
def test_a_model_that_ships_needs_no_hub(registry: Registry) -> None:
    assert (folder_of(fetch("mini")) / VISION).exists()
    assert registry.get("mini") is None


# Room


def test_too_little_room_is_found_before_anything_is_fetched(
    hub: FakeHub, fetched: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("usage", (), {"free": 10})
    monkeypatch.setattr("sightline.encoders.hub.client.shutil.disk_usage", lambda _: usage)

    with pytest.raises(TooLittleRoomError, match=r"1 MB are needed .* 0 MB are free"):
        fetched()

    assert [request for request in hub.requests if "resolve" in request] == []


def test_a_disk_that_fills_up_is_named_and_keeps_what_came(
    hub: FakeHub, fetched: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr("sightline.encoders.hub.client.os.fsync", full)
        with pytest.raises(DiskFullError):
            fetched()

    assert folder_of(fetched()).is_dir()


# Licences


@pytest.fixture
def restricted(monkeypatch: pytest.MonkeyPatch) -> None:
    card = replace(MODELS[NAME], licence="apple-amlr", restriction="research-only")
    table = MappingProxyType({**MODELS, NAME: card})
    for module in ("hub.fetching", "installed", "inventory"):
        monkeypatch.setattr(f"sightline.encoders.{module}.MODELS", table, raising=False)


@pytest.mark.usefixtures("restricted")
def test_restricted_weights_are_refused_before_anything_is_asked(
    hub: FakeHub, fetched: Fetch
) -> None:
    with pytest.raises(LicenceNotAcceptedError, match=r"research-only .*--accept-licence"):
        fetched()

    assert hub.requests == []


@pytest.mark.usefixtures("restricted")
def test_a_licence_is_accepted_once(fetched: Fetch) -> None:
    assert fetched(accept_licence=True).licence_accepted
    assert fetched().licence_accepted


def test_accepting_a_free_licence_is_not_noted(fetched: Fetch) -> None:
    assert not fetched(accept_licence=True).licence_accepted


def test_the_licence_on_a_repositorys_page_is_heeded(hub: FakeHub) -> None:
    hub.repositories[REPOSITORY].licence = "cc-by-nc-4.0"
    with pytest.raises(LicenceNotAcceptedError, match=r"non-commercial .*cc-by-nc-4\.0"):
        fetch_repository(REPOSITORY)

    accepted = fetch_repository(REPOSITORY, accept_licence=True)
    assert accepted.licence == "cc-by-nc-4.0"


@pytest.mark.parametrize(
    ("licence", "restriction"),
    [
        ("mit", ""),
        ("apache-2.0", ""),
        ("cc-by-4.0", ""),
        ("", ""),
        ("CC-BY-NC-SA-4.0", "non-commercial"),
        ("apple-amlr", "research-only"),
    ],
)
def test_licences_with_limits_are_known(licence: str, restriction: str) -> None:
    assert table.restriction_of(licence) == restriction


# Checkpoints


def checkpoint_files() -> dict[str, bytes]:
    weights = save({"weight": np.zeros((40, 40), dtype=np.float32)})
    return {
        "config.json": b'{"model_type": "dinov2", "hidden_size": 8}',
        "preprocessor_config.json": b"{}",
        "model.safetensors": weights,
        "pytorch_model.bin": b"left there" * 100,
    }


def test_a_checkpoint_is_noted_beside_the_model(hub: FakeHub, fetched: Fetch) -> None:
    hub.repositories["openai/clip-vit-base-patch32"] = Repository(checkpoint_files())
    model = fetched()

    both = fetched(files="checkpoint")

    assert both.model == model.model
    assert both.checkpoint is not None
    names = {path.name for path in both.checkpoint.folder.iterdir()}
    assert names == {"config.json", "preprocessor_config.json", "model.safetensors"}


def checkpoint_of(repository: str) -> Path:
    return fetch_repository(repository, files="checkpoint").folder.folder


def test_any_repositorys_checkpoint_can_be_fetched(hub: FakeHub) -> None:
    hub.repositories["someone/vit"] = Repository(checkpoint_files())

    folder = checkpoint_of("someone/vit")

    assert (folder / "model.safetensors").exists()


def test_pickled_weights_are_fetched_where_there_are_no_others(hub: FakeHub) -> None:
    files = checkpoint_files()
    del files["model.safetensors"]
    files["pytorch_model.bin"] = b"\x80\x02" + bytes(500)  # as torch.save began once
    hub.repositories["someone/vit"] = Repository(files)

    folder = checkpoint_of("someone/vit")

    assert {path.name for path in folder.iterdir()} == {*files}


def test_what_is_fetched_in_place_of_pickled_weights_is_a_sentence(hub: FakeHub) -> None:
    files = checkpoint_files()
    del files["model.safetensors"]
    hub.repositories["someone/vit"] = Repository(files)

    with pytest.raises(ModelFilesError, match=r"pytorch_model.bin .* holds no weights of PyTorch"):
        checkpoint_of("someone/vit")


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["model.safetensors"], "no preprocessor_config.json"),
        (["preprocessor_config.json"], "neither model.safetensors nor pytorch_model.bin"),
        (
            ["preprocessor_config.json", "model.safetensors", "vocab.json", "merges.txt"],
            "old form, vocab.json without tokenizer.json",
        ),
    ],
)
def test_what_a_repository_lacks_is_said_before_anything_is_fetched(
    hub: FakeHub, fetched: Fetch, names: list[str], sentence: str
) -> None:
    files = {"config.json": b"{}", **dict.fromkeys(names, b"x" * 999)}
    hub.repositories["openai/clip-vit-large-patch14-336"] = Repository(files)

    with pytest.raises(HubRefusedError, match=rf"{sentence}.*--revision"):
        fetched("clip-vit-l14-336", files="checkpoint")

    assert not any("/resolve/" in request for request in hub.requests)


def test_a_model_without_a_checkpoint_is_named_with_those_that_have_one(fetched: Fetch) -> None:
    with pytest.raises(InvalidValueError, match=r"'mini'.*clip-vit-l14, "):
        fetched("mini", files="checkpoint")


# Which files


@pytest.mark.parametrize(
    ("names", "files", "chosen"),
    [
        (
            ["onnx/model.onnx", "onnx/model_fp16.onnx", "preprocessor_config.json"],
            "fp16",
            ["config.json", "preprocessor_config.json", "onnx/model_fp16.onnx"],
        ),
        (
            [
                "visual/model.onnx",
                "visual/preprocess_cfg.json",
                "textual/model.onnx",
                "textual/tokenizer.json",
                "textual/tokenizer_config.json",
                "textual/vocab.json",
            ],
            "fp32",
            [
                "config.json",
                "visual/preprocess_cfg.json",
                "textual/tokenizer.json",
                "textual/tokenizer_config.json",
                "visual/model.onnx",
                "textual/model.onnx",
            ],
        ),
        (
            [
                "onnx/model.onnx",
                "onnx/vision_model.onnx",
                "onnx/vision_model.onnx_data",
                "onnx/vision_model.onnx_data_1",
                "onnx/vision_model_int8.onnx",
                "preprocessor_config.json",
            ],
            "fp32",
            [
                "config.json",
                "preprocessor_config.json",
                "onnx/vision_model.onnx",
                "onnx/vision_model.onnx_data",
                "onnx/vision_model.onnx_data_1",
            ],
        ),
    ],
    ids=["lone tower", "immich", "weights beside the graph"],
)
def test_what_is_chosen_of_a_layout(names: list[str], files: str, chosen: list[str]) -> None:
    assert list(files_of_model(["config.json", *names], files)) == chosen


def test_a_tower_that_lacks_its_format_is_named() -> None:
    names = [*SMALL, "onnx/vision_model_fp16.onnx", TEXT]

    with pytest.raises(NotThereError, match="no onnx/text_model_fp16"):
        files_of_model(names, "fp16")


SAFE_SHARDS = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
PICKLED_SHARDS = [f"pytorch_model-0000{part}-of-00002.bin" for part in (1, 2)]


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (
            [*SAFE_SHARDS, "model.safetensors.index.json", "adapter.safetensors"],
            ["model.safetensors.index.json", *SAFE_SHARDS],
        ),
        (
            [*PICKLED_SHARDS, "pytorch_model.bin.index.json", "training_args.bin"],
            ["pytorch_model.bin.index.json", *PICKLED_SHARDS],
        ),
        (["pytorch_model.bin", "optimizer.bin"], ["pytorch_model.bin"]),
        (["pytorch_model.bin", "model.safetensors"], ["model.safetensors"]),
        (
            ["pytorch_model.bin", *SAFE_SHARDS, "model.safetensors.index.json"],
            ["model.safetensors.index.json", *SAFE_SHARDS],
        ),
        (["pytorch_model.bin", *SAFE_SHARDS], ["pytorch_model.bin"]),
    ],
)
def test_the_weights_of_a_checkpoint_are_chosen_in_one_form(
    names: list[str], chosen: list[str]
) -> None:
    small = ["config.json", "preprocessor_config.json"]

    assert list(files_of_checkpoint([*names, *small])) == [*small, *chosen]
