"""Figures, tables, comparisons and gates, from scored runs that are written down by hand."""

import json
from pathlib import Path

import numpy as np
import pytest

from sightline.errors import (
    AnnotationsUnreadableError,
    InvalidValueError,
    NotReadableError,
    ResultsDifferError,
)
from sightline.evaluation.comparing import Floor, check_drops, check_floors, compare
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.results import (
    SUMMARY,
    Summary,
    read_per_query,
    read_summary,
    write_per_query,
    write_summary,
)
from sightline.evaluation.scoring import Scored, score
from sightline.evaluation.tables import tables
from sightline.evaluation.tasks import Protocol, Published, Topic

MEASURES = ("mAP@1", "mAP@2", "MRR")
QRELS = Qrels({"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 1}, "d": {}})
TOPICS = tuple(Topic(id, texts=(f"words of {id}",)) for id in "abcd")
GROUPS = {"first": ("a", "b"), "second": ("c",), "nobody": ("d",)}


def run_with(*first: str) -> Run:
    """The first result of a, b and c; the other of x and y comes second."""
    order = {"x": [("x", 1.0), ("y", 0.5)], "y": [("y", 1.0), ("x", 0.5)]}
    return Run.of({query: order[one] for query, one in zip("abc", first, strict=True)})


def scored_of(run: Run, *, macro: bool = False) -> Scored:
    return score(run, Protocol("", QRELS, MEASURES, groups=GROUPS, macro=macro))


def written(folder: Path, run: Run, **circumstances: object) -> Path:
    folder.mkdir()
    scored = scored_of(run)
    told = {"seed": 1, "counts": {"documents": 2}} | circumstances
    write_summary(folder, Summary("set", "by text", {"": scored.figures}, told))
    write_per_query(folder, [scored], TOPICS)
    return folder


def value(scored: Scored, measure: str, group: str = "") -> float:
    return {(f.group, f.measure): f.interval.mean for f in scored.figures}[group, measure]


# Figures


def test_the_whole_comes_first_then_groups() -> None:
    scored = scored_of(run_with("x", "y", "y"))

    assert scored.queries == ("a", "b", "c")
    assert scored.without_relevant == ("d",)
    assert [(f.group, f.queries) for f in scored.figures[:: len(MEASURES)]] == [
        ("", 3),
        ("first", 2),
        ("second", 1),
    ]
    assert value(scored, "mAP@1") == pytest.approx(2 / 3)
    assert value(scored, "mAP@1", "first") == pytest.approx(1 / 2)


def test_a_macro_mean_weighs_groups_equally() -> None:
    scored = scored_of(run_with("x", "y", "y"), macro=True)

    assert value(scored, "mAP@1") == pytest.approx((1 / 2 + 1) / 2)
    interval = scored.figures[0].interval
    assert interval.low == pytest.approx((0 + 1) / 2)
    assert interval.high == pytest.approx((1 + 1) / 2)


def test_without_judged_queries_there_are_no_figures() -> None:
    scored = score(run_with("x", "x", "x"), Protocol("", Qrels({"d": {}}), MEASURES))

    assert (scored.queries, scored.figures, scored.without_relevant) == ((), (), ("d",))


def test_clusters_reach_the_intervals() -> None:
    run = Run.of({f"{i}": [("x" if i < 50 else "y", 1.0)] for i in range(100)})
    protocol = Protocol("", Qrels({f"{i}": {"x": 1} for i in range(100)}), ("mAP@1",))

    alone = score(run, protocol).figures[0].interval
    shared = {f"{i}": f"{i // 25}" for i in range(100)}
    together = score(run, protocol, shared).figures[0].interval

    assert alone.mean == together.mean == 0.5
    assert together.high - together.low > 2 * (alone.high - alone.low)


# Reading back


def test_a_summary_reads_back_with_its_circumstances(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", run_with("x", "y", "y"), model={"name": "mini"})

    summary = read_summary(folder)

    assert summary == read_summary(folder / SUMMARY)
    assert summary.circumstances["model"] == {"name": "mini"}
    figure = summary.figure("mAP@1", group="first")
    assert figure is not None
    assert (figure.interval.mean, figure.queries) == (0.5, 2)
    assert summary.figure("mAP@1", "no such protocol") is None


def test_values_read_back_with_their_queries(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", run_with("x", "y", "y"))

    results = read_per_query(folder)

    assert [one.query for one in results] == ["a", "b", "c"]
    assert results[1].values == {"mAP@1": 0.0, "mAP@2": 0.5, "MRR": 0.5}
    assert results[1].text == "words of b"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": 1}', '{"format": 99}'])
def test_what_is_no_summary_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / SUMMARY).write_text(content)

    with pytest.raises(AnnotationsUnreadableError, match=r"summary\.json"):
        read_summary(tmp_path)


def test_a_missing_summary_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotReadableError, match=r"summary\.json"):
        read_summary(tmp_path)


def test_a_damaged_line_of_values_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", run_with("x", "y", "y"))
    file = folder / "per_query.jsonl"
    file.write_text(file.read_text() + '{"query": "z"}\n')

    with pytest.raises(AnnotationsUnreadableError, match="line 4"):
        read_per_query(folder)


# Comparing


def test_two_results_are_compared_query_by_query(tmp_path: Path) -> None:
    first = written(tmp_path / "a", run_with("x", "y", "y"))
    second = written(tmp_path / "b", run_with("y", "x", "y"))

    by_measure = {one.measure: one for one in compare(first, second)}

    assert list(by_measure) == list(MEASURES)
    one = by_measure["mAP@1"]
    assert one.before == pytest.approx(2 / 3, abs=1e-6)
    assert one.after == pytest.approx(2 / 3, abs=1e-6)
    assert [(c.query.query, c.difference) for c in one.changes] == [("a", -1.0), ("b", 1.0)]
    assert one.test.p == 1.0
    assert one.queries == 3


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"seed": 2}, "the seed"),
        ({"counts": {"documents": 3}}, "the number of documents"),
    ],
)
def test_results_of_other_measurements_are_not_compared(
    tmp_path: Path, change: dict[str, object], difference: str
) -> None:
    first = written(tmp_path / "a", run_with("x", "y", "y"))
    second = written(tmp_path / "b", run_with("x", "y", "y"), **change)

    with pytest.raises(ResultsDifferError, match=difference):
        compare(first, second)


