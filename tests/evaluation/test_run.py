"""Whole evaluations with an encoder whose vectors can be worked out in one's head."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sightline.composed import Composing, Surroundings, WordsSettings, words_for
from sightline.composed.pipeline import Eyes
from sightline.errors import ImageUnreadableError, InvalidValueError, NotWritableError
from sightline.evaluation.qrels import JUNK, Qrels
from sightline.evaluation.ranking import Run
from sightline.evaluation.results import (
    PER_QUERY,
    RUN,
    SUMMARY,
    read_per_query,
    read_summary,
)
from sightline.evaluation.run import evaluating, searching
from sightline.evaluation.run.asking import Asking
from sightline.evaluation.run.evaluating import evaluate, write_results
from sightline.evaluation.run.pictures import ALTERATIONS, cut_out, opened, written_crops
from sightline.evaluation.run.vectors import make_vectors, query_vectors
from sightline.evaluation.run.workplace import Workplace, workplace
from sightline.evaluation.submissions import (
    circo_submission,
    cirr_recall,
    cirr_subset,
    write_submissions,
)
from sightline.evaluation.tasks import Altered, Crop, Protocol, Submission, Task, Topic
from sightline.gallery import Gallery
from sightline.gallery.query import Pictures, query_vector
from sightline.indexes import ExactIndex
from sightline.testing import FakeEncoder
from sightline.types import ImageSource, Mode, Neighbours, Query, Vectors
from tests.conftest import paint
from tests.evaluation.trec_runs import read_run

DARK_RED, LIGHT_RED = (200, 0, 0), (255, 60, 60)


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    made = Workplace(tmp_path / "work", tmp_path / "gallery")
    made.vectors.mkdir(parents=True)
    return made


@pytest.fixture
def task(photos: Path) -> Task:
    """Six colours and two more reds; "red" and "blue" are asked for, and so is a picture."""
    paint(photos / "dark.png", DARK_RED)
    paint(photos / "light.png", LIGHT_RED)
    documents = {path.name: path for path in sorted(photos.iterdir())}
    topics = (
        Topic("words", texts=("red",)),
        Topic("blue", texts=("blue",)),
        Topic("picture", image=photos / "red.png", own="red.png"),
    )
    qrels = Qrels(
        {
            "words": {"red.png": 1, "dark.png": 1, "light.png": 1},
            "blue": {"orange.png": 1},
            "picture": {"dark.png": 1, "light.png": 1, "orange.png": 1, "red.png": JUNK},
        }
    )
    protocol = Protocol("", qrels, ("mAP@3", "mAP@3/R", "MRR"))
    return Task("colours", "by hand", documents, topics, (protocol,), depth=3)


def test_an_evaluation_by_hand(task: Task, gallery: Gallery, place: Workplace) -> None:
    evaluation = evaluate(task, gallery, place, Asking())

    scored = evaluation.scored[0]
    values = dict(zip(scored.queries, scored.column("mAP@3"), strict=True))
    assert values["words"] == pytest.approx(1.0), "the three reds come first"
    assert values["picture"] == pytest.approx(1.0), "the query is junk, and three come after it"
    assert values["blue"] == 0.0, "orange is as far from blue as it gets"
    assert evaluation.summary.circumstances["counts"]["documents"] == 8
    assert evaluation.skipped == ()


def test_ids_and_scores_are_those_of_a_users_search(
    task: Task, gallery: Gallery, place: Workplace
) -> None:
    run = evaluate(task, gallery, place, Asking()).runs[""]

    for topic in task.topics:
        images = [topic.image] if isinstance(topic.image, Path) else []
        hits = gallery.search(Query(texts=topic.texts, images=images), k=4)
        assert run.found(topic.id)[:4] == [(hit.path.name, hit.score) for hit in hits]


def test_the_results_read_back(task: Task, gallery: Gallery, place: Workplace) -> None:
    evaluation = evaluate(task, gallery, place, Asking())
    out = place.folder / "out"

    write_results(evaluation, out)

    summary = read_summary(out)
    assert summary.task == "colours"
    assert list(summary.figures) == [""]
    figure = summary.figure("mAP@3")
    assert figure is not None
    assert figure.interval.mean == pytest.approx(2 / 3, abs=1e-6)
    assert figure.queries == 3
    model = summary.circumstances["model"]
    assert (model["name"], model["digest"]) == ("mean-colour", "mean-colour-weights")
    results = {one.query: one for one in read_per_query(out)}
    assert results["words"].text == "red"
    assert results["picture"].picture == "red.png"
    assert results["blue"].values["MRR"] == pytest.approx(
        evaluation.scored[0].column("MRR")[1], abs=1e-6
    )
    run = read_run(out / RUN)
    for query in run.queries:
        assert run.found(query) == evaluation.runs[""].found(query)
    assert (out / "queries.txt").read_text() == "words\nblue\npicture\n"


def test_a_second_evaluation_asks_the_model_for_nothing(
    task: Task, tmp_path: Path, place: Workplace
) -> None:
    first, second = FakeEncoder(), FakeEncoder()
    with Gallery.open(place.gallery, model=first) as gallery:
        before = evaluate(task, gallery, place, Asking())
    with Gallery.open(place.gallery, model=second) as gallery:
        after = evaluate(task, gallery, place, Asking())

    assert first.pictures_encoded >= 9
    assert (second.pictures_encoded, second.texts_encoded) == (0, 0)
    assert np.array_equal(before.runs[""].scores, after.runs[""].scores)


def test_a_stopped_evaluation_goes_on_with_the_queries_that_are_left(
    task: Task, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.evaluation.run import vectors

    monkeypatch.setattr(vectors, "_CHUNK", 2)
    encoder = FakeEncoder()
    topics = tuple(Topic(f"{i}", texts=(f"red number {i}",)) for i in range(6))

    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        query_vectors(topics, encoder, Asking(), place.vectors, stop)
    assert encoder.texts_encoded == 4
    whole = query_vectors(topics, encoder, Asking(), place.vectors)

    assert encoder.texts_encoded == 6
    assert np.array_equal(whole.vectors, make_vectors(topics, encoder, Asking()).vectors)


def test_queries_that_ask_the_same_are_asked_once(photos: Path, place: Workplace) -> None:
    encoder = FakeEncoder()
    red = photos / "red.png"
    topics = (
        Topic("a", texts=("red",)),
        Topic("b", texts=("blue",)),
        Topic("c", texts=("red",), cluster="x"),
        Topic("d", texts=("red",), image=red),
        Topic("e", image=red, own="red.png"),
        Topic("f", image=red),
    )

    made = query_vectors(topics, encoder, Asking(), place.vectors)

    assert made.queries == ("a", "b", "c", "d", "e", "f")
    assert encoder.texts_encoded == 2
    assert np.array_equal(made.vectors[0], made.vectors[2])
    assert np.array_equal(made.vectors[4], made.vectors[5])
    alone = make_vectors(topics[3:4], FakeEncoder(), Asking())
    assert np.array_equal(made.vectors[3], alone.vectors[0])


@pytest.mark.parametrize("change", ["prompt", "weights", "file", "words", "model"])
def test_kept_vectors_are_not_used_for_another_question(
    photos: Path, place: Workplace, change: str
) -> None:
    topics = (Topic("q", texts=("red",), image=photos / "blue.png"),)
    query_vectors(topics, FakeEncoder(), Asking(), place.vectors)
    encoder, asking = FakeEncoder(), Asking()
    if change == "prompt":
        asking = Asking(prompt="{query} green")
    elif change == "weights":
        asking = Asking(text_weight=0.9)
    elif change == "file":
        paint(photos / "blue.png", (0, 0, 250), size=(30, 20))
    elif change == "words":
        topics = (replace(topics[0], texts=("green",)),)
    else:
        encoder = FakeEncoder("another")

    query_vectors(topics, encoder, asking, place.vectors)

    assert encoder.pictures_encoded == 1


@pytest.mark.parametrize("damage", [b"", b"not an array", b"\x93NUMPY\x01\x00"])
def test_damaged_vectors_are_made_again(photos: Path, place: Workplace, damage: bytes) -> None:
    topics = (Topic("q", texts=("red",)),)
    before = query_vectors(topics, FakeEncoder(), Asking(), place.vectors)
    (file,) = place.vectors.iterdir()
    file.write_bytes(damage)

    after = query_vectors(topics, FakeEncoder(), Asking(), place.vectors)

    assert np.array_equal(before.vectors, after.vectors)
    assert np.load(file).shape == (1, 4), "and are whole again"


@pytest.mark.parametrize(
    "asking", [Asking(), Asking(text_weight=0.2, image_weight=0.7), Asking(prompt="{query} green")]
)
def test_a_query_in_a_batch_has_the_vector_of_one_alone(photos: Path, asking: Asking) -> None:
    encoder = FakeEncoder()
    topics = (
        Topic("words", texts=("red", "blue")),
        Topic("picture", image=photos / "orange.png"),
        Topic("both", texts=("green",), image=photos / "red.png"),
        Topic("again", texts=("green",), image=photos / "blue.png"),
    )

    batch = make_vectors(topics, encoder, asking)

    for row, topic in enumerate(topics):
        query = Query(
            texts=topic.texts,
            images=[topic.image] if isinstance(topic.image, Path) else [],
            text_weight=asking.text_weight,
            image_weight=asking.image_weight,
        )
        alone = query_vector(query, encoder, prompt=asking.prompt)[0]
        assert batch.vectors[row] == pytest.approx(alone, abs=1e-7)


@pytest.mark.parametrize("weights", [(0.5, 0.5), (0.2, 0.8), (0.9, 0.1)])
def test_library_composed_search_and_evaluation_make_one_vector(
    photos: Path, weights: tuple[float, float]
) -> None:
    encoder = FakeEncoder()
    text, image = weights
    red = photos / "red.png"
    topic = Topic("both", texts=("green",), image=red)

    def embedded(images: Sequence[ImageSource]) -> Vectors:
        return Pictures(encoder).embed(images)

    eyes = Eyes(embedded, encoder.encode_texts, unused, unused)
    words = words_for(WordsSettings(), Surroundings(encoder.encode_texts))
    by_sum = Query(images=[red], instruction="green", mode=Mode.SUM, balance=text)

    plain = query_vector(
        Query("green", [red], text_weight=text, image_weight=image), encoder, Pictures(encoder)
    )
    composed = Composing(eyes, *words).compose(by_sum).vector
    measured = make_vectors((topic,), encoder, Asking(None, text, image)).vectors

    assert np.array_equal(plain, measured)
    # 1 - 0.8 is not quite 0.2
    assert np.allclose(plain, composed, atol=1e-7)


def unused(*_: object) -> Any:  # noqa: ANN401
    raise AssertionError("no pixels and no statistics are needed")


class Opposed(FakeEncoder):
    """Sees in "blue" the very opposite of what it sees in "red"."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        rows = super().encode_texts([text.replace("blue", "red") for text in texts])
        return rows * np.array([[-1 if "blue" in text else 1] for text in texts], np.float32)


