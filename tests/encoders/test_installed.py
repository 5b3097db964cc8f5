import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.encoders import MODELS
from sightline.encoders.installed import (
    FetchedFile,
    InstalledFolder,
    InstalledModel,
    Registry,
    find_checkpoint,
    find_model,
    installed,
    joined,
    known_models,
    name_for,
)
from sightline.encoders.inventory import ModelState, inventory
from sightline.errors import (
    InvalidValueError,
    ModelFilesError,
    ModelNotFetchedError,
    ModelNotFoundError,
    ModelRecordError,
    NotWritableError,
)
from sightline.system.paths import data_folder
from tests.encoders.tiny_model import make_tiny_model
from tests.test_startup import loaded_by

FILE = FetchedFile("onnx/vision_model.onnx", 12, "a" * 64)


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return Registry()


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "tiny")


def note(
    registry: Registry,
    name: str,
    model: InstalledFolder | None = None,
    checkpoint: InstalledFolder | None = None,
) -> InstalledModel:
    return registry.update(
        name,
        lambda record: replace(
            record, model=model or record.model, checkpoint=checkpoint or record.checkpoint
        ),
    )


def fetched(
    folder: Path, commit: str = "c" * 40, sets: tuple[str, ...] = ("fp32",)
) -> InstalledFolder:
    return installed(folder, f"hf:someone/model@{commit}", sets, (FILE,))


# Records


def test_a_record_comes_back_as_it_was_noted(registry: Registry, tiny: Path) -> None:
    model = note(registry, "mine", model=fetched(tiny), checkpoint=installed(tiny, "folder"))

    assert Registry().get("mine") == model
    assert registry.names() == ("mine",)


def test_records_lie_in_the_data_folder(registry: Registry) -> None:
    assert registry.folder == data_folder() / "models"


def test_nothing_is_noted_of_an_unknown_model(registry: Registry) -> None:
    assert registry.get("mine") is None
    assert registry.names() == ()
    assert not registry.remove("mine")


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "Upper", ".hidden", "x" * 65, "a b"])
def test_a_name_that_is_no_file_name_is_refused(registry: Registry, name: str) -> None:
    assert registry.get(name) is None
    assert not registry.remove(name)
    with pytest.raises(InvalidValueError, match="name"):
        note(registry, name)


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"licence": ""}', "[" * 100_000, '{"model": 3}', "\x00"],
)
def test_a_broken_record_is_named_with_its_remedy(registry: Registry, content: str) -> None:
    registry.folder.mkdir(parents=True)
    (registry.folder / "mine.json").write_text(content)

    with pytest.raises(ModelRecordError, match=r"mine\.json .*delete that file"):
        registry.get("mine")


def test_a_wrong_part_of_a_record_is_found(registry: Registry, tiny: Path) -> None:
    note(registry, "mine", model=fetched(tiny))
    path = registry.folder / "mine.json"
    content = json.loads(path.read_text())
    del content["model"]["files"][0]["sha256"]
    path.write_text(json.dumps(content))

    with pytest.raises(ModelRecordError, match="a part is wrong"):
        registry.get("mine")


def test_a_broken_record_can_be_forgotten(registry: Registry) -> None:
    registry.folder.mkdir(parents=True)
    (registry.folder / "mine.json").write_text("{")

    assert registry.remove("mine")
    assert registry.get("mine") is None


def test_a_record_that_cannot_be_written_says_so(registry: Registry) -> None:
    registry.folder.parent.mkdir(parents=True)
    registry.folder.write_text("a file in the way")

    with pytest.raises(NotWritableError):
        note(registry, "mine")


