import json
import re
from pathlib import Path

import pytest
from PIL import Image

from sightline import __version__
from sightline.catalog import Catalog
from tests.cli.conftest import Command
from tests.conftest import paint
from tests.encoders.tiny_model import make_tiny_model


def lines(text: str) -> list[str]:
    return text.splitlines()


# index


def test_index_reports_what_it_did_on_standard_error(
    command: Command, photos: Path, tiny_model: Path
) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")

    outcome = command("index", photos, "--model", tiny_model, "-g", "home")

    assert outcome.code == 0
    assert outcome.out == ""
    assert re.search(r"^6 added in [\d.]+ s", outcome.err)
    assert "1 skipped:" in outcome.err
    assert str(photos / "broken.jpg") in outcome.err
    assert "6 pictures in" in outcome.err


def test_index_again_needs_neither_paths_nor_model(indexed: Command, photos: Path) -> None:
    paint(photos / "new.png", (9, 9, 9))

    outcome = indexed("index")

    assert re.search(r"^1 added, 6 unchanged in ", outcome.err)


def test_index_as_json_is_one_object(command: Command, photos: Path, tiny_model: Path) -> None:
    outcome = command("index", photos, "--model", tiny_model, "--json")

    report = json.loads(outcome.out)
    assert report["added"] == 6
    assert report["embedded"] == 6
    assert report["skipped"] == []
    assert report["limited_by"] in ("disk", "decoding", "model")
    assert set(report["waits"]) == {"disk", "decoding", "model"}


def test_a_long_index_run_ends_by_naming_what_limited_it(
    command: Command, tmp_path: Path, tiny_model: Path
) -> None:
    for i in range(60):
        paint(tmp_path / "many" / f"{i}.png", (i, 0, 0))

    outcome = command("index", "many", "--model", tiny_model)

    line = r"^limited by (the disk|decoding pictures|the model) \(waited for \d+% of the time\)"
    assert re.search(line, outcome.err, re.MULTILINE)
    assert "limited by" not in command("index").err, "nothing was to be done"


def test_index_without_paths_in_a_new_gallery_says_what_is_missing(
    command: Command, tiny_model: Path
) -> None:
    outcome = command("index", "-g", "home", "--model", tiny_model)

    assert outcome.code == 2
    assert "name the folders to index" in outcome.err


def test_index_of_a_missing_folder_names_it(command: Command, tiny_model: Path) -> None:
    outcome = command("index", "no-such-folder", "--model", tiny_model)

    assert outcome.code == 2
    assert "there is no file or folder no-such-folder" in outcome.err


