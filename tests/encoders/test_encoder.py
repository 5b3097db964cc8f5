from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tokenizers import Tokenizer, models

from sightline.encoders import DualEncoder, load_model
from sightline.encoders.cpu.openvino_runtime import Tower, import_openvino
from sightline.encoders.cpu.pace import Pace, SecondsOf
from sightline.encoders.encoder import Feeds, Runner
from sightline.errors import (
    EmptyTextError,
    InvalidValueError,
    ModelFilesError,
    OutOfMemoryError,
    TextTruncatedWarning,
    VectorShapeError,
)
from sightline.protocols import Encoder, TextEncoder
from sightline.testing import COLOURS, FakeEncoder, check_encoder
from sightline.types import Vectors
from tests.encoders.tiny_model import (
    TinyText,
    make_tiny_model,
    text_graph,
    vision_graph,
    word_vectors,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny")


def dual(folder: Path, **options: Any) -> DualEncoder:  # noqa: ANN401
    encoder = load_model(folder, **options)
    assert isinstance(encoder, DualEncoder)
    return encoder


def encode_colours(encoder: Encoder, *colours: str) -> Vectors:
    pictures = [Image.new("RGB", (40, 30), COLOURS[colour]) for colour in colours]
    return encoder.encode_images(np.stack([encoder.prepare(picture) for picture in pictures]))


def unit(row: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.asarray(row / np.linalg.norm(row))


def test_an_encoder_from_a_folder_keeps_the_contract(folder: Path) -> None:
    encoder = load_model(folder)

    check_encoder(encoder)

    assert isinstance(encoder, Encoder)
    assert isinstance(encoder, TextEncoder)


@pytest.mark.parametrize(
    ("text", "causal"),
    [(TinyText(mask=True), False), (TinyText(sequence=12), True), (TinyText(), False)],
    ids=["attention mask", "fixed length", "not causal"],
)
def test_every_kind_of_text_tower_keeps_the_contract(
    tmp_path: Path, text: TinyText, causal: bool
) -> None:
    check_encoder(load_model(make_tiny_model(tmp_path / "tiny", causal=causal, text=text)))


def test_vectors_are_those_of_the_fake_which_can_be_worked_out_by_hand(folder: Path) -> None:
    encoder, fake = dual(folder), FakeEncoder()
    texts = ["red", "BLUE", "  yellow\n", "white black"]

    pictures = encode_colours(encoder, "red", "green", "grey")

    assert pictures[0] == pytest.approx(unit(np.array([1, 0, 0, 0.25, 0, 0, 0, 0])), abs=1e-6)
    assert pictures[1] == pytest.approx(unit(np.array([0, 1, 0, 0.25, 0, 0, 0, 0])), abs=1e-6)
    assert encoder.encode_texts(texts)[:, :4] == pytest.approx(fake.encode_texts(texts), abs=1e-6)
    assert encoder.encode_texts(["red"]) @ pictures[0] == pytest.approx(1, abs=1e-6)


def test_a_thousand_pictures_and_one_give_the_same_vectors(folder: Path) -> None:
    encoder = dual(folder)
    pixels = np.random.default_rng(1).random((1003, 3, 16, 16), dtype=np.float32)

    rows = encoder.encode_images(pixels)

    means = np.concatenate([pixels.mean(axis=(2, 3)), np.full((1003, 1), 0.25)], axis=1)
    expected = means / np.linalg.norm(means, axis=1, keepdims=True)
    assert rows[:, :4] == pytest.approx(expected, abs=1e-5)
    assert encoder.encode_images(pixels[777:778]) == pytest.approx(rows[777:778], abs=1e-5)


def test_a_thousand_texts_of_many_lengths_come_back_in_their_order(folder: Path) -> None:
    encoder, names = dual(folder), list(COLOURS)
    random = np.random.default_rng(2)
    texts = [" ".join(random.choice(names, random.integers(1, 11))) for _ in range(1000)]

    rows = encoder.encode_texts(texts)

    words = {word: np.array([*np.array(c) / 255, 0.25]) for word, c in COLOURS.items()}
    expected = [unit(np.sum([words[word] for word in text.split()], axis=0)) for text in texts]
    assert rows[:, :4] == pytest.approx(np.array(expected), abs=1e-5)
    assert encoder.encode_texts([texts[500]])[0] == pytest.approx(rows[500], abs=1e-5)


def test_pixels_of_another_layout_are_taken_as_they_are(folder: Path) -> None:
    encoder = dual(folder)
    wide: Any = np.random.default_rng(3).random((4, 16, 16, 3)).transpose(0, 3, 1, 2)

    strided = encoder.encode_images(wide)

    plain = encoder.encode_images(np.ascontiguousarray(wide, np.float32))
    assert np.array_equal(strided, plain)


@pytest.mark.parametrize(
    "shape", [(3, 16, 16), (1, 3, 16, 15), (1, 1, 16, 16), (2, 3, 32, 32), (16,), ()]
)
def test_pixels_of_another_shape_are_refused(folder: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(VectorShapeError, match=r"\(n, 3, 16, 16\)"):
        dual(folder).encode_images(np.zeros(shape, dtype=np.float32))


def test_bytes_in_place_of_prepared_pixels_are_refused(folder: Path) -> None:
    with pytest.raises(VectorShapeError, match="uint8"):
        dual(folder).encode_images(np.zeros((1, 3, 16, 16), dtype=np.uint8))


def test_a_pixel_that_is_not_a_number_is_the_callers_fault(folder: Path) -> None:
    with pytest.raises(InvalidValueError, match="finite"):
        dual(folder).encode_images(np.full((1, 3, 16, 16), np.nan, dtype=np.float32))


def test_an_empty_text_is_refused_with_its_position(folder: Path) -> None:
    with pytest.raises(EmptyTextError, match="number 3"):
        dual(folder).encode_texts(["red", "blue", " \t\u3000\n"])


def test_a_long_text_is_cut_keeps_its_end_token_and_warns(folder: Path) -> None:
    encoder = dual(folder)

    with pytest.warns(TextTruncatedWarning, match="202 tokens and the model reads 12") as caught:
        rows = encoder.encode_texts([" ".join(["red"] * 10 + ["blue"] * 190)])

    assert rows @ encoder.encode_texts(["red"])[0] == pytest.approx(1, abs=1e-6)
    assert caught[0].filename == __file__, "the warning points at the caller"


def test_truncation_leaves_room_for_both_special_tokens(folder: Path) -> None:
    encoder = dual(folder)

    with pytest.warns(TextTruncatedWarning):
        row = encoder._reader.read(["red " * 50])[0]

    assert (row.ids[0], row.ids[-1], row.length) == (1, 2, 12)


def test_a_text_that_just_fits_is_not_warned_about(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dual(folder).encode_texts(["red " * 10])


@pytest.mark.parametrize(
    "text", ["a\x00b", "🎈👩\u200d🚀", "\ud83d", "\udc00 red \ud800", "北京 " * 4]
)
def test_odd_characters_do_not_crash(folder: Path, text: str) -> None:
    rows = dual(folder).encode_texts([text, "red"])

    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1], abs=1e-6)


def test_a_surrogate_pair_is_the_character_it_stands_for(folder: Path) -> None:
    encoder = dual(folder)

    assert encoder._reader._clean("\ud83c\udf88", 0) == "🎈"
    assert encoder._reader._clean("x \ud83c", 0) == "x \ufffd"


def test_no_texts_and_no_pictures_give_no_rows(folder: Path) -> None:
    encoder = dual(folder)

    assert encoder.encode_texts([]).shape == (0, 8)
    assert encoder.encode_images(np.zeros((0, 3, 16, 16), dtype=np.float32)).shape == (0, 8)


def test_a_text_without_any_token_is_read_as_padding(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    letters = Tokenizer(models.BPE({"<pad>": 0, "x": 4}, []))
    letters.save(str(folder / "tokenizer.json"))

    row = dual(folder).encode_texts(["nonsense"])[0]

    assert row == pytest.approx(unit(word_vectors(8)[0]), abs=1e-6)


def test_a_tokenizer_that_cannot_read_a_text_is_a_fault_of_the_files(folder: Path) -> None:
    no_unknown = Tokenizer(models.WordLevel({"<pad>": 0, "red": 4}))
    no_unknown.save(str(folder / "tokenizer.json"))

    with pytest.raises(ModelFilesError, match=r"tokenizer\.json cannot read a text"):
        dual(folder).encode_texts(["nonsense"])


def test_a_siglip_text_is_padded_to_the_context(tmp_path: Path) -> None:
    config = {"model_type": "siglip", "text_config": {"max_position_embeddings": 6}}
    encoder = dual(make_tiny_model(tmp_path / "tiny", config=config))

    row = encoder.encode_texts(["red"])[0]

    # <s> red </s> <pad> <pad> <pad>, and each <pad> adds one along the fifth dimension
    assert row == pytest.approx(unit(np.array([1, 0, 0, 0.25, 3, 0, 0, 0])), abs=1e-6)


def test_a_clip_text_is_not_padded(folder: Path) -> None:
    assert dual(folder).encode_texts(["red", "red blue green"])[:, 4].tolist() == [0, 0]


def test_a_graph_of_fixed_length_is_padded_to_it(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", text=TinyText(sequence=5), context=12)

    row = dual(folder).encode_texts(["red"])[0]

    assert row == pytest.approx(unit(np.array([1, 0, 0, 0.25, 2, 0, 0, 0])), abs=1e-6)


def test_the_mask_hides_padding_where_the_graph_takes_one(tmp_path: Path) -> None:
    folder = make_tiny_model(
        tmp_path / "tiny", text=TinyText(mask=True), config={"sightline": {"padding": "context"}}
    )
    encoder = dual(folder)

    row = encoder.encode_texts(["red"])[0]

    assert len(encoder._reader.read(["red"])[0].ids) == 12
    assert row == pytest.approx(unit(np.array([1, 0, 0, 0.25, 0, 0, 0, 0])), abs=1e-6)


def test_each_tower_is_compiled_when_it_is_first_needed(folder: Path) -> None:
    encoder = dual(folder)
    assert not encoder._text.compiled

    encoder.encode_texts(["red"])

    assert encoder._text.compiled
    assert not encoder._vision.compiled, "a search by words does not wait for the picture tower"


def test_a_folder_without_a_text_tower_reads_pictures_only(tmp_path: Path) -> None:
    encoder = load_model(make_tiny_model(tmp_path / "tiny", text=None))

    check_encoder(encoder)

    assert not isinstance(encoder, TextEncoder)
    assert encoder.spec.tokenizer == ""


def test_many_threads_get_the_vectors_that_one_gets(folder: Path) -> None:
    encoder, random = dual(folder), np.random.default_rng(4)
    batches = [random.random((5, 3, 16, 16), dtype=np.float32) for _ in range(40)]
    texts = [[colour, f"{colour} red"] for colour in COLOURS]
    barrier = threading.Barrier(8)

    def images(batch: Vectors) -> Vectors:
        return encoder.encode_images(batch)

    with ThreadPoolExecutor(8, initializer=barrier.wait) as pool:
        got = list(pool.map(images, batches))
        got_texts = list(pool.map(encoder.encode_texts, texts))

    one = dual(folder)
    assert all(np.array_equal(a, one.encode_images(b)) for a, b in zip(got, batches, strict=True))
    expected_texts = [one.encode_texts(text) for text in texts]
    assert np.array_equal(np.concatenate(got_texts), np.concatenate(expected_texts))


def test_what_a_tower_gave_stays_as_it_was_when_it_runs_again(folder: Path) -> None:
    tower = dual(folder)._vision
    first = tower.run({"pixel_values": np.zeros((2, 3, 16, 16), dtype=np.float32)})
    kept = first.copy()

    tower.run({"pixel_values": np.ones((2, 3, 16, 16), dtype=np.float32)})

    assert np.array_equal(first, kept)


@pytest.mark.parametrize(
    ("value", "problem"), [(np.nan, "not numbers"), (np.inf, "not numbers"), (0.0, "zeros")]
)
def test_a_model_that_gives_nonsense_is_named(tmp_path: Path, value: float, problem: str) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    graph = vision_graph(8, 16)
    for tensor in graph.graph.initializer:
        if tensor.name in ("projection", "constant"):
            shape = tuple(tensor.dims)
            tensor.raw_data = np.full(shape, value, dtype=np.float32).tobytes()
    (folder / "onnx" / "vision_model.onnx").write_bytes(graph.SerializeToString())

    with pytest.raises(ModelFilesError, match=problem):
        encode_colours(load_model(folder), "red")


def test_an_operator_that_openvino_does_not_know_is_a_fault_of_the_files(folder: Path) -> None:
    graph = text_graph(8, TinyText())
    graph.graph.node[0].op_type = "Frobnicate"
    (folder / "onnx" / "text_model.onnx").write_bytes(graph.SerializeToString())

    with pytest.raises(ModelFilesError, match=r"OpenVINO cannot run text_model.onnx") as caught:
        dual(folder).encode_texts(["red"])

    assert isinstance(caught.value.__cause__, RuntimeError)


@pytest.mark.parametrize(
    ("options", "problem"),
    [({"threads": -1}, "threads is -1"), ({"precision": "float8"}, "float32 or bfloat16")],
)
def test_an_impossible_option_is_refused(
    folder: Path, options: dict[str, Any], problem: str
) -> None:
    with pytest.raises(InvalidValueError, match=problem):
        load_model(folder, **options)


def test_bfloat16_is_used_where_there_is_some_and_refused_elsewhere(folder: Path) -> None:
    core = import_openvino().Core()
    if "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        with pytest.raises(InvalidValueError, match="on this processor"):
            load_model(folder, precision="bfloat16")
        return
    encoder = load_model(folder, precision="bfloat16")

    check_encoder(encoder)

    assert encoder.spec.precision == "bfloat16"


def test_one_thread_gives_the_same_vectors(folder: Path) -> None:
    alone = encode_colours(load_model(folder, threads=1), "red", "orange")

    assert alone == pytest.approx(encode_colours(load_model(folder), "red", "orange"), abs=1e-6)


class _ScarceMemory:
    """Stands before a tower, and has memory for so many pictures at a time."""

    compiled = True

    def __init__(self, tower: Runner, pictures: int) -> None:
        self._tower = tower
        self._pictures = pictures
        self.asked: list[int] = []

    def run(self, feeds: Feeds) -> Any:  # noqa: ANN401
        return self.run_all([feeds], 1)[0]

    def run_all(self, batches: Sequence[Feeds], streams: int) -> list[Any]:
        sizes = [len(next(iter(batch.values()))) for batch in batches]
        self.asked += sizes
        if sum(sizes) > self._pictures:
            raise MemoryError
        return self._tower.run_all(batches, streams)


def with_scarce_memory(folder: Path, pictures: int) -> tuple[DualEncoder, _ScarceMemory]:
    encoder = dual(folder)
    scarce = _ScarceMemory(encoder._vision, pictures)
    encoder._vision = scarce
    return encoder, scarce


def test_when_memory_runs_out_the_batch_is_halved_and_the_run_goes_on(folder: Path) -> None:
    pixels = np.random.default_rng(0).random((20, 3, 16, 16), dtype=np.float32)
    encoder, scarce = with_scarce_memory(folder, 3)

    vectors = encoder.encode_images(pixels)

    np.testing.assert_allclose(vectors, dual(folder).encode_images(pixels), atol=1e-6)
    assert scarce.asked == [8, 4, *[2] * 10], "and what was learnt holds for the rest"


def test_when_memory_does_for_no_picture_at_all_it_is_said(folder: Path) -> None:
    encoder, _ = with_scarce_memory(folder, 0)

    with pytest.raises(OutOfMemoryError, match="tiny worked on a single picture"):
        encoder.encode_images(np.zeros((2, 3, 16, 16), dtype=np.float32))


@pytest.mark.parametrize(
    "words", ["std::bad_alloc", "Failed to allocate 123 bytes", "Out of memory"]
)
def test_openvino_without_memory_is_told_from_other_faults(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError(f"Exception from src/core.cpp:1:\n{words}")

    encoder = dual(folder)
    monkeypatch.setattr(encoder._text, "_infer", refuse)

    with pytest.raises(OutOfMemoryError, match="tiny worked on a single picture or text"):
        encoder.encode_texts(["red", "blue"])


def test_texts_too_go_through_in_halves_when_memory_runs_out(folder: Path) -> None:
    encoder = dual(folder)
    encoder._text = scarce = _ScarceMemory(encoder._text, 2)
    texts = ["red", "blue", "green", "white", "black"]

    np.testing.assert_array_equal(encoder.encode_texts(texts), dual(folder).encode_texts(texts))
    assert scarce.asked == [5, 2, 3, 1, 2]


class _Request:
    """An inference that ends when it is waited for, and refuses to be begun twice."""

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken
        self.busy = False

    def start_async(self, *_: object, **__: object) -> None:
        if self.broken:
            raise RuntimeError("std::bad_alloc")
        assert not self.busy
        self.busy = True

    def wait(self) -> None:
        self.busy = False


def test_no_inference_goes_on_after_one_of_several_has_failed(folder: Path) -> None:
    tower = dual(folder)._vision
    assert isinstance(tower, Tower)
    tower._requests, tower._streams = [_Request(), _Request(broken=True)], 2

    with pytest.raises(MemoryError):
        tower.run_all([{"pixel_values": np.empty(0)}] * 2, 2)

    assert not tower._requests[0].busy, "it reads memory that its caller gives away now"


def test_a_single_picture_begins_no_streams_and_ends_none(folder: Path) -> None:
    tower = dual(folder)._vision
    assert isinstance(tower, Tower)
    batch = {"pixel_values": np.zeros((1, 3, 16, 16), dtype=np.float32)}
    streams = []

    for batches in (1, 2, 1):
        tower.run_all([batch] * batches, 2)
        streams.append(len(tower._requests))

    assert streams == [1, 2, 2]


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_streams_change_no_vector_and_no_order(folder: Path, streams: int) -> None:
    pixels = np.random.default_rng(0).random((23, 3, 16, 16), dtype=np.float32)
    encoder = dual(folder)
    encoder._pace = Pace(batch=4, streams=streams)

    np.testing.assert_allclose(
        encoder.encode_images(pixels), dual(folder).encode_images(pixels), atol=1e-6
    )


def test_a_batch_that_is_not_full_is_divided_among_the_streams(folder: Path) -> None:
    encoder, asked = with_scarce_memory(folder, 100)
    encoder._pace = Pace(batch=16, streams=2)

    encoder.encode_images(np.zeros((44, 3, 16, 16), dtype=np.float32) + 0.5)

    assert asked.asked == [16, 16, 6, 6]


def test_a_short_run_is_not_delayed_by_looking_for_a_pace(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.encoders.encoder.best_pace", None)
    encoder = dual(folder)

    encoder.tune(319)

    assert encoder._pace == Pace()
    assert not encoder._vision.compiled, "not even once"


def test_a_model_without_memory_for_the_usual_pace_is_not_tuned(folder: Path) -> None:
    encoder, _ = with_scarce_memory(folder, 3)

    encoder.tune(10**12)

    assert encoder._pace == Pace()
    assert encoder.encode_images(np.ones((5, 3, 16, 16), dtype=np.float32)).shape == (5, 8)


def test_the_pace_of_a_long_run_is_measured_once_and_remembered(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    looked: list[float] = []

    def find(seconds_of: SecondsOf, limit_s: float) -> Pace:
        assert seconds_of(Pace(2, 2)) > 0
        looked.append(limit_s)
        return Pace(4, 2)

    monkeypatch.setattr("sightline.encoders.encoder.best_pace", find)
    for _ in range(2):
        encoder = dual(folder)
        encoder.tune(10**12)
        assert encoder._pace == Pace(4, 2)

    assert looked == [20.0]


def test_the_spec_follows_the_files(folder: Path, tmp_path: Path) -> None:
    spec = load_model(folder).spec
    other = make_tiny_model(tmp_path / "other" / "tiny")
    assert load_model(other).spec == spec, "a copy of a model is the same model"

    config = other / "preprocessor_config.json"
    config.write_text(config.read_text().replace('"resample": 2', '"resample": 3'))
    changed = load_model(other).spec
    assert changed.preprocessing != spec.preprocessing
    assert (changed.digest, changed.tokenizer) == (spec.digest, spec.tokenizer)

    tokenizer = other / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace('"red"', '"rot"'))
    assert load_model(other).spec.tokenizer != spec.tokenizer

    weights = other / "onnx" / "text_model.onnx"
    graph = text_graph(8, TinyText())
    graph.graph.initializer[0].raw_data = bytes(len(graph.graph.initializer[0].raw_data))
    weights.write_bytes(graph.SerializeToString())
    assert load_model(other).spec.digest != spec.digest


def test_running_a_model_sends_nothing_and_leaves_no_traces(folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = (
        "import sys\n"
        "watched = ('socket.connect', 'socket.getaddrinfo', 'urllib.Request', 'os.fork',\n"
        "           'subprocess.Popen')\n"
        "seen = []\n"
        "sys.addaudithook(lambda event, _: seen.append(event) if event in watched else None)\n"
        "from sightline.encoders import load_model\n"
        "load_model(sys.argv[1]).encode_texts(['red'])\n"
        "assert 'openvino.tools.ovc' in sys.modules\n"
        "assert 'openvino_telemetry' not in sys.modules\n"
        "assert not seen, seen\n"
    )
    # Without CI and the like, which would switch the telemetry off for another reason.
    environment = {"HOME": str(home), "PATH": os.environ.get("PATH", "")}

    subprocess.run([sys.executable, "-c", script, str(folder)], env=environment, check=True)

    assert list(home.rglob("*")) == []


def test_importing_the_encoders_imports_neither_openvino_nor_tokenizers() -> None:
    script = (
        "import sys, sightline.encoders\n"
        "sys.exit(bool({'openvino', 'tokenizers', 'PIL'} & {*sys.modules}))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
