"""What ``device="auto"`` does where there is a GPU, or something that stands in for one."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from sightline.encoders import load_model
from sightline.encoders.gpu import devices
from sightline.errors import GpuUnusedWarning, MissingPackageError, ModelFilesError
from tests.encoders.tiny_model import make_tiny_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(
        devices, "choose_device", lambda asked: "cuda" if asked == "auto" else asked
    )
    return make_tiny_model(tmp_path / "tiny")


def precision_of(folder: Path, precision: str | None = None) -> str:
    encoder = load_model(folder, device="auto", precision=precision)
    assert encoder.encode_images(np.ones((1, 3, 16, 16), dtype=np.float32)).shape == (1, 8)
    return encoder.spec.precision


def test_without_a_checkpoint_the_cpu_is_taken_and_it_is_said(folder: Path) -> None:
    with pytest.warns(GpuUnusedWarning, match=r"no weights for PyTorch.*pass --device cpu"):
        assert precision_of(folder) == "float32"


def test_torch_without_transformers_is_no_reason_to_stop(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")

    def missing(*_: object) -> None:
        raise MissingPackageError("transformers", "torch")

    monkeypatch.setattr(devices, "require_torch", missing)

    with pytest.warns(GpuUnusedWarning, match=r"pip install 'sightline\[torch\]'"):
        assert precision_of(folder) == "float32"


def test_a_gpu_that_is_asked_for_by_name_is_never_replaced(folder: Path) -> None:
    with pytest.raises(ModelFilesError, match="no weights for PyTorch"):
        load_model(folder, device="cuda")


def test_int8_goes_to_the_processor_without_a_word(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelFilesError, match="it has no int8 files"):
            precision_of(folder, "int8")


def test_a_model_that_no_gpu_can_run_stays_on_the_processor_without_a_word(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_model("mini", device="auto").spec.name == "mini"