def test_an_unknown_model_is_refused_with_the_known_ones(command: Command, photos: Path) -> None:
    outcome = command("index", photos, "--model", "clip-vit-xxl")

    assert outcome.code == 3
    assert "clip-vit-xxl" in outcome.err
    assert "mini" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("-g", "home"),
        ("no-such-folder", "-g", "home"),
        ("photos", "no-such-folder", "-g", "home"),
        ("photos", "-g", "home", "-m", "no-such-model"),
    ],
)
def test_an_index_that_cannot_begin_leaves_no_gallery_behind(
    command: Command, photos: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert photos.name == "photos"

    assert command("index", *arguments).code in (2, 3)
    assert not (tmp_path / "home").exists()


def test_index_says_how_many_went_through_the_model_where_that_is_not_plain(
    indexed: Command, photos: Path, tmp_path: Path
) -> None:
    make_tiny_model(tmp_path / "other", dimensions=6)
    again = indexed("index", "--model", tmp_path / "other")
    (photos / "copy.png").write_bytes((photos / "red.png").read_bytes())
    paint(photos / "new.png", (9, 9, 9))
    (photos / "new too.png").write_bytes((photos / "new.png").read_bytes())
    copied = indexed("index", photos)

    assert re.search(r"^6 unchanged, 6 embedded in ", again.err)
    assert re.search(r"^3 added, 6 unchanged, 1 embedded in ", copied.err)


def test_plain_indexing_does_not_say_it_twice(
    command: Command, photos: Path, tiny_model: Path
) -> None:
    assert "embedded" not in command("index", photos, "--model", tiny_model).err


def test_a_report_names_the_remedy_for_skipped_files(indexed: Command, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")

    assert "`sightline index --retry`" in indexed("index").err


def test_scenes_found_by_a_glob_are_scenes(command: Command) -> None:
    command("scenes", "world", "-n", "2", "--width", "64", "--height", "48")

    assert "photographs" not in command("index", "world/pictures/*", "-m", "mini").err


def test_vanished_pictures_need_force(indexed: Command, photos: Path) -> None:
    for picture in photos.glob("*.png"):
        picture.unlink()

    refused = indexed("index", photos)
    forced = indexed("index", photos, "--force")

    assert refused.code == 4
    assert "6 of the 6 pictures" in refused.err
    assert "--force" in refused.err
    assert forced.code == 0
    assert "6 removed" in forced.err


# search


def test_search_prints_rank_score_and_path(indexed: Command, photos: Path) -> None:
    outcome = indexed("search", "red", "-k", "2")

    first, second = lines(outcome.out)
    assert re.fullmatch(rf"   1  \d\.\d{{4}}  {re.escape(str(photos / 'red.png'))}", first)
    assert second.startswith("   2  ")


def test_search_as_json_prints_one_object_a_line(indexed: Command, photos: Path) -> None:
    outcome = indexed("search", "blue", "-k", "3", "--json")

    hits = [json.loads(line) for line in lines(outcome.out)]
    assert [hit["rank"] for hit in hits] == [1, 2, 3]
    assert hits[0]["path"] == str(photos / "blue.png")
    assert hits[0]["score"] >= hits[1]["score"] >= hits[2]["score"]
    assert (hits[0]["width"], hits[0]["height"], hits[0]["format"]) == (24, 16, "PNG")
    assert isinstance(hits[0]["id"], int)


def test_paths_only_prints_paths_and_nothing_else(indexed: Command, photos: Path) -> None:
    outcome = indexed("search", "green", "--paths-only", "-k", "1")

    assert outcome.out == f"{photos / 'green.png'}\n"


def test_print0_ends_paths_with_nul(indexed: Command, photos: Path) -> None:
    paint(photos / "two\nlines.png", (255, 0, 0))
    indexed("index")

    outcome = indexed("search", "red", "-0", "-k", "2")

    assert set(outcome.out.split("\0")) == {
        str(photos / "red.png"),
        str(photos / "two\nlines.png"),
        "",
    }


def test_search_by_picture_from_a_file_and_from_standard_input(
    indexed: Command, photos: Path
) -> None:
    by_file = indexed("search", "--image", photos / "yellow.png", "-k", "3")
    by_input = indexed(
        "search", "--image", "-", "-k", "3", stdin=(photos / "yellow.png").read_bytes()
    )

    assert "yellow.png" in lines(by_file.out)[0]
    assert by_input.out == by_file.out


def test_a_picture_to_avoid_can_come_from_standard_input(indexed: Command, photos: Path) -> None:
    red = (photos / "red.png").read_bytes()

    by_file = indexed("search", "yellow", "--not-image", photos / "red.png", "--json")
    by_input = indexed("search", "yellow", "--not-image", "-", "--json", stdin=red)

    assert by_input.out == by_file.out != indexed("search", "yellow", "--json").out


@pytest.mark.parametrize(
    "arguments", [("-i", "-", "--not-image", "-"), ("-i", "-", "-i", "-"), ("-i", "-")]
)
def test_standard_input_holds_one_picture(
    indexed: Command, photos: Path, arguments: tuple[str, ...]
) -> None:
    data = (photos / "red.png").read_bytes() if len(arguments) > 2 else b""

    outcome = indexed("search", *arguments, stdin=data)

    assert outcome.code == 2
    assert "standard input" in outcome.err


def test_a_search_says_which_share_of_the_gallery_it_cannot_see(
    indexed: Command, photos: Path, tmp_path: Path
) -> None:
    make_tiny_model(tmp_path / "other", dimensions=6)
    paint(tmp_path / "few" / "black.png", (0, 0, 0))
    assert indexed("search", "red").err == ""
    assert indexed("index", tmp_path / "few", "-m", tmp_path / "other").code == 0

    outcome = indexed("search", "red", "-p")

    assert len(lines(outcome.out)) == 6
    assert outcome.err.startswith("note: 1 of 7 pictures have no vector of tiny; ")
    assert "`sightline index`" in outcome.err


def test_words_and_picture_together_are_weighted(indexed: Command, photos: Path) -> None:
    both = ("search", "green", "--image", photos / "red.png", "-k", "1", "-p")

    assert indexed(*both).out == f"{photos / 'yellow.png'}\n"
    assert indexed(*both, "--text-weight", "0.05").out == f"{photos / 'red.png'}\n"
    assert indexed(*both, "--image-weight", "0.05").out == f"{photos / 'green.png'}\n"


def test_excluded_words_change_the_order(indexed: Command) -> None:
    plain = lines(indexed("search", "yellow", "-p").out)
    without = lines(indexed("search", "yellow", "--not", "red", "-p").out)

    assert [Path(p).name for p in plain].index("orange.png") == 1
    assert [Path(p).name for p in without].index("orange.png") > 1


def test_several_words_are_one_text(indexed: Command) -> None:
    assert indexed("search", "red", "blue").out == indexed("search", "red blue").out


def test_a_sheet_shows_the_results(indexed: Command, tmp_path: Path) -> None:
    outcome = indexed("search", "red", "--sheet", "out.png", "-k", "4")

    assert outcome.code == 0
    with Image.open(tmp_path / "out.png") as sheet:
        assert sheet.width > 4 * 200
        assert (255, 0, 0) in {colour for _, colour in sheet.getcolors(1 << 24) or []}


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        ((), 2, "there is nothing to search for"),
        (("--not", "rain"), 2, "there is nothing to search for"),
        (("red", "-k", "0"), 2, "-k"),
        (("red", "--image", "missing.jpg"), 2, "there is no file or folder missing.jpg"),
        (("red", "--not-image", "missing.jpg"), 2, "there is no file or folder missing.jpg"),
        (("--image", "notes.txt"), 2, "cannot read"),
        (("red", "--sheet", "out.xyz"), 2, "--sheet is 'out.xyz'"),
        (("red", "--sheet", "no/such/out.jpg"), 5, "cannot write"),
        (("red", "--prompt", "no place"), 2, "{query}"),
        (("red", "--not", "red"), 2, "cancel out"),
        (("red", "--gallery", "nowhere"), 4, "there is no gallery at"),
        (("   ",), 2, "is empty"),
    ],
)
def test_bad_searches_say_what_is_wrong(
    indexed: Command, tmp_path: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    (tmp_path / "notes.txt").write_text("this is not a picture")

    # A lone option must reach the command, so that no_args_is_help does not answer for it.
    outcome = indexed("search", *(arguments or ("-k", "3")))

    assert outcome.code == code, outcome.err
    assert sentence in outcome.err
    assert "Traceback" not in outcome.err
    assert outcome.out == ""


def test_an_empty_gallery_finds_nothing_and_says_so(
    command: Command, tmp_path: Path, tiny_model: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert command("index", "empty", "--model", tiny_model).code == 0

    outcome = command("search", "red")

    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err == (
        "nothing found: the gallery is empty; index pictures with `sightline index FOLDER`\n"
    )


def test_another_model_is_refused_with_both_names(
    indexed: Command, tmp_path: Path, tiny_model: Path
) -> None:
    other = tmp_path / "other"
    make_tiny_model(other, dimensions=6)

    outcome = indexed("search", "red", "--model", other)

    assert outcome.code == 4
    assert "indexed with tiny, but other was asked for" in outcome.err


def test_a_long_text_is_searched_with_a_note(indexed: Command) -> None:
    outcome = indexed("search", *["red"] * 300, "-k", "1")

    assert outcome.code == 0
    assert "red.png" in outcome.out
    assert outcome.err.startswith("note: the text has ")


# status, remove


def test_status_tells_what_is_indexed_and_what_is_not(indexed: Command, photos: Path) -> None:
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    indexed("index")

    plain = indexed("status").out
    listed = indexed("status", "--skipped").out
    state = json.loads(indexed("status", "--json").out)

    assert "pictures  6" in plain
    assert "model     tiny: 6 vectors" in plain
    assert "index     current" in plain
    assert "skipped   1" in plain
    assert listed.startswith(f"{photos / 'broken.jpg'}: ")
    assert state["images"] == 6
    assert state["folders"] == [str(photos)]
    assert state["skipped"][0]["path"] == str(photos / "broken.jpg")


def test_remove_takes_pictures_out_and_leaves_the_files(indexed: Command, photos: Path) -> None:
    outcome = indexed("remove", photos / "red.png")

    assert outcome.err == "1 picture taken out of the gallery\n"
    assert (photos / "red.png").exists()
    assert "red.png" not in indexed("search", "red").out
    assert indexed("remove", photos / "red.png").code == 1


def test_removing_a_folder_without_pictures_forgets_it(indexed: Command, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    indexed("index", "empty")

    outcome = indexed("remove", "empty")

    assert outcome.code == 0
    assert outcome.err == "0 pictures taken out of the gallery, 1 folder forgotten\n"
    assert str(tmp_path / "empty") not in indexed("status").out


def test_remove_by_id(indexed: Command) -> None:
    found = json.loads(indexed("search", "blue", "-k", "1", "--json").out)

    assert indexed("remove", "--ids", found["id"]).code == 0
    assert indexed("remove", "--ids", "seven").code == 2
    assert "blue.png" not in indexed("search", "blue").out


# everything else


def test_the_default_gallery_is_in_the_data_folder(indexed: Command, tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "data" / "sightline" / "gallery" / "catalog.sqlite") as catalog:
        assert catalog.count() == 6


def test_the_environment_names_gallery_and_model(
    command: Command, photos: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_GALLERY", "from-environment")
    monkeypatch.setenv("SIGHTLINE_MODEL", str(tiny_model))

    assert command("index", photos).code == 0
    assert "from-environment" in command("status").out


def test_ctrl_c_exits_with_130_and_a_sentence(
    indexed: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sightline.gallery.gallery.sync", interrupt)
    outcome = indexed("index")

    assert outcome.code == 130
    assert (
        outcome.err
        == "stopped; what was finished is kept, so give the same command again to go on\n"
    )


def test_version_and_help(command: Command) -> None:
    assert command("--version").out == f"sightline {__version__}\n"
    assert "Search a collection of pictures" in command("--help").out
    assert command("no-such-command").code == 2


def test_a_damaged_gallery_is_a_sentence(indexed: Command, tmp_path: Path) -> None:
    catalog = tmp_path / "data" / "sightline" / "gallery" / "catalog.sqlite"
    for journal in catalog.parent.glob("catalog.sqlite-*"):
        journal.unlink()
    catalog.write_bytes(b"this was a catalog once" * 500)

    outcome = indexed("search", "red")

    assert outcome.code == 4
    assert "is damaged" in outcome.err
    assert "Traceback" not in outcome.err
