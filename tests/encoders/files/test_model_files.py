from __future__ import annotations

import contextlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest

from sightline.encoders import DualEncoder, load_model
from sightline.errors import ModelFilesError
from sightline.testing import check_encoder
from tests.encoders.tiny_model import TinyText, make_tiny_model, text_graph, vision_graph

Breaker = Callable[[Path], object]

VISION, TEXT = "onnx/vision_model.onnx", "onnx/text_model.onnx"
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1216\n"


def cut(folder: Path, name: str, keep: float) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * keep)])


def edit_json(folder: Path, name: str, **changes: object) -> None:
    content = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(content | changes))


def rename_value(folder: Path, name: str, old: str, new: str) -> None:
    content = (folder / name).read_bytes()
    assert len(old) == len(new)
    (folder / name).write_bytes(content.replace(old.encode(), new.encode()))


def save(folder: Path, name: str, graph: onnx.ModelProto) -> None:
    (folder / name).write_bytes(graph.SerializeToString())


BROKEN: list[tuple[Breaker, str]] = [
    (lambda f: (f / "config.json").unlink(), "config.json is missing"),
    (lambda f: (f / "preprocessor_config.json").unlink(), "preprocessor_config.json is missing"),
    (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    (lambda f: (f / VISION).unlink(), "vision_model.onnx is missing"),
    (lambda f: (f / TEXT).unlink(), "text_model.onnx is missing"),
    (lambda f: (f / VISION).write_bytes(b""), "vision_model.onnx is empty"),
    (lambda f: (f / "config.json").write_bytes(b""), "config.json is empty"),
    (lambda f: (f / "config.json").write_text('{"a": '), "config.json is not valid JSON"),
    (lambda f: (f / "config.json").write_text("[1]"), "config.json is not a JSON object"),
    (lambda f: (f / "config.json").write_bytes(b"\xff\xfe{}"), "config.json is not text"),
    (lambda f: (f / "config.json").write_text("[" * 100_000), "config.json is not valid JSON"),
    (lambda f: cut(f, "tokenizer.json", 0.5), "tokenizer.json is not a tokeniser"),
    (lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer.json is not a tokeniser"),
    (lambda f: (f / "tokenizer_config.json").write_text("{"), "tokenizer_config.json is not valid"),
    (lambda f: cut(f, TEXT, 0.5), "text_model.onnx is cut short"),
    (lambda f: cut(f, VISION, 0.99), "vision_model.onnx is cut short"),
    (lambda f: (f / VISION).write_text("<html>404</html>"), "or is not an ONNX file"),
    (lambda f: (f / VISION).write_bytes(bytes(1000)), "or is not an ONNX file"),
    (lambda f: (f / TEXT).write_bytes(LFS_POINTER), "git-lfs pointer.*; run `git lfs pull`"),
    (lambda f: (f / "tokenizer.json").write_bytes(LFS_POINTER), "tokenizer.json is a git-lfs"),
    (lambda f: rename_value(f, VISION, "image_embeds", "image_guesses"[:12]), "gives image_guesse"),
    (lambda f: rename_value(f, VISION, "pixel_values", "pixel_valuez"), "takes pixel_valuez"),
    (lambda f: rename_value(f, TEXT, "input_ids", "input_idx"), "takes input_idx, not input_ids"),
    (lambda f: save(f, VISION, text_graph(8, TinyText())), "takes input_ids, not pixel_values"),
    (
        lambda f: save(f, TEXT, text_graph(6, TinyText())),
        "lengths .*vision.* 8.*text.* 6",
    ),
    (lambda f: save(f, VISION, vision_graph(8, 20)), "prepared to 16 x 16"),
    (lambda f: edit_json(f, "config.json", text_config=3), "text_config in config.json"),
    (lambda f: edit_json(f, "config.json", text_config={"vocab_size": 5}), "of different models"),
    (
        lambda f: edit_json(f, "config.json", text_config={"max_position_embeddings": 2}),
        "no room for a word",
    ),
]


@pytest.mark.parametrize(("break_it", "sentence"), BROKEN, ids=[text for _, text in BROKEN])
def test_each_fault_of_a_folder_has_its_sentence(
    tmp_path: Path, break_it: Breaker, sentence: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    load_model(folder)  # it is whole before
    break_it(folder)

    with pytest.raises(ModelFilesError, match=sentence) as caught:
        load_model(folder)

    assert str(folder) in str(caught.value)
    assert ";" in str(caught.value), "a cause and a remedy"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_graph_cut_anywhere_is_noticed_without_running_it(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    whole = (folder / TEXT).read_bytes()

    for length in range(1, len(whole)):
        (folder / TEXT).write_bytes(whole[:length])
        with pytest.raises(ModelFilesError, match="cut short"):
            load_model(folder)


def test_a_graph_with_flipped_bytes_never_crashes(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    whole = (folder / TEXT).read_bytes()

    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        (folder / TEXT).write_bytes(broken)
        with contextlib.suppress(ModelFilesError):
            load_model(folder)


def test_weights_in_a_file_of_their_own_are_used(tmp_path: Path) -> None:
    inside = load_model(make_tiny_model(tmp_path / "inside"))
    outside = load_model(make_tiny_model(tmp_path / "outside", external=True))

    check_encoder(outside)

    assert outside.spec.digest != inside.spec.digest


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda path: path.unlink(), "onnx/vision_model.onnx_data is missing"),
        (lambda path: path.write_bytes(b""), "onnx/vision_model.onnx_data is empty"),
        (lambda path: path.write_bytes(path.read_bytes()[:-4]), r"onnx_data has \S+ of \S+ bytes"),
        (lambda path: path.write_bytes(LFS_POINTER), "onnx_data is a git-lfs pointer"),
    ],
    ids=["missing", "empty", "short", "pointer"],
)
def test_a_broken_file_of_weights_has_its_sentence(
    tmp_path: Path, break_it: Breaker, sentence: str
) -> None:
    folder = make_tiny_model(tmp_path / "tiny", external=True)
    break_it(folder / "onnx" / "vision_model.onnx_data")

    with pytest.raises(ModelFilesError, match=sentence):
        load_model(folder)


def test_other_weights_in_their_own_file_change_the_digest(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", external=True)
    before = load_model(folder).spec.digest
    weights = folder / "onnx" / "vision_model.onnx_data"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x40")

    assert load_model(folder).spec.digest != before


def test_weights_outside_the_folder_are_refused(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "tiny", external=True)
    graph = onnx.load(folder / VISION, load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../../secret"
    save(folder, VISION, graph)

    with pytest.raises(ModelFilesError, match="outside the folder"):
        load_model(folder)


def test_the_length_of_vectors_comes_from_the_config_where_graphs_leave_it_open(
    tmp_path: Path,
) -> None:
    folder = make_tiny_model(tmp_path / "tiny")
    for name, graph in ((VISION, vision_graph(8, 16)), (TEXT, text_graph(8, TinyText()))):
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "d"
        save(folder, name, graph)

    encoder = load_model(folder)

    assert encoder.spec.dimensions == 8
    edit_json(folder, "config.json", projection_dim=None)
    with pytest.raises(ModelFilesError, match="projection_dim"):
        load_model(folder)


def test_a_wrong_length_of_vectors_in_the_config_is_found_when_the_model_runs(
    tmp_path: Path,
) -> None:
    folder = make_tiny_model(tmp_path / "tiny", config={"projection_dim": 9})
    for name, graph in ((VISION, vision_graph(8, 16)), (TEXT, text_graph(8, TinyText()))):
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_param = "d"
        save(folder, name, graph)
    encoder = load_model(folder)
    assert isinstance(encoder, DualEncoder)

    with pytest.raises(ModelFilesError, match=r"shape \(1, 8\), not \(1, 9\)"):
        encoder.encode_texts(["red"])
