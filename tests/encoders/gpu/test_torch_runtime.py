# ruff: noqa: ANN401 - torch carries no types that can be used
import contextlib
import gc
import json
import os
import pickle
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from numpy.typing import NDArray

from sightline.encoders import DualEncoder
from sightline.encoders.files.model_files import ModelFolder
from sightline.encoders.gpu import devices as torch_devices
from sightline.encoders.gpu.devices import TorchOptions, choose_device, torch_options
from sightline.encoders.gpu.engine import Slot
from sightline.encoders.gpu.torch_runtime import TorchTower, TorchTowers, load_towers
from sightline.encoders.installed import ModelPlace
from sightline.encoders.loading import load_for_torch
from sightline.errors import (
    DeviceNotFoundError,
    InvalidValueError,
    MissingPackageError,
    ModelFilesError,
)
from tests.encoders.checkpoints import SMALL, make_checkpoint, write_pictures
from tests.encoders.gpu.late_cuda import make_late

Rows = NDArray[np.float32]
WITH_TEXT = [name for name, recipe in SMALL.items() if recipe.text is not None]


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Models this small are slower on several threads, much slower on a machine that is busy."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("checkpoints")
    return {name: make_checkpoint(root / name, recipe) for name, recipe in SMALL.items()}


@pytest.fixture(scope="module")
def clip(checkpoints: dict[str, Path]) -> TorchTowers:
    return towers(checkpoints["clip-vit-b32"])


def towers(folder: Path, precision: str = "float32", **more: Any) -> TorchTowers:
    return load_towers(
        ModelFolder(folder), config_of(folder), TorchOptions("cpu", precision), **more
    )


def config_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return content