def test_a_query_of_which_nothing_is_left_ends_no_evaluation(
    task: Task, photos: Path, place: Workplace
) -> None:
    cancelled = Topic("both", texts=("blue",), image=photos / "red.png")
    ensemble = Topic("ensemble", texts=("red", "blue"))
    qrels = Qrels({**task.protocols[0].qrels.grades, "both": {"red.png": 1}, "ensemble": {"x": 1}})
    asked = replace(
        task,
        topics=(*task.topics, cancelled, ensemble),
        protocols=(replace(task.protocols[0], qrels=qrels),),
    )

    with Gallery.open(place.gallery, model=Opposed()) as gallery:
        evaluation = evaluate(asked, gallery, place, Asking())

    scored = evaluation.scored[0]
    values = dict(zip(scored.queries, scored.column("mAP@3"), strict=True))
    assert values["words"] == pytest.approx(1.0)
    assert (values["both"], values["ensemble"]) == (0.0, 0.0)
    assert scored.unanswered == ("both", "ensemble")
    counts = evaluation.summary.circumstances["counts"]
    assert (counts["queries_cancelled"], counts["queries_unreadable"]) == (2, 0)


def test_weights_that_leave_nothing_are_refused() -> None:
    with pytest.raises(InvalidValueError, match="not both 0"):
        Asking(text_weight=0, image_weight=0)
    with pytest.raises(InvalidValueError, match="0 or more"):
        Asking(text_weight=float("nan"))


