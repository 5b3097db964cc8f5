from pathlib import Path

import pytest

from sightline.errors import AnnotationsUnreadableError, NotReadableError
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.trec import read_qrels, write_qrels, write_run
from tests.evaluation.random_cases import as_run_and_qrels, random_cases
from tests.evaluation.trec_runs import read_run


def test_runs_and_qrels_read_back_as_they_were_written(tmp_path: Path) -> None:
    run, qrels = as_run_and_qrels(random_cases(300, seed=5))
    write_run(tmp_path / "run.trec", run)
    write_qrels(tmp_path / "qrels.txt", qrels)

    again = read_run(tmp_path / "run.trec")

    for query in again.queries:
        assert again.found(query) == run.found(query)
    assert {q: g for q, g in qrels.grades.items() if g} == read_qrels(tmp_path / "qrels.txt").grades


def test_the_lines_are_trecs(tmp_path: Path) -> None:
    write_run(tmp_path / "run.trec", Run.of({"q1": [("b", 0.25), ("a", 0.5)]}), tag="mini")
    write_qrels(tmp_path / "qrels.txt", Qrels({"q1": {"a": 1, "b": -1}}))

    assert (tmp_path / "run.trec").read_text() == "q1 Q0 a 1 0.5 mini\nq1 Q0 b 2 0.25 mini\n"
    assert (tmp_path / "qrels.txt").read_text() == "q1 0 a 1\nq1 0 b -1\n"


@pytest.mark.parametrize("name", ["a cat.jpg", "100%.jpg", "tab\there", "Käse 東京.jpg", "%20"])
def test_any_name_survives(tmp_path: Path, name: str) -> None:
    write_run(tmp_path / "run.trec", Run.of({name: [(name, 1.0)]}))
    write_qrels(tmp_path / "qrels.txt", Qrels({name: {name: 1}}))

    assert read_run(tmp_path / "run.trec").found(name) == [(name, 1.0)]
    assert read_qrels(tmp_path / "qrels.txt").grades == {name: {name: 1}}


def test_trec_eval_reads_what_is_written(tmp_path: Path) -> None:
    import pytrec_eval

    write_run(tmp_path / "run.trec", Run.of({"q1": [("b", 0.25), ("a", 0.5)]}))
    write_qrels(tmp_path / "qrels.txt", Qrels({"q1": {"a": 1}}))

    with (tmp_path / "run.trec").open() as file:
        run = pytrec_eval.parse_run(file)
    with (tmp_path / "qrels.txt").open() as file:
        qrels = pytrec_eval.parse_qrel(file)

    assert run == {"q1": {"a": 0.5, "b": 0.25}}
    assert qrels == {"q1": {"a": 1}}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("q 0 a\n", "line 1: it has 3 fields, and 4"),
        ("q 0 a 1\nq 0 b 1.5\n", "line 2: '1.5' is not a whole number"),
        ("q 0 a 1\nq 0 a 0\n", "line 2: a was judged before"),
    ],
)
def test_qrels_that_are_wrong_are_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "qrels.txt").write_text(content)

    with pytest.raises(AnnotationsUnreadableError, match=problem):
        read_qrels(tmp_path / "qrels.txt")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReadableError, match=r"none\.txt"):
        read_qrels(tmp_path / "none.txt")
