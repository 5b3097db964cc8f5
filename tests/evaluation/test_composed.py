"""Composed search as it is measured: what users get for a picture and an instruction."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sightline.composed import WordsSettings
from sightline.errors import InvalidValueError
from sightline.evaluation.datasets.cards import DATASETS, Choices
from sightline.evaluation.own.tasks import judged_task, own_pictures
from sightline.evaluation.qrels import Qrels
from sightline.evaluation.run.asking import Asking
from sightline.evaluation.run.evaluating import Evaluation, evaluate, evaluate_own, write_results
from sightline.evaluation.run.workplace import Workplace
from sightline.evaluation.tasks import Crop, Protocol, QueryMode, Task, Topic
from sightline.gallery import Gallery
from sightline.testing import FakeEncoder
from sightline.types import Judgement, Mode, Query, Question, Vectors
from sightline_scenes import write_collection
from tests.conftest import paint

COMPOSED = [Mode.ROLES, Mode.PUBLISHED, Mode.FUSION]


class NoFile(FakeEncoder):
    """Must not be asked for a picture: the references are in the gallery."""

    def encode_images(self, pixels: np.ndarray) -> Vectors:
        raise AssertionError("a stored vector is enough")


class NoWords(NoFile):
    """Must not be asked for a text either: all of it is kept."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        raise AssertionError(f"these were asked before: {texts}")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    made = Workplace(tmp_path / "work", tmp_path / "gallery")
    made.vectors.mkdir(parents=True)
    return made


@pytest.fixture
def task(photos: Path) -> Task:
    """Six colours; a red, a green and a yellow picture with what is to be different."""
    documents = {path.name: path for path in sorted(photos.iterdir())}
    wishes = {"red": "make it blue", "green": "make it red", "yellow": "without the purple"}
    topics = tuple(
        Topic(colour, (words,), photos / f"{colour}.png", own=f"{colour}.png")
        for colour, words in wishes.items()
    )
    qrels = Qrels({"red": {"blue.png": 1}, "green": {"red.png": 1}, "yellow": {"green.png": 1}})
    return Task("colours", "by both", documents, topics, (Protocol("", qrels, ("mAP@3",)),), 6)


def measured(
    task: Task, place: Workplace, asking: Asking, encoder: FakeEncoder | None = None
) -> Evaluation:
    with Gallery.open(place.gallery, model=encoder or FakeEncoder()) as gallery:
        return evaluate(task, gallery, place, asking)


@pytest.mark.parametrize("mode", COMPOSED)
def test_a_composed_query_finds_what_a_user_finds(task: Task, place: Workplace, mode: Mode) -> None:
    run = measured(task, place, Asking(mode=mode)).runs[""]

    with Gallery.open(place.gallery, model=FakeEncoder()) as gallery:
        for topic in task.topics:
            assert isinstance(topic.image, Path)
            query = Query(images=[topic.image], instruction=topic.texts[0], mode=mode)
            found = gallery.find(query, 6)
            assert [name for name, _ in run.found(topic.id)] == [h.path.name for h in found.hits]
            if mode is not Mode.FUSION:
                scores = [score for _, score in run.found(topic.id)]
                assert scores == pytest.approx([hit.score for hit in found.hits], abs=1e-3)


@pytest.mark.parametrize("mode", COMPOSED)
def test_queries_with_galleries_of_their_own_are_composed_too(
    task: Task, place: Workplace, mode: Mode
) -> None:
    whole = measured(task, place, Asking(mode=mode)).runs[""]
    candidates = {
        "red": ("blue.png", "orange.png", "green.png"),
        "green": ("blue.png", "orange.png", "green.png"),
        "yellow": ("purple.png", "red.png"),
    }
    protocol = replace(task.protocols[0], name="small", candidates=candidates)

    small = measured(replace(task, protocols=(protocol,)), place, Asking(mode=mode)).runs["small"]

    for query, names in candidates.items():
        expected = [(name, score) for name, score in whole.found(query) if name in names]
        assert [name for name, _ in small.found(query)] == [name for name, _ in expected]
        scores = [score for _, score in small.found(query)]
        assert scores == pytest.approx([score for _, score in expected])


def test_the_summary_names_what_composed(task: Task, place: Workplace) -> None:
    told = {
        mode: measured(task, place, Asking(mode=mode)).summary.circumstances
        for mode in (None, Mode.ROLES, Mode.FUSION)
    }

    facts = ("mode", "captioner", "composer")
    assert [told[Mode.ROLES][fact] for fact in facts] == ["roles", "tags", "rules"]
    assert told[Mode.ROLES]["weights"]["desired"] == 0.75
    assert [told[Mode.FUSION][fact] for fact in facts] == ["fusion", None, None]
    assert (told[None]["mode"], told[None]["weights"]) == ("sum", {"text": 0.5, "image": 0.5})


@pytest.mark.parametrize("mode", COMPOSED)
def test_a_second_evaluation_composes_nothing(task: Task, place: Workplace, mode: Mode) -> None:
    before = measured(task, place, Asking(mode=mode))
    after = measured(task, place, Asking(mode=mode), NoWords())

    assert np.array_equal(before.runs[""].ranked, after.runs[""].ranked)
    assert np.array_equal(before.runs[""].scores, after.runs[""].scores)
    told = [
        [one.summary.circumstances[fact] for fact in ("mode", "captioner", "composer")]
        for one in (before, after)
    ]
    assert told[0] == told[1]


