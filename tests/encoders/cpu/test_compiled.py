from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from sightline.encoders import DualEncoder, load_model
from sightline.encoders.cpu import compiled
from sightline.encoders.cpu.compiled import CompiledPlace, compiled_place, forget_other_engines
from sightline.encoders.cpu.openvino_runtime import cpu_has_bfloat16
from tests.encoders.tiny_model import make_tiny_model

BOTH = ["float32", "bfloat16"] if cpu_has_bfloat16() else ["float32"]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "sightline" / "compiled"


@pytest.fixture
def keep_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_KEEP_ABOVE_BYTES", 0)


def vectors(folder: Path, precision: str) -> np.ndarray:
    encoder = load_model(folder, precision=precision)
    assert isinstance(encoder, DualEncoder)
    pixels = np.random.default_rng(1).random((3, 3, 16, 16), dtype=np.float32)
    return np.concatenate([encoder.encode_images(pixels), encoder.encode_texts(["red", "blue"])])


def blobs(cache: Path) -> list[Path]:
    return sorted(cache.rglob("*.blob"))


def test_a_small_tower_is_not_kept(tmp_path: Path, own_cache: Path) -> None:
    vectors(make_tiny_model(tmp_path / "tiny"), "float32")

    assert not own_cache.exists()


@pytest.mark.usefixtures("keep_all")
@pytest.mark.parametrize("precision", BOTH)
def test_a_second_process_finds_the_compiled_tower_and_gives_the_same_vectors(
    tmp_path: Path, own_cache: Path, precision: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    first = vectors(folder, precision)
    kept = [(path, path.stat().st_mtime_ns) for path in blobs(own_cache)]

    second = vectors(folder, precision)

    assert len(kept) == 2, "one for each tower"
    assert [(path, path.stat().st_mtime_ns) for path in blobs(own_cache)] == kept
    np.testing.assert_array_equal(first, second)


@pytest.mark.usefixtures("keep_all")
@pytest.mark.parametrize("precision", BOTH)
@pytest.mark.parametrize("length", [0, 100])
def test_a_compiled_tower_that_was_cut_short_is_compiled_again(
    tmp_path: Path, own_cache: Path, length: int, precision: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    expected = vectors(folder, precision)
    for blob in blobs(own_cache):
        blob.chmod(0o644)
        blob.write_bytes(blob.read_bytes()[:length])

    np.testing.assert_array_equal(vectors(folder, precision), expected)


@pytest.mark.usefixtures("keep_all")
def test_another_model_in_the_same_folder_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    first = make_tiny_model(tmp_path / "tiny", dimensions=8)
    vectors(first, "float32")
    first.rename(tmp_path / "old")

    other = make_tiny_model(tmp_path / "tiny", dimensions=6)

    assert vectors(other, "float32").shape == (5, 6)


@pytest.mark.usefixtures("keep_all")
@pytest.mark.parametrize("precision", BOTH)
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    expected = vectors(folder, precision)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))

    np.testing.assert_allclose(vectors(folder, precision), expected, atol=1e-3)


def test_a_halved_graph_that_could_not_be_written_leaves_the_whole_one(tmp_path: Path) -> None:
    place, source = CompiledPlace(tmp_path / "place"), tmp_path / "whole.onnx"

    def write(path: Path) -> None:
        path.write_bytes(b"half of it")
        raise RuntimeError("no space left on device")

    assert place.halved(source, write) == source
    assert list(place.folder.iterdir()) == [], "nothing half-made stays"


def test_a_halved_graph_is_made_once(tmp_path: Path) -> None:
    place, made = CompiledPlace(tmp_path / "place"), []

    def write(path: Path) -> None:
        made.append(path)
        path.write_bytes(b"graph")

    first, second = (place.halved(tmp_path / "whole.onnx", write) for _ in range(2))

    assert first == second
    assert first.read_bytes() == b"graph"
    assert len(made) == 1


