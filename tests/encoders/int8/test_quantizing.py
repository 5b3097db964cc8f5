from __future__ import annotations

import importlib
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sightline.encoders import load_model
from sightline.encoders.cpu.openvino_runtime import RunOptions, cpu_has_bfloat16, import_openvino
from sightline.encoders.files.model_files import INT8_VISION, ModelFolder, read_model_files
from sightline.encoders.installed import ModelPlace, Registry, find_model, installed
from sightline.encoders.int8 import quantizing
from sightline.encoders.int8.calibration import Ranges, calibrated, packed
from sightline.encoders.int8.folders import INT8_REPORT, apart_folder, int8_place
from sightline.encoders.int8.layer_search import LayerGroup, fewest_floats, ranked
from sightline.encoders.int8.layers import Int8Layer, int8_layers, with_floats
from sightline.encoders.int8.neighbour_agreement import compare, nearest
from sightline.encoders.int8.quantizing import calibrating_share, quantize
from sightline.encoders.int8.report import (
    QuantizationReport,
    QuantizationSettings,
    noted_agreement,
)
from sightline.encoders.int8.trials import Trial
from sightline.errors import (
    FolderTakenError,
    InvalidValueError,
    MissingPackageError,
    ModelFilesError,
    QuantizationQualityError,
)
from sightline.types import Progress, Vectors
from sightline_scenes import draw_lots
from sightline_scenes.dice import Dice
from sightline_scenes.drawing import draw
from tests.encoders.tiny_model import make_immich_model, make_lone_tower, make_tiny_model

Pictures = NDArray[np.float32]
MINI_SHAPE = (3, 128, 128)
EASY = QuantizationSettings(least_agreement=0.0, every_layer=True)


@pytest.fixture(scope="module", autouse=True)
def _short_runs() -> Iterator[None]:
    """Measure speed for a moment only, and try a few graphs: what comes out is looked at here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantizing, "_MEASURING_S", 0.0)
        patch.setattr(quantizing, "_RANKING_TRIALS", 4)
        yield


@pytest.fixture(scope="module", autouse=True)
def calibrated_once() -> Iterator[Callable[..., Any]]:
    """Take what is alike from another test: NNCF needs seconds for a graph as large as mini's."""
    made: dict[tuple[bytes, Ranges], Any] = {}

    def remembered(
        graph: Any,  # noqa: ANN401
        pixels: Pictures,
        ranges: Ranges,
        seen: Callable[[int], None],
    ) -> Any:  # noqa: ANN401
        if pixels.shape[1:] != MINI_SHAPE:
            return calibrated(graph, pixels, ranges, seen)
        key = pixels.tobytes(), ranges
        if key not in made:
            made[key] = calibrated(graph, pixels, ranges, seen)
        return made[key].clone()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantizing, "calibrated", remembered)
        yield remembered


@pytest.fixture(scope="module")
def noise() -> Pictures:
    """Return prepared pictures for the tiny model, each of another colour."""
    random = np.random.default_rng(5)
    colours = random.uniform(0, 1, (30, 3, 1, 1))
    return np.clip(colours + random.normal(0, 0.05, (30, 3, 16, 16)), 0, 1).astype(np.float32)


@pytest.fixture
def tiny(tmp_path: Path) -> ModelPlace:
    return find_model(make_tiny_model(tmp_path / "tiny"))


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def everything_in(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


# The measure


def test_agreement_is_the_share_of_neighbours_that_stay() -> None:
    # Points on a circle by their angle in degrees; whose nearest are whose can be told by eye.
    def circle(*degrees: float) -> Vectors:
        angles = np.radians(degrees)
        return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)

    before = circle(*range(0, 120, 10))
    moved = circle(*range(0, 110, 10), 180)

    found = compare(before, moved, np.array([0, 1]))

    # Twelve points: of eleven others ten are neighbours, so one is left out. For the points at 0
    # and 10 degrees that was the one at 110 before, and is the same one, now at 180.
    assert found.neighbours == 1.0
    assert found.cosine_worst == pytest.approx(1.0)

    found = compare(before, moved, np.array([8, 11]))

    # The point at 80 left out the one at 0 before, and now leaves out the one at 180; the last
    # one left out the point at 0, and does so still.
    assert found.neighbours == pytest.approx((0.9 + 1.0) / 2)
    assert found.cosine_worst == pytest.approx(np.cos(np.radians(70)))
    assert found.cosine_mean == pytest.approx((1 + np.cos(np.radians(70))) / 2)


