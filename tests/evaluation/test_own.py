"""A gallery as its own data set."""

from pathlib import Path

import pytest
from PIL import Image

from sightline.errors import AnnotationsUnreadableError, InvalidValueError
from sightline.evaluation.own.exchange import export_judgements, import_judgements
from sightline.evaluation.own.tasks import (
    burst_task,
    folder_task,
    judged_task,
    modes_of,
    own_pictures,
    transform_task,
)
from sightline.evaluation.qrels import JUNK, Qrels, judged_share
from sightline.evaluation.ranking import Run
from sightline.evaluation.run.asking import Asking
from sightline.evaluation.run.evaluating import evaluate_own
from sightline.evaluation.scoring import Scored
from sightline.evaluation.tasks import QueryMode, Task
from sightline.gallery import Gallery
from sightline.testing import COLOURS, FakeEncoder
from sightline.types import Judgement, Question
from tests.conftest import paint


def number(gallery: Gallery, name: str) -> int:
    return {path.name: id for path, id in gallery.ids_by_path().items()}[name]


def measured(task: Task, gallery: Gallery, tmp_path: Path, **asking: str) -> Scored:
    kept = tmp_path / "vectors"
    kept.mkdir(exist_ok=True)
    return evaluate_own(task, gallery, Asking(**asking), kept).scored[0]  # type: ignore[arg-type]


@pytest.fixture
def judged(gallery: Gallery, photos: Path) -> Gallery:
    gallery.sync(photos)
    red, orange, blue = (number(gallery, f"{name}.png") for name in ("red", "orange", "blue"))
    words, picture = Question("red"), Question(picture=red)
    gallery.judge([Judgement(words, red, 1), Judgement(words, blue, 0)])
    gallery.judge([Judgement(picture, orange, 2), Judgement(Question("blue", red), blue, 1)])
    return gallery


# Judgements


def test_judgements_are_a_task_for_each_way_of_asking(judged: Gallery) -> None:
    pictures, said = own_pictures(judged), judged.judgements()

    assert modes_of(said) == [QueryMode.IMAGE, QueryMode.TEXT, QueryMode.BOTH]
    by_text = judged_task(pictures, said, QueryMode.TEXT)
    by_image = judged_task(pictures, said, QueryMode.IMAGE)
    assert [topic.texts for topic in by_text.topics] == [("red",)]
    grades = by_text.protocols[0].qrels.grades["red"]
    assert {Path(name).name: grade for name, grade in grades.items()} == {
        "red.png": 1,
        "blue.png": 0,
    }
    (topic,) = by_image.topics
    assert topic.own is not None
    assert by_image.protocols[0].qrels.grades[topic.id][topic.own] == JUNK


def test_judgements_measure_what_is_found(judged: Gallery, tmp_path: Path) -> None:
    pictures, said = own_pictures(judged), judged.judgements()

    by_text = measured(judged_task(pictures, said, QueryMode.TEXT), judged, tmp_path)
    by_image = measured(judged_task(pictures, said, QueryMode.IMAGE), judged, tmp_path)

    assert by_text.column("mAP@5").tolist() == [1.0]
    assert by_image.column("mAP@5").tolist() == [1.0], "orange is next to red, red itself is out"


def test_a_prompt_is_measured(judged: Gallery, tmp_path: Path) -> None:
    task = judged_task(own_pictures(judged), judged.judgements(), QueryMode.TEXT)

    worse = measured(task, judged, tmp_path, prompt="{query} blue blue blue")

    assert worse.column("mAP@5")[0] < 1.0


def test_measuring_needs_no_file_of_a_query(judged: Gallery, photos: Path, tmp_path: Path) -> None:
    (photos / "red.png").unlink()

    task = judged_task(own_pictures(judged), judged.judgements(), QueryMode.IMAGE)

    assert measured(task, judged, tmp_path).column("MRR").tolist() == [1.0]


def test_without_judgements_of_a_kind_there_is_no_task(gallery: Gallery, photos: Path) -> None:
    gallery.sync(photos)

    with pytest.raises(InvalidValueError, match="judged queries by text"):
        judged_task(own_pictures(gallery), (), QueryMode.TEXT)


def test_how_much_of_what_is_found_was_judged() -> None:
    run = Run.of({"q": [("a", 3.0), ("b", 2.0), ("c", 1.0)], "r": [("a", 1.0)]})
    qrels = Qrels({"q": {"a": 1, "c": 0}, "r": {"z": 1}, "gone": {"a": 1}})

    assert judged_share(run, qrels, 2) == pytest.approx(1 / 3)
    assert judged_share(run, qrels, 3) == pytest.approx(2 / 4)
    assert judged_share(Run.of({}), qrels, 3) == 0.0


# To and from files


def test_judgements_leave_and_come_back(judged: Gallery, photos: Path, tmp_path: Path) -> None:
    before = judged.judgements()

    count = export_judgements(judged, tmp_path / "out")

    assert count == len(before) == 4
    with Gallery.open(tmp_path / "other", model=FakeEncoder()) as other:
        other.sync(photos)
        came = import_judgements(other, tmp_path / "out/qrels.txt", tmp_path / "out/topics.tsv")
        assert (came.judgements, came.unknown) == (4, ())
        names = {id: path.name for path, id in other.ids_by_path().items()}
        here = {id: path.name for path, id in judged.ids_by_path().items()}
        assert [(names[j.picture], j.grade, j.question.text) for j in other.judgements()] == [
            (here[j.picture], j.grade, j.question.text) for j in before
        ]


def files(tmp_path: Path, qrels: str, topics: str) -> tuple[Path, Path]:
    (tmp_path / "q.txt").write_text(qrels)
    (tmp_path / "t.tsv").write_text(topics)
    return tmp_path / "q.txt", tmp_path / "t.tsv"


