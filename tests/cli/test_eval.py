"""`sightline eval`, with the tiny model whose scores can be worked out by hand."""

import json
import re
import shutil
from pathlib import Path

import pytest

from sightline.evaluation.datasets.cards import DATASETS
from sightline.evaluation.measures import FAMILIES
from sightline_scenes import write_collection
from tests.cli.conftest import Command, Outcome
from tests.conftest import paint

REDS, BLUES = [(255, 0, 0), (220, 20, 20), (240, 0, 40)], [(0, 0, 255), (20, 20, 220)]


@pytest.fixture
def goods(tmp_path: Path) -> Path:
    """Three red pictures and two blue ones, each kind in a folder of its name."""
    home = tmp_path / "goods"
    for name, colours in {"red": REDS, "blue": BLUES}.items():
        for number, colour in enumerate(colours):
            paint(home / name / f"{number}.png", colour)
    return home


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the result lies that several tests look at; whoever asks first measures it."""
    return tmp_path_factory.mktemp("results") / "first"


@pytest.fixture
def measured(command: Command, goods: Path, tiny_model: Path, first: Path) -> Command:
    """The same, after the folders were measured by picture, into the folder ``first``."""
    if not first.exists():
        outcome = command(
            "eval", "folder", "--data", goods, "--model", tiny_model, "--out", first, "--seed", 7
        )
        assert outcome.code == 0, outcome.err
    shutil.copytree(first, "first")
    return command


def test_folders_are_measured_by_picture(command: Command, goods: Path, tiny_model: Path) -> None:
    outcome = command("eval", "folder", "--data", goods, "--model", tiny_model)

    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert re.fullmatch(r"folder, goods, by image: 5 queries, 5 pictures, tiny in \w+", lines[0])
    assert lines[2].split() == ["query", "counted", "@1", "@5", "@10", "@20", "@50", "all"]
    for line in lines:
        if line.startswith("mAP@k "):
            assert line.count("100.0 (100.0-100.0)") == 4, "the kinds are told apart"
    assert "results: evaluations/folder-goods-by-image-tiny-" in outcome.err


def test_by_text_asks_for_the_folders_names(
    command: Command, goods: Path, tiny_model: Path
) -> None:
    arguments = ("eval", "folder", "--data", goods, "--model", tiny_model, "--by", "text")

    outcome = command(*arguments, "--json", "--no-report", "--out", "out")

    told = json.loads(outcome.out)
    assert told["counts"]["queries"] == 2
    assert told["figures"][""]["mAP@10"]["value"] == 1.0
    assert told["prompt"] == "{query}"
    assert not (Path("out") / "report.html").exists()


def test_the_files_of_a_result_are_written(measured: Command) -> None:
    names = {path.name for path in Path("first").iterdir()}

    assert {
        "summary.json",
        "per_query.jsonl",
        "run.trec",
        "queries.txt",
        "report.html",
        "qrels-query-counted.txt",
        "qrels-query-left-out.txt",
    } <= names
    told = json.loads((Path("first") / "summary.json").read_text())
    assert told["seed"] == 7
    assert told["model"]["name"] == "tiny"
    assert [protocol["name"] for protocol in told["protocols"]] == [
        "query counted",
        "query left out",
    ]


def test_a_data_set_that_is_not_there_is_told_with_how_to_get_it(command: Command) -> None:
    outcome = command("eval", "oxford5k", "--data", "nowhere")

    assert outcome.code == 2
    assert "oxford5k lacks its folder" in outcome.err
    assert "gt_files_170407.tgz" in outcome.err


def test_a_data_set_needs_a_folder(command: Command) -> None:
    outcome = command("eval", "circo")

    assert outcome.code == 2
    assert "--data DIR" in outcome.err
    assert "CC BY-NC 4.0" in outcome.err


def test_the_gallery_of_ones_own_is_left_alone(
    command: Command, goods: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_GALLERY", "mine")

    command("eval", "folder", "--data", goods, "--model", tiny_model, "--no-report")

    assert not Path("mine").exists()


def test_scenes_are_drawn_where_none_are_given(command: Command) -> None:
    arguments = ("eval", "scenes", "--count", 12, "--no-report", "--out", "out", "--threads", 1)

    outcome = command(*arguments)

    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("scenes, 12 scenes, by text: 12 queries, 12 pictures, mini in")


def test_pictures_that_cannot_be_read_are_listed(
    command: Command, goods: Path, tiny_model: Path
) -> None:
    (goods / "red" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and then nothing")

    outcome = command("eval", "folder", "--data", goods, "--model", tiny_model, "--no-report")

    assert outcome.code == 0
    assert "could not be read:" in outcome.err
    assert "broken.jpg" in outcome.err


def test_a_prompt_beside_templates_is_refused(
    command: Command, goods: Path, tiny_model: Path
) -> None:
    arguments = ("eval", "folder", "--data", goods, "--model", tiny_model, "--by", "text")

    outcome = command(*arguments, "--templates", 7, "--prompt", "{query}")

    assert outcome.code == 2
    assert "--templates" in outcome.err


# Composed


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    return write_collection(folder, count=40, seed=3, width_px=40, height_px=30, workers=1)


@pytest.fixture
def scenes(command: Command, drawn: Path) -> Command:
    """Measure on a few drawn scenes, by three queries at most; they are indexed once for all."""

    def measure(*options: object) -> Outcome:
        few = ("--data", drawn, "--queries", 3, "--no-report", "--threads", 1)
        kept = ("--gallery", drawn.with_name("gallery"))
        return command("eval", "scenes", *few, *kept, *options)

    return measure


def test_composed_search_is_measured_and_named(scenes: Command, command: Command) -> None:
    composed = scenes("--mode", "roles")
    added = scenes("--mode", "sum")

    assert composed.code == added.code == 0, composed.err
    title = composed.out.splitlines()[0]
    assert title.startswith("scenes, 40 scenes, by both: 3 queries, 40 pictures, mini in")
    assert title.endswith(", roles by tags and rules")
    assert added.out.splitlines()[0] + ", roles by tags and rules" == title
    folders = [
        Path(re.findall(r"^results: (.*)$", one.err, re.MULTILINE)[0]) for one in (composed, added)
    ]
    assert folders[0].name == f"{folders[1].name}-roles-by-tags-and-rules"
    told, summed = (json.loads((folder / "summary.json").read_text()) for folder in folders)
    assert [told[fact] for fact in ("mode", "captioner", "composer")] == ["roles", "tags", "rules"]
    assert (summed["mode"], summed["weights"]) == ("sum", {"text": 0.5, "image": 0.5})
    assert command("eval", "compare", *reversed(folders)).code == 0, "the two can be compared"


@pytest.mark.parametrize("mode", ["published", "fusion", "both", "image"])
def test_every_mode_is_measured(scenes: Command, mode: str) -> None:
    outcome = scenes("--mode", mode, "--json")

    told = json.loads(outcome.out)
    assert told["variant"].endswith("by image" if mode == "image" else "by both")
    assert told["mode"] == {"both": "sum", "image": None}.get(mode, mode)
    assert told["figures"][""]["mAP@10"]["value"] >= 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--mode", "magic"), "--mode is 'magic', but it must be one of sum, roles, published"),
        (("--by", "text", "--mode", "roles"), "--by is 'text', but it must be both, or left out"),
        (("--mode", "fusion", "--index", "Flat"), "exact where scores are fused"),
        (("--mode", "roles", "--captioner", "oracle"), "no captioner is called 'oracle'"),
        (("--text-weight", "0", "--image-weight", "0", "--mode", "sum"), "not both 0"),
    ],
)
def test_ways_that_make_no_sense_are_refused(
    scenes: Command, options: tuple[str, ...], sentence: str
) -> None:
    outcome = scenes(*options)

    assert outcome.code == 2
    assert sentence in outcome.err


# What there is


def test_every_measure_is_listed_with_its_formula(command: Command) -> None:
    outcome = command("eval", "--measures")

    for family in FAMILIES:
        assert f"\n{family.name}\n" in f"\n{outcome.out}"
    assert "AP@k = S / min(k, R)" in outcome.out
    assert "trec_eval" in outcome.out


def test_every_data_set_is_a_command_with_its_own_options(command: Command) -> None:
    listing = command("eval", "--help").out

    for card in DATASETS:
        assert re.search(rf"^│ {card.name} ", listing, re.MULTILINE), card.name
        page = command("eval", card.name, "--help").out
        assert ("--by" in page) == (len(card.modes) > 1), card.name
    assert "--whole" in command("eval", "paris6k", "--help").out
    assert "--whole" not in command("eval", "circo", "--help").out


def test_eval_alone_says_what_there_is(command: Command) -> None:
    outcome = command("eval")

    assert outcome.code == 0
    assert "ilsvrc2012" in outcome.out


# Comparing and guarding


def test_a_result_compared_with_itself_does_not_differ(measured: Command) -> None:
    outcome = measured("eval", "compare", "first", "first/summary.json")

    assert outcome.code == 0
    line = next(line for line in outcome.out.splitlines() if " mAP@5 " in line)
    assert line.split() == "query counted mAP@5 100.0 100.0 +0.0 1.0000 0, 0, 5".split()
    assert "no query changed" in outcome.err


def test_what_changed_is_shown(measured: Command, goods: Path, tiny_model: Path) -> None:
    for number in range(3):
        paint(goods / "red" / f"{number}.png", (0, 40 * number, 250))
    outcome = measured(
        *("eval", "folder", "--data", goods, "--model", tiny_model, "--out", "second"),
        *("--seed", 7),
    )
    assert outcome.code == 0, outcome.err

    compared = measured("eval", "compare", "first", "second", "--json")

    first = json.loads(compared.out.splitlines()[0])
    assert first["measure"] == "mAP@5"
    assert first["after"] < first["before"]
    assert first["changes"]
    assert first["exact"] is True


def test_results_of_other_data_are_not_compared(
    measured: Command, goods: Path, tiny_model: Path
) -> None:
    by_text = ("--by", "text", "--no-report", "--out", "second")
    measured("eval", "folder", "--data", goods, "--model", tiny_model, *by_text)

    outcome = measured("eval", "compare", "first", "second")

    assert outcome.code == 2
    assert "they differ in the variant" in outcome.err


@pytest.mark.parametrize(
    ("conditions", "code", "verdict"),
    [
        (("--min", "mAP@10=0.62"), 0, "ok   1.0000  mAP@10 >= 0.62"),
        (("--min", "query left out:mAP@10=1"), 0, "ok   1.0000  mAP@10 >= 1"),
        (("--min", "P@10=0.9"), 1, "LOW  0.2600  P@10 >= 0.9"),
        (("--against", "first", "--max-drop", "0"), 0, "ok   1.0000  query counted:mAP@5 within"),
    ],
)
def test_a_gate_passes_or_fails(
    measured: Command, conditions: tuple[str, ...], code: int, verdict: str
) -> None:
    outcome = measured("eval", "gate", "first/summary.json", *conditions)

    assert outcome.code == code
    assert verdict in outcome.out


def test_a_gate_fails_on_a_drop(measured: Command) -> None:
    path = Path("first/summary.json")
    told = json.loads(path.read_text())
    for figure in told["protocols"][0]["figures"]:
        figure["value"] -= 0.02
    Path("worse.json").write_text(json.dumps(told))

    outcome = measured("eval", "gate", "worse.json", "--against", "first", "--max-drop", 1)

    assert outcome.code == 1
    assert "LOW  0.9800  query counted:mAP@5 within 1 points of 1.0000" in outcome.out
    assert measured("eval", "gate", "worse.json", "--against", "first", "--max-drop", 3).code == 0


@pytest.mark.parametrize("conditions", [(), ("--min", "mAP@7=0.5"), ("--min", "nonsense")])
def test_a_gate_without_a_condition_that_holds_something_is_an_error(
    measured: Command, conditions: tuple[str, ...]
) -> None:
    assert measured("eval", "gate", "first", *conditions).code == 2


# One's own pictures


def test_mine_needs_judgements_or_says_what_needs_none(indexed: Command) -> None:
    outcome = indexed("eval", "mine")

    assert outcome.code == 2
    assert "--labels folders, bursts or transforms" in outcome.err


def test_mine_measures_models_prompts_and_indexes(indexed: Command, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("q 0 red.png 1\nq 0 blue.png 0\n")
    (tmp_path / "t.tsv").write_text("q\tred\n")
    brought = indexed("eval", "import-judgements", "q.txt", "t.tsv")
    assert "2 judgements stored" in brought.err

    outcome = indexed(
        *("eval", "mine", "--prompt", "{query}", "--prompt", "blue {query} blue"),
        *("--index", "exact", "--index", "Flat"),
    )

    assert outcome.code == 0, outcome.err
    head, *rows = outcome.out.splitlines()
    assert head.split() == [
        *("model", "prompt", "what", "index", "queries"),
        *("mAP@5", "mAP@10", "mAP@20", "mAP@50", "judged@10"),
    ]
    assert len(rows) == 4
    assert "100.0 (100.0-100.0)" in rows[0]
    assert "100.0 (100.0-100.0)" not in rows[2], "another prompt finds something else"
    assert rows[0].endswith("33 %"), "two of six were judged"
    assert outcome.err.count("results: ") == 4


@pytest.mark.parametrize("way", [("--mode", "roles"), ("--by", "both"), ("--mode", "fusion")])
def test_mine_measures_composed_search(
    indexed: Command, tmp_path: Path, photos: Path, way: tuple[str, str]
) -> None:
    red = photos / "red.png"
    (tmp_path / "q.txt").write_text("words 0 red.png 1\nboth 0 blue.png 1\n")
    (tmp_path / "t.tsv").write_text(f"words\tred\nboth\tmake it blue\t{red}\n")
    brought = indexed("eval", "import-judgements", "q.txt", "t.tsv")
    assert "2 judgements stored" in brought.err, brought.err

    outcome = indexed("eval", "mine", *way)

    assert outcome.code == 0, outcome.err
    (row,) = outcome.out.splitlines()[1:]
    what = {"roles": "both, roles by tags and rules", "fusion": "both, fusion", "both": "both  "}
    assert what[way[1]] in row


def test_judgements_are_exported(indexed: Command, tmp_path: Path) -> None:
    (tmp_path / "q.txt").write_text("q 0 red.png 1\n")
    (tmp_path / "t.tsv").write_text("q\twords\tred.png\n")
    indexed("eval", "import-judgements", "q.txt", "t.tsv")

    outcome = indexed("eval", "export-judgements", "out")

    assert "1 judgement in out/qrels.txt" in outcome.err
    assert re.fullmatch(r"q1 0 /\S+red\.png 1\n", Path("out/qrels.txt").read_text())
    assert re.fullmatch(r"q1\twords\t/\S+red\.png\n", Path("out/topics.tsv").read_text())


def test_mine_measures_changed_pictures(indexed: Command) -> None:
    outcome = indexed("eval", "mine", "--labels", "transforms", "--json")

    told = json.loads(outcome.out)
    flips = {
        figure["measure"]: figure["value"]
        for figure in told["figures"]
        if figure["group"] == "flip"
    }
    assert flips["success@1"] == 1.0
    assert "says nothing about meaning" in outcome.err


def test_labels_that_are_none_are_refused(indexed: Command) -> None:
    outcome = indexed("eval", "mine", "--labels", "dreams")

    assert outcome.code == 2
    assert "judgements, folders, bursts, transforms" in outcome.err