def pictures(folder: Path, count: int, seed: int = 0) -> Rows:
    config = config_of(folder)
    edge = (config.get("vision_config") or {}).get("image_size", 224)
    # Coarse, as pictures are: fine noise averages out, and all vectors would be the same.
    coarse = np.random.default_rng(seed).standard_normal((count, 3, 4, 4)).astype(np.float32)
    return np.repeat(np.repeat(coarse, edge // 4, axis=2), edge // 4, axis=3)


def token_rows(folder: Path, lengths: list[int]) -> list[NDArray[np.int64]]:
    """Rows of tokens as the tokeniser makes them: <start> words <end>, or words and padding."""
    config = config_of(folder)["text_config"]
    dice = np.random.default_rng(3)
    words = config["vocab_size"] - 2
    if "clip" not in folder.name:
        return [np.r_[dice.integers(5, words, n), 1, np.zeros(63 - n, int)] for n in lengths]
    return [np.r_[words, dice.integers(0, words, n), words + 1] for n in lengths]


def reference(folder: Path) -> Any:
    """The whole model as transformers runs it, without any fused kernel."""
    from transformers import AutoModel

    return AutoModel.from_pretrained(folder, attn_implementation="eager").eval()


def unit(rows: Any) -> Rows:
    wide = np.asarray(rows, dtype=np.float64)
    found: Rows = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
    return found


def assert_apart(rows: Rows) -> None:
    """Vectors that are all alike could be mixed up without anyone noticing."""
    cosines = unit(rows) @ unit(rows).T - np.eye(len(rows))
    assert cosines.max() < 0.98


# The same vectors as transformers


@pytest.mark.parametrize("name", SMALL)
def test_picture_vectors_are_those_of_transformers(checkpoints: dict[str, Path], name: str) -> None:
    folder = checkpoints[name]
    pixels = pictures(folder, 5)

    found = towers(folder).vision.run({"pixel_values": pixels})

    model = reference(folder)
    run = getattr(model, "get_image_features", model)
    with torch.inference_mode():
        expected = run(pixel_values=torch.from_numpy(pixels)).pooler_output.numpy()
    assert found.dtype == np.float32
    assert_apart(expected)
    np.testing.assert_allclose(unit(found), unit(expected), atol=2e-6)


@pytest.mark.parametrize("name", WITH_TEXT)
def test_text_vectors_are_those_of_transformers(checkpoints: dict[str, Path], name: str) -> None:
    folder = checkpoints[name]
    rows = token_rows(folder, [2, 20, 45])
    text = towers(folder).text
    assert text is not None

    found = np.concatenate([text.run({"input_ids": row[None]}) for row in rows])

    # Transformers gets them padded to the context: what follows the end token must not matter.
    context = config_of(folder)["text_config"].get("max_position_embeddings", 77)
    padded = np.stack([np.r_[row, np.full(context - len(row), row[-1])] for row in rows])
    with torch.inference_mode():
        expected = reference(folder).get_text_features(torch.from_numpy(padded)).pooler_output
    assert_apart(expected.numpy())
    np.testing.assert_allclose(unit(found), unit(expected), atol=2e-6)


@pytest.mark.parametrize("name", SMALL)
def test_bfloat16_vectors_agree_with_float32(checkpoints: dict[str, Path], name: str) -> None:
    folder = checkpoints[name]
    for half in ("vision", "text") if name in WITH_TEXT else ("vision",):
        feeds = (
            {"pixel_values": pictures(folder, 4)}
            if half == "vision"
            else {"input_ids": np.stack(token_rows(folder, [9, 9, 9]))}
        )
        exact, rough = (
            getattr(towers(folder, precision), half).run(feeds)
            for precision in ("float32", "bfloat16")
        )
        cosines = (unit(exact) * unit(rough)).sum(axis=1)
        assert cosines.min() >= 0.999
        assert not np.array_equal(exact, rough), "it was not computed in bfloat16"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_pictures_as_bytes_give_the_vectors_of_their_levels(
    checkpoints: dict[str, Path], precision: str
) -> None:
    folder = checkpoints["clip-vit-b32"]
    dice = np.random.default_rng(5)
    levels = dice.standard_normal((3, 256)).astype(np.float32)
    plain = dice.integers(0, 256, (3, 3, 224, 224), dtype=np.uint8)
    floats = np.stack([levels[channel][plain[:, channel]] for channel in range(3)], axis=1)
    tower = towers(folder, precision, levels=levels).vision

    found = tower.run({"pixel_values": plain})

    np.testing.assert_array_equal(found, tower.run({"pixel_values": floats}))


def test_bytes_without_levels_are_refused(clip: TorchTowers, checkpoints: dict[str, Path]) -> None:
    plain = pictures(checkpoints["clip-vit-b32"], 1).astype(np.uint8)

    with pytest.raises(ModelFilesError, match="bytes"):
        clip.vision.run({"pixel_values": plain})


def test_an_encoder_gives_the_vectors_of_transformers_from_files_and_words(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    from PIL import Image
    from transformers import AutoImageProcessor, AutoTokenizer

    folder = checkpoints["clip-vit-b32"]
    # As for a GPU, but on the processor: a GPU is not to be had in every test run.
    found = load_for_torch(ModelPlace("mine", ModelFolder(folder), None), "cpu", None)
    assert isinstance(found, DualEncoder)
    images = [Image.open(path) for path in write_pictures(tmp_path, 4)]
    texts = ["a photo of the kite", "Two old bridges at NIGHT", "on"]

    picture_rows = found.encode_images(np.stack([found.prepare(image) for image in images]))
    text_rows = found.encode_texts(texts)

    model = reference(folder)
    prepare = AutoImageProcessor.from_pretrained(folder, backend="pil")
    tokens = AutoTokenizer.from_pretrained(folder)(
        texts, padding="max_length", max_length=77, return_tensors="pt"
    )
    with torch.inference_mode():
        pixels = prepare(images=images, return_tensors="pt")["pixel_values"]
        expected = unit(model.get_image_features(pixels).pooler_output)
        expected_words = unit(model.get_text_features(tokens["input_ids"]).pooler_output)
    assert found.spec.precision == "float32"
    np.testing.assert_allclose(picture_rows, expected, atol=1e-5)
    np.testing.assert_allclose(text_rows, expected_words, atol=1e-5)


# Batches


def test_a_stream_gives_the_vectors_of_its_batches_in_order(
    clip: TorchTowers, checkpoints: dict[str, Path]
) -> None:
    pixels = pictures(checkpoints["clip-vit-b32"], 14)
    cuts = [slice(0, 4), slice(4, 8), slice(8, 9), slice(9, 9), slice(9, 14)]

    found = list(clip.vision.stream(pixels[cut] for cut in cuts))

    assert [len(rows) for rows in found] == [4, 4, 1, 0, 5]
    expected = np.concatenate([clip.vision.run({"pixel_values": pixels[c]}) for c in cuts])
    assert_apart(expected)
    np.testing.assert_array_equal(np.concatenate(found), expected)


def test_several_batches_at_once_come_in_order(
    clip: TorchTowers, checkpoints: dict[str, Path]
) -> None:
    pixels = pictures(checkpoints["clip-vit-b32"], 5)

    found = clip.vision.run_all([{"pixel_values": pixels[i : i + 2]} for i in (0, 2, 4)], 3)

    assert [len(rows) for rows in found] == [2, 2, 1]
    together = clip.vision.run({"pixel_values": pixels})
    np.testing.assert_allclose(unit(np.concatenate(found)), unit(together), atol=2e-6)


def test_a_stream_of_nothing_gives_nothing(clip: TorchTowers, checkpoints: dict[str, Path]) -> None:
    assert list(clip.vision.stream(())) == []
    nothing = pictures(checkpoints["clip-vit-b32"], 0)
    assert clip.vision.run({"pixel_values": nothing}).shape == (0, 40)


def test_a_batch_may_be_overwritten_when_the_next_one_is_asked_for(
    clip: TorchTowers, checkpoints: dict[str, Path]
) -> None:
    pixels = pictures(checkpoints["clip-vit-b32"], 6)
    shared = np.empty_like(pixels[:1])

    def batches() -> Iterator[Rows]:
        for picture in pixels:
            shared[:] = picture
            yield shared
        shared[:] = 0

    found = np.concatenate(list(clip.vision.stream(batches())))

    expected = np.concatenate([clip.vision.run({"pixel_values": p[None]}) for p in pixels])
    np.testing.assert_array_equal(found, expected)


def test_vectors_belong_to_the_caller(clip: TorchTowers, checkpoints: dict[str, Path]) -> None:
    pixels = pictures(checkpoints["clip-vit-b32"], 4)
    stream = clip.vision.stream(pixels[i : i + 1] for i in range(4))
    first = next(stream)
    kept = first.copy()
    for rows in stream:
        rows[:] = 0

    np.testing.assert_array_equal(first, kept)


def test_threads_get_their_own_vectors(checkpoints: dict[str, Path], clip: TorchTowers) -> None:
    folder = checkpoints["clip-vit-b32"]
    tower = towers(folder).vision  # not loaded yet: all threads want that too
    given = [pictures(folder, 2, seed) for seed in range(4)]
    found: dict[int, Rows] = {}

    def work(number: int) -> None:
        for _ in range(3):
            found[number] = tower.run({"pixel_values": given[number]})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number, pixels in enumerate(given):
        expected = clip.vision.run({"pixel_values": pixels})
        np.testing.assert_allclose(unit(found[number]), unit(expected), atol=2e-6)


# A device that works on its own


@pytest.mark.parametrize("as_bytes", [False, True])
def test_a_device_that_does_all_as_late_as_it_may_gives_the_same_vectors(
    checkpoints: dict[str, Path], as_bytes: bool
) -> None:
    folder = checkpoints["clip-vit-b32"]
    levels = np.tile(np.linspace(-3, 3, 256, dtype=np.float32), (3, 1))
    tower = towers(folder, levels=levels).vision
    pixels: NDArray[Any] = pictures(folder, 14)
    if as_bytes:
        pixels = (pixels * 40 + 128).clip(0, 255).astype(np.uint8)
    sizes = [3, 4, 1, 2, 4]
    batches = np.split(pixels, np.cumsum(sizes)[:-1])
    expected = [tower.run({"pixel_values": batch}) for batch in batches]

    with make_late(tower._ready(), dimensions=40):
        found = list(tower.stream(batches))

    assert_apart(np.concatenate(expected))
    for rows, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(unit(rows), unit(right), atol=2e-6)


def test_the_next_batch_is_on_its_way_before_the_first_is_waited_for(
    checkpoints: dict[str, Path],
) -> None:
    folder = checkpoints["clip-vit-b32"]
    tower = towers(folder).vision
    engine, asked = tower._ready(), []

    def batches() -> Iterator[Rows]:
        for number in range(4):
            asked.append(number)
            yield pictures(folder, 1, number)

    with make_late(engine, dimensions=40):
        stream = tower.stream(batches())
        next(stream)
        streams = engine._streams
        assert streams is not None
        runs = streams[1]
        assert asked == [0, 1, 2]
        assert runs.done < len(runs.noted), "the second batch was waited for too"
        stream.close()

    assert runs.done == len(runs.noted), "work was left that still writes to memory"


# Memory


class Small:
    """A tower on a device that has room for so many pictures."""

    def __init__(self, inner: Any, room: int, error: type[Exception], said: str) -> None:
        self._inner, self._room, self._error, self._said = inner, room, error, said
        self.left: list[weakref.ref[Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __call__(self, batch: Any) -> Any:
        if len(batch) > self._room:
            half_done = torch.zeros(10)
            self.left.append(weakref.ref(half_done))
            raise self._error(self._said)
        return self._inner(batch)


def cramped(
    folder: Path, room: int, error: type[Exception] = torch.OutOfMemoryError, said: str = "full"
) -> tuple[TorchTower, Small]:
    tower = towers(folder).vision
    engine = tower._ready()
    small = Small(engine._tower, room, error, said)
    engine._tower = small  # type: ignore[assignment]
    return tower, small


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError, "CUDA out of memory. Tried to allocate 2.00 GiB"),
        (RuntimeError, "MPS backend out of memory (MPS allocated: 17.9 GB)"),
        (RuntimeError, "[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate"
         " memory: you tried to allocate 1000000000000 bytes"),
        (RuntimeError, "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)"),
    ],
)  # fmt: skip
def test_a_device_without_room_raises_memory_error_and_frees_what_it_had(
    checkpoints: dict[str, Path], error: type[Exception], said: str
) -> None:
    folder = checkpoints["clip-vit-b32"]
    tower, small = cramped(folder, 2, error, said)
    gc.disable()  # the memory must be free without it
    try:
        with pytest.raises(MemoryError, match="no memory left") as caught:
            tower.run({"pixel_values": pictures(folder, 3)})
        assert [left() for left in small.left] == [None], "the failed attempt is still held"
    finally:
        gc.enable()

    assert caught.value.__context__ is None
    assert len(tower.run({"pixel_values": pictures(folder, 2)})) == 2


def test_a_real_lack_of_memory_is_recognised(checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip-vit-b32"]
    tower = towers(folder).vision
    engine = tower._ready()
    engine._compute = lambda batch: torch.empty(1 << 60)  # type: ignore[method-assign]

    with pytest.raises(MemoryError):
        tower.run({"pixel_values": pictures(folder, 1)})


def test_a_stream_without_room_yields_what_came_before(checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip-vit-b32"]
    tower, _ = cramped(folder, 2)
    pixels = pictures(folder, 7)
    stream = tower.stream([pixels[:2], pixels[2:4], pixels[4:7], pixels[:1]])
    found = [next(stream), next(stream)]

    with pytest.raises(MemoryError):
        next(stream)

    assert [len(rows) for rows in found] == [2, 2]
    np.testing.assert_array_equal(found[1], tower.run({"pixel_values": pixels[2:4]}))


def test_another_failure_of_torch_is_a_sentence(checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip-vit-b32"]
    said = "CUDA error: no kernel image is available for execution on the device\nmore lines"
    tower, _ = cramped(folder, 0, RuntimeError, said)

    with pytest.raises(ModelFilesError, match=r"\(CUDA error: no kernel image .* device\)"):
        tower.run({"pixel_values": pictures(folder, 1)})


# Loading


def test_a_tower_is_loaded_when_it_is_first_needed(checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip-vit-b32"]
    both = towers(folder)
    assert both.text is not None
    assert not both.vision.compiled

    both.text.run({"input_ids": token_rows(folder, [3])[0][None]})

    assert both.text.compiled
    assert not both.vision.compiled, "a search by words must not load the picture tower"


def test_a_model_without_words_has_no_text_tower(checkpoints: dict[str, Path]) -> None:
    assert towers(checkpoints["dinov2-b14"]).text is None


def test_loading_says_nothing_and_leaves_transformers_as_it_was(
    checkpoints: dict[str, Path], capfd: pytest.CaptureFixture[str]
) -> None:
    from transformers.utils import logging

    before = (logging.is_progress_bar_enabled(), logging.get_verbosity())
    folder = checkpoints["siglip2-b16-256"]

    towers(folder).vision.run({"pixel_values": pictures(folder, 1)})

    assert capfd.readouterr() == ("", "")
    assert (logging.is_progress_bar_enabled(), logging.get_verbosity()) == before
    assert torch.get_default_dtype() == torch.float32


def copied(folder: Path, into: Path, without: str = "") -> Path:
    """A copy of a checkpoint, of which one weight may be left out."""
    from safetensors.torch import load_file, save_file

    into.mkdir()
    (into / "config.json").write_bytes((folder / "config.json").read_bytes())
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if name != without}
    save_file(kept, into / "model.safetensors", {"format": "pt"})
    return into


@pytest.mark.parametrize("off", ["text_config", "vision_config"])
@pytest.mark.parametrize("length", [512, None])
def test_a_clip_projects_to_the_length_of_the_whole_config(
    checkpoints: dict[str, Path], tmp_path: Path, off: str, length: int | None
) -> None:
    original = checkpoints["clip-vit-l14"]
    folder = copied(original, tmp_path / "clip")
    config = config_of(folder)
    config[off].pop("projection_dim")
    config[off] |= {"projection_dim": length} if length else {}
    (folder / "config.json").write_text(json.dumps(config))
    shown, read = pictures(original, 2), np.stack(token_rows(original, [4, 4]))

    both, whole = towers(folder), reference(folder)

    assert both.text is not None
    with torch.inference_mode():
        expected = whole(pixel_values=torch.tensor(shown), input_ids=torch.tensor(read))
    for tower, feeds, rows in (
        (both.vision, {"pixel_values": shown}, expected.image_embeds),
        (both.text, {"input_ids": read}, expected.text_embeds),
    ):
        assert rows.shape == (2, 40)
        assert_allclose(unit(tower.run(feeds)), unit(rows), atol=1e-5)


def test_weights_that_are_missing_are_not_replaced_by_chance(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    name = "visual_projection.weight"
    folder = copied(checkpoints["clip-vit-b32"], tmp_path / "model", without=name)

    with pytest.raises(ModelFilesError, match=f"1 of its weights are missing, such as {name}"):
        towers(folder).vision.run({"pixel_values": pictures(folder, 1)})


def pickled(folder: Path, into: Path, *, zipped: bool = True, shards: int = 1) -> Path:
    """A copy of a checkpoint with its weights as torch.save writes them, or wrote them once."""
    from safetensors.torch import load_file

    copied(folder, into)
    tensors = list(load_file(into / "model.safetensors").items())
    (into / "model.safetensors").unlink()
    names = [f"pytorch_model-{part}-of-{shards}.bin" for part in range(shards)]
    if shards == 1:
        names = ["pytorch_model.bin"]
    for part, name in enumerate(names):
        content = dict(tensors[part::shards])
        torch.save(content, into / name, _use_new_zipfile_serialization=zipped)
    if shards > 1:
        places = {key: names[place % shards] for place, (key, _) in enumerate(tensors)}
        index = {"metadata": {"total_size": 1}, "weight_map": places}
        (into / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    return into


@pytest.mark.parametrize(("zipped", "shards"), [(True, 1), (False, 1), (True, 3)])
def test_pickled_weights_give_the_vectors_of_safetensors(
    checkpoints: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    zipped: bool,
    shards: int,
) -> None:
    original = checkpoints["clip-vit-b32"]
    folder = pickled(original, tmp_path / "clip", zipped=zipped, shards=shards)
    shown, read = pictures(folder, 2), np.stack(token_rows(original, [3, 3]))

    both, before = towers(folder), towers(original)

    assert both.text is not None
    assert before.text is not None
    for tower, other, feeds in (
        (both.vision, before.vision, {"pixel_values": shown}),
        (both.text, before.text, {"input_ids": read}),
    ):
        assert np.array_equal(tower.run(feeds), other.run(feeds))
    assert capfd.readouterr() == ("", "")


def test_safetensors_are_read_where_both_kinds_are_there(
    checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    folder = copied(checkpoints["clip-vit-b32"], tmp_path / "model")
    (folder / "pytorch_model.bin").write_bytes(b"would not load")

    assert len(towers(folder).vision.run({"pixel_values": pictures(folder, 1)})) == 1


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self._folder),)


def in_a_zip(content: object, path: Path) -> None:
    torch.save(content, path)


def in_the_old_form(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def bare(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("write", [in_a_zip, in_the_old_form, bare])
def test_weights_that_hold_code_are_refused_and_nothing_of_it_runs(
    checkpoints: dict[str, Path],
    tmp_path: Path,
    write: Callable[[object, Path], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "1")  # not even then
    folder = pickled(checkpoints["clip-vit-b32"], tmp_path / "model")
    weights, sprung = folder / "pytorch_model.bin", tmp_path / "sprung"
    write({**torch.load(weights, weights_only=True), "trap": Trap(sprung)}, weights)

    with pytest.raises(ModelFilesError, match=r"pytorch_model.bin .* could run code.*safetensors"):
        towers(folder).vision.run({"pixel_values": pictures(folder, 1)})

    assert not sprung.exists()
    if write is bare:  # the trap works
        pickle.loads(weights.read_bytes())
        assert sprung.exists()


def test_weights_cut_short_are_a_sentence(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    folder = copied(checkpoints["clip-vit-b32"], tmp_path / "model")
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(ModelFilesError, match="cannot be loaded"):
        towers(folder).vision.run({"pixel_values": pictures(folder, 1)})


@pytest.mark.parametrize("kind", ["siglip2", "bert", None])
def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path, kind: str | None) -> None:
    with pytest.raises(ModelFilesError, match="model_type"):
        load_towers(ModelFolder(tmp_path), {"model_type": kind}, TorchOptions())


# Devices


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets what torch says of this machine."""

    def set_up(cards: int = 0, mps: bool = False, bfloat16: bool = True) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cards > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cards)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: bfloat16)
        monkeypatch.setattr(torch.cuda, "device", lambda device: contextlib.nullcontext())
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.setattr(torch.version, "cuda", "13.0")
        monkeypatch.setattr(torch_devices, "_may_have_gpu", lambda: cards > 0 or mps)

    return set_up


@pytest.mark.parametrize(
    ("cards", "mps", "best"), [(1, True, "cuda"), (0, True, "mps"), (0, False, "cpu")]
)
def test_the_best_device_is_chosen(machine: Any, cards: int, mps: bool, best: str) -> None:
    machine(cards, mps)

    assert choose_device("auto") == choose_device() == choose_device(best) == best


def test_without_a_sign_of_a_gpu_torch_is_not_even_imported() -> None:
    script = (
        "import sys\n"
        "from sightline.encoders.gpu import devices as torch_devices\n"
        "torch_devices._GPU_NODES = ()\n"
        "sys.platform = 'linux'\n"
        "assert torch_devices.choose_device('auto') == 'cpu'\n"
        "assert 'torch' not in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_card_has_a_number(machine: Any) -> None:
    machine(cards=2)

    assert choose_device("cuda:1") == "cuda:1"
    with pytest.raises(DeviceNotFoundError, match="there are 2 CUDA devices, counted from 0"):
        choose_device("cuda:2")
    assert str(TorchOptions("cuda").torch_device()) == "cuda:0"


@pytest.mark.parametrize("asked", ["", "gpu", "cuda:", "cuda:x", "CUDA", "cpu:0"])
def test_a_device_that_nobody_knows_is_refused(asked: str) -> None:
    with pytest.raises(InvalidValueError, match="device"):
        choose_device(asked)
    with pytest.raises(InvalidValueError, match="device"):
        TorchOptions(asked)


@pytest.mark.parametrize("asked", ["cuda", "mps"])
def test_a_device_that_is_not_there_is_a_sentence(machine: Any, asked: str) -> None:
    machine()

    with pytest.raises(DeviceNotFoundError, match=f"run on {asked}: .*; pass --device cpu"):
        choose_device(asked)


def test_a_build_of_torch_without_cuda_is_told_from_a_machine_without(
    machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine()
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None)

    with pytest.raises(DeviceNotFoundError, match="this build of torch is for processors only"):
        choose_device("cuda")


def test_a_driver_that_is_too_old_is_quoted(machine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    machine()

    def complain() -> bool:
        import warnings

        warnings.warn("CUDA initialization: The driver is too old (found 11040).", stacklevel=2)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", complain)

    with pytest.raises(DeviceNotFoundError, match=r"driver is too old \(found 11040\); pass"):
        choose_device("cuda")


def test_without_torch_only_a_gpu_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_devices, "find_spec", lambda name: None)
    monkeypatch.setattr("sightline.system.packages.find_spec", lambda name: None)

    assert choose_device("auto") == choose_device("cpu") == "cpu"
    for call in (choose_device, torch_options):
        with pytest.raises(MissingPackageError, match=r"sightline\[torch\]"):
            call("cuda")


@pytest.mark.parametrize(
    ("device", "bfloat16", "precision"),
    [
        ("cuda", True, "bfloat16"),
        ("cuda", False, "float16"),
        ("mps", True, "float32"),
        ("cpu", True, "float32"),
    ],
)
def test_the_quickest_accurate_arithmetic_is_chosen(
    machine: Any, device: str, bfloat16: bool, precision: str
) -> None:
    machine(cards=1, mps=True, bfloat16=bfloat16)

    assert torch_options(device) == torch_options(device, "auto") == TorchOptions(device, precision)


def test_arithmetic_that_a_device_lacks_is_refused(machine: Any) -> None:
    machine(cards=1, bfloat16=False)

    assert torch_options("cuda", "float16").precision == "float16"
    for device, precision in [("cuda", "bfloat16"), ("cpu", "float16"), ("cuda", "int8")]:
        with pytest.raises(InvalidValueError, match=f"precision is '{precision}'"):
            torch_options(device, precision)


def test_slots_grow_and_are_used_again(clip: TorchTowers, checkpoints: dict[str, Path]) -> None:
    folder = checkpoints["clip-vit-b32"]
    clip.vision.run({"pixel_values": pictures(folder, 1)})
    engine, slot = clip.vision._ready(), Slot()
    held = []
    for count in (2, 1, 4, 3):
        engine.launch(slot, pictures(folder, count))
        assert len(engine.collect(slot)) == count
        held.append(len(slot.host))

    assert held == [2, 2, 4, 4]
