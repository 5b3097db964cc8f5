"""The table of data sets: what each is, what it needs, and which choices it has.

Light to import, so that the command line can show it; a reader is loaded when it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.evaluation.tasks import Task


class Choice(StrEnum):
    """What may be chosen about a data set; each is an option of the command line."""

    BY = "by"
    QUERIES = "queries"
    QUERY_LIST = "query_list"
    NAMES = "names"
    TEMPLATES = "templates"
    WHOLE = "whole"
    DISTRACTORS = "distractors"
    SPLIT = "split"
    PART = "part"
    POOL = "pool"
    FILES = "files"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen. A reader looks at what its data set has, and passes by the rest.

    Attributes:
        by: "image", "text" or "both".
        queries: How many queries are drawn where there are more.
        seed: Of what is drawn.
        query_list: A file with the names of the pictures to query with, instead of drawing.
        names: Where class names are from: "clip" or "wordnet".
        templates: How many of CLIP's sentences a class name is put into: 7 or 80; 0: the prompt.
        whole: Query with whole pictures in place of the boxes in them.
        distractors: A folder of pictures that are relevant to nothing.
        split: "val" or "test".
        part: A category or a task; "" for all of them.
        pool: "split" or "queries": which pictures a FashionIQ query ranks.
        qrels: A file of TREC judgements.
        topics: A table of queries.
        count: How many scenes are drawn.
    """

    by: str = "image"
    queries: int = 5000
    seed: int = 1
    query_list: Path | None = None
    names: str = "clip"
    templates: int = 0
    whole: bool = False
    distractors: Path | None = None
    split: str = "val"
    part: str = ""
    pool: str = "split"
    qrels: Path | None = None
    topics: Path | None = None
    count: int = 2000


@dataclass(frozen=True, slots=True)
class DatasetCard:
    """One data set.

    Attributes:
        name: As the command line takes it.
        title: In a few words.
        needs: What to bring, from whom, under which terms, and how it has to lie.
        reader: The module of this folder whose ``read`` makes a task of what was brought.
        choices: What may be chosen.
        modes: The ways to query, the default first.
        parts: The values of ``--part``.
    """

    name: str
    title: str
    needs: str
    reader: str
    choices: tuple[Choice, ...] = ()
    modes: tuple[str, ...] = ("image",)
    parts: tuple[str, ...] = ()

    def read(self, data: Path, choices: Choices) -> Task:
        """Return the task of a data set that lies in a folder.

        Raises:
            DatasetIncompleteError: a file is missing; the message says how to get it.
            AnnotationsUnreadableError: a file is not as its authors publish it.
            InvalidValueError: a choice makes no sense here.
        """
        from sightline.evaluation.datasets.bringing import Brought

        module = import_module(f"sightline.evaluation.datasets.{self.reader}")
        task: Task = module.read(Brought.of(self, data, choices))
        return task


_OXFORD_TERMS = "pictures from Flickr, for research, their rights with their owners"

