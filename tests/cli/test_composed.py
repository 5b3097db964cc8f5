import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.composed.chat.llm_server import GOOD, answers, llm_server, refuses
from tests.conftest import paint


@pytest.fixture
def red(indexed: Command, photos: Path) -> Path:
    return photos / "red.png"


@pytest.fixture(autouse=True)
def all_the_time_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine must not make an answer late.
    monkeypatch.setenv("SIGHTLINE_LLM_SECONDS", "60")
    monkeypatch.setenv("SIGHTLINE_COMPOSE_SECONDS", "120")


@pytest.fixture
def phrases(tmp_path: Path) -> Path:
    file = tmp_path / "colours.txt"
    file.write_text("a red thing\na blue thing\na green thing\n")
    return file


def test_a_picture_and_words_are_composed_offline(
    indexed: Command, red: Path, phrases: Path
) -> None:
    outcome = indexed(
        *("search", "-i", red, "make it blue", "-k", "1", "--phrases", phrases),
        *("--weights", "image=0"),
    )

    assert outcome.code == 0, outcome.err
    assert "blue.png" in outcome.out
    assert "is used, not" not in outcome.err, "nothing fell back"
    assert "weights" not in outcome.err, "and nobody asked how it was done"


def test_what_is_excluded_pushes_a_composed_search_away(indexed: Command, red: Path) -> None:
    asked = ("search", "-i", red, "make it blue", "--mode", "sum", "--paths-only")

    plain = indexed(*asked).out.split()
    pushed = indexed(*asked, "--not", "blue", "--explain")

    blue = next(path for path in plain if path.endswith("blue.png"))
    assert plain.index(blue) < pushed.out.split().index(blue)
    again = re.search(r"^again +sightline (.*)$", pushed.err, re.MULTILINE)
    assert again is not None
    assert "--not blue --excluded-weight 0.5" in again[1]
    assert indexed(*shlex.split(again[1]), "--paths-only").out == pushed.out


def test_explain_tells_every_step_and_how_to_do_it_again(
    indexed: Command, red: Path, phrases: Path
) -> None:
    first = indexed("search", "-i", red, "make it blue", "--explain", "--phrases", phrases)

    told = dict(re.findall(r"^(\w+) +(.*)$", first.err, re.MULTILINE))
    assert told["caption"] or told["target"]
    assert told["target"].endswith("[rules]")
    assert "blue" in told["desired"]
    assert told["weights"] == "target=1,desired=0.75,preserve=0.25,image=0.5,forbidden=0.5"

    again = indexed(*shlex.split(told["again"])[1:])
    assert again.out == first.out, "the command that explain prints finds the very same"


def test_explain_as_json_is_one_line_before_the_results(
    indexed: Command, red: Path, phrases: Path
) -> None:
    outcome = indexed(
        "search", "-i", red, "make it blue", "--explain", "--json", "--phrases", phrases
    )

    first, *results = [json.loads(line) for line in outcome.out.splitlines()]
    assert first["composition"]["composer"] == "rules"
    assert first["composition"]["captioner"] == "tags"
    assert {step["name"] for step in first["composition"]["steps"]} == {
        "caption",
        "compose",
        "words",
        "picture",
    }
    assert [result["rank"] for result in results] == list(range(1, 7))


@pytest.mark.parametrize("mode", ["roles", "published", "fusion", "sum", "image", "text"])
def test_every_mode_gives_results(indexed: Command, red: Path, mode: str) -> None:
    outcome = indexed("search", "-i", red, "blue", "--mode", mode, "-k", "6")

    assert outcome.code == 0, outcome.err
    assert len(outcome.out.splitlines()) == 6


def test_the_modes_rank_as_they_say(indexed: Command, red: Path) -> None:
    by_picture = indexed("search", "-i", red, "blue", "--mode", "image", "-k", "1")
    by_words = indexed("search", "-i", red, "blue", "--mode", "text", "-k", "1")
    leaning = indexed("search", "-i", red, "blue", "--mode", "sum", "--balance", "0", "-k", "1")

    assert "red.png" in by_picture.out
    assert by_words.out == indexed("search", "blue", "-k", "1").out
    assert leaning.out == by_picture.out


def test_parts_that_are_given_are_taken(indexed: Command, red: Path) -> None:
    outcome = indexed(
        *("search", "-i", red, "never mind", "--caption", "a red thing", "--target", "green"),
        *("--desired", "green", "--forbidden", "red", "--weights", "image=0", "-k", "1"),
        "--explain",
    )

    assert "green.png" in outcome.out
    assert "green  [given]" in outcome.err
    assert "caption     a red thing  [given]" in outcome.err