def test_neighbours_are_those_of_brute_force_and_never_the_query_itself() -> None:
    vectors = np.random.default_rng(0).standard_normal((300, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    queries = np.arange(20, 300)

    found = nearest(vectors, queries, 7)

    for row, query in zip(found, queries, strict=True):
        scores = {other: float(vectors[query] @ vectors[other]) for other in range(300)}
        del scores[int(query)]
        assert [*row] == sorted(scores, key=lambda other: -scores[other])[:7]


# The search for layers that have to stay floats


def layer(name: str, cost: int) -> Int8Layer:
    return Int8Layer(name, frozenset({name}), cost)


def test_the_search_finds_the_few_bad_layers_and_keeps_no_more_in_floats() -> None:
    errors = {f"layer {number}": 1e-6 for number in range(100)}
    errors |= {"layer 17": 0.1, "layer 61": 0.05, "layer 62": 0.02}
    layers = [layer(name, 10) for name in errors]
    asked = []

    def error_of(group: Any) -> float:  # noqa: ANN401
        asked.append(len(group))
        return sum(errors[each.name] for each in group)

    groups = ranked(layers, error_of, 40)

    assert len(asked) <= 40
    assert sorted(each.name for group in groups for each in group.layers) == sorted(errors)
    kept = fewest_floats(
        groups, lambda some: sum(errors.values()) - sum(errors[x.name] for x in some) < 0.03
    )
    assert kept is not None
    assert {each.name for each in kept} == {"layer 17", "layer 61"}


def test_the_search_prefers_what_costs_little_and_stops_at_half_of_the_arithmetic() -> None:
    dear, cheap, rest = layer("dear", 60), layer("cheap", 5), layer("rest", 35)
    groups = ranked([dear, cheap, rest], lambda group: 0.1 * len(group), 10)

    assert [group.layers[0].name for group in groups] == ["cheap", "rest", "dear"]
    assert fewest_floats(groups, lambda some: dear in some) is None
    assert fewest_floats(groups, lambda some: cheap in some) == (cheap,)
    assert fewest_floats([LayerGroup((dear,), 1.0)], lambda _: True) is None


# The graph


@pytest.fixture(scope="module")
def scenes() -> Pictures:
    """Return drawn scenes, prepared for mini."""
    encoder = load_model("mini")
    drawn = [draw(draw_lots(Dice(seed)), seed, 128, 128) for seed in range(60)]
    return np.stack([encoder.prepare(picture) for picture in drawn])


@pytest.fixture(scope="module")
def fake_quantised(scenes: Pictures, calibrated_once: Callable[..., Any]) -> Any:  # noqa: ANN401
    graph = import_openvino().Core().read_model(_mini_tower().path)
    return calibrated_once(graph, scenes[:30], Ranges.EXTREMES, lambda _: None)


def _mini_tower() -> Any:  # noqa: ANN401
    return read_model_files(find_model("mini").folder).vision


def mini_vectors(graph: Any, scenes: Pictures) -> Vectors:  # noqa: ANN401
    folder = find_model("mini").folder
    return Trial(folder, _mini_tower(), graph, RunOptions()).vectors(scenes)


def test_a_graph_whose_layers_are_all_floats_again_is_the_original(
    fake_quantised: Any,  # noqa: ANN401
    scenes: Pictures,
) -> None:
    layers = int8_layers(fake_quantised, (1, 3, 128, 128))
    floats = load_model("mini", precision="float32").encode_images(scenes)

    integers = mini_vectors(fake_quantised, scenes)
    back = mini_vectors(with_floats(fake_quantised, layers), scenes)

    assert len(layers) > 20
    np.testing.assert_allclose(back, floats, atol=1e-4)
    assert (back * floats).sum(axis=1).min() > 0.999999
    cosines = (integers * floats).sum(axis=1)
    assert 0.99 < cosines.min() < 0.99999, "or nothing was quantised to begin with"


def test_every_quantiser_belongs_to_one_layer_that_is_counted_as_by_hand(
    fake_quantised: Any,  # noqa: ANN401
) -> None:
    layers = int8_layers(fake_quantised, (1, 3, 128, 128))

    names = [name for each in layers for name in each.quantizers]
    assert len(names) == len({*names})
    kinds = [operation.get_type_name() for operation in fake_quantised.get_ops()]
    assert len(names) == kinds.count("FakeQuantize")
    # By hand: 64 x 64 outputs of 24 channels, each from 3 x 3 pixels of 3 colours.
    assert layers[0].multiplications == 64 * 64 * 24 * 3 * 3 * 3
    # The last one: 384 numbers in, 256 out.
    assert layers[-1].multiplications == 384 * 256


def test_packed_weights_give_the_same_vectors(fake_quantised: Any, scenes: Pictures) -> None:  # noqa: ANN401
    before = mini_vectors(fake_quantised, scenes)
    after = mini_vectors(packed(fake_quantised), scenes)

    np.testing.assert_allclose(after, before, atol=5e-3)


# The whole


@pytest.fixture(scope="module")
def mini_report(scenes: Pictures, tmp_path_factory: pytest.TempPathFactory) -> QuantizationReport:
    folder = tmp_path_factory.mktemp("own") / "mini"
    shutil.copytree(find_model("mini").folder.path, folder)
    return quantize(find_model(folder), scenes, 30, EASY)


def test_the_report_is_what_brute_force_finds(
    mini_report: QuantizationReport, scenes: Pictures
) -> None:
    core = import_openvino().Core()
    arithmetic = {"INFERENCE_PRECISION_HINT": _arithmetic(), "PERFORMANCE_HINT": "LATENCY"}
    floats = core.compile_model(_mini_tower().path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    integers = core.compile_model(mini_report.folder / INT8_VISION, "CPU", arithmetic)

    def rows(model: Any) -> NDArray[np.float64]:  # noqa: ANN401
        batches = [model(scenes[start : start + 8])[0] for start in range(0, len(scenes), 8)]
        raw = np.concatenate(batches).astype(np.float64)
        return np.asarray(raw / np.linalg.norm(raw, axis=1, keepdims=True))

    before, after = rows(floats), rows(integers)
    cosines = [float(before[i] @ after[i]) for i in range(30, 60)]
    shares = []
    for query in range(30, 60):
        found = []
        for vectors in (before, after):
            others = [other for other in range(60) if other != query]
            others.sort(key=lambda other: -float(vectors[query] @ vectors[other]))
            found.append({*others[:10]})
        shares.append(len(found[0] & found[1]) / 10)

    assert mini_report.int8.cosine_mean == pytest.approx(np.mean(cosines), abs=1e-6)
    assert mini_report.int8.cosine_worst == pytest.approx(min(cosines), abs=1e-6)
    # Two neighbours whose scores are equal but for rounding may change places.
    assert mini_report.int8.agreement == pytest.approx(np.mean(shares), abs=0.004)
    assert mini_report.int8.cosine_mean > 0.99
    assert 0.8 < mini_report.int8.agreement < 1


def _arithmetic() -> str:
    return "bf16" if RunOptions(precision="int8").arithmetic == "bfloat16" else "f32"


def test_the_report_counts_pictures_and_lies_beside_the_graph(
    mini_report: QuantizationReport,
) -> None:
    assert (mini_report.calibrated_with, mini_report.measured_with, mini_report.gallery) == (
        30,
        30,
        60,
    )
    assert mini_report.float32.agreement == 1.0
    assert mini_report.float32.cosine_worst == pytest.approx(1, abs=1e-6)
    bfloat16 = ["bfloat16"] if cpu_has_bfloat16() else []
    assert [run.precision for run in mini_report.runs] == ["float32", *bfloat16, "int8"]
    assert mini_report.int8.megabytes < mini_report.float32.megabytes
    assert all(run.pictures_per_s > 0 for run in mini_report.runs)
    said = json.loads((mini_report.folder / INT8_REPORT).read_text())
    assert said["runs"][-1]["agreement"] == mini_report.int8.agreement
    assert said["forced"] is False


def test_a_model_in_a_folder_of_ones_own_is_found_there(
    mini_report: QuantizationReport,
) -> None:
    place = find_model(mini_report.folder)

    files = read_model_files(int8_place(place).folder, "int8")

    assert files.vision.path == mini_report.folder / INT8_VISION
    assert files.text is not None
    assert files.text.path.name == "text_model.onnx"
    assert files.dimensions == 256


@pytest.mark.slow
def test_layers_stay_floats_until_enough_neighbours_agree(scenes: Pictures, tmp_path: Path) -> None:
    # Ten pictures calibrate badly: some 92 % of the neighbours stay if every layer is int8.
    settings = QuantizationSettings(least_agreement=0.95, force=True)
    every = replace(settings, every_layer=True)

    plain = quantize(find_model("mini"), scenes, 10, every, out=tmp_path / "plain")
    helped = quantize(find_model("mini"), scenes, 10, settings, out=tmp_path / "helped")

    assert plain.forced
    assert plain.float_layers == ()
    assert not helped.forced
    assert 0 < len(helped.float_layers) < helped.layers
    assert helped.int8.agreement > plain.int8.agreement
    assert helped.int8.cosine_mean > plain.int8.cosine_mean


# Refusing, forcing, installing


@pytest.mark.parametrize("force", [False, True])
def test_a_model_that_finds_others_is_installed_only_by_force(
    tiny: ModelPlace, noise: Pictures, monkeypatch: pytest.MonkeyPatch, force: bool
) -> None:
    wreck(monkeypatch)
    before = everything_in(tiny.folder.path)

    if force:
        report = quantize(tiny, noise, 18, QuantizationSettings(force=True))

        assert report.forced
        assert report.int8.agreement < 0.98
        said = json.loads((tiny.folder.path / INT8_REPORT).read_text())
        assert said["forced"] is True
        assert (tiny.folder.path / INT8_VISION).exists()
    else:
        with pytest.raises(QuantizationQualityError) as caught:
            quantize(tiny, noise, 18)

        assert caught.value.agreement < 0.98
        assert "--force" in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
        assert everything_in(tiny.folder.path) == before
        assert not [path for path in tiny.folder.path.iterdir() if path.name.startswith(".")]


def wreck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every int8 graph one that sees only what is red."""
    openvino = import_openvino()
    save, opset = openvino.save_model, importlib.import_module("openvino.opset13")
    red = opset.constant(np.array([1, 0, 0], dtype=np.float32).reshape(1, 3, 1, 1))

    def wrecked(graph: Any, path: Path) -> None:  # noqa: ANN401
        pixels = graph.input(0)
        targets = pixels.get_target_inputs()
        seen = opset.multiply(pixels.get_node(), red)
        for target in targets:
            target.replace_source_output(seen.output(0))
        save(graph, path)

    monkeypatch.setattr(openvino, "save_model", wrecked)


def test_a_run_that_is_stopped_leaves_everything_as_it_was(
    tiny: ModelPlace, noise: Pictures
) -> None:
    quantize(tiny, noise, 18, EASY)
    before = everything_in(tiny.folder.path)

    def stop(progress: Progress) -> None:
        if progress.stage == "measuring" and progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quantize(tiny, noise[::-1].copy(), 18, EASY, progress=stop)

    assert everything_in(tiny.folder.path) == before


def test_the_first_stage_tells_how_far_it_is(tiny: ModelPlace, noise: Pictures) -> None:
    told: list[Progress] = []

    quantize(tiny, noise, 18, EASY, progress=told.append)

    first = [(each.done, each.total) for each in told if each.stage == "float32"]
    assert first == [(0, 30), (8, 30), (16, 30), (24, 30), (30, 30)]


def test_a_second_quantisation_takes_the_place_of_the_first(
    tiny: ModelPlace, noise: Pictures
) -> None:
    quantize(tiny, noise, 18, EASY)
    again = quantize(tiny, noise[:25], 15, EASY)

    said = json.loads((tiny.folder.path / INT8_REPORT).read_text())
    assert said["calibrated_with"] == again.calibrated_with == 15
    assert sorted(path.name for path in (tiny.folder.path / "openvino").iterdir()) == [
        "int8.json",
        "vision_model_int8.bin",
        "vision_model_int8.xml",
    ]


def linked(folder: Path) -> ModelPlace:
    """Make a folder as the hub's cache has them: links to content that lies elsewhere."""
    content = folder.with_name("blobs")
    folder.rename(content)
    for path in content.rglob("*"):
        if path.is_file():
            link = folder / path.relative_to(content)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path)
    return find_model(folder)


def read_only(folder: Path) -> ModelPlace:
    folder.chmod(0o555)
    return find_model(folder)


@pytest.mark.parametrize("protect", [linked, read_only])
def test_a_folder_that_is_not_ones_own_is_left_alone(
    tmp_path: Path, noise: Pictures, protect: Callable[[Path], ModelPlace]
) -> None:
    place = protect(make_tiny_model(tmp_path / "tiny"))
    before = everything_in(place.folder.path)

    report = quantize(place, noise, 18, EASY)

    assert report.folder == apart_folder(place)
    assert everything_in(place.folder.path) == before
    found = read_model_files(int8_place(place).folder, "int8")
    assert found.vision.path == report.folder / INT8_VISION
    assert found.text is not None
    original = place.folder.path / "onnx/text_model.onnx"
    assert os.path.samefile(found.text.path, original), "gigabytes are not copied"
    assert not (report.folder / "onnx/vision_model.onnx").exists()
    place.folder.path.chmod(0o755)


@pytest.mark.parametrize(
    "make",
    [make_immich_model, partial(make_immich_model, newer=False), make_lone_tower],
    ids=["immich", "immich, older", "lone tower"],
)
@pytest.mark.parametrize("protect", [find_model, linked])
def test_every_layout_keeps_its_way_of_reading_pictures_and_words(
    tmp_path: Path,
    noise: Pictures,
    make: Callable[[Path], Path],
    protect: Callable[[Path], ModelPlace],
) -> None:
    place = protect(make(tmp_path / "model"))
    floats = read_model_files(place.folder)
    pixels = noise.astype(floats.vision.input_dtype)

    for _ in range(2):  # a second time in place of the first
        quantize(place, noise, 18, EASY)

    found = read_model_files(int8_place(place).folder, "int8")
    assert found.vision.path.name == "vision_model_int8.xml"
    assert (found.text is None) == (floats.text is None)
    assert found.preprocessor == floats.preprocessor
    assert found.vision.pooling == floats.vision.pooling
    before = Trial(place.folder, floats.vision, floats.vision.path, RunOptions()).vectors(pixels)
    after = Trial(place.folder, found.vision, found.vision.path, RunOptions()).vectors(pixels)
    assert (before * after).sum(axis=1).min() > 0.99


def test_int8_files_of_other_weights_are_refused(tmp_path: Path, noise: Pictures) -> None:
    place = linked(make_tiny_model(tmp_path / "tiny"))
    quantize(place, noise, 18, EASY)
    weights = place.folder.path / "onnx/vision_model.onnx"
    changed = bytearray(weights.read_bytes())
    weights.unlink()
    weights.write_bytes(changed.replace(b"tiny", b"toni"))

    with pytest.raises(ModelFilesError, match=f"sightline models quantize {place.folder.path} "):
        int8_place(place)


def test_a_model_without_int8_files_says_how_they_are_made(tiny: ModelPlace) -> None:
    make = f"has no int8 files; make them with `sightline models quantize {tiny.folder.path} "
    with pytest.raises(ModelFilesError, match=make):
        int8_place(tiny)

    lies = installed(tiny.folder.path, "folder")
    Registry().update("own", lambda record: replace(record, model=lies))
    with pytest.raises(ModelFilesError, match="`sightline models quantize own --calibrate "):
        int8_place(find_model("own"))


def test_int8_files_that_came_with_a_model_serve_until_own_ones_are_made(
    tmp_path: Path, noise: Pictures
) -> None:
    place = linked(make_tiny_model(tmp_path / "tiny"))
    published = place.folder.path / "onnx/vision_model_int8.onnx"
    published.write_bytes((place.folder.path / "onnx/vision_model.onnx").read_bytes())
    assert int8_place(place) == place

    report = quantize(place, noise, 18, EASY)

    assert int8_place(place).folder.path == report.folder


def test_what_was_made_while_a_folder_was_read_only_is_replaced_later(
    tmp_path: Path, noise: Pictures
) -> None:
    place = read_only(make_tiny_model(tmp_path / "tiny"))
    apart = quantize(place, noise, 18, EASY).folder
    place.folder.path.chmod(0o755)

    report = quantize(place, noise, 18, EASY)

    assert report.folder == place.folder.path
    assert int8_place(place).folder.path == report.folder
    assert not apart.exists()


def test_the_agreement_is_noted_beside_the_int8_tower(tiny: ModelPlace, noise: Pictures) -> None:
    assert noted_agreement(tiny.folder) is None

    report = quantize(tiny, noise, 18, EASY)

    assert noted_agreement(tiny.folder) == report.int8.agreement
    (tiny.folder.path / INT8_REPORT).write_text('{"runs": []}')
    assert noted_agreement(tiny.folder) is None


def test_a_folder_of_ones_choice_becomes_a_whole_model(
    tiny: ModelPlace, noise: Pictures, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    before = everything_in(tiny.folder.path)

    report = quantize(tiny, noise, 18, EASY, out=out)

    assert report.folder == out
    assert everything_in(tiny.folder.path) == before
    assert read_model_files(ModelFolder(out), "int8").text is not None
    with pytest.raises(FolderTakenError):
        quantize(tiny, noise, 18, EASY, out=out)
    (out / "diary.txt").write_text("mine")
    with pytest.raises(FolderTakenError):
        quantize(tiny, noise, 18, replace(EASY, force=True), out=out)


# What cannot be done


def test_a_missing_nncf_is_named_with_its_extra(
    tiny: ModelPlace, noise: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)

    with pytest.raises(MissingPackageError, match=r"sightline\[quantize\]"):
        quantize(tiny, noise, 18)


@pytest.mark.parametrize(("count", "calibrating"), [(0, 0), (19, 10), (30, 0), (30, 30)])
def test_too_few_pictures_are_refused(
    tiny: ModelPlace, noise: Pictures, count: int, calibrating: int
) -> None:
    with pytest.raises(InvalidValueError, match="20 or more"):
        quantize(tiny, noise[:count], calibrating)


def test_settings_are_checked() -> None:
    with pytest.raises(InvalidValueError, match="least_agreement"):
        QuantizationSettings(least_agreement=98)


@pytest.mark.parametrize(
    ("available", "asked", "share"), [(500, 300, 300), (100, 300, 60), (20, 300, 12), (220, 5, 5)]
)
def test_two_in_five_pictures_are_put_aside(available: int, asked: int, share: int) -> None:
    assert calibrating_share(available, asked) == share


def test_a_model_that_is_int8_already_is_refused(tiny: ModelPlace, noise: Pictures) -> None:
    quantize(tiny, noise, 18, EASY)
    (tiny.folder.path / "onnx/vision_model.onnx").unlink()

    with pytest.raises(ModelFilesError, match="int8"):
        quantize(tiny, noise, 18, EASY)


def test_quantising_sends_nothing_and_leaves_no_traces(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    folder = make_tiny_model(tmp_path / "tiny")
    script = (
        "import sys\n"
        "watched = ('socket.connect', 'socket.getaddrinfo', 'urllib.Request', 'os.fork',\n"
        "           'subprocess.Popen')\n"
        "seen = []\n"
        "def note(event, args):\n"
        "    # NNCF imports torch where it is, whose CUDA build asks where libraries lie.\n"
        "    if event in watched and 'ldconfig' not in str(args):\n"
        "        seen.append((event, args))\n"
        "sys.addaudithook(note)\n"
        "import logging, numpy as np\n"
        "from pathlib import Path\n"
        "from sightline.encoders.installed import find_model\n"
        "from sightline.encoders.int8.report import QuantizationSettings\n"
        "from sightline.encoders.int8.quantizing import quantize\n"
        "pixels = np.random.default_rng(0).random((20, 3, 16, 16), np.float32)\n"
        "place = find_model(Path(sys.argv[1]))\n"
        "quantize(place, pixels, 12, QuantizationSettings(0.0))\n"
        "assert 'nncf.telemetry' in sys.modules\n"
        "assert 'openvino_telemetry' not in sys.modules\n"
        "assert logging.getLoggerClass() is logging.Logger\n"
        "assert not seen, seen\n"
    )
    # Without CI and the like, which would switch the telemetry off for another reason.
    environment = {"HOME": str(home), "PATH": os.environ.get("PATH", "")}

    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout == "", "results belong there, and NNCF's bars do not"
    assert list(home.rglob("*")) == []