@pytest.mark.parametrize("change", ["mode", "captioner", "composer", "gallery", "words"])
def test_kept_vectors_are_not_used_for_another_way_of_composing(
    task: Task, photos: Path, place: Workplace, tmp_path: Path, change: str
) -> None:
    measured(task, place, Asking(mode=Mode.ROLES))
    kept = {path.name for path in place.vectors.iterdir()}
    words, mode = WordsSettings(), Mode.ROLES
    if change == "mode":
        mode = Mode.PUBLISHED
    elif change == "captioner":
        (tmp_path / "phrases.txt").write_text("a red thing\na blue thing\n")
        words = WordsSettings(phrases=tmp_path / "phrases.txt")
    elif change == "composer":
        words = WordsSettings(composers=("llm", "rules"))
    elif change == "gallery":
        with Gallery.open(place.gallery, model=FakeEncoder()) as gallery:
            gallery.sync(paint(photos / "more" / "white.png", (255, 255, 255)))
    else:
        task = replace(task, topics=(replace(task.topics[0], texts=("make it green",)),))

    measured(task, place, Asking(mode=mode, words=words))

    made = {path.name for path in place.vectors.iterdir()} - kept
    # The language model is not there, so that others answered, and may not the next time.
    assert len(made) == (0 if change == "composer" else 1)


def test_references_of_the_gallery_are_not_read_again(task: Task, place: Workplace) -> None:
    measured(task, place, Asking())

    for mode in COMPOSED:
        measured(task, place, Asking(mode=mode), NoFile())


def test_what_fell_back_is_told(task: Task, place: Workplace) -> None:
    asking = Asking(mode=Mode.ROLES, words=WordsSettings(composers=("llm",)))

    told = measured(task, place, asking).summary.circumstances

    assert told["composer"] == "rules"
    (note,) = told["notes"]
    assert note.startswith("llm is not used: ")
    assert "SIGHTLINE_LLM_URL" in note
    assert note.endswith("(3 times)")


def test_references_that_are_no_documents_are_read_and_those_that_cannot_be_are_told(
    task: Task, place: Workplace, tmp_path: Path
) -> None:
    wide = paint(tmp_path / "wide.png", (255, 0, 0), size=(40, 20))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and nothing")
    topics = (
        Topic("red", ("make it blue",), Crop(wide, (0, 0, 20, 20), "left")),
        Topic("green", ("make it red",), broken),
        Topic("yellow", ("make it green",), wide),
    )

    evaluation = measured(replace(task, topics=topics), place, Asking(mode=Mode.PUBLISHED))

    assert [evaluation.runs[""].found(query)[0][0] for query in ("red", "yellow")] == [
        "blue.png",
        "green.png",
    ]
    assert [one.path for one in evaluation.skipped] == [broken]
    assert evaluation.scored[0].unanswered == ("green",)


def test_a_mode_is_refused_where_it_means_nothing(
    task: Task, place: Workplace, photos: Path
) -> None:
    words = replace(task, topics=(Topic("red", ("red",)),))

    with pytest.raises(InvalidValueError, match="the mode is 'roles'"):
        measured(words, place, Asking(mode=Mode.ROLES))
    with (
        Gallery.open(place.gallery, model=FakeEncoder()) as gallery,
        pytest.raises(InvalidValueError, match="exact where scores are fused"),
    ):
        evaluate(task, gallery, place, Asking(mode=Mode.FUSION), index="Flat")


@pytest.mark.parametrize("mode", [None, *COMPOSED])
def test_ones_own_judgements_are_measured_composed(
    gallery: Gallery, photos: Path, tmp_path: Path, mode: Mode | None
) -> None:
    gallery.sync(photos)
    ids = {path.stem: id for path, id in gallery.ids_by_path().items()}
    gallery.judge([Judgement(Question("make it blue", ids["red"]), ids["blue"], 1)])
    for path in photos.iterdir():
        path.unlink()
    pictures = own_pictures(gallery)
    own = judged_task(pictures, gallery.judgements(), QueryMode.BOTH)

    evaluation = evaluate_own(own, gallery, Asking(mode=mode), tmp_path)

    (topic,) = own.topics
    assert evaluation.summary.circumstances["mode"] == (mode or "sum")
    assert len(evaluation.runs[""].found(topic.id)) == 6


# Drawn scenes, of which everything is known


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("composed") / "scenes"
    write_collection(folder, count=100, seed=11, width_px=160, height_px=120, workers=1)
    return folder


def test_roles_find_what_sums_do_not(scenes: Path, place: Workplace) -> None:
    card = next(card for card in DATASETS if card.name == "scenes")
    task = card.read(scenes, Choices(by="both", queries=8))

    with Gallery.open(place.gallery, model="mini", threads=1) as gallery:
        by_sum = evaluate(task, gallery, place, Asking())
        by_roles = evaluate(task, gallery, place, Asking(mode=Mode.ROLES))
    write_results(by_roles, place.folder / "out")

    added, composed = (one.summary.figure("mAP@5") for one in (by_sum, by_roles))
    assert added is not None
    assert composed is not None
    assert composed.interval.mean > added.interval.mean + 0.1
