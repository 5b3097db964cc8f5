import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.encoders import MODELS
from sightline.encoders.installed import Registry
from tests.cli.conftest import Command
from tests.encoders.hub.fake_hub import FakeHub, repository_of, served
from tests.encoders.tiny_model import make_tiny_model

NAME = "clip-vit-b32"


@pytest.fixture
def hub(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """Serve a tiny model under the address of clip-vit-b32."""
    repositories = {MODELS[NAME].hub_id: repository_of(tiny_model)}
    with served(repositories) as hub:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.endpoint)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
        yield hub


def rows(text: str) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in map(json.loads, text.splitlines())}


# list


def test_list_fits_into_eighty_columns(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    outcome = command("models", "list")

    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == [
        "model", "state", "licence", "weights", "px", "dims", "GFLOPs", "MB"
    ]  # fmt: skip
    at = next(place for place, line in enumerate(lines) if line.startswith("clip-vit-l14 "))
    assert lines[at].split() == [
        "clip-vit-l14", "not", "fetched", "MIT", "428", "M", "224", "768", "162", "1,710"
    ]  # fmt: skip
    assert lines[at + 1] == f"  {MODELS['clip-vit-l14'].good_for}"


def test_list_takes_one_line_each_where_there_is_room(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")

    lines = command("models", "list").out.splitlines()

    assert len(lines) == 1 + len(MODELS)
    assert lines[0].endswith("good for")
    assert lines[-1].endswith(MODELS["mini"].good_for)


def test_list_as_json_has_an_object_for_each_model(command: Command) -> None:
    found = rows(command("models", "list", "--json").out)

    assert set(found) == set(MODELS)
    assert found["mini"]["state"] == "shipped"
    assert found["dinov2-b14"]["reads_text"] is False
    assert found["clip-vit-l14"]["gflops"] == 162.0


def test_list_names_a_broken_record_and_goes_on(command: Command, tmp_path: Path) -> None:
    records = Registry().folder
    records.mkdir(parents=True)
    (records / "odd.json").write_text("{")

    outcome = command("models", "list")

    assert outcome.code == 0
    assert "odd" in outcome.out
    assert "delete that file" in outcome.err


# fetch


@pytest.mark.usefixtures("hub")
def test_fetch_prints_the_folder_and_says_what_it_does(command: Command) -> None:
    outcome = command("models", "fetch", NAME)

    assert outcome.code == 0, outcome.err
    assert (Path(outcome.out.strip()) / "config.json").exists()
    assert "Xenova/clip-vit-base-patch32, licence MIT, about 605 MB" in outcome.err
    assert "MB here and checked, in" in outcome.err
    listed = rows(command("models", "list", "--json").out)[NAME]
    assert (listed["state"], listed["here"]) == ("cached", ["fp32"])
    assert command("models", "where", NAME).out == outcome.out


@pytest.mark.usefixtures("hub")
def test_a_fetched_model_indexes_and_finds(command: Command, photos: Path) -> None:
    command("models", "fetch", NAME)

    assert command("index", photos, "-g", "home", "--model", NAME).code == 0
    outcome = command("search", "--image", photos / "red.png", "-g", "home", "--json", "-k", "1")

    assert json.loads(outcome.out.splitlines()[0])["path"].endswith("red.png")


@pytest.mark.usefixtures("hub")
def test_fetch_as_json_names_every_file(command: Command) -> None:
    found = json.loads(command("models", "fetch", NAME, "--json").out)

    assert found["source"].startswith("hf:Xenova/clip-vit-base-patch32@")
    assert sum(file["bytes"] for file in found["files"]) == found["bytes"]


@pytest.mark.usefixtures("hub")
def test_a_copy_can_be_carried_to_another_machine(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outcome = command("models", "fetch", NAME, "--to", "stick")
    assert f"on the other machine: `sightline models add FOLDER --name {NAME}`" in outcome.err
    copied = [path for path in (tmp_path / "stick").rglob("*") if path.is_file()]
    assert copied
    assert not any(path.is_symlink() for path in copied)

    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    assert command("models", "add", "stick", "--name", "carried").code == 0
    assert command("models", "where", "carried").out.strip() == str(tmp_path / "stick")


def test_fetch_without_a_hub_says_what_to_do(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    outcome = command("models", "fetch", NAME)

    assert outcome.code == 3
    assert outcome.out == ""
    assert "HF_HUB_OFFLINE is set (unset it where there is a network)" in outcome.err
    assert f"run `sightline models fetch {NAME} --to FOLDER`, bring FOLDER here" in outcome.err
    assert f"run `sightline models add FOLDER --name {NAME}`" in outcome.err


def test_without_a_hub_a_checkpoint_is_carried_in_another_way(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))

    checkpoint = command("models", "fetch", NAME, "--checkpoint").err
    repository = command("models", "add", "hf:someone/something").err

    assert f"`sightline models fetch {NAME} --checkpoint --to FOLDER`" in checkpoint
    assert "models add" not in checkpoint, "which takes no checkpoint"
    assert "bring its files here in a folder, and name that folder" in repository
    assert "models fetch" not in repository, "which takes the names of the table only"


@pytest.mark.parametrize("address", ["", "hub.example"])
def test_an_address_of_a_hub_that_is_none_is_refused(
    command: Command, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)

    outcome = command("models", "fetch", NAME)

    assert outcome.code == 2
    assert f"HF_ENDPOINT is {address!r}, but it must be an address with http" in outcome.err


def test_a_folder_for_a_copy_is_looked_at_before_anything_is_fetched(
    command: Command, hub: FakeHub, tmp_path: Path
) -> None:
    (tmp_path / "stick").mkdir()
    assert command("models", "fetch", NAME, "--to", "stick").code == 0
    before = len(hub.requests)

    outcome = command("models", "fetch", NAME, "--to", "stick")

    assert outcome.code == 2
    assert "--to is 'stick', but it must be an empty folder, or one that is not" in outcome.err
    assert len(hub.requests) == before


def test_fetch_of_what_ships_has_nothing_to_do(command: Command) -> None:
    outcome = command("models", "fetch", "mini")

    assert outcome.code == 0
    assert outcome.err == "mini ships with Sightline, so there is nothing to fetch\n"


@pytest.mark.usefixtures("hub")
def test_fetch_of_a_checkpoint_that_the_hub_lacks_names_its_repository(command: Command) -> None:
    outcome = command("models", "fetch", "clip-vit-l14-336", "--checkpoint")

    assert outcome.code == 3
    assert outcome.out == ""
    assert outcome.err.startswith("clip-vit-l14-336: openai/clip-vit-large-patch14-336, licence")
    sentence = outcome.err.splitlines()[-1]
    assert sentence.startswith("sightline: openai/clip-vit-large-patch14-336 cannot be fetched: ")


def test_fetch_of_a_checkpoint_that_does_not_exist_names_those_that_do(command: Command) -> None:
    outcome = command("models", "fetch", "mini", "--checkpoint")

    assert (outcome.code, outcome.out) == (2, "")
    assert "'mini', but it must be one of clip-vit-l14, clip-vit-l14-336, " in outcome.err


def test_fetch_of_an_unknown_name_means_a_near_one(command: Command) -> None:
    outcome = command("models", "fetch", "clip-l14")

    assert outcome.code == 3
    assert "did you mean clip-vit-l14?" in outcome.err


# add, remove, where


def test_an_added_model_is_known_by_its_folders_name(
    command: Command, tmp_path: Path, photos: Path
) -> None:
    folder = make_tiny_model(tmp_path / "My Model")

    outcome = command("models", "add", "My Model")

    assert (outcome.code, outcome.out) == (0, "my-model\n")
    assert "--model my-model" in outcome.err
    assert command("models", "where", "my-model").out == f"{folder}\n"
    assert rows(command("models", "list", "--json").out)["my-model"]["state"] == "added"
    assert str(folder) in command("models", "list").out
    assert command("index", photos, "-g", "home", "--model", "my-model").code == 0


@pytest.mark.usefixtures("hub")
def test_a_repository_is_added_with_its_licence(command: Command) -> None:
    outcome = command(
        "models", "add", "hf:Xenova/clip-vit-base-patch32@main", "--name", "mine", "--json"
    )

    found = json.loads(outcome.out)
    assert (found["name"], found["licence"]) == ("mine", "mit")
    assert found["source"] == f"hf:Xenova/clip-vit-base-patch32@{'c' * 40}"


@pytest.mark.usefixtures("hub")
def test_what_repairs_an_added_repository_is_a_command_that_does(command: Command) -> None:
    command("models", "add", f"hf:{MODELS[NAME].hub_id}", "--name", "mine")
    folder = Path(command("models", "where", "mine").out.strip())
    shutil.rmtree(folder)

    refused = command("models", "where", "mine")
    words = re.search(r"repair it with `sightline (.*)`", refused.err)
    assert words is not None
    assert command(*words[1].split()).code == 0
    assert command("models", "where", "mine").out == f"{folder}\n"
    assert Registry().names() == ("mine",), "and it gives no second name to the model"


def test_a_repository_with_limits_is_refused_until_they_are_accepted(
    command: Command, hub: FakeHub
) -> None:
    hub.repositories[MODELS[NAME].hub_id].licence = "apple-amlr"
    source = f"hf:{MODELS[NAME].hub_id}"

    refused = command("models", "add", source, "--name", "mine")
    accepted = command("models", "add", source, "--name", "mine", "--accept-licence")

    assert refused.code == 3
    assert "for research-only use (licence apple-amlr)" in refused.err
    assert accepted.code == 0
    record = Registry().get("mine")
    assert record is not None
    assert record.licence_accepted


def test_a_folder_that_is_no_model_is_not_added(command: Command, tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "half")
    (folder / "onnx" / "vision_model.onnx").write_bytes(b"x" * 100)

    outcome = command("models", "add", folder)

    assert outcome.code == 3
    assert "cut short" in outcome.err
    assert Registry().names() == ()


def test_a_model_that_cannot_be_run_is_not_added(command: Command, tmp_path: Path) -> None:
    folder = make_tiny_model(tmp_path / "zeros")
    config = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(config | {"crop_size": 32}))

    outcome = command("models", "add", folder)

    assert outcome.code == 3
    assert Registry().names() == ()


def test_a_missing_folder_is_named(command: Command) -> None:
    outcome = command("models", "add", "no-such-folder")

    assert outcome.code == 2
    assert "no-such-folder" in outcome.err


@pytest.mark.parametrize("name", ["mini", "clip-vit-b32"])
def test_a_folder_does_not_take_a_name_of_the_table(
    command: Command, tmp_path: Path, name: str
) -> None:
    outcome = command("models", "add", make_tiny_model(tmp_path / name))

    assert outcome.code == 3
    assert f"the name {name} belongs to a model" in outcome.err


def test_a_name_of_the_table_needs_a_model_of_its_kind(command: Command, tmp_path: Path) -> None:
    other = make_tiny_model(tmp_path / "other")
    same = make_tiny_model(tmp_path / "same", dimensions=MODELS[NAME].dimensions)

    refused = command("models", "add", other, "--name", NAME)
    added = command("models", "add", same, "--name", NAME)

    assert refused.code == 3
    assert "gives 8 dimensions, and clip-vit-b32 gives 512" in refused.err
    assert added.code == 0, added.err
    assert command("models", "where", NAME).out == f"{same}\n"


def test_a_name_that_is_taken_is_refused_and_can_be_freed(command: Command, tmp_path: Path) -> None:
    first, second = make_tiny_model(tmp_path / "a"), make_tiny_model(tmp_path / "b")
    assert command("models", "add", first, "--name", "mine").code == 0
    assert command("models", "add", first, "--name", "mine").code == 0

    refused = command("models", "add", second, "--name", "mine")
    assert refused.code == 3
    assert f"the name mine belongs to the model of {first}" in refused.err

    assert command("models", "remove", "mine").code == 0
    assert command("models", "add", second, "--name", "mine").code == 0


@pytest.mark.parametrize("name", ["no such", "../up", ""])
def test_an_impossible_name_is_refused(command: Command, tiny_model: Path, name: str) -> None:
    assert command("models", "add", tiny_model, "--name", name).code == 2


@pytest.mark.usefixtures("hub")
def test_removing_forgets_and_deletes_only_when_asked(command: Command) -> None:
    folder = Path(command("models", "fetch", NAME).out.strip())

    assert command("models", "remove", NAME).code == 0
    assert (folder / "config.json").exists()
    assert command("models", "where", NAME).code == 3

    command("models", "fetch", NAME)
    assert command("models", "remove", NAME, "--delete-files").code == 0
    assert not folder.exists()


def make_int8(name: str) -> Path:
    """Return the folder of an int8 tower that says it was made of a model."""
    made = Registry().folder / f"{name}-int8"
    (made / "openvino").mkdir(parents=True)
    (made / "openvino" / "vision_model_int8.xml").write_text("made")
    (made / "openvino" / "int8.json").write_text('{"runs": [{"agreement": 0.9865}]}')
    return made


@pytest.mark.usefixtures("hub")
def test_int8_files_that_were_made_are_listed_and_go_with_the_model(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("models", "fetch", NAME)
    made = make_int8(NAME)
    monkeypatch.setenv("COLUMNS", "80")

    listed = rows(command("models", "list", "--json").out)[NAME]
    assert listed["here"] == ["fp32"]
    assert listed["int8_made_here"] == {"folder": str(made), "agreement": 0.9865}
    lines = command("models", "list").out.splitlines()
    at = lines.index(f"  {MODELS[NAME].good_for}")
    assert lines[at + 1] == "  int8 made here, agreement 98.7%"
    assert max(map(len, lines)) <= 80

    command("models", "remove", NAME, "--delete-files")
    assert not made.exists()


def test_int8_files_of_what_ships_are_listed_and_can_be_deleted(command: Command) -> None:
    made = make_int8("mini")
    assert "int8 made here, agreement 98.7%" in command("models", "list").out

    assert command("models", "remove", "mini").code == 1
    assert made.exists()
    outcome = command("models", "remove", "mini", "--delete-files")

    assert (outcome.code, made.exists()) == (0, False)
    assert outcome.err == "mini ships with Sightline and stays; its int8 files are deleted\n"


def test_what_lies_in_an_added_folder_is_listed(command: Command, tiny_model: Path) -> None:
    command("models", "add", tiny_model, "--name", "mine")

    assert rows(command("models", "list", "--json").out)["mine"]["here"] == ["fp32"]


@pytest.mark.usefixtures("hub")
def test_forgetting_what_was_emptied_out_of_the_cache_says_only_that(
    command: Command, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(command("models", "fetch", NAME).out.strip())
    shutil.rmtree(folder)

    outcome = command("models", "remove", NAME, "--delete-files")

    assert (outcome.code, outcome.err) == (0, f"{NAME} is forgotten\n")
    assert not caplog.records


@pytest.mark.usefixtures("hub")
def test_files_that_another_model_uses_stay(command: Command) -> None:
    folder = Path(command("models", "fetch", NAME).out.strip())
    command("models", "add", f"hf:{MODELS[NAME].hub_id}", "--name", "mine")

    command("models", "remove", NAME, "--delete-files")
    assert (folder / "config.json").exists()

    command("models", "remove", "mine", "--delete-files")
    assert not folder.exists()


def test_an_added_folder_is_never_deleted(command: Command, tiny_model: Path) -> None:
    command("models", "add", tiny_model, "--name", "mine")

    assert command("models", "remove", "mine", "--delete-files").code == 0

    assert (tiny_model / "config.json").exists()


@pytest.mark.parametrize("name", ["mini", "unheard-of", "../up"])
def test_removing_what_is_not_noted_finds_nothing(command: Command, name: str) -> None:
    outcome = command("models", "remove", name)

    assert outcome.code == 1
    assert "nothing to forget" in outcome.err


def test_where_of_a_model_that_is_not_fetched_says_how_to_get_it(command: Command) -> None:
    outcome = command("models", "where", "clip-vit-l14")

    assert outcome.code == 3
    assert "`sightline models fetch clip-vit-l14`" in outcome.err


def test_listing_loads_no_hub_and_no_runtime(command: Command) -> None:
    from tests.test_startup import loaded_by

    code = "from sightline.cli import run\nassert run(['models', 'list', '--json']) == 0"

    assert loaded_by(code).isdisjoint({"huggingface_hub", "openvino", "torch", "faiss"})
    assert "typer" in sys.modules
