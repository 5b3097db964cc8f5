"""Readers of data sets against tiny files in the form of the published ones."""

import hashlib
import json
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from sightline.errors import (
    AnnotationsUnreadableError,
    DatasetIncompleteError,
    InvalidValueError,
    MissingPackageError,
)
from sightline.evaluation.datasets.bringing import drawn
from sightline.evaluation.datasets.cards import DATASETS, Choices, DatasetCard
from sightline.evaluation.datasets.classes import imagenet_classes, templates
from sightline.evaluation.qrels import JUNK
from sightline.evaluation.tasks import Crop, Protocol, Submission, Task


def pictures(folder: Path, *names: str) -> None:
    """Make files that are called pictures; readers never open one."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def written(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def read(name: str, data: Path, **choices: object) -> Task:
    card = {card.name: card for card in DATASETS}[name]
    choices.setdefault("by", card.modes[0])
    return card.read(data, Choices(**choices))  # type: ignore[arg-type]


def protocol(task: Task, name: str = "") -> Protocol:
    return {p.name: p for p in task.protocols}[name]


# ILSVRC 2012

TENCH, GOLDFISH, CRANE = "n01440764", "n01443537", "n02012849"


@pytest.fixture
def flat_ilsvrc(tmp_path: Path) -> Path:
    """Six validation pictures in one folder, with the devkit, whose numbers are its own."""
    names = [f"ILSVRC2012_val_{number:08}.JPEG" for number in range(1, 7)]
    pictures(tmp_path / "val", *names)
    devkit = tmp_path / "ILSVRC2012_devkit_t12" / "data"
    written(devkit / "ILSVRC2012_validation_ground_truth.txt", "2\n1\n2\n3\n1\n2\n")
    fields = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("words", "O"), ("children", "O")]
    rows = [
        (1.0, GOLDFISH, "goldfish, Carassius auratus", np.zeros((0, 0))),
        (2.0, TENCH, "tench, Tinca tinca", np.zeros((0, 0))),
        (3.0, CRANE, "crane", np.zeros((0, 0))),
        (1001.0, "n00000001", "a class above these", np.array([[1.0, 2.0]])),
    ]
    synsets = np.array(rows, dtype=fields).reshape(-1, 1)
    savemat(devkit / "meta.mat", {"synsets": synsets}, do_compression=True)
    return tmp_path


def test_a_flat_imagenet_gets_its_classes_from_the_devkit(flat_ilsvrc: Path) -> None:
    task = read("ilsvrc2012", flat_ilsvrc)

    counted, left_out = protocol(task, "query counted"), protocol(task, "query left out")
    tench = {f"ILSVRC2012_val_{number:08}.JPEG" for number in (1, 3, 6)}
    query = "ILSVRC2012_val_00000003.JPEG"
    assert len(task.documents) == len(task.topics) == 6
    assert counted.qrels.relevant(query) == tench
    assert left_out.qrels.relevant(query) == tench - {query}
    assert left_out.qrels.grades[query][query] == JUNK
    assert counted.measures[:4] == ("mAP@5", "mAP@10", "mAP@20", "mAP@50")


def test_class_folders_say_the_same(flat_ilsvrc: Path, tmp_path: Path) -> None:
    flat = read("ilsvrc2012", flat_ilsvrc)
    sorted_home = tmp_path / "sorted"
    for name, number in zip(sorted(flat.documents), (1, 0, 1, 2, 0, 1), strict=True):
        pictures(sorted_home / (GOLDFISH, TENCH, CRANE)[number], name)

    task = read("ilsvrc2012", sorted_home)

    assert [p.qrels for p in task.protocols] == [p.qrels for p in flat.protocols]


@pytest.mark.parametrize(("names", "words"), [("clip", "crane bird"), ("wordnet", "crane")])
def test_imagenet_by_text_asks_for_the_name_of_the_class(
    flat_ilsvrc: Path, names: str, words: str
) -> None:
    task = read("ilsvrc2012", flat_ilsvrc, by="text", names=names)

    topics = {topic.id: topic for topic in task.topics}
    assert task.prompt == "The photo of {query}"
    assert topics["ILSVRC2012_val_00000004.JPEG"].texts == (words,)
    assert topics["ILSVRC2012_val_00000001.JPEG"].cluster == TENCH
    assert len(protocol(task).qrels.relevant("ILSVRC2012_val_00000001.JPEG")) == 3


def test_an_ensemble_puts_the_name_into_clips_sentences(flat_ilsvrc: Path) -> None:
    task = read("ilsvrc2012", flat_ilsvrc, by="text", templates=80)

    texts = {topic.id: topic.texts for topic in task.topics}["ILSVRC2012_val_00000001.JPEG"]
    assert task.prompt == "{query}"
    assert len(set(texts)) == 80
    assert texts[0] == "a bad photo of a tench."


def test_queries_are_drawn_by_a_seed_or_read_from_a_list(flat_ilsvrc: Path) -> None:
    drawn_task = read("ilsvrc2012", flat_ilsvrc, queries=3, seed=1)
    names = [topic.id for topic in drawn_task.topics]
    listed = written(flat_ilsvrc / "list.txt", "\n".join(names) + "\n")

    assert len(names) == 3
    assert drawn_task.seed == 1
    again = read("ilsvrc2012", flat_ilsvrc, query_list=listed)
    assert again.topics == drawn_task.topics
    assert again.seed is None


def test_a_draw_is_what_sha256_says() -> None:
    lots = {name: hashlib.sha256(f"1:{name}".encode()).hexdigest() for name in "abcd"}

    assert drawn("abcd", 2, seed=1) == sorted(sorted(lots, key=lots.__getitem__)[:2])
    assert drawn("abcd", 9, seed=1) == list("abcd")


def test_a_query_list_may_name_only_pictures_of_the_set(flat_ilsvrc: Path) -> None:
    listed = written(flat_ilsvrc / "list.txt", "cat.jpg\n")

    with pytest.raises(InvalidValueError, match=r"cat\.jpg"):
        read("ilsvrc2012", flat_ilsvrc, query_list=listed)


def test_imagenet_has_a_thousand_names() -> None:
    known = imagenet_classes()

    assert len(known) == 1000
    assert known[CRANE].clip == "crane bird"
    assert known[CRANE].lemma == known["n03126707"].lemma == "crane", "WordNet tells them not apart"
    assert len({kind.clip for kind in known.values()}) == 998
    assert [len(templates(n)) for n in (0, 7, 80)] == [0, 7, 80]
    assert all("{query}" in sentence for sentence in templates(80))


def meta_of(home: Path) -> Path:
    return home / "ILSVRC2012_devkit_t12" / "data" / "meta.mat"


def test_a_devkit_that_is_no_matlab_file_is_named(flat_ilsvrc: Path) -> None:
    written(meta_of(flat_ilsvrc), "not a matrix" * 50)

    with pytest.raises(AnnotationsUnreadableError, match=r"meta\.mat.*no.* MATLAB file of level 5"):
        read("ilsvrc2012", flat_ilsvrc)


@pytest.mark.parametrize("size", [0, 60, 128, 140, 300])
def test_a_devkit_that_is_cut_off_is_named(flat_ilsvrc: Path, size: int) -> None:
    meta = meta_of(flat_ilsvrc)
    meta.write_bytes(meta.read_bytes()[:size])

    with pytest.raises(AnnotationsUnreadableError, match=r"meta\.mat"):
        read("ilsvrc2012", flat_ilsvrc)


@pytest.mark.parametrize("content", [{"other": 1.0}, {"synsets": 1.0}, {"synsets": "n01440764"}])
def test_a_devkit_without_its_table_is_named(flat_ilsvrc: Path, content: dict[str, object]) -> None:
    savemat(meta_of(flat_ilsvrc), content)

    with pytest.raises(AnnotationsUnreadableError, match="it has no struct 'synsets'"):
        read("ilsvrc2012", flat_ilsvrc)


def test_a_devkit_of_other_classes_is_named(flat_ilsvrc: Path) -> None:
    synsets = {"ILSVRC2012_ID": 1.0, "WNID": "n00000001"}
    savemat(meta_of(flat_ilsvrc), {"synsets": synsets})

    with pytest.raises(AnnotationsUnreadableError, match="it has none of the 1,000 classes"):
        read("ilsvrc2012", flat_ilsvrc)


def test_a_devkit_may_have_its_numbers_in_one_byte_and_uncompressed(flat_ilsvrc: Path) -> None:
    before = read("ilsvrc2012", flat_ilsvrc)
    names = [GOLDFISH, TENCH, CRANE]
    rows = [(np.uint8(number), name) for number, name in enumerate(names, start=1)]
    synsets = np.array(rows, dtype=[("ILSVRC2012_ID", "O"), ("WNID", "O")]).reshape(-1, 1)
    savemat(meta_of(flat_ilsvrc), {"synsets": synsets}, do_compression=False)

    assert read("ilsvrc2012", flat_ilsvrc).protocols == before.protocols


def test_a_damaged_devkit_does_not_end_the_process(flat_ilsvrc: Path) -> None:
    savemat(meta_of(flat_ilsvrc), {"synsets": {"ILSVRC2012_ID": 1.0, "WNID": TENCH}})
    whole = meta_of(flat_ilsvrc).read_bytes()
    number = struct.pack("<II", 9, 8)  # what stands before 8 bytes of type 9, float64
    assert whole.count(number) == 1
    meta_of(flat_ilsvrc).write_bytes(whole.replace(number, struct.pack("<II", 0xD6, 8)))

    with pytest.raises(AnnotationsUnreadableError, match="not a MATLAB file of level 5"):
        read("ilsvrc2012", flat_ilsvrc)


def test_who_lacks_scipy_is_told_what_brings_it(
    flat_ilsvrc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sightline.system.packages.find_spec", lambda name: None)

    with pytest.raises(MissingPackageError, match=r"scipy.*sightline\[evaluation\]"):
        read("ilsvrc2012", flat_ilsvrc)


# Oxford and Paris


def oxford(home: Path, prefix: str = "oxc1_", place: str = "all_souls") -> Path:
    pictures(home / "images", *(f"{place}_{number:06}.jpg" for number in range(6)))
    truth = home / "gt"
    written(truth / "q_1_query.txt", f"{prefix}{place}_000002 136.5 34.1 648.5 955.7\n")
    written(truth / "q_1_good.txt", f"{place}_000002\n{place}_000003\n")
    written(truth / "q_1_ok.txt", f"{place}_000004\n")
    written(truth / "q_1_junk.txt", f"{place}_000005\n")
    return home


def test_oxford_has_boxes_good_ok_and_junk(tmp_path: Path) -> None:
    task = read("oxford5k", oxford(tmp_path))

    picture = task.topics[0].image
    assert isinstance(picture, Crop)
    assert picture.box == (136.5, 34.1, 648.5, 955.7)
    assert picture.source.name == "all_souls_000002.jpg"
    assert task.depth is None
    assert protocol(task, "query counted").measures[0] == "mAP/trapezoid"
    assert protocol(task, "query counted").qrels.grades["q_1"] == {
        "all_souls_000002": 1,
        "all_souls_000003": 1,
        "all_souls_000004": 1,
        "all_souls_000005": JUNK,
    }
    assert protocol(task, "query left out").qrels.grades["q_1"]["all_souls_000002"] == JUNK


def test_whole_pictures_as_queries_are_another_experiment_and_say_so(tmp_path: Path) -> None:
    task = read("oxford5k", oxford(tmp_path), whole=True)

    assert task.topics[0].image == tmp_path / "images" / "all_souls_000002.jpg"
    assert task.variant == "whole pictures as queries"


def test_the_damaged_files_of_paris_are_left_out_and_counted(tmp_path: Path) -> None:
    home = oxford(tmp_path, prefix="", place="paris_defense")
    pictures(home / "louvre", "paris_louvre_000136.jpg", "paris_louvre_000137.jpg")

    task = read("paris6k", home)

    assert "paris_louvre_000136" not in task.documents
    assert "paris_louvre_000137" in task.documents
    assert any("1 files" in note for note in task.notes)


# Revisited


def revisited(home: Path, *, as_pickle: bool) -> Path:
    names = [f"p{number}" for number in range(5)]
    pictures(home / "jpg", *(f"{name}.jpg" for name in [*names, "query"]))
    gnd = {"bbx": [1.0, 2.0, 30.0, 40.0], "easy": [0], "hard": [1, 2], "junk": [3]}
    truth = {"imlist": names, "qimlist": ["query"], "gnd": [gnd]}
    if not as_pickle:
        written(home / "gnd_roxford5k.json", truth)
        return home
    arrays = {key: np.array(value) for key, value in gnd.items()}
    content = pickle.dumps(truth | {"gnd": [arrays]}, protocol=2)
    (home / "gnd_roxford5k.pkl").write_bytes(content)
    return home


@pytest.mark.parametrize("as_pickle", [True, False])
def test_the_revisited_protocol_has_its_three_settings(tmp_path: Path, as_pickle: bool) -> None:
    task = read("roxford5k", revisited(tmp_path, as_pickle=as_pickle))

    grades = {p.name: p.qrels.grades["query"] for p in task.protocols}
    assert grades == {
        "medium": {"p0": 1, "p1": 1, "p2": 1, "p3": JUNK},
        "hard": {"p1": 1, "p2": 1, "p3": JUNK, "p0": JUNK},
        "easy": {"p0": 1, "p3": JUNK, "p1": JUNK, "p2": JUNK},
    }
    assert sorted(task.documents) == ["p0", "p1", "p2", "p3", "p4"]
    assert isinstance(task.topics[0].image, Crop)
    assert task.topics[0].image.box == (1.0, 2.0, 30.0, 40.0)


def test_distractors_are_more_documents(tmp_path: Path) -> None:
    pictures(tmp_path / "million", "a/1.jpg", "b/1.jpg")

    task = read(
        "roxford5k",
        revisited(tmp_path / "home", as_pickle=False),
        distractors=tmp_path / "million",
    )

    assert len(task.documents) == 7
    assert "2 distractors" in task.variant


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return exec, ("raise SystemExit('it ran')",)


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    revisited(tmp_path, as_pickle=False)
    (tmp_path / "gnd_roxford5k.pkl").write_bytes(pickle.dumps({"gnd": _Evil()}))

    with pytest.raises(AnnotationsUnreadableError, match=r"asks for builtins\.exec"):
        read("roxford5k", tmp_path)


# Composed queries


@pytest.fixture
def circo(tmp_path: Path) -> Path:
    home = tmp_path / "COCO2017_unlabeled" / "unlabeled2017"
    pictures(home, *(f"{number:012}.jpg" for number in (7, 8, 9, 10)))
    asked = {"reference_img_id": 7, "relative_caption": "has two dogs", "shared_concept": "a dog"}
    answers = {"target_img_id": 8, "gt_img_ids": [8, 10], "semantic_aspects": ["cardinality"]}
    written(tmp_path / "annotations" / "val.json", [asked | answers | {"id": 0}])
    written(tmp_path / "annotations" / "test.json", [asked | {"id": 0}])
    return tmp_path


def test_circo_has_several_answers_and_one_target(circo: Path) -> None:
    task = read("circo", circo)

    assert sorted(task.documents) == ["10", "7", "8", "9"]
    assert task.topics[0].texts == ("has two dogs",)
    assert task.topics[0].image == circo / "COCO2017_unlabeled/unlabeled2017/000000000007.jpg"
    assert protocol(task).qrels.grades == {"0": {"8": 1, "10": 1}}, "the reference stays in"
    assert protocol(task).measures == ("mAP@5", "mAP@10", "mAP@25", "mAP@50")
    assert protocol(task, "target only").qrels.relevant("0") == {"8"}
    assert protocol(task, "by aspect").groups == {"cardinality": ("0",)}


def test_the_test_split_of_circo_has_no_labels(circo: Path) -> None:
    task = read("circo", circo, split="test")

    assert task.protocols == ()
    assert task.submission is Submission.CIRCO


@pytest.mark.parametrize(("by", "texts", "has_picture"), [("text", 1, False), ("image", 0, True)])
def test_a_composed_query_can_be_asked_in_part(
    circo: Path, by: str, texts: int, has_picture: bool
) -> None:
    topic = read("circo", circo, by=by).topics[0]

    assert (len(topic.texts), topic.image is not None) == (texts, has_picture)


@pytest.fixture
def cirr(tmp_path: Path) -> Path:
    names = [f"dev-{i}-0-img0" for i in range(7)]
    pictures(tmp_path / "dev", *(f"{name}.png" for name in names))
    split = {name: f"./dev/{name}.png" for name in names}
    written(tmp_path / "image_splits" / "split.rc2.val.json", split)
    asked = {
        "pairid": 12,
        "reference": names[0],
        "target_hard": names[3],
        "caption": "show three",
        "img_set": {"id": 1, "members": [names[i] for i in (2, 0, 3, 4, 5, 6)]},
    }
    written(tmp_path / "captions" / "cap.rc2.val.json", [asked])
    return tmp_path


def test_cirr_takes_the_reference_out_and_has_a_subset(cirr: Path) -> None:
    task = read("cirr", cirr)

    grades = {"dev-0-0-img0": JUNK, "dev-3-0-img0": 1}
    assert protocol(task).qrels.grades == {"12": grades}
    assert protocol(task, "subset").candidates == {
        "12": tuple(f"dev-{i}-0-img0" for i in (2, 3, 4, 5, 6))
    }
    assert protocol(task, "subset").measures == ("recall@1", "recall@2", "recall@3")
    assert (cirr / "dev" / "dev-0-0-img0.png") == task.documents["dev-0-0-img0"]


def test_cirr_must_know_all_names(cirr: Path) -> None:
    file = cirr / "captions" / "cap.rc2.val.json"
    records = json.loads(file.read_text())
    records[0]["img_set"]["members"][0] = "dev-9-0-img0"
    written(file, records)

    with pytest.raises(AnnotationsUnreadableError, match=r"dev-9-0-img0 of pair 12"):
        read("cirr", cirr)


@pytest.fixture
def fashioniq(tmp_path: Path) -> Path:
    for part in ("dress", "shirt", "toptee"):
        names = [f"{part}{i}" for i in range(4)]
        pictures(tmp_path / "images", *(f"{name}.png" for name in names))
        record = {"target": names[1], "candidate": names[0], "captions": ["is red ", "and short"]}
        written(tmp_path / "captions" / f"cap.{part}.val.json", [record])
        written(tmp_path / "image_splits" / f"split.{part}.val.json", names)
    return tmp_path


def test_fashioniq_ranks_a_category_and_averages_over_them(fashioniq: Path) -> None:
    task = read("fashioniq", fashioniq)

    judged = protocol(task)
    assert judged.macro
    assert list(judged.groups) == ["dress", "shirt", "toptee"]
    assert judged.candidates is not None
    assert judged.candidates["shirt-0"] == ("shirt0", "shirt1", "shirt2", "shirt3")
    assert judged.qrels.grades["shirt-0"] == {"shirt1": 1}
    assert task.topics[0].texts == ("is red and and short",)


def test_fashioniq_may_rank_the_pictures_of_its_queries_only(fashioniq: Path) -> None:
    task = read("fashioniq", fashioniq, pool="queries", part="dress")

    assert protocol(task).candidates == {"dress-0": ("dress0", "dress1")}
    assert "pool of queries" in task.variant


@pytest.fixture
def genecis(tmp_path: Path) -> Path:
    pictures(tmp_path / "VG_100K_all", "11.jpg", "12.jpg")
    pictures(tmp_path / "val2017", *(f"{number:012}.jpg" for number in range(4)))

    def part(image: int, left: float) -> dict[str, object]:
        return {"image_id": image, "instance_bbox": [left, 20.0, 10.0, 30.0]}

    attribute = {
        "reference": part(11, 1.0),
        "target": part(12, 50.0),
        "gallery": [part(12, 2.0), part(11, 3.0)],
        "condition": "color",
    }
    odd = attribute | {"gallery": [part(12, 2.0)]}
    written(tmp_path / "genecis" / "focus_attribute.json", [attribute, attribute, odd])
    whole = {
        "reference": {"val_image_id": 0},
        "target": {"val_image_id": 1},
        "gallery": [{"val_image_id": 2}, {"val_image_id": 3}],
        "condition": "table",
    }
    written(tmp_path / "genecis" / "focus_object.json", [whole])
    return tmp_path


def test_genecis_cuts_out_what_an_attribute_is_of(genecis: Path) -> None:
    task = read("genecis", genecis)

    assert len(task.topics) == 2, "a gallery of another size than most is left out"
    assert "1 queries" in task.notes[0]
    candidates = protocol(task).candidates
    assert candidates is not None
    target = task.documents[candidates["0"][0]]
    assert isinstance(target, Crop)
    assert target.squared
    # By hand: 50 - 0.7 * 10, 20 - 0.7 * 30 cut at 0, and 1.7 times the size from there.
    assert target.box == pytest.approx((43.0, 0.0, 60.0, 51.0))
    assert protocol(task).qrels.relevant("0") == {candidates["0"][0]}
    assert len(candidates["0"]) == 3


def test_genecis_takes_whole_pictures_for_objects(genecis: Path) -> None:
    task = read("genecis", genecis, part="focus_object")

    assert protocol(task).candidates == {"0": ("000000000001", "000000000002", "000000000003")}
    assert task.documents["000000000001"] == genecis / "val2017" / "000000000001.jpg"
    assert task.topics[0].texts == ("table",)


# Captions


def test_karpathys_split_is_its_test_part(tmp_path: Path) -> None:
    pictures(tmp_path / "val2014", "a.jpg", "b.jpg", "c.jpg")
    images = [
        {
            "filename": "a.jpg",
            "split": "test",
            "sentences": [{"raw": "a cat "}, {"raw": "one cat"}],
        },
        {"filename": "b.jpg", "split": "train", "sentences": [{"raw": "a dog"}]},
        {"filename": "c.jpg", "split": "test", "sentences": [{"raw": "a cow"}]},
    ]
    written(tmp_path / "dataset_coco.json", {"images": images})

    task = read("coco", tmp_path)

    assert sorted(task.documents) == ["a", "c"]
    assert [topic.texts[0] for topic in task.topics] == ["a cat", "one cat", "a cow"]
    assert [topic.cluster for topic in task.topics] == ["a", "a", "c"]
    assert protocol(task).qrels.grades["2"] == {"c": 1}
    assert task.prompt == "{query}"


def test_coco_also_comes_as_val2017(tmp_path: Path) -> None:
    pictures(tmp_path / "val2017", "000000000001.jpg")
    content = {
        "images": [{"id": 1, "file_name": "000000000001.jpg"}],
        "annotations": [{"image_id": 1, "caption": "a cat"}],
    }
    written(tmp_path / "annotations" / "captions_val2017.json", content)

    task = read("coco", tmp_path)

    assert protocol(task).qrels.grades == {"0": {"000000000001": 1}}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("captions.csv", 'picture,caption\nx/a.jpg,"a cat, asleep"\nb.jpg,a dog\n'),
        ("captions.tsv", "picture\tcaption\nx/a.jpg\ta cat, asleep\nb.jpg\ta dog\n"),
        (
            "captions.jsonl",
            '{"picture": "x/a.jpg", "caption": "a cat, asleep"}\n'
            '{"picture": "b.jpg", "caption": "a dog"}\n',
        ),
    ],
)
def test_a_table_of_ones_own(tmp_path: Path, name: str, content: str) -> None:
    pictures(tmp_path, "x/a.jpg", "b.jpg")
    written(tmp_path / name, content)

    task = read("captions", tmp_path)

    assert [topic.texts for topic in task.topics] == [("a cat, asleep",), ("a dog",)]
    assert protocol(task).qrels.grades == {"0": {"x/a.jpg": 1}, "1": {"b.jpg": 1}}


def test_a_row_without_a_caption_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, "a.jpg")
    written(tmp_path / "captions.csv", "picture,caption\na.jpg,\n")

    with pytest.raises(AnnotationsUnreadableError, match="row 1"):
        read("captions", tmp_path)


# Folders, judgements, scenes


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    home = tmp_path / "goods"
    pictures(home, "Red-Beet/1.jpg", "Red-Beet/2.jpg", "apple/1.jpg", "loose.jpg")
    return home


def test_a_folder_is_a_class(folders: Path) -> None:
    task = read("folder", folders)

    assert sorted(task.documents) == ["Red-Beet/1.jpg", "Red-Beet/2.jpg", "apple/1.jpg"]
    counted = protocol(task, "query counted")
    assert counted.qrels.relevant("Red-Beet/1.jpg") == {"Red-Beet/1.jpg", "Red-Beet/2.jpg"}
    left_out = protocol(task, "query left out").qrels
    assert left_out.relevant("apple/1.jpg") == set(), "and is named when it is judged"


def test_by_text_a_folder_is_asked_for_once_by_its_name(folders: Path) -> None:
    task = read("folder", folders, by="text")

    assert sorted(topic.texts for topic in task.topics) == [("Red Beet",), ("apple",)]
    assert len(task.protocols) == 1


def test_one_folder_is_no_classes(tmp_path: Path) -> None:
    pictures(tmp_path / "home", "only/1.jpg")

    with pytest.raises(InvalidValueError, match="at least two folders"):
        read("folder", tmp_path / "home")


def test_judgements_of_ones_own(folders: Path, tmp_path: Path) -> None:
    qrels = written(tmp_path / "qrels.txt", "w 0 apple/1.jpg 2\np 0 Red-Beet/2.jpg 1\n")
    lines = "w\ta green apple\np\tRed-Beet/1.jpg\nb\tlarger\tapple/1.jpg\n"
    topics = written(tmp_path / "topics.tsv", lines)

    task = read("qrels", folders, qrels=qrels, topics=topics)

    words, picture, both = task.topics
    assert (words.texts, words.image) == (("a green apple",), None)
    assert (picture.texts, picture.own) == ((), "Red-Beet/1.jpg")
    assert (both.texts, both.own) == (("larger",), "apple/1.jpg")
    assert protocol(task, "query left out").qrels.grades["p"]["Red-Beet/1.jpg"] == JUNK


def test_judgements_need_their_queries(folders: Path, tmp_path: Path) -> None:
    qrels = written(tmp_path / "qrels.txt", "x 0 apple/1.jpg 1\n")
    topics = written(tmp_path / "topics.tsv", "w\twords\n")

    with pytest.raises(AnnotationsUnreadableError, match="no query 'x'"):
        read("qrels", folders, qrels=qrels, topics=topics)


@pytest.fixture(scope="module")
def drawn_scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sightline_scenes import write_collection

    home = tmp_path_factory.mktemp("drawn")
    return write_collection(home, count=60, seed=3, width_px=32, height_px=24, workers=1)


def test_scenes_by_words_are_relevant_where_the_words_are_true(drawn_scenes: Path) -> None:
    from sightline_scenes import read_collection

    task = read("scenes", drawn_scenes, by="text")
    collection = read_collection(drawn_scenes)

    assert len(task.topics) == 60
    for topic in task.topics:
        own = collection.pictures[int(topic.id)].file
        assert own in protocol(task).qrels.relevant(topic.id), "what was written for it is true"


def test_scenes_by_picture_are_graded_and_without_the_query(drawn_scenes: Path) -> None:
    from sightline_scenes import read_collection

    task = read("scenes", drawn_scenes, by="image")
    scenes = {p.file: p.scene for p in read_collection(drawn_scenes).pictures}

    assert task.topics
    for topic in task.topics:
        assert topic.own is not None
        grades = protocol(task).qrels.grades[topic.id]
        assert grades[topic.own] == JUNK
        query = scenes[topic.own]
        for file, grade in grades.items():
            if grade > 0:
                other = scenes[file]
                assert other.setting is query.setting
                assert sorted(s.kind for s in other.subjects) == sorted(
                    s.kind for s in query.subjects
                )
            if grade == 2:
                assert (other.time, other.weather) == (query.time, query.weather)


def test_scenes_by_both_are_the_edits_of_the_collection(drawn_scenes: Path) -> None:
    from sightline_scenes import read_collection

    task = read("scenes", drawn_scenes, by="both")
    edits = read_collection(drawn_scenes).edits

    assert len(task.topics) == len(edits) > 0
    for topic in task.topics:
        case = edits[int(topic.id)]
        assert topic.texts == (case.instruction,)
        assert len(protocol(task).qrels.relevant(topic.id)) == len(case.fulfilled)


# What is missing


@pytest.mark.parametrize("card", DATASETS, ids=lambda card: card.name)
def test_a_missing_folder_is_told_with_what_to_get_from_whom_and_where_to_put_it(
    card: DatasetCard, tmp_path: Path
) -> None:
    with pytest.raises(DatasetIncompleteError) as told:
        card.read(tmp_path / "nowhere", Choices(by=card.modes[0], qrels=tmp_path, topics=tmp_path))

    assert str(tmp_path / "nowhere") in str(told.value)
    assert card.needs in str(told.value)


@pytest.mark.parametrize(
    "name", ["ilsvrc2012", "oxford5k", "roxford5k", "circo", "cirr", "fashioniq", "coco", "flickr"]
)
def test_an_empty_folder_is_told_with_what_is_missing(name: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetIncompleteError, match=f"{name} lacks"):
        read(name, tmp_path)


def test_missing_pictures_are_counted_and_one_is_named(tmp_path: Path) -> None:
    revisited(tmp_path, as_pickle=False)
    (tmp_path / "jpg" / "p3.jpg").unlink()

    with pytest.raises(DatasetIncompleteError, match="1 of its pictures, such as p3"):
        read("roxford5k", tmp_path)


def test_a_data_set_behind_a_link_is_found(tmp_path: Path) -> None:
    oxford(tmp_path / "elsewhere")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "loop").symlink_to(tmp_path / "elsewhere")

    assert len(read("oxford5k", tmp_path / "data").topics) == 1


def test_a_choice_that_is_none_is_refused_with_those_there_are(circo: Path) -> None:
    with pytest.raises(InvalidValueError, match="val, test"):
        read("circo", circo, split="train")
    with pytest.raises(InvalidValueError, match="both, text, image"):
        read("circo", circo, by="sound")