def test_a_failed_write_leaves_the_old_record(
    registry: Registry, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = note(registry, "mine", model=fetched(tiny))

    def fail(*_: object) -> None:
        raise OSError("no")

    with monkeypatch.context() as patched:
        patched.setattr("sightline.system.files.os.replace", fail)
        with pytest.raises(NotWritableError):
            note(registry, "mine", model=fetched(tiny, "d" * 40))

    assert registry.get("mine") == before
    assert [path.name for path in registry.folder.glob("*.json*")] == ["mine.json"]
    assert list(registry.folder.glob(".mine.json*")) == []


def test_changes_at_the_same_time_are_all_kept(registry: Registry, tiny: Path) -> None:
    def add(number: int) -> None:
        more = installed(tiny, "hf:a/b@" + "c" * 40, (f"set{number}",))
        registry.update("mine", lambda record: replace(record, model=joined(record.model, more)))

    threads = [threading.Thread(target=add, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    model = registry.get("mine")
    assert model is not None
    assert model.model is not None
    assert set(model.model.sets) == {f"set{number}" for number in range(16)}


def test_another_commit_replaces_what_was_there(tiny: Path) -> None:
    old, new = fetched(tiny, "c" * 40), fetched(tiny, "d" * 40, ("int8",))

    assert joined(old, new) == new
    assert joined(None, new) == new
    assert joined(old, fetched(tiny, sets=("int8",))).sets == ("fp32", "int8")


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/models/ViT-L-14__openai", "vit-l-14__openai"),
        ("immich-app/ViT-B-32", "vit-b-32"),
        ("/mnt/My Model!", "my-model"),
        ("/", "model"),
        ("x" * 99, "x" * 64),
    ],
)
def test_a_folder_gives_a_name_that_can_be_noted(folder: str, name: str) -> None:
    assert name_for(folder) == name


# Where a model lies


def test_a_name_of_the_table_that_is_not_there_says_how_to_fetch_it(registry: Registry) -> None:
    with pytest.raises(
        ModelNotFetchedError,
        match=r"`sightline models fetch clip-vit-l14` \(about 1,710 MB\), or pass --model FOLDER",
    ):
        find_model("clip-vit-l14")


def test_a_name_of_the_table_comes_before_a_folder_of_that_name(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tiny_model(tmp_path / "clip-vit-b32")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ModelNotFetchedError):
        find_model("clip-vit-b32")
    assert find_model("./clip-vit-b32").folder.path == tmp_path / "clip-vit-b32"
    assert find_model(Path("clip-vit-b32")).folder.path == tmp_path / "clip-vit-b32"


def test_a_fetched_model_is_found_with_its_card(registry: Registry, tiny: Path) -> None:
    note(registry, "clip-vit-b32", model=fetched(tiny))

    place = find_model("clip-vit-b32")

    assert (place.name, place.folder.path) == ("clip-vit-b32", tiny)
    assert place.card == MODELS["clip-vit-b32"]
    assert "sightline models fetch clip-vit-b32" in str(place.folder.error("it is broken"))


def test_a_fetched_model_whose_cache_was_emptied_is_to_be_fetched(
    registry: Registry, tmp_path: Path
) -> None:
    note(registry, "clip-vit-b32", model=fetched(tmp_path / "gone"))

    with pytest.raises(ModelNotFetchedError):
        find_model("clip-vit-b32")


def test_an_added_model_is_found_by_its_name(registry: Registry, tiny: Path) -> None:
    note(registry, "mine", model=installed(tiny, "folder"))

    place = find_model("mine")

    assert (place.name, place.folder.path, place.card) == ("mine", tiny, None)
    assert known_models()[-1] == "mine"


@pytest.mark.parametrize("source", ["folder", f"hf:a/b@{'c' * 40}"])
def test_an_added_model_whose_folder_is_gone_says_so(
    registry: Registry, tmp_path: Path, source: str
) -> None:
    note(registry, "mine", model=installed(tmp_path / "gone", source))

    with pytest.raises(ModelFilesError, match=r"the folder is gone; .*sightline models"):
        find_model("mine")


def test_an_unknown_name_means_a_near_one(registry: Registry, tiny: Path) -> None:
    note(registry, "holidays", model=installed(tiny, "folder"))

    with pytest.raises(ModelNotFoundError, match="did you mean clip-vit-l14-336"):
        find_model("clip-vit-l14-366")
    with pytest.raises(ModelNotFoundError, match="did you mean holidays"):
        find_model("Holiday")


def test_a_checkpoint_is_found_beside_the_model(
    registry: Registry, tiny: Path, tmp_path: Path
) -> None:
    note(registry, "clip-vit-b32", model=fetched(tiny))
    with pytest.raises(ModelNotFetchedError, match="fetch clip-vit-b32 --checkpoint"):
        find_checkpoint("clip-vit-b32")
    (tmp_path / "checkpoint").mkdir()

    note(registry, "clip-vit-b32", checkpoint=fetched(tmp_path / "checkpoint"))

    assert find_checkpoint("clip-vit-b32").folder.path == tmp_path / "checkpoint"
    assert find_model("clip-vit-b32").folder.path == tiny


def test_a_checkpoint_alone_is_no_model(registry: Registry, tiny: Path) -> None:
    note(registry, "clip-vit-b32", checkpoint=fetched(tiny))

    with pytest.raises(ModelNotFetchedError):
        find_model("clip-vit-b32")


def test_looking_a_name_up_needs_no_hub(registry: Registry, tiny: Path) -> None:
    note(registry, "mine", model=installed(tiny, "folder"))

    loaded = loaded_by("from sightline.encoders import load_model\nload_model('mine')")

    assert loaded.isdisjoint({"huggingface_hub", "httpx", "httpx2", "rich", "torch"})


# The inventory


def test_the_inventory_tells_every_state(registry: Registry, tiny: Path, tmp_path: Path) -> None:
    note(registry, "clip-vit-b32", model=fetched(tiny, sets=("fp32", "int8")))
    note(registry, "clip-vit-b16", model=fetched(tmp_path / "gone"))
    note(registry, "clip-vit-l14", model=installed(tiny, "folder"))
    note(registry, "mine", model=installed(tiny, "folder"))
    (registry.folder / "odd.json").write_text("{")

    entries = {entry.name: entry for entry in inventory()}

    states = {name: entry.state for name, entry in entries.items()}
    assert states == dict.fromkeys(MODELS, ModelState.NOT_FETCHED) | {
        "mini": ModelState.SHIPPED,
        "clip-vit-b32": ModelState.CACHED,
        "clip-vit-b16": ModelState.GONE,
        "clip-vit-l14": ModelState.ADDED,
        "mine": ModelState.ADDED,
        "odd": ModelState.BROKEN,
    }
    assert entries["clip-vit-b32"].here == ("fp32",), "what is there counts, not what was noted"
    assert entries["mine"].here == ("fp32",)
    assert entries["clip-vit-b16"].here == ()
    assert "delete that file" in entries["odd"].problem
    assert entries["mine"].megabytes is None
