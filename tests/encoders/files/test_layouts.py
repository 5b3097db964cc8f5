from __future__ import annotations

import contextlib
import io
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper
from PIL import Image

from sightline.encoders import DualEncoder, load_model
from sightline.encoders.cpu.openvino_runtime import import_openvino
from sightline.encoders.files.model_files import (
    FileSet,
    ModelFiles,
    ModelFolder,
    Pooling,
    TowerFiles,
    read_model_files,
)
from sightline.encoders.files.onnx_signature import TensorShape
from sightline.encoders.files.openvino_signature import BrokenOpenvinoError, read_openvino_signature
from sightline.encoders.pictures.preprocessing import Preparer, read_preprocessing
from sightline.encoders.table import Padding, read_traits
from sightline.encoders.texts.tokens import TokenReader
from sightline.errors import InvalidValueError, ModelFilesError
from sightline.testing import COLOURS, check_encoder
from tests.encoders.tiny_model import (
    TinyText,
    make_immich_model,
    make_lone_tower,
    make_tiny_model,
    renamed,
    text_graph,
    token_rows_graph,
    vision_graph,
)

INT8 = "openvino/vision_model_int8.xml"


def read(folder: Path, files: str = "fp32") -> ModelFiles:
    return read_model_files(ModelFolder(folder), files)


def run(tower: TowerFiles, feeds: dict[str, NDArray[Any]]) -> NDArray[np.float32]:
    """Run a tower by nothing but what its record says, one row at a time if it takes only one."""
    model = import_openvino().Core().compile_model(tower.path, "CPU")
    count = len(next(iter(feeds.values())))
    step = tower.batch or count
    parts = [
        model(
            {name: rows[at : at + step].astype(tower.input_dtype) for name, rows in feeds.items()}
        )
        for at in range(0, count, step)
    ]
    rows = np.concatenate([part[tower.output] for part in parts])
    return np.asarray(rows[:, 0] if tower.pooling == "first" else rows, dtype=np.float32)


def pictures(files: ModelFiles, *colours: str) -> NDArray[np.float32]:
    preparer = Preparer(read_preprocessing(files.folder, files.preprocessor))
    prepared = [preparer.prepare(Image.new("RGB", (40, 30), COLOURS[name])) for name in colours]
    return run(files.vision, {files.vision.pixels: np.stack(prepared)})


def texts(files: ModelFiles, *words: str) -> NDArray[np.float32]:
    assert files.text is not None
    reader = TokenReader(files, read_traits(files))
    rows = reader.read(words)
    feeds = {files.text.ids: np.array([row.ids for row in rows])}
    if files.text.mask:
        feeds[files.text.mask] = np.array([[i < row.length for i in range(12)] for row in rows])
    return run(files.text, feeds)


def colour(name: str) -> list[float]:
    return [*(np.array(COLOURS[name]) / 255), 0.25]


@pytest.mark.parametrize("newer", [False, True], ids=["any batch", "one at a time"])
def test_an_immich_folder_is_read_whole(tmp_path: Path, newer: bool) -> None:
    files = read(make_immich_model(tmp_path / "ViT-L-14__openai", newer=newer))

    assert pictures(files, "red", "green")[:, :4] == pytest.approx(
        np.array([colour("red"), colour("green")]), abs=1e-6
    )
    assert texts(files, "red", "BLUE  ")[:, :4] == pytest.approx(
        np.array([colour("red"), colour("blue")]), abs=1e-6
    )
    assert files.dimensions == 8
    assert files.text is not None
    assert (files.text.input_dtype, files.text.ids) == ("int32", "text")
    assert (files.vision.input_dtype, files.vision.pixels) == ("float32", "image")
    assert (files.vision.batch, files.text.batch) == ((1, 1) if newer else (None, None))


@pytest.mark.parametrize("newer", [False, True], ids=["any batch", "one at a time"])
def test_an_immich_model_is_used_like_any_other(tmp_path: Path, newer: bool) -> None:
    encoder = load_model(make_immich_model(tmp_path / "model", newer=newer))

    check_encoder(encoder)

    assert isinstance(encoder, DualEncoder)
    names = list(COLOURS) * 3
    shown = [encoder.prepare(Image.new("RGB", (20, 30), COLOURS[name])) for name in names]
    words = encoder.encode_texts(names)[:, :4]  # along the fifth lies its padding
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    scores = words @ encoder.encode_images(np.stack(shown))[:, :4].T
    assert np.diag(scores) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("pooled", [False, True])