DATASETS: tuple[DatasetCard, ...] = (
    DatasetCard(
        "scenes",
        "drawn scenes with ground truth, the built-in set",
        "nothing: without --data, scenes are drawn into your cache folder",
        "scenes",
        (Choice.BY, Choice.COUNT, Choice.QUERIES),
        ("text", "image", "both"),
    ),
    DatasetCard(
        "ilsvrc2012",
        "ImageNet's 50,000 validation pictures of 1,000 classes",
        "ILSVRC2012_img_val.tar and ILSVRC2012_devkit_t12.tar.gz from image-net.org, after "
        "registering there, for non-commercial research; unpack the pictures into DIR/val, either "
        "flat, with the devkit in DIR/ILSVRC2012_devkit_t12, or in folders named after the WordNet "
        "ids",
        "ilsvrc",
        (Choice.BY, Choice.QUERIES, Choice.QUERY_LIST, Choice.NAMES, Choice.TEMPLATES),
        ("image", "text"),
    ),
    DatasetCard(
        "oxford5k",
        "5,063 pictures of Oxford's buildings, 55 queries",
        "oxbuild_images.tgz and gt_files_170407.tgz from Oxford's Visual Geometry Group "
        f"({_OXFORD_TERMS}); unpack both below DIR",
        "oxford",
        (Choice.WHOLE,),
    ),
    DatasetCard(
        "paris6k",
        "6,392 pictures of Paris, 55 queries",
        "paris_1.tgz, paris_2.tgz and paris_120310.tgz from Oxford's Visual Geometry Group "
        f"({_OXFORD_TERMS}); unpack all below DIR",
        "oxford",
        (Choice.WHOLE,),
    ),
    DatasetCard(
        "roxford5k",
        "Oxford revisited: 4,993 pictures, 70 queries, Easy, Medium and Hard",
        "the pictures of Oxford 5k and gnd_roxford5k.pkl from the revisitop project "
        f"(cmp.felk.cvut.cz/revisitop; {_OXFORD_TERMS}); put both below DIR",
        "revisited",
        (Choice.WHOLE, Choice.DISTRACTORS),
    ),
    DatasetCard(
        "rparis6k",
        "Paris revisited: 6,322 pictures, 70 queries, Easy, Medium and Hard",
        "the pictures of Paris 6k and gnd_rparis6k.pkl from the revisitop project "
        f"(cmp.felk.cvut.cz/revisitop; {_OXFORD_TERMS}); put both below DIR",
        "revisited",
        (Choice.WHOLE, Choice.DISTRACTORS),
    ),
    DatasetCard(
        "circo",
        "CIRCO: composed queries on 123,403 pictures, several right answers each",
        "annotations/val.json and test.json from github.com/miccunifi/CIRCO (CC BY-NC 4.0) in "
        "DIR/annotations, and COCO's unlabeled2017 pictures from cocodataset.org (under their "
        "Flickr licences) in DIR/COCO2017_unlabeled/unlabeled2017",
        "circo",
        (Choice.SPLIT, Choice.BY),
        ("both", "text", "image"),
    ),
    DatasetCard(
        "cirr",
        "CIRR: composed queries on NLVR2's pictures",
        "captions/ and image_splits/ of the branch cirr_dataset of "
        "github.com/Cuberick-Orion/CIRR (MIT) below DIR, and NLVR2's pictures, which its authors "
        "(lil.nlp.cornell.edu/nlvr) hand out after a form, in DIR/dev and DIR/test1",
        "cirr",
        (Choice.SPLIT, Choice.BY),
        ("both", "text", "image"),
    ),
    DatasetCard(
        "fashioniq",
        "FashionIQ: composed queries on dresses, shirts and tops",
        "captions/ and image_splits/ of github.com/XiaoxiaoGuo/fashion-iq (CDLA) below DIR, and "
        "the product pictures, as NAME.jpg or NAME.png, in DIR/images",
        "fashioniq",
        (Choice.PART, Choice.POOL, Choice.BY),
        ("both", "text", "image"),
        ("dress", "shirt", "toptee"),
    ),
    DatasetCard(
        "genecis",
        "GeneCIS: conditional similarity, a small gallery for each query",
        "the four JSON files of github.com/facebookresearch/genecis (CC BY-NC 4.0) in DIR/genecis; "
        "COCO's val2017 pictures in DIR/val2017 for the object tasks, Visual Genome 1.2's in "
        "DIR/VG_100K_all for the attribute tasks",
        "genecis",
        (Choice.PART, Choice.BY),
        ("both", "text", "image"),
        ("focus_attribute", "change_attribute", "focus_object", "change_object"),
    ),
    DatasetCard(
        "coco",
        "COCO's captions: words to picture",
        "dataset_coco.json of Karpathy's splits and COCO's val2014 pictures, or "
        "annotations/captions_val2017.json and val2017, from cocodataset.org (captions CC BY 4.0, "
        "pictures under their Flickr licences), below DIR",
        "captioned",
        modes=("text",),
    ),
    DatasetCard(
        "flickr",
        "Flickr30k's or Flickr8k's captions: words to picture",
        "dataset_flickr30k.json or dataset_flickr8k.json of Karpathy's splits, and the pictures, "
        "which the University of Illinois hands out after a form, for research, below DIR",
        "captioned",
        modes=("text",),
    ),
    DatasetCard(
        "captions",
        "your own table of pictures and captions",
        "captions.csv, captions.tsv or captions.jsonl in DIR, with the columns picture and "
        "caption; the pictures' names are relative to DIR",
        "captioned",
        modes=("text",),
    ),
    DatasetCard(
        "folder",
        "folders of pictures, one for each class",
        "a folder DIR/CLASS for each class, with its pictures in it",
        "folder",
        (Choice.BY, Choice.QUERIES, Choice.QUERY_LIST, Choice.TEMPLATES),
        ("image", "text"),
    ),
    DatasetCard(
        "qrels",
        "judgements and queries in TREC's form",
        "--qrels FILE with lines `QUERY 0 PICTURE GRADE`, and --topics FILE with lines QUERY, tab, "
        "words or the picture's name; names are relative to DIR",
        "judged",
        (Choice.FILES,),
        ("text",),
    ),
)