def test_a_query_picture_that_cannot_be_read_is_told_and_scores_nought(
    task: Task, photos: Path, gallery: Gallery, place: Workplace
) -> None:
    (photos / "red.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing")

    evaluation = evaluate(task, gallery, place, Asking())

    assert evaluation.scored[0].unanswered == ("picture",)
    assert evaluation.scored[0].column("mAP@3")[2] == 0.0
    assert {one.path.name for one in evaluation.skipped} == {"red.png"}
    counts = evaluation.summary.circumstances["counts"]
    assert (counts["documents_unreadable"], counts["queries_unreadable"]) == (1, 1)


def test_other_pictures_of_the_gallery_are_not_found(
    task: Task, photos: Path, gallery: Gallery, place: Workplace
) -> None:
    paint(photos / "other" / "redder.png", (255, 0, 0))
    gallery.sync(photos)

    run = evaluate(task, gallery, place, Asking()).runs[""]

    assert sorted(run.documents) == sorted(task.documents)
    assert run.found("words")[0][0] == "red.png"


def test_queries_may_have_galleries_of_their_own(
    task: Task, gallery: Gallery, place: Workplace
) -> None:
    candidates = {
        "words": ("blue.png", "light.png"),
        "blue": ("blue.png", "light.png"),
        "picture": ("green.png", "dark.png", "yellow.png"),
    }
    own = Protocol("small", task.protocols[0].qrels, ("recall@1",), candidates=candidates)

    evaluation = evaluate(replace(task, protocols=(*task.protocols, own)), gallery, place, Asking())

    run = evaluation.runs["small"]
    for query, names in candidates.items():
        assert {name for name, _ in run.found(query)} == set(names)
    firsts = {query: run.found(query)[0][0] for query in run.queries}
    assert firsts == {"words": "light.png", "blue": "blue.png", "picture": "dark.png"}
    small = {one.protocol: one for one in evaluation.scored}["small"]
    assert small.column("recall@1").tolist() == [1 / 3, 0.0, 1 / 3]