def test_a_lone_tower_is_used_like_any_other(tmp_path: Path, pooled: bool) -> None:
    encoder = load_model(make_lone_tower(tmp_path / "dinov2-base", pooled=pooled))

    check_encoder(encoder)

    red = encoder.encode_images(encoder.prepare(Image.new("RGB", (20, 30), "red"))[None])[0]
    assert red[:4] == pytest.approx(
        np.array(colour("red")) / np.linalg.norm(colour("red")), abs=1e-6
    )
    assert not isinstance(encoder, DualEncoder)


@pytest.mark.parametrize("part", ["vision", "text"])
def test_a_graph_of_a_fixed_number_above_one_is_refused(tmp_path: Path, part: str) -> None:
    folder = make_tiny_model(tmp_path / "model")
    graph = vision_graph(8, 16) if part == "vision" else text_graph(8, TinyText())
    graph.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4
    onnx.save_model(graph, folder / "onnx" / f"{part}_model.onnx")

    with pytest.raises(ModelFilesError, match="takes exactly 4 at a time; export it with a free"):
        read(folder)


def test_a_folder_of_half_precision_graphs_is_used_without_being_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "model", ["fp16"], ["fp16"])
    graph = as_half(vision_graph(8, 16))
    onnx.save_model(graph, folder / "onnx" / "vision_model_fp16.onnx")

    encoder = load_model(folder)

    check_encoder(encoder)
    assert read(folder).vision.input_dtype == "float16"


