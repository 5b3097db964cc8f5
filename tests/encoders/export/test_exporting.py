from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from sightline.encoders.export import exporting, graphs, references
from sightline.encoders.export.exporting import ExportReport, export
from sightline.encoders.files.model_files import FileSet, ModelFolder, read_model_files
from sightline.encoders.hub.fetching import FetchedRepository
from sightline.encoders.installed import installed
from sightline.encoders.table import read_traits
from sightline.errors import (
    DiskFullError,
    ExportMismatchError,
    FolderTakenError,
    InvalidValueError,
    MissingPackageError,
    ModelFilesError,
    ModelNotFoundError,
)
from tests.encoders.checkpoints import Recipe, Width, make_checkpoint

# The smallest that has all the parts.
RECIPE = Recipe("clip", Width(16, 2, 1), Width(16, 2, 1), 112, 16)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("original") / "clip-tiny", RECIPE)


@pytest.fixture(scope="module")
def made(
    original: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ExportReport, list[str]]:
    """One whole export, with what was told."""
    told: list[str] = []
    out = tmp_path_factory.mktemp("made") / "model"
    return export(original, out, tell=told.append), told


@pytest.fixture
def checkpoint(original: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(original, tmp_path / "in" / "clip-tiny"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where nothing may be left, nor anything beside it."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "model"


@pytest.fixture
def quick_graphs(monkeypatch: pytest.MonkeyPatch, made: tuple[ExportReport, list[str]]) -> None:
    """Copy the graphs that were made before, in place of making them again."""

    def copied(*arguments: Any) -> None:  # noqa: ANN401
        path = arguments[-1]
        path.parent.mkdir(exist_ok=True)
        shutil.copy(made[0].folder / "onnx" / path.name, path)

    monkeypatch.setattr(exporting, "write_picture_graph", copied)
    monkeypatch.setattr(exporting, "write_text_graph", copied)


def edit(path: Path, **changes: object) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | changes))


def test_the_report_says_what_was_made(made: tuple[ExportReport, list[str]]) -> None:
    report, told = made
    files = [path for path in report.folder.rglob("*") if path.is_file()]

    assert report.dimensions == 16
    assert report.source == "clip-tiny"
    assert report.picture_cosine == pytest.approx(1, abs=1e-5)
    assert report.text_cosine == pytest.approx(1, abs=1e-5)
    assert report.size_bytes == sum(path.stat().st_size for path in files)
    assert told == [
        "picture tower: reading",
        "picture tower: writing its graph",
        "text tower: reading",
        "text tower: writing its graph",
        "loading what was written, and comparing it",
    ]