def test_results_of_other_queries_are_not_compared(tmp_path: Path) -> None:
    first = written(tmp_path / "a", run_with("x", "y", "y"))
    second = written(tmp_path / "b", run_with("x", "y", "y"))
    file = second / "per_query.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[1:]))

    with pytest.raises(ResultsDifferError, match="the queries"):
        compare(first, second)


# Gates


def summary_of(run: Run) -> Summary:
    return Summary("set", "by text", {"": scored_of(run).figures})


def test_a_floor_holds_or_does_not() -> None:
    floors = [Floor.parse("mAP@1=0.6"), Floor.parse("mAP@1=0.7")]

    verdicts = check_floors(summary_of(run_with("x", "y", "y")), floors)

    assert [verdict.holds for verdict in verdicts] == [True, False]
    assert verdicts[0].value == pytest.approx(2 / 3)


def test_a_floor_may_name_its_protocol() -> None:
    floor = Floor.parse("hard:mAP/trapezoid=0.5")

    assert (floor.protocol, floor.measure, floor.least) == ("hard", "mAP/trapezoid", 0.5)


@pytest.mark.parametrize("text", ["mAP@1", "mAP@1=", "mAP@1=high", "=0.5", "mAP@1=62", "mAP@1=-1"])
def test_a_floor_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError, match="--min"):
        Floor.parse(text)


def test_a_gate_that_looks_at_nothing_does_not_open() -> None:
    with pytest.raises(InvalidValueError, match="mAP@1, mAP@2"):
        check_floors(summary_of(run_with("x", "y", "y")), [Floor.parse("mAP@10=0.1")])
    with pytest.raises(InvalidValueError, match="--against"):
        check_drops(summary_of(run_with("x", "x", "x")), Summary("set", "", {}), 1.0)


def test_a_drop_is_in_percentage_points_and_its_limit_is_allowed() -> None:
    before, after = summary_of(run_with("x", "x", "x")), summary_of(run_with("x", "y", "x"))

    # mAP@1 falls from 1 to 2/3, mAP@2 from 1 to 5/6.
    def holding(limit: float) -> dict[str, bool]:
        verdicts = check_drops(after, before, limit)
        return {v.condition.partition(" ")[0]: v.holds for v in verdicts}

    assert holding(100 / 6)["mAP@2"]
    assert not holding(100 / 6)["mAP@1"]
    assert holding(34)["mAP@1"]
    assert not holding(34)["first:mAP@1"], "groups count too"
    assert all(verdict.holds for verdict in check_drops(before, after, 0.0)), "better is no drop"


def test_a_drop_cannot_be_negative() -> None:
    summary = summary_of(run_with("x", "x", "x"))
    for wrong in (-1.0, float("nan")):
        with pytest.raises(InvalidValueError, match="--max-drop"):
            check_drops(summary, summary, wrong)


# Tables


def test_a_table_has_the_published_row_first_and_a_column_a_k() -> None:
    published = Published("a report", {"mAP@1": 95.5, "mAP@50": 69.6})

    (table,) = tables(summary_of(run_with("x", "y", "y")), [published])

    assert table.columns == ("@1", "@2", "all")
    assert [row.label for row in table.rows] == [
        "mAP@k, a report",
        "mAP@k",
        "MRR",
        "mAP@k, first",
        "MRR, first",
        "mAP@k, second",
        "MRR, second",
    ]
    told, ours, mrr = table.rows[:3]
    assert told.is_published
    assert [str(cell) if cell else "" for cell in told.cells] == ["95.5", "", ""]
    assert ours.cells[0] is not None
    assert ours.cells[0].value == pytest.approx(200 / 3)
    assert str(ours.cells[0]).startswith("66.7 (")
    assert mrr.cells[:2] == (None, None)


def test_a_score_out_of_four_is_no_percentage() -> None:
    run = Run.of({"q": [(doc, -rank) for rank, doc in enumerate("wxyz")]})
    scored = score(run, Protocol("", Qrels({"q": {"w": 1, "x": 1, "z": 1}}), ("N-S",)))

    (table,) = tables(Summary("ukbench", "", {"": scored.figures}))

    assert table.rows[0].cells[0] is not None
    assert table.rows[0].cells[0].value == 3.0


def test_summaries_are_plain_json(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", run_with("x", "y", "y"))

    content = json.loads((folder / SUMMARY).read_text())

    assert content["format"] == 1
    assert content["protocols"][0]["figures"][0] == {
        "measure": "mAP@1",
        "value": 0.666667,
        "low": pytest.approx(0.0, abs=0.4),
        "high": 1.0,
        "queries": 3,
    }
    assert np.isfinite(content["protocols"][0]["figures"][0]["low"])