def test_a_picture_is_named_by_the_end_of_its_path_unless_two_have_it(
    gallery: Gallery, photos: Path, tmp_path: Path
) -> None:
    paint(photos / "more" / "red.png", (1, 1, 1))
    gallery.sync(photos)

    came = import_judgements(
        gallery,
        *files(tmp_path, "q 0 red.png 1\nq 0 more/red.png 1\nq 0 blue.png 0\n", "q\tred\n"),
    )

    assert came.judgements == 2
    assert came.unknown == ("red.png",), "which of the two?"


def test_pictures_that_are_not_here_are_passed_over_and_named(
    gallery: Gallery, photos: Path, tmp_path: Path
) -> None:
    gallery.sync(photos)

    came = import_judgements(
        gallery,
        *files(
            tmp_path,
            "q 0 gone.png 1\nq 0 red.png 1\np 0 blue.png 1\n",
            "q\tred\np\tlarger\tgone.png\n",
        ),
    )

    assert came.judgements == 1
    assert came.unknown == ("gone.png", "blue.png")


@pytest.mark.parametrize(
    ("qrels", "topics", "problem"),
    [
        ("q 0 red.png 1\n", "p\tred\n", "no query 'q'"),
        ("q 0 red.png -1\n", "q\tred\n", "negative"),
        ("q 0 red.png 1\n", "q red\n", "line 1 has no tab"),
    ],
)
def test_files_that_are_wrong_are_refused_and_nothing_is_stored(
    gallery: Gallery, photos: Path, tmp_path: Path, qrels: str, topics: str, problem: str
) -> None:
    gallery.sync(photos)

    with pytest.raises(AnnotationsUnreadableError, match=problem):
        import_judgements(gallery, *files(tmp_path, qrels, topics))
    assert gallery.judgements() == ()


# Without judgements


@pytest.fixture
def sorted_photos(tmp_path: Path) -> Path:
    home = tmp_path / "sorted"
    for name, colour in COLOURS.items():
        if name in ("red", "blue"):
            for shade in range(3):
                darker = tuple(max(0, channel - 20 * shade) for channel in colour)
                paint(home / f"{name}-things" / f"{shade}.png", darker)  # type: ignore[arg-type]
    paint(home / "one-of-a-kind" / "0.png", (0, 255, 0))
    return home


def test_folders_are_weak_labels(gallery: Gallery, sorted_photos: Path, tmp_path: Path) -> None:
    gallery.sync(sorted_photos)
    pictures = own_pictures(gallery)

    by_image = folder_task(pictures, QueryMode.IMAGE)
    by_text = folder_task(pictures, QueryMode.TEXT)

    assert len(by_image.topics) == 6, "a folder of one has nothing to find"
    assert measured(by_image, gallery, tmp_path).column("mAP@5").tolist() == [1.0] * 6
    assert sorted(topic.texts for topic in by_text.topics) == [("blue things",), ("red things",)]
    assert measured(by_text, gallery, tmp_path).column("mAP@5").tolist() == [1.0] * 2
    assert all("weak" in task.variant for task in (by_image, by_text))


def test_one_folder_says_nothing(gallery: Gallery, photos: Path) -> None:
    gallery.sync(photos)

    with pytest.raises(InvalidValueError, match="folders with several pictures"):
        folder_task(own_pictures(gallery), QueryMode.IMAGE)


def taken(path: Path, colour: tuple[int, int, int], time: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (24, 16), colour)
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = time
    picture.save(path, exif=exif)


def test_bursts_are_pictures_taken_within_seconds(gallery: Gallery, tmp_path: Path) -> None:
    home = tmp_path / "camera"
    for second, name in ((0, "a"), (8, "b"), (16, "c"), (40, "d")):
        taken(home / f"{name}.jpg", (second, 0, 0), f"2024:05:01 12:00:{second:02}")
    taken(home / "elsewhere" / "e.jpg", (9, 9, 9), "2024:05:01 12:00:01")
    paint(home / "f.png", (1, 2, 3))
    gallery.sync(home)

    task = burst_task(own_pictures(gallery))

    relevant = {
        Path(topic.id).stem: {
            Path(name).stem for name in task.protocols[0].qrels.relevant(topic.id)
        }
        for topic in task.topics
    }
    assert relevant == {"a": {"b", "c"}, "b": {"a", "c"}, "c": {"a", "b"}}, "each by the next"


def test_without_bursts_there_is_no_task(gallery: Gallery, photos: Path) -> None:
    gallery.sync(photos)

    with pytest.raises(InvalidValueError, match="number of bursts"):
        burst_task(own_pictures(gallery))


def test_a_changed_picture_finds_its_original_or_a_copy_of_it(
    gallery: Gallery, photos: Path, tmp_path: Path
) -> None:
    (photos / "copy.png").write_bytes((photos / "red.png").read_bytes())
    gallery.sync(photos)

    task = transform_task(own_pictures(gallery))
    scored = measured(task, gallery, tmp_path)

    values = dict(zip(scored.queries, scored.column("success@1"), strict=True))
    red = str(photos / "red.png")
    flipped = task.protocols[0].qrels.relevant(f"flip: {red}")
    assert flipped == {red, str(photos / "copy.png")}
    assert all(values[name] == 1.0 for name in values if name.startswith("flip"))
    assert any(values[name] == 0.0 for name in values if name.startswith("grey"))
    groups = {figure.group for figure in scored.figures}
    assert groups == {"", "crop", "flip", "colour", "grey", "jpeg", "rotate", "overlay", "small"}


def test_an_empty_gallery_has_nothing_to_change(gallery: Gallery) -> None:
    with pytest.raises(InvalidValueError, match="pictures in the gallery"):
        transform_task(own_pictures(gallery))