def as_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with every float of it, inputs and outputs too, as float16."""
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(numpy_helper.from_array(half, tensor.name))
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.elem_type = TensorProto.FLOAT16
    onnx.checker.check_model(model)
    return model


def test_an_immich_folder_gets_the_traits_of_clip(tmp_path: Path) -> None:
    found = read_traits(read(make_immich_model(tmp_path / "model")))

    assert found.prompt == "The photo of {query}"
    assert (found.context, found.causal, found.padding) == (12, True, Padding.NONE)
    assert (found.lowercase, found.cleanup, found.punctuation) == (True, True, True)


def test_a_siglip_of_immich_is_padded_with_its_own_token_and_canonicalised(tmp_path: Path) -> None:
    folder = make_immich_model(tmp_path / "ViT-B-16-SigLIP__webli")
    config = json.loads((folder / "config.json").read_text())
    config["text_cfg"] |= {
        "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "pool_type": "last",
    }
    (folder / "config.json").write_text(json.dumps(config))
    settings = '{"pad_token": "</s>", "tokenizer_class": "T5Tokenizer"}'
    (folder / "textual" / "tokenizer_config.json").write_text(settings)
    files = read(folder)

    found = read_traits(files)
    row = TokenReader(files, found).read(["Red, BLUE!"])[0]

    assert (found.causal, found.padding) == (False, Padding.CONTEXT)
    assert (found.lowercase, found.cleanup, found.punctuation) == (True, True, False)
    assert row.ids[:4] == TokenReader(files, found).read(["red blue"])[0].ids[:4]
    assert row.ids[4:] == (2,) * 8, "its end token is its padding"


@pytest.mark.parametrize("pooled", [False, True])
def test_a_lone_tower_gives_its_class_token(tmp_path: Path, pooled: bool) -> None:
    files = read(make_lone_tower(tmp_path / "dinov2-base", pooled=pooled))

    rows = pictures(files, "red", "blue")

    assert rows[:, :4] == pytest.approx(np.array([colour("red"), colour("blue")]), abs=1e-6)
    assert files.text is None
    assert files.vision.pooling is (Pooling.NONE if pooled else Pooling.FIRST)
    assert files.dimensions == 8


def test_the_length_of_a_lone_towers_vectors_comes_from_its_config_if_need_be(
    tmp_path: Path,
) -> None:
    folder = make_lone_tower(tmp_path / "dinov2-base")
    graph = token_rows_graph(8, 16)
    graph.graph.output[0].type.tensor_type.shape.dim[2].dim_param = "d"
    onnx.save_model(graph, folder / "onnx" / "model.onnx")

    assert read(folder).dimensions == 8


def test_token_rows_of_another_family_are_not_taken_for_a_vector(tmp_path: Path) -> None:
    folder = make_lone_tower(tmp_path / "siglip")
    (folder / "config.json").write_text('{"model_type": "siglip_vision_model"}')

    with pytest.raises(ModelFilesError, match="gives last_hidden_state, not image_embeds"):
        read(folder)


def test_both_towers_in_one_graph_are_refused_with_a_remedy(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "clip")
    for part in ("text", "vision"):
        (folder / "onnx" / f"{part}_model.onnx").unlink()
    graph = vision_graph(8, 16)
    graph.graph.input.append(text_graph(8, TinyText()).graph.input[0])
    onnx.save_model(graph, folder / "onnx" / "model.onnx")

    with pytest.raises(ModelFilesError, match=r"also wants input_ids.*one picture tower and one"):
        read(folder)


VARIANTS = {"fp32": "", "fp16": "_fp16", "int8": "_int8", "q8": "_quantized", "uint8": "_uint8"}


def folder_with(place: Path, vision: list[str], text: list[str]) -> Path:
    """A folder with these variants of each tower."""
    folder = make_tiny_model(place)
    for part, variants in (("vision", vision), ("text", text)):
        whole = folder / "onnx" / f"{part}_model.onnx"
        for variant in variants:
            copy = folder / "onnx" / f"{part}_model{VARIANTS[variant]}.onnx"
            if copy != whole:
                shutil.copy(whole, copy)
        if "fp32" not in variants:
            whole.unlink()
    return folder


@pytest.mark.parametrize(
    ("asked", "there", "chosen"),
    [
        ("fp32", ["fp32", "fp16", "int8"], "fp32"),
        ("fp32", ["fp16"], "fp16"),
        ("fp32", ["fp16", "q8"], "fp16"),
        ("fp16", ["fp32", "fp16"], "fp16"),
        ("fp16", ["fp32"], "fp32"),
        ("int8", ["fp32", "uint8", "q8", "int8"], "int8"),
        ("int8", ["uint8", "q8"], "q8"),
        ("int8", ["fp16", "uint8"], "uint8"),
    ],
)
def test_the_files_that_were_asked_for_are_chosen(
    tmp_path: Path, asked: str, there: list[str], chosen: str
) -> None:
    files = read(folder_with(tmp_path / "model", there, there), asked)

    suffix = VARIANTS[chosen]
    assert files.text is not None
    assert files.vision.path.name == f"vision_model{suffix}.onnx"
    assert files.text.path.name == f"text_model{suffix}.onnx"
    expected = chosen if chosen in ("fp32", "fp16") else "int8"
    assert files.vision.file_set == files.text.file_set == expected


def test_a_float_text_tower_does_for_an_8_bit_picture_tower(tmp_path: Path) -> None:
    files = read(folder_with(tmp_path / "model", ["q8"], ["fp16"]), "int8")

    assert files.text is not None
    assert files.text.file_set is FileSet.FP16


@pytest.mark.parametrize(
    ("asked", "there", "sentence"),
    [
        ("int8", ["fp32"], "has no int8 files; make them with `sightline models quantize`"),
        ("fp32", ["q8"], "has int8 files only; pass --precision int8"),
        ("fp16", ["int8"], "has int8 files only; pass --precision int8"),
    ],
)
def test_files_that_are_not_there_are_asked_for_in_a_sentence(
    tmp_path: Path, asked: str, there: list[str], sentence: str
) -> None:
    folder = folder_with(tmp_path / "model", there, there)

    with pytest.raises(ModelFilesError, match=sentence):
        read(folder, asked)


def test_a_set_of_files_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidValueError, match="fp32 or fp16 or int8 or checkpoint"):
        read(make_tiny_model(tmp_path / "model"), "int4")


def quantised(folder: Path) -> Path:
    """Our own 8-bit picture tower beside the others: it only has to be OpenVINO's format here."""
    openvino = import_openvino()
    (folder / "openvino").mkdir()
    model = openvino.Core().read_model(folder / "onnx" / "vision_model.onnx")
    openvino.save_model(model, folder / INT8, compress_to_fp16=False)
    return folder