def test_a_task_without_labels_gets_a_run_and_no_figures(
    task: Task, gallery: Gallery, place: Workplace
) -> None:
    evaluation = evaluate(replace(task, protocols=()), gallery, place, Asking())
    written = write_results(evaluation, place.folder / "out")

    assert evaluation.scored == ()
    names = {path.name for path in written}
    assert {RUN, SUMMARY} <= names
    assert PER_QUERY not in names


def test_documents_may_be_parts_of_pictures(gallery: Gallery, place: Workplace) -> None:
    wide = place.folder / "wide.png"
    picture = Image.new("RGB", (40, 10), (255, 0, 0))
    picture.paste((0, 0, 255), (20, 0, 40, 10))
    picture.save(wide)
    parts = {
        name: Crop(wide, box, name)
        for name, box in {"left": (0, 0, 20, 10), "right": (20, 0, 60, 10)}.items()
    }
    protocol = Protocol("", Qrels({"q": {"right": 1}}), ("MRR",))
    asked = Task("parts", "", parts, (Topic("q", texts=("blue",)),), (protocol,), depth=2)

    evaluation = evaluate(asked, gallery, place, Asking())

    name, score = evaluation.runs[""].found("q")[0]
    assert name == "right"
    assert score == pytest.approx(1.0, abs=1e-3)
    assert sorted(path.name for path in place.crops.iterdir()) == ["left.png", "right.png"]


def test_a_part_is_squared_with_black(tmp_path: Path) -> None:
    wide = paint(tmp_path / "wide.png", (250, 0, 0), size=(40, 30))

    part = cut_out(Crop(wide, (0.4, 0.0, 40.0, 10.0), "x", squared=True), 200.0)

    assert part.size == (40, 40)
    assert part.getpixel((20, 0)) == (0, 0, 0)
    assert part.getpixel((20, 20)) == (250, 0, 0)


def test_a_part_outside_of_its_picture_is_told(tmp_path: Path) -> None:
    crop = Crop(paint(tmp_path / "a.png", (1, 2, 3), size=(10, 10)), (20, 0, 30, 10), "x")

    with pytest.raises(ImageUnreadableError, match="outside"):
        cut_out(crop, 200.0)
    files, skipped = written_crops([crop], tmp_path / "crops", 200.0)
    assert files == {}
    assert [one.path.name for one in skipped] == ["a.png"]


@pytest.mark.parametrize("by", ALTERATIONS)
def test_a_change_is_fixed_to_the_pixel_and_changes_something(tmp_path: Path, by: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (150, 200, 3), dtype=np.uint8)
    file = tmp_path / "a.png"
    Image.fromarray(noise).save(file)

    first, second = (opened(Altered(file, by), 200.0) for _ in range(2))

    assert first.mode == "RGB"
    assert first.tobytes() == second.tobytes()
    assert first.size != (200, 150) or first.tobytes() != noise.tobytes()