def test_weights_that_are_named_add_up_as_before(indexed: Command, red: Path) -> None:
    added = indexed("search", "-i", red, "blue", "--text-weight", "0.5", "--json", "-k", "1")
    summed = indexed("search", "-i", red, "blue", "--mode", "sum", "--json", "-k", "1")

    assert json.loads(added.out)["path"] == json.loads(summed.out)["path"]
    assert json.loads(added.out)["score"] == pytest.approx(json.loads(summed.out)["score"])


def test_filters_hold_for_composed_searches(indexed: Command, red: Path, tmp_path: Path) -> None:
    for mode in ("roles", "fusion"):
        outcome = indexed(
            "search", "-i", red, "make it blue", "--mode", mode, "--folder", tmp_path / "none"
        )
        assert outcome.code == 1
        assert "no picture passes the filters" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--mode", "roles", "blue"), "the number of pictures for --mode is 0"),
        (("-i", "RED", "blue", "--weights", "image"), "such as desired=0.5"),
        (("-i", "RED", "blue", "--weights", "shape=1"), "one of target"),
        (("-i", "RED", "blue", "--weights", "image=-1"), "the weight of image"),
        (("-i", "RED", "blue", "--mode", "sum", "--balance", "2"), "from 0 to 1"),
        (("-i", "RED", "blue", "--captioner", "blop"), "no captioner is called 'blop'"),
        (("-i", "RED", "blue", "--composer", "gpt"), "no composer is called 'gpt'"),
        (("-i", "RED", "blue", "--phrases", "none.txt"), "no file or folder"),
        (("-i", "RED", "blue", "--mode", "roles", "--desired", "x"), "--target"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(
    indexed: Command, red: Path, arguments: tuple[str, ...], told: str
) -> None:
    outcome = indexed("search", *(red if a == "RED" else a for a in arguments))

    assert outcome.code == 2, outcome.err
    assert told in outcome.err
    assert outcome.out == ""


# A language model --------------------------------------------------------------------------------


def test_a_language_model_from_the_environment_is_asked(
    indexed: Command, red: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with llm_server(answers()) as server:
        monkeypatch.setenv("SIGHTLINE_LLM_URL", server.url)
        outcome = indexed("search", "-i", red, "make it blue", "--explain")
        indexed("search", "-i", red, "make it blue")

    assert f"{GOOD['target']}  [llm]" in outcome.err
    assert "100 tokens sent, 20 received" in outcome.err
    assert len(server.bodies) == 1, "the second search found the answer in the gallery"


def test_a_language_model_that_fails_leaves_a_note_and_results(
    indexed: Command, red: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with llm_server(refuses(401)) as server:
        monkeypatch.setenv("SIGHTLINE_LLM_URL", server.url)
        monkeypatch.setenv("SIGHTLINE_LLM_KEY", "sk-very-secret")
        outcome = indexed("search", "-i", red, "make it blue", "-k", "2")

    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 2
    assert "note: rules is used, not llm: the language model at http://127" in outcome.err
    assert "sk-very-secret" not in outcome.err


def test_naming_a_language_model_that_is_not_set_up_is_a_note(indexed: Command, red: Path) -> None:
    outcome = indexed("search", "-i", red, "make it blue", "--composer", "llm")

    assert outcome.code == 0
    assert "SIGHTLINE_LLM_URL" in outcome.err


# sightline caption -------------------------------------------------------------------------------


def test_caption_says_what_pictures_show(indexed: Command, red: Path, phrases: Path) -> None:
    blue = red.with_name("blue.png")

    outcome = indexed("caption", red, blue, "--phrases", phrases)

    assert outcome.code == 0, outcome.err
    said = [line.split("\t") for line in outcome.out.splitlines()]
    assert [(Path(path).name, captioner) for path, captioner, _ in said] == [
        ("red.png", "tags"),
        ("blue.png", "tags"),
    ]
    assert "red" in said[0][2]
    assert "blue" in said[1][2]


def test_caption_as_json_and_of_a_picture_outside(
    indexed: Command, tmp_path: Path, phrases: Path
) -> None:
    other = paint(tmp_path / "elsewhere" / "green.png", (0, 250, 0))

    outcome = indexed("caption", other, "--json", "--phrases", phrases)

    facts = json.loads(outcome.out)
    assert facts["path"] == str(other)
    assert facts["captioner"] == "tags"
    assert "green" in facts["caption"]


def test_a_captioner_that_cannot_leaves_a_note(indexed: Command, red: Path) -> None:
    outcome = indexed("caption", red, "--captioner", "blip,tags", "--blip", "someone/none")

    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 1
    assert "tags is used, not blip: someone/none is not on this machine" in outcome.err


def test_caption_of_what_is_no_picture(indexed: Command, red: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"nothing")

    some, none = indexed("caption", bad, red), indexed("caption", bad, tmp_path / "not-there.jpg")

    assert (some.code, len(some.out.splitlines())) == (0, 1)
    assert "skipped: cannot read" in some.err
    assert (none.code, none.out) == (2, "")