def test_our_own_8_bit_tower_goes_before_published_ones_and_with_the_float_text(
    tmp_path: Path,
) -> None:
    folder = quantised(folder_with(tmp_path / "model", ["fp32", "int8"], ["fp32", "int8"]))

    files = read(folder, "int8")

    assert files.vision.path == folder / INT8
    assert files.vision.weights == (folder / INT8, (folder / INT8).with_suffix(".bin"))
    assert files.vision.file_set is FileSet.INT8
    assert files.text is not None
    assert files.text.path.name == "text_model.onnx"
    assert read(folder).vision.path.name == "vision_model.onnx", "only where it is asked for"
    assert pictures(files, "red") == pytest.approx(pictures(read(folder), "red"), abs=1e-6)


@pytest.mark.parametrize("make", [make_immich_model, make_lone_tower])
def test_our_own_8_bit_tower_lies_in_any_layout(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    folder = make(tmp_path / "model")
    other = quantised(make_tiny_model(tmp_path / "other"))
    shutil.copytree(other / "openvino", folder / "openvino")

    assert read(folder, "int8").vision.path == folder / INT8
    assert read(folder).vision.path.suffix == ".onnx"


def test_the_outline_of_an_openvino_graph_is_that_of_the_onnx_graph(tmp_path: Path) -> None:
    folder = quantised(make_tiny_model(tmp_path / "model"))

    signature = read_openvino_signature(folder / INT8)

    assert signature.inputs == {"pixel_values": TensorShape(1, (None, 3, 16, 16))}
    assert signature.outputs == {"image_embeds": TensorShape(1, (None, 8))}
    (weights,) = signature.external
    assert weights.location == "vision_model_int8.bin"
    assert weights.end_bytes == (folder / INT8).with_suffix(".bin").stat().st_size


def test_an_openvino_graph_whose_tensors_have_several_names_is_read(tmp_path: Path) -> None:
    openvino = import_openvino()
    folder = quantised(make_tiny_model(tmp_path / "model"))
    model = openvino.Core().read_model(folder / "onnx" / "vision_model.onnx")
    model.input(0).get_tensor().add_names({"a", "zz"})
    model.output(0).get_tensor().add_names({"b", "zy"})
    openvino.save_model(model, folder / INT8, compress_to_fp16=False)

    tower = read(folder, "int8").vision

    assert (tower.pixels, tower.output) == ("pixel_values", "image_embeds")


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda f: (f / INT8).with_suffix(".bin").unlink(), "vision_model_int8.bin is missing"),
        (
            lambda f: (f / INT8).with_suffix(".bin").write_bytes(b"\0"),
            "vision_model_int8.bin has 1 of",
        ),
        (lambda f: (f / INT8).write_text("<net>"), "is cut short, or is not an OpenVINO file"),
        (lambda f: (f / INT8).write_text("<net/>"), "is cut short, or is not an OpenVINO file"),
        (lambda f: (f / INT8).write_bytes(b"\xff\x00"), "is not an OpenVINO file"),
        (
            lambda f: (f / INT8).write_text((f / INT8).read_text().replace('"f32"', '"i32"')),
            "pixel_values of .* is not float32 or float16",
        ),
    ],
)
def test_each_fault_of_an_openvino_graph_has_its_sentence(
    tmp_path: Path, break_it: Callable[[Path], object], sentence: str
) -> None:
    folder = quantised(make_tiny_model(tmp_path / "model"))
    break_it(folder)

    with pytest.raises(ModelFilesError, match=sentence):
        read(folder, "int8")


def test_an_openvino_graph_cut_anywhere_is_noticed(tmp_path: Path) -> None:
    folder = quantised(make_tiny_model(tmp_path / "model"))
    whole = (folder / INT8).read_bytes()

    for length in range(1, len(whole.rstrip()), 7):
        (folder / INT8).write_bytes(whole[:length])
        with pytest.raises(BrokenOpenvinoError):
            read_openvino_signature(folder / INT8)