# Indexes


@pytest.mark.parametrize("count", [0, 1, 5, 23])
def test_queries_in_parts_find_what_they_find_together(
    monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(searching, "_AT_ONCE", 5)
    random = np.random.default_rng(2)
    rows = random.standard_normal((40 + count, 8)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = ExactIndex.of(np.arange(40), rows[:40])

    parted = searching.search_in_parts(index.search, rows[40:], 7)

    together = index.search(rows[40:], 7)
    assert np.array_equal(parted.ids, together.ids)
    assert np.array_equal(parted.scores, together.scores)


def test_an_error_in_a_part_is_raised() -> None:
    def fail(queries: Vectors, k: int) -> Neighbours:
        raise InvalidValueError("k", k, "another")

    with pytest.raises(InvalidValueError):
        searching.search_in_parts(fail, np.zeros((3, 4), dtype=np.float32), 7)


def test_an_index_of_faiss_is_measured_in_place_of_the_exact_one(
    task: Task, gallery: Gallery, place: Workplace
) -> None:
    exact = evaluate(task, gallery, place, Asking())
    flat = evaluate(task, gallery, place, Asking(), index="Flat")
    coarse = evaluate(task, gallery, place, Asking(), index="IVF4,Flat:nprobe=1")

    assert flat.runs[""].ranked.tolist() == exact.runs[""].ranked.tolist()
    assert flat.runs[""].scores == pytest.approx(exact.runs[""].scores, abs=1e-6)
    found = [coarse.runs[""].found(topic.id) for topic in task.topics]
    assert any(len(one) < 5 for one in found), "one list of four has not all eight"
    assert coarse.summary.circumstances["index"] == "IVF4,Flat:nprobe=1"


@pytest.mark.parametrize("index", ["nonsense", "Flat:nprobe=3", "IVF4000,Flat"])
def test_an_index_that_is_none_is_refused(
    task: Task, gallery: Gallery, place: Workplace, index: str
) -> None:
    with pytest.raises(InvalidValueError, match="--index"):
        evaluate(task, gallery, place, Asking(), index=index)


# Where things lie


def test_a_workplace_belongs_to_one_folder_of_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    one, other = workplace("coco", tmp_path / "a"), workplace("coco", tmp_path / "b")

    assert one != other
    assert one == workplace("coco", tmp_path / "a")
    assert one.gallery.is_relative_to(tmp_path / "cache")
    assert workplace("coco", tmp_path / "a", tmp_path / "g").gallery == tmp_path / "g"


def test_without_a_home_a_gallery_must_be_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.evaluation.run import workplace as module

    monkeypatch.setattr(module, "cache_folder", lambda: Path("/dev/null/sightline"))

    with pytest.raises(NotWritableError, match="--gallery"):
        workplace("coco", tmp_path)
    assert workplace("coco", tmp_path, tmp_path / "g").folder == tmp_path / "g-evaluation"


# Submissions


def ranked(count: int, *, query: str = "7") -> Run:
    return Run.of({query: [(f"{n}", -float(n)) for n in range(count)]})


def test_circos_server_gets_fifty_numbers_a_query() -> None:
    assert circo_submission(ranked(60)) == {"7": list(range(50))}


def test_cirrs_server_gets_names_without_the_reference() -> None:
    told = cirr_recall(ranked(60), {"7": "3"})

    assert (told["version"], told["metric"]) == ("rc2", "recall")
    assert told["7"] == [f"{n}" for n in range(51) if n != 3]
    assert cirr_subset(ranked(5)) == {
        "version": "rc2",
        "metric": "recall_subset",
        "7": ["0", "1", "2"],
    }


def test_a_server_is_not_sent_too_little() -> None:
    with pytest.raises(InvalidValueError, match="query 7"):
        circo_submission(ranked(49))


def test_submissions_are_files(tmp_path: Path) -> None:
    asked = Task("circo", "test", {}, (), (), depth=50, submission=Submission.CIRCO)

    (path,) = write_submissions(asked, {"": ranked(50)}, tmp_path)

    assert json.loads(path.read_text()) == {"7": list(range(50))}


def test_versions_name_what_figures_depend_on() -> None:
    assert {"sightline", "python", "numpy", "faiss-cpu"} <= evaluating.versions().keys()