def test_when_two_processes_make_it_the_quicker_one_wins(tmp_path: Path) -> None:
    place = CompiledPlace(tmp_path / "place")

    def write(path: Path) -> None:
        path.write_bytes(b"ours")
        ready = place.folder / "graph" / path.name
        ready.parent.mkdir()
        ready.write_bytes(b"theirs")

    assert place.halved(tmp_path / "whole.onnx", write).read_bytes() == b"theirs"
    assert [path.name for path in place.folder.iterdir()] == ["graph"]


def test_what_another_openvino_compiled_is_deleted(own_cache: Path) -> None:
    ours = compiled_place("a" * 64)
    ours.blobs.mkdir(parents=True)
    (own_cache / "openvino-2019.1" / "x").mkdir(parents=True)

    forget_other_engines()

    assert ours.blobs.exists()
    assert not (own_cache / "openvino-2019.1").exists()


def compile_into(place: CompiledPlace, *names: str) -> None:
    """Do as OpenVINO does: write blobs in place, unless they are there."""
    with place.workroom() as room:
        assert room is not None
        for name in names:
            if not (room / name).exists():
                (room / name).write_bytes(name.encode())


def kept_by(place: CompiledPlace) -> set[str]:
    return {path.name for path in place.blobs.iterdir()}


def test_a_process_that_compiles_takes_no_blob_from_another(tmp_path: Path) -> None:
    place = CompiledPlace(tmp_path / "place")
    compile_into(place, "1.blob")

    with place.workroom() as room, place.workroom() as other:
        assert room is not None
        assert other is not None
        (other / "1.blob").unlink()  # as OpenVINO does with what it takes for broken
        assert (room / "1.blob").read_bytes() == b"1.blob"
        (other / "1.blob").write_bytes(b"anew")
        assert (room / "1.blob").read_bytes() == b"1.blob"

    assert (place.blobs / "1.blob").read_bytes() == b"anew"
    assert list(place.folder.iterdir()) == [place.blobs], "no workroom is left"


def test_a_blob_that_was_not_finished_is_not_kept(tmp_path: Path) -> None:
    place = CompiledPlace(tmp_path / "place")

    def fail_in(room: Path | None) -> None:
        assert room is not None
        (room / "1.blob").write_bytes(b"half of")
        raise RuntimeError("no space left on device")

    with pytest.raises(RuntimeError), place.workroom() as room:
        fail_in(room)

    assert kept_by(place) == set()


def test_only_the_newest_blobs_are_kept(tmp_path: Path) -> None:
    place = CompiledPlace(tmp_path / "place")
    for number in range(5):
        compile_into(place, f"{number}.blob")
        os.utime(place.blobs / f"{number}.blob", (number, number))

    assert kept_by(place) == {"2.blob", "3.blob", "4.blob"}


def test_what_a_killed_process_left_behind_goes_when_it_is_old(tmp_path: Path) -> None:
    place = CompiledPlace(tmp_path / "place")
    for name in ("run.old", "graph.old", "run.new"):
        (place.folder / name).mkdir(parents=True)
        if name.endswith("old"):
            os.utime(place.folder / name, (1, 1))

    compile_into(place, "1.blob")

    assert {path.name for path in place.folder.iterdir()} == {"compiled", "run.new"}


@pytest.mark.skipif(
    not cpu_has_bfloat16(), reason="this processor has no bfloat16, which alone halves a graph"
)
@pytest.mark.usefixtures("keep_all")
def test_a_halved_graph_that_was_cut_short_stops_nobody(tmp_path: Path, own_cache: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    expected = vectors(folder, "bfloat16")
    for path in [*own_cache.rglob("half.bin"), *blobs(own_cache)]:
        path.chmod(0o644)
        path.write_bytes(b"")

    np.testing.assert_allclose(vectors(folder, "bfloat16"), expected, atol=1e-3)
    assert not list(own_cache.rglob("half.bin")), "what was broken is gone"