def test_an_openvino_graph_with_flipped_bytes_never_crashes(tmp_path: Path) -> None:
    folder = quantised(make_tiny_model(tmp_path / "model"))
    whole = (folder / INT8).read_bytes()

    for place in range(0, len(whole), 3):
        broken = bytearray(whole)
        broken[place] ^= 0x15
        (folder / INT8).write_bytes(broken)
        with contextlib.suppress(ModelFilesError):
            read(folder, "int8")


def checkpoint(folder: Path, *, shards: int = 0) -> Path:
    """A checkpoint as transformers 5 saves it, with weights that mean nothing."""
    folder = make_tiny_model(folder)
    shutil.rmtree(folder / "onnx")
    names = [f"model-{n}-of-{shards}.safetensors" for n in range(shards)] or ["model.safetensors"]
    for name in names:
        header = json.dumps({"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}})
        content = struct.pack("<Q", len(header)) + header.encode() + bytes(16)
        (folder / name).write_bytes(content)
    if shards:
        index = {"weight_map": {f"w{n}": name for n, name in enumerate(names)}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder


def test_a_checkpoint_says_how_it_can_be_used(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "clip")

    with pytest.raises(ModelFilesError, match=r"models export .*clip OUT`, or pass --device cuda"):
        read(folder)


@pytest.mark.parametrize("shards", [0, 3])
def test_a_checkpoint_is_read_for_torch(tmp_path: Path, shards: int) -> None:
    files = read(checkpoint(tmp_path / "clip", shards=shards), "checkpoint")

    assert [path.suffix for path in files.vision.weights] == [".safetensors"] * max(1, shards)
    assert files.text is not None
    assert files.text.weights == (), "one digest covers both towers"
    assert files.dimensions == 8
    assert TokenReader(files, read_traits(files)).read(["red"])[0].length == 3
    assert read_preprocessing(files.folder, files.preprocessor).output.width == 16


@pytest.mark.parametrize(
    ("config", "dimensions"),
    [
        ({"model_type": "clip", "projection_dim": 768}, 768),
        ({"model_type": "siglip", "vision_config": {"hidden_size": 1152}}, 1152),
        ({"model_type": "siglip", "vision_config": {}}, 768),
        ({"model_type": "dinov2", "hidden_size": 1024}, 1024),
    ],
)
def test_a_checkpoints_config_tells_the_length_of_its_vectors(
    tmp_path: Path, config: dict[str, Any], dimensions: int
) -> None:
    folder = checkpoint(tmp_path / "model")
    (folder / "config.json").write_text(json.dumps(config))

    assert read(folder, "checkpoint").dimensions == dimensions


def test_a_picture_checkpoint_has_no_text_tower(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "dinov2")
    (folder / "config.json").write_text('{"model_type": "dinov2", "hidden_size": 8}')
    (folder / "tokenizer.json").unlink()

    assert read(folder, "checkpoint").text is None


@pytest.mark.parametrize(
    ("break_it", "sentence"),
    [
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"1234"), "not a safetensors file"),
        (
            lambda f: (f / "model.safetensors").write_bytes(
                (f / "model.safetensors").read_bytes()[:-1]
            ),
            r"model.safetensors has \d+ of \d+ bytes",
        ),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    ],
)
def test_each_fault_of_a_checkpoint_has_its_sentence(
    tmp_path: Path, break_it: Callable[[Path], object], sentence: str
) -> None:
    folder = checkpoint(tmp_path / "clip")
    break_it(folder)

    with pytest.raises(ModelFilesError, match=sentence):
        read(folder, "checkpoint")


def pickled_checkpoint(folder: Path, content: bytes) -> Path:
    (checkpoint(folder) / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(content)
    return folder


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
    return file.getvalue()


@pytest.mark.parametrize("content", [zipped(), b"\x80\x02}q\x00."])
def test_pickled_weights_are_found(tmp_path: Path, content: bytes) -> None:
    files = read(pickled_checkpoint(tmp_path / "clip", content), "checkpoint")

    assert [path.name for path in files.vision.weights] == ["pytorch_model.bin"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (zipped()[:-30], "is cut short"),
        (b"<html>please log in</html>", "holds no weights of PyTorch"),
        (b"P", "cut short"),
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs pointer"),
    ],
)
def test_each_fault_of_pickled_weights_has_its_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    folder = pickled_checkpoint(tmp_path / "clip", content)

    with pytest.raises(ModelFilesError, match=f"pytorch_model.bin .*{sentence}"):
        read(folder, "checkpoint")


def test_safetensors_come_before_pickled_weights(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "clip", shards=2)
    (folder / "pytorch_model.bin").write_bytes(zipped())

    files = read(folder, "checkpoint")

    assert [path.suffix for path in files.vision.weights] == [".safetensors"] * 2


def test_a_model_folder_has_nothing_for_torch(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model")

    with pytest.raises(ModelFilesError, match=r"no weights for PyTorch .*pass --device cpu"):
        read(folder, "checkpoint")


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = checkpoint(tmp_path / "clip", shards=2)
    (folder / "model-1-of-2.safetensors").unlink()

    with pytest.raises(ModelFilesError, match=r"model-1-of-2.safetensors is missing"):
        read(folder, "checkpoint")


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"weight_map": {"w": "../../x.safetensors"}}',
        '{"weight_map": {"w": "pytorch_model.bin"}}',
    ],
)
def test_a_list_of_shards_that_cannot_be_trusted_is_refused(tmp_path: Path, content: str) -> None:
    folder = checkpoint(tmp_path / "clip", shards=1)
    (folder / "model.safetensors.index.json").write_text(content)

    with pytest.raises(ModelFilesError, match="does not list the files of the weights"):
        read(folder, "checkpoint")