def test_a_folder_in_our_layout_comes_out(made: tuple[ExportReport, list[str]]) -> None:
    folder = made[0].folder
    files = read_model_files(ModelFolder(folder))

    assert sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()) == [
        "config.json",
        "onnx/text_model.onnx",
        "onnx/vision_model.onnx",
        "preprocessor_config.json",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert files.text is not None
    assert files.vision.signature.inputs["pixel_values"].axes == (None, 3, 224, 224)
    assert files.text.signature.inputs["input_ids"].axes == (None, None)
    assert list(files.text.signature.inputs) == ["input_ids"], "no mask"
    assert list(folder.parent.iterdir()) == [folder]


def test_the_config_says_how_to_use_the_model_and_where_it_is_from(
    original: Path, made: tuple[ExportReport, list[str]]
) -> None:
    before = read_model_files(ModelFolder(original), FileSet.CHECKPOINT)
    after = read_model_files(ModelFolder(made[0].folder))

    said = after.config["sightline"]
    assert said["source"] == "clip-tiny"
    assert said["prompt"] == "The photo of {query}"
    assert read_traits(after) == read_traits(before)
    assert {key: after.config[key] for key in before.config} == dict(before.config)
    assert after.preprocessor == before.preprocessor
    assert after.tokenizer == before.tokenizer


def test_attention_is_written_in_the_form_that_openvino_fuses(
    made: tuple[ExportReport, list[str]],
) -> None:
    for path in (made[0].folder / "onnx").iterdir():
        kinds = {node.op_type for node in onnx.load(path).graph.node}

        assert "Softmax" in kinds
        assert "IsNaN" not in kinds, "torch's fused kernel guards against rows without any key"


@pytest.mark.usefixtures("quick_graphs")
def test_a_graph_of_other_weights_is_found_out_and_nothing_is_left(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def noisy(*arguments: Any) -> Any:  # noqa: ANN401
        rows = references.encode_texts(*arguments)
        noise = np.random.default_rng(1).normal(size=rows.shape) * 0.005
        return ((rows + noise) / np.linalg.norm(rows + noise, axis=1, keepdims=True)).astype("f4")

    monkeypatch.setattr(exporting, "encode_texts", noisy)

    with pytest.raises(
        ExportMismatchError, match=r"clip-tiny .* texts .* nothing was written"
    ) as e:
        export(checkpoint, out)

    assert 0.99 < e.value.cosine < 0.99999
    assert list(out.parent.iterdir()) == []


@pytest.mark.usefixtures("quick_graphs")
def test_vectors_that_are_not_numbers_are_found_out(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        exporting, "encode_pictures", lambda *_: np.full((4, 16), np.nan, np.float32)
    )

    with pytest.raises(ExportMismatchError, match="pictures"):
        export(checkpoint, out)


@pytest.mark.usefixtures("quick_graphs")
def test_a_model_is_replaced_when_asked(checkpoint: Path, out: Path) -> None:
    export(checkpoint, out, verify=False)
    with pytest.raises(FolderTakenError):
        export(checkpoint, out, verify=False)

    report = export(checkpoint, out, verify=False, replace=True)

    assert (report.picture_cosine, report.text_cosine) == (None, None)
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.usefixtures("quick_graphs")
def test_picture_settings_may_lie_where_transformers_5_puts_them(
    checkpoint: Path, out: Path
) -> None:
    settings = json.loads((checkpoint / "preprocessor_config.json").read_text())
    (checkpoint / "preprocessor_config.json").unlink()
    (checkpoint / "processor_config.json").write_text(json.dumps({"image_processor": settings}))

    report = export(checkpoint, out)

    assert report.picture_cosine == pytest.approx(1, abs=1e-5)
    assert json.loads((out / "preprocessor_config.json").read_text()) == settings


@pytest.mark.parametrize("stage", range(5))
@pytest.mark.usefixtures("quick_graphs")
def test_an_interrupted_export_leaves_nothing(checkpoint: Path, out: Path, stage: int) -> None:
    told: list[str] = []

    def interrupt(line: str) -> None:
        told.append(line)
        if len(told) > stage:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(checkpoint, out, tell=interrupt)

    assert list(out.parent.iterdir()) == []


def test_a_full_disk_is_found_out_before_anything_is_written(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(out.parent)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(DiskFullError):
        export(checkpoint, out)

    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize("inside", [".", ".."])
def test_the_checkpoint_itself_is_never_replaced(checkpoint: Path, inside: str) -> None:
    with pytest.raises(InvalidValueError, match="does not hold the checkpoint"):
        export(checkpoint, checkpoint / inside, replace=True)


def naflex(folder: Path) -> None:
    edit(folder / "config.json", model_type="siglip2")


def another_kind(folder: Path) -> None:
    edit(folder / "config.json", model_type="blip")


def other_size(folder: Path) -> None:
    edit(folder / "preprocessor_config.json", crop_size=196, size=196)


def no_weights(folder: Path) -> None:
    (folder / "model.safetensors").unlink()


def short_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])


def a_weight_less(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["visual_projection.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def no_pickle(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def old_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").rename(folder / "vocab.json")


def no_preprocessor(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (naflex, "fixed resolution"),
        (another_kind, "blip"),
        (other_size, "196 x 196, and its picture tower takes 224 x 224"),
        (no_weights, r"model\.safetensors is missing"),
        (short_weights, "bytes"),
        (a_weight_less, "visual_projection"),
        (no_pickle, r"pytorch_model\.bin is cut short, or holds no weights of PyTorch"),
        (old_tokenizer, r"vocab\.json without tokenizer\.json.*save_pretrained"),
        (no_preprocessor, "preprocessor_config.json is missing"),
    ],
)
def test_a_checkpoint_that_cannot_be_exported_gets_a_sentence(
    checkpoint: Path, out: Path, damage: Callable[[Path], None], sentence: str
) -> None:
    damage(checkpoint)

    with pytest.raises(ModelFilesError, match=sentence):
        export(checkpoint, out)

    assert list(out.parent.iterdir()) == []


@pytest.mark.usefixtures("quick_graphs")
def test_pickled_weights_are_exported_too(checkpoint: Path, out: Path) -> None:
    import torch
    from safetensors.torch import load_file

    torch.save(load_file(checkpoint / "model.safetensors"), checkpoint / "pytorch_model.bin")
    (checkpoint / "model.safetensors").unlink()

    report = export(checkpoint, out)

    assert report.picture_cosine == pytest.approx(1, abs=1e-5)
    assert report.text_cosine == pytest.approx(1, abs=1e-5)


def test_a_model_folder_is_no_checkpoint(made: tuple[ExportReport, list[str]], out: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"ONNX files, and no weights for PyTorch"):
        export(made[0].folder, out)


def test_a_source_that_is_not_there_is_named(out: Path) -> None:
    with pytest.raises(ModelNotFoundError, match="no-such-folder"):
        export("no-such-folder", out)


@pytest.mark.parametrize("package", ["torch", "transformers", "onnx", "onnxscript"])
def test_a_missing_package_is_named_with_its_extra(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setattr(
        "sightline.system.packages.find_spec", lambda name: None if name == package else object()
    )

    with pytest.raises(MissingPackageError, match=rf"{package}.*sightline\[torch\]"):
        export(checkpoint, out)


@pytest.mark.usefixtures("quick_graphs")
def test_a_checkpoint_of_the_hub_is_fetched_and_its_commit_recorded(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    lies = installed(checkpoint, "hf:someone/clip@0123abcd")

    def fetched(repository: str, **options: Any) -> FetchedRepository:  # noqa: ANN401
        asked.append((repository, options["accept_licence"]))
        assert options["files"] == "checkpoint"
        return FetchedRepository(lies, "mit")

    monkeypatch.setattr("sightline.encoders.hub.fetching.fetch_repository", fetched)

    report = export("hf:someone/clip@refs/pr/2", out, accept_licence=True, verify=False)

    assert asked == [("someone/clip@refs/pr/2", True)]
    assert report.source == "hf:someone/clip@0123abcd"
    config = json.loads((out / "config.json").read_text())
    assert config["sightline"]["source"] == report.source


@pytest.mark.slow
def test_weights_beyond_what_one_file_holds_lie_beside_the_graph(
    checkpoint: Path, out: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(graphs, "_ONE_FILE_BYTES", 0)
    capfd.readouterr()

    report = export(checkpoint, out)

    files = read_model_files(ModelFolder(out))
    assert files.text is not None
    assert [len(tower.weights) for tower in (files.vision, files.text)] == [2, 2]
    assert report.text_cosine == pytest.approx(1, abs=1e-5)
    assert capfd.readouterr() == ("", ""), "torch and transformers keep quiet"