def test_the_processor_file_of_transformers_5_is_read(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model")
    preprocessor = folder / "preprocessor_config.json"
    steps = json.loads(preprocessor.read_text())
    before = read(folder).preprocessor
    preprocessor.unlink()
    said = {"image_processor": steps, "processor_class": "CLIPProcessor"}
    (folder / "processor_config.json").write_text(json.dumps(said))

    assert read(folder).preprocessor == before
    (folder / "processor_config.json").write_text('{"processor_class": "CLIPProcessor"}')
    with pytest.raises(ModelFilesError, match=r"preprocessor_config.json is missing"):
        read(folder)


def test_the_names_of_another_exporter_are_understood(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model", text=TinyText(mask=True))
    graph = renamed(text_graph(8, TinyText(mask=True)), {"text_embeds": "pooler_output"})
    onnx.save_model(graph, folder / "onnx" / "text_model.onnx")

    text = read(folder).text

    assert text is not None
    assert (text.ids, text.mask, text.output) == ("input_ids", "attention_mask", "pooler_output")


def test_a_mask_of_another_type_than_its_ids_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model", text=TinyText(mask=True))
    graph = text_graph(8, TinyText(mask=True))
    graph.graph.input[1].type.tensor_type.elem_type = TensorProto.INT32
    (folder / "onnx" / "text_model.onnx").write_bytes(graph.SerializeToString())

    with pytest.raises(ModelFilesError, match=r"attention_mask of .* is not int64"):
        read(folder)


def test_a_vector_with_too_many_axes_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model")
    graph = renamed(token_rows_graph(8, 16), {"last_hidden_state": "image_embeds"})
    onnx.save_model(graph, folder / "onnx" / "vision_model.onnx")

    with pytest.raises(ModelFilesError, match=r"image_embeds of .* has 3 axes, not 2"):
        read(folder)


def test_what_is_left_of_an_immich_download_is_told_by_its_own_names(tmp_path: Path) -> None:
    folder = make_immich_model(tmp_path / "model")
    (folder / "visual" / "model.onnx").unlink()

    with pytest.raises(ModelFilesError, match=r"visual/model.onnx is missing"):
        read(folder)


def test_links_into_a_cache_that_was_emptied_are_missing_files(tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "model")
    graph = folder / "onnx" / "vision_model.onnx"
    graph.unlink()
    graph.symlink_to(tmp_path / "blobs" / "gone")

    with pytest.raises(ModelFilesError, match=r"onnx/vision_model.onnx is missing"):
        read(folder)
